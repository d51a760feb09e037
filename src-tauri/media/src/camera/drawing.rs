//! A few shapes in I420; coordinates in pixels, everything is cut at the edges.
#![expect(clippy::cast_possible_truncation, reason = "rounded pixel positions are small")]

use crate::frame::Frame;

/// Luma and chroma (BT.601, limited range).
pub type Colour = [u8; 3];

/// Seven-segment figures: which segments are lit, from `a` (top) to `g` (middle).
const SEGMENTS: [u8; 10] = [0x3f, 0x06, 0x5b, 0x4f, 0x66, 0x6d, 0x7d, 0x07, 0x7f, 0x6f];

/// A filled rectangle.
pub fn rectangle(frame: &mut Frame, (x, y): (i32, i32), (width, height): (i32, i32), colour: Colour) {
    fill_rows(frame, y, y + height, colour, |_| Some((x, x + width)));
}

/// A filled ellipse.
pub fn ellipse(frame: &mut Frame, (cx, cy): (i32, i32), (rx, ry): (i32, i32), colour: Colour) {
    fill_rows(frame, cy - ry, cy + ry, colour, |row| {
        let dy = f64::from(row - cy) / f64::from(ry);
        let half = (1.0 - dy * dy).max(0.0).sqrt() * f64::from(rx);
        let half = half.round() as i32;
        Some((cx - half, cx + half))
    });
}

/// A thick line along which circles are set.
pub fn line(frame: &mut Frame, from: (i32, i32), to: (i32, i32), radius: i32, colour: Colour) {
    let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).max(1);
    for step in (0..=steps).step_by(2) {
        let x = from.0 + (to.0 - from.0) * step / steps;
        let y = from.1 + (to.1 - from.1) * step / steps;
        ellipse(frame, (x, y), (radius, radius), colour);
    }
}

/// A number in seven-segment figures, `digits` long, each `size` pixels wide and twice as high.
pub fn number(frame: &mut Frame, (x, y): (i32, i32), size: i32, digits: u32, value: u32, colour: Colour) {
    let bar = (size / 5).max(2);
    for position in 0..digits {
        let figure = value / 10_u32.pow(digits - 1 - position) % 10;
        let lit = SEGMENTS[figure as usize];
        let left = x + i32::try_from(position).unwrap_or(0) * (size + bar * 2);
        let bars = [
            ((left, y), (size, bar)),
            ((left + size - bar, y), (bar, size)),
            ((left + size - bar, y + size), (bar, size)),
            ((left, y + size * 2 - bar), (size, bar)),
            ((left, y + size), (bar, size)),
            ((left, y), (bar, size)),
            ((left, y + size - bar / 2), (size, bar)),
        ];
        for (index, (at, extent)) in bars.into_iter().enumerate() {
            if lit & (1 << index) != 0 {
                rectangle(frame, at, extent, colour);
            }
        }
    }
}

/// Fills rows `top..bottom`, each between the columns that `span` gives.
fn fill_rows(
    frame: &mut Frame,
    top: i32,
    bottom: i32,
    [y, u, v]: Colour,
    span: impl Fn(i32) -> Option<(i32, i32)>,
) {
    let height = i32::try_from(frame.height).unwrap_or(0);
    let width = i32::try_from(frame.width).unwrap_or(0);
    let index = |value: i32| usize::try_from(value).unwrap_or(0);
    for row in top.max(0)..bottom.min(height) {
        let Some((left, right)) = span(row) else { continue };
        let (left, right) = (left.clamp(0, width), right.clamp(0, width));
        if left >= right {
            continue;
        }
        let start = index(row) * frame.y_stride;
        frame.y[start + index(left)..start + index(right)].fill(y);
        if row % 2 == 0 {
            let start = index(row / 2) * frame.uv_stride;
            let range = start + index(left / 2)..start + index((right + 1) / 2);
            frame.u[range.clone()].fill(u);
            frame.v[range].fill(v);
        }
    }
}
