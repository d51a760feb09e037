//! A frame kept by a surface: tightly packed I420 with the moment it was pushed.

#![cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "the X11 surface needs it"))]

use std::time::Instant;

use crate::surface::I420View;

/// Owned copy of a frame; its buffer is used again for the next one.
#[derive(Debug)]
pub(crate) struct OwnedFrame {
    width: u32,
    height: u32,
    planes: Vec<u8>,
    pub(crate) pushed: Instant,
}

impl OwnedFrame {
    /// Copies a sound frame, into the buffer of `spare` if there is one.
    pub(crate) fn copy(frame: &I420View<'_>, spare: Option<Self>, pushed: Instant) -> Self {
        let mut planes = spare.map_or_else(Vec::new, |old| old.planes);
        planes.clear();
        append_planes(&mut planes, frame);
        Self { width: frame.width, height: frame.height, planes, pushed }
    }

    pub(crate) fn view(&self) -> I420View<'_> {
        let luma = self.width as usize * self.height as usize;
        let chroma_width = self.width.div_ceil(2) as usize;
        let chroma = chroma_width * self.height.div_ceil(2) as usize;
        let (y, rest) = self.planes.split_at(luma);
        let (u, v) = rest.split_at(chroma);
        I420View {
            width: self.width,
            height: self.height,
            y,
            u,
            v,
            y_stride: self.width as usize,
            uv_stride: chroma_width,
        }
    }
}

/// Y, U, V of a sound frame without padding, one after the other.
pub(crate) fn append_planes(out: &mut Vec<u8>, frame: &I420View<'_>) {
    let (cw, ch) = frame.chroma_size();
    append_plane(out, frame.y, frame.y_stride, frame.width, frame.height);
    append_plane(out, frame.u, frame.uv_stride, cw, ch);
    append_plane(out, frame.v, frame.uv_stride, cw, ch);
}

fn append_plane(out: &mut Vec<u8>, plane: &[u8], stride: usize, width: u32, height: u32) {
    let (width, height) = (width as usize, height as usize);
    if stride == width {
        out.extend_from_slice(&plane[..width * height]);
    } else {
        for row in plane.chunks(stride).take(height) {
            out.extend_from_slice(&row[..width]);
        }
    }
}
