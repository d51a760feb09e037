//! The hardware's edge, played: media that always flow, a ring that is heard, and drawn pictures instead of a
//! window. Every picture carries a mark of its own in the clear, so that it would be recognised on the disk.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chinhchu_protocol::agent::OfferView;
use chinhchu_protocol::call::ImageKind;
use chinhchu_protocol::evidence::CaptureMethod;
use chinhchu_protocol::signal::{IceServer, Signal};
use chinhchu_station::clock::SystemClock;
use chinhchu_station::evidence::CaptureFacts;
use chinhchu_station::keys::Keyring;
use chinhchu_station::picture::{CssRect, DeviceState, DevicesPicture, VideoStream};
use chinhchu_station::ports::{
    CaptureFault, CapturedPicture, Media, OverlayLines, Ports, Ring, RingReport, ScreenCapture, Surfaces,
    Taken,
};
use chinhchu_station::session::{CallKey, MediaInput, MediaSnapshot, OfferKey};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::seed::Rng;

/// In every picture, in the clear.
pub const MARK: &str = "CHINHCHU-DRAWN-FACE-";

/// Sides of the drawn pictures: from one packet to more than a chunk of an upload.
pub const SIDES: [u32; 4] = [96, 320, 640, 1_024];

/// Draws the pictures that workstations take as their captures.
pub fn draw(folder: &Path, rng: &mut Rng) {
    for side in SIDES {
        let noise = image::RgbImage::from_fn(side, side, |x, y| {
            let [r, g, b, ..] = rng.next().to_le_bytes();
            // Noise on a slope: as large as a camera's picture.
            if (x / 8 + y / 8) % 2 == 0 {
                image::Rgb([r, g, b])
            } else {
                image::Rgb([x, y, x ^ y].map(|v| v.to_le_bytes()[0]))
            }
        });
        noise.save(folder.join(format!("{side}.jpg"))).expect("drawn");
    }
}

/// The call whose media flow, and who hears of it.
type Running = Option<(CallKey, mpsc::Sender<(CallKey, MediaInput)>)>;

/// Everything that a window would do.
#[derive(Clone)]
pub struct Edge {
    running: Arc<Mutex<Running>>,
    drawn: Arc<Vec<(u32, Vec<u8>)>>,
}

impl Edge {
    pub fn new(drawings: &Path) -> Self {
        let read = |side: u32| Some((side, std::fs::read(drawings.join(format!("{side}.jpg"))).ok()?));
        Self { running: Arc::default(), drawn: Arc::new(SIDES.into_iter().filter_map(read).collect()) }
    }

    pub fn ports(self, keyring: Arc<dyn Keyring>) -> Ports {
        let edge = Arc::new(self);
        Ports {
            media: edge.clone(),
            surfaces: edge.clone(),
            capture: edge.clone(),
            ring: edge,
            keyring,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// One of the drawn pictures with a mark that no other has.
    fn picture(&self, kind: ImageKind) -> CapturedPicture {
        let (side, bytes) = &self.drawn[rand::random_range(0..self.drawn.len())];
        CapturedPicture {
            kind,
            content_type: "image/jpeg",
            bytes: marked(bytes),
            width: *side,
            height: *side,
        }
    }
}

/// A comment segment after the start of the JPEG.
fn marked(bytes: &[u8]) -> Vec<u8> {
    let mark = format!("{MARK}{}", Uuid::now_v7());
    let length = u16::try_from(mark.len() + 2).expect("short");
    [&bytes[..2], &[0xFF, 0xFE], &length.to_be_bytes(), mark.as_bytes(), &bytes[2..]].concat()
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
            // A full queue: the page offers again.
            let _ = events.try_send((*key, MediaInput::Signal(answer)));
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

impl ScreenCapture for Edge {
    fn take(&self, _key: CallKey) -> Result<Box<dyn Taken>, CaptureFault> {
        Ok(Box::new(self.clone()))
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
        Duration::ZERO
    }

    fn finish(self: Box<Self>, _lines: &OverlayLines) -> Result<Vec<CapturedPicture>, CaptureFault> {
        Ok(vec![self.picture(ImageKind::Screenshot), self.picture(ImageKind::LiveFrame)])
    }
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
