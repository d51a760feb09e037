//! What a call's media is started with.

use crate::frame::FrameSink;
use chinhchu_protocol::signal::IceServer;
use std::sync::Arc;
use std::time::Duration;

/// Settings of one call.
#[derive(Clone, Debug)]
pub struct MediaConfig {
    /// STUN and TURN servers, as the routing server names them; `turns:` and TCP are left out and
    /// counted ([`crate::MediaStats::relays_left_out`]).
    pub ice_servers: Vec<IceServer>,
    /// Where the agent's picture comes from.
    pub camera: CameraChoice,
    /// Whether sound devices are used.
    pub sound: SoundChoice,
    /// Only through TURN: no address of this workstation is told to the page.
    pub relay_only: bool,
    /// A clock that never runs backwards and counts the machine's sleep: a picture of before the sleep is old.
    pub uptime: fn() -> Duration,
}

/// Where the agent's picture comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CameraChoice {
    /// The system's first camera; without one, a drawn «no camera» card is sent.
    #[default]
    Default,
    /// A drawn, moving test picture (tests and demonstrations).
    Synthetic,
    /// No camera is opened; the card is sent.
    None,
}

/// Whether sound devices are used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SoundChoice {
    /// The system's default microphone and speaker.
    #[default]
    Default,
    /// No sound device is opened: silence is sent, what arrives is decoded and not played.
    None,
    /// No sound device is opened: a tone is sent, what arrives is decoded and not played (tests).
    Synthetic,
}

/// Where decoded and own pictures go.
#[derive(Clone)]
pub struct Sinks {
    /// The customer's pictures, as soon as they are decoded.
    pub remote: Arc<dyn FrameSink>,
    /// The agent's own pictures, as they are sent (not mirrored).
    pub own: Arc<dyn FrameSink>,
}
