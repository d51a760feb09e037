//! What is proven: anything that decides, folds and has deadlines like the switchboard.

use std::fmt::Debug;
use std::hash::Hash;

use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{EndedCall, Fact, Input, Liveness, Refusal, Switchboard};

/// A switchboard, the real one or a broken one ([`crate::mutant`]).
pub trait Board: Clone + PartialEq + Hash + Debug + Send + Sync + 'static {
    /// See [`Switchboard::decide`].
    fn decide(&self, now: Timestamp, input: &Input) -> Result<Vec<Fact>, Refusal>;
    /// See [`Switchboard::apply`].
    fn apply(&mut self, fact: &Fact);
    /// See [`Switchboard::next_deadline`].
    fn next_deadline(&self) -> Option<Timestamp>;
    /// Folds a stretch of the log, as a server does when it starts.
    fn fold(&mut self, log: &[Fact]) {
        for fact in log {
            self.apply(fact);
        }
    }
    /// The memory of an ended call, which the driver keeps when the state forgets it.
    fn ended(&self, call: CallId) -> Option<&EndedCall>;
    /// Judges who is silent, from the start of a server on.
    fn liveness(&self, now: Timestamp) -> Liveness;
}

impl Board for Switchboard {
    fn decide(&self, now: Timestamp, input: &Input) -> Result<Vec<Fact>, Refusal> {
        Switchboard::decide(self, now, input)
    }

    fn apply(&mut self, fact: &Fact) {
        Switchboard::apply(self, fact);
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        Switchboard::next_deadline(self)
    }

    fn ended(&self, call: CallId) -> Option<&EndedCall> {
        Switchboard::ended(self, call)
    }

    fn liveness(&self, now: Timestamp) -> Liveness {
        Liveness::resume(self, now)
    }
}
