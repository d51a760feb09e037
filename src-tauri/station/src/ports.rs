//! What the station needs from the window, the media and the operating system. The shell has the real
//! bodies; tests have fakes of the hardware's edge only.

use std::sync::Arc;
use std::time::Duration;

use chinhchu_protocol::agent::OfferView;
use chinhchu_protocol::call::{Decision, ImageKind};
use chinhchu_protocol::signal::{IceServer, Signal};
use thiserror::Error;
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::evidence::CaptureFacts;
use crate::keys::Keyring;
use crate::picture::{CssRect, DevicesPicture, VideoStream};
use crate::session::{CallKey, MediaInput, MediaSnapshot, OfferKey};

/// All of them.
#[derive(Clone)]
pub struct Ports {
    /// Media of calls.
    pub media: Arc<dyn Media>,
    /// Where video lies on the screen.
    pub surfaces: Arc<dyn Surfaces>,
    /// Capture of the own window.
    pub capture: Arc<dyn ScreenCapture>,
    /// Sound and window of a ring.
    pub ring: Arc<dyn Ring>,
    /// Secrets.
    pub keyring: Arc<dyn Keyring>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// The media of calls. No call blocks; all are made inside tokio.
pub trait Media: Send + Sync {
    /// Starts the media of an assignment; whatever ran before is stopped.
    fn start(&self, key: CallKey, ice_servers: Vec<IceServer>, events: mpsc::Sender<(CallKey, MediaInput)>);
    /// A signal of the page, in order.
    fn signal(&self, key: CallKey, signal: Signal);
    /// Stops it; nothing if it does not run.
    fn stop(&self, key: CallKey);
    /// Figures of this moment; none if it does not run.
    fn snapshot(&self, key: CallKey) -> Option<MediaSnapshot>;
    /// What the customer's video was like since it was asked before, for the evidence; none before the first
    /// picture, or if it does not run. Asked every 5 s and just before a capture.
    fn quality(&self, key: CallKey) -> Option<QualityNow> {
        let _ = key;
        None
    }
    /// Looks at the devices. Blocks for up to a few seconds.
    fn check_devices(&self) -> DevicesPicture;
}

/// The customer's video over the span since it was asked before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct QualityNow {
    /// Pixels of the newest decoded picture.
    pub width: u32,
    /// Pixels of the newest decoded picture.
    pub height: u32,
    /// Decoded pictures a second over the span, rounded.
    pub fps: u32,
    /// Freezes as WebRTC counts them: gaps of at least three times the usual one, and 150 ms longer than it.
    pub freezes: u32,
    /// Longest time between two decoded pictures in the span, ms; one that is still going on counts.
    pub longest_gap_ms: u32,
    /// Packets lost in the span.
    pub lost: u32,
}

/// Where video lies on the screen.
pub trait Surfaces: Send + Sync {
    /// The page says where a picture belongs, in CSS pixels; none hides it.
    fn place(&self, stream: VideoStream, rect: Option<CssRect>, holes: Vec<CssRect>);
    /// No face stays after its call.
    fn clear(&self);
}

/// An evidence picture, encoded.
#[derive(Clone, PartialEq, Eq)]
pub struct CapturedPicture {
    /// Screenshot or live frame.
    pub kind: ImageKind,
    /// `image/jpeg` or `image/png`.
    pub content_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// What is burnt into the screenshot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OverlayLines {
    /// Date and time with zone, as in the manifest.
    pub date_time: String,
    /// The call.
    pub call_id: String,
    /// Who decided.
    pub agent_name: String,
    /// Who decided, as the system knows them.
    pub agent_username: String,
    /// Company of the call.
    pub company: String,
    /// Confirmed or rejected.
    pub decision: Decision,
    /// Words of the reason of a rejection.
    pub reason: Option<String>,
}

/// Why there is no evidence; nothing was decided then.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("no evidence could be captured ({code})")]
pub struct CaptureFault {
    /// Stable code: `capture_uniform`, `capture_foreign`, `capture_stale`, `capture_failed`.
    pub code: &'static str,
}

/// Capture of the own window.
pub trait ScreenCapture: Send + Sync {
    /// Freezes the newest decoded frame, captures the window and checks one against the other. Blocks.
    fn take(&self, key: CallKey) -> Result<Box<dyn Taken>, CaptureFault>;
}

/// A capture that was checked and is not yet burnt and encoded.
pub trait Taken: Send {
    /// What it knows of itself.
    fn facts(&self) -> CaptureFacts;
    /// How long ago it was captured: refused tries before it and the check after it take their time.
    fn age(&self) -> Duration;
    /// Burns the lines in and encodes screenshot and live frame. Blocks.
    fn finish(self: Box<Self>, lines: &OverlayLines) -> Result<Vec<CapturedPicture>, CaptureFault>;
}

/// What the ring reports back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RingReport {
    /// The ring window is mapped on the screen.
    WindowMapped(OfferKey),
    /// The tone started, or cannot.
    Sound {
        /// Which ring.
        offer: OfferKey,
        /// Whether it is heard.
        started: bool,
    },
}

/// Sound, window, notification and keys of a ring. No call blocks.
pub trait Ring: Send + Sync {
    /// Begins to ring; what is proven comes back on `reports`.
    fn begin(&self, offer: &OfferView, reports: mpsc::Sender<RingReport>);
    /// No more sound.
    fn silence(&self);
    /// Over: no sound, no window, no keys.
    fn end(&self);
}
