//! Frames in, encoded pictures out: about 500 kbit/s, key frames when the customer's page asks.

mod h264;
#[cfg(target_os = "linux")]
mod vp8;

use crate::codec::VideoCodec;
use crate::frame::Frame;

/// Bits per second of the agent's picture.
pub const BITRATE: u32 = 500_000;

/// Why there is no encoded picture.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EncodeError {
    /// The encoder library could not be started.
    #[error("the encoder cannot be started")]
    Start,
    /// The library refused the frame.
    #[error("the frame cannot be encoded")]
    Refused,
    #[cfg(not(target_os = "linux"))]
    /// This build has no encoder for the codec.
    #[error("no encoder for this codec")]
    Unsupported,
}

/// An encoder of one stream.
pub trait Encoder: Send {
    /// Encodes a frame, as a key frame when asked; `None` when the rate control skips it.
    fn encode(&mut self, frame: &Frame, key: bool) -> Result<Option<Vec<u8>>, EncodeError>;
}

/// The encoder of a codec for pictures of at most `fps` a second.
pub fn encoder(codec: VideoCodec, fps: u32) -> Result<Box<dyn Encoder>, EncodeError> {
    match codec {
        VideoCodec::H264 => Ok(Box::new(h264::H264Encoder::new(fps)?)),
        #[cfg(target_os = "linux")]
        VideoCodec::Vp8 => Ok(Box::new(vp8::Vp8Encoder::new(fps))),
        #[cfg(not(target_os = "linux"))]
        VideoCodec::Vp8 => Err(EncodeError::Unsupported),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::TestPicture;
    use crate::decode::decoder;
    use std::time::{Duration, Instant};

    #[test]
    fn what_is_encoded_decodes_to_the_same_picture() {
        for &codec in VideoCodec::SUPPORTED {
            let mut encoder = encoder(codec, 30).expect("encoder");
            let mut decoder = decoder(codec).expect("decoder");
            let start = Instant::now();
            let mut shown = 0;
            for index in 0..20 {
                let at = start + Duration::from_millis(33) * index;
                let frame = TestPicture::new(640, 480).draw(index, at);
                let Some(data) = encoder.encode(&frame, index == 10).expect("encode") else { continue };
                let seen = decoder.decode(&data, at).expect("decode").expect("picture");
                assert_eq!((seen.width, seen.height), (640, 480));
                assert!(mean_difference(&frame, &seen) < 8, "{codec:?}");
                shown += 1;
            }
            assert!(shown >= 15, "{codec:?}: {shown} of 20");
        }
    }

    #[test]
    fn a_new_size_in_the_middle_is_encoded() {
        for &codec in VideoCodec::SUPPORTED {
            let mut encoder = encoder(codec, 30).expect("encoder");
            let mut decoder = decoder(codec).expect("decoder");
            let at = Instant::now();
            for (width, height) in [(640, 480), (320, 240)] {
                let frame = TestPicture::new(width, height).draw(1, at);
                let data = encoder.encode(&frame, true).expect("encode").expect("data");
                let seen = decoder.decode(&data, at).expect("decode").expect("picture");
                assert_eq!((seen.width, seen.height), (width, height), "{codec:?}");
            }
        }
    }

    fn mean_difference(a: &Frame, b: &Frame) -> u64 {
        let mut sum = 0_u64;
        for row in 0..a.height as usize {
            for column in 0..a.width as usize {
                sum += u64::from(a.y[row * a.y_stride + column].abs_diff(b.y[row * b.y_stride + column]));
            }
        }
        sum / u64::from(a.width * a.height)
    }
}
