//! What a run needs: a folder with companies, agents, tokens and a webhook, and what the clients share.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

use chinhchu_protocol::ids::WorkstationId;
use chinhchu_server::clock::Clock;
use serde_json::Value;
use tokio::sync::{broadcast, watch};

use crate::books::Books;
use crate::media::Media;
use crate::process::Server;

/// Moments at which the server may be killed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Point {
    IntakeSent,
    IntakeTaken,
    PageReady,
    Rings,
    AcceptSent,
    Accepted,
    SignalSent,
    Sealed,
    UploadSent,
    UploadTaken,
    CancelSent,
    WrapUp,
}

/// How quick a company is. `Real` has the defaults; `Quick` has short times, so that they run out in a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    Real,
    Quick,
}

/// Of the pools that serve calls: company 1 (also for 4 and 6) as it is, company 2 in short.
pub fn pace_of(serving: &str) -> Pace {
    if serving == "2" { Pace::Quick } else { Pace::Real }
}

/// Times of the quick company, ms.
pub const QUICK_RING_MS: u64 = 1_500;
pub const QUICK_RECONNECT_MS: u64 = 6_000;
pub const QUICK_PREPARING_MS: u64 = 5_000;

/// An account that a workstation signs in with.
#[derive(Clone, Debug)]
pub struct Account {
    pub username: String,
    pub password: String,
    pub company: &'static str,
    /// Where this account sits.
    pub workstation: WorkstationId,
    /// One-time code of IT that enrols that workstation.
    pub code: String,
}

/// Shared by all clients of a run.
pub struct World {
    pub seed: u64,
    pub base: String,
    pub http: reqwest::Client,
    pub clock: Clock,
    pub books: Books,
    pub media: Media,
    pub presence: Presence,
    /// Company token by home company.
    pub tokens: BTreeMap<&'static str, String>,
    /// A service credential.
    pub service: String,
    pub accounts: Vec<Account>,
    /// Secret of the webhook.
    pub hook_secret: String,
    points: broadcast::Sender<Point>,
    /// False once no new calls are made.
    pub open: watch::Sender<bool>,
    /// True once the workstations may go home.
    pub home: watch::Sender<bool>,
}

impl World {
    /// Fills a fresh folder by the command line, before the first start.
    pub async fn prepare(seed: u64, server: &Server, hook_url: &str, agents: &[&'static str]) -> Self {
        let mut tokens = BTreeMap::new();
        for company in ["1", "4", "2"] {
            let issued = server.command(&["token", "issue", "--company", company]).await;
            tokens.insert(company, text(&issued, "token"));
        }
        let issued = server.command(&["service-credential", "issue", "--name", "msale"]).await;
        let service = text(&issued, "credential");
        let hook = server.command(&["webhook", "add", "--url", hook_url, "--for", "msale"]).await;
        let mut accounts = Vec::new();
        for (n, company) in agents.iter().copied().enumerate() {
            let username = format!("nv{n}.{company}");
            let name = format!("NVHT {n}");
            let add = ["agent", "add", "--company", company, "--username", &username, "--name", &name];
            let password = text(&server.command(&add).await, "password");
            let code = text(&server.command(&["workstation", "invite"]).await, "enrolment_code");
            let workstation = WorkstationId(uuid::Uuid::from_u128(0x5EED_0000 + n as u128));
            accounts.push(Account { username, password, company, workstation, code });
        }
        quicken(server).await;
        Self {
            seed,
            base: server.base(),
            http: crate::http::client(),
            clock: Clock::system(),
            books: Books::default(),
            media: Media::default(),
            presence: Presence::default(),
            tokens,
            service,
            accounts,
            hook_secret: text(&hook, "secret"),
            points: broadcast::Sender::new(256),
            open: watch::Sender::new(true),
            home: watch::Sender::new(false),
        }
    }

    /// A client is at this point.
    pub fn reached(&self, point: Point) {
        // Nobody may be waiting for it.
        let _ = self.points.send(point);
    }

    pub fn points(&self) -> broadcast::Receiver<Point> {
        self.points.subscribe()
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// Company 2 in short.
async fn quicken(server: &Server) {
    let settings = [
        ("ring_timeout_ms", QUICK_RING_MS),
        ("ring_confirm_ms", 1_000),
        ("wrap_up_ms", 700),
        ("pause_after_missed", 2),
        ("preparing_ms", QUICK_PREPARING_MS),
        ("reconnect_ms", QUICK_RECONNECT_MS),
        ("reoffer_after_ms", 300),
    ];
    let sets: Vec<String> = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut arguments = vec!["company", "rules", "2"];
    arguments.extend(sets.iter().flat_map(|set| ["--set", set.as_str()]));
    let answer = server.command(&arguments).await;
    for (name, value) in settings {
        assert_eq!(answer[name], value);
    }
}

fn text(answer: &Value, name: &str) -> String {
    answer[name].as_str().unwrap_or_else(|| panic!("{name} in {answer}")).to_owned()
}

/// Which clients want to be connected, and when each got its newest view.
#[derive(Default)]
pub struct Presence(Mutex<BTreeMap<String, Option<Instant>>>);

impl Presence {
    /// This client wants to be connected; it got no view yet.
    pub fn wants(&self, name: &str) {
        self.0.lock().expect("presence").entry(name.to_owned()).or_insert(None);
    }

    pub fn saw(&self, name: &str) {
        if let Some(at) = self.0.lock().expect("presence").get_mut(name) {
            *at = Some(Instant::now());
        }
    }

    /// This client is away on purpose, or done.
    pub fn rests(&self, name: &str) {
        self.0.lock().expect("presence").remove(name);
    }

    /// Who has no view since then.
    pub fn missing(&self, since: Instant) -> Vec<String> {
        let all = self.0.lock().expect("presence");
        let missing = all.iter().filter(|(_, at)| at.is_none_or(|at| at < since));
        missing.map(|(name, _)| name.clone()).collect()
    }
}
