//! H.264 (constrained baseline) by OpenH264.

use super::{BITRATE, EncodeError, Encoder};
use crate::frame::Frame;
use openh264::OpenH264API;
use openh264::encoder::{BitRate, Complexity, EncoderConfig, FrameRate, Profile, RateControlMode, UsageType};
use openh264::formats::YUVSlices;

/// See the module.
pub struct H264Encoder {
    inner: openh264::encoder::Encoder,
}

impl H264Encoder {
    /// A fresh encoder; it takes the size of the first frame, and follows a change.
    pub fn new(fps: u32) -> Result<Self, EncodeError> {
        let rate = f32::from(u8::try_from(fps).unwrap_or(30));
        let config = EncoderConfig::new()
            .usage_type(UsageType::CameraVideoRealTime)
            .bitrate(BitRate::from_bps(BITRATE))
            .max_frame_rate(FrameRate::from_hz(rate))
            .rate_control_mode(RateControlMode::Bitrate)
            .profile(Profile::Baseline)
            .complexity(Complexity::Low)
            .scene_change_detect(false)
            .num_threads(1);
        openh264::encoder::Encoder::with_api_config(OpenH264API::from_source(), config)
            .map(|inner| Self { inner })
            .map_err(|_| EncodeError::Start)
    }
}

impl Encoder for H264Encoder {
    fn encode(&mut self, frame: &Frame, key: bool) -> Result<Option<Vec<u8>>, EncodeError> {
        if key {
            self.inner.force_intra_frame();
        }
        let size = (frame.width as usize, frame.height as usize);
        let source = YUVSlices::new(
            (&frame.y, &frame.u, &frame.v),
            size,
            (frame.y_stride, frame.uv_stride, frame.uv_stride),
        );
        let data = self.inner.encode(&source).map_err(|_| EncodeError::Refused)?.to_vec();
        Ok((!data.is_empty()).then_some(data))
    }
}
