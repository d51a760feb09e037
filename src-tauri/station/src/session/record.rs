//! What the evidence tells of the call itself: how well the customer was seen, and every break of the line.

use chinhchu_protocol::evidence::{
    ContinuityEvent, ContinuityKind, MAX_CONTINUITY_EVENTS, MAX_QUALITY_SAMPLES, QualitySample,
};

use crate::clock::Now;
use crate::picture::MediaStateName;
use crate::ports::QualityNow;

/// Kept from the accept on; begins anew when the program was killed in between.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// Own clock at the accept; before the program began, if it was killed since.
    accept_mono_ms: i64,
    /// Newest peer connection, 0 before the first.
    connection: u32,
    /// The newest samples.
    pub quality: Vec<QualitySample>,
    /// The first events.
    pub continuity: Vec<ContinuityEvent>,
    /// Events beyond those.
    pub continuity_dropped: u32,
}

impl Record {
    /// Nothing has happened yet.
    pub fn new(accept_mono_ms: i64) -> Self {
        Self {
            accept_mono_ms,
            connection: 0,
            quality: Vec::new(),
            continuity: Vec::new(),
            continuity_dropped: 0,
        }
    }

    /// Since the accept, ms.
    pub fn elapsed_ms(&self, now: Now) -> u32 {
        let mono_ms = i64::try_from(now.mono_ms).unwrap_or(i64::MAX);
        u32::try_from(mono_ms.saturating_sub(self.accept_mono_ms).max(0)).unwrap_or(u32::MAX)
    }

    /// A sample; the oldest gives way.
    pub fn sample(&mut self, now: Now, quality: QualityNow) {
        if self.quality.len() >= MAX_QUALITY_SAMPLES {
            self.quality.remove(0);
        }
        let QualityNow { width, height, fps, freezes, longest_gap_ms, lost } = quality;
        let at_ms = self.elapsed_ms(now);
        self.quality.push(QualitySample { at_ms, width, height, fps, freezes, longest_gap_ms, lost });
    }

    /// Something happened; what does not fit is counted.
    pub fn note(&mut self, now: Now, kind: ContinuityKind) {
        if self.continuity.len() >= MAX_CONTINUITY_EVENTS {
            self.continuity_dropped = self.continuity_dropped.saturating_add(1);
            return;
        }
        let (at_ms, connection) = (self.elapsed_ms(now), self.connection);
        self.continuity.push(ContinuityEvent { at_ms, kind, connection });
    }

    /// The page has made an offer. The same connection again is another way of it; a higher one is a new session.
    pub fn offered(&mut self, now: Now, connection: u32) {
        let before = std::mem::replace(&mut self.connection, connection);
        if before == connection {
            self.note(now, ContinuityKind::Restarted);
        } else if before != 0 {
            self.note(now, ContinuityKind::NewConnection);
        }
    }

    /// Media flows or has stopped, if that is new.
    pub fn media(&mut self, now: Now, before: MediaStateName, after: MediaStateName) {
        let kind = match after {
            MediaStateName::Flowing => ContinuityKind::Flowing,
            MediaStateName::Stalled => ContinuityKind::Stalled,
            MediaStateName::Idle | MediaStateName::Negotiating => return,
        };
        if before != after {
            self.note(now, kind);
        }
    }
}

#[cfg(test)]
mod tests {
    use chinhchu_protocol::time::Timestamp;

    use super::*;

    fn at(mono_ms: u64) -> Now {
        Now { wall: Timestamp::from_ms(0), mono_ms }
    }

    #[test]
    fn samples_keep_the_newest_and_events_the_first_and_count_the_rest() {
        let mut record = Record::new(-500);
        for n in 0..1_000 {
            record.sample(at(n), QualityNow::default());
            record.note(at(n), ContinuityKind::Stalled);
        }
        assert_eq!((record.quality.len(), record.quality[399].at_ms), (400, 1_499));
        assert_eq!((record.continuity.len(), record.continuity[0].at_ms), (200, 500));
        assert_eq!(record.continuity_dropped, 800);
    }

    #[test]
    fn a_restart_a_new_connection_and_breaks_of_the_media_are_told_apart() {
        let mut record = Record::new(0);
        record.offered(at(10), 1);
        record.media(at(20), MediaStateName::Negotiating, MediaStateName::Flowing);
        record.media(at(30), MediaStateName::Flowing, MediaStateName::Flowing);
        record.media(at(40), MediaStateName::Flowing, MediaStateName::Stalled);
        record.offered(at(50), 1);
        record.offered(at(60), 2);
        let told: Vec<_> =
            record.continuity.iter().map(|event| (event.at_ms, event.kind, event.connection)).collect();
        assert_eq!(
            told,
            [
                (20, ContinuityKind::Flowing, 1),
                (40, ContinuityKind::Stalled, 1),
                (50, ContinuityKind::Restarted, 1),
                (60, ContinuityKind::NewConnection, 2),
            ]
        );
    }
}
