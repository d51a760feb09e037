//! The server's only source of time and of ids that carry time. Everything else takes them as arguments.

mod reckon;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chinhchu_protocol::time::Timestamp;
use tokio::sync::watch;
use uuid::Uuid;

pub use reckon::{Leap, spans};
use reckon::{Reading, Reckoner};

/// Wakes up at least this often while waiting, so that a clock that was set is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// Two clocks read further apart than this are read again: the thread was interrupted in between.
const APART: Duration = Duration::from_millis(1);
const LOOKS: usize = 5;

/// The system's clocks, or one that a test moves. Clones share it.
#[derive(Clone)]
pub struct Clock(Arc<Source>);

enum Source {
    System { began: Instant, reckoner: Mutex<Reckoner> },
    Manual(watch::Sender<Timestamp>),
}

impl Clock {
    /// The system's clocks: time is carried by the monotonic one and led by the wall's.
    pub fn system() -> Self {
        let began = Instant::now();
        let reckoner = Mutex::new(Reckoner::new(look(began)));
        Self(Arc::new(Source::System { began, reckoner }))
    }

    /// A clock that stands still until [`Self::advance`].
    pub fn manual(start: Timestamp) -> Self {
        Self(Arc::new(Source::Manual(watch::Sender::new(start))))
    }

    /// Whether a test moves it: then a jump is meant.
    pub fn is_manual(&self) -> bool {
        matches!(*self.0, Source::Manual(_))
    }

    /// Now. Never runs backwards.
    pub fn now(&self) -> Timestamp {
        match &*self.0 {
            Source::Manual(now) => *now.borrow(),
            Source::System { began, reckoner } => lock(reckoner).read(look(*began)),
        }
    }

    /// Goes on from this moment, if the wall clock has not come there yet: what the log holds is past. Gives
    /// how far the wall clock is behind, ms.
    pub fn not_before(&self, at: Timestamp) -> i64 {
        match &*self.0 {
            Source::Manual(now) => {
                now.send_modify(|now| *now = at.max(*now));
                0
            }
            Source::System { began, reckoner } => {
                let (mut reckoner, reading) = (lock(reckoner), look(*began));
                reckoner.read(reading);
                reckoner.not_before(at);
                reckoner.behind_ms(reading)
            }
        }
    }

    /// Spans that the clock went over at once since this was last asked: a suspend, or a wall clock set ahead.
    pub fn take_leaps(&self) -> Vec<Leap> {
        match &*self.0 {
            Source::Manual(_) => Vec::new(),
            Source::System { reckoner, .. } => lock(reckoner).take_leaps(),
        }
    }

    /// Moves a manual clock ahead; does nothing to the system's.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(now) = &*self.0 {
            let ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
            now.send_modify(|now| *now = now.plus_ms(ms));
        }
    }

    /// Returns once `at` has come.
    pub async fn sleep_until(&self, at: Timestamp) {
        if let Source::Manual(now) = &*self.0 {
            // The sender lives in `self`, so waiting cannot fail.
            let _ = now.subscribe().wait_for(|now| *now >= at).await;
            return;
        }
        loop {
            let left = at.ms_since(self.now());
            let Ok(left @ 1..) = u64::try_from(left) else { return };
            tokio::time::sleep(Duration::from_millis(left).min(LONGEST_SLEEP)).await;
        }
    }

    /// A fresh UUIDv7: sorts by time, its rest is random.
    pub fn new_id(&self) -> Uuid {
        let ms = u64::try_from(self.now().ms()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(ms, &rand::random()).into_uuid()
    }
}

fn lock(reckoner: &Mutex<Reckoner>) -> std::sync::MutexGuard<'_, Reckoner> {
    reckoner.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads both clocks as close together as can be.
#[expect(clippy::disallowed_methods, reason = "this module is the server's clock")]
fn look(began: Instant) -> Reading {
    let micros = |since: Duration| i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
    let mut reading = Reading { monotonic_us: 0, wall_us: 0 };
    for _ in 0..LOOKS {
        let before = began.elapsed();
        reading.wall_us = jiff::Timestamp::now().as_microsecond();
        let after = began.elapsed();
        reading.monotonic_us = micros(after);
        if after.saturating_sub(before) < APART {
            break;
        }
    }
    reading
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_wakes_sleepers_when_it_is_moved() {
        let clock = Clock::manual(Timestamp::from_ms(1_000));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(Timestamp::from_ms(3_000)).await }
        });
        clock.advance(Duration::from_secs(1));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_secs(1));
        sleeper.await.expect("woken");
    }

    #[test]
    fn ids_sort_by_time() {
        let clock = Clock::manual(Timestamp::from_ms(1_700_000_000_000));
        let first = clock.new_id();
        clock.advance(Duration::from_millis(1));
        assert!(first < clock.new_id());
        assert_eq!(first.get_version_num(), 7);
    }
}
