//! Voice: microphone → Opus → customer, customer → Opus → speaker; always 48 kHz mono inside.
//!
//! No echo cancellation: agents wear headsets.

pub mod device;
pub mod order;
pub mod playout;
pub mod resample;
pub mod voice_in;
pub mod voice_out;

use crate::devices::DeviceReport;

/// Samples a second inside.
pub const RATE: u32 = 48_000;
/// The same for calculations.
pub const HERTZ: f32 = 48_000.0;
/// Samples of one Opus packet: 20 ms.
pub const PACKET_SAMPLES: usize = 960;

/// Why a sound device cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SoundError {
    /// There is none.
    #[error("no sound device")]
    Missing,
    /// Another program holds it.
    #[error("the sound device is in use")]
    Busy,
    /// There is one that fails.
    #[error("the sound device fails")]
    Failed,
}

impl SoundError {
    /// As it is told to the outside.
    pub fn report(self) -> DeviceReport {
        match self {
            Self::Missing => DeviceReport::Missing,
            Self::Busy => DeviceReport::Failed { code: "sound_busy" },
            Self::Failed => DeviceReport::Failed { code: "sound_failed" },
        }
    }
}
