//! Evidence pictures as bytes.
use image::{RgbImage, RgbaImage};

use crate::surface::I420View;

/// An encoded picture.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Encoded {
    /// The file.
    pub bytes: Vec<u8>,
    /// `image/jpeg` or `image/png`.
    pub content_type: &'static str,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// Why a picture could not be encoded.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The encoder refused it.
    #[error("the picture could not be encoded")]
    Encoder(#[source] image::ImageError),
    /// The frame's planes do not hold what its sizes promise.
    #[error("the frame is broken")]
    BrokenFrame,
}

/// The burnt capture.
pub fn encode_capture(image: &RgbaImage) -> Result<Encoded, EncodeError> {
    let _ = image;
    Err(EncodeError::BrokenFrame)
}

/// The decoded frame at full size.
pub fn encode_frame(frame: I420View<'_>) -> Result<Encoded, EncodeError> {
    let _ = frame;
    Err(EncodeError::BrokenFrame)
}

/// The decoded frame as pixels.
pub fn frame_to_rgb(frame: I420View<'_>) -> Result<RgbImage, EncodeError> {
    let _ = frame;
    Err(EncodeError::BrokenFrame)
}
