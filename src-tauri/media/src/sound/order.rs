//! Puts voice packets in order and decides what is lost. Pure: time is an argument.

use bytes::Bytes;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long a missing packet may be late.
const WINDOW: Duration = Duration::from_millis(60);
/// Packets kept at most; more means that the sender jumped.
const MOST: usize = 32;
/// Longest run of lost packets that is concealed; a longer one is a pause.
const MOST_CONCEALED: u64 = 5;

/// What to do next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Voice {
    /// Decode this packet.
    Packet(Bytes),
    /// One packet is lost: rebuild it from the redundancy in this next one (which follows by itself).
    Recover(Bytes),
    /// One packet is lost without a trace: let the decoder invent it.
    Conceal,
}

/// See the module.
#[derive(Debug, Default)]
pub struct VoiceOrder {
    packets: BTreeMap<i64, Bytes>,
    next: Option<i64>,
    highest: i64,
    gap_since: Option<Instant>,
    /// Packets that were given up.
    pub lost: u64,
}

impl VoiceOrder {
    /// Takes a packet.
    pub fn push(&mut self, sequence: u16, payload: Bytes) {
        let unwrapped = if self.next.is_some() {
            let low = u16::try_from(self.highest.rem_euclid(65_536)).unwrap_or(0);
            self.highest + i64::from(sequence.wrapping_sub(low).cast_signed())
        } else {
            i64::from(sequence) + 65_536
        };
        if self.packets.len() >= MOST || (self.next.is_some() && (unwrapped - self.highest).abs() > 500) {
            self.packets.clear();
            self.next = Some(unwrapped);
            self.highest = unwrapped;
            self.gap_since = None;
        }
        let next = *self.next.get_or_insert(unwrapped);
        self.highest = self.highest.max(unwrapped);
        if unwrapped >= next {
            self.packets.insert(unwrapped, payload);
        }
    }

    /// What to do now; call until `None`.
    pub fn pop(&mut self, now: Instant) -> Option<Voice> {
        let next = self.next?;
        if let Some(payload) = self.packets.remove(&next) {
            self.next = Some(next + 1);
            self.gap_since = None;
            return Some(Voice::Packet(payload));
        }
        let (&following, payload) = self.packets.first_key_value()?;
        let since = *self.gap_since.get_or_insert(now);
        if now.saturating_duration_since(since) < WINDOW {
            return None;
        }
        let missing = u64::try_from(following - next).unwrap_or(0);
        if missing > MOST_CONCEALED {
            self.lost += missing;
            self.next = Some(following);
            return self.pop(now);
        }
        self.lost += 1;
        self.next = Some(next + 1);
        Some(if missing == 1 { Voice::Recover(payload.clone()) } else { Voice::Conceal })
    }

    /// When [`Self::pop`] must be called again without a new packet.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.gap_since.map(|since| since + WINDOW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(number: u8) -> Bytes {
        Bytes::copy_from_slice(&[number])
    }

    fn all(order: &mut VoiceOrder, now: Instant) -> Vec<Voice> {
        std::iter::from_fn(|| order.pop(now)).collect()
    }

    #[test]
    fn packets_out_of_order_are_put_in_order_across_the_wrap_around() {
        let (mut order, now) = (VoiceOrder::default(), Instant::now());
        for (sequence, number) in [(65_534, 0), (0, 2), (65_535, 1), (65_535, 1), (1, 3)] {
            order.push(sequence, packet(number));
        }
        assert_eq!(all(&mut order, now), (0..4).map(|n| Voice::Packet(packet(n))).collect::<Vec<_>>());
        assert_eq!(order.lost, 0);
    }

    #[test]
    fn one_lost_packet_is_rebuilt_from_the_next_and_two_are_concealed_first() {
        let (mut order, now) = (VoiceOrder::default(), Instant::now());
        for sequence in [1, 3, 6] {
            order.push(sequence, packet(sequence.to_le_bytes()[0]));
        }
        assert_eq!(all(&mut order, now), [Voice::Packet(packet(1))], "waits for the late one");
        let later = now + WINDOW;
        assert_eq!(all(&mut order, later)[..2], [Voice::Recover(packet(3)), Voice::Packet(packet(3))]);
        let last = later + WINDOW;
        let rest = all(&mut order, last);
        assert_eq!(rest, [Voice::Conceal, Voice::Recover(packet(6)), Voice::Packet(packet(6))]);
        assert_eq!(order.lost, 3);
    }

    #[test]
    fn a_long_pause_is_not_filled() {
        let (mut order, now) = (VoiceOrder::default(), Instant::now());
        order.push(1, packet(1));
        order.push(100, packet(2));
        let _ = all(&mut order, now);
        assert_eq!(all(&mut order, now + WINDOW), [Voice::Packet(packet(2))]);
    }
}
