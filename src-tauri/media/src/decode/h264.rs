//! H.264 by OpenH264.

use super::{DecodeError, Decoder};
use crate::frame::Frame;
use openh264::formats::YUVSource;
use std::time::Instant;

/// See the module.
pub struct H264Decoder {
    inner: openh264::decoder::Decoder,
}

impl H264Decoder {
    /// A fresh decoder.
    pub fn new() -> Result<Self, DecodeError> {
        openh264::decoder::Decoder::new().map(|inner| Self { inner }).map_err(|_| DecodeError::Start)
    }
}

impl Decoder for H264Decoder {
    fn decode(&mut self, data: &[u8], at: Instant) -> Result<Option<Frame>, DecodeError> {
        let Some(picture) = self.inner.decode(data).map_err(|_| DecodeError::Damaged)? else {
            return Ok(None);
        };
        let (width, height) = picture.dimensions();
        let (y_stride, uv_stride, _) = picture.strides();
        let (Ok(w), Ok(h)) = (u32::try_from(width), u32::try_from(height)) else {
            return Err(DecodeError::Damaged);
        };
        Ok(Some(Frame {
            width: w,
            height: h,
            y: picture.y().to_vec(),
            u: picture.u().to_vec(),
            v: picture.v().to_vec(),
            y_stride,
            uv_stride,
            at,
        }))
    }
}
