//! A real camera by nokhwa: V4L2 on Linux, Media Foundation on Windows.

use super::{CAMERA_FPS, Camera, CameraError};
use crate::frame::Frame;
use nokhwa::pixel_format::RgbFormat;
use nokhwa::utils::{
    ApiBackend, CameraFormat, FrameFormat, RequestedFormat, RequestedFormatType, Resolution,
};
use nokhwa::{Buffer, NokhwaError};
use std::time::Instant;
use yuv::{
    BufferStoreMut, YuvConversionMode, YuvPackedImage, YuvPlanarImageMut, YuvRange, YuvStandardMatrix,
};

/// Formats that are converted here, cheapest first.
const FORMATS: &[FrameFormat] = &[FrameFormat::YUYV, FrameFormat::NV12, FrameFormat::MJPEG];

/// See the module.
pub struct DeviceCamera {
    inner: nokhwa::Camera,
}

impl DeviceCamera {
    /// Opens the first camera at about 640×480@30; gives its name too.
    pub fn open() -> Result<(Self, String), CameraError> {
        #[cfg(windows)]
        super::com::provide();
        let cameras = nokhwa::query(ApiBackend::Auto).map_err(|_| CameraError::Missing)?;
        let first = cameras.first().ok_or(CameraError::Missing)?;
        let wanted = CameraFormat::new(Resolution::new(640, 480), FrameFormat::YUYV, CAMERA_FPS);
        let requested = RequestedFormat::with_formats(RequestedFormatType::Closest(wanted), FORMATS);
        let mut inner = nokhwa::Camera::new(first.index().clone(), requested).map_err(|e| classify(&e))?;
        inner.open_stream().map_err(|e| classify(&e))?;
        Ok((Self { inner }, first.human_name()))
    }
}

impl Camera for DeviceCamera {
    fn next(&mut self) -> Result<Frame, CameraError> {
        let buffer = self.inner.frame().map_err(|e| classify(&e))?;
        convert(&buffer, Instant::now()).ok_or(CameraError::Failed)
    }

    fn fps(&self) -> u32 {
        self.inner.frame_rate().clamp(5, CAMERA_FPS)
    }
}

impl Drop for DeviceCamera {
    fn drop(&mut self) {
        if self.inner.stop_stream().is_err() {
            tracing::debug!("the camera did not stop cleanly");
        }
    }
}

/// Opens the camera, takes one picture, closes it again.
pub fn check() -> Result<String, CameraError> {
    let (mut camera, name) = DeviceCamera::open()?;
    camera.next()?;
    Ok(name)
}

/// The library gives texts only; «busy» is what both systems say when another program holds a camera.
fn classify(error: &NokhwaError) -> CameraError {
    let text = error.to_string().to_lowercase();
    if text.contains("busy") || text.contains("in use") || text.contains("0xc00d3704") {
        CameraError::Busy
    } else if text.contains("no such") || text.contains("not found") {
        CameraError::Missing
    } else {
        CameraError::Failed
    }
}

fn convert(buffer: &Buffer, at: Instant) -> Option<Frame> {
    // Odd sizes do not exist in 4:2:2 and 4:2:0; a camera that tells one is cut by a column or row.
    let size = buffer.resolution();
    let (width, height) = (size.width() & !1, size.height() & !1);
    let mut frame = Frame::filled(width, height, [16, 128, 128], at);
    match buffer.source_frame_format() {
        FrameFormat::YUYV => {
            let packed = YuvPackedImage { yuy: buffer.buffer(), yuy_stride: size.width() * 2, width, height };
            yuv::yuyv422_to_yuv420(&mut planar(&mut frame), &packed).ok()?;
        }
        FrameFormat::NV12 => copy_nv12(&mut frame, buffer.buffer(), size.width() as usize, size.height())?,
        FrameFormat::MJPEG => {
            let picture = buffer.decode_image::<RgbFormat>().ok()?;
            let stride = picture.width() * 3;
            yuv::rgb_to_yuv420(
                &mut planar(&mut frame),
                picture.as_raw(),
                stride,
                YuvRange::Limited,
                YuvStandardMatrix::Bt601,
                YuvConversionMode::Balanced,
            )
            .ok()?;
        }
        FrameFormat::GRAY | FrameFormat::RAWRGB | FrameFormat::RAWBGR => return None,
    }
    Some(frame)
}

fn planar(frame: &mut Frame) -> YuvPlanarImageMut<'_, u8> {
    YuvPlanarImageMut {
        y_stride: frame.width,
        u_stride: frame.width / 2,
        v_stride: frame.width / 2,
        width: frame.width,
        height: frame.height,
        y_plane: BufferStoreMut::Borrowed(&mut frame.y),
        u_plane: BufferStoreMut::Borrowed(&mut frame.u),
        v_plane: BufferStoreMut::Borrowed(&mut frame.v),
    }
}

/// Splits the interleaved chroma of NV12.
fn copy_nv12(frame: &mut Frame, data: &[u8], stride: usize, rows: u32) -> Option<()> {
    let (luma, chroma) = data.split_at_checked(stride * rows as usize)?;
    let (width, uv_width) = (frame.y_stride, frame.uv_stride);
    for (row, target) in frame.y.chunks_exact_mut(width).enumerate() {
        target.copy_from_slice(luma.get(row * stride..row * stride + width)?);
    }
    let targets = frame.u.chunks_exact_mut(uv_width).zip(frame.v.chunks_exact_mut(uv_width));
    for (row, (u, v)) in targets.enumerate() {
        let source = chroma.get(row * stride..row * stride + width)?;
        for ((pair, u), v) in source.chunks_exact(2).zip(u).zip(v) {
            *u = pair[0];
            *v = pair[1];
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuyv_and_nv12_of_a_camera_give_the_same_frame() {
        let (width, height) = (8_u32, 4_u32);
        let yuyv: Vec<u8> = (0..width * height / 2).flat_map(|_| [90, 60, 90, 200]).collect();
        let mut nv12 = vec![90; (width * height) as usize];
        nv12.extend((0..width * height / 4).flat_map(|_| [60, 200]));
        for (format, data) in [(FrameFormat::YUYV, yuyv), (FrameFormat::NV12, nv12)] {
            let buffer = Buffer::new(Resolution::new(width, height), &data, format);
            let frame = convert(&buffer, Instant::now()).expect("frame");
            assert!(frame.y.iter().all(|&value| value == 90), "{format:?}");
            assert!(frame.u.iter().all(|&value| value == 60), "{format:?}");
            assert!(frame.v.iter().all(|&value| value == 200), "{format:?}");
        }
    }

    #[test]
    fn a_picture_cut_short_is_refused() {
        let buffer = Buffer::new(Resolution::new(8, 4), &[0; 20], FrameFormat::NV12);
        assert!(convert(&buffer, Instant::now()).is_none());
    }
}
