//! How long a start takes that folds a long log: the chain verified, every fact applied. Then `audit verify` over the
//! same log and an audit as long, with the roots of ten days, in a process of its own: time and memory. A JSON line
//! each. `cargo run --release -p chinhchu-server --example fold_bench [RECORDS]`

use std::path::Path;
use std::time::Instant;

use chinhchu_protocol::agent::{RingProof, WantedStatus};
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode, SessionId, WorkstationId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{
    AgentSocket, CallerSocket, Input, Needs, RULES_VERSION, Settings, Skills, Switchboard,
};
use chinhchu_server::audit::verify::Checker;
use chinhchu_server::audit::{self, Entry, look, root};
use chinhchu_server::cases::tombstones::Tombstones;
use chinhchu_server::clock::Clock;
use chinhchu_server::objects::Keys;
use chinhchu_server::store::{Db, StoreError};
use chinhchu_server::switchboard::{self, Head, Record, sql};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The log and the audit are spread over so many days.
const DAYS: i64 = 10;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A log under way: decided as the driver does, without its commits.
struct Log {
    board: Switchboard,
    head: Head,
    now: Timestamp,
    step_ms: i64,
    pending: Vec<Record>,
}

impl Log {
    fn put(&mut self, input: &Input) -> Result<(), Failure> {
        self.now = self.now.plus_ms(self.step_ms);
        let facts = self.board.decide(self.now, input).map_err(|refusal| refusal.to_string())?;
        if facts.is_empty() {
            return Ok(());
        }
        let record = self.head.next(self.now, RULES_VERSION, input, &facts)?;
        self.head = self.head.follow(&record)?;
        for fact in &facts {
            self.board.apply(fact);
        }
        self.pending.push(record);
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next();
    if let (Some("verify"), Some(folder)) = (first.as_deref(), arguments.next()) {
        return verify(Path::new(&folder));
    }
    let wanted: u64 = first.map_or(Ok(1_000_000), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let db = Db::open(folder.path())?;
    let mut log = Log {
        board: Switchboard::default(),
        head: Head::EMPTY,
        now: Clock::system().now().plus_ms(-DAYS * 86_400_000),
        step_ms: (DAYS * 86_400_000 / i64::try_from(wanted)?).clamp(1, 900),
        pending: Vec::new(),
    };
    let company = CompanyCode("1".to_owned());
    log.put(&Input::Started)?;
    log.put(&Input::SetCompany { company: company.clone(), settings: Settings::default() })?;
    log.put(&Input::SetServing { home: company.clone(), serving: company.clone() })?;
    let (agent, session) = (AgentId(Uuid::from_u128(1)), SessionId(Uuid::from_u128(2)));
    let (partner, active, skills) = (None, true, Skills::default());
    log.put(&Input::SetAgent { agent, company: company.clone(), partner, active, skills })?;
    log.put(&Input::SignIn { agent, session, workstation: WorkstationId(Uuid::from_u128(3)) })?;
    log.put(&Input::AgentConnected { agent, session })?;
    let from = AgentSocket { agent, session, epoch: 1 };
    log.put(&Input::SetStatus { from, status: WantedStatus::Available })?;
    let mut n = 0;
    while log.head.seq < wanted {
        n += 1;
        let call = CallId(Uuid::from_u128(1_000 + n));
        log.put(&Input::TakeIn { call, company: company.clone(), priority: 0, needs: Needs::default() })?;
        log.put(&Input::CallerConnected { call, same_device: true })?;
        log.put(&Input::CallerReady { from: CallerSocket { call, epoch: 1 } })?;
        log.put(&Input::Rang { from, call, offer: 1, proof: RingProof::Sound })?;
        log.put(&Input::Decline { from, call, offer: 1 })?;
        if log.pending.len() > 10_000 {
            write(&db, std::mem::take(&mut log.pending)).await?;
        }
    }
    write(&db, std::mem::take(&mut log.pending)).await?;
    audit(&db, wanted).await?;

    let (keys, stop, began) = (Keys::open(folder.path())?, CancellationToken::new(), Instant::now());
    let (board, task) =
        switchboard::Switchboard::start(db.clone(), keys, Clock::system(), stop.clone()).await?;
    let started = began.elapsed();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let bytes = std::fs::metadata(folder.path().join("chinhchu.db"))?.len();
    let line = json!({
        "bench": "routing", "case": "start", "records": log.head.seq, "start_s": started.as_secs_f64(),
        "log_mib": bytes / 1024 / 1024, "load_1m": load.split(' ').next(), "release": !cfg!(debug_assertions),
    });
    println!("{line}");
    assert!(board.snapshot().head.seq >= log.head.seq);
    stop.cancel();
    task.await?;
    drop(db);
    let verified =
        std::process::Command::new(std::env::current_exe()?).arg("verify").arg(folder.path()).status()?;
    if verified.success() { Ok(()) } else { Err("the check failed".into()) }
}

/// As many deeds as the log has records, spread over the same days.
async fn audit(db: &Db, wanted: u64) -> Result<(), Failure> {
    let began = Clock::system().now().plus_ms(-DAYS * 86_400_000);
    let step = (DAYS * 86_400_000 / i64::try_from(wanted)?).max(1);
    for from in (0..wanted).step_by(20_000) {
        let write = move |tx: &rusqlite::Transaction<'_>| {
            for n in from..(from + 20_000).min(wanted) {
                let subject = audit::call_subject(CallId(Uuid::from_u128(u128::from(1_000 + n / 4))));
                let detail = json!({ "what": "screenshot" });
                let entry = Entry {
                    actor: "person:0192f1d0-0000-7000-8000-000000000001",
                    action: "case.looked_at",
                    subject: &subject,
                    detail: &detail,
                };
                audit::append(tx, began.plus_ms(step * i64::try_from(n).unwrap_or(0)), &entry)?;
            }
            Ok::<_, StoreError>(())
        };
        db.write(write).await?;
    }
    let (keys, now, db) = (Keys::open(db.folder())?, Clock::system().now(), db.clone());
    let began = Instant::now();
    let made = tokio::task::spawn_blocking(move || root::make_due(&db, &keys, now, "bench")).await??;
    let line = json!({ "bench": "routing", "case": "day roots", "roots": made.len(),
        "s": began.elapsed().as_secs_f64() });
    println!("{line}");
    Ok(())
}

/// What `audit verify` does on a folder.
fn verify(folder: &Path) -> Result<(), Failure> {
    let trusted = vec![Keys::open(folder)?.signing().public()];
    let began = Instant::now();
    let look = look::open(folder)?;
    let mut checker = Checker::new(trusted);
    look::check(&look.connection, &Tombstones::noted(&look.connection, folder)?, &mut checker)?;
    let report = checker.finish();
    let took = began.elapsed().as_secs_f64();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let line = json!({
        "bench": "routing", "case": "verify", "log_records": report.log_records,
        "audit_records": report.audit_records, "roots": report.roots, "sound": report.sound, "s": took,
        "peak": peak.map(str::trim), "load_1m": load.split(' ').next(), "release": !cfg!(debug_assertions),
    });
    println!("{line}");
    if report.sound { Ok(()) } else { Err(format!("not sound: {:?}", report.breaks).into()) }
}

async fn write(db: &Db, records: Vec<Record>) -> Result<(), StoreError> {
    let write =
        move |tx: &rusqlite::Transaction<'_>| records.iter().try_for_each(|record| sql::append(tx, record));
    db.write(write).await
}
