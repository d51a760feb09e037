//! Whether a capture shows what was live (S15): not uniform, not foreign, not stale.
//!
//! Every decoded frame leaves a small grey picture ([`grid`]). The part of the capture where the customer's
//! surface lay is reduced the same way and must be, cell by cell, one of the frames of the last 2 s: a surface
//! shows a frame as it is, so that what differs is either rounding or another picture. A dark shop passes: what
//! counts is the difference in proportion to the picture's own contrast.
//!
//! What only resembles the live picture is refused: the customer before this one in the same shop, a face laid over
//! the face, the picture of some seconds ago, a mirrored or cropped one. Limits and what was measured:
//! [`likeness`].

mod grid;
mod likeness;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use image::RgbaImage;

use self::grid::{Grid, of_capture, of_frame};
use self::likeness::{Likeness, is_flat};
use crate::surface::{I420View, Placement, Rect, letterbox};

/// An older frame is not what was live.
pub const FRESH: Duration = Duration::from_secs(2);

/// Frames are remembered longer, to tell a frozen picture from a foreign one, and from one that hardly moves …
const REMEMBERED: Duration = Duration::from_secs(6);
const MOST_FRAMES: usize = 240;
/// … and one of every so many milliseconds for a minute.
const LONG_REMEMBERED: Duration = Duration::from_mins(1);
const SELDOM: Duration = Duration::from_millis(300);
const MOST_OLD: usize = 200;

/// The frame that is shown is the nearest one. A fresh frame may be further from the capture than an old one by
/// this factor and these levels, and the picture still counts as live: a person who sits still looks the same.
const AS_NEAR: (f32, f32) = (1.5, 0.5);

/// Largest distance between any two pixels of a uniform capture.
const UNIFORM_RANGE: u8 = 6;
/// By so many pixels each way a page may lie off the place that it told (rounding of scaled desktops).
const OFF_BY: i32 = 1;

/// Small grey pictures of the last decoded frames, to compare a capture with.
#[derive(Debug, Default)]
pub struct LiveHistory {
    frames: VecDeque<Remembered>,
    old: VecDeque<Remembered>,
}

#[derive(Debug)]
struct Remembered {
    at: Instant,
    width: u32,
    height: u32,
    grid: Grid,
}

impl LiveHistory {
    /// Remembers a decoded frame (0.3 ms for 640 × 480: cheap enough for every one).
    pub fn push(&mut self, frame: I420View<'_>, at: Instant) {
        if !frame.is_sound() {
            return;
        }
        let older_than =
            |limit: Duration| move |old: &Remembered| at.saturating_duration_since(old.at) > limit;
        while self.frames.len() >= MOST_FRAMES || self.frames.front().is_some_and(older_than(REMEMBERED)) {
            let Some(gone) = self.frames.pop_front() else { break };
            if self.old.back().is_none_or(|last| gone.at.saturating_duration_since(last.at) >= SELDOM) {
                self.old.push_back(gone);
            }
        }
        while self.old.len() > MOST_OLD || self.old.front().is_some_and(older_than(LONG_REMEMBERED)) {
            self.old.pop_front();
        }
        self.frames.push_back(Remembered {
            at,
            width: frame.width,
            height: frame.height,
            grid: of_frame(frame),
        });
    }

    /// Forgets everything, at the end of a call.
    pub fn clear(&mut self) {
        self.frames.clear();
        self.old.clear();
    }
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
    /// Normalised correlation with the nearest frame, −1 to 1; 0 where the frame is flat.
    pub correlation: f32,
    /// Root mean square of the difference to it, levels of grey.
    pub difference: f32,
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
    let mut seen = Seen::new(capture, live);
    let (mut fresh, mut old) = (None::<Nearest<'_>>, None::<Nearest<'_>>);
    for frame in history.frames.iter().rev().chain(history.old.iter().rev()) {
        let Some(likeness) = seen.likeness(frame) else { continue };
        let nearest = if age(frame) <= FRESH { &mut fresh } else { &mut old };
        if nearest.as_ref().is_none_or(|(_, before)| likeness.difference < before.difference) {
            *nearest = Some((frame, likeness));
        }
    }
    let fresh = fresh.map(|(frame, likeness)| (frame, seen.moved(frame, likeness)));
    let shows_old = old.filter(|(_, likeness)| likeness.is_same());
    if let Some((frame, likeness)) = fresh.filter(|(_, likeness)| likeness.is_same()) {
        let is_nearest = shows_old
            .as_ref()
            .is_none_or(|(_, old)| likeness.difference <= old.difference * AS_NEAR.0 + AS_NEAR.1);
        if is_nearest {
            return Ok(Resemblance {
                correlation: likeness.correlation,
                difference: likeness.difference,
                frame_age_ms: u32::try_from(age(frame).as_millis()).unwrap_or(u32::MAX),
            });
        }
    }
    if shows_old.is_some() {
        Err(CheckError::Stale)
    } else if is_flat(seen.of(newest).iter().flatten().copied()) && !is_flat(newest.grid.iter().copied()) {
        Err(CheckError::Uniform)
    } else {
        Err(CheckError::Foreign)
    }
}

type Nearest<'a> = (&'a Remembered, Likeness);

/// What the capture shows where the live picture should be, for the size of frame asked last.
struct Seen<'a> {
    capture: &'a RgbaImage,
    live: &'a Placement,
    size: (u32, u32),
    cells: Vec<Option<f32>>,
}

impl<'a> Seen<'a> {
    fn new(capture: &'a RgbaImage, live: &'a Placement) -> Self {
        Self { capture, live, size: (0, 0), cells: Vec::new() }
    }

    fn of(&mut self, frame: &Remembered) -> &[Option<f32>] {
        let size = (frame.width, frame.height);
        if self.size != size {
            self.size = size;
            self.cells = self.cells_at(size, (0, 0));
        }
        &self.cells
    }

    fn cells_at(&self, (width, height): (u32, u32), (dx, dy): (i32, i32)) -> Vec<Option<f32>> {
        let place = letterbox(width, height, self.live.rect);
        let place = Rect { x: place.x.saturating_add(dx), y: place.y.saturating_add(dy), ..place };
        of_capture(self.capture, place, &self.live.holes)
    }

    fn likeness(&mut self, frame: &Remembered) -> Option<Likeness> {
        Likeness::of(self.of(frame), &frame.grid)
    }

    /// The best likeness with the picture a pixel aside, where it is none as it stands.
    fn moved(&self, frame: &Remembered, likeness: Likeness) -> Likeness {
        if likeness.is_same() || !likeness.is_near() {
            return likeness;
        }
        let aside = (-OFF_BY..=OFF_BY).flat_map(|dy| (-OFF_BY..=OFF_BY).map(move |dx| (dx, dy)));
        aside
            .filter_map(|off| Likeness::of(&self.cells_at((frame.width, frame.height), off), &frame.grid))
            .fold(likeness, |best, other| if other.difference < best.difference { other } else { best })
    }
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

#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "drawn test pictures"
)]
mod attacks;
