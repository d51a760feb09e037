//! The server's keys, played: one workstation, its key, and what an administrator says of it.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chinhchu_evidence::key::{PublicKey, SigningKey};
use chinhchu_protocol::ids::WorkstationId;
use chinhchu_protocol::problem::ErrorCode;
use chinhchu_protocol::workstation::{WorkstationEnrol, WorkstationStanding, WorkstationState, enrol_proof};

use super::{Mind, Server, known, problem, view};

/// A code that approves at once.
pub const CODE: &str = "one-time-code";

#[derive(Clone)]
pub struct Registry(Arc<Mutex<Inner>>);

struct Inner {
    own: SigningKey,
    station: Option<WorkstationId>,
    key: Option<PublicKey>,
    state: WorkstationState,
    /// What a key becomes when it is told.
    at_once: WorkstationState,
    nonces: u32,
    /// So many enrolments are answered with 503.
    away: u32,
    names: Vec<String>,
}

impl Default for Registry {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Inner {
            own: SigningKey::from_bytes(&[7; 32]),
            station: None,
            key: None,
            state: WorkstationState::Unknown,
            at_once: WorkstationState::Approved,
            nonces: 0,
            away: 0,
            names: Vec::new(),
        })))
    }
}

impl Registry {
    pub fn state(&self) -> WorkstationState {
        self.0.lock().expect("lock").state
    }

    pub fn key(&self) -> Option<PublicKey> {
        self.0.lock().expect("lock").key
    }

    pub fn own(&self) -> SigningKey {
        SigningKey::from_bytes(&self.0.lock().expect("lock").own.to_bytes())
    }

    pub fn station(&self) -> WorkstationId {
        self.0.lock().expect("lock").station.expect("signed in")
    }

    pub fn arrived(&self, station: WorkstationId) {
        self.0.lock().expect("lock").station = Some(station);
    }

    pub fn standing(&self) -> WorkstationStanding {
        let mut inner = self.0.lock().expect("lock");
        inner.nonces += 1;
        WorkstationStanding {
            state: inner.state,
            key_id: inner.key.map(|key| key.id().to_string()),
            nonce: format!("{:032x}", inner.nonces),
            server_key: inner.own.public().to_string(),
        }
    }
}

impl Server {
    /// Keys that are told wait for an administrator.
    pub fn approve_nobody(&self) {
        self.mind.registry.0.lock().expect("lock").at_once = WorkstationState::Pending;
    }

    /// The administrator's word; views tell it at once.
    pub fn decide(&self, state: WorkstationState) {
        self.mind.registry.0.lock().expect("lock").state = state;
        let mut current = self.mind.activity.lock().expect("lock");
        current.0 += 1;
        let _ = self.mind.out.send(Some(view(&current, &self.mind)));
    }

    /// The next so many enrolments fail.
    pub fn enrol_not(&self, times: u32) {
        self.mind.registry.0.lock().expect("lock").away = times;
    }

    /// Another server stands at the same address.
    pub fn change_key(&self) {
        self.mind.registry.0.lock().expect("lock").own = SigningKey::from_bytes(&[8; 32]);
    }

    /// The workstation's key as told.
    pub fn key(&self) -> Option<PublicKey> {
        self.mind.registry.key()
    }

    /// By which names workstations were enrolled.
    pub fn names(&self) -> Vec<String> {
        self.mind.registry.0.lock().expect("lock").names.clone()
    }
}

pub fn routes() -> Router<Mind> {
    Router::new().route("/v1/agent/workstation", get(standing).put(enrol))
}

async fn standing(State(mind): State<Mind>, headers: HeaderMap) -> Response {
    if known(&headers) {
        Json(mind.registry.standing()).into_response()
    } else {
        problem(ErrorCode::TokenInvalid)
    }
}

async fn enrol(State(mind): State<Mind>, headers: HeaderMap, Json(body): Json<WorkstationEnrol>) -> Response {
    if !known(&headers) {
        return problem(ErrorCode::TokenInvalid);
    }
    {
        let mut inner = mind.registry.0.lock().expect("lock");
        if inner.away > 0 {
            inner.away -= 1;
            return problem(ErrorCode::Unavailable);
        }
        let key: PublicKey = body.public_key.parse().expect("a key");
        let station = inner.station.expect("signed in");
        assert_eq!(body.nonce, format!("{:032x}", inner.nonces), "the newest nonce");
        assert!(key.proves(&enrol_proof(&body.nonce, station, &body.public_key), &body.proof));
        if body.enrolment_code.as_ref().is_some_and(|code| code != CODE) {
            return problem(ErrorCode::EnrolmentCodeInvalid);
        }
        let approved = body.enrolment_code.is_some();
        inner.names.push(body.name);
        if inner.key != Some(key) || approved {
            inner.key = Some(key);
            inner.state = if approved { WorkstationState::Approved } else { inner.at_once };
        }
    }
    Json(mind.registry.standing()).into_response()
}
