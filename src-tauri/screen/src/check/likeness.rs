//! How much a part of a capture is a frame, cell by cell, and where the line is drawn.
//!
//! Measured on drawn pictures of 640 × 480 (`attacks::margins`; contrast 45, so the limit is 2.5 levels and 4 cells):
//! | what is captured | difference, levels | other cells | correlation |
//! |---|---|---|---|
//! | the live picture, any usual size of frame and window | 0.08–0.50 | 0 | 0.9999 |
//! | the same from a frame of 160 × 120 | 0.82–0.87 | 0 | 0.9997 |
//! | the same a pixel off, or resized another way | 0.08–1.46 | 0 | 0.9990 |
//! | the same person, moved by 2 pixels since | 0.99 | 0 | 0.9996 |
//! | the same person, moved by 12 pixels | 5.7 | 44 | 0.985 |
//! | 40 other persons in the same shop and pose | 7.4 and more | 32 and more | up to 0.970 |
//!
//! The last line is why correlation alone does not do: a limit of 0.92 lets the customer before pass.

use super::grid::{CELLS, Grid};

/// A picture of which more is covered proves nothing.
const LEAST_CELLS: usize = CELLS / 2;
/// A picture with less contrast (standard deviation of grey) is flat: a covered camera.
const FLAT: f32 = 0.5;
/// Largest distance in mean grey between a flat frame and the capture.
const FLAT_DISTANCE: f32 = 4.0;
/// Largest distance in mean grey, and of the contrast: a screen's own colours, not another light.
const BRIGHTNESS: f32 = 20.0;
const CONTRAST: (f32, f32) = (0.8, 1.25);

/// Largest root mean square of the difference: so much of the picture's own contrast, within these levels.
const DIFFERENCE: f32 = 0.12;
const DARK_DIFFERENCE: (f32, f32) = (0.45, 0.7);
const LARGEST_DIFFERENCE: f32 = 2.5;
/// A cell that differs by more than this many times the largest mean difference, or these levels, is another
/// picture's …
const CELL_DIFFERENCE: (f32, f32) = (4.0, 10.0);
/// … and a few such cells are a mouse pointer or a sharp edge.
const MOST_OTHER_CELLS: usize = 4;

/// The comparison of a capture's cells with a frame's.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Likeness {
    /// Normalised correlation; 0 where the frame is flat.
    pub correlation: f32,
    /// Root mean square of what is left of the difference after brightness and contrast are made equal.
    pub difference: f32,
    /// Cells that show another picture.
    pub others: usize,
    limit: f32,
    plausible: bool,
}

impl Likeness {
    /// None where too much is covered.
    pub(super) fn of(seen: &[Option<f32>], frame: &Grid) -> Option<Self> {
        let pairs = || seen.iter().zip(frame).filter_map(|(seen, live)| Some(((*seen)?, *live)));
        if pairs().count() < LEAST_CELLS {
            return None;
        }
        let (of_seen, of_live) =
            (Spread::of(pairs().map(|pair| pair.0)), Spread::of(pairs().map(|pair| pair.1)));
        let distance = (of_seen.mean - of_live.mean).abs();
        if of_live.deviation < FLAT {
            let plausible = of_seen.deviation < 2.0 * FLAT && distance <= FLAT_DISTANCE;
            let difference = distance;
            return Some(Self { correlation: 0.0, difference, others: 0, limit: FLAT_DISTANCE, plausible });
        }
        let covariance = mean(pairs().map(|(seen, live)| (seen - of_seen.mean) * (live - of_live.mean)));
        let contrast = covariance / (of_live.deviation * of_live.deviation);
        let rest = |(seen, live): (f32, f32)| seen - of_seen.mean - contrast * (live - of_live.mean);
        let in_the_dark = (DARK_DIFFERENCE.0 * of_live.deviation).min(DARK_DIFFERENCE.1);
        let limit = (DIFFERENCE * of_live.deviation).clamp(in_the_dark, LARGEST_DIFFERENCE);
        let most = (CELL_DIFFERENCE.0 * limit).min(CELL_DIFFERENCE.1);
        let allowed = if limit > DARK_DIFFERENCE.1 { BRIGHTNESS } else { FLAT_DISTANCE };
        Some(Self {
            correlation: covariance / (of_seen.deviation * of_live.deviation).max(f32::EPSILON),
            difference: mean(pairs().map(|pair| rest(pair) * rest(pair))).sqrt(),
            others: pairs().filter(|pair| rest(*pair).abs() > most).count(),
            limit,
            plausible: distance <= allowed && (CONTRAST.0..=CONTRAST.1).contains(&contrast),
        })
    }

    /// It is this frame.
    pub(super) fn is_same(&self) -> bool {
        self.plausible && self.difference <= self.limit && self.others <= MOST_OTHER_CELLS
    }

    /// It may be this frame a pixel aside.
    pub(super) fn is_near(&self) -> bool {
        self.plausible && self.difference <= 4.0 * self.limit
    }
}

/// One grey all over.
pub(super) fn is_flat(greys: impl Iterator<Item = f32> + Clone) -> bool {
    Spread::of(greys).deviation < FLAT
}

struct Spread {
    mean: f32,
    deviation: f32,
}

impl Spread {
    fn of(greys: impl Iterator<Item = f32> + Clone) -> Self {
        let middle = mean(greys.clone());
        let variance = mean(greys.map(|grey| (grey - middle) * (grey - middle)));
        Self { mean: middle, deviation: variance.sqrt() }
    }
}

#[expect(clippy::cast_precision_loss, reason = "at most a few hundred cells")]
fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (count, sum) = values.fold((0_usize, 0.0), |(count, sum), value| (count + 1, sum + value));
    sum / count.max(1) as f32
}
