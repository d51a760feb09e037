//! Signals of one assignment, both ways: numbered without gaps, kept until acknowledged, taken once.

use std::collections::VecDeque;

use chinhchu_protocol::agent::AgentToServer;
use chinhchu_protocol::signal::Signal;

use super::input::CallKey;

/// More unacknowledged signals than any negotiation makes; the oldest are dropped beyond.
const MAX_KEPT: usize = 256;

/// Both directions.
#[derive(Debug)]
pub(super) struct Mailbox {
    key: CallKey,
    /// Number of the last signal that was given one; none until it is known where a former run stopped.
    last: Option<u32>,
    kept: VecDeque<(u32, Signal)>,
    unnumbered: VecDeque<Signal>,
    taken: u32,
}

impl Mailbox {
    /// `fresh`: this run accepted the call itself, so that no signal of ours can be stored yet. Otherwise the
    /// server's first acknowledgement tells where to go on, or a repeat would be taken for an old one.
    pub fn new(key: CallKey, fresh: bool) -> Self {
        Self { key, last: fresh.then_some(0), kept: VecDeque::new(), unnumbered: VecDeque::new(), taken: 0 }
    }

    /// Numbers a signal; `None` while it must wait for [`Mailbox::acked`].
    pub fn post(&mut self, signal: Signal) -> Option<AgentToServer> {
        let Some(last) = self.last else {
            if self.unnumbered.len() < MAX_KEPT {
                self.unnumbered.push_back(signal);
            }
            return None;
        };
        let n = last + 1;
        self.last = Some(n);
        if self.kept.len() == MAX_KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back((n, signal.clone()));
        Some(self.frame(n, signal))
    }

    /// The server has everything up to `n`; gives what may be sent now.
    pub fn acked(&mut self, n: u32) -> Vec<AgentToServer> {
        self.kept.retain(|(kept, _)| *kept > n);
        if self.last.is_some() {
            return Vec::new();
        }
        self.last = Some(n);
        std::mem::take(&mut self.unnumbered).into_iter().filter_map(|signal| self.post(signal)).collect()
    }

    /// The server has said nothing about a former run for long enough: there is nothing of it.
    pub fn silence_means_none(&mut self) -> Vec<AgentToServer> {
        if self.last.is_some() { Vec::new() } else { self.acked(0) }
    }

    /// Everything not acknowledged, for a new socket.
    pub fn again(&self) -> Vec<AgentToServer> {
        self.kept.iter().map(|(n, signal)| self.frame(*n, signal.clone())).collect()
    }

    /// Whether the page's signal `n` is new, and the acknowledgement in any case. A gap is not taken: the
    /// server sends again from the last acknowledged number.
    pub fn take(&mut self, n: u32) -> (bool, AgentToServer) {
        // A run that resumes a call starts in the middle: the first number seen is as good as any.
        let next = n == self.taken + 1 || (self.taken == 0 && n > 0);
        if next {
            self.taken = n;
        }
        let CallKey { call_id, assignment } = self.key;
        (next, AgentToServer::SignalAck { call_id, assignment, n: self.taken })
    }

    fn frame(&self, n: u32, signal: Signal) -> AgentToServer {
        let CallKey { call_id, assignment } = self.key;
        AgentToServer::Signal { call_id, assignment, n, signal }
    }
}
