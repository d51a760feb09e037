//! The fewest agents that every half hour needs, by replays: up where it fails, then down as long as it reaches.
//!
//! Downwards many half hours are tried in one replay, but not neighbours, so that a line carried over is blamed on
//! the right one; what fails gets its agents back, and half the step. At the end each
//! is tried by itself, as what it was blamed for may have come from another.

use serde::Serialize;

use super::{MOST_AGENTS, Outcome, Past, SlotOutcome, floor, run};
use crate::erlang::Target;
use crate::fault::Fault;
use crate::plan::SLOTS;

/// Most replays of one search.
pub const MOST_RUNS: u32 = 150;
/// Half hours so far apart are tried in one replay.
const APART: usize = 2;

type Roster = [u32; SLOTS];

/// What was found.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Found {
    /// Every half hour with calls reaches the target.
    pub reached: bool,
    /// The replays ended before the search did: fewer agents might do.
    pub cut_short: bool,
    /// Replays that it took.
    pub runs: u32,
    /// With these agents.
    pub outcome: Outcome,
}

/// The agents that every half hour needs, searched for from `start` on. Where no number of agents reaches the
/// target, as few as let nobody wait longer than as many as there are calls.
///
/// # Errors
/// As [`run`].
pub fn needed(past: &Past<'_>, target: &Target, start: &Roster) -> Result<Found, Fault> {
    let most = floor::most_useful(past).map(|most| most.min(MOST_AGENTS));
    let mut agents = *start;
    for (agents, most) in agents.iter_mut().zip(most) {
        *agents = (*agents).min(most);
    }
    let best = run(past, target, &agents)?;
    let mut search = Search { past, target, most, agents, best, runs: 1 };
    search.up()?;
    let ended = search.down()?;
    let reached = search.best.slots.iter().all(|slot| !fails(slot, target));
    Ok(Found { reached, cut_short: !ended, runs: search.runs, outcome: search.best })
}

struct Search<'a> {
    past: &'a Past<'a>,
    target: &'a Target,
    most: Roster,
    agents: Roster,
    /// How it goes with these.
    best: Outcome,
    runs: u32,
}

impl Search<'_> {
    /// More agents where it fails, until nothing fails or more are of no use.
    fn up(&mut self) -> Result<(), Fault> {
        while self.runs < MOST_RUNS {
            let mut more = self.agents;
            for ((more, most), slot) in more.iter_mut().zip(self.most).zip(&self.best.slots) {
                if fails(slot, self.target) {
                    *more = (*more + 1 + *more / 10).min(most);
                }
            }
            if more == self.agents {
                break;
            }
            self.best = run(self.past, self.target, &more)?;
            self.agents = more;
            self.runs += 1;
        }
        Ok(())
    }

    /// Fewer agents as long as it goes no worse; whether the search came to its end.
    fn down(&mut self) -> Result<bool, Fault> {
        let mut steps = self.agents.map(|agents| agents.min(1 + agents / 8));
        while steps.iter().any(|step| *step > 0) {
            for first in 0..APART {
                if !self.lower((first..SLOTS).step_by(APART), &mut steps)? {
                    return Ok(false);
                }
            }
        }
        for slot in 0..SLOTS {
            steps[slot] = 1;
            while steps[slot] > 0 {
                if !self.lower(slot..=slot, &mut steps)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Some half hours lower by their steps, as far as that goes; false when the replays are used up before.
    fn lower(&mut self, slots: impl Iterator<Item = usize>, steps: &mut Roster) -> Result<bool, Fault> {
        let mut fewer = self.agents;
        for slot in slots {
            steps[slot] = steps[slot].min(fewer[slot]);
            fewer[slot] -= steps[slot];
        }
        self.settle(fewer, steps)
    }

    /// Tries fewer agents, gives back where that is worse, and takes over what is left; false when the replays are
    /// used up before.
    fn settle(&mut self, mut fewer: Roster, steps: &mut Roster) -> Result<bool, Fault> {
        while fewer != self.agents {
            if self.runs >= MOST_RUNS {
                return Ok(false);
            }
            let tried = run(self.past, self.target, &fewer)?;
            self.runs += 1;
            let worse: Vec<usize> = (0..SLOTS).filter(|slot| self.is_worse(&tried, *slot)).collect();
            if worse.is_empty() {
                (self.agents, self.best) = (fewer, tried);
                return Ok(true);
            }
            for slot in worse {
                // Itself, or the nearest before it that had fewer: its line was carried over.
                let blamed = (0..SLOTS).map(|back| (slot + SLOTS - back) % SLOTS);
                if let Some(slot) = blamed.into_iter().find(|slot| fewer[*slot] < self.agents[*slot]) {
                    fewer[slot] = self.agents[slot];
                    steps[slot] /= 2;
                }
            }
        }
        Ok(true)
    }

    /// A half hour that reached the target must go on doing so; in one that cannot nobody must wait longer.
    fn is_worse(&self, tried: &Outcome, slot: usize) -> bool {
        let (before, now) = (&self.best.slots[slot], &tried.slots[slot]);
        fails(now, self.target)
            && (!fails(before, self.target)
                || now.service_level() < before.service_level()
                || now.waited_s > before.waited_s
                || (now.occupancy > self.target.most_occupancy && now.occupancy > before.occupancy))
    }
}

fn fails(slot: &SlotOutcome, target: &Target) -> bool {
    !target.is_reached(slot.service_level(), slot.occupancy)
}
