//! Which verdicts are drawn: decided in the transaction that takes their evidence, once per call.

use chinhchu_protocol::call::Decision;
use chinhchu_protocol::console::review::ReviewBecause;
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::ids::{AgentId, CallId};
use chinhchu_routing::{Event, Fact};
use rusqlite::Connection;

use super::sql::{self, Drawn, Setting};
use crate::objects::Keys;
use crate::store::StoreError;
use crate::switchboard::row::CallRow;
use crate::{cases, evidence};

/// Draws the call of this fact, if it took a verdict that counts and the lot, or its reason, wants it.
pub fn draw(tx: &Connection, keys: &Keys, fact: &Fact, row: &CallRow) -> Result<(), StoreError> {
    let (call, assignment, agent, decision) = match &fact.event {
        Event::EvidenceTaken {
            call,
            assignment,
            agent,
            decision,
            standing: VerdictStanding::Counts | VerdictStanding::Late,
            ..
        } => (*call, *assignment, *agent, *decision),
        // Only evidence that becomes the call's verdict is drawn.
        _ => return Ok(()),
    };
    let serving = row.serving.as_ref().unwrap_or(&row.company);
    let setting = sql::setting_at(tx, serving, fact.at)?;
    let because = if keys.review_lot(call) < setting.share_per_mille {
        ReviewBecause::Sample
    } else if has_reason(tx, keys, call, assignment, &setting)? {
        ReviewBecause::Reason
    } else {
        return Ok(());
    };
    insert(tx, (call, assignment, agent, decision), row, because, fact)
}

fn insert(
    tx: &Connection,
    (call, assignment, agent, decision): (CallId, u32, AgentId, Decision),
    row: &CallRow,
    because: ReviewBecause,
    fact: &Fact,
) -> Result<(), StoreError> {
    let serving = row.serving.clone().unwrap_or_else(|| row.company.clone());
    let (home, at) = (row.company.clone(), fact.at);
    sql::insert(tx, &Drawn { call, assignment, home, serving, agent, decision, because, at })
}

fn has_reason(
    tx: &Connection,
    keys: &Keys,
    call: CallId,
    assignment: u32,
    setting: &Setting,
) -> Result<bool, StoreError> {
    if setting.all_of_reasons.is_empty() {
        return Ok(false);
    }
    let Some(key) = cases::sql::read_key(tx, keys, call)? else { return Ok(false) };
    let words = evidence::sql::words(tx, &key, call, assignment)?;
    let reason = words.and_then(|words| words.reason);
    Ok(reason.is_some_and(|reason| setting.all_of_reasons.contains(&reason)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(n: u128) -> CallId {
        CallId(uuid::Uuid::from_u128(n))
    }

    /// The share of the settings is what is drawn; another installation draws others.
    #[test]
    fn lots_are_spread_evenly_and_follow_from_the_installations_secret_alone() {
        let (one, other) = (tempfile::tempdir().expect("folder"), tempfile::tempdir().expect("folder"));
        let (keys, others) = (Keys::open(one.path()).expect("keys"), Keys::open(other.path()).expect("keys"));
        let again = Keys::open(one.path()).expect("keys");
        let drawn = |keys: &Keys, share: u32| -> Vec<u128> {
            (0..20_000).filter(|n| keys.review_lot(call(*n)) < share).collect()
        };
        assert!((0..20_000).all(|n| keys.review_lot(call(n)) < 1_000));
        // 50 per mille of 20,000 is 1,000; its standard deviation is 31.
        let hits = drawn(&keys, 50);
        assert!((850..1_150).contains(&hits.len()), "{}", hits.len());
        assert_eq!(hits, drawn(&again, 50));
        assert_ne!(hits, drawn(&others, 50));
        assert_eq!((drawn(&keys, 0).len(), drawn(&keys, 1_000).len()), (0, 20_000));
        // A larger share draws the same calls, and more.
        let more = drawn(&keys, 100);
        assert!(hits.iter().all(|n| more.contains(n)));
    }
}
