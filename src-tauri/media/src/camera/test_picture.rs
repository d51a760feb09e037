//! The synthetic camera: a drawn, waving figure on a warm background, a moving bar, a picture counter.
//!
//! Chromium's fake camera is green with a pac-man; this one is orange, red and cream, so that a
//! screenshot tells both ends of a call apart.

use super::Drawn;
use super::drawing::{Colour, ellipse, line, number, rectangle};
use crate::frame::Frame;
use std::time::Instant;

const BACKGROUND: Colour = [150, 74, 178];
const FLOOR: Colour = [110, 90, 176];
const SKIN: Colour = [186, 104, 150];
const SHIRT: Colour = [72, 104, 204];
const HAIR: Colour = [34, 122, 138];
const BAR: Colour = [226, 86, 140];
const FIGURES: Colour = [235, 126, 130];
const SHADE: Colour = [40, 116, 150];

/// See the module.
#[derive(Clone, Debug)]
pub struct TestPicture {
    width: u32,
    height: u32,
    background: Option<Frame>,
}

impl TestPicture {
    /// Pictures of this size; they are laid out for 640×480 and scaled.
    pub fn new(width: u32, height: u32) -> Self {
        Self { width, height, background: None }
    }

    /// Picture number `index`.
    pub fn draw(&mut self, index: u32, at: Instant) -> Frame {
        let (width, height) = (self.width, self.height);
        let background = self.background.get_or_insert_with(|| background(width, height, at));
        let mut frame = background.clone();
        frame.at = at;
        let scale = Scale { width, height };
        // The arm swings in a triangle wave of 40 pictures, the bar crosses the picture in 90.
        let phase = i32::try_from(index % 40).unwrap_or(0);
        let swing = if phase < 20 { phase } else { 40 - phase };
        let hand = scale.point(455 + swing * 3, 170 - swing * 3);
        line(&mut frame, scale.point(385, 330), hand, scale.length(16), SHIRT);
        ellipse(&mut frame, hand, (scale.length(22), scale.length(22)), SKIN);
        let bar = i32::try_from(index % 90).unwrap_or(0) * 640 / 90;
        rectangle(&mut frame, scale.point(bar, 0), (scale.length(24), scale.length(40)), BAR);
        let figures = scale.point(24, 424);
        number(&mut frame, figures, scale.length(18), 5, index % 100_000, FIGURES);
        frame
    }
}

impl Drawn for TestPicture {
    fn draw(&mut self, index: u32, at: Instant) -> Frame {
        Self::draw(self, index, at)
    }
}

/// Maps the 640×480 layout to the real size.
struct Scale {
    width: u32,
    height: u32,
}

impl Scale {
    fn point(&self, x: i32, y: i32) -> (i32, i32) {
        let width = i32::try_from(self.width).unwrap_or(640);
        let height = i32::try_from(self.height).unwrap_or(480);
        (x * width / 640, y * height / 480)
    }

    fn length(&self, value: i32) -> i32 {
        self.point(value, 0).0.max(1)
    }
}

/// Everything that stands still.
fn background(width: u32, height: u32, at: Instant) -> Frame {
    let scale = Scale { width, height };
    let mut frame = Frame::filled(width, height, BACKGROUND, at);
    let size = |w: i32, h: i32| (scale.length(w), scale.point(0, h).1);
    rectangle(&mut frame, scale.point(0, 400), size(640, 80), FLOOR);
    ellipse(&mut frame, scale.point(320, 470), size(150, 190), SHIRT);
    ellipse(&mut frame, scale.point(320, 185), size(98, 116), HAIR);
    ellipse(&mut frame, scale.point(320, 200), size(80, 98), SKIN);
    for x in [290, 350] {
        ellipse(&mut frame, scale.point(x, 190), size(9, 11), HAIR);
    }
    ellipse(&mut frame, scale.point(320, 245), size(30, 10), SHADE);
    rectangle(&mut frame, scale.point(12, 412), size(170, 62), SHADE);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_picture_is_warm_and_moves() {
        let mut picture = TestPicture::new(640, 480);
        let at = Instant::now();
        let (first, second) = (picture.draw(1, at), picture.draw(2, at));
        assert_ne!(first.y, second.y);
        let mean =
            |plane: &[u8]| plane.iter().map(|&value| u64::from(value)).sum::<u64>() / plane.len() as u64;
        // Chromium's fake camera is green: V far below 128. This one is far above.
        assert!(mean(&first.v) > 160 && mean(&first.u) < 110, "{} {}", mean(&first.v), mean(&first.u));
    }
}
