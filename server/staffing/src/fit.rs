//! What a past period was like: when calls came, how long they took, how long callers were patient.

use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::vietnam;
use serde::Serialize;

use crate::fault::Fault;
use crate::plan::{Profile, SLOTS};

const SLOT_MS: i64 = 1_800_000;

/// A call of the past, as far as staffing asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PastCall {
    /// When it got into the line; ms since 1970.
    pub queued_ms: i64,
    /// How long it waited: until an agent accepted, or until it left.
    pub waited_ms: u32,
    /// How long it kept an agent, wrap-up included; `None`: nobody accepted.
    pub handled_ms: Option<u32>,
    /// The caller hung up in the line; otherwise a wait that ended without an answer ended by the system.
    pub hung_up: bool,
}

/// What was read from it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Fitted {
    /// Calls in all.
    pub calls: usize,
    /// Days with at least one call: what the mean is over.
    pub days: usize,
    /// Mean of those days.
    pub calls_a_day: f64,
    /// Share of each half hour, from midnight in Vietnam on.
    pub profile: Vec<f64>,
    /// Mean handling time, s; `None`: no call was answered.
    pub handle_s: Option<f64>,
    /// Mean patience, s: all waiting time over those who hung up (the usual estimate where most are answered before
    /// their patience ends); `None`: nobody hung up.
    pub patience_s: Option<f64>,
}

/// Half hour of a moment, from midnight in Vietnam.
pub fn slot_of(at_ms: i64) -> usize {
    usize::try_from(vietnam::of_day_ms(Timestamp::from_ms(at_ms)) / SLOT_MS).unwrap_or(0)
}

/// Number of the day in Vietnam.
pub fn day_of(at_ms: i64) -> i64 {
    vietnam::day_of(Timestamp::from_ms(at_ms))
}

/// Reads the calls of a period.
///
/// # Errors
/// There are none.
pub fn fit(calls: &[PastCall]) -> Result<Fitted, Fault> {
    if calls.is_empty() {
        return Err(Fault::new("calls", "missing"));
    }
    let mut counts = [0_u32; SLOTS];
    let mut days: Vec<i64> = Vec::with_capacity(calls.len());
    let (mut handled, mut handled_ms, mut waited_ms, mut hung_up) = (0_u32, 0_u64, 0_u64, 0_u32);
    for call in calls {
        counts[slot_of(call.queued_ms)] += 1;
        days.push(day_of(call.queued_ms));
        waited_ms += u64::from(call.waited_ms);
        hung_up += u32::from(call.hung_up);
        if let Some(ms) = call.handled_ms {
            handled += 1;
            handled_ms += u64::from(ms);
        }
    }
    days.sort_unstable();
    days.dedup();
    let all = count(calls.len());
    Ok(Fitted {
        calls: calls.len(),
        days: days.len(),
        calls_a_day: all / count(days.len()),
        profile: counts.iter().map(|count| f64::from(*count) / all).collect(),
        handle_s: (handled > 0).then(|| seconds(handled_ms) / f64::from(handled)),
        patience_s: (hung_up > 0).then(|| seconds(waited_ms) / f64::from(hung_up)),
    })
}

impl Fitted {
    /// To plan with.
    ///
    /// # Errors
    /// Never: what was fitted has calls.
    pub fn profile(&self) -> Result<Profile, Fault> {
        Profile::new(&self.profile)
    }
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::from(u32::MAX), f64::from)
}

fn seconds(ms: u64) -> f64 {
    // Whole seconds first: the sum of a year's milliseconds is still exact then.
    let whole = u32::try_from(ms / 1_000).map_or(f64::from(u32::MAX), f64::from);
    let rest = u32::try_from(ms % 1_000).map_or(0.0, f64::from);
    whole + rest / 1_000.0
}
