//! Questions in the words of the wire, answers of the crate.

use chinhchu_protocol::console::staffing::{
    StaffingAnswer, StaffingDay, StaffingDayQuestion, StaffingFigures, StaffingFit, StaffingMethod,
    StaffingQuestion, StaffingSlot, StaffingTarget,
};
use chinhchu_routing::Settings;
use chinhchu_staffing::fit::{Fitted, PastCall, fit};
use chinhchu_staffing::plan::{self, DayPlan, Profile, SLOTS};
use chinhchu_staffing::replay::{self, Found, Past};
use chinhchu_staffing::{Assessment, Fault, Load, Target, assess, needed};

use super::past::newest_days;

/// Agents shown below and above what is needed.
const AROUND: u32 = 4;
/// From the ring to the accept, as agents do it.
const PICK_UP_MS: u32 = 3_000;
/// Replays of the same question give the same answer.
const SEED: u64 = 1;

/// One interval.
///
/// # Errors
/// A figure out of its bounds, or a target out of reach.
pub fn interval(question: &StaffingQuestion) -> Result<StaffingAnswer, Fault> {
    let StaffingQuestion { calls, per_s, handle_s, patience_s, target } = *question;
    let (load, target) = (Load { calls, per_s, handle_s, patience_s }, of_wire(&target));
    let found = needed(&load, &target)?;
    let (from, to) = (found.agents.saturating_sub(AROUND), found.agents.saturating_add(AROUND));
    let around = (from..=to).map(|agents| assess(&load, &target, agents).map(to_wire));
    Ok(StaffingAnswer { needed: to_wire(found), around: around.collect::<Result<_, _>>()? })
}

/// A day. `past` are the calls that the question names, with the settings of their pool.
///
/// # Errors
/// A figure missing or out of its bounds, or a target out of reach.
pub fn day(
    question: &StaffingDayQuestion,
    past: Option<(&[PastCall], &Settings)>,
) -> Result<StaffingDay, Fault> {
    if question.method == StaffingMethod::Replay {
        only_the_past(question)?;
    }
    let fitted = past.map(|(calls, _)| fit(calls)).transpose()?;
    let read = |of: fn(&Fitted) -> Option<f64>| fitted.as_ref().and_then(of);
    let missing = |field| Fault { field, code: "missing" };
    let profile = match (&question.profile, &fitted) {
        (Some(weights), _) => Profile::new(weights)?,
        (None, Some(fitted)) => fitted.profile()?,
        (None, None) => return Err(missing("profile")),
    };
    let calls = question.calls_a_day.or_else(|| read(|it| Some(it.calls_a_day)));
    let calls = calls.ok_or_else(|| missing("calls_a_day"))?;
    let handle_s = question.handle_s.or_else(|| read(|it| it.handle_s)).ok_or_else(|| missing("handle_s"))?;
    let patience_s = question.patience_s.or_else(|| read(|it| it.patience_s));
    let target = of_wire(&question.target);
    let by_erlang = |patience_s| plan::day(&profile, calls, handle_s, patience_s, &target);
    let mut answer = match question.method {
        StaffingMethod::ErlangC => planned(&by_erlang(None)?),
        StaffingMethod::ErlangA => {
            planned(&by_erlang(Some(patience_s.ok_or_else(|| missing("patience_s"))?))?)
        }
        StaffingMethod::Replay => {
            let (calls, settings) = past.ok_or_else(|| missing("past"))?;
            let start = by_erlang(None)?;
            let mut agents = [0; SLOTS];
            for (agents, slot) in agents.iter_mut().zip(&start.slots) {
                *agents = slot.needs.agents;
            }
            let calls = newest_days(calls);
            let past = Past { calls, patience_s, settings, pick_up_ms: PICK_UP_MS, seed: SEED };
            replayed(&replay::needed(&past, &target, &agents)?, &target)
        }
    };
    answer.fit = fitted.map(fit_to_wire);
    Ok(answer)
}

/// A replay plays the calls as they were: figures in their place would be taken and change nothing.
fn only_the_past(question: &StaffingDayQuestion) -> Result<(), Fault> {
    let given = [
        ("calls_a_day", question.calls_a_day.is_some()),
        ("profile", question.profile.is_some()),
        ("handle_s", question.handle_s.is_some()),
    ];
    let not_used = given.into_iter().find(|(_, given)| *given);
    not_used.map_or(Ok(()), |(field, _)| Err(Fault { field, code: "not_with_replay" }))
}

fn of_wire(target: &StaffingTarget) -> Target {
    Target {
        service_level: target.service_level,
        within_s: target.within_s,
        most_occupancy: target.occupancy.unwrap_or(1.0),
        shrinkage: target.shrinkage.unwrap_or(0.0),
    }
}

fn to_wire(it: Assessment) -> StaffingFigures {
    StaffingFigures {
        agents: it.agents,
        agents_scheduled: it.agents_scheduled,
        service_level: it.service_level,
        service_level_excluding_abandoned: it.service_level_excluding_abandoned,
        probability_of_wait: it.probability_of_wait,
        mean_wait_s: it.mean_wait_s,
        occupancy: it.occupancy,
        abandonment: it.abandonment,
    }
}

fn fit_to_wire(fitted: Fitted) -> StaffingFit {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    StaffingFit {
        calls: count(fitted.calls),
        days: count(fitted.days),
        calls_a_day: fitted.calls_a_day,
        profile: fitted.profile,
        handle_s: fitted.handle_s,
        patience_s: fitted.patience_s,
    }
}

fn planned(plan: &DayPlan) -> StaffingDay {
    let slots = plan.slots.iter().map(|slot| StaffingSlot {
        from_minute: slot.from_minute,
        calls: slot.calls,
        agents: slot.needs.agents,
        agents_scheduled: slot.needs.agents_scheduled,
        service_level: slot.needs.service_level,
        mean_wait_s: slot.needs.mean_wait_s,
        occupancy: slot.needs.occupancy,
        abandonment: slot.needs.abandonment,
    });
    StaffingDay {
        fit: None,
        slots: slots.collect(),
        peak_scheduled: plan.peak_scheduled,
        agent_hours: plan.agent_hours,
        scheduled_hours: plan.scheduled_hours,
        reached: true,
        cut_short: false,
    }
}

fn replayed(found: &Found, target: &Target) -> StaffingDay {
    let slots: Vec<StaffingSlot> = (0_u32..)
        .zip(&found.outcome.slots)
        .map(|(number, slot)| {
            let offered = f64::from(slot.offered.max(1));
            StaffingSlot {
                from_minute: number * 30,
                calls: f64::from(slot.offered),
                agents: slot.agents,
                agents_scheduled: target.scheduled(slot.agents),
                service_level: slot.service_level(),
                mean_wait_s: Some(slot.waited_s / offered),
                occupancy: slot.occupancy,
                abandonment: f64::from(slot.abandoned) / offered,
            }
        })
        .collect();
    let hours = |of: fn(&StaffingSlot) -> u32| slots.iter().map(|slot| f64::from(of(slot)) / 2.0).sum();
    StaffingDay {
        fit: None,
        peak_scheduled: slots.iter().map(|slot| slot.agents_scheduled).max().unwrap_or(0),
        agent_hours: hours(|slot| slot.agents),
        scheduled_hours: hours(|slot| slot.agents_scheduled),
        reached: found.reached,
        cut_short: found.cut_short,
        slots,
    }
}
