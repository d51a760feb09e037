//! How well the customer was seen, span by span: a manifest later says it of the call around its verdict (what
//! happened to the line is noted by the station's session). Pure: times are arguments, counted from the start of the machine (its sleep included).
//!
//! A freeze is what WebRTC calls one (`freezeCount` of webrtc-stats): a gap between two pictures of at least three
//! times the usual one, and at least 150 ms longer than it; the usual one is the mean of the last 30 gaps. One
//! that goes on is counted once, in the span in which it became one.

use std::collections::VecDeque;
use std::time::Duration;

/// Gaps whose mean is the usual one.
const USUAL_OF: usize = 30;
/// Fewer gaps say nothing about what is usual; libwebrtc waits for as many.
const LEAST_GAPS: usize = 5;
/// A gap this much longer than the usual one can be seen.
const SEEN: Duration = Duration::from_millis(150);

/// The customer's video over a span.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QualitySpan {
    /// Pixels of the newest picture.
    pub width: u32,
    /// Pixels of the newest picture.
    pub height: u32,
    /// Pictures decoded a second, rounded.
    pub fps: u32,
    /// Gaps that a person sees as a freeze.
    pub freezes: u32,
    /// Longest gap that ended in the span or goes on at its end, whenever it began.
    pub longest_gap: Duration,
    /// Packets lost in the span.
    pub lost: u64,
}

/// Follows the pictures of one call, over all its connections.
#[derive(Debug, Default)]
pub struct QualityMeter {
    newest: Option<Newest>,
    /// Newest last.
    gaps: VecDeque<Duration>,
    /// Whether the gap that goes on is counted already.
    frozen: bool,
    span: Span,
}

#[derive(Clone, Copy, Debug)]
struct Newest {
    at: Duration,
    width: u32,
    height: u32,
}

#[derive(Debug, Default)]
struct Span {
    began: Duration,
    pictures: u32,
    freezes: u32,
    longest_gap: Duration,
    lost_before: u64,
}

impl QualityMeter {
    /// A picture of this size was decoded.
    pub fn picture(&mut self, now: Duration, width: u32, height: u32) {
        match self.newest.replace(Newest { at: now, width, height }) {
            None => self.span.began = now,
            Some(before) => {
                let gap = now.saturating_sub(before.at);
                self.gap(gap);
                self.frozen = false;
                if self.gaps.len() == USUAL_OF {
                    self.gaps.pop_front();
                }
                self.gaps.push_back(gap);
            }
        }
        self.span.pictures += 1;
    }

    /// Ends the span and begins the next; none before the first picture. `lost` counts over the whole call.
    pub fn take(&mut self, now: Duration, lost: u64) -> Option<QualitySpan> {
        let newest = self.newest?;
        self.gap(now.saturating_sub(newest.at));
        let next = Span { began: now, lost_before: lost, ..Span::default() };
        let span = std::mem::replace(&mut self.span, next);
        Some(QualitySpan {
            width: newest.width,
            height: newest.height,
            fps: a_second(span.pictures, now.saturating_sub(span.began)),
            freezes: span.freezes,
            longest_gap: span.longest_gap,
            lost: lost.saturating_sub(span.lost_before),
        })
    }

    /// A gap so far.
    fn gap(&mut self, gap: Duration) {
        self.span.longest_gap = self.span.longest_gap.max(gap);
        if !self.frozen && self.is_freeze(gap) {
            self.frozen = true;
            self.span.freezes += 1;
        }
    }

    fn is_freeze(&self, gap: Duration) -> bool {
        let count = u32::try_from(self.gaps.len()).unwrap_or(u32::MAX);
        if self.gaps.len() < LEAST_GAPS {
            return false;
        }
        let usual = self.gaps.iter().sum::<Duration>() / count;
        gap >= (usual * 3).max(usual + SEEN)
    }
}

/// Rounded; a span too short for a rate counts as a whole second.
fn a_second(pictures: u32, span: Duration) -> u32 {
    let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX).max(1);
    if millis < 200 {
        return pictures;
    }
    u32::try_from((u64::from(pictures) * 1_000 + millis / 2) / millis).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Pictures every `step`, after `from`, up to `to`.
    fn play(meter: &mut QualityMeter, from: u64, to: u64, step: usize) {
        for at in (from..=to).step_by(step) {
            meter.picture(ms(at), 640, 480);
        }
    }

    #[test]
    fn a_smooth_span_has_its_rate_and_no_freeze() {
        let mut meter = QualityMeter::default();
        assert_eq!(meter.take(ms(900), 0), None, "no picture yet");
        play(&mut meter, 1_000, 6_000, 40);
        let span = meter.take(ms(6_000), 7);
        let smooth =
            QualitySpan { width: 640, height: 480, fps: 25, freezes: 0, longest_gap: ms(40), lost: 7 };
        assert_eq!(span, Some(smooth));
        // Counters begin anew with each span.
        play(&mut meter, 6_040, 11_000, 40);
        assert_eq!(meter.take(ms(11_000), 9), Some(QualitySpan { lost: 2, ..smooth }));
    }

    /// At 25 a second: max(3 × 40, 40 + 150) = 190 ms.
    #[test]
    fn a_gap_is_a_freeze_from_the_limit_of_webrtc_on() {
        for (gap, freezes) in [(80, 0), (189, 0), (190, 1), (3_000, 1)] {
            let mut meter = QualityMeter::default();
            play(&mut meter, 0, 2_000, 40);
            meter.picture(ms(2_000 + gap), 640, 480);
            let span = meter.take(ms(2_000 + gap), 0).expect("a span");
            assert_eq!((span.freezes, span.longest_gap), (freezes, ms(gap)), "{gap} ms");
        }
    }

    /// At 5 a second: max(3 × 200, 200 + 150) = 600 ms. A slow camera is no frozen one.
    #[test]
    fn what_is_usual_for_a_slow_camera_is_no_freeze() {
        for (gap, freezes) in [(400, 0), (599, 0), (600, 1)] {
            let mut meter = QualityMeter::default();
            play(&mut meter, 0, 8_000, 200);
            meter.picture(ms(8_000 + gap), 640, 480);
            let span = meter.take(ms(8_000 + gap), 0).expect("a span");
            assert_eq!((span.fps, span.freezes), (5, freezes), "{gap} ms");
        }
        let mut meter = QualityMeter::default();
        play(&mut meter, 0, 400, 100);
        meter.picture(ms(3_000), 640, 480);
        assert_eq!(meter.take(ms(3_000), 0).map(|span| span.freezes), Some(0), "four gaps say nothing");
    }

    #[test]
    fn a_freeze_over_several_spans_counts_once_and_shows_its_length_so_far() {
        let mut meter = QualityMeter::default();
        play(&mut meter, 0, 4_000, 40);
        let mut seen = Vec::new();
        for at in [5_000, 10_000, 15_000] {
            let span = meter.take(ms(at), 0).expect("a span");
            seen.push((span.freezes, span.longest_gap, span.fps));
        }
        assert_eq!(seen, [(1, ms(1_000), 20), (0, ms(6_000), 0), (0, ms(11_000), 0)]);
        meter.picture(ms(16_000), 1280, 720);
        play(&mut meter, 16_040, 18_000, 40);
        meter.picture(ms(18_600), 1280, 720);
        let span = meter.take(ms(20_000), 0).expect("a span");
        // The old one ends, and was counted; 560 ms and the 1.4 s that go on are new ones.
        assert_eq!((span.width, span.longest_gap), (1280, ms(12_000)));
        assert_eq!(span.freezes, 2);
    }

    #[test]
    fn a_span_of_a_moment_tells_no_wild_rate() {
        let mut meter = QualityMeter::default();
        play(&mut meter, 0, 5_000, 40);
        let _ = meter.take(ms(5_000), 0);
        meter.picture(ms(5_002), 640, 480);
        assert_eq!(meter.take(ms(5_003), 0).map(|span| span.fps), Some(1));
        assert_eq!(meter.take(ms(5_003), 0).map(|span| span.fps), Some(0));
    }
}
