//! RTP packets in, whole pictures out: reordering window, loss detection, waiting for a key frame.
//!
//! Pure: time is an argument. Packets are kept by their unwrapped sequence number; a picture is handed
//! out as soon as its last packet is there, without waiting for the next one. A gap is waited for at
//! most [`REORDER_WINDOW`] (repairs by NACK arrive in it), then everything up to the next key frame is
//! given up and a key frame is wanted. A whole key frame behind a gap ends the wait at once. After a cut (what
//! comes is much newer than what is missing) a key frame is wanted at once, too.

use crate::codec::VideoCodec;
use crate::depacketize::{PayloadKind, append, inspect};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long a missing packet may be late before it counts as lost: three repairs by NACK (every 60 ms) at a
/// round trip of 100 ms.
pub const REORDER_WINDOW: Duration = Duration::from_millis(350);
/// Missing pictures older than this, by the sender's clock (90 kHz), were lost in a cut: no repair is waited for.
pub const CUT: i32 = 90 * 700;
/// A key frame that does not come is asked for again after this time.
pub const KEY_REQUEST_INTERVAL: Duration = Duration::from_millis(400);
/// Packets kept at most; a 720p key frame has about 200.
const MAX_PACKETS: usize = 2048;
/// A jump of the sequence by more than this is a new stream of the sender.
const MAX_JUMP: i64 = 3000;

/// One received packet, reduced to what matters here.
#[derive(Clone, Debug)]
pub struct MediaPacket {
    /// RTP sequence number.
    pub sequence: u16,
    /// RTP timestamp.
    pub timestamp: u32,
    /// RTP marker: last packet of a picture.
    pub marker: bool,
    /// RTP payload.
    pub payload: Bytes,
}

/// A whole encoded picture, ready for the decoder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EncodedPicture {
    /// H.264 with start codes, or a VP8 frame.
    pub data: Vec<u8>,
    /// Can be decoded without the pictures before it.
    pub key: bool,
    /// RTP timestamp (90 kHz).
    pub timestamp: u32,
}

/// What was counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AssemblerCounts {
    /// Packets taken, without duplicates.
    pub packets: u64,
    /// Packets given up.
    pub lost: u64,
    /// Packets that came twice, or after they were given up.
    pub useless: u64,
}

/// See the module's contract.
#[derive(Debug)]
pub struct Assembler {
    codec: VideoCodec,
    packets: BTreeMap<i64, Kept>,
    /// Sequence number that the next picture starts with; `None` before the first packet.
    next: Option<i64>,
    highest: i64,
    /// Timestamp of the last picture that was taken off the head.
    taken: Option<u32>,
    /// No picture has been handed out since the last gap: only a key frame helps.
    wants_key: bool,
    /// Nothing was consumed yet, so that an earlier packet may still be put in front.
    fresh: bool,
    gap_since: Option<Instant>,
    key_asked_at: Option<Instant>,
    ask_for_key: bool,
    counts: AssemblerCounts,
}

#[derive(Debug)]
struct Kept {
    packet: MediaPacket,
    kind: PayloadKind,
}

impl Assembler {
    /// An assembler for one stream.
    pub fn new(codec: VideoCodec) -> Self {
        Self {
            codec,
            packets: BTreeMap::new(),
            next: None,
            highest: 0,
            taken: None,
            wants_key: true,
            fresh: true,
            gap_since: None,
            key_asked_at: None,
            ask_for_key: false,
            counts: AssemblerCounts::default(),
        }
    }

    /// What was counted so far.
    pub fn counts(&self) -> AssemblerCounts {
        self.counts
    }

    /// Takes a packet.
    pub fn push(&mut self, packet: MediaPacket) {
        let sequence = self.unwrap_sequence(packet.sequence);
        let next = match self.next {
            Some(next) if self.fresh && sequence < next => sequence,
            Some(next) => next,
            None => sequence,
        };
        self.next = Some(next);
        if sequence < next || self.packets.contains_key(&sequence) {
            self.counts.useless += 1;
            return;
        }
        if self.packets.len() >= MAX_PACKETS {
            self.restart(sequence);
        }
        self.counts.packets += 1;
        self.highest = self.highest.max(sequence);
        let kind = inspect(self.codec, &packet.payload);
        self.packets.insert(sequence, Kept { packet, kind });
    }

    /// The next whole picture, if there is one by now; call until `None`.
    pub fn pop(&mut self, now: Instant) -> Option<EncodedPicture> {
        loop {
            self.skip_padding();
            if let Some(end) = self.whole_picture_at_head() {
                self.gap_since = None;
                let headed = self.head_starts_picture();
                let picture = self.take_picture(end);
                if headed && (picture.key || !self.wants_key) {
                    self.wants_key = false;
                    self.key_asked_at = None;
                    return Some(picture);
                }
                self.want_key();
                continue;
            }
            if let Some(start) = self.key_behind_gap() {
                self.give_up_to(start);
                self.gap_since = None;
                continue;
            }
            if !self.gap_expired(now) {
                if !self.wants_key && self.comes_after_a_cut() {
                    self.want_key();
                }
                return None;
            }
            self.give_up_head();
        }
    }

    /// Whether a key frame must be asked for now (at most once per [`KEY_REQUEST_INTERVAL`]).
    pub fn poll_key_request(&mut self, now: Instant) -> bool {
        let due = self.ask_for_key
            && self.key_asked_at.is_none_or(|at| now.saturating_duration_since(at) >= KEY_REQUEST_INTERVAL);
        if due {
            self.key_asked_at = Some(now);
        }
        if !self.wants_key {
            self.ask_for_key = false;
        }
        due && self.wants_key
    }

    /// The decoder cannot go on: wait for a key frame.
    pub fn require_key(&mut self) {
        self.want_key();
    }

    /// When [`Self::pop`] and [`Self::poll_key_request`] must be called again without a new packet.
    pub fn next_deadline(&self) -> Option<Instant> {
        let gap = self.gap_since.map(|at| at + REORDER_WINDOW);
        let ask = match (self.wants_key && self.ask_for_key, self.key_asked_at) {
            (true, Some(at)) => Some(at + KEY_REQUEST_INTERVAL),
            (true, None) | (false, _) => None,
        };
        [gap, ask].into_iter().flatten().min()
    }

    fn unwrap_sequence(&mut self, sequence: u16) -> i64 {
        if self.next.is_none() {
            // Far from zero, so that packets in front of the first one stay positive.
            self.highest = i64::from(sequence) + 65_536;
            return self.highest;
        }
        let low = u16::try_from(self.highest.rem_euclid(65_536)).unwrap_or(0);
        let delta = i64::from(sequence.wrapping_sub(low).cast_signed());
        let unwrapped = self.highest + delta;
        if delta.abs() > MAX_JUMP {
            self.packets.clear();
            self.next = Some(unwrapped);
            self.highest = unwrapped;
            self.fresh = true;
            self.taken = None;
            self.wants_key = true;
            self.ask_for_key = true;
            self.gap_since = None;
        }
        unwrapped
    }

    fn skip_padding(&mut self) {
        while let Some(next) = self.next {
            match self.packets.get(&next) {
                Some(kept) if kept.packet.payload.is_empty() => {
                    self.packets.remove(&next);
                    self.next = Some(next + 1);
                }
                Some(_) | None => return,
            }
        }
    }

    /// Last sequence number of the picture that starts at `next`, if all of it is there.
    fn whole_picture_at_head(&self) -> Option<i64> {
        let start = self.next?;
        // At the beginning of a stream the start may still come, out of order.
        if self.fresh && !self.head_starts_picture() {
            return None;
        }
        self.whole_picture_from(start)
    }

    fn head_starts_picture(&self) -> bool {
        let head = self.next.and_then(|next| self.packets.get(&next));
        head.is_some_and(|kept| kept.kind.starts_picture)
    }

    fn whole_picture_from(&self, start: i64) -> Option<i64> {
        let timestamp = self.packets.get(&start)?.packet.timestamp;
        for (expected, (&sequence, kept)) in (start..).zip(self.packets.range(start..)) {
            if sequence != expected {
                return None;
            }
            if kept.packet.timestamp != timestamp {
                return Some(sequence - 1);
            }
            if kept.packet.marker {
                return Some(sequence);
            }
        }
        None
    }

    fn take_picture(&mut self, end: i64) -> EncodedPicture {
        let start = self.next.unwrap_or(end);
        let mut data = Vec::with_capacity(4096);
        let mut key = false;
        let mut timestamp = 0;
        for sequence in start..=end {
            if let Some(kept) = self.packets.remove(&sequence) {
                key |= kept.kind.starts_key;
                timestamp = kept.packet.timestamp;
                append(self.codec, &kept.packet.payload, &mut data);
            }
        }
        self.next = Some(end + 1);
        self.taken = Some(timestamp);
        self.fresh = false;
        EncodedPicture { data, key, timestamp }
    }

    /// Start of a whole key frame that lies behind missing packets.
    fn key_behind_gap(&self) -> Option<i64> {
        let next = self.next?;
        self.packets
            .range(next..)
            .filter(|(_, kept)| kept.kind.starts_key)
            .map(|(&sequence, _)| sequence)
            .find(|&sequence| self.whole_picture_from(sequence).is_some())
    }

    /// Forgets everything before `start`; what never came counts as lost.
    fn give_up_to(&mut self, start: i64) {
        let Some(next) = self.next else { return };
        let kept = self.packets.range(next..start).count();
        let span = usize::try_from(start - next).unwrap_or(0);
        self.counts.lost += u64::try_from(span.saturating_sub(kept)).unwrap_or(0);
        self.packets = self.packets.split_off(&start);
        self.next = Some(start);
        self.fresh = false;
    }

    /// Whether something is missing at the head for longer than the window; starts the clock.
    fn gap_expired(&mut self, now: Instant) -> bool {
        if !self.head_is_broken() {
            self.gap_since = None;
            return false;
        }
        let since = *self.gap_since.get_or_insert(now);
        now.saturating_duration_since(since) >= REORDER_WINDOW
    }

    /// Whether packets lie behind a missing one (or the very first picture lacks its start).
    fn head_is_broken(&self) -> bool {
        let (Some(next), Some((&last, _))) = (self.next, self.packets.last_key_value()) else {
            return false;
        };
        let span = usize::try_from(last - next + 1).unwrap_or(usize::MAX);
        let headless = self.fresh && self.packets.contains_key(&next) && !self.head_starts_picture();
        span > self.packets.len() || headless
    }

    /// Whether the newest packet behind a gap was sent long after the last picture before it.
    fn comes_after_a_cut(&self) -> bool {
        let (Some(taken), Some((_, newest))) = (self.taken, self.packets.last_key_value()) else {
            return false;
        };
        self.gap_since.is_some() && newest.packet.timestamp.wrapping_sub(taken).cast_signed() > CUT
    }

    /// Gives up the broken picture at the head, and the missing packets in or before it.
    fn give_up_head(&mut self) {
        self.gap_since = None;
        let Some(next) = self.next else { return };
        // A picture that has its end but lacks its start (at the beginning of a stream) has no gap.
        if self.whole_picture_from(next).is_none() {
            let mut expected = next;
            let behind = self.packets.keys().copied().find(|&sequence| {
                let gap = sequence != expected;
                expected += 1;
                gap
            });
            self.give_up_to(behind.unwrap_or(next));
        }
        self.drop_rest_of_picture();
        self.fresh = false;
        self.want_key();
    }

    /// Behind a gap a picture lacks its start, save when a start is visible: drop it up to its end.
    fn drop_rest_of_picture(&mut self) {
        while let Some(next) = self.next {
            let Some(kept) = self.packets.get(&next) else { return };
            if kept.kind.starts_key {
                return;
            }
            let marker = kept.packet.marker;
            self.packets.remove(&next);
            self.next = Some(next + 1);
            if marker {
                return;
            }
        }
    }

    fn want_key(&mut self) {
        self.wants_key = true;
        self.ask_for_key = true;
    }

    /// The buffer is full of a picture that never ends: begin anew at this packet.
    fn restart(&mut self, sequence: i64) {
        self.counts.lost += 1;
        self.packets.clear();
        self.next = Some(sequence);
        self.fresh = true;
        self.gap_since = None;
        self.want_key();
    }
}

#[cfg(test)]
#[path = "assemble_test.rs"]
mod tests;
