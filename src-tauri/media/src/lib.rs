//! Native WebRTC media of the workstation: answers the offer of the customer's page, decodes the
//! customer's picture and voice, sends the agent's.
//!
//! One [`CallMedia`] lives as long as one assignment of a call. Signals of the page go in by
//! [`CallMedia::signal`], everything that the outside must know comes out as [`MediaEvent`]; decoded
//! pictures go to the [`FrameSink`]s at once, the newest stays for evidence ([`CallMedia::latest_remote`]).
//! A missing camera or sound card never stops a call: it is reported and the call goes on without.
//!
//! ```text
//! page ─signal─► session ─► peer (engine) ─► receive ─► assemble ─► decode (thread) ─► sinks, latest
//!                                        └─► receive ─► voice_in (thread) ─► playout ─► speaker
//! camera ─► own_picture (thread: sink, encode) ─► outgoing ─► send ─► peer
//! microphone ─► voice_out (thread: Opus) ────────► outgoing ─► send ─► peer
//! ```
//!
//! Deliberately absent: who talks to whom (the station decides), pixels on the screen (the screen crate),
//! echo cancellation (agents wear headsets).

mod call;
mod config;
mod frame;
mod quality;
mod stats;

mod devices;
pub mod ring;

mod peer;
mod session;

mod engine;
mod key_requests;
mod repairs;
mod reports;
mod sdp;

mod assemble;
mod depacketize;
mod live;
mod receive;

mod outgoing;
mod own_picture;
mod send;

mod camera;
mod codec;
mod decode;
mod encode;
mod shared;
mod sound;

/// Filter directives that a program adds to its log: the engine's own lines hold addresses of the page (I9),
/// and are many.
pub const QUIET_LOGS: &str = "rtc=off,rtc_dtls=off,rtc_ice=off,rtc_interceptor=off,rtc_mdns=off,rtc_rtcp=off,\
    rtc_rtp=off,rtc_sctp=off,rtc_sdp=off,rtc_shared=off,rtc_srtp=off,rtc_stun=off,rtc_turn=off,webrtc=off";

pub use call::{CallMedia, MediaEvent};
pub use config::{CameraChoice, MediaConfig, Sinks, SoundChoice};
pub use devices::{DeviceChecks, DeviceReport, check_devices};
pub use frame::{Frame, FrameSink};
pub use quality::QualitySpan;
pub use stats::{Fingerprints, MediaStats};
