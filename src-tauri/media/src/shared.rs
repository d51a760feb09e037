//! What threads and tasks of one call share: the newest picture, times, counters.

use crate::assemble::AssemblerCounts;
use crate::codec::VideoCodec;
use crate::config::Sinks;
use crate::frame::Frame;
use crate::quality::{QualityMeter, QualitySpan};
use crate::stats::{Fingerprints, MediaStats};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// See the module.
pub struct Shared {
    /// Where pictures go.
    pub sinks: Sinks,
    uptime: fn() -> Duration,
    started: Duration,
    /// Milliseconds after `started` of the last media packet, plus one; 0 = none yet.
    last_media: AtomicU64,
    /// Number of the running connection, from 1, with its newest picture and when that was decoded.
    latest: Mutex<(u64, Option<LatestFrame>)>,
    figures: Mutex<Figures>,
}

#[derive(Clone)]
struct LatestFrame {
    frame: Arc<Frame>,
    decoded: Duration,
}

#[derive(Debug, Default)]
struct Figures {
    stats: MediaStats,
    /// Counts of the streams before the one running now.
    before: AssemblerCounts,
    decoded_at: VecDeque<Instant>,
    decode_time: Duration,
    meter: QualityMeter,
}

impl Shared {
    /// Fresh.
    pub fn new(sinks: Sinks, uptime: fn() -> Duration) -> Self {
        Self {
            sinks,
            uptime,
            started: uptime(),
            last_media: AtomicU64::new(0),
            latest: Mutex::new((0, None)),
            figures: Mutex::new(Figures::default()),
        }
    }

    /// A new connection begins: no picture of the one before is live any more. Its number goes with whatever it
    /// receives, because the old one's decoder may still be busy.
    pub fn begin_connection(&self) -> u64 {
        let mut latest = self.latest();
        latest.0 += 1;
        latest.1 = None;
        latest.0
    }

    /// A media packet of the page has arrived on this connection; on an older one it is no sign of life.
    pub fn media_arrived(&self, connection: u64) {
        if self.latest().0 == connection {
            let millis = u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX - 1);
            self.last_media.store(millis + 1, Ordering::Relaxed);
        }
    }

    fn elapsed(&self) -> Duration {
        (self.uptime)().saturating_sub(self.started)
    }

    fn latest(&self) -> MutexGuard<'_, (u64, Option<LatestFrame>)> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Time since the last media packet.
    pub fn media_age(&self) -> Option<Duration> {
        let at = self.last_media.load(Ordering::Relaxed).checked_sub(1)?;
        Some(self.elapsed().saturating_sub(Duration::from_millis(at)))
    }

    /// A picture of the customer was decoded: it is kept and shown.
    pub fn picture_decoded(&self, connection: u64, frame: &Arc<Frame>, codec: VideoCodec, took: Duration) {
        {
            let mut latest = self.latest();
            if latest.0 != connection {
                return;
            }
            latest.1 = Some(LatestFrame { frame: Arc::clone(frame), decoded: (self.uptime)() });
        }
        {
            let mut figures = self.figures();
            figures.stats.width = frame.width;
            figures.stats.height = frame.height;
            figures.stats.codec = Some(codec.name());
            figures.stats.frames_decoded += 1;
            figures.decode_time += took;
            figures.meter.picture((self.uptime)(), frame.width, frame.height);
            figures.decoded_at.push_back(frame.at);
            if figures.decoded_at.len() > 128 {
                figures.decoded_at.pop_front();
            }
        }
        self.sinks.remote.push(frame);
    }

    /// A picture of the agent was sent.
    pub fn picture_sent(&self) {
        self.figures().stats.frames_sent += 1;
    }

    /// Voice of the customer was decoded.
    pub fn voice_decoded(&self, peak: f32) {
        let mut figures = self.figures();
        figures.stats.voice_packets += 1;
        figures.stats.voice_peak = peak.max(figures.stats.voice_peak * 0.98);
    }

    /// Counts of the running video stream.
    pub fn video_counts(&self, counts: AssemblerCounts) {
        let mut figures = self.figures();
        figures.stats.packets = figures.before.packets + counts.packets;
        figures.stats.lost = figures.before.lost + counts.lost;
    }

    /// The running video stream has ended; the next one counts on.
    pub fn video_stream_ended(&self) {
        let mut figures = self.figures();
        figures.before =
            AssemblerCounts { packets: figures.stats.packets, lost: figures.stats.lost, useless: 0 };
    }

    /// The DTLS fingerprints of the newest connection.
    pub fn set_fingerprints(&self, fingerprints: Option<Fingerprints>) {
        self.figures().stats.fingerprints = fingerprints;
    }

    /// The customer's video since it was asked before.
    pub fn quality(&self) -> Option<QualitySpan> {
        let mut figures = self.figures();
        let lost = figures.stats.lost;
        figures.meter.take((self.uptime)(), lost)
    }

    /// The newest picture of the running connection, and how long ago it was decoded.
    pub fn latest_remote(&self) -> Option<(Arc<Frame>, Duration)> {
        let LatestFrame { frame, decoded } = self.latest().1.clone()?;
        Some((frame, (self.uptime)().saturating_sub(decoded)))
    }

    /// How many of the named servers cannot be used.
    pub fn relays_left_out(&self, count: u32) {
        self.figures().stats.relays_left_out = count;
    }

    /// Figures of this moment.
    pub fn stats(&self) -> MediaStats {
        let figures = self.figures();
        let mut stats = figures.stats.clone();
        let now = Instant::now();
        let second = Duration::from_secs(1);
        let recent =
            figures.decoded_at.iter().filter(|&&at| now.saturating_duration_since(at) < second).count();
        stats.fps = u32::try_from(recent).unwrap_or(0);
        let decoded = u32::try_from(stats.frames_decoded).unwrap_or(u32::MAX);
        stats.decode_time = figures.decode_time.checked_div(decoded).unwrap_or_default();
        stats
    }

    fn figures(&self) -> MutexGuard<'_, Figures> {
        self.figures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::FrameSink;
    use std::sync::atomic::AtomicU64;

    struct Nowhere;

    impl FrameSink for Nowhere {
        fn push(&self, _frame: &Arc<Frame>) {}
    }

    static CLOCK_MS: AtomicU64 = AtomicU64::new(0);

    fn clock() -> Duration {
        Duration::from_millis(CLOCK_MS.load(Ordering::SeqCst))
    }

    #[test]
    fn a_picture_grows_old_by_the_clock_that_counts_sleep_and_is_gone_with_its_connection() {
        let nowhere: Arc<dyn FrameSink> = Arc::new(Nowhere);
        let shared = Shared::new(Sinks { remote: Arc::clone(&nowhere), own: nowhere }, clock);
        let frame = Arc::new(Frame::filled(2, 2, [1; 3], Instant::now()));
        let decoded = |connection| {
            shared.media_arrived(connection);
            shared.picture_decoded(connection, &frame, VideoCodec::H264, Duration::ZERO);
        };
        let first = shared.begin_connection();
        decoded(first);
        // The machine sleeps: no `Instant` need notice.
        CLOCK_MS.store(60_000, Ordering::SeqCst);
        assert_eq!(shared.latest_remote().map(|(_, age)| age), Some(Duration::from_mins(1)));
        assert_eq!(shared.media_age(), Some(Duration::from_mins(1)));

        let second = shared.begin_connection();
        assert!(shared.latest_remote().is_none());
        decoded(first);
        assert!(shared.latest_remote().is_none(), "the old connection's decoder was still busy");
        assert_eq!(shared.media_age(), Some(Duration::from_mins(1)), "nor is it a sign of life");
        decoded(second);
        assert!(shared.latest_remote().is_some() && shared.media_age() == Some(Duration::ZERO));
    }
}
