//! VP8 by the system's libvpx.
#![expect(unsafe_code, reason = "libvpx is a C library without a safe wrapper that compiles here")]

use super::{BITRATE, EncodeError, Encoder};
use crate::frame::Frame;
use std::mem::MaybeUninit;
use std::os::raw::c_int;
use std::ptr;
use vpx_sys::{
    VPX_DL_REALTIME, VPX_EFLAG_FORCE_KF, VPX_ENCODER_ABI_VERSION, vp8e_enc_control_id, vpx_codec_control_,
    vpx_codec_ctx_t, vpx_codec_cx_pkt_kind, vpx_codec_destroy, vpx_codec_enc_cfg_t,
    vpx_codec_enc_config_default, vpx_codec_enc_init_ver, vpx_codec_encode, vpx_codec_err_t,
    vpx_codec_get_cx_data, vpx_codec_vp8_cx, vpx_image_t, vpx_img_fmt, vpx_img_wrap, vpx_kf_mode,
    vpx_rc_mode,
};

/// Speed setting of realtime mode: 8 takes about 2 ms for a 640×480 frame.
const CPU_USED: c_int = 8;

/// See the module.
pub struct Vp8Encoder {
    fps: u32,
    running: Option<Running>,
}

/// A started encoder for one size. The context is boxed: libvpx keeps pointers into it.
struct Running {
    context: Box<vpx_codec_ctx_t>,
    width: u32,
    height: u32,
    frame_number: i64,
}

// SAFETY: the context is used by one thread at a time (`&mut self`), and libvpx binds it to no thread.
unsafe impl Send for Running {}

impl Vp8Encoder {
    /// An encoder that starts with the first frame's size, and again when the size changes.
    pub fn new(fps: u32) -> Self {
        Self { fps, running: None }
    }
}

impl Encoder for Vp8Encoder {
    fn encode(&mut self, frame: &Frame, key: bool) -> Result<Option<Vec<u8>>, EncodeError> {
        let fits = self.running.as_ref().is_some_and(|r| (r.width, r.height) == (frame.width, frame.height));
        if !fits {
            self.running = None;
        }
        match &mut self.running {
            Some(running) => running.encode(frame, key),
            empty => empty.insert(Running::start(frame.width, frame.height, self.fps)?).encode(frame, true),
        }
    }
}

impl Running {
    fn start(width: u32, height: u32, fps: u32) -> Result<Self, EncodeError> {
        let abi = i32::try_from(VPX_ENCODER_ABI_VERSION).map_err(|_| EncodeError::Start)?;
        // SAFETY: all-zero contexts and configurations are what the library fills in; both outlive the
        // calls, the interface is a static of the library; the controls take one int each.
        unsafe {
            // Some of its enums have no zero: it counts as initialised only once the library filled it in.
            let mut filled = MaybeUninit::<vpx_codec_enc_cfg_t>::zeroed();
            let result = vpx_codec_enc_config_default(vpx_codec_vp8_cx(), filled.as_mut_ptr(), 0);
            if result != vpx_codec_err_t::VPX_CODEC_OK {
                return Err(EncodeError::Start);
            }
            let mut config = filled.assume_init();
            configure(&mut config, width, height, fps);
            let mut context: Box<vpx_codec_ctx_t> = Box::new(std::mem::zeroed());
            let result =
                vpx_codec_enc_init_ver(&raw mut *context, vpx_codec_vp8_cx(), &raw const config, 0, abi);
            if result != vpx_codec_err_t::VPX_CODEC_OK {
                return Err(EncodeError::Start);
            }
            let started = Self { context, width, height, frame_number: 0 };
            let context = &raw const *started.context;
            for (control, value) in [
                (vp8e_enc_control_id::VP8E_SET_CPUUSED, -CPU_USED),
                (vp8e_enc_control_id::VP8E_SET_STATIC_THRESHOLD, 100),
                (vp8e_enc_control_id::VP8E_SET_MAX_INTRA_BITRATE_PCT, 900),
            ] {
                vpx_codec_control_(context.cast_mut(), control as c_int, value);
            }
            Ok(started)
        }
    }

    fn encode(&mut self, frame: &Frame, key: bool) -> Result<Option<Vec<u8>>, EncodeError> {
        let flags = if key { VPX_EFLAG_FORCE_KF } else { 0 };
        self.frame_number += 1;
        // SAFETY: the image only borrows the planes of `frame`, which outlives the call; libvpx does not
        // write into them. Packets belong to the encoder and are copied before the next call.
        unsafe {
            let image = borrow_image(frame)?;
            let result = vpx_codec_encode(
                &raw mut *self.context,
                &raw const image,
                self.frame_number,
                1,
                flags.into(),
                VPX_DL_REALTIME.into(),
            );
            if result != vpx_codec_err_t::VPX_CODEC_OK {
                return Err(EncodeError::Refused);
            }
            let mut iterator = ptr::null();
            let mut data = Vec::new();
            while let Some(packet) = vpx_codec_get_cx_data(&raw mut *self.context, &raw mut iterator).as_ref()
            {
                if packet.kind == vpx_codec_cx_pkt_kind::VPX_CODEC_CX_FRAME_PKT {
                    let encoded = packet.data.frame;
                    data.extend_from_slice(std::slice::from_raw_parts(encoded.buf.cast::<u8>(), encoded.sz));
                }
            }
            Ok((!data.is_empty()).then_some(data))
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // SAFETY: initialised in `start`, destroyed once.
        unsafe {
            vpx_codec_destroy(&raw mut *self.context);
        }
    }
}

/// Realtime, constant bitrate, no key frames of its own, resilient against lost packets.
fn configure(config: &mut vpx_codec_enc_cfg_t, width: u32, height: u32, fps: u32) {
    config.g_w = width;
    config.g_h = height;
    config.g_threads = 1;
    config.g_timebase.num = 1;
    config.g_timebase.den = c_int::try_from(fps.max(1)).unwrap_or(30);
    config.g_error_resilient = 1;
    config.g_lag_in_frames = 0;
    config.rc_end_usage = vpx_rc_mode::VPX_CBR;
    config.rc_target_bitrate = BITRATE / 1000;
    config.rc_min_quantizer = 4;
    config.rc_max_quantizer = 56;
    config.rc_undershoot_pct = 100;
    config.rc_overshoot_pct = 15;
    config.rc_buf_initial_sz = 500;
    config.rc_buf_optimal_sz = 600;
    config.rc_buf_sz = 1000;
    config.rc_dropframe_thresh = 30;
    config.kf_mode = vpx_kf_mode::VPX_KF_AUTO;
    config.kf_max_dist = 3000;
}

/// An image header over the frame's planes.
///
/// # Safety
/// The result must not outlive `frame`.
unsafe fn borrow_image(frame: &Frame) -> Result<vpx_image_t, EncodeError> {
    let strides = (c_int::try_from(frame.y_stride), c_int::try_from(frame.uv_stride));
    let (Ok(y_stride), Ok(uv_stride)) = strides else { return Err(EncodeError::Refused) };
    // SAFETY: vpx_img_wrap fills the header in and stores the pointer without reading through it; the
    // planes are replaced by the frame's own right after.
    unsafe {
        let mut image: vpx_image_t = std::mem::zeroed();
        let data = frame.y.as_ptr().cast_mut();
        let wrapped =
            vpx_img_wrap(&raw mut image, vpx_img_fmt::VPX_IMG_FMT_I420, frame.width, frame.height, 1, data);
        if wrapped.is_null() {
            return Err(EncodeError::Refused);
        }
        image.planes[0] = data;
        image.planes[1] = frame.u.as_ptr().cast_mut();
        image.planes[2] = frame.v.as_ptr().cast_mut();
        image.stride[0] = y_stride;
        image.stride[1] = uv_stride;
        image.stride[2] = uv_stride;
        Ok(image)
    }
}
