//! Encoded pictures in, frames out. One decoder for one stream; a fault wants a key frame.

mod h264;
#[cfg(target_os = "linux")]
mod vp8;

use crate::codec::VideoCodec;
use crate::frame::Frame;
use std::time::Instant;

/// Why a picture gave no frame.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DecodeError {
    /// The decoder library could not be started.
    #[error("the decoder cannot be started")]
    Start,
    /// The picture is damaged, or one it builds on is missing.
    #[error("the picture cannot be decoded")]
    Damaged,
    #[cfg(not(target_os = "linux"))]
    /// This build has no decoder for the codec.
    #[error("no decoder for this codec")]
    Unsupported,
}

/// A decoder of one stream.
pub trait Decoder: Send {
    /// Decodes one picture; `None` when the decoder needs more before it shows something.
    fn decode(&mut self, data: &[u8], at: Instant) -> Result<Option<Frame>, DecodeError>;
}

/// The decoder of a codec.
pub fn decoder(codec: VideoCodec) -> Result<Box<dyn Decoder>, DecodeError> {
    match codec {
        VideoCodec::H264 => Ok(Box::new(h264::H264Decoder::new()?)),
        #[cfg(target_os = "linux")]
        VideoCodec::Vp8 => Ok(Box::new(vp8::Vp8Decoder::new()?)),
        #[cfg(not(target_os = "linux"))]
        VideoCodec::Vp8 => Err(DecodeError::Unsupported),
    }
}
