//! How long a start takes that folds a long log: the chain verified, every fact applied. One JSON line.
//! `cargo run --release -p chinhchu-server --example fold_bench [RECORDS]`

use std::time::Instant;

use chinhchu_protocol::agent::{RingProof, WantedStatus};
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode, SessionId, WorkstationId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{
    AgentSocket, CallerSocket, Input, Needs, RULES_VERSION, Settings, Skills, Switchboard,
};
use chinhchu_server::clock::Clock;
use chinhchu_server::objects::Keys;
use chinhchu_server::store::{Db, StoreError};
use chinhchu_server::switchboard::{self, Head, Record, sql};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A log under way: decided as the driver does, without its commits.
struct Log {
    board: Switchboard,
    head: Head,
    now: Timestamp,
    pending: Vec<Record>,
}

impl Log {
    fn put(&mut self, input: &Input) -> Result<(), Failure> {
        self.now = self.now.plus_ms(7);
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
    let wanted: u64 = std::env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let db = Db::open(folder.path())?;
    let mut log = Log {
        board: Switchboard::default(),
        head: Head::EMPTY,
        now: Clock::system().now().plus_ms(-86_400_000),
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
    Ok(())
}

async fn write(db: &Db, records: Vec<Record>) -> Result<(), StoreError> {
    let write =
        move |tx: &rusqlite::Transaction<'_>| records.iter().try_for_each(|record| sql::append(tx, record));
    db.write(write).await
}
