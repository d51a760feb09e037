//! VP8 by the system's libvpx.
#![expect(unsafe_code, reason = "libvpx is a C library without a safe wrapper that compiles here")]

use super::{DecodeError, Decoder};
use crate::frame::Frame;
use std::ptr;
use std::time::Instant;
use vpx_sys::{
    VPX_DECODER_ABI_VERSION, vpx_codec_ctx_t, vpx_codec_dec_init_ver, vpx_codec_decode, vpx_codec_destroy,
    vpx_codec_err_t, vpx_codec_get_frame, vpx_codec_vp8_dx, vpx_image_t,
};

/// See the module. The context is boxed: libvpx keeps pointers into it.
pub struct Vp8Decoder {
    context: Box<vpx_codec_ctx_t>,
}

// SAFETY: the context is used by one thread at a time (`&mut self`), and libvpx binds it to no thread.
unsafe impl Send for Vp8Decoder {}

impl Vp8Decoder {
    /// A fresh decoder.
    pub fn new() -> Result<Self, DecodeError> {
        let abi = i32::try_from(VPX_DECODER_ABI_VERSION).map_err(|_| DecodeError::Start)?;
        // SAFETY: an all-zero context is what vpx_codec_dec_init expects; it outlives the call, the
        // configuration may be null, the interface is a static of the library.
        unsafe {
            let mut context: Box<vpx_codec_ctx_t> = Box::new(std::mem::zeroed());
            let result = vpx_codec_dec_init_ver(&raw mut *context, vpx_codec_vp8_dx(), ptr::null(), 0, abi);
            if result == vpx_codec_err_t::VPX_CODEC_OK {
                Ok(Self { context })
            } else {
                Err(DecodeError::Start)
            }
        }
    }
}

impl Drop for Vp8Decoder {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`, destroyed once.
        unsafe {
            vpx_codec_destroy(&raw mut *self.context);
        }
    }
}

impl Decoder for Vp8Decoder {
    fn decode(&mut self, data: &[u8], at: Instant) -> Result<Option<Frame>, DecodeError> {
        let size = u32::try_from(data.len()).map_err(|_| DecodeError::Damaged)?;
        if data.is_empty() {
            return Err(DecodeError::Damaged);
        }
        // SAFETY: data lives through the call; the image belongs to the decoder and is copied before the
        // next call.
        unsafe {
            let result = vpx_codec_decode(&raw mut *self.context, data.as_ptr(), size, ptr::null_mut(), 0);
            if result != vpx_codec_err_t::VPX_CODEC_OK {
                return Err(DecodeError::Damaged);
            }
            let mut iterator = ptr::null();
            let image = vpx_codec_get_frame(&raw mut *self.context, &raw mut iterator);
            Ok(image.as_ref().and_then(|image| copy_image(image, at)))
        }
    }
}

/// Copies the visible part of an image.
///
/// # Safety
/// The planes of `image` must be readable for its size and strides.
unsafe fn copy_image(image: &vpx_image_t, at: Instant) -> Option<Frame> {
    let rows = image.d_h as usize;
    let stride = |plane: usize| usize::try_from(image.stride[plane]).ok();
    // SAFETY: by the contract of this function.
    let plane = |index: usize, rows: usize| unsafe {
        let data = image.planes[index];
        (!data.is_null())
            .then(|| stride(index).map(|stride| copy_plane(data, stride, rows, visible(image, index))))
            .flatten()
    };
    Some(Frame {
        width: image.d_w,
        height: image.d_h,
        y: plane(0, rows)?,
        u: plane(1, rows.div_ceil(2))?,
        v: plane(2, rows.div_ceil(2))?,
        y_stride: visible(image, 0),
        uv_stride: visible(image, 1),
        at,
    })
}

/// Visible bytes of a row.
fn visible(image: &vpx_image_t, plane: usize) -> usize {
    let width = image.d_w as usize;
    if plane == 0 { width } else { width.div_ceil(2) }
}

/// # Safety
/// `data` must be readable for `rows` rows of `stride` bytes, the last one at least `width` bytes.
unsafe fn copy_plane(data: *const u8, stride: usize, rows: usize, width: usize) -> Vec<u8> {
    let mut copy = Vec::with_capacity(rows * width);
    for row in 0..rows {
        // SAFETY: by the contract of this function.
        copy.extend_from_slice(unsafe { std::slice::from_raw_parts(data.add(row * stride), width) });
    }
    copy
}
