//! How fast a workstation rings: real server, real sockets, 1,000 signed-in agents, durable commits. One JSON
//! line per case. Server and clients share this process and the machine's cores.
//!
//! `arrival`: the page says ready → an agent's workstation has the offer. `redirect`: the ring time of agent 1
//! is over → the next workstation has the offer, and whether that was the same agent again.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chinhchu_protocol::agent::{
    AgentActivity, AgentProfile, AgentToServer, OfferView, RingProof, ServerToAgent, WantedStatus,
    WorkstationInfo,
};
use chinhchu_protocol::caller::CallerToServer;
use chinhchu_protocol::case::{Case, Payment};
use chinhchu_protocol::console::policy::PolicyCustomers;
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode, SessionId, WorkstationId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::workstation::WorkstationState;
use chinhchu_routing::Input;
use chinhchu_server::agents::sql::{self, NewSession};
use chinhchu_server::config::Config;
use chinhchu_server::http::App;
use chinhchu_server::objects::CaseKey;
use chinhchu_server::policy::sql::rule_on;
use chinhchu_server::policy::vietnam_day;
use chinhchu_server::run::start;
use chinhchu_server::store::StoreError;
use chinhchu_server::switchboard::Intake;
use chinhchu_server::workstations;
use chinhchu_server::workstations::sql::StoredKey;
use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tokio_util::sync::CancellationToken;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;
type Failure = Box<dyn std::error::Error + Send + Sync>;

const AGENTS: usize = 1_000;
const RING_MS: u32 = 1_500;
/// Calls a second, and for how many seconds.
const RATES: [(u64, u64); 5] = [(10, 10), (50, 6), (100, 5), (150, 4), (200, 4)];
const REDIRECTS: u64 = 120;
/// Redirected calls a second.
const REDIRECT_RATE: u64 = 20;

/// What the workstations see and measure.
#[derive(Default)]
struct Measured {
    /// Agents leave the first ring of a call unanswered.
    miss_first: AtomicBool,
    ready_at: Mutex<HashMap<CallId, Instant>>,
    /// Who missed, and when the ring was over.
    missed: Mutex<HashMap<CallId, (AgentId, Timestamp)>>,
    /// Milliseconds, and whether the same agent rang again.
    results: Mutex<Vec<(f64, bool)>>,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let server = start(listener, Config::for_data(folder.path()), CancellationToken::new()).await?;
    let (app, url) = (server.app().clone(), server.base_url().replace("http://", "ws://"));
    rules(&app).await?;
    let measured = Arc::new(Measured::default());
    let began = Instant::now();
    for n in 0..AGENTS {
        agent(&app, &url, n, measured.clone()).await?;
    }
    eprintln!("{AGENTS} agents signed in after {:?}", began.elapsed());
    for (rate, seconds) in RATES {
        arrive(&app, &url, &measured, rate, rate * seconds).await?;
        report(&measured, "arrival", rate, rate * seconds);
    }
    measured.miss_first.store(true, Ordering::Relaxed);
    arrive(&app, &url, &measured, REDIRECT_RATE, REDIRECTS).await?;
    report(&measured, "redirect", REDIRECT_RATE, REDIRECTS);
    Ok(())
}

async fn rules(app: &App) -> Result<(), Failure> {
    let settings = json!({"ring_timeout_ms": RING_MS, "ring_confirm_ms": 1_000, "pause_after_missed": 0,
        "max_queue_len": 10_000});
    let write = move |tx: &rusqlite::Transaction<'_>| {
        tx.execute("UPDATE companies SET settings = ?1 WHERE code = '1'", [settings.to_string()])?;
        Ok::<_, StoreError>(())
    };
    app.db.write(write).await?;
    app.switchboard.configure().await?;
    Ok(())
}

/// A key that waits for approval.
fn key_of(workstation_id: WorkstationId, requested_by: AgentId, now: Timestamp) -> StoredKey {
    let seed = chinhchu_evidence::hex::sha256(workstation_id.0.as_bytes());
    let public = chinhchu_evidence::SigningKey::from_bytes(&seed).public();
    StoredKey {
        key_id: public.id().to_string(),
        workstation_id,
        name: "bench".to_owned(),
        public_key: public.to_string(),
        state: WorkstationState::Pending,
        requested_at: now,
        requested_by,
        decided_at: None,
        decided_by: None,
        reason: None,
        enrolment: None,
        replaced: false,
    }
}

/// Makes an agent at an approved workstation, signs it in (past the limit of sign-ins an address has), connects it and lets it work.
async fn agent(app: &App, url: &str, n: usize, measured: Arc<Measured>) -> Result<(), Failure> {
    let (agent_id, session_id) = (AgentId(app.clock.new_id()), SessionId(app.clock.new_id()));
    let (now, token) = (app.clock.now(), format!("cas_{}", app.clock.new_id()));
    let profile = AgentProfile {
        agent_id,
        username: format!("agent{n}"),
        name: format!("NVHT {n}"),
        company: CompanyCode("1".to_owned()),
        partner: None,
    };
    let workstation_id = WorkstationId(app.clock.new_id());
    let session = NewSession {
        session_id,
        agent_id,
        token_hash: Sha256::digest(token.as_bytes()).into(),
        workstation: WorkstationInfo { workstation_id, version: "0".to_owned(), os: "linux".to_owned() },
        expires_at: now.plus_ms(3_600_000),
    };
    let (key, keys) = (key_of(workstation_id, agent_id, now), app.keys.clone());
    let write = move |tx: &rusqlite::Transaction<'_>| {
        sql::insert_agent(tx, &profile, "-", now)?;
        sql::insert_session(tx, &session, now)?;
        workstations::sql::insert(tx, &key)?;
        workstations::sql::prove(tx, session_id, &key.key_id)?;
        workstations::decide::approve(tx, &keys, &key, "bench", now)
    };
    app.db.write(write).await?;
    let company = CompanyCode("1".to_owned());
    let skills = chinhchu_routing::Skills::default();
    let set = Input::SetAgent { agent: agent_id, company, partner: None, active: true, skills };
    app.switchboard.drive(set).await?;
    app.switchboard
        .drive(Input::SignIn { agent: agent_id, session: session_id, workstation: workstation_id })
        .await?;
    let mut socket = open(url, "/v1/agent/socket", Some(&token)).await?;
    send(&mut socket, &AgentToServer::Hello { version: chinhchu_protocol::VERSION, ring_device: false })
        .await?;
    send(&mut socket, &AgentToServer::SetStatus { status: WantedStatus::Available }).await?;
    let clock = app.clock.clone();
    let (ready, works) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let mut ready = Some(ready);
        let mut last = None;
        while let Some(Ok(message)) = socket.next().await {
            let Message::Text(text) = message else { continue };
            let Ok(ServerToAgent::View { view, .. }) = serde_json::from_str(&text) else { continue };
            match view.activity {
                AgentActivity::Ringing { offer } if last != Some((offer.call_id, offer.offer)) => {
                    last = Some((offer.call_id, offer.offer));
                    if rings(&mut socket, &measured, agent_id, &offer, clock.now()).await.is_err() {
                        return;
                    }
                }
                AgentActivity::Available { .. } => drop(ready.take().map(|ready| ready.send(()))),
                _ => {}
            }
        }
    });
    works.await?;
    Ok(())
}

async fn rings(
    socket: &mut Socket,
    measured: &Measured,
    agent: AgentId,
    offer: &OfferView,
    now: Timestamp,
) -> Result<(), Failure> {
    let (call_id, number) = (offer.call_id, offer.offer);
    let lock = |error: PoisonError<_>| error.into_inner();
    let miss = measured.miss_first.load(Ordering::Relaxed) && number == 1;
    if miss {
        let missed = (agent, offer.expires_at);
        measured.missed.lock().unwrap_or_else(PoisonError::into_inner).insert(call_id, missed);
    } else if let Some((who, over)) =
        measured.missed.lock().unwrap_or_else(PoisonError::into_inner).remove(&call_id)
    {
        let ms = f64::from(i32::try_from(now.ms_since(over))?);
        measured.results.lock().unwrap_or_else(lock).push((ms, who == agent));
    } else if let Some(ready) =
        measured.ready_at.lock().unwrap_or_else(PoisonError::into_inner).remove(&call_id)
    {
        measured.results.lock().unwrap_or_else(lock).push((ready.elapsed().as_secs_f64() * 1e3, false));
    }
    send(socket, &AgentToServer::Rang { call_id, offer: number, proof: RingProof::Visual }).await?;
    if miss { Ok(()) } else { send(socket, &AgentToServer::Decline { call_id, offer: number }).await }
}

/// Lets calls come at a steady rate, whatever becomes of those before, and waits for all of them.
async fn arrive(
    app: &App,
    url: &str,
    measured: &Arc<Measured>,
    rate: u64,
    count: u64,
) -> Result<(), Failure> {
    let mut pages = Vec::new();
    for _ in 0..count {
        pages.push(page(app, url).await?);
    }
    let mut tick = tokio::time::interval(Duration::from_micros(1_000_000 / rate));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
    for (call, socket) in &mut pages {
        tick.tick().await;
        measured.ready_at.lock().unwrap_or_else(PoisonError::into_inner).insert(*call, Instant::now());
        send(socket, &CallerToServer::Ready { consent: None }).await?;
    }
    let until = Instant::now() + Duration::from_mins(1);
    let done = || measured.results.lock().unwrap_or_else(PoisonError::into_inner).len() as u64 >= count;
    while !done() && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

async fn page(app: &App, url: &str) -> Result<(CallId, SplitSink<Socket, Message>), Failure> {
    let (call_id, now) = (CallId(app.clock.new_id()), app.clock.now());
    let case: Case = serde_json::from_value(json!({
        "external_id": "E", "dealer": {"account": "d", "name": "ĐL"},
        "subscriber": {"msisdn": "0900000000", "payment": "prepaid", "sub_type": "MC", "customer_type": "individual"},
        "customer": {"full_name": "N", "date_of_birth": "1990-01-01", "id_kind": "cccd", "id_number": "000000000000",
                     "id_issued_on": "2021-01-01"},
        "consent": {"given_at": "2026-11-23T09:15:00+07:00", "text_version": "2026-04"}
    }))?;
    let today = vietnam_day(now);
    let rule =
        app.db.read(move |c| rule_on(c, Payment::Prepaid, Some("MC"), PolicyCustomers::IndividualVi2, today));
    let held = rule.await?.map_err(|_| "no rule holds")?;
    let intake = Intake {
        call_id,
        company: CompanyCode("1".to_owned()),
        idempotency_key: call_id.to_string(),
        parts_sha256: [0; 32],
        case,
        case_key: CaseKey::generate(),
        pictures: Vec::new(),
        policy: held,
        received_at: now,
    };
    app.switchboard.take_in(intake).await?;
    let mut socket = open(url, "/v1/caller/socket", None).await?;
    let hello = CallerToServer::Hello {
        version: chinhchu_protocol::VERSION,
        call_token: app.keys.call_token(call_id, now),
        device_secret: "s".repeat(32),
        page_id: "p".to_owned(),
    };
    send(&mut socket, &hello).await?;
    // The first view: connected.
    socket.next().await.ok_or("closed")??;
    let (says, mut hears) = socket.split();
    // Reading answers the server's pings.
    tokio::spawn(async move { while let Some(Ok(_)) = hears.next().await {} });
    Ok((call_id, says))
}

async fn open(url: &str, path: &str, token: Option<&str>) -> Result<Socket, Failure> {
    let mut request = format!("{url}{path}").into_client_request()?;
    if let Some(token) = token {
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse()?);
    }
    Ok(connect_async(request).await?.0)
}

async fn send<S>(socket: &mut S, frame: &impl Serialize) -> Result<(), Failure>
where
    S: SinkExt<Message, Error = tokio_tungstenite::tungstenite::Error> + Unpin,
{
    Ok(socket.send(Message::text(serde_json::to_string(frame)?)).await?)
}

fn report(measured: &Measured, case: &str, rate: u64, count: u64) {
    let mut results = std::mem::take(&mut *measured.results.lock().unwrap_or_else(PoisonError::into_inner));
    results.sort_by(|one, two| one.0.total_cmp(&two.0));
    let at =
        |percent: usize| results.get((results.len() * percent / 100).min(results.len().saturating_sub(1)));
    let of = |percent| at(percent).map(|(ms, _)| (ms * 10.0).round() / 10.0);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let line = json!({
        "bench": "routing", "case": case, "agents": AGENTS, "calls_per_s": rate, "calls": count, "rang": results.len(),
        "p50_ms": of(50), "p99_ms": of(99), "max_ms": of(100),
        "same_agent_again": results.iter().filter(|(_, same)| *same).count(),
        "load_1m": load.split(' ').next(), "release": !cfg!(debug_assertions),
    });
    println!("{line}");
}
