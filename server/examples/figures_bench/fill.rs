//! Writes the month into a store, once.

use std::path::Path;
use std::time::Instant;

use chinhchu_protocol::agent::AgentProfile;
use chinhchu_protocol::call::{CallState, Decision};
use chinhchu_protocol::console::figures::HeldResult;
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::ids::{AgentId, CallId, RuleId, SessionId};
use chinhchu_protocol::policy::{CallPolicy, VideoCall};
use chinhchu_protocol::time::Timestamp;
use chinhchu_server::agents;
use chinhchu_server::cases::{self, StoredCase};
use chinhchu_server::evidence::sql::{self as evidence, NewEvidence};
use chinhchu_server::figures::period::{DAY_MS, day_of};
use chinhchu_server::figures::reconcile::sql as reconcile;
use chinhchu_server::figures::sql;
use chinhchu_server::figures::{CallFigures, duty_rows};
use chinhchu_server::objects::{CaseKey, Keys};
use chinhchu_server::policy::commit::ensure_catalogue;
use chinhchu_server::store::{Db, StoreError, rows};
use chinhchu_server::switchboard::row::{CallRow, RowVerdict};
use chinhchu_server::switchboard::sql as calls;
use rusqlite::{Connection, params};
use serde_json::json;
use uuid::Uuid;

use super::made_up::{self, AGENTS, MadeUp, Rule, agent, employer};
use super::{DAYS, EVENING_MS, Failure, first};

/// Calls of one transaction.
const AT_ONCE: u64 = 20_000;
/// Of so many verdicts one is drawn for review; of so many reviews one disagrees.
const REVIEWED: u64 = 50;
const DISAGREED: u64 = 40;
/// Day of the month for which mSale has sent its list.
const LISTED: i64 = 28;
/// mSale's endpoint.
const MSALE: [u8; 16] = [0x5a; 16];

pub fn fill(folder: &Path, of: u64) -> Result<(), Failure> {
    let db = Db::open(folder)?;
    let first = first()?;
    db.write_blocking(move |tx| ensure_catalogue(tx, first.plus_ms(-DAY_MS)))?;
    let known: u64 = db.read_blocking(|c| count(c, "call_figures"))?;
    if known >= of {
        return Ok(());
    }
    if known > 0 {
        return Err("the folder holds less than the month: name another one".into());
    }
    let (began, keys) = (Instant::now(), Keys::of_store(&db)?);
    let rules = db.read_blocking(rules)?;
    db.write_blocking(move |tx| people(tx, first))?;
    let step = (DAYS * DAY_MS - EVENING_MS) / i64::try_from(of)?;
    for from in (0..of).step_by(usize::try_from(AT_ONCE)?) {
        let (keys, rules) = (keys.clone(), rules.clone());
        db.write_blocking(move |tx| {
            // Of this connection, which writes nothing else.
            tx.execute_batch("PRAGMA cache_size = -400000")?;
            for n in from..(from + AT_ONCE).min(of) {
                let at = first.plus_ms(step * i64::try_from(n).unwrap_or(0));
                put(tx, &keys, n, &made_up::call(n, of, at, &rules))?;
            }
            Ok::<_, StoreError>(())
        })?;
        eprintln!("{} calls after {} s", (from + AT_ONCE).min(of), began.elapsed().as_secs());
    }
    db.write_blocking(move |tx| list_of_msale(tx, first))?;
    let bytes = std::fs::metadata(folder.join("chinhchu.db"))?.len();
    let (s, mib) = (began.elapsed().as_secs(), bytes / 1024 / 1024);
    println!("{}", json!({ "bench": "figures", "filled": of, "s": s, "store_mib": mib }));
    Ok(())
}

pub fn count(connection: &Connection, table: &str) -> Result<u64, StoreError> {
    let count: i64 = connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

pub fn rules(connection: &Connection) -> Result<Vec<Rule>, StoreError> {
    let sql =
        "SELECT rule_id, sub_type, payment FROM policy_entries WHERE known_to_ms IS NULL ORDER BY entry";
    rows::all(connection, sql, [], |row| Ok((RuleId(rows::id(row, "rule_id")?), row.get(1)?, row.get(2)?)))
}

/// Agents, a month of duty, and mSale's endpoint.
fn people(tx: &Connection, first: Timestamp) -> Result<(), StoreError> {
    for n in 0..AGENTS {
        let (agent_id, employer) = (agent(n), employer(n));
        let (company, partner) = (employer.company.clone(), employer.partner.clone());
        let (username, name) = (format!("nv.{n:04}"), format!("Nhân Viên {n}"));
        agents::sql::insert_agent(
            tx,
            &AgentProfile { agent_id, username, name, company, partner },
            "none",
            first,
        )?;
        for day in 0..DAYS {
            let from = first.plus_ms(day * DAY_MS + 8 * 3_600_000);
            let session = SessionId(Uuid::from_u128(u128::from(n) << 32 | u128::from(day.unsigned_abs())));
            duty_rows::begin(tx, session, agent_id, &employer, from)?;
            duty_rows::set_lost(tx, session, None)?;
            duty_rows::end(tx, session, from.plus_ms(8 * 3_600_000))?;
        }
    }
    let sql = "INSERT INTO webhooks (webhook_id, url, audience, events, secret_sealed, created_ms)
               VALUES (?1, 'http://127.0.0.1:9/none', 'msale', '[]', x'00', ?2)";
    rows::run(tx, sql, params![MSALE, first.ms()])?;
    Ok(())
}

fn put(tx: &Connection, keys: &Keys, n: u64, made: &MadeUp) -> Result<(), StoreError> {
    let MadeUp { figures, offers, case, rule } = made;
    sql::put_call(tx, figures)?;
    offers.iter().try_for_each(|offer| sql::put_offer(tx, offer))?;
    let stored = StoredCase {
        call_id: figures.call_id,
        company: figures.home.clone(),
        case: case.clone(),
        policy: CallPolicy { video_call: VideoCall::Mandatory, rule_id: *rule },
        created_at: figures.created,
        key: CaseKey::generate(),
    };
    cases::sql::insert(tx, keys, &stored)?;
    calls::put_call(tx, &row(figures))?;
    let (Some(decision), Some(agent), Some(at)) = (figures.decision, figures.agent, figures.result) else {
        return Ok(());
    };
    put_evidence(tx, &stored.key, figures, agent, at)?;
    put_delivery(tx, n, figures.call_id, at)?;
    if n.is_multiple_of(REVIEWED) {
        put_review(tx, n, figures, decision, at)?;
    }
    Ok(())
}

/// As last decided.
fn row(figures: &CallFigures) -> CallRow {
    let mut row = CallRow::new(figures.call_id, figures.home.clone(), figures.created);
    row.state = CallState::Ended;
    row.serving = Some(figures.serving.clone());
    row.agent = figures.agent;
    row.assigned.extend(figures.agent);
    row.accepted.extend(figures.accepted);
    row.ended = figures.ended.zip(figures.end_reason);
    row.sealed.extend(figures.verdict.map(|at| (1, at)));
    row.verdict = figures.decision.zip(figures.agent).zip(figures.verdict).map(|((decision, agent), at)| {
        let manifest_sha256 = figures.manifest_sha256.clone().unwrap_or_default();
        RowVerdict { assignment: 1, decision, at, agent, late: false, manifest_sha256 }
    });
    row
}

/// As large as real ones; the console opens none of them here.
fn put_evidence(
    tx: &Connection,
    key: &CaseKey,
    figures: &CallFigures,
    agent: AgentId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let hash = figures.manifest_sha256.as_deref().and_then(sql::bytes_of).unwrap_or([0; 32]);
    let new = NewEvidence {
        call: figures.call_id,
        assignment: 1,
        agent,
        session: SessionId(Uuid::nil()),
        manifest_sha256: hash,
        manifest: &[b'm'; 1_200],
        envelope: &"e".repeat(700),
        leaves: &[b'l'; 500],
        key_id: "00",
        counter: 1,
        receipt: &"r".repeat(600),
        standing: VerdictStanding::Counts,
    };
    evidence::insert(tx, key, &new, at)
}

/// Acknowledged by mSale but for one in a thousand, which was given up.
fn put_delivery(tx: &Connection, n: u64, call: CallId, at: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO webhook_deliveries (delivery_id, webhook_id, call_id, event_type, log_seq,
                 payload_sealed, created_ms, attempts, last_status, delivered_ms)
               VALUES (?1, ?2, ?3, 'call.result', 1, zeroblob(700), ?4, 1, 200, ?5)";
    let delivery = Uuid::from_u128(u128::from(at.ms().unsigned_abs()) << 80 | u128::from(n));
    let delivered = (!n.is_multiple_of(1_000)).then_some(at.plus_ms(400).ms());
    let values = params![delivery.as_bytes(), MSALE, call.0.as_bytes(), at.ms(), delivered];
    rows::run(tx, sql, values)?;
    Ok(())
}

fn put_review(
    tx: &Connection,
    n: u64,
    figures: &CallFigures,
    decision: Decision,
    at: Timestamp,
) -> Result<(), StoreError> {
    let decision = if decision == Decision::Confirmed { "confirmed" } else { "rejected" };
    let disagrees = n.is_multiple_of(REVIEWED * DISAGREED);
    let outcome = if disagrees { "disagrees" } else { "agrees" };
    let sql = "INSERT INTO reviews (call_id, assignment, home, serving, agent_id, partner, decision, because,
                 drawn_ms, outcome, reviewer, done_ms)
               VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, 'sample', ?7, ?8, ?9, ?10)";
    let (call, agent) = (figures.call_id.0.as_bytes(), figures.agent.map(|agent| *agent.0.as_bytes()));
    let (home, serving) = (&figures.home.0, &figures.serving.0);
    let done = at.plus_ms(DAY_MS);
    // Those of the last days are still open.
    let is_done = done < first().map_err(|_| StoreError::Corrupt("day"))?.plus_ms(DAYS * DAY_MS - 2 * DAY_MS);
    let (outcome, done) = (is_done.then_some(outcome), is_done.then_some(done.ms()));
    let reviewer = is_done.then_some([7_u8; 16]);
    let partner = &figures.partner;
    let values = params![call, home, serving, agent, partner, decision, at.ms(), outcome, reviewer, done];
    rows::run(tx, sql, values)?;
    Ok(())
}

/// All but the first few of a day's results, and none that we do not know.
fn list_of_msale(tx: &Connection, first: Timestamp) -> Result<(), StoreError> {
    let day = first.plus_ms(LISTED * DAY_MS);
    let sql = "SELECT call_id, decision, lower(hex(manifest)) FROM call_figures
               WHERE result_ms >= ?1 AND result_ms < ?2 ORDER BY result_ms";
    let all = rows::all(tx, sql, [day.ms(), day.plus_ms(DAY_MS).ms()], |row| {
        let decision: String = row.get(1)?;
        let decision = if decision == "confirmed" { Decision::Confirmed } else { Decision::Rejected };
        Ok(HeldResult { call_id: CallId(rows::id(row, "call_id")?), decision, manifest_sha256: row.get(2)? })
    })?;
    let list = all.get(5.min(all.len())..).unwrap_or_default();
    for (part, results) in (1_u32..).zip(list.chunks(5_000)) {
        let whole = Some(day.plus_ms(2 * DAY_MS));
        reconcile::put_part(tx, day_of(day), part, "msale", results, whole)?;
    }
    Ok(())
}
