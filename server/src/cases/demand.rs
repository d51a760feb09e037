//! Destroying and keeping on demand, the same for the console and the command line.
//!
//! An erasure judges, lays the tombstones and destroys the keys in one turn of the store's only writer: no hold can
//! come in between. Tombstones are durable first; what fails after that is made good by the next start.

use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use rusqlite::Transaction;
use serde_json::json;

use super::erase::{self, EraseError, Standing, Why};
use super::tombstones::{Laid, Tombstones};
use crate::audit::{self, Entry, call_subject};
use crate::objects::Keys;
use crate::retention::sql::{self as holds, Hold};
use crate::store::StoreError;

const MAX_REASON: usize = 200;

/// Who wants it, and why.
#[derive(Clone, Debug)]
pub struct Demand {
    /// As in the audit.
    pub actor: String,
    /// A reference such as a file number; never a name.
    pub reason: String,
}

/// Whether a reason can be kept.
pub fn is_reason(reason: &str) -> bool {
    !reason.trim().is_empty() && reason.chars().count() <= MAX_REASON
}

/// What became of a call whose erasure was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Its key was destroyed now.
    Erased(Laid),
    /// That was done before, on demand. Without its tombstone if that was by a store of before there was a list.
    ErasedBefore(Option<Laid>),
    /// That was done before, at the end of its time.
    Expired,
    /// A legal hold keeps it.
    Held,
    /// The call is not over.
    Running,
}

/// Erases what is over and not held; says of every call what became of it. Calls without a case are left out.
pub fn erase(
    tx: &Transaction<'_>,
    (keys, tombstones): (&Keys, &Tombstones),
    calls: &[CallId],
    demand: &Demand,
    now: Timestamp,
) -> Result<Vec<(CallId, Outcome)>, EraseError> {
    let known = tombstones.whole(tx, &keys.signing().public())?;
    let mut judged = Vec::new();
    for call in calls {
        judged.extend(erase::standing(tx, *call)?.map(|case| (*call, judge(&case, &known))));
    }
    let free: Vec<CallId> =
        judged.iter().filter(|(_, outcome)| outcome.is_none()).map(|(call, _)| *call).collect();
    let laid = if free.is_empty() { Vec::new() } else { tombstones.lay(&free, now, keys.signing())? };
    for one in &laid {
        let detail = json!({ "reason": demand.reason, "tombstone": one.sha256, "n": one.tombstone.n });
        erase::erase_one(tx, one, &demand.actor, "case.erased", &detail, now)?;
    }
    Tombstones::note_newest(tx, &laid)?;
    let told = |(call, outcome): (CallId, Option<Outcome>)| {
        let erased = laid.iter().find(|one| one.tombstone.call_id == call).cloned().map(Outcome::Erased);
        outcome.or(erased).map(|outcome| (call, outcome))
    };
    Ok(judged.into_iter().filter_map(told).collect())
}

/// Why a case is not to be destroyed now; none: it is.
fn judge(case: &Standing, known: &[Laid]) -> Option<Outcome> {
    match (case.destroyed, case.hold.is_some(), case.ended_at) {
        (Some((_, Why::Erasure)), _, _) => {
            let laid = known.iter().find(|one| one.tombstone.call_id == case.call_id);
            Some(Outcome::ErasedBefore(laid.cloned()))
        }
        (Some((_, Why::Retention)), _, _) => Some(Outcome::Expired),
        (None, true, _) => Some(Outcome::Held),
        (None, false, None) => Some(Outcome::Running),
        (None, false, Some(_)) => None,
    }
}

/// What became of a wish to keep a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Holding {
    /// It is kept from now on.
    Placed(Hold),
    /// It was kept already; that hold stays as it is.
    Stands(Hold),
    /// There is nothing left to keep.
    Destroyed,
    /// There is no such case.
    NoCase,
}

/// Keeps a call, running or over, from erasure and expiry.
pub fn hold(
    tx: &Transaction<'_>,
    call: CallId,
    demand: &Demand,
    now: Timestamp,
) -> Result<Holding, StoreError> {
    let Some(case) = erase::standing(tx, call)? else { return Ok(Holding::NoCase) };
    if case.destroyed.is_some() {
        return Ok(Holding::Destroyed);
    }
    if let Some(hold) = case.hold {
        return Ok(Holding::Stands(hold));
    }
    let Demand { actor, reason } = demand.clone();
    let hold = Hold { call_id: call, placed_at: now, placed_by: actor, reason };
    holds::place(tx, &hold)?;
    noted(tx, call, "case.held", demand, now)?;
    Ok(Holding::Placed(hold))
}

/// Ends a hold; `false` if there is none.
pub fn release(
    tx: &Transaction<'_>,
    call: CallId,
    demand: &Demand,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let lifted = holds::lift(tx, call)?;
    if lifted {
        noted(tx, call, "case.released", demand, now)?;
    }
    Ok(lifted)
}

fn noted(
    tx: &Transaction<'_>,
    call: CallId,
    action: &'static str,
    demand: &Demand,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (subject, detail) = (call_subject(call), json!({ "reason": demand.reason }));
    let entry = Entry { actor: &demand.actor, action, subject: &subject, detail: &detail };
    audit::append(tx, now, &entry).map(drop)
}
