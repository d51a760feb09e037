//! A picture cut into 32 × 24 cells, each with its mean grey. The mean is over the whole cell, with parts of
//! pixels at its edges: sampled means differ by tens of levels where a sharp edge lies between two samples, and
//! then the limits would have to be wide.

use image::RgbaImage;

use crate::surface::{I420View, Rect};

pub(super) const COLUMNS: usize = 32;
pub(super) const ROWS: usize = 24;
pub(super) const CELLS: usize = COLUMNS * ROWS;

/// Frames at least this wide are looked at in blocks of 2 × 2 pixels, at a quarter of the cost, if every cell is made
/// of whole blocks: half a block at a cell's edge could be off by levels where a sharp edge lies in it.
const WIDE: u32 = 480;

/// Grey of a cell, 0 to 255.
pub(super) type Grid = [f32; CELLS];

/// Grey as the screen shows the frame: colours that no screen has (Chromium's fake camera sends such) are clamped
/// channel by channel, and then their luma is not what is seen.
pub(super) fn of_frame(frame: I420View<'_>) -> Grid {
    let (columns, rows) = frame.chroma_size();
    let whole = (frame.width as usize).is_multiple_of(2 * COLUMNS)
        && (frame.height as usize).is_multiple_of(2 * ROWS);
    if frame.width >= WIDE && whole {
        means(columns as usize, rows as usize, |row, out| blocks(frame, row, out))
    } else {
        means(frame.width as usize, frame.height as usize, |row, out| {
            let luma = &frame.y[row * frame.y_stride..];
            let start = row / 2 * frame.uv_stride;
            let chroma = frame.u[start..].iter().zip(&frame.v[start..]);
            // Each chroma sample stands for two columns.
            for ((out, y), (u, v)) in out.chunks_mut(2).zip(luma.chunks(2)).zip(chroma) {
                for (out, y) in out.iter_mut().zip(y) {
                    *out = shown(4 * i32::from(*y), (*u).into(), (*v).into());
                }
            }
        })
    }
}

/// A row of 2 × 2 blocks.
fn blocks(frame: I420View<'_>, row: usize, out: &mut [u32]) {
    let width = frame.width as usize;
    let upper = &frame.y[2 * row * frame.y_stride..][..width];
    let lower = &frame.y[(2 * row + 1) * frame.y_stride..][..width];
    let start = row * frame.uv_stride;
    let chroma = frame.u[start..][..width / 2].iter().zip(&frame.v[start..][..width / 2]);
    let luma = upper.chunks_exact(2).zip(lower.chunks_exact(2));
    for ((out, (upper, lower)), (u, v)) in out.iter_mut().zip(luma).zip(chroma) {
        let sum = u16::from(upper[0]) + u16::from(upper[1]) + u16::from(lower[0]) + u16::from(lower[1]);
        *out = shown(sum.into(), (*u).into(), (*v).into());
    }
}

/// BT.601, limited range, in 1/256 of a level; `four_y` is the sum of four lumas.
#[expect(clippy::cast_sign_loss, reason = "clamped")]
fn shown(four_y: i32, u: i32, v: i32) -> u32 {
    let luma = (four_y - 64) * 298 / 4;
    let (u, v) = (u - 128, v - 128);
    let channel = |value: i32| ((value + 128) >> 8).clamp(0, 255) as u32;
    weighted(channel(luma + 409 * v), channel(luma - 100 * u - 208 * v), channel(luma + 516 * u))
}

fn weighted(red: u32, green: u32, blue: u32) -> u32 {
    77 * red + 150 * green + 29 * blue
}

/// The part of the capture where the live picture should be; none for a cell that reaches over the capture's
/// edge or touches one of `covered`.
pub(super) fn of_capture(capture: &RgbaImage, part: Rect, covered: &[Rect]) -> Vec<Option<f32>> {
    let whole = Rect::new(0, 0, capture.width(), capture.height());
    let (width, height) = (part.width as usize, part.height as usize);
    let grid = means(width, height, |row, out| {
        out.fill(0);
        let row = i32::try_from(row).map_or(i32::MAX, |row| part.y.saturating_add(row));
        let Some(inside) = Rect::new(part.x, row, part.width, 1).intersect(&whole) else { return };
        let (from, count) = (inside.x.abs_diff(part.x) as usize, inside.width as usize);
        let start = (inside.y.unsigned_abs() as usize * capture.width() as usize
            + inside.x.unsigned_abs() as usize)
            * 4;
        let pixels = capture.as_raw()[start..start + count * 4].chunks_exact(4);
        for (out, pixel) in out[from..from + count].iter_mut().zip(pixels) {
            *out = weighted(pixel[0].into(), pixel[1].into(), pixel[2].into());
        }
    });
    let usable = |cell: usize| {
        let rect = cell_rect(part, cell);
        !rect.is_empty()
            && rect.intersect(&whole) == Some(rect)
            && !covered.iter().any(|hole| rect.intersect(hole).is_some())
    };
    grid.into_iter().enumerate().map(|(cell, grey)| usable(cell).then_some(grey)).collect()
}

/// Whole pixels that a cell touches.
fn cell_rect(picture: Rect, cell: usize) -> Rect {
    let (column, row) = (cell % COLUMNS, cell / COLUMNS);
    let low = |size: u32, part: usize, parts: usize| u64::from(size) * part as u64 / parts as u64;
    let high = |size: u32, part: usize, parts: usize| (u64::from(size) * part as u64).div_ceil(parts as u64);
    let place = |edge: u64| u32::try_from(edge).unwrap_or(u32::MAX);
    let (left, right) = (low(picture.width, column, COLUMNS), high(picture.width, column + 1, COLUMNS));
    let (top, bottom) = (low(picture.height, row, ROWS), high(picture.height, row + 1, ROWS));
    Rect::new(
        picture.x.saturating_add_unsigned(place(left)),
        picture.y.saturating_add_unsigned(place(top)),
        place(right - left),
        place(bottom - top),
    )
}

/// Mean of every cell. `fill` writes the greys of a row, in 1/256 of a level.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "at most 8,192 pixels a side"
)]
fn means(width: usize, height: usize, mut fill: impl FnMut(usize, &mut [u32])) -> Grid {
    let mut grid = [0.0; CELLS];
    if width == 0 || height == 0 {
        return grid;
    }
    let mut greys = vec![0_u32; width];
    let mut before = vec![0_u32; width + 1];
    for row in 0..height {
        fill(row, &mut greys);
        let mut sum = 0;
        for (grey, before) in greys.iter().zip(&mut before[1..]) {
            sum += grey;
            *before = sum;
        }
        // What lies left of the edge of that column, part of a pixel included.
        let left_of = |column: usize| {
            let (whole, rest) = (column * width / COLUMNS, column * width % COLUMNS);
            let part = greys.get(whole).map_or(0.0, |grey| *grey as f32 * rest as f32 / COLUMNS as f32);
            f64::from(before[whole]) + f64::from(part)
        };
        let (cell_row, upper) = share(row, height);
        let mut left = 0.0;
        for column in 0..COLUMNS {
            let right = left_of(column + 1);
            let sum = (right - left) as f32;
            left = right;
            grid[cell_row * COLUMNS + column] += sum * upper;
            if upper < 1.0 && cell_row + 1 < ROWS {
                grid[(cell_row + 1) * COLUMNS + column] += sum * (1.0 - upper);
            }
        }
    }
    let cell = width as f32 * height as f32 / CELLS as f32 * 256.0;
    grid.map(|sum| sum / cell)
}

/// In which row of cells a row of pixels begins, and how much of it lies there. A picture of fewer rows than
/// cells leaves cells empty: nobody is recognised on it.
#[expect(clippy::cast_precision_loss, reason = "at most 8,192 rows")]
fn share(row: usize, height: usize) -> (usize, f32) {
    let cell = row * ROWS / height;
    let edge = (cell + 1) * height; // In 1/ROWS of a pixel row.
    let here = (edge - row * ROWS).min(ROWS);
    (cell, here as f32 / ROWS as f32)
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "drawn test pictures")]
mod tests {
    use image::Rgba;

    use super::*;

    /// A ramp has the grey of its middle in every cell, whether or not cells and pixels meet.
    #[test]
    fn cells_are_exact_means_at_any_size() {
        for (width, height) in [(640, 480), (641, 361), (100, 75), (333, 250)] {
            let ramp = RgbaImage::from_fn(width, height, |x, _| {
                let grey = (x * 200 / width) as u8;
                Rgba([grey, grey, grey, 255])
            });
            let cells = of_capture(&ramp, Rect::new(0, 0, width, height), &[]);
            for (cell, grey) in cells.iter().enumerate() {
                let middle = ((cell % COLUMNS) as f32 + 0.5) / COLUMNS as f32 * 200.0;
                let grey = grey.expect("inside");
                assert!((grey - middle).abs() < 1.2, "{width}×{height}, cell {cell}: {grey} for {middle}");
            }
        }
    }

    #[test]
    fn a_frame_and_the_pixels_made_of_it_have_the_same_cells() {
        for (width, height) in [(640_u32, 480_u32), (640, 360), (320, 240), (321, 181), (1280, 720)] {
            let luma: Vec<u8> = (0..width * height)
                .map(|n| (16 + (n % width / 13 * 37 + n / width / 11 * 59) % 219) as u8)
                .collect();
            let chroma_width = width.div_ceil(2);
            let chroma = |step: u32| -> Vec<u8> {
                (0..chroma_width * height.div_ceil(2))
                    .map(|n| (n % chroma_width / step % 40 + 108) as u8)
                    .collect()
            };
            let (u, v) = (chroma(3), chroma(7));
            let frame = I420View {
                width,
                height,
                y: &luma,
                u: &u,
                v: &v,
                y_stride: width as usize,
                uv_stride: chroma_width as usize,
            };
            let rgb = crate::encode::frame_to_rgb(frame).expect("sound");
            let rgba = image::DynamicImage::ImageRgb8(rgb).to_rgba8();
            let pixels = of_capture(&rgba, Rect::new(0, 0, width, height), &[]);
            for (cell, (one, other)) in of_frame(frame).iter().zip(pixels).enumerate() {
                let other = other.expect("inside");
                assert!((one - other).abs() < 2.0, "{width}×{height}, cell {cell}: {one}, {other}");
            }
        }
    }

    #[test]
    fn cells_over_the_edge_or_covered_say_nothing() {
        let capture = RgbaImage::from_pixel(320, 240, Rgba([9, 9, 9, 255]));
        let none = |part, covered: &[Rect]| {
            of_capture(&capture, part, covered).iter().filter(|cell| cell.is_none()).count()
        };
        assert_eq!(none(Rect::new(0, 0, 320, 240), &[]), 0);
        assert_eq!(none(Rect::new(-10, 0, 320, 240), &[]), ROWS);
        assert_eq!(none(Rect::new(0, 235, 320, 240), &[]), CELLS);
        assert_eq!(none(Rect::new(0, 0, 320, 240), &[Rect::new(9, 9, 2, 2)]), 4);
        assert_eq!(none(Rect::new(0, 0, 0, 0), &[]), CELLS);
    }
}
