//! What the caller, the painter and the X server's events tell each other: one slot, no queue.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::Window;

use crate::frame::OwnedFrame;
use crate::surface::Placement;
use crate::timing::Tally;

/// Shared by the three; the painter sleeps on it.
#[derive(Debug, Default)]
pub(super) struct Slot {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// Newest frame that was not painted yet.
    pub(super) frame: Option<OwnedFrame>,
    /// A buffer to copy the next frame into.
    pub(super) spare: Option<OwnedFrame>,
    /// New place, not applied yet.
    pub(super) placement: Option<Placement>,
    /// The picture is to be forgotten.
    pub(super) clear: bool,
    /// The picture must be painted again.
    pub(super) exposed: bool,
    /// Siblings that were mapped or moved, and may lie over us now.
    pub(super) siblings: Vec<Window>,
    /// A picture is on its way to the X server.
    pub(super) in_flight: Option<InFlight>,
    /// The owner is done with the surface.
    pub(super) stop: bool,
    pub(super) tally: Tally,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct InFlight {
    /// When its frame was pushed; none for a repaint.
    pub(super) pushed: Option<Instant>,
}

/// Nothing is shown any more.
pub(super) struct Gone;

/// What the painter has to do, in the order of the fields.
#[derive(Debug, Default)]
pub(super) struct Work {
    pub(super) placement: Option<Placement>,
    pub(super) clear: bool,
    pub(super) siblings: Vec<Window>,
    pub(super) frame: Option<OwnedFrame>,
    pub(super) exposed: bool,
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No one panics while holding it; a broken count is still better than no picture.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and wakes the painter.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.notify_all();
        result
    }

    /// Looks, or changes nothing that the painter waits for.
    pub(super) fn change_quietly<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.lock())
    }

    /// Counts a pushed frame and hands out a used buffer, if there is one.
    pub(super) fn buffer_for_push(&self) -> Result<Option<OwnedFrame>, Gone> {
        let mut state = self.lock();
        state.tally.pushed += 1;
        if state.tally.gone || state.stop {
            state.tally.skipped += 1;
            return Err(Gone);
        }
        Ok(state.spare.take())
    }

    /// Waits for work; `None` when the surface is over.
    pub(super) fn next_work(&self) -> Option<Work> {
        let mut state = self.lock();
        loop {
            if state.stop || state.tally.gone {
                return None;
            }
            let may_paint = state.in_flight.is_none();
            let to_paint = state.frame.is_some() || state.exposed;
            if state.placement.is_some()
                || state.clear
                || !state.siblings.is_empty()
                || (may_paint && to_paint)
            {
                return Some(Work {
                    placement: state.placement.take(),
                    clear: std::mem::take(&mut state.clear),
                    siblings: std::mem::take(&mut state.siblings),
                    frame: if may_paint { state.frame.take() } else { None },
                    exposed: may_paint && std::mem::take(&mut state.exposed),
                });
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The X server is done with the picture that was on its way.
    pub(super) fn arrived(&self) {
        self.change(|state| {
            if let Some(InFlight { pushed: Some(pushed) }) = state.in_flight.take() {
                state.tally.shown(pushed.elapsed());
            }
        });
    }

    /// Nothing will be shown any more.
    pub(super) fn mark_gone(&self) {
        self.change(|state| {
            state.tally.gone = true;
            state.in_flight = None;
            state.frame = None;
            state.spare = None;
        });
    }
}

/// Takes the events of the connection until the window or the connection is gone.
pub(super) fn take_events(conn: &impl Connection, slot: &Slot, own: Window, parent: Window) {
    loop {
        let event = match conn.wait_for_event() {
            Ok(event) => event,
            Err(error) => {
                tracing::debug!(%error, "the X connection of a video surface ended");
                break;
            }
        };
        let sibling = match event {
            Event::ShmCompletion(_) => {
                slot.arrived();
                continue;
            }
            Event::Expose(expose) => {
                if expose.window == own && expose.count == 0 {
                    slot.change(|state| state.exposed = true);
                }
                continue;
            }
            Event::DestroyNotify(gone) => {
                if gone.window == own || gone.window == parent {
                    break;
                }
                continue;
            }
            Event::Error(error) => {
                // A picture that met its window's end, or a placement that did: the next event tells.
                tracing::debug!(kind = ?error.error_kind, "the X server refused a request of a video surface");
                slot.change(|state| state.in_flight = None);
                continue;
            }
            Event::CreateNotify(event) => event.window,
            Event::MapNotify(event) => event.window,
            Event::ConfigureNotify(event) => event.window,
            Event::ReparentNotify(event) if event.parent == parent => event.window,
            _ => continue,
        };
        if sibling != own && sibling != parent {
            slot.change(|state| {
                if !state.siblings.contains(&sibling) {
                    state.siblings.push(sibling);
                }
            });
        }
    }
    slot.mark_gone();
}
