//! I420 to pixels, at another size if need be. SIMD in both steps: scaling the planes costs less than half
//! of scaling the pixels.

#![cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "the X11 surface needs it"))]

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use yuv::{YuvPlanarImage, YuvRange, YuvStandardMatrix};

use crate::enlarge::Enlarger;
use crate::surface::I420View;

/// Order of the bytes of a pixel in memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PixelOrder {
    /// Blue first: X11's usual, on little-endian machines.
    Bgra,
    /// Red first: `image`'s.
    Rgba,
}

/// Keeps its buffers between frames.
pub(crate) struct Scaler {
    enlarger: Enlarger,
    /// For pictures that get smaller: averages, where bilinear would flicker.
    resizer: Resizer,
    options: ResizeOptions,
    planes: [Vec<u8>; 3],
}

impl Scaler {
    pub(crate) fn new() -> Self {
        Self {
            enlarger: Enlarger::default(),
            resizer: Resizer::new(),
            options: ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear)),
            planes: [Vec::new(), Vec::new(), Vec::new()],
        }
    }

    /// Fills `out` (`width` × `height`, four bytes a pixel, alpha 255). `frame` must be sound and its planes
    /// tightly packed. `None` if that is not so; `out` is then not to be used.
    pub(crate) fn fill(
        &mut self,
        frame: &I420View<'_>,
        (width, height): (u32, u32),
        order: PixelOrder,
        out: &mut [u8],
    ) -> Option<()> {
        if (width, height) == (frame.width, frame.height) {
            return convert(frame, order, out);
        }
        let chroma_from = frame.chroma_size();
        let (cw, ch) = (width.div_ceil(2), height.div_ceil(2));
        let [y, u, v] = &mut self.planes;
        for (source, from, target, to) in [
            (frame.y, (frame.width, frame.height), &mut *y, (width, height)),
            (frame.u, chroma_from, &mut *u, (cw, ch)),
            (frame.v, chroma_from, &mut *v, (cw, ch)),
        ] {
            target.resize(to.0 as usize * to.1 as usize, 0);
            if Enlarger::takes(from, to) {
                self.enlarger.fill(source, from, target, to);
                continue;
            }
            let source = TypedImageRef::<U8>::from_buffer(from.0, from.1, source).ok()?;
            let mut target = TypedImage::<U8>::from_buffer(to.0, to.1, target).ok()?;
            self.resizer.resize_typed(&source, &mut target, &self.options).ok()?;
        }
        let scaled = I420View { width, height, y, u, v, y_stride: width as usize, uv_stride: cw as usize };
        convert(&scaled, order, out)
    }
}

/// At its own size; any stride.
pub(crate) fn convert(frame: &I420View<'_>, order: PixelOrder, out: &mut [u8]) -> Option<()> {
    let planar = planar_image(frame)?;
    let convert = match order {
        PixelOrder::Bgra => yuv::yuv420_to_bgra,
        PixelOrder::Rgba => yuv::yuv420_to_rgba,
    };
    convert(&planar, out, frame.width * 4, YuvRange::Limited, YuvStandardMatrix::Bt601).ok()
}

/// As `yuv` wants it.
pub(crate) fn planar_image<'a>(frame: &I420View<'a>) -> Option<YuvPlanarImage<'a, u8>> {
    let y_stride = u32::try_from(frame.y_stride).ok()?;
    let uv_stride = u32::try_from(frame.uv_stride).ok()?;
    Some(YuvPlanarImage {
        y_plane: frame.y,
        y_stride,
        u_plane: frame.u,
        u_stride: uv_stride,
        v_plane: frame.v,
        v_stride: uv_stride,
        width: frame.width,
        height: frame.height,
    })
}
