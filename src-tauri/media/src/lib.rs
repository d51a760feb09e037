//! Native WebRTC media of the workstation: answers the offer of the customer's page, decodes the
//! customer's picture and voice, sends the agent's.
//!
//! One [`CallMedia`] lives as long as one assignment of a call. Signals of the page go in by
//! [`CallMedia::signal`], everything that the outside must know comes out as [`MediaEvent`]; decoded
//! pictures go to the [`FrameSink`]s at once, the newest stays for evidence ([`CallMedia::latest_remote`]).
//! A missing camera or sound card never stops a call: it is reported and the call goes on without.
//!
//! Deliberately absent: who talks to whom (the station decides), pixels on the screen (the screen crate).

mod call;
mod config;
mod devices;
mod frame;
pub mod ring;
mod stats;

pub use call::{CallMedia, MediaEvent};
pub use config::{CameraChoice, MediaConfig, Sinks, SoundChoice};
pub use devices::{DeviceChecks, DeviceReport, check_devices};
pub use frame::{Frame, FrameSink};
pub use stats::{Fingerprints, MediaStats};
