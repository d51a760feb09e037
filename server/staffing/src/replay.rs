//! The past once more, with other rosters: the calls of a period through the real routing core, with its line,
//! rings, limits and choice of the agent. What Erlang leaves out (a line carried over from the half hour before,
//! calls in bursts, uneven handling times) is in it.
//!
//! One pool at a time. What the past does not tell is drawn from it by a seed: how long a call that nobody took would
//! have been handled (a call of the same period), and how patient a caller was who was answered (at least as long as
//! the wait was, then exponential with the fitted mean).

mod dice;
mod floor;
mod search;

use chinhchu_routing::Settings;
use serde::Serialize;

pub use self::search::{Found, MOST_RUNS, needed};
use crate::erlang::Target;
use crate::fault::Fault;
use crate::fit::PastCall;
use crate::plan::SLOTS;

/// Most calls of one replay; a longer period is to be cut.
pub const MOST_CALLS: usize = 20_000;
/// Most agents in a half hour.
pub const MOST_AGENTS: u32 = 2_000;

/// What is replayed.
#[derive(Clone, Debug)]
pub struct Past<'a> {
    /// Calls of the pool, in any order.
    pub calls: &'a [PastCall],
    /// Mean patience, as fitted; `None`: who was answered would have waited for ever.
    pub patience_s: Option<f64>,
    /// Settings of the pool.
    pub settings: &'a Settings,
    /// From the ring to the accept.
    pub pick_up_ms: u32,
    /// For what the past does not tell.
    pub seed: u64,
}

/// How it went in the half hours of all days that begin at the same time.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct SlotOutcome {
    /// At the calls.
    pub agents: u32,
    /// Calls that got into the line.
    pub offered: u32,
    /// Answered within T.
    pub answered_in_time: u32,
    /// Answered at all.
    pub answered: u32,
    /// Callers who hung up.
    pub abandoned: u32,
    /// … within T.
    pub abandoned_in_time: u32,
    /// Waits of all of them together, s.
    pub waited_s: f64,
    /// Share of their time at the calls in which the agents were busy, ring included.
    pub occupancy: f64,
}

impl SlotOutcome {
    /// Answered within T ÷ offered; all is well where nobody called.
    pub fn service_level(&self) -> f64 {
        if self.offered == 0 { 1.0 } else { f64::from(self.answered_in_time) / f64::from(self.offered) }
    }
}

/// How it went.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Outcome {
    /// The 48 half hours of a day, all days together.
    pub slots: Vec<SlotOutcome>,
    /// Of all calls.
    pub service_level: f64,
    /// The second definition.
    pub service_level_excluding_abandoned: f64,
    /// Share of callers who hung up.
    pub abandonment: f64,
    /// Of all calls, s.
    pub mean_wait_s: f64,
}

/// Replays the past with so many agents in each half hour.
///
/// # Errors
/// Too many calls or agents, or none.
pub fn run(past: &Past<'_>, target: &Target, agents: &[u32; SLOTS]) -> Result<Outcome, Fault> {
    target.check()?;
    if past.calls.is_empty() {
        return Err(Fault::new("calls", "missing"));
    }
    if past.calls.len() > MOST_CALLS {
        return Err(Fault::new("calls", "too_many"));
    }
    if agents.iter().any(|agents| *agents > MOST_AGENTS) {
        return Err(Fault::new("agents", "out_of_range"));
    }
    Ok(outcome(floor::Floor::play(past, target.within_s, agents), agents))
}

fn outcome(mut slots: Vec<SlotOutcome>, agents: &[u32; SLOTS]) -> Outcome {
    for (slot, agents) in slots.iter_mut().zip(agents) {
        slot.agents = *agents;
    }
    let sum = |of: fn(&SlotOutcome) -> u32| slots.iter().map(|slot| f64::from(of(slot))).sum::<f64>();
    let offered = sum(|slot| slot.offered);
    let (in_time, gone_in_time) = (sum(|slot| slot.answered_in_time), sum(|slot| slot.abandoned_in_time));
    let patient = offered - gone_in_time;
    Outcome {
        service_level: in_time / offered,
        service_level_excluding_abandoned: if patient > 0.0 { in_time / patient } else { 0.0 },
        abandonment: sum(|slot| slot.abandoned) / offered,
        mean_wait_s: slots.iter().map(|slot| slot.waited_s).sum::<f64>() / offered,
        slots,
    }
}
