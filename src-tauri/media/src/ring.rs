//! The ring tone: synthesised, played on a chosen device until dropped.

use crate::config::SoundChoice;
use crate::devices::DeviceReport;

/// A ring in progress; dropping it ends the sound.
#[derive(Debug)]
pub struct Ring {}

impl Ring {
    /// Starts to ring on the named output device, or on the default one. Waits at most 1.5 s for the first
    /// samples to be taken by the device: `Ok` means that sound really started (I7), `Missing` that there
    /// is no device (confirm the ring as `visual`), `Failed` that there is one that does not play.
    pub async fn start(_sound: SoundChoice, _device: Option<String>) -> (Self, DeviceReport) {
        (Self {}, DeviceReport::Missing)
    }

    /// Ends the sound.
    pub fn stop(self) {}
}

/// Names of the output devices a ring can be played on.
pub fn devices() -> Vec<String> {
    Vec::new()
}
