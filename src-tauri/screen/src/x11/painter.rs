//! Paints the newest frame into the child window, and applies placements.

use std::sync::Arc;

use x11rb::connection::Connection;
use x11rb::errors::ReplyError;

use super::pixels::Pixels;
use super::slot::{InFlight, Slot, Work};
use super::window::ChildWindow;
use crate::frame::OwnedFrame;
use crate::scale::Scaler;
use crate::surface::{Placement, Rect, letterbox};

pub(super) struct Painter {
    window: ChildWindow,
    slot: Arc<Slot>,
    pixels: Pixels,
    scaler: Scaler,
    /// Newest frame, kept for repaints.
    current: Option<OwnedFrame>,
    placement: Placement,
    /// Where the picture lay when last painted, in the window.
    painted: Option<Rect>,
}

impl Painter {
    pub(super) fn new(window: ChildWindow, slot: Arc<Slot>, shared_memory: bool) -> Self {
        let pixels = Pixels::new(window.conn(), shared_memory);
        Self {
            window,
            slot,
            pixels,
            scaler: Scaler::new(),
            current: None,
            placement: Placement::default(),
            painted: None,
        }
    }

    pub(super) fn has_shared_memory(&self) -> bool {
        matches!(self.pixels, Pixels::Shared { .. })
    }

    /// Until the surface is dropped, or the window or the connection is gone.
    pub(super) fn run(mut self) {
        while let Some(work) = self.slot.next_work() {
            if let Err(error) = self.take(work) {
                tracing::debug!(%error, "a video surface lost its X server");
                self.slot.mark_gone();
            }
        }
        self.window.destroy();
    }

    fn take(&mut self, work: Work) -> Result<(), ReplyError> {
        let mut repaint = work.exposed;
        if let Some(placement) = work.placement {
            self.window.place(&placement)?;
            if placement.rect != self.placement.rect {
                self.painted = None;
            }
            self.placement = placement;
            // Painted as soon as nothing is on its way.
            self.slot.change(|state| state.exposed = true);
        }
        if work.clear {
            self.current = None;
            self.painted = None;
            self.window.darken(self.area())?;
            self.window.conn().flush()?;
        }
        if !work.siblings.is_empty() {
            self.window.raise_above(&work.siblings)?;
        }
        let mut pushed = None;
        if let Some(frame) = work.frame {
            pushed = Some(frame.pushed);
            let old = self.current.replace(frame);
            self.slot.change_quietly(|state| state.spare = state.spare.take().or(old));
            repaint = true;
        }
        if repaint { self.paint(pushed) } else { Ok(()) }
    }

    fn area(&self) -> Rect {
        Rect::new(0, 0, self.placement.rect.width, self.placement.rect.height)
    }

    /// Only while nothing is on its way.
    fn paint(&mut self, pushed: Option<std::time::Instant>) -> Result<(), ReplyError> {
        let area = self.area();
        let Some(frame) = self.current.as_ref().filter(|_| self.placement.visible && !area.is_empty()) else {
            if pushed.is_some() {
                self.slot.change_quietly(|state| state.tally.skipped += 1);
            }
            return Ok(());
        };
        let view = frame.view();
        let at = letterbox(view.width, view.height, area);
        let bytes = at.width as usize * at.height as usize * 4;
        let room = self.pixels.room(self.window.conn(), bytes)?;
        let filled = self.scaler.fill(&view, (at.width, at.height), self.window.order(), room);
        if filled.is_none() {
            self.slot.change_quietly(|state| state.tally.skipped += u64::from(pushed.is_some()));
            return Ok(());
        }
        if self.painted != Some(at) {
            for bar in bars(area, at) {
                self.window.darken(bar)?;
            }
            self.painted = Some(at);
        }
        self.slot.change_quietly(|state| state.in_flight = Some(InFlight { pushed }));
        if !self.pixels.put(self.window.conn(), self.window.target(), at)? {
            self.slot.arrived();
        }
        Ok(())
    }
}

/// What `area` has around `picture`.
fn bars(area: Rect, picture: Rect) -> [Rect; 4] {
    let below = area.bottom().abs_diff(picture.bottom());
    let right = area.right().abs_diff(picture.right());
    let (left, above) = (picture.x.unsigned_abs(), picture.y.unsigned_abs());
    [
        Rect::new(0, 0, area.width, above),
        Rect::new(0, picture.bottom(), area.width, below),
        Rect::new(0, picture.y, left, picture.height),
        Rect::new(picture.right(), picture.y, right, picture.height),
    ]
}
