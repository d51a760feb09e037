//! A day of half hours, each reckoned by Erlang on its own.

use serde::Serialize;

use crate::erlang::{Assessment, Load, Target, needed};
use crate::fault::{Fault, within};

/// Half hours of a day.
pub const SLOTS: usize = 48;
/// Length of one.
pub const SLOT_S: f64 = 1_800.0;

/// How the calls of a day spread over its half hours, from midnight in Vietnam on; shares, any unit.
#[derive(Clone, PartialEq, Debug)]
pub struct Profile([f64; SLOTS]);

impl Profile {
    /// Weights of the 48 half hours.
    ///
    /// # Errors
    /// Not 48, a negative one, or all nothing.
    pub fn new(weights: &[f64]) -> Result<Self, Fault> {
        let weights: [f64; SLOTS] = weights.try_into().map_err(|_| Fault::new("profile", "out_of_range"))?;
        for weight in weights {
            within("profile", weight, 0.0, 1e9)?;
        }
        if weights.iter().sum::<f64>() <= 0.0 {
            return Err(Fault::new("profile", "out_of_range"));
        }
        Ok(Self(weights))
    }

    /// The same from one half hour to another, nothing outside.
    ///
    /// # Errors
    /// An empty or impossible span.
    pub fn even(from_slot: usize, to_slot: usize) -> Result<Self, Fault> {
        if from_slot >= to_slot || to_slot > SLOTS {
            return Err(Fault::new("open", "out_of_range"));
        }
        let mut weights = [0.0; SLOTS];
        weights[from_slot..to_slot].fill(1.0);
        Ok(Self(weights))
    }

    /// Calls of each half hour on a day with so many.
    pub fn spread(&self, calls_a_day: f64) -> [f64; SLOTS] {
        let sum: f64 = self.0.iter().sum();
        self.0.map(|weight| calls_a_day * weight / sum)
    }

    /// As they were given.
    pub fn weights(&self) -> &[f64; SLOTS] {
        &self.0
    }
}

/// A half hour of the plan.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct SlotPlan {
    /// Minutes after midnight in Vietnam.
    pub from_minute: u32,
    /// Calls that are expected.
    pub calls: f64,
    /// What they need.
    #[serde(flatten)]
    pub needs: Assessment,
}

/// What a day needs.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct DayPlan {
    /// All 48.
    pub slots: Vec<SlotPlan>,
    /// The most that are at the calls at one time.
    pub peak_agents: u32,
    /// … and on the roster.
    pub peak_scheduled: u32,
    /// Hours at the calls, all agents together.
    pub agent_hours: f64,
    /// Hours on the roster.
    pub scheduled_hours: f64,
}

/// Each half hour by itself.
///
/// # Errors
/// A figure out of its bounds, or a target out of reach.
pub fn day(
    profile: &Profile,
    calls_a_day: f64,
    handle_s: f64,
    patience_s: Option<f64>,
    target: &Target,
) -> Result<DayPlan, Fault> {
    within("calls", calls_a_day, 0.0, 1_000_000.0)?;
    let slots = (0_u32..)
        .zip(profile.spread(calls_a_day))
        .map(|(slot, calls)| {
            let load = Load { calls, per_s: SLOT_S, handle_s, patience_s };
            Ok(SlotPlan { from_minute: slot * 30, calls, needs: needed(&load, target)? })
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    let most = |of: fn(&Assessment) -> u32| slots.iter().map(|slot| of(&slot.needs)).max().unwrap_or(0);
    let hours = |of: fn(&Assessment) -> u32| slots.iter().map(|slot| f64::from(of(&slot.needs)) / 2.0).sum();
    Ok(DayPlan {
        peak_agents: most(|it| it.agents),
        peak_scheduled: most(|it| it.agents_scheduled),
        agent_hours: hours(|it| it.agents),
        scheduled_hours: hours(|it| it.agents_scheduled),
        slots,
    })
}
