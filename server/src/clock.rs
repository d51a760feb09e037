//! The server's only source of time and of ids that carry time. Everything else takes them as arguments.

use std::sync::Arc;
use std::time::Duration;

use chinhchu_protocol::time::Timestamp;
use tokio::sync::watch;
use uuid::Uuid;

/// Wakes up at least this often while waiting, so that a clock that was set is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// The system's clock, or one that a test moves.
#[derive(Clone, Default)]
pub struct Clock {
    manual: Option<Arc<watch::Sender<Timestamp>>>,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self { manual: None }
    }

    /// A clock that stands still until [`Self::advance`].
    pub fn manual(start: Timestamp) -> Self {
        Self { manual: Some(Arc::new(watch::Sender::new(start))) }
    }

    /// Whether a test moves it: then a jump is meant.
    pub fn is_manual(&self) -> bool {
        self.manual.is_some()
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        match &self.manual {
            Some(manual) => *manual.borrow(),
            None => system_now(),
        }
    }

    /// Moves a manual clock ahead; does nothing to the system's.
    pub fn advance(&self, by: Duration) {
        if let Some(manual) = &self.manual {
            let ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
            manual.send_modify(|now| *now = now.plus_ms(ms));
        }
    }

    /// Returns once `at` has come.
    pub async fn sleep_until(&self, at: Timestamp) {
        if let Some(manual) = &self.manual {
            // The sender lives in `self`, so waiting cannot fail.
            let _ = manual.subscribe().wait_for(|now| *now >= at).await;
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

#[expect(clippy::disallowed_methods, reason = "this module is the server's clock")]
fn system_now() -> Timestamp {
    jiff::Timestamp::now().into()
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
