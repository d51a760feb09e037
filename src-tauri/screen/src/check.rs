//! Whether a capture shows what was live: not uniform, not foreign, not stale.
use std::time::Instant;

use image::RgbaImage;

use crate::surface::{I420View, Placement};

/// Small grey pictures of the last decoded frames, to compare a capture with.
#[derive(Default)]
pub struct LiveHistory {}

impl LiveHistory {
    /// Remembers a decoded frame (cheap: called for every frame).
    pub fn push(&mut self, frame: I420View<'_>, at: Instant) {
        let _ = (frame, at);
    }

    /// Forgets everything, at the end of a call.
    pub fn clear(&mut self) {}
}

/// Why a capture is refused and must be taken again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CheckError {
    /// One colour all over, or where the live picture should be.
    #[error("the capture is uniform")]
    Uniform,
    /// It shows something else where the live picture should be.
    #[error("the capture does not show the live picture")]
    Foreign,
    /// The newest frame is older than 2 s, or the capture shows an older one.
    #[error("the live picture is stale")]
    Stale,
}

impl CheckError {
    /// Stable code for the screens.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Uniform => "capture_uniform",
            Self::Foreign => "capture_foreign",
            Self::Stale => "capture_stale",
        }
    }
}

/// How sure the check is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Resemblance {
    /// Normalised correlation with the best matching frame, −1 to 1.
    pub correlation: f32,
    /// Age of that frame at the capture, ms.
    pub frame_age_ms: u32,
}

/// Compares the capture with the frames decoded before it. `live` is where the customer's surface lay
/// (relative to the capture), `captured_at` when the pixels were taken.
pub fn check_capture(
    capture: &RgbaImage,
    live: &Placement,
    history: &LiveHistory,
    captured_at: Instant,
) -> Result<Resemblance, CheckError> {
    let _ = (capture, live, history, captured_at);
    Err(CheckError::Stale)
}
