//! Whether a socket still lives: silence, the machine's sleep, a network that is gone. Times are arguments.
//!
//! In a call the server is heard every half second (its heartbeat, or the answer to a ping), else at every
//! ping. What slept with the machine is not trusted, not even what its buffers still hold.

use std::net::{IpAddr, SocketAddr, UdpSocket};

/// Between two looks.
pub const LOOK_EVERY_MS: u64 = 250;
/// A clock that has run so far between two looks has slept, or as good as.
const SLEPT_MS: u64 = 3_000;

/// How patient to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// Between two pings.
    pub ping_ms: u64,
    /// Silence that means death, whatever TCP thinks.
    pub silence_ms: u64,
}

impl Patience {
    /// In a call, and otherwise.
    pub const fn new(urgent: bool) -> Self {
        if urgent {
            Self { ping_ms: 1_000, silence_ms: 2_000 }
        } else {
            Self { ping_ms: 2_500, silence_ms: 5_500 }
        }
    }
}

/// Notices that the machine has slept: a clock that counts sleep runs on, the program does not.
#[derive(Debug)]
pub struct Sleep {
    looked_mono_ms: u64,
}

impl Sleep {
    /// From now on.
    pub fn new(mono_ms: u64) -> Self {
        Self { looked_mono_ms: mono_ms }
    }

    /// Whether it slept since the last look; looked at every [`LOOK_EVERY_MS`].
    pub fn slept(&mut self, mono_ms: u64) -> bool {
        let before = std::mem::replace(&mut self.looked_mono_ms, mono_ms);
        mono_ms.saturating_sub(before) >= SLEPT_MS
    }
}

/// When the other end was last heard.
#[derive(Debug)]
pub struct Hearing {
    heard_mono_ms: u64,
    pinged_mono_ms: u64,
    urgent: bool,
}

impl Hearing {
    /// A socket that has just opened.
    pub fn new(mono_ms: u64) -> Self {
        Self { heard_mono_ms: mono_ms, pinged_mono_ms: mono_ms, urgent: false }
    }

    /// Something came.
    pub fn heard(&mut self, mono_ms: u64) {
        self.heard_mono_ms = mono_ms;
    }

    /// Silent for longer than is borne. When a call begins, the shorter patience begins with it.
    pub fn is_dead(&mut self, mono_ms: u64, urgent: bool) -> bool {
        if urgent && !self.urgent {
            self.heard_mono_ms = mono_ms;
            self.pinged_mono_ms = 0;
        }
        self.urgent = urgent;
        mono_ms.saturating_sub(self.heard_mono_ms) >= Patience::new(urgent).silence_ms
    }

    /// Whether a ping is due; it counts as sent then.
    pub fn ping_is_due(&mut self, mono_ms: u64) -> bool {
        let due = mono_ms.saturating_sub(self.pinged_mono_ms) >= Patience::new(self.urgent).ping_ms;
        if due {
            self.pinged_mono_ms = mono_ms;
        }
        due
    }
}

/// The address that the system would send from to this peer now; none if it knows no way. Nothing is sent.
pub fn way_to(peer: SocketAddr) -> Option<IpAddr> {
    let any: SocketAddr = if peer.is_ipv4() { ([0; 4], 0).into() } else { ([0_u16; 8], 0).into() };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect(peer).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// Whether the socket's own address is no longer the one that leads to its peer. Without any way it waits: the
/// same network may come back.
pub fn has_moved(local: SocketAddr, peer: SocketAddr) -> bool {
    way_to(peer).is_some_and(|way| way != local.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_dead_after_two_silent_seconds_in_a_call_and_later_otherwise() {
        let mut hearing = Hearing::new(1_000);
        assert!(!hearing.is_dead(6_000, false));
        assert!(hearing.is_dead(6_500, false));
        hearing.heard(6_500);
        assert!(!hearing.is_dead(8_400, true));
        assert!(!hearing.is_dead(10_399, true), "counted from the begin of the call");
        assert!(hearing.is_dead(10_400, true));
    }

    #[test]
    fn the_call_begins_with_a_ping_and_pings_more_often() {
        let mut hearing = Hearing::new(1_000);
        assert!(!hearing.is_dead(1_100, false) && !hearing.ping_is_due(1_100));
        assert!(!hearing.is_dead(1_200, true) && hearing.ping_is_due(1_200), "nobody waits for it");
        assert!(!hearing.ping_is_due(2_199) && hearing.ping_is_due(2_200));
    }

    #[test]
    fn a_leap_of_the_clock_that_counts_sleep_is_a_sleep_and_a_late_look_is_not() {
        let mut sleep = Sleep::new(0);
        assert!(!sleep.slept(250) && !sleep.slept(2_500));
        assert!(sleep.slept(6_000));
        assert!(!sleep.slept(6_250), "once");
    }

    #[test]
    fn a_socket_whose_address_no_longer_leads_to_its_peer_has_moved() {
        let address = |text: &str| text.parse::<SocketAddr>().expect("address");
        assert!(!has_moved(address("127.0.0.1:5000"), address("127.0.0.1:443")));
        assert!(has_moved(address("192.0.2.7:5000"), address("127.0.0.1:443")));
    }
}
