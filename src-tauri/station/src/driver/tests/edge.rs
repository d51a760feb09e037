//! The hardware's edge, played: media that always flows, a capture of constant bytes, a ring that is heard.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chinhchu_protocol::agent::OfferView;
use chinhchu_protocol::call::ImageKind;
use chinhchu_protocol::evidence::CaptureMethod;
use chinhchu_protocol::signal::{IceServer, Signal};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crate::clock::{Clock, Now, SystemClock};
use crate::evidence::CaptureFacts;
use crate::keys::{Keyring, KeysError};
use crate::picture::{CssRect, DeviceState, DevicesPicture, VideoStream};
use crate::ports::{
    CaptureFault, CapturedPicture, Media, OverlayLines, Ports, QualityNow, Ring, RingReport, ScreenCapture,
    Surfaces, Taken,
};
use crate::session::{CallKey, MediaInput, MediaSnapshot, OfferKey};

type Running = Option<(CallKey, mpsc::Sender<(CallKey, MediaInput)>)>;

#[derive(Clone, Default)]
pub struct Edge {
    running: Arc<Mutex<Running>>,
    burnt: Arc<Mutex<Option<OverlayLines>>>,
    slept_ms: Arc<AtomicU64>,
    capture_ms: Arc<AtomicU64>,
    /// Bytes of a captured picture, if it is to be large.
    large: Arc<AtomicUsize>,
    /// Captures are refused.
    fails: Arc<AtomicBool>,
}

/// In the pictures, as they are before they are sealed.
pub const SCREEN: &str = "the screen as it was captured";
pub const FRAME: &str = "the frame as it was decoded";

impl Edge {
    pub fn ports(&self, keyring: Arc<dyn Keyring>) -> Ports {
        let edge = Arc::new(self.clone());
        Ports {
            media: edge.clone(),
            surfaces: edge.clone(),
            capture: edge.clone(),
            ring: edge,
            keyring,
            clock: Arc::new(SleepyClock { awake: SystemClock::new(), slept_ms: self.slept_ms.clone() }),
        }
    }

    /// The machine sleeps: its uptime runs on, nothing else does.
    pub fn sleep(&self, ms: u64) {
        self.slept_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Captures take their time.
    pub fn slow_down(&self, capture_ms: u64) {
        self.capture_ms.store(capture_ms, Ordering::SeqCst);
    }

    /// Captured pictures have so many bytes.
    pub fn enlarge(&self, bytes: usize) {
        self.large.store(bytes, Ordering::SeqCst);
    }

    pub fn fail_captures(&self, fails: bool) {
        self.fails.store(fails, Ordering::SeqCst);
    }

    pub fn media_runs(&self) -> bool {
        self.running.lock().expect("lock").is_some()
    }

    pub fn burnt(&self) -> Option<OverlayLines> {
        self.burnt.lock().expect("lock").clone()
    }
}

struct SleepyClock {
    awake: SystemClock,
    slept_ms: Arc<AtomicU64>,
}

impl Clock for SleepyClock {
    fn now(&self) -> Now {
        let now = self.awake.now();
        let slept_ms = self.slept_ms.load(Ordering::SeqCst);
        let wall = now.wall.plus_ms(i64::try_from(slept_ms).expect("small"));
        Now { wall, mono_ms: now.mono_ms + slept_ms }
    }

    fn zone(&self) -> jiff::tz::TimeZone {
        self.awake.zone()
    }
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
            events.try_send((*key, MediaInput::Signal(answer))).expect("room");
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

    fn quality(&self, key: CallKey) -> Option<QualityNow> {
        let flowing = QualityNow { width: 640, height: 480, fps: 30, ..QualityNow::default() };
        self.snapshot(key).map(|_| flowing)
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

impl ScreenCapture for Edge {
    fn take(&self, _key: CallKey) -> Result<Box<dyn Taken>, CaptureFault> {
        std::thread::sleep(Duration::from_millis(self.capture_ms.load(Ordering::SeqCst)));
        let code = "capture_uniform";
        if self.fails.load(Ordering::SeqCst) {
            Err(CaptureFault { code })
        } else {
            Ok(Box::new(self.clone()))
        }
    }
}

impl Taken for Edge {
    fn facts(&self) -> CaptureFacts {
        CaptureFacts {
            method: CaptureMethod::Window,
            live_frame_age_ms: 20,
            video_codec: "VP8".into(),
            dtls_local: "sha-256 AA".into(),
            dtls_remote: "sha-256 BB".into(),
        }
    }

    fn age(&self) -> Duration {
        Duration::from_millis(self.capture_ms.load(Ordering::SeqCst) / 2)
    }

    fn finish(self: Box<Self>, lines: &OverlayLines) -> Result<Vec<CapturedPicture>, CaptureFault> {
        *self.burnt.lock().expect("lock") = Some(lines.clone());
        let picture = |kind, bytes: &[u8]| CapturedPicture {
            kind,
            content_type: "image/png",
            bytes: [bytes, &vec![b'.'; self.large.load(Ordering::SeqCst).saturating_sub(bytes.len())]]
                .concat(),
            width: 2,
            height: 2,
        };
        Ok(vec![
            picture(ImageKind::Screenshot, SCREEN.as_bytes()),
            picture(ImageKind::LiveFrame, FRAME.as_bytes()),
        ])
    }
}

impl Ring for Edge {
    fn begin(&self, offer: &OfferView, reports: mpsc::Sender<RingReport>) {
        let offer = OfferKey { call_id: offer.call_id, offer: offer.offer };
        reports.try_send(RingReport::WindowMapped(offer)).expect("room");
        reports.try_send(RingReport::Sound { offer, started: true }).expect("room");
    }

    fn silence(&self) {}
    fn end(&self) {}
}

pub struct NoKeyring;

impl NoKeyring {
    fn error<T>() -> Result<T, KeysError> {
        Err(KeysError::Unavailable("no service".into()))
    }
}

impl Keyring for NoKeyring {
    fn get(&self, _name: &str) -> Result<Option<Zeroizing<String>>, KeysError> {
        Self::error()
    }

    fn set(&self, _name: &str, _secret: &str) -> Result<(), KeysError> {
        Self::error()
    }

    fn delete(&self, _name: &str) -> Result<(), KeysError> {
        Self::error()
    }
}
