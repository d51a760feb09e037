//! A small server with the agent's routes: real HTTP, real WebSocket, a scripted mind.

mod answers;
mod registry;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chinhchu_protocol::agent::*;
use chinhchu_protocol::call::{ImageKind, ImageRef};
use chinhchu_protocol::case::*;
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode, RuleId, SessionId};
use chinhchu_protocol::policy::{CallPolicy, VideoCall};
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_protocol::signal::Signal;
use chinhchu_protocol::time::Timestamp;
use tokio::sync::{broadcast, mpsc, watch};
use uuid::Uuid;

use self::answers::Answers;
use self::registry::Registry;

pub use self::answers::Fault;
pub use self::registry::CODE;

pub const CALL: CallId = CallId(Uuid::from_u128(7));
/// Must not be found on any disk.
pub const FULL_NAME: &str = "NGUYỄN THỊ KHÔNG LỘ TÊN";
const TOKEN: &str = "session-token";
/// Of everybody but hoa: no evidence of hers is taken by it.
const OTHER_TOKEN: &str = "other-session-token";

type Parts = BTreeMap<String, Vec<u8>>;

#[derive(Clone)]
struct Mind {
    activity: Arc<Mutex<(u64, AgentActivity)>>,
    /// Frames to every open socket; `None` cuts them.
    out: broadcast::Sender<Option<ServerToAgent>>,
    heard: mpsc::UnboundedSender<AgentToServer>,
    uploads: Arc<Mutex<Vec<Parts>>>,
    refuse: Arc<AtomicBool>,
    standing: Arc<Mutex<VerdictStanding>>,
    /// Sockets up to this number say nothing any more, and hear nothing.
    hushed: Arc<AtomicU32>,
    sockets: watch::Sender<u32>,
    away: Arc<AtomicBool>,
    slams: Arc<AtomicBool>,
    /// So many accepts and sealed messages are not taken.
    not_taken: Arc<AtomicU32>,
    tried: Arc<AtomicU32>,
    closed: Arc<Mutex<Option<&'static str>>>,
    incarnation: Arc<AtomicU32>,
    registry: Registry,
    answers: Answers,
}

pub struct Server {
    pub url: String,
    mind: Mind,
    heard: mpsc::UnboundedReceiver<AgentToServer>,
}

impl Server {
    pub async fn start() -> Self {
        let (sender, heard) = mpsc::unbounded_channel();
        let since = Timestamp::from_ms(0);
        let mind = Mind {
            activity: Arc::new(Mutex::new((1, AgentActivity::Available { since }))),
            out: broadcast::channel(64).0,
            heard: sender,
            uploads: Arc::default(),
            refuse: Arc::default(),
            standing: Arc::new(Mutex::new(VerdictStanding::Counts)),
            hushed: Arc::default(),
            sockets: watch::channel(0).0,
            away: Arc::default(),
            slams: Arc::default(),
            not_taken: Arc::default(),
            tried: Arc::default(),
            closed: Arc::default(),
            incarnation: Arc::new(AtomicU32::new(1)),
            registry: Registry::default(),
            answers: Answers::default(),
        };
        let app = axum::Router::new()
            .route("/v1/agent/sessions", post(sign_in))
            .route("/v1/agent/me", get(me))
            .route("/v1/agent/socket", get(socket))
            .route("/v1/agent/calls/{id}", get(case))
            .route("/v1/agent/calls/{id}/images/{kind}", get(image))
            .merge(registry::routes())
            .merge(answers::routes())
            .with_state(mind.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let url = format!("http://{}", listener.local_addr().expect("address"));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, mind, heard }
    }

    pub fn show(&self, activity: AgentActivity) {
        let frame = {
            let mut current = self.mind.activity.lock().expect("lock");
            *current = (current.0 + 1, activity);
            view(&current, &self.mind)
        };
        let _ = self.mind.out.send(Some(frame));
    }

    /// A backup was put back: what came since it was made is lost.
    pub fn is_restored(&self) {
        self.mind.incarnation.fetch_add(1, Ordering::SeqCst);
        self.mind.uploads.lock().expect("lock").clear();
        self.forget_chunks();
        self.show(AgentActivity::Available { since: Timestamp::from_ms(0) });
    }

    pub fn signal(&self, n: u32, signal: Signal) {
        let frame = ServerToAgent::Signal { call_id: CALL, assignment: 1, n, signal };
        let _ = self.mind.out.send(Some(frame));
    }

    pub fn close_session(&self) {
        let reason = SessionCloseReason::SignedInElsewhere;
        let _ = self.mind.out.send(Some(ServerToAgent::SessionClosed { reason }));
    }

    /// The open sockets stay open and go dead: a network that is gone.
    pub fn hush(&self) {
        self.mind.hushed.store(*self.mind.sockets.borrow(), Ordering::SeqCst);
    }

    /// How many sockets were opened.
    pub fn sockets(&self) -> u32 {
        *self.mind.sockets.borrow()
    }

    /// Waits for the socket with this number, from 1.
    pub async fn socket(&self, number: u32) {
        let mut sockets = self.mind.sockets.subscribe();
        let wait = sockets.wait_for(|open| *open >= number);
        let waited = tokio::time::timeout(Duration::from_secs(20), wait).await;
        waited.unwrap_or_else(|_| panic!("never: socket {number}")).expect("server runs");
    }

    /// Sockets are refused, as by a proxy whose server is away.
    pub fn go_away(&self, away: bool) {
        self.mind.away.store(away, Ordering::SeqCst);
    }

    /// Sockets are opened and closed at once, as by a server whose queue is full.
    pub fn slam(&self, slams: bool) {
        self.mind.slams.store(slams, Ordering::SeqCst);
    }

    /// The next so many accepts and sealed messages are heard and not taken, as while the store fails.
    pub fn take_not(&self, times: u32) {
        self.mind.not_taken.store(times, Ordering::SeqCst);
    }

    /// How often a socket was asked for.
    pub fn tried(&self) -> u32 {
        self.mind.tried.load(Ordering::SeqCst)
    }

    /// Waits until a socket was asked for so often.
    pub async fn tries(&self, enough: u32, within: Duration) {
        let tried = async {
            while self.tried() < enough {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(within, tried).await;
        waited.unwrap_or_else(|_| panic!("{} of {enough} attempts", self.tried()));
    }

    /// The session is over, and the workstation was not there to hear it.
    pub fn close_quietly(&self, why: &'static str) {
        *self.mind.closed.lock().expect("lock") = Some(why);
    }

    pub fn judge_verdicts(&self, standing: VerdictStanding) {
        *self.mind.standing.lock().expect("lock") = standing;
    }

    pub fn cut(&self) {
        let _ = self.mind.out.send(None);
    }

    pub fn refuse_uploads(&self, refuse: bool) {
        self.mind.refuse.store(refuse, Ordering::SeqCst);
    }

    pub fn uploads(&self) -> Vec<Parts> {
        self.mind.uploads.lock().expect("lock").clone()
    }

    /// Waits for a message, doing something first.
    pub async fn expect(
        &mut self,
        what: &str,
        is: impl Fn(&AgentToServer) -> bool,
        first: impl FnOnce(),
    ) -> AgentToServer {
        // The view must have arrived before the screen can have painted it.
        if what == "rang" {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        first();
        let wait = async {
            loop {
                let message = self.heard.recv().await.expect("server runs");
                if is(&message) {
                    return message;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait).await.unwrap_or_else(|_| panic!("never: {what}"))
    }
}

fn profile() -> AgentProfile {
    AgentProfile {
        agent_id: AgentId(Uuid::from_u128(1)),
        username: "hoa".into(),
        name: "Hoà".into(),
        company: CompanyCode("1".into()),
        partner: None,
    }
}

fn far() -> Timestamp {
    Timestamp::from_ms(4_000_000_000_000)
}

pub fn ringing() -> AgentActivity {
    AgentActivity::Ringing {
        offer: OfferView {
            call_id: CALL,
            offer: 1,
            company: CompanyCode("1".into()),
            dealer_name: "ĐL".into(),
            payment: Payment::Prepaid,
            sub_type: None,
            customer_type: CustomerType::Individual,
            waiting_since: Timestamp::from_ms(0),
            expires_at: Timestamp::from_ms(60_000),
        },
    }
}

pub fn in_call() -> AgentActivity {
    let call = AgentCall {
        call_id: CALL,
        assignment: 1,
        ice_servers: Vec::new(),
        compare_again: false,
        changes: 0,
        accepted_at: Timestamp::from_ms(0),
        challenge: "c".repeat(32),
    };
    AgentActivity::InCall { call, since: Timestamp::from_ms(0) }
}

fn view((seq, activity): &(u64, AgentActivity), mind: &Mind) -> ServerToAgent {
    let view = AgentView {
        agent: profile(),
        activity: activity.clone(),
        queue: QueueSummary::default(),
        today: AgentToday::default(),
        reject_reasons: Vec::new(),
        pause_reasons: Vec::new(),
        workstation: mind.registry.state(),
    };
    let incarnation = mind.incarnation.load(Ordering::SeqCst);
    ServerToAgent::View { incarnation, seq: *seq, now: Timestamp::from_ms(0), view }
}

fn problem(code: ErrorCode) -> Response {
    let status = StatusCode::from_u16(code.status()).expect("status");
    (status, Json(Problem::new(code, "test"))).into_response()
}

fn allowed(headers: &HeaderMap) -> bool {
    headers.get(header::AUTHORIZATION).is_some_and(|value| value == &format!("Bearer {TOKEN}"))
}

/// Whoever it is.
fn known(headers: &HeaderMap) -> bool {
    let is =
        |token| headers.get(header::AUTHORIZATION).is_some_and(|value| value == &format!("Bearer {token}"));
    is(TOKEN) || is(OTHER_TOKEN)
}

async fn sign_in(State(mind): State<Mind>, Json(body): Json<SignIn>) -> Response {
    if body.password != "right" {
        return problem(ErrorCode::SignInFailed);
    }
    let is_hoa = body.username == "hoa";
    let (session_token, number) = if is_hoa { (TOKEN, 2) } else { (OTHER_TOKEN, 3) };
    let (session_token, session_id) = (session_token.to_owned(), SessionId(Uuid::from_u128(number)));
    let other = || AgentProfile {
        agent_id: AgentId(Uuid::from_u128(9)),
        username: body.username.clone(),
        ..profile()
    };
    let agent = if is_hoa { profile() } else { other() };
    mind.registry.arrived(body.workstation.workstation_id);
    let workstation = mind.registry.standing();
    Json(SignedIn { session_token, session_id, expires_at: far(), agent, workstation }).into_response()
}

async fn me(State(mind): State<Mind>, headers: HeaderMap) -> Response {
    if let Some(why) = *mind.closed.lock().expect("lock") {
        let problem = Problem::new(ErrorCode::TokenRevoked, "test").with("session", why);
        return (StatusCode::UNAUTHORIZED, Json(problem)).into_response();
    }
    if known(&headers) { Json(profile()).into_response() } else { problem(ErrorCode::TokenInvalid) }
}

async fn socket(State(mind): State<Mind>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    mind.tried.fetch_add(1, Ordering::SeqCst);
    if !known(&headers) || mind.closed.lock().expect("lock").is_some() {
        return problem(ErrorCode::TokenInvalid);
    }
    if mind.away.load(Ordering::SeqCst) {
        return problem(ErrorCode::Unavailable);
    }
    if mind.slams.load(Ordering::SeqCst) {
        return upgrade.on_upgrade(|socket| async { drop(socket) });
    }
    upgrade.on_upgrade(move |socket| converse(socket, mind))
}

async fn converse(mut socket: WebSocket, mind: Mind) {
    let mut out = mind.out.subscribe();
    let mut number = 0;
    mind.sockets.send_modify(|sockets| {
        *sockets += 1;
        number = *sockets;
    });
    let hushed = || mind.hushed.load(Ordering::SeqCst) >= number;
    loop {
        let frame = tokio::select! {
            frame = out.recv() => match frame {
                Ok(Some(frame)) => frame,
                Ok(None) | Err(_) => return,
            },
            message = socket.recv() => {
                let Some(Ok(Message::Text(text))) = message else { return };
                let message: AgentToServer = serde_json::from_str(&text).expect("a frame of the protocol");
                if hushed() {
                    continue;
                }
                let _ = mind.heard.send(message.clone());
                match message {
                    AgentToServer::Hello { .. } => view(&mind.activity.lock().expect("lock"), &mind),
                    AgentToServer::Ping { sent_at } => {
                        ServerToAgent::Pong { sent_at, now: Timestamp::from_ms(0) }
                    }
                    AgentToServer::Accept { .. } | AgentToServer::VerdictSealed { .. }
                        if mind.not_taken.load(Ordering::SeqCst) > 0 =>
                    {
                        mind.not_taken.fetch_sub(1, Ordering::SeqCst);
                        ServerToAgent::Problem { problem: Problem::new(ErrorCode::Unavailable, "test") }
                    }
                    _ => continue,
                }
            }
        };
        if hushed() {
            continue;
        }
        let json = serde_json::to_string(&frame).expect("json");
        if socket.send(Message::Text(json.into())).await.is_err() {
            return;
        }
    }
}

async fn case(headers: HeaderMap) -> Response {
    if !allowed(&headers) {
        return problem(ErrorCode::TokenInvalid);
    }
    Json(AgentCase {
        call_id: CALL,
        company: CompanyCode("1".into()),
        case: Case {
            external_id: "E".into(),
            dealer: Dealer { account: "d".into(), name: "ĐL".into() },
            subscriber: Subscriber {
                msisdn: "0900000000".into(),
                payment: Payment::Prepaid,
                sub_type: None,
                customer_type: CustomerType::Individual,
            },
            customer: Customer {
                full_name: FULL_NAME.into(),
                date_of_birth: "1990-01-01".into(),
                id_kind: IdKind::Cccd,
                id_number: "000000000000".into(),
                id_issued_on: "2021-01-01".into(),
                address: None,
            },
            consent: None,
            biometric_match: None,
            language: None,
        },
        policy: CallPolicy { video_call: VideoCall::Mandatory, rule_id: RuleId(Uuid::from_u128(9)) },
        images: vec![ImageRef {
            kind: ImageKind::IdFront,
            sha256: "1d".repeat(32),
            content_type: "image/jpeg".into(),
            url: format!("/v1/agent/calls/{CALL}/images/id_front"),
        }],
        greeting: "Kính chào".into(),
    })
    .into_response()
}

async fn image(headers: HeaderMap) -> Response {
    if !allowed(&headers) {
        return problem(ErrorCode::TokenInvalid);
    }
    ([(header::CONTENT_TYPE, "image/jpeg")], "id front").into_response()
}
