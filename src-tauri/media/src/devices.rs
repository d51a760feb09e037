//! Which devices there are, and what is told about them.

use crate::camera;
use crate::config::{CameraChoice, SoundChoice};
use crate::sound::device::{check_input, check_output};

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
        /// Stable code: `camera_busy`, `camera_failed`, `sound_busy`, `sound_failed`.
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

/// Looks at the devices without keeping any open: takes one picture of the camera, and configures the sound
/// devices. Blocks for up to a few seconds: not on an async thread, and not while a call uses the camera.
/// It rings where the customer is heard, until a ring device can be chosen.
pub fn check_devices(choice: CameraChoice, sound: SoundChoice) -> DeviceChecks {
    let synthetic = || DeviceReport::Ok { name: String::from("synthetic") };
    let camera = match choice {
        CameraChoice::None => DeviceReport::Missing,
        CameraChoice::Synthetic => synthetic(),
        CameraChoice::Default => {
            camera::check_camera().map_or_else(camera::CameraError::report, |name| DeviceReport::Ok { name })
        }
    };
    let checked = |result: Result<String, crate::sound::SoundError>| {
        result.map_or_else(crate::sound::SoundError::report, |name| DeviceReport::Ok { name })
    };
    let (microphone, speaker, ring) = match sound {
        SoundChoice::None => (DeviceReport::Missing, DeviceReport::Missing, DeviceReport::Missing),
        SoundChoice::Synthetic => (synthetic(), DeviceReport::Missing, DeviceReport::Missing),
        SoundChoice::Default => {
            let speaker = checked(check_output());
            (checked(check_input()), speaker.clone(), speaker)
        }
    };
    DeviceChecks { camera, microphone, speaker, ring }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_wanted_is_not_opened() {
        let checks = check_devices(CameraChoice::None, SoundChoice::None);
        for report in [checks.camera, checks.microphone, checks.speaker, checks.ring] {
            assert_eq!(report, DeviceReport::Missing);
        }
    }
}
