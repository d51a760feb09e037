//! The evidence of a verdict: the own window as it is on the screen, checked against what was decoded.

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use chinhchu_media::Frame;
use chinhchu_protocol::call::{Decision, ImageKind};
use chinhchu_protocol::evidence::CaptureMethod;
use chinhchu_screen::Rect;
use chinhchu_screen::capture::{Captured, Method, WindowTarget, capture_monitor, capture_window};
use chinhchu_screen::check::check_capture;
use chinhchu_screen::encode::{Encoded, encode_capture, encode_frame, frame_to_rgb};
use chinhchu_screen::overlay::{OverlayText, OverlayVerdict, burn};
use chinhchu_screen::rendered::{RenderedParts, render_evidence};
use chinhchu_station::evidence::CaptureFacts;
use chinhchu_station::ports::{CaptureFault, CapturedPicture, OverlayLines, ScreenCapture, Taken};
use chinhchu_station::session::CallKey;
use image::RgbImage;
use tauri::{AppHandle, Manager as _, WebviewWindow};

use super::media::{CallPort, Live, view};
use super::video::Video;
use super::windows::MAIN;
use super::{Station, desktop};

const FAILED: CaptureFault = CaptureFault { code: "capture_failed" };
/// The newest frame must be younger than this: what is sealed was seen at that moment.
const STALE_MS: u32 = 1_000;

/// Captures the main window.
pub(crate) struct WindowCapture {
    app: AppHandle,
    call: Arc<CallPort>,
    video: Arc<Video>,
}

impl WindowCapture {
    pub fn new(app: AppHandle, call: Arc<CallPort>, video: Arc<Video>) -> Self {
        Self { app, call, video }
    }

    fn target(&self) -> Option<WindowTarget> {
        let main = self.app.get_webview_window(MAIN)?;
        Some(WindowTarget {
            id: desktop::id(&main),
            pid: Some(std::process::id()),
            title: main.title().ok(),
            screen_rect: client_area(&main),
        })
    }

    /// The capture, if it shows what is live; else why it is refused, and how it was got.
    fn checked(&self, captured: Captured, live: &Live) -> Result<Captured, (CaptureFault, Method)> {
        let captured_at = Instant::now();
        let placement = self.video.remote_placement();
        let history = live.history.lock().unwrap_or_else(PoisonError::into_inner);
        let resemblance = check_capture(&captured.image, &placement, &history, captured_at)
            .map_err(|refusal| (CaptureFault { code: refusal.code() }, captured.method))?;
        tracing::debug!(
            method = ?captured.method,
            correlation = f64::from(resemblance.correlation),
            frame_age_ms = resemblance.frame_age_ms,
            "the capture shows the live picture"
        );
        Ok(captured)
    }

    /// Where the desktop forbids capture: composed from what was decoded, and the manifest says so.
    fn rendered(&self, live: &Live) -> Result<Captured, CaptureFault> {
        let remote = rgb(&live.frame).ok_or(FAILED)?;
        let own = live.own.as_deref().and_then(rgb);
        let (id_front, portrait) = (self.paper("case/id_front"), self.paper("case/portrait"));
        let parts = RenderedParts {
            remote: &remote,
            own: own.as_ref(),
            id_front: id_front.as_ref(),
            portrait: portrait.as_ref(),
        };
        Ok(Captured { image: render_evidence(&parts), method: Method::Rendered })
    }

    fn paper(&self, path: &str) -> Option<RgbImage> {
        let (_, bytes) = self.app.state::<Station>().now()?.shelf().get(path)?;
        Some(image::load_from_memory(&bytes).ok()?.into_rgb8())
    }
}

impl ScreenCapture for WindowCapture {
    fn take(&self, key: CallKey) -> Result<Box<dyn Taken>, CaptureFault> {
        let live = self.call.live(key).ok_or(CaptureFault { code: "capture_stale" })?;
        let frame_age_ms = u32::try_from(live.frame_age.as_millis()).unwrap_or(u32::MAX);
        if frame_age_ms >= STALE_MS {
            tracing::warn!(frame_age_ms, "the newest picture is too old for evidence");
            return Err(CaptureFault { code: "capture_stale" });
        }
        let target = self.target().ok_or(FAILED)?;
        let captured = match capture_window(&target) {
            Ok(captured) => match self.checked(captured, &live) {
                // A driver that composes video by itself leaves it out of the window's own pixels.
                Err((refusal, Method::Window)) => {
                    tracing::info!(
                        code = refusal.code,
                        "the window's own pixels are refused; the monitor is captured"
                    );
                    let captured = capture_monitor(&target).map_err(|_| refusal)?;
                    self.checked(captured, &live).map_err(|(refusal, _)| refusal)?
                }
                checked => checked.map_err(|(refusal, _)| refusal)?,
            },
            Err(error) => {
                tracing::warn!(code = error.code(), "the desktop allows no capture: evidence is composed");
                self.rendered(&live)?
            }
        };
        Ok(Box::new(Capture { captured, live, frame_age_ms }))
    }
}

/// A checked capture with its frame.
struct Capture {
    captured: Captured,
    live: Live,
    frame_age_ms: u32,
}

impl Taken for Capture {
    fn facts(&self) -> CaptureFacts {
        CaptureFacts {
            method: match self.captured.method {
                Method::Window => CaptureMethod::Window,
                Method::Monitor => CaptureMethod::Monitor,
                Method::Rendered => CaptureMethod::Rendered,
            },
            live_frame_age_ms: self.frame_age_ms,
            video_codec: self.live.codec.to_owned(),
            dtls_local: self.live.fingerprints.0.clone(),
            dtls_remote: self.live.fingerprints.1.clone(),
        }
    }

    fn finish(self: Box<Self>, lines: &OverlayLines) -> Result<Vec<CapturedPicture>, CaptureFault> {
        let Self { captured: Captured { mut image, .. }, live, .. } = *self;
        burn(&mut image, &overlay(lines));
        let screenshot = encode_capture(&image).map_err(|error| failed("screenshot", &error))?;
        let frame = encode_frame(view(&live.frame)).map_err(|error| failed("live frame", &error))?;
        Ok(vec![picture(ImageKind::Screenshot, screenshot), picture(ImageKind::LiveFrame, frame)])
    }
}

/// The cause is for the log; the screen says what to do.
fn failed(what: &'static str, error: &dyn std::error::Error) -> CaptureFault {
    tracing::error!(what, ?error, "evidence cannot be encoded");
    FAILED
}

fn overlay(lines: &OverlayLines) -> OverlayText {
    OverlayText {
        date_time: lines.date_time.clone(),
        call_id: lines.call_id.clone(),
        agent_name: lines.agent_name.clone(),
        agent_id: lines.agent_username.clone(),
        verdict: match lines.decision {
            Decision::Confirmed => OverlayVerdict::Confirmed,
            Decision::Rejected => {
                OverlayVerdict::Rejected { reason: lines.reason.clone().unwrap_or_default() }
            }
        },
        company: format!("Công ty {}", lines.company),
    }
}

fn picture(kind: ImageKind, encoded: Encoded) -> CapturedPicture {
    let Encoded { bytes, content_type, width, height } = encoded;
    CapturedPicture { kind, content_type, bytes, width, height }
}

fn rgb(frame: &Frame) -> Option<RgbImage> {
    frame_to_rgb(view(frame)).ok()
}

fn client_area(window: &WebviewWindow) -> Option<Rect> {
    let (position, size) = (window.inner_position().ok()?, window.inner_size().ok()?);
    Some(Rect::new(position.x, position.y, size.width, size.height))
}
