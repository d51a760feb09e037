//! The workstation's edge for the bench: the real capture of the window on the screen, checked, burnt and encoded
//! as the program does; media and ring are played.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chinhchu_protocol::agent::OfferView;
use chinhchu_protocol::call::{Decision, ImageKind};
use chinhchu_protocol::evidence::CaptureMethod;
use chinhchu_protocol::signal::{IceServer, Signal};
use chinhchu_screen::capture::{Captured, Method, WindowTarget, capture_window};
use chinhchu_screen::check::check_capture;
use chinhchu_screen::encode::{Encoded, encode_capture, encode_frame};
use chinhchu_screen::overlay::{OverlayText, OverlayVerdict, burn};
use chinhchu_station::evidence::CaptureFacts;
use chinhchu_station::picture::{CssRect, DeviceState, DevicesPicture, VideoStream};
use chinhchu_station::ports::{
    CaptureFault, CapturedPicture, Media, OverlayLines, Ring, RingReport, ScreenCapture, Surfaces, Taken,
};
use chinhchu_station::session::{CallKey, MediaInput, MediaSnapshot, OfferKey};
use tokio::sync::mpsc;

use crate::screen::{Screen, view};

const FAILED: CaptureFault = CaptureFault { code: "capture_failed" };

/// The call at hand, and where its media is told.
type Running = (CallKey, mpsc::Sender<(CallKey, MediaInput)>);

/// All of it.
pub struct Edge {
    screen: Screen,
    running: Mutex<Option<Running>>,
    /// How the last capture was made, and its size.
    pub last: Mutex<Option<(CaptureMethod, u32, u32)>>,
}

impl Edge {
    pub fn new(screen: Screen) -> Self {
        Self { screen, running: Mutex::default(), last: Mutex::default() }
    }
}

impl ScreenCapture for Edge {
    fn take(&self, _key: CallKey) -> Result<Box<dyn Taken>, CaptureFault> {
        let newest = self.screen.live.newest.lock().expect("newest").clone();
        let (frame, shown_at) = newest.ok_or(FAILED)?;
        let id = usize::try_from(self.screen.window).ok();
        let target = WindowTarget { id, ..WindowTarget::default() };
        let captured = capture_window(&target).map_err(|_| FAILED)?;
        let history = self.screen.live.history.lock().expect("history");
        check_capture(&captured.image, &self.screen.placement, &history, Instant::now())
            .map_err(|refusal| CaptureFault { code: refusal.code() })?;
        let method = match captured.method {
            Method::Window => CaptureMethod::Window,
            Method::Monitor => CaptureMethod::Monitor,
            Method::Rendered => CaptureMethod::Rendered,
        };
        *self.last.lock().expect("last") = Some((method, captured.image.width(), captured.image.height()));
        let age_ms = u32::try_from(shown_at.elapsed().as_millis()).unwrap_or(u32::MAX);
        Ok(Box::new(Capture { captured, method, frame, age_ms }))
    }
}

struct Capture {
    captured: Captured,
    method: CaptureMethod,
    frame: Arc<Vec<u8>>,
    age_ms: u32,
}

impl Taken for Capture {
    fn facts(&self) -> CaptureFacts {
        CaptureFacts {
            method: self.method,
            live_frame_age_ms: self.age_ms,
            video_codec: "VP8".into(),
            dtls_local: "sha-256 AA".into(),
            dtls_remote: "sha-256 BB".into(),
        }
    }

    fn age(&self) -> Duration {
        Duration::ZERO
    }

    fn finish(self: Box<Self>, lines: &OverlayLines) -> Result<Vec<CapturedPicture>, CaptureFault> {
        let Self { captured: Captured { mut image, .. }, frame, .. } = *self;
        // Side by side, as the program does.
        let (screenshot, frame) = std::thread::scope(|scope| {
            let frame = scope.spawn(|| encode_frame(view(&frame)));
            burn(&mut image, &overlay(lines));
            (encode_capture(&image), frame.join())
        });
        let screenshot = screenshot.map_err(|_| FAILED)?;
        let frame = frame.map_err(|_| FAILED)?.map_err(|_| FAILED)?;
        Ok(vec![picture(ImageKind::Screenshot, screenshot), picture(ImageKind::LiveFrame, frame)])
    }
}

fn overlay(lines: &OverlayLines) -> OverlayText {
    OverlayText {
        date_time: lines.date_time.clone(),
        call_id: lines.call_id.clone(),
        agent_name: lines.agent_name.clone(),
        agent_id: lines.agent_username.clone(),
        verdict: match lines.decision {
            Decision::Confirmed => OverlayVerdict::Confirmed,
            Decision::Rejected => OverlayVerdict::Rejected { reason: String::new() },
        },
        company: format!("Công ty {}", lines.company),
    }
}

fn picture(kind: ImageKind, encoded: Encoded) -> CapturedPicture {
    let Encoded { bytes, content_type, width, height } = encoded;
    CapturedPicture { kind, content_type, bytes, width, height }
}

impl Media for Edge {
    fn start(&self, key: CallKey, _ice: Vec<IceServer>, events: mpsc::Sender<(CallKey, MediaInput)>) {
        *self.running.lock().expect("lock") = Some((key, events));
    }

    fn signal(&self, _key: CallKey, signal: Signal) {
        if let (Signal::Offer { connection, .. }, Some((key, events))) =
            (signal, self.running.lock().expect("lock").as_ref())
        {
            let answer = Signal::Answer { connection, sdp: "v=0".into() };
            let _ = events.try_send((*key, MediaInput::Signal(answer))); // Full: the page offers again.
        }
    }

    fn stop(&self, key: CallKey) {
        self.running.lock().expect("lock").take_if(|(running, _)| *running == key);
    }

    fn snapshot(&self, key: CallKey) -> Option<MediaSnapshot> {
        let runs = self.running.lock().expect("lock").as_ref().is_some_and(|(running, _)| *running == key);
        let flowing = MediaSnapshot { age_ms: Some(20), frames_decoded: 9, fps: 30, ..Default::default() };
        runs.then_some(flowing)
    }

    fn check_devices(&self) -> DevicesPicture {
        let ok = || DeviceState::Ok { name: "played".into() };
        DevicesPicture { camera: ok(), microphone: ok(), speaker: ok(), ring: ok() }
    }
}

impl Surfaces for Edge {
    fn place(&self, _stream: VideoStream, _rect: Option<CssRect>, _holes: Vec<CssRect>) {}
    fn clear(&self) {}
}

impl Ring for Edge {
    fn begin(&self, offer: &OfferView, reports: mpsc::Sender<RingReport>) {
        let offer = OfferKey { call_id: offer.call_id, offer: offer.offer };
        let _ = reports.try_send(RingReport::WindowMapped(offer));
        let _ = reports.try_send(RingReport::Sound { offer, started: true });
    }

    fn silence(&self) {}
    fn end(&self) {}
}
