//! What runs while everything is measured: agents on duty, calls in conversation and in line, and calls whose evidence
//! is missing since yesterday. All of it decided by the real switchboard, with its log.

use std::path::Path;
use std::time::Duration;

use chinhchu_protocol::agent::{LostSide, RingProof, WantedStatus};
use chinhchu_protocol::call::Decision;
use chinhchu_protocol::ids::{CallId, CompanyCode, SessionId, WorkstationId};
use chinhchu_protocol::policy::{CallPolicy, VideoCall};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{AgentSocket, CallerSocket, Event, Fact, Input, Needs, SignOutReason};
use chinhchu_server::cases::{self, StoredCase};
use chinhchu_server::clock::Clock;
use chinhchu_server::http::App;
use chinhchu_server::objects::CaseKey;
use chinhchu_server::store::{Db, StoreError, rows};
use futures_util::future::try_join_all;

use super::made_up::{self, SERVING, agent};
use super::{Failure, fill};

/// The server starts this long before the evening.
pub const BEFORE_MS: i64 = 25 * 3_600_000;
const ON_DUTY: u64 = 600;
const IN_CALL: u64 = 300;
const WAITING: u64 = 240;
const OWED: u64 = 120;
/// Things asked of the switchboard at once: one of each company.
const AT_ONCE: usize = SERVING.len();

/// Calls that have not ended.
pub struct Live {
    in_call: Vec<CallId>,
    waiting: Vec<CallId>,
}

/// Whether an earlier run on this folder has left the calls that owe evidence.
pub fn owes_already(folder: &Path) -> Result<bool, Failure> {
    let db = Db::open(folder)?;
    Ok(db.read_blocking(owed)? >= OWED)
}

fn owed(connection: &rusqlite::Connection) -> Result<u64, StoreError> {
    fill::count(connection, "call_figures WHERE evidence = 'missing'")
}

/// Sets everything up; the clock stands at the evening then, or where the log ends.
pub async fn set_up(app: &App, clock: &Clock, evening: Timestamp) -> Result<Live, Failure> {
    // What an earlier run on this folder left behind, if it was broken off.
    let left: Vec<CallId> = app.switchboard.snapshot().state.live_calls().collect();
    for call in left {
        drop(app.switchboard.drive(Input::Cancel { call }).await);
    }
    if clock.now() < evening {
        let sockets = on_duty(app, OWED).await?;
        let mut calls = Vec::new();
        for some in sockets.chunks(AT_ONCE) {
            calls.extend(try_join_all(some.iter().map(|socket| conversation(app, clock, *socket))).await?);
        }
        for some in calls.iter().zip(&sockets).collect::<Vec<_>>().chunks(AT_ONCE) {
            try_join_all(some.iter().map(|(call, socket)| sealed(app, **call, **socket))).await?;
        }
        for socket in sockets {
            let AgentSocket { agent, session, .. } = socket;
            app.switchboard.drive(Input::SignOut { agent, session, why: SignOutReason::Agent }).await?;
        }
        clock.advance(Duration::from_millis(u64::try_from(evening.ms_since(clock.now()))?));
        while app.db.read(owed).await? < OWED {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let sockets = on_duty(app, ON_DUTY).await?;
    let mut in_call = Vec::new();
    for some in sockets.get(..usize::try_from(IN_CALL)?).unwrap_or_default().chunks(AT_ONCE) {
        in_call.extend(try_join_all(some.iter().map(|socket| conversation(app, clock, *socket))).await?);
    }
    let mut waiting = Vec::new();
    for n in 0..WAITING {
        let home = CompanyCode(SERVING[usize::try_from(n)? % AT_ONCE].to_owned());
        waiting.push(ready(app, clock, home).await?.0);
    }
    Ok(Live { in_call, waiting })
}

/// Signs the first agents in.
async fn on_duty(app: &App, count: u64) -> Result<Vec<AgentSocket>, Failure> {
    let all: Vec<u64> = (0..count).collect();
    let mut sockets = Vec::new();
    for some in all.chunks(60) {
        sockets.extend(try_join_all(some.iter().map(|n| signed_in(app, *n))).await?);
    }
    Ok(sockets)
}

async fn signed_in(app: &App, n: u64) -> Result<AgentSocket, Failure> {
    let (agent, session) = (agent(n), SessionId(app.clock.new_id()));
    let workstation = WorkstationId(app.clock.new_id());
    app.switchboard.drive_fresh(Input::SignIn { agent, session, workstation }, None).await?;
    let done = app.switchboard.drive(Input::AgentConnected { agent, session }).await?;
    let epoch = done.facts.iter().find_map(|fact| match fact.event {
        Event::AgentConnected { epoch, .. } => Some(epoch),
        _ => None,
    });
    Ok(AgentSocket { agent, session, epoch: epoch.ok_or("the workstation is not connected")? })
}

/// A call in line, and what came of it at once.
async fn ready(app: &App, clock: &Clock, home: CompanyCode) -> Result<(CallId, Vec<Fact>), Failure> {
    let (call, now) = (CallId(clock.new_id()), clock.now());
    let rules = app.db.read(fill::rules).await?;
    let made = made_up::call(u64::from(call.0.as_fields().0) % 1_000, 1_000, now, &rules);
    let (keys, company) = (app.keys.clone(), home.clone());
    let stored = StoredCase {
        call_id: call,
        company: home.clone(),
        case: made.case,
        policy: CallPolicy { video_call: VideoCall::Mandatory, rule_id: made.rule },
        created_at: now,
        key: CaseKey::generate(),
    };
    app.db.write(move |tx| cases::sql::insert(tx, &keys, &stored)).await?;
    let board = &app.switchboard;
    board.drive(Input::TakeIn { call, company, priority: 0, needs: Needs::default() }).await?;
    let done = board.drive(Input::CallerConnected { call, same_device: true }).await?;
    let epoch = done.facts.iter().find_map(|fact| match fact.event {
        Event::CallerConnected { epoch, .. } => Some(epoch),
        _ => None,
    });
    let from = CallerSocket { call, epoch: epoch.ok_or("the page is not connected")? };
    Ok((call, board.drive(Input::CallerReady { from }).await?.facts))
}

/// A call in conversation with this agent, the only one of its company who is free.
async fn conversation(app: &App, clock: &Clock, from: AgentSocket) -> Result<CallId, Failure> {
    let place = usize::try_from(from.agent.0.as_u128() & 0xffff)? % SERVING.len();
    app.switchboard.drive(Input::SetStatus { from, status: WantedStatus::Available }).await?;
    let (call, facts) = ready(app, clock, CompanyCode(SERVING[place].to_owned())).await?;
    let offer = facts.iter().find_map(|fact| match &fact.event {
        Event::Offered { offer, agent, .. } if *agent == from.agent => Some(*offer),
        _ => None,
    });
    let offer = offer.ok_or("a call was not offered to the agent who is free")?;
    let board = &app.switchboard;
    board.drive(Input::Rang { from, call, offer, proof: RingProof::Sound }).await?;
    board.drive(Input::Accept { from, call, offer }).await?;
    board.drive(Input::MediaFlowing { call, assignment: 1 }).await?;
    Ok(call)
}

/// The verdict is told and its evidence never comes.
async fn sealed(app: &App, call: CallId, from: AgentSocket) -> Result<(), Failure> {
    let (assignment, decision, manifest_sha256) = (1, Decision::Confirmed, "5e".repeat(32));
    let told = Input::VerdictSealed { from, call, assignment, decision, manifest_sha256 };
    app.switchboard.drive(told).await?;
    Ok(())
}

impl Live {
    /// A second passes; nobody falls silent.
    pub fn second(&self, app: &App, clock: &Clock) {
        for call in &self.in_call {
            app.switchboard.heartbeat(LostSide::Caller, *call, 1, Some(40));
            app.switchboard.heartbeat(LostSide::Agent, *call, 1, Some(40));
        }
        clock.advance(Duration::from_secs(1));
    }

    /// A call of this hour changes, as several do in every second.
    pub async fn change(&self, app: &App) -> Result<(), Failure> {
        let Some(call) = self.waiting.first().copied() else { return Ok(()) };
        let touch = "UPDATE call_figures SET reconnects = reconnects + 1 WHERE call_id = ?1";
        app.db.write(move |tx| rows::run(tx, touch, [call.0.as_bytes()])).await?;
        Ok(())
    }

    /// Ends what has not ended, so that the folder can be used again.
    pub async fn end(&self, app: &App) -> Result<(), Failure> {
        for call in self.in_call.iter().chain(&self.waiting) {
            app.switchboard.drive(Input::Cancel { call: *call }).await?;
        }
        Ok(())
    }
}
