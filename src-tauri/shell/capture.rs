//! The evidence of a verdict: the own window as it is on the screen, checked against what was decoded.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use chinhchu_media::Frame;
use chinhchu_protocol::call::{Decision, ImageKind};
use chinhchu_protocol::evidence::CaptureMethod;
use chinhchu_screen::Rect;
use chinhchu_screen::attempts::{NoCapture, Stage, capture_live};
use chinhchu_screen::capture::{
    CaptureError, Captured, Method, WindowTarget, capture_monitor, capture_window,
};
use chinhchu_screen::check::{CheckError, Resemblance, check_capture};
use chinhchu_screen::encode::{Encoded, encode_both, frame_to_rgb};
use chinhchu_screen::overlay::{OverlayText, OverlayVerdict, burn};
use chinhchu_screen::rendered::{RenderedParts, Why, render_evidence};
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
const STALE: CaptureFault = CaptureFault { code: "capture_stale" };
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

    /// Composed from what was decoded, and picture and manifest say so.
    fn rendered(&self, key: CallKey, live: &Live, why: Why) -> Result<Captured, CaptureFault> {
        let remote = rgb(&live.frame).ok_or(FAILED)?;
        let own = live.own.as_deref().and_then(rgb);
        let (id_front, portrait) =
            (self.paper(key, ImageKind::IdFront), self.paper(key, ImageKind::Portrait));
        let parts = RenderedParts {
            remote: &remote,
            own: own.as_ref(),
            id_front: id_front.as_ref(),
            portrait: portrait.as_ref(),
            why,
        };
        Ok(Captured { image: render_evidence(&parts), method: Method::Rendered })
    }

    /// Of this call and no other.
    fn paper(&self, key: CallKey, kind: ImageKind) -> Option<RgbImage> {
        let (_, bytes) = self.app.state::<Station>().now()?.shelf().of(key, kind)?;
        Some(image::load_from_memory(&bytes).ok()?.into_rgb8())
    }

    /// The live call, if its newest picture is young enough.
    fn live(&self, key: CallKey) -> Option<Live> {
        let live = self.call.live(key)?;
        let frame_age_ms = millis(live.frame_age);
        if frame_age_ms >= STALE_MS {
            tracing::warn!(frame_age_ms, "the newest picture is too old for evidence");
            return None;
        }
        Some(live)
    }
}

/// One verdict's tries.
struct Tries<'a> {
    capture: &'a WindowCapture,
    target: WindowTarget,
    key: CallKey,
    /// As it was just before the newest try.
    live: Option<Live>,
    /// Just after the newest try.
    captured_at: Option<Instant>,
}

impl Stage for Tries<'_> {
    fn window(&mut self) -> Result<Captured, CaptureError> {
        capture_window(&self.target)
    }

    fn monitor(&mut self) -> Result<Captured, CaptureError> {
        capture_monitor(&self.target)
    }

    fn check(&mut self, captured: &Captured) -> Result<Resemblance, CheckError> {
        let captured_at = Instant::now();
        self.captured_at = Some(captured_at);
        let history = self.live.as_ref().map(|live| live.history.clone()).ok_or(CheckError::Stale)?;
        let placement = self.capture.video.remote_placement();
        let history = history.lock().unwrap_or_else(PoisonError::into_inner);
        check_capture(&captured.image, &placement, &history, captured_at)
    }

    fn is_live(&mut self) -> bool {
        self.live = self.capture.live(self.key);
        self.live.is_some()
    }

    fn pause(&mut self, pause: Duration) {
        std::thread::sleep(pause);
    }
}

impl ScreenCapture for WindowCapture {
    fn take(&self, key: CallKey) -> Result<Box<dyn Taken>, CaptureFault> {
        let target = self.target().ok_or(FAILED)?;
        let mut tries = Tries { capture: self, target, key, live: None, captured_at: None };
        let why = match capture_live(&mut tries) {
            Ok((captured, resemblance)) => {
                tracing::debug!(
                    method = ?captured.method,
                    correlation = f64::from(resemblance.correlation),
                    difference = f64::from(resemblance.difference),
                    frame_age_ms = resemblance.frame_age_ms,
                    "the capture shows the live picture"
                );
                let (live, at) = tries.live.zip(tries.captured_at).ok_or(STALE)?;
                return Ok(Box::new(Capture { captured, live, at }));
            }
            Err(NoCapture::NotLive) => return Err(STALE),
            Err(NoCapture::Desktop(_)) => Why::NotAllowed,
            Err(NoCapture::Refused(refusal)) => Why::Refused(refusal),
        };
        tracing::warn!(?why, "no capture shows the live picture: evidence is rendered");
        let (live, at) = (self.live(key).ok_or(STALE)?, Instant::now());
        let captured = self.rendered(key, &live, why)?;
        Ok(Box::new(Capture { captured, live, at }))
    }
}

/// A checked capture with its frame.
struct Capture {
    captured: Captured,
    live: Live,
    at: Instant,
}

impl Taken for Capture {
    fn facts(&self) -> CaptureFacts {
        CaptureFacts {
            method: match self.captured.method {
                Method::Window => CaptureMethod::Window,
                Method::Monitor => CaptureMethod::Monitor,
                Method::Rendered => CaptureMethod::Rendered,
            },
            live_frame_age_ms: millis(self.live.frame_age),
            video_codec: self.live.codec.to_owned(),
            dtls_local: self.live.fingerprints.0.clone(),
            dtls_remote: self.live.fingerprints.1.clone(),
        }
    }

    fn age(&self) -> Duration {
        self.at.elapsed()
    }

    fn finish(self: Box<Self>, lines: &OverlayLines) -> Result<Vec<CapturedPicture>, CaptureFault> {
        let Self { captured: Captured { mut image, .. }, live, .. } = *self;
        burn(&mut image, &overlay(lines));
        let (screenshot, frame) = encode_both(&image, view(&live.frame));
        let screenshot = screenshot.map_err(|error| failed("screenshot", &error))?;
        let frame = frame.map_err(|error| failed("live frame", &error))?;
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

fn millis(age: Duration) -> u32 {
    u32::try_from(age.as_millis()).unwrap_or(u32::MAX)
}

fn client_area(window: &WebviewWindow) -> Option<Rect> {
    let (position, size) = (window.inner_position().ok()?, window.inner_size().ok()?);
    Some(Rect::new(position.x, position.y, size.width, size.height))
}
