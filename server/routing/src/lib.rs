//! Who gets which call, and when it ends: a pure switchboard over a log of facts.
//!
//! ```text
//! Input ──► decide(now) ──► [Fact] ──► the log ──► apply ──► state ──► views, next_deadline
//! ```
//! `decide` says what an input makes so, and changes nothing; `apply` folds a fact into the state, and decides
//! nothing. The driver (in `server`) is the only caller: it gives the time, keeps the log, and ticks at
//! [`Switchboard::next_deadline`]. Here are no clock, no randomness, no I/O, no floats, no hash maps: the same
//! log gives the same state, everywhere.
//!
//! # A call
//! | state | leaves by | to | deadline (default) |
//! |---|---|---|---|
//! | `preparing` | its page is ready | `waiting`; outside opening hours `ended`, `no_agent` | 5 min → `cancelled` |
//! | `waiting` | an agent of the serving company (C1) is free, or of one to which it has overflowed | `offering` | 10 min → `no_agent` (`agent_lost`, if one was lost); page away 15 s → `caller_lost` |
//! | `offering` | accept (F1) | `connecting` | 2 s without a confirmed ring (I7), 20 s without an answer → next agent |
//! | | pass, never rang, missed, workstation away (F5) | `waiting`, and on to the next agent at once | |
//! | | decline (F2) | `ended`, `declined` (setting: like pass) | |
//! | | page away | `waiting`; the ring is withdrawn | |
//! | `connecting` | media both ways | `in_call` | 30 s → `failed` |
//! | `in_call` | a side is lost ([`liveness`]) | `reconnecting` | 30 min → `failed` |
//! | | nobody can be heard | `in_call`, unwitnessed | 2 min → `awaiting_evidence` |
//! | `reconnecting` | the side is back (F3) | `in_call` | 15 s after the last sign of life: caller → `caller_lost` (F4); agent → `waiting`, first in line |
//! | any with an agent | the agent gives it up | `ended`, `failed` | |
//! | | verdict sealed | `awaiting_evidence` | |
//! | | evidence stored | `ended`, `completed` | |
//! | `awaiting_evidence` | evidence stored | `ended`, `completed` | 24 h → `failed` |
//! | any before the verdict | hang-up, cancel | `ended`, `cancelled` | |
//! | `ended` | evidence stored: `late`, or `superseded` | `ended` | forgotten after 60 s, or 24 h if evidence may still come |
//!
//! # An agent
//! | activity | leaves by | to |
//! |---|---|---|
//! | signed out | sign-in | paused (`signed_in`) |
//! | paused | the agent says so; `never_rang`, `connection_lost`: also when the workstation reconnects | available |
//! | available | an offer · away 15 s | ringing · paused (`connection_lost`) |
//! | ringing | accept · offer closed · never rang · too many missed | on call · available · paused (`never_rang`) · paused (`missed_rings`) |
//! | on call | verdict, call over · lost for 15 s | wrap-up · paused (`connection_lost`) |
//! | wrap-up | done, 20 s · (after a lost caller or a failed call it is *open*) a next offer | available · ringing |
//!
//! A pause wished for while ringing or on call counts afterwards, and is lifted by the agent alone. A sign-in
//! elsewhere closes the older session; what rings there rings elsewhere, a call goes first in line to another
//! agent.
//!
//! # Who gets which call
//! The waiting call of the highest priority that waits for the longest time goes first, of those that some free
//! agent may take (I4). It is offered to an agent of the company that serves it, and after the time in its
//! settings to those of other companies, too (overflow). Among several: skills, partner shares, then the company's
//! [`settings::Selection`]. `considered` in the offer says of everybody else why not. When nobody is on duty who
//! might ever take it, the caller is told: as it joins the queue, and whenever that becomes so.
//!
//! # Versions of the rules
//! Facts fold alike under every version; only decisions differ. Version 2 adds to version 1: one order of calls
//! over all companies (a call may wait for agents of several), «nobody on duty» while a call waits and not of
//! agents who are expected back any moment, a wished pause before `connection_lost` and `never_rang`, and a caller who changed while no agent had the call is
//! compared again by an agent who had it before. What a setting or an input alone brings about (choice of the
//! agent, skills, shares, overflow, `Compared`, `GivenUp`) needs no version: no older log has it.
//!
//! What each input does in each state stands, tested, in `tests/it/golden/transitions.txt`.
//!
//! # Numbers
//! Offers and assignments are numbered from 1 in their call, sockets (epochs) from 1 in their session or call.
//! Inputs carry them; stale ones get a [`Refusal`], repeated ones no facts.
//!
//! # Where what is
//! [`input`] what may happen · [`fact`] what is so · [`settings`] the figures, [`hours`] when calls are taken in,
//! [`skills`] who can serve whom ·
//! `decide` the rules, by who acts (`callers`, `agents`, `offers`, `contact`, `verdicts`, `clock`), with `duty` and
//! `matching` after each, which asks `choice` for an agent · `shares` what partners are owed · `fold` facts
//! into the state · `state`, `table` the state, and how it is layered while deciding · [`status`] and `read`
//! what views are drawn from · [`announce`] notices and webhooks · [`liveness`] who is silent · [`replay`](mod@replay)
//! whether a log is decided alike again.
//!
//! Not here: persons, names, SDP, pictures, today's counts, webhooks' delivery: the driver's.

mod agent;
pub mod announce;
mod call;
mod decide;
pub mod ended;
pub mod fact;
mod fold;
pub mod hours;
pub mod input;
pub mod liveness;
mod read;
pub mod refusal;
pub mod replay;
pub mod settings;
mod shares;
pub mod skills;
mod state;
pub mod status;
mod table;

use chinhchu_protocol::time::Timestamp;
use state::State;

pub use announce::{agent_of, call_of, notice_of, webhooks_of};
pub use ended::{EndedCall, Verdict};
pub use fact::{Event, Fact, OfferOutcome};
pub use input::{AgentSocket, CallerSocket, Input, SignOutReason};
pub use liveness::Liveness;
pub use refusal::Refusal;
pub use replay::{Difference, Logged, Replay, replay};
pub use settings::Settings;
pub use skills::{Needs, Skills};
pub use status::{Activity, AgentStatus, AssignmentStatus, CallStatus, OfferStatus, SessionStatus};

/// Newest version of the rules; grows with every change that would decide an old input otherwise.
///
/// [`Switchboard::decide`] decides by the version in the state ([`Switchboard::rules`]), which
/// [`Input::Started`] raises to this one: a new version begins with a fact.
pub const RULES_VERSION: u32 = 2;

/// Codes of pauses that the server makes by itself.
pub mod pause {
    /// After sign-in, until the agent says that it is available.
    pub const SIGNED_IN: &str = "signed_in";
    /// No ring was confirmed (I7); lifted when the workstation reconnects or the agent is available again.
    pub const NEVER_RANG: &str = "never_rang";
    /// Too many missed rings in a row.
    pub const MISSED_RINGS: &str = "missed_rings";
    /// The workstation was away for too long; lifted when it reconnects.
    pub const CONNECTION_LOST: &str = "connection_lost";
}

/// The state of everything that lives, and the two functions over it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Switchboard(State<'static>);

impl Switchboard {
    /// What an input makes so, at a time. Changes nothing; a time before that of the newest fact counts as
    /// that time. An input that took effect before gives no facts.
    pub fn decide(&self, now: Timestamp, input: &Input) -> Result<Vec<Fact>, Refusal> {
        decide::decide(&self.0, now, input, RULES_VERSION)
    }

    /// As a build of the given version decided; only [`Input::Started`] knows the difference.
    pub(crate) fn decide_adopting(
        &self,
        now: Timestamp,
        input: &Input,
        version: u32,
    ) -> Result<Vec<Fact>, Refusal> {
        decide::decide(&self.0, now, input, version)
    }

    /// Takes a fact into the state. Total: any fact, in any order, folds without panic.
    pub fn apply(&mut self, fact: &Fact) {
        self.0.apply(fact);
    }

    /// When [`Input::Tick`] has something to do. After a tick it lies in the future.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.0.first_deadline().map(|(at, _)| at)
    }
}
