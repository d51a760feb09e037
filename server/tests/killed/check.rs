//! The books against the log, the tables and the pictures' folder. Every function gives what is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chinhchu_protocol::ids::CallId;
use rusqlite::Connection;

use crate::books::{Doing, Marks, Pages};
use crate::log::Log;
use crate::model::CallModel;

/// What must hold at every restart: what was acknowledged is in the log.
pub fn acknowledged(pages: &Pages, log: &Log) -> Vec<String> {
    let mut faults = Vec::new();
    for (key, intake) in &pages.intakes {
        if let Some(call) = intake.call.filter(|call| !log.model.calls.contains_key(call)) {
            faults.push(format!("intake {key}: call {call} was acknowledged and is lost (I5)"));
        }
    }
    for ((call, assignment), verdict) in &pages.verdicts {
        let Some(model) = log.model.calls.get(call) else {
            faults.push(format!("verdict of {call}: there is no such call"));
            continue;
        };
        if verdict.word_taken && !model.sealed.contains(assignment) {
            faults.push(format!("verdict of {call}: the word of it was taken and is lost (I5)"));
        }
        let Some(receipt) = &verdict.receipt else { continue };
        match model.evidence.get(assignment) {
            Some((standing, hash))
                if *hash == verdict.manifest_sha256 && receipt["standing"] == standing.as_str() => {}
            found => faults
                .push(format!("evidence of {call}: acknowledged as {receipt}, in the log as {found:?} (I5)")),
        }
    }
    for (call, marks) in &pages.marks {
        let ended = log.model.calls.get(call).and_then(|model| model.ended.as_deref());
        if marks.cancel_taken && ended != Some("cancelled") {
            faults.push(format!("{call}: its cancel was acknowledged, its end is {ended:?}"));
        }
    }
    faults
}

/// What clients were shown is what the log says, in this order.
pub fn views(pages: &Pages, log: &Log) -> Vec<String> {
    let mut faults = Vec::new();
    let mut at_call: BTreeMap<(u64, CallId), chinhchu_protocol::ids::AgentId> = BTreeMap::new();
    for saw in &pages.agents_saw {
        let seq = saw.at.1;
        if seq > log.seq {
            faults.push(format!("an agent saw record {seq}; the log ends at {}", log.seq));
        } else if log.model.doing(saw.agent, seq) != saw.doing {
            faults.push(format!(
                "at {seq} an agent saw {:?}; the log says {:?}",
                saw.doing,
                log.model.doing(saw.agent, seq)
            ));
        }
        if let Doing::Ringing(call, _) | Doing::OnCall(call, _) = saw.doing
            && at_call.insert((seq, call), saw.agent).is_some_and(|other| other != saw.agent)
        {
            faults.push(format!("at {seq} two agents saw {call} (I1)"));
        }
    }
    for saw in &pages.callers_saw {
        let seq = saw.at.1;
        let end = saw.end_reason.map(|reason| serde_json::to_value(reason).expect("json"));
        let end = end.as_ref().and_then(|end| end.as_str());
        if seq > log.seq {
            faults.push(format!("a page saw record {seq}; the log ends at {}", log.seq));
        } else if log.model.stood(saw.call, seq) != Some((saw.assignment, end)) {
            let told = log.model.stood(saw.call, seq);
            faults.push(format!("at {seq} the page of {} saw {saw:?}; the log says {told:?}", saw.call));
        }
    }
    let mut last = BTreeMap::new();
    for saw in &pages.agents_saw {
        if last.insert(saw.agent, saw.at).is_some_and(|before| before > saw.at) {
            faults.push(format!("an agent's views went back to {:?}", saw.at));
        }
    }
    let mut last = BTreeMap::new();
    for saw in &pages.callers_saw {
        if last.insert(saw.call, saw.at).is_some_and(|before| before > saw.at) {
            faults.push(format!("a page's views went back to {:?}", saw.at));
        }
    }
    faults
}

/// Every call has ended, for a reason that its own clients gave (I3, I8).
pub fn ends(pages: &Pages, log: &Log) -> Vec<String> {
    let nothing = Marks::default();
    let mut faults = Vec::new();
    for (call, model) in &log.model.calls {
        let marks = pages.marks.get(call).unwrap_or(&nothing);
        let decided = pages.verdicts.keys().any(|(of, _)| of == call);
        let good = match model.ended.as_deref() {
            Some("completed") => decided,
            Some("declined") => marks.declined,
            Some("cancelled") => marks.hung_up || marks.cancelled || marks.never_ready || marks.caller_gone,
            Some("caller_lost") => marks.caller_gone,
            Some("agent_lost") => marks.agent_gone,
            // Still going, or an end that none of these clients causes.
            Some(_) | None => false,
        };
        if !good {
            faults
                .push(format!("{call} ended {:?}; its clients: {marks:?}, decided: {decided}", model.ended));
        }
    }
    faults
}

/// One call per key, and no call without one.
pub fn keys(pages: &Pages, log: &Log, store: &Connection) -> Vec<String> {
    let mut faults = Vec::new();
    let mut statement = store.prepare("SELECT key, call_id FROM idempotency").expect("statement");
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, [u8; 16]>(1)?)));
    let mut of_keys = BTreeSet::new();
    for row in rows.expect("rows") {
        let (key, id) = row.expect("row");
        let call = CallId(uuid::Uuid::from_bytes(id));
        of_keys.insert(call);
        if pages.intakes.get(&key).map(|intake| intake.call) != Some(Some(call)) {
            faults.push(format!("key {key} stands for {call}; its client knows another or none"));
        }
    }
    for (key, intake) in &pages.intakes {
        if intake.call.is_none_or(|call| !of_keys.contains(&call)) {
            faults.push(format!("intake {key} has no call behind its key (I5)"));
        }
    }
    for call in log.model.calls.keys().filter(|call| !of_keys.contains(call)) {
        faults.push(format!("{call} was made, and no client has it: a retry made a second call (I5)"));
    }
    faults
}

/// Every event once by id, at least once by arrival, and nothing else.
pub fn deliveries(pages: &Pages, log: &Log) -> Vec<String> {
    let mut faults = Vec::new();
    let mut bodies: BTreeMap<&str, (&str, &str, CallId)> = BTreeMap::new();
    let mut arrived: BTreeMap<(CallId, &str), BTreeSet<&str>> = BTreeMap::new();
    for delivery in &pages.deliveries {
        let body = (delivery.event.as_str(), delivery.body_sha256.as_str(), delivery.call);
        if bodies.insert(&delivery.id, body).is_some_and(|before| before != body) {
            faults.push(format!("webhook {} came again with another body", delivery.id));
        }
        if delivery.acknowledged {
            arrived.entry((delivery.call, &delivery.event)).or_default().insert(&delivery.id);
        }
        let ended = log.model.calls.get(&delivery.call).and_then(|model| model.ended.as_deref());
        if delivery.event == "call.ended" && delivery.end_reason.as_deref() != ended {
            faults.push(format!(
                "webhook: {} ended {:?}, the log says {ended:?}",
                delivery.call, delivery.end_reason
            ));
        }
    }
    for (call, event, count) in expected(log) {
        let ids = arrived.remove(&(call, event)).map_or(0, |ids| ids.len());
        if ids != count {
            faults.push(format!("webhooks: {event} of {call} arrived with {ids} ids, {count} were due"));
        }
    }
    faults.extend(
        arrived.keys().map(|(call, event)| format!("webhooks: {event} of {call} arrived, and was not due")),
    );
    faults
}

/// What must be told, and with how many ids.
fn expected(log: &Log) -> impl Iterator<Item = (CallId, &'static str, usize)> {
    let of = |model: &CallModel| {
        let stands = model.evidence.values().filter(|(standing, _)| standing != "superseded").count();
        [
            ("call.accepted", model.accepted),
            ("call.declined", usize::from(model.ended.as_deref() == Some("declined"))),
            ("call.ended", usize::from(model.ended.is_some())),
            ("call.result", stands),
        ]
    };
    let all =
        log.model.calls.iter().flat_map(move |(call, model)| of(model).map(|(event, n)| (*call, event, n)));
    all.filter(|(_, _, count)| *count > 0)
}

/// No picture without a row, no row without its picture, nothing half-written.
pub fn files(store: &Connection, folder: &Path) -> Vec<String> {
    let ids = |sql: &str| -> BTreeSet<String> {
        let mut statement = store.prepare(sql).expect("statement");
        let rows = statement.query_map([], |row| row.get::<_, [u8; 16]>(0)).expect("rows");
        rows.map(|id| uuid::Uuid::from_bytes(id.expect("row")).to_string()).collect()
    };
    let named = ids("SELECT object_id FROM pictures UNION ALL
                     SELECT display_object_id FROM pictures WHERE display_object_id IS NOT NULL");
    let pending = ids("SELECT object_id FROM pending_objects");
    let mut faults = Vec::new();
    let mut lying = BTreeSet::new();
    for shard in std::fs::read_dir(folder.join("evidence")).expect("evidence") {
        let shard = shard.expect("entry").path();
        for file in std::fs::read_dir(&shard).expect("shard") {
            let name = file.expect("entry").file_name().to_string_lossy().into_owned();
            if shard.ends_with("tmp") {
                faults.push(format!("files: {name} was left half-written"));
            } else {
                lying.insert(name);
            }
        }
    }
    faults
        .extend(named.difference(&lying).map(|id| format!("files: picture {id} has a row and no file (I5)")));
    faults.extend(
        named.intersection(&pending).map(|id| format!("files: picture {id} is named and would be swept")),
    );
    let unknown = lying.iter().filter(|id| !named.contains(*id) && !pending.contains(*id));
    faults.extend(unknown.map(|id| format!("files: {id} has no row and would lie for ever")));
    faults
}

/// The server itself noticed nothing that it should never meet.
pub fn server(store: &Connection, stderr: &Path) -> Vec<String> {
    let quarantined: i64 =
        store.query_row("SELECT count(*) FROM quarantine", [], |row| row.get(0)).expect("count");
    let mut faults = Vec::new();
    if quarantined > 0 {
        faults.push(format!("server: {quarantined} inputs made the core panic"));
    }
    let log = std::fs::read_to_string(stderr).unwrap_or_default();
    let bad = log.lines().filter(|line| line.contains("\"ERROR\"") || line.contains("panic"));
    faults.extend(bad.take(5).map(|line| format!("server: {line}")));
    faults
}
