//! One picture, and where pictures go.

use std::sync::Arc;
use std::time::Instant;

/// A decoded picture in I420. Planes may be padded on the right: use the strides.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Visible width in pixels.
    pub width: u32,
    /// Visible height in pixels.
    pub height: u32,
    /// Luma, `y_stride * height` bytes.
    pub y: Vec<u8>,
    /// Chroma U, `uv_stride * ceil(height / 2)` bytes.
    pub u: Vec<u8>,
    /// Chroma V, like U.
    pub v: Vec<u8>,
    /// Bytes from one luma row to the next.
    pub y_stride: usize,
    /// Bytes from one chroma row to the next.
    pub uv_stride: usize,
    /// When it was decoded, or taken by the camera.
    pub at: Instant,
}

impl Frame {
    /// A frame of one colour, tightly packed.
    pub fn filled(width: u32, height: u32, colour: [u8; 3], at: Instant) -> Self {
        let (columns, rows) = (width as usize, height as usize);
        let (uv_columns, uv_rows) = (columns.div_ceil(2), rows.div_ceil(2));
        let plane = |value: u8, size: usize| vec![value; size];
        Self {
            width,
            height,
            y: plane(colour[0], columns * rows),
            u: plane(colour[1], uv_columns * uv_rows),
            v: plane(colour[2], uv_columns * uv_rows),
            y_stride: columns,
            uv_stride: uv_columns,
            at,
        }
    }
}

/// Takes pictures, on the thread that made them: it must return within about a millisecond.
pub trait FrameSink: Send + Sync {
    /// The next picture. It may be kept by cloning the `Arc`.
    fn push(&self, frame: &Arc<Frame>);
}
