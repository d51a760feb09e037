//! One stream: the newest frame as a message, who views it, and what became of the frames.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::Notify;

use super::MAGIC;
use crate::frame::append_planes;
use crate::surface::{I420View, Placement, SurfaceStats, VideoSurface};
use crate::timing::Tally;

#[derive(Default)]
pub(super) struct Stream {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// Kept after sending: a new viewer gets it at once.
    newest: Option<Message>,
    /// Whether `newest` was taken by a viewer.
    taken: bool,
    seq: u32,
    /// Number of the viewer that counts; others leave.
    viewer: u64,
    closed: bool,
    tally: Tally,
}

/// A frame, ready to be sent.
#[derive(Clone)]
pub(super) struct Message {
    pub(super) seq: u32,
    pub(super) bytes: Bytes,
    /// None for the black picture of a cleared surface, which is no frame.
    pub(super) pushed: Option<Instant>,
}

impl Stream {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A viewer that proved itself; the one before has to leave.
    pub(super) fn enter(&self) -> u64 {
        let mut state = self.lock();
        state.viewer += 1;
        let number = state.viewer;
        drop(state);
        self.changed.notify_waiters();
        number
    }

    /// Waits until the viewer must leave (`None`), or, if it has room, until there is a message newer than `last`.
    pub(super) async fn next(&self, viewer: u64, last: Option<u32>, has_room: bool) -> Option<Message> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Registered before looking, so that no change slips through between.
            changed.as_mut().enable();
            {
                let mut state = self.lock();
                if state.closed || state.viewer != viewer {
                    return None;
                }
                if let Some(message) = state.newest.clone()
                    && has_room
                    && Some(message.seq) != last
                {
                    state.taken = true;
                    return Some(message);
                }
            }
            changed.await;
        }
    }

    /// The page has drawn a frame.
    pub(super) fn drawn(&self, pushed: Instant) {
        self.lock().tally.shown(pushed.elapsed());
    }

    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.tally.gone = true;
        state.newest = None;
        drop(state);
        self.changed.notify_waiters();
    }

    fn offer(&self, frame: &I420View<'_>, pushed: Option<Instant>) {
        let mut bytes = Vec::with_capacity(16 + frame.y.len() + frame.u.len() + frame.v.len());
        for word in [MAGIC, frame.width, frame.height, 0] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        append_planes(&mut bytes, frame);

        let mut state = self.lock();
        if state.closed {
            state.tally.skipped += u64::from(pushed.is_some());
            return;
        }
        state.seq = state.seq.wrapping_add(1);
        let seq = state.seq;
        bytes[12..16].copy_from_slice(&seq.to_le_bytes());
        let replaced = state.newest.replace(Message { seq, bytes: bytes.into(), pushed });
        let was_frame = replaced.is_some_and(|message| message.pushed.is_some());
        if was_frame && !state.taken {
            state.tally.skipped += 1;
        }
        state.taken = false;
        drop(state);
        self.changed.notify_waiters();
    }
}

impl VideoSurface for Stream {
    fn place(&self, _placement: Placement) {}

    fn push(&self, frame: I420View<'_>) {
        let pushed = Instant::now();
        let sound = frame.is_sound();
        {
            let mut state = self.lock();
            state.tally.pushed += 1;
            if !sound {
                state.tally.skipped += 1;
            }
        }
        if sound {
            self.offer(&frame, Some(pushed));
        }
    }

    fn clear(&self) {
        let (y, chroma) = ([16; 16 * 12], [128; 8 * 6]);
        let black =
            I420View { width: 16, height: 12, y: &y, u: &chroma, v: &chroma, y_stride: 16, uv_stride: 8 };
        self.offer(&black, None);
    }

    fn stats(&self) -> SurfaceStats {
        self.lock().tally.stats()
    }
}
