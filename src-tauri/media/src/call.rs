//! The media of one assignment of a call.

use crate::config::{MediaConfig, Sinks};
use crate::devices::DeviceReport;
use crate::frame::Frame;
use crate::stats::MediaStats;
use chinhchu_protocol::signal::Signal;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// What the outside must know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MediaEvent {
    /// To be sent to the page, in order.
    Signal(Signal),
    /// A peer connection is connected (again).
    Connected,
    /// Media packets arrive (again).
    Flowing,
    /// No media packet for 2 s.
    Stalled,
    /// The agent's camera.
    CameraState(DeviceReport),
    /// The agent's microphone.
    MicrophoneState(DeviceReport),
    /// The agent's speaker.
    SpeakerState(DeviceReport),
    /// This peer connection cannot go on; a new `connection` of the page can still replace it.
    Failed {
        /// Stable code: `offer_refused`, `peer_failed`, `ice_failed`.
        code: &'static str,
    },
}

/// The media of one assignment of a call; holds the peer connection.
#[derive(Debug)]
pub struct CallMedia {}

impl CallMedia {
    /// Opens devices and waits for the page's offer. Must be called inside a tokio runtime.
    pub fn start(_config: MediaConfig, _sinks: Sinks, _events: mpsc::Sender<MediaEvent>) -> Self {
        Self {}
    }

    /// A signal of the page, in the order of its numbers. Never blocks.
    pub fn signal(&self, _signal: Signal) {}

    /// The newest decoded picture of the customer, at full size.
    pub fn latest_remote(&self) -> Option<Arc<Frame>> {
        None
    }

    /// Time since the last media packet (video or audio) of the page; `None` before the first.
    pub fn media_age(&self) -> Option<Duration> {
        None
    }

    /// Figures of this moment.
    pub fn stats(&self) -> MediaStats {
        MediaStats::default()
    }

    /// Ends everything: peer connection, devices, tasks and threads. Bounded: about 3 s at most.
    pub async fn stop(self) {}
}
