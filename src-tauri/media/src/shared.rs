//! What threads and tasks of one call share: the newest picture, times, counters.

use crate::assemble::AssemblerCounts;
use crate::codec::VideoCodec;
use crate::config::Sinks;
use crate::frame::Frame;
use crate::stats::{Fingerprints, MediaStats};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// See the module.
pub struct Shared {
    /// Where pictures go.
    pub sinks: Sinks,
    started: Instant,
    /// Milliseconds after `started` of the last media packet, plus one; 0 = none yet.
    last_media: AtomicU64,
    latest: Mutex<Option<Arc<Frame>>>,
    figures: Mutex<Figures>,
}

#[derive(Debug, Default)]
struct Figures {
    stats: MediaStats,
    /// Counts of the streams before the one running now.
    before: AssemblerCounts,
    decoded_at: VecDeque<Instant>,
    decode_time: Duration,
}

impl Shared {
    /// Fresh.
    pub fn new(sinks: Sinks) -> Self {
        Self {
            sinks,
            started: Instant::now(),
            last_media: AtomicU64::new(0),
            latest: Mutex::new(None),
            figures: Mutex::new(Figures::default()),
        }
    }

    /// A media packet of the page has arrived.
    pub fn media_arrived(&self) {
        let millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX - 1);
        self.last_media.store(millis + 1, Ordering::Relaxed);
    }

    /// Time since the last media packet.
    pub fn media_age(&self) -> Option<Duration> {
        let at = self.last_media.load(Ordering::Relaxed).checked_sub(1)?;
        Some(self.started.elapsed().saturating_sub(Duration::from_millis(at)))
    }

    /// A picture of the customer was decoded: it is kept and shown.
    pub fn picture_decoded(&self, frame: &Arc<Frame>, codec: VideoCodec, took: Duration) {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(frame));
        {
            let mut figures = self.figures();
            figures.stats.width = frame.width;
            figures.stats.height = frame.height;
            figures.stats.codec = Some(codec.name());
            figures.stats.frames_decoded += 1;
            figures.decode_time += took;
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

    /// The newest picture of the customer.
    pub fn latest(&self) -> Option<Arc<Frame>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
