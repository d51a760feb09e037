//! When the customer's picture is live. A phone that comes out of a dead spot may first send what it had
//! queued: such pictures are decoded, and old. By the page's own clock (RTP timestamps) and the smallest delay
//! seen so far, a picture that comes late is told from one that was just taken.

use std::time::{Duration, Instant};

/// A picture later than the quickest one by more than this is old.
const LATE: Duration = Duration::from_millis(400);
/// Without a live picture for this long, the next one is news.
const GAP: Duration = Duration::from_millis(500);

/// What a decoded picture means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum News {
    /// The first of its stream.
    Begins,
    /// The first live one after this long without.
    Again(Duration),
}

/// Follows one stream.
#[derive(Debug, Default)]
pub struct Live {
    first: Option<(Instant, u32)>,
    /// Smallest delay seen, relative to the first picture, ms.
    quickest_ms: i64,
    newest: Option<Instant>,
}

impl Live {
    /// A picture with this RTP timestamp (90 kHz) was decoded now.
    pub fn decoded(&mut self, timestamp: u32, now: Instant) -> Option<News> {
        let (began, zero) = *self.first.get_or_insert((now, timestamp));
        let taken_ms = i64::from(timestamp.wrapping_sub(zero).cast_signed()) / 90;
        let passed = i64::try_from(now.saturating_duration_since(began).as_millis()).unwrap_or(i64::MAX);
        let delay = passed.saturating_sub(taken_ms);
        self.quickest_ms = self.quickest_ms.min(delay);
        let late = delay.saturating_sub(self.quickest_ms);
        if late > i64::try_from(LATE.as_millis()).unwrap_or(i64::MAX) {
            return None;
        }
        match self.newest.replace(now).map(|before| now.saturating_duration_since(before)) {
            None => Some(News::Begins),
            Some(gap) if gap >= GAP => Some(News::Again(gap)),
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queued_picture_is_no_live_one() {
        let (mut live, start) = (Live::default(), Instant::now());
        let mut decoded = |taken_ms: u32, at_ms: u64| {
            let timestamp = u32::MAX.wrapping_add(taken_ms * 90);
            live.decoded(timestamp, start + Duration::from_millis(at_ms))
        };
        assert_eq!(decoded(0, 0), Some(News::Begins));
        assert_eq!(decoded(33, 20), None);
        assert_eq!(decoded(66, 60), None);
        // Three seconds nothing arrives, then what was queued, in a burst, then live ones.
        assert_eq!(decoded(100, 3_000), None);
        assert_eq!(decoded(1_500, 3_010), None);
        assert_eq!(decoded(2_900, 3_020), Some(News::Again(Duration::from_millis(2_960))));
        assert_eq!(decoded(3_033, 3_050), None);
        // A gap in which nothing was taken either.
        assert_eq!(decoded(9_000, 9_010), Some(News::Again(Duration::from_millis(5_960))));
    }
}
