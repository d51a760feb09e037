//! What is sent when there is no camera: a drawn, crossed-out camera that stands still.

use super::Drawn;
use super::drawing::{Colour, ellipse, line, rectangle};
use crate::frame::Frame;
use std::time::Instant;

const BACKGROUND: Colour = [52, 132, 124];
const CAMERA: Colour = [150, 130, 126];
const LENS: Colour = [70, 132, 124];
const STROKE: Colour = [96, 108, 200];

/// See the module.
#[derive(Clone, Debug)]
pub struct NoCameraCard {
    width: u32,
    height: u32,
}

impl NoCameraCard {
    /// A card of this size.
    pub fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }
}

impl Drawn for NoCameraCard {
    fn draw(&mut self, _index: u32, at: Instant) -> Frame {
        let mut frame = Frame::filled(self.width, self.height, BACKGROUND, at);
        let (cx, cy) =
            (i32::try_from(self.width / 2).unwrap_or(320), i32::try_from(self.height / 2).unwrap_or(240));
        let unit = (cy / 8).max(4);
        rectangle(&mut frame, (cx - unit * 3, cy - unit * 2), (unit * 4, unit * 4), CAMERA);
        for step in 0..unit * 2 {
            let half = unit / 2 + step / 2;
            rectangle(&mut frame, (cx + unit + step, cy - half), (1, half * 2), CAMERA);
        }
        ellipse(&mut frame, (cx - unit, cy), (unit, unit), LENS);
        let reach = unit * 4;
        line(&mut frame, (cx - reach, cy - reach), (cx + reach, cy + reach), unit / 3, STROKE);
        frame
    }
}
