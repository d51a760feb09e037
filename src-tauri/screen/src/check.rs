//! Whether a capture shows what was live (S15): not uniform, not foreign, not stale.
//!
//! Every decoded frame leaves a small grey picture. The part of the capture where the customer's surface
//! lay is reduced the same way and must correlate with a frame of the last 2 s. A dark shop passes: what
//! counts is the pattern, and where a frame has none, that the capture has none either.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use image::RgbaImage;

use crate::surface::{I420View, Placement, Rect, letterbox};

/// An older frame is not what was live.
pub const FRESH: Duration = Duration::from_secs(2);

/// Frames are remembered a little longer, to tell a frozen picture from a foreign one.
const REMEMBERED: Duration = Duration::from_secs(6);
const MOST_FRAMES: usize = 240;

const COLUMNS: usize = 32;
const ROWS: usize = 24;
/// Samples a cell along each side: enough against noise, cheap enough for every frame.
const SAMPLES: u32 = 6;

/// A picture shown by the surface correlates above 0.98; another scene hardly ever reaches this.
const LEAST_CORRELATION: f32 = 0.92;
/// Below this contrast (standard deviation of 8-bit grey) rounding spoils the correlation.
const LOW_CONTRAST: f32 = 6.0;
const LEAST_CORRELATION_LOW_CONTRAST: f32 = 0.6;
/// Largest mean distance of grey where there is little contrast.
const LOW_CONTRAST_DISTANCE: f32 = 4.0;
/// A frame with less is flat: a covered camera.
const FLAT: f32 = 1.2;
/// Largest distance in mean grey between frame and capture.
const BRIGHTNESS: f32 = 20.0;
/// Largest distance between any two pixels of a uniform capture.
const UNIFORM_RANGE: u8 = 6;

/// Small grey pictures of the last decoded frames, to compare a capture with.
#[derive(Debug, Default)]
pub struct LiveHistory {
    frames: VecDeque<Remembered>,
}

#[derive(Debug)]
struct Remembered {
    at: Instant,
    width: u32,
    height: u32,
    grey: [f32; COLUMNS * ROWS],
}

impl LiveHistory {
    /// Remembers a decoded frame (about 28,000 samples: cheap enough for every one).
    pub fn push(&mut self, frame: I420View<'_>, at: Instant) {
        if !frame.is_sound() {
            return;
        }
        let too_old = |old: &Remembered| at.saturating_duration_since(old.at) > REMEMBERED;
        while self.frames.len() >= MOST_FRAMES || self.frames.front().is_some_and(too_old) {
            self.frames.pop_front();
        }
        let whole = Rect::new(0, 0, frame.width, frame.height);
        let grey = std::array::from_fn(|cell| {
            mean(cell_rect(whole, cell), |x, y| shown_grey(frame, x, y)).unwrap_or(0.0)
        });
        self.frames.push_back(Remembered { at, width: frame.width, height: frame.height, grey });
    }

    /// Forgets everything, at the end of a call.
    pub fn clear(&mut self) {
        self.frames.clear();
    }
}

/// Grey of a pixel as the surface shows it: colours that no screen has (Chromium's fake camera sends such)
/// are clamped channel by channel, and then their luma is not what is seen.
fn shown_grey(frame: I420View<'_>, x: u32, y: u32) -> f32 {
    let (x, y) = (x as usize, y as usize);
    let luma = (f32::from(frame.y[y * frame.y_stride + x]) - 16.0) * 255.0 / 219.0;
    let chroma = (y / 2) * frame.uv_stride + x / 2;
    let (u, v) = (f32::from(frame.u[chroma]) - 128.0, f32::from(frame.v[chroma]) - 128.0);
    let channel = |value: f32| value.clamp(0.0, 255.0);
    let red = channel(luma + 1.596 * v);
    let green = channel(luma - 0.392 * u - 0.813 * v);
    let blue = channel(luma + 2.017 * u);
    0.299 * red + 0.587 * green + 0.114 * blue
}

/// Why a capture is refused and must be taken again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CheckError {
    /// One colour all over, or where the live picture should be.
    #[error("the capture is uniform")]
    Uniform,
    /// It shows something else where the live picture should be.
    #[error("the capture does not show the live picture")]
    Foreign,
    /// The newest frame is older than 2 s, or the capture shows an older one.
    #[error("the live picture is stale")]
    Stale,
}

impl CheckError {
    /// Stable code for the screens.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Uniform => "capture_uniform",
            Self::Foreign => "capture_foreign",
            Self::Stale => "capture_stale",
        }
    }
}

/// How sure the check is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Resemblance {
    /// Normalised correlation with the best matching frame, −1 to 1; 0 where the frame is flat.
    pub correlation: f32,
    /// Age of that frame at the capture, ms.
    pub frame_age_ms: u32,
}

/// Compares the capture with the frames decoded before it. `live` is where the customer's surface lay
/// (relative to the capture, holes as placed), `captured_at` the moment the capture was there.
pub fn check_capture(
    capture: &RgbaImage,
    live: &Placement,
    history: &LiveHistory,
    captured_at: Instant,
) -> Result<Resemblance, CheckError> {
    if is_uniform(capture) {
        return Err(CheckError::Uniform);
    }
    let age = |frame: &Remembered| captured_at.saturating_duration_since(frame.at);
    let newest = history.frames.back().filter(|frame| age(frame) <= FRESH).ok_or(CheckError::Stale)?;
    let (mut best, mut shows_old) = (None::<Resemblance>, false);
    let mut size = (0, 0);
    let mut seen = Seen::default();
    for frame in history.frames.iter().rev() {
        if size != (frame.width, frame.height) {
            size = (frame.width, frame.height);
            seen = Seen::of(capture, live, size);
        }
        let Some(correlation) = seen.resembles(frame) else { continue };
        if age(frame) > FRESH {
            shows_old = true;
        } else if best.is_none_or(|best| correlation > best.correlation + 0.005) {
            let frame_age_ms = u32::try_from(age(frame).as_millis()).unwrap_or(u32::MAX);
            best = Some(Resemblance { correlation, frame_age_ms });
        }
    }
    if let Some(best) = best {
        return Ok(best);
    }
    let seen = Seen::of(capture, live, (newest.width, newest.height));
    let frame_is_flat = Spread::of(newest.grey.iter().copied()).deviation < FLAT;
    if seen.is_flat() && !frame_is_flat {
        Err(CheckError::Uniform)
    } else if shows_old {
        Err(CheckError::Stale)
    } else {
        Err(CheckError::Foreign)
    }
}

/// What the capture shows where the live picture should be, cell by cell; none where a hole lies or the
/// capture ends.
#[derive(Default)]
struct Seen {
    cells: Vec<Option<f32>>,
}

impl Seen {
    fn of(capture: &RgbaImage, live: &Placement, (width, height): (u32, u32)) -> Self {
        let picture = letterbox(width, height, live.rect);
        let whole = Rect::new(0, 0, capture.width(), capture.height());
        let cells = (0..COLUMNS * ROWS).map(|cell| {
            let rect = cell_rect(picture, cell);
            let inside = !rect.is_empty() && rect.intersect(&whole) == Some(rect);
            let covered = live.holes.iter().any(|hole| rect.intersect(hole).is_some());
            if !inside || covered {
                return None;
            }
            mean(rect, |x, y| grey(capture.get_pixel(x, y).0))
        });
        Self { cells: cells.collect() }
    }

    /// The correlation, if it is high enough to call it the same picture.
    fn resembles(&self, frame: &Remembered) -> Option<f32> {
        let pairs: Vec<(f32, f32)> =
            self.cells.iter().zip(frame.grey).filter_map(|(seen, live)| Some(((*seen)?, live))).collect();
        // A picture that is mostly covered proves nothing.
        if pairs.len() < COLUMNS * ROWS / 4 {
            return None;
        }
        let seen = Spread::of(pairs.iter().map(|pair| pair.0));
        let live = Spread::of(pairs.iter().map(|pair| pair.1));
        let distance = (seen.mean - live.mean).abs();
        if live.deviation < FLAT {
            let same = seen.deviation < 2.0 * FLAT && distance <= LOW_CONTRAST_DISTANCE;
            return same.then_some(0.0);
        }
        let correlation = correlation(&pairs, &seen, &live);
        let same = if live.deviation < LOW_CONTRAST {
            correlation >= LEAST_CORRELATION_LOW_CONTRAST && distance <= LOW_CONTRAST_DISTANCE
        } else {
            correlation >= LEAST_CORRELATION && distance <= BRIGHTNESS
        };
        same.then_some(correlation)
    }

    fn is_flat(&self) -> bool {
        Spread::of(self.cells.iter().flatten().copied()).deviation < FLAT
    }
}

struct Spread {
    mean: f32,
    deviation: f32,
}

impl Spread {
    #[expect(clippy::cast_precision_loss, reason = "at most a few hundred cells")]
    fn of(values: impl Iterator<Item = f32> + Clone) -> Self {
        let count = values.clone().count().max(1) as f32;
        let mean = values.clone().sum::<f32>() / count;
        let variance = values.map(|value| (value - mean) * (value - mean)).sum::<f32>() / count;
        Self { mean, deviation: variance.sqrt() }
    }
}

#[expect(clippy::cast_precision_loss, reason = "at most a few hundred cells")]
fn correlation(pairs: &[(f32, f32)], one: &Spread, other: &Spread) -> f32 {
    let covariance: f32 = pairs.iter().map(|(a, b)| (a - one.mean) * (b - other.mean)).sum();
    let scale = one.deviation * other.deviation * pairs.len() as f32;
    if scale > f32::EPSILON { covariance / scale } else { 0.0 }
}

/// Cell `n` of a picture cut into [`COLUMNS`] × [`ROWS`].
fn cell_rect(picture: Rect, n: usize) -> Rect {
    let edge = |size: u32, part: usize, parts: usize| {
        u32::try_from(u64::from(size) * part as u64 / parts as u64).unwrap_or(size)
    };
    let (column, row) = (n % COLUMNS, n / COLUMNS);
    let (left, right) = (edge(picture.width, column, COLUMNS), edge(picture.width, column + 1, COLUMNS));
    let (top, bottom) = (edge(picture.height, row, ROWS), edge(picture.height, row + 1, ROWS));
    Rect::new(
        picture.x.saturating_add_unsigned(left),
        picture.y.saturating_add_unsigned(top),
        right - left,
        bottom - top,
    )
}

/// Mean of evenly spread samples; `None` for an empty cell.
fn mean(cell: Rect, sample: impl Fn(u32, u32) -> f32) -> Option<f32> {
    let (x, y) = (u32::try_from(cell.x).ok()?, u32::try_from(cell.y).ok()?);
    let (mut sum, mut count) = (0.0, 0.0);
    let place = |from: u32, size: u32, n: u32, samples: u32| from + (2 * n + 1) * size / (2 * samples);
    let (columns, rows) = (cell.width.min(SAMPLES), cell.height.min(SAMPLES));
    for row in 0..rows {
        for column in 0..columns {
            sum += sample(place(x, cell.width, column, columns), place(y, cell.height, row, rows));
            count += 1.0;
        }
    }
    (count > 0.0).then(|| sum / count)
}

fn grey([red, green, blue, _]: [u8; 4]) -> f32 {
    0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)
}

/// Every eighth pixel of every eighth row, all channels.
fn is_uniform(capture: &RgbaImage) -> bool {
    let mut range = [(u8::MAX, u8::MIN); 3];
    for (_, row) in capture.enumerate_rows().step_by(8) {
        for (_, _, pixel) in row.step_by(8) {
            for (channel, value) in range.iter_mut().zip(pixel.0) {
                *channel = (channel.0.min(value), channel.1.max(value));
            }
        }
    }
    range.iter().all(|(low, high)| high.saturating_sub(*low) <= UNIFORM_RANGE)
}

#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "drawn test pictures"
)]
mod tests;
