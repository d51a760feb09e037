//! What can be broken, and how it is told.

use std::fmt;

use chinhchu_protocol::ids::{AgentId, CallId};

/// An invariant of the design, or another rule of it that stands without a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Rule {
    /// One live offer or call per agent, one live offer and one agent per call.
    I1,
    /// Not again to who passed or missed it, while another eligible agent is available.
    I2,
    /// Every call ends, with exactly one reason; nothing stays past its deadline.
    I3,
    /// The oldest of the highest priority first, and nobody waits while an agent who may take it is free.
    I4,
    /// Acknowledged things are never lost; a repeat makes nothing twice.
    I5,
    /// A restart changes nothing, save that sessions it cut get their full 15 s.
    I6,
    /// Only a confirmed ring counts; none within 2 s: on to the next at once.
    I7,
    /// No healthy call is ended, no deadline fires early; F4 comes 15 s after the last sign of life.
    I8,
    /// A ghost of an old socket changes nothing (design, «Sockets carry state»).
    Ghost,
    /// A verdict counts once, for the latest assignment (design, «Who decides that a call is lost»).
    Verdict,
    /// Who may serve a call, and who is asked first (C1 and the pool's settings).
    Choice,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A rule was broken.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, thiserror::Error)]
#[error("{rule}: {what}")]
pub struct Broken {
    /// Which.
    pub rule: Rule,
    /// How.
    pub what: String,
    /// The call concerned.
    pub call: Option<CallId>,
    /// The agent concerned.
    pub agent: Option<AgentId>,
}

impl Broken {
    /// About a call.
    pub fn call(rule: Rule, call: CallId, what: impl Into<String>) -> Self {
        Self { rule, what: what.into(), call: Some(call), agent: None }
    }

    /// About an agent.
    pub fn agent(rule: Rule, agent: AgentId, what: impl Into<String>) -> Self {
        Self { rule, what: what.into(), call: None, agent: Some(agent) }
    }

    /// About everything.
    pub fn all(rule: Rule, what: impl Into<String>) -> Self {
        Self { rule, what: what.into(), call: None, agent: None }
    }

    /// Names the agent too.
    #[must_use]
    pub fn and(mut self, agent: AgentId) -> Self {
        self.agent = Some(agent);
        self
    }
}

/// `Err` unless the condition holds; the text is made only then.
pub(crate) fn ensure(holds: bool, broken: impl FnOnce() -> Broken) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(broken()) }
}
