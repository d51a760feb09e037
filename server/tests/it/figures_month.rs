//! C4 over a simulated month: the report says what an independent reader of the log counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use chinhchu_proof::day::Plan;
use chinhchu_protocol::call::Decision;
use chinhchu_protocol::console::figures::{Figures, Report, ReportBy, Times};
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{Event, Fact};
use chinhchu_server::figures::columns::COLUMNS;
use chinhchu_server::figures::kept::Packs;
use chinhchu_server::figures::period::{DAY_MS, OFFSET_MS, Period, day_name, day_of};
use chinhchu_server::figures::report::{self, Asked, MAX_FILE_ROWS};
use chinhchu_server::figures::sort::Filter;
use chinhchu_server::figures::tally::Terms;
use chinhchu_server::figures::{days, rebuild, sql};
use chinhchu_server::objects::Keys;
use chinhchu_server::store::{Db, StoreError, rows};
use tempfile::TempDir;

use crate::figures_log::{given_of, reason_of, simulate, write};
use crate::figures_reader::{Book, Counted, Story};

/// By what the reader counts.
type Key = Box<dyn Fn(&Story) -> String>;

const WITHIN_S: u32 = 20;

fn month(seed: u64) -> Plan {
    let length_ms = 30 * DAY_MS;
    Plan { seed, calls: 4_000, agents: 24, length_ms, kills: 60, pauses: 20, json_every: 1_000 }
}

async fn store(seed: u64) -> (TempDir, Db, Keys) {
    let folder = tempfile::tempdir().expect("folder");
    let db = Db::open(folder.path()).expect("store");
    let keys = Keys::open(folder.path()).expect("keys");
    let taken = tokio::task::spawn_blocking(move || simulate(month(seed))).await.expect("simulated");
    write(&db, &keys, &taken).await;
    (folder, db, keys)
}

fn asked(by: ReportBy, filter: Filter) -> Asked {
    // The simulation begins at 2026-11-23T07:00 in Vietnam.
    let period = Period::read("2026-11-23", "2026-12-22").expect("period");
    let terms = Terms { within_s: WITHIN_S, price_per_call: Some(5_000), price_per_agent_hour: None };
    Asked { period, by, filter, terms, after: None, limit: MAX_FILE_ROWS }
}

fn now() -> Timestamp {
    Period::read("2027-02-01", "2027-02-01").expect("day").from
}

async fn made(db: &Db, asked: Asked) -> Report {
    let read = db.read(move |connection| report::make(connection, &Packs::default(), &asked, now())).await;
    let (report, fresh) = read.expect("report");
    days::keep(db, fresh).await.expect("kept");
    report
}

/// Every figure of a row against the reader's.
fn same(name: &str, figures: &Figures, counted: &Counted) {
    let found = [
        ("calls", figures.calls),
        ("offered", figures.offered),
        ("answered", figures.answered),
        ("declined", figures.declined),
        ("redirected", figures.redirected),
        ("abandoned", figures.abandoned),
        ("left_before", figures.left_before),
        ("hung_up", figures.hung_up),
        ("caller_lost", figures.caller_lost),
        ("agent_lost", figures.agent_lost),
        ("no_agent", figures.no_agent),
        ("closed", figures.closed),
        ("failed", figures.failed),
        ("completed", figures.completed),
        ("open", figures.open),
        ("offers", figures.offers),
        ("passed", figures.passed),
        ("missed", figures.missed),
        ("never_rang", figures.never_rang),
        ("verified", figures.verified),
        ("confirmed", figures.confirmed.count),
        ("rejected", figures.rejected.count),
        ("late", figures.late),
    ];
    for (what, count) in found {
        assert_eq!(i64::from(count), counted.count(what), "{what} of {name}");
    }
    let shares = [
        ("service level", figures.service_level, counted.within, counted.count("offered")),
        (
            "service level without the impatient",
            figures.service_level_patient,
            counted.within,
            counted.count("offered") - counted.abandoned_within,
        ),
        ("evidence", figures.evidence, counted.evidence.0, counted.evidence.1),
    ];
    for (what, share, count, of) in shares {
        assert_eq!((i64::from(share.count), i64::from(share.of)), (count, of), "{what} of {name}");
    }
    let reasons: BTreeMap<String, i64> =
        figures.reasons.iter().map(|reason| (reason.code.clone(), i64::from(reason.share.count))).collect();
    assert_eq!(reasons, counted.reasons, "reasons of {name}");
    same_times(&format!("waits of {name}"), &figures.wait, &counted.waits);
    same_times(&format!("handling times of {name}"), &figures.handle, &counted.handles);
}

fn same_times(name: &str, times: &Times, list: &[i64]) {
    let mut sorted = list.to_vec();
    sorted.sort_unstable();
    assert_eq!(times.count as usize, sorted.len(), "{name}");
    // The smallest value that at least so many in a hundred do not exceed.
    let percentile = |percent: usize| {
        let enough =
            |value: &&i64| 100 * sorted.iter().filter(|one| one <= value).count() >= percent * sorted.len();
        sorted.iter().find(enough).copied()
    };
    let found = [times.p50_ms, times.p90_ms, times.p99_ms].map(|ms| ms.map(i64::from));
    assert_eq!(found, [50, 90, 99].map(percentile), "{name}");
    if !sorted.is_empty() {
        let count = i64::try_from(sorted.len()).expect("small");
        let mean = (2 * sorted.iter().sum::<i64>() + count) / (2 * count);
        assert_eq!(times.mean_ms.map(i64::from), Some(mean), "mean of {name}");
    }
}

fn local(story: &Story) -> String {
    let at = jiff::Timestamp::from_millisecond(story.created + OFFSET_MS).expect("time");
    at.strftime("%Y-%m-%dT%H").to_string()
}

fn number(story: &Story) -> u32 {
    u32::from_str_radix(&story.id[28..], 16).expect("a number")
}

/// The simulation goes on for some hours after the period.
fn in_period(book: &Book) -> impl Iterator<Item = &Story> {
    let period = asked(ReportBy::Total, Filter::default()).period;
    book.stories.values().filter(move |story| period.has(Timestamp::from_ms(story.created)))
}

/// The whole call, by some key.
fn by_key(book: &Book, key: impl Fn(&Story) -> String) -> BTreeMap<String, Counted> {
    let mut rows: BTreeMap<String, Counted> = BTreeMap::new();
    for story in in_period(book) {
        let reason = reason_of(number(story));
        story.count_whole(rows.entry(key(story)).or_default(), reason, i64::from(WITHIN_S) * 1000);
    }
    rows
}

/// The part of agents, by some key of theirs.
fn by_part(book: &Book, key: impl Fn(&str) -> String) -> BTreeMap<String, Counted> {
    let mut rows: BTreeMap<String, Counted> = BTreeMap::new();
    for story in in_period(book) {
        let mut keys: Vec<String> = story.agents().iter().map(|agent| key(agent)).collect();
        keys.sort();
        keys.dedup();
        for one in keys {
            let mine = |agent: &str| key(agent) == one;
            let row = rows.entry(one.clone()).or_default();
            story.count_part(row, reason_of(number(story)), i64::from(WITHIN_S) * 1000, mine);
        }
    }
    rows
}

fn same_rows(report: &Report, mut wanted: BTreeMap<String, Counted>) {
    for row in &report.items {
        let name = format!("{:?} «{}»", report.by, row.key);
        // Agents on duty who were never offered a call have their hours and nothing else.
        let counted = wanted.remove(&row.key).unwrap_or_default();
        same(&name, &row.figures, &counted);
    }
    assert!(wanted.is_empty(), "{:?}: rows are missing: {:?}", report.by, wanted.keys());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c4_a_report_over_a_simulated_month_equals_what_an_independent_reader_of_the_log_counts() {
    let (_folder, db, _) = store(20_261_123).await;
    let book = db.read(|connection| Ok::<_, StoreError>(Book::read(connection))).await.expect("book");

    let total = made(&db, asked(ReportBy::Total, Filter::default())).await;
    let all = by_key(&book, |_| String::new()).remove("").expect("calls");
    same("the total", &total.total, &all);
    // The month has a bit of everything, or this would show little.
    for what in [
        "abandoned",
        "left_before",
        "hung_up",
        "declined",
        "redirected",
        "caller_lost",
        "closed",
        "no_agent",
        "failed",
        "completed",
        "passed",
        "missed",
        "never_rang",
        "late",
        "confirmed",
        "rejected",
    ] {
        assert!(all.count(what) > 0, "no {what} in the month: {:?}", all.counts);
    }
    let sum: i64 = [
        "completed",
        "declined",
        "left_before",
        "abandoned",
        "hung_up",
        "no_agent",
        "closed",
        "caller_lost",
        "agent_lost",
        "failed",
        "open",
    ]
    .iter()
    .map(|what| all.count(what))
    .sum();
    assert_eq!(sum, all.count("calls"), "each call goes one way");

    let given = |story: &Story| given_of(number(story));
    let keyed: [(ReportBy, Key); 8] = [
        (ReportBy::Serving, Box::new(|story| story.serving.clone())),
        (ReportBy::Home, Box::new(|story| story.home.clone())),
        (ReportBy::Dealer, Box::new(move |story| given(story).dealer.unwrap_or_default())),
        (ReportBy::SubType, Box::new(move |story| given(story).sub_type.unwrap_or_default())),
        (ReportBy::CustomerType, Box::new(move |story| given(story).customer_type.unwrap_or_default())),
        (ReportBy::Day, Box::new(|story| local(story)[..10].to_owned())),
        (ReportBy::Hour, Box::new(local)),
        (ReportBy::HourOfDay, Box::new(|story| local(story)[11..].to_owned())),
    ];
    for (by, key) in keyed {
        // Twice: from the rows, then from packed days.
        let rows = made(&db, asked(by, Filter::default())).await;
        same_rows(&rows, by_key(&book, &key));
        assert_eq!(rows.total, total.total, "each row's calls are the total's");
    }
    let agents = made(&db, asked(ReportBy::Agent, Filter::default())).await;
    same_rows(&agents, by_part(&book, str::to_owned));
    let partners = made(&db, asked(ReportBy::Partner, Filter::default())).await;
    same_rows(&partners, by_part(&book, |agent| book.partner(agent).to_owned()));

    // A partner's people see their part, in every report.
    let own = Filter { partner: Some("partner".to_owned()), ..Filter::default() };
    let of_partner = made(&db, asked(ReportBy::Home, own)).await;
    let row = partners.items.iter().find(|row| row.key == "partner").expect("the partner's row");
    assert_eq!(of_partner.total, row.figures);
    duty(&book, &agents, &partners);
}

fn duty(book: &Book, agents: &Report, partners: &Report) {
    let (from, to) = (agents.from.ms(), agents.to.ms());
    for row in &agents.items {
        let wanted = book.duty_ms(from, to, |agent| agent == row.key);
        assert!(wanted > 0 || row.figures.calls > 0, "{}", row.key);
        assert_eq!(row.figures.duty_ms.unwrap_or(0).cast_signed(), wanted, "duty of {}", row.key);
    }
    for row in &partners.items {
        let wanted = book.duty_ms(from, to, |agent| book.partner(agent) == row.key);
        assert_eq!(row.figures.duty_ms.unwrap_or(0).cast_signed(), wanted, "duty of «{}»", row.key);
        let cost = row.figures.cost.expect("a price is given");
        let wanted = 5_000.0 * f64::from(row.figures.answered) / f64::from(row.figures.verified);
        assert!((cost.per_verification.expect("verified some") - wanted).abs() < 1e-9);
    }
    assert!(book.company("nobody").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c4_a_verdict_whose_evidence_comes_after_its_day_was_packed_moves_the_figures_of_that_day_once() {
    let (_folder, db, keys) = store(3).await;
    let by_day = || asked(ReportBy::Day, Filter::default());
    let before = made(&db, by_day()).await;
    let packed: i64 = count(&db, "SELECT count(*) FROM figure_days WHERE body IS NOT NULL").await;
    assert!(packed >= 30, "{packed} days are packed");
    let (call, created) = db
        .read(|c| {
            let sql = "SELECT call_id, created_ms FROM call_figures WHERE end_reason = 'failed'
                       AND evidence = 'missing' ORDER BY created_ms LIMIT 1";
            let found = rows::first(c, sql, [], |row| {
                Ok((CallId(rows::id(row, "call_id")?), rows::time(row, "created_ms")?))
            })?;
            Ok::<_, StoreError>(found.expect("evidence is missing somewhere"))
        })
        .await
        .expect("call");
    let seq = count(&db, "SELECT max(seq) FROM log").await.cast_unsigned() + 1;
    let event = Event::EvidenceTaken {
        call,
        assignment: 1,
        agent: chinhchu_proof::names::agent(0),
        decision: Decision::Confirmed,
        manifest_sha256: "ab".repeat(32),
        standing: VerdictStanding::Late,
    };
    let fact = Fact { at: now(), event };
    let write = db.write(move |tx| rebuild::follow(tx, &keys, std::iter::once((seq, &fact))));
    write.await.map_err(|error: StoreError| error).expect("written");
    let still: i64 = count(&db, "SELECT count(*) FROM figure_days WHERE body IS NOT NULL").await;
    assert_eq!(still, packed - 1, "its day's pack is dropped, and no other");
    for _ in 0..2 {
        let after = made(&db, by_day()).await;
        assert_eq!(after.total.verified, before.total.verified + 1);
        assert_eq!(after.total.calls, before.total.calls);
        for (old, new) in before.items.iter().zip(&after.items) {
            let moved = u32::from(old.key == day_name(day_of(created)));
            assert_eq!(new.figures.verified, old.figures.verified + moved, "{}", old.key);
            assert_eq!(new.figures.late, old.figures.late + moved, "{}", old.key);
            assert_eq!(new.figures.evidence.count, old.figures.evidence.count + moved, "{}", old.key);
        }
    }
}

/// Days and hours are kept in memory: whatever changes, and whenever, the next report is that of somebody who kept
/// nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c4_what_is_kept_in_memory_never_outlives_a_change_of_the_day_that_runs_or_of_one_that_is_over() {
    let (_folder, db, _) = store(3).await;
    let kept = Arc::new(Packs::default());
    let midday = Period::read("2026-12-10", "2026-12-10").expect("day").from.plus_ms(12 * 3_600_000);
    let by = |by| asked(by, Filter::default());
    let mut completed = Vec::new();
    for (round, day) in ["", "2026-12-10", "2026-12-03", "2026-12-10"].into_iter().enumerate() {
        if !day.is_empty() {
            let span = Period::read(day, day).expect("day");
            let change = "UPDATE call_figures SET end_reason = 'failed', decision = NULL WHERE call_id =
                (SELECT call_id FROM call_figures WHERE created_ms >= ?1 AND created_ms < ?2
                   AND end_reason = 'completed' ORDER BY created_ms LIMIT 1)";
            let changed = db.write(move |tx| rows::run(tx, change, [span.from.ms(), span.to.ms()])).await;
            assert_eq!(changed.map_err(|error: StoreError| error).expect("changed"), 1);
        }
        for by in [by(ReportBy::Hour), by(ReportBy::Day), by(ReportBy::Partner)] {
            let kept = kept.clone();
            let read = db.read(move |c| {
                let of = |packs: &Packs| Ok::<_, StoreError>(report::make(c, packs, &by, midday)?.0);
                Ok::<_, StoreError>((of(&kept)?, of(&kept)?, of(&Packs::default())?))
            });
            let (first, second, fresh) = read.await.expect("reports");
            assert_eq!((&first, &second), (&fresh, &fresh), "round {round}");
            completed.push(fresh.total.completed);
        }
    }
    completed.dedup();
    assert!(completed.windows(2).all(|pair| pair[0] == pair[1] + 1), "each change is seen: {completed:?}");
    assert_eq!(completed.len(), 4);
}

async fn count(db: &Db, sql: &'static str) -> i64 {
    let read = db.read(move |c| Ok::<i64, StoreError>(c.query_row(sql, [], |row| row.get(0))?));
    read.await.expect("count")
}

#[test]
fn c4_every_column_is_defined_in_the_docs() {
    let docs = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reports.md"));
    let docs = docs.expect("docs/reports.md");
    for column in COLUMNS {
        assert!(docs.contains(&format!("`{}`", column.id)), "{} is not defined", column.id);
        assert!(column.meaning.ends_with('.'), "{}", column.id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c4_rows_made_anew_from_the_log_are_the_rows_that_were_written_with_it() {
    let (_folder, db, keys) = store(7).await;
    let before = rows_of(&db).await;
    assert!(before.0.len() > 3_000);
    let (again, keys) = (db.clone(), keys.clone());
    tokio::task::spawn_blocking(move || rebuild::anew(&again, &keys)).await.expect("task").expect("anew");
    let after = rows_of(&db).await;
    assert!(before == after, "the rows differ");
}

type Rows = (Vec<chinhchu_server::figures::CallFigures>, Vec<chinhchu_server::figures::OfferFigures>);

async fn rows_of(db: &Db) -> Rows {
    let read = |c: &rusqlite::Connection| {
        let calls = rows::all(c, "SELECT * FROM call_figures ORDER BY call_id", [], sql::read_call)?;
        let offers =
            rows::all(c, "SELECT * FROM offer_figures ORDER BY call_id, offer", [], sql::read_offer)?;
        Ok::<_, StoreError>((calls, offers))
    };
    db.read(read).await.expect("rows")
}
