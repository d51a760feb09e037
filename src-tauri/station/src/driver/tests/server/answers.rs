//! What the server answers to evidence, played: chunks, signed receipts, and every way of getting them wrong.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{Multipart, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use chinhchu_evidence::erased::Erased;
use chinhchu_evidence::manifest::{self, OpenedManifest};
use chinhchu_evidence::receipt::{FORMAT, LogPlace, Receipt};
use chinhchu_evidence::signed::Signed as _;
use chinhchu_protocol::evidence::{EvidenceReceipt, Manifest};
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::workstation::{ChunkHeld, ChunkTaken, ChunksHeld};

use super::{Mind, Parts, Server, allowed, problem};
use crate::evidence::hex_sha256;

/// How the next receipts are wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// For another manifest.
    OtherManifest,
    /// Signed by somebody else.
    Forged,
    /// Half of the answer.
    Cut,
    /// The key is not approved.
    NotApproved,
    /// It knows nothing of the call.
    NotFound,
    /// The case is erased.
    Erased,
    /// Somebody else says that the case is erased.
    ErasedByAnother,
}

#[derive(Clone, Default)]
pub struct Answers(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    fault: Option<Fault>,
    faulty: u32,
    chunks: BTreeMap<String, Vec<u8>>,
    /// Offsets of the chunks, in order.
    offsets: Vec<usize>,
    /// After so many chunks the server is away once.
    cut_after: Option<u32>,
    /// How many chunks were sent to the wrong place, in the server's words.
    elsewhere: u32,
    /// The next chunk is said to be elsewhere.
    misplace: bool,
    /// It says that it has pieces whose files are gone.
    swept: bool,
    log_seq: u64,
    time_ms: i64,
}

impl Server {
    /// All receipts are wrong in this way until it is taken back.
    pub fn answer_wrongly(&self, fault: Option<Fault>) {
        self.mind.answers.0.lock().expect("lock").fault = fault;
    }

    /// How many wrong answers were given.
    pub fn faulty(&self) -> u32 {
        self.mind.answers.0.lock().expect("lock").faulty
    }

    /// After so many chunks the server is away once, and then says once that it stands elsewhere.
    pub fn cut_chunks_after(&self, chunks: u32) {
        let mut inner = self.mind.answers.0.lock().expect("lock");
        (inner.cut_after, inner.misplace) = (Some(chunks), true);
    }

    /// The files of all pieces are gone, and their rows are not yet.
    pub fn sweep(&self) {
        self.mind.answers.0.lock().expect("lock").swept = true;
    }

    pub(super) fn forget_chunks(&self) {
        self.mind.answers.0.lock().expect("lock").chunks.clear();
    }

    /// Offsets of all chunks that came.
    pub fn chunk_offsets(&self) -> Vec<usize> {
        self.mind.answers.0.lock().expect("lock").offsets.clone()
    }

    /// How many chunks began where the server did not stand.
    pub fn misplaced_chunks(&self) -> u32 {
        self.mind.answers.0.lock().expect("lock").elsewhere
    }

    /// The manifest of an upload, opened with the workstation's key.
    pub fn opened(&self, upload: &Parts) -> Manifest {
        open(&self.mind, upload).manifest().expect("whole")
    }
}

pub fn routes() -> Router<Mind> {
    let base = "/v1/agent/calls/{id}/assignments/{n}/evidence";
    Router::new()
        .route(base, put(evidence).layer(axum::extract::DefaultBodyLimit::max(32 * 1024 * 1024)))
        .route(&format!("{base}/chunks"), get(held))
        .route(&format!("{base}/chunks/{{sha256}}/{{offset}}"), put(chunk))
}

fn open(mind: &Mind, upload: &Parts) -> OpenedManifest {
    let key = mind.registry.key().expect("enrolled");
    manifest::open(&upload["envelope"], &upload["leaves"], &key)
        .unwrap_or_else(|fault| panic!("not signed by the enrolled key: {fault}"))
}

async fn held(State(mind): State<Mind>, headers: HeaderMap) -> Response {
    if !allowed(&headers) {
        return problem(ErrorCode::TokenInvalid);
    }
    let inner = mind.answers.0.lock().expect("lock");
    let chunks = inner.chunks.iter().map(|(sha256, bytes)| ChunkHeld {
        sha256: sha256.clone(),
        received: bytes.len().try_into().expect("small"),
    });
    Json(ChunksHeld { chunks: chunks.collect() }).into_response()
}

async fn chunk(
    State(mind): State<Mind>,
    Path((_, _, sha256, offset)): Path<(String, u32, String, usize)>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    if !allowed(&headers) {
        return problem(ErrorCode::TokenInvalid);
    }
    assert!(bytes.len() <= 256 * 1024);
    let mut inner = mind.answers.0.lock().expect("lock");
    match &mut inner.cut_after {
        Some(0) => {
            inner.cut_after = None;
            return problem(ErrorCode::Unavailable);
        }
        Some(left) => *left -= 1,
        None => {}
    }
    let misplaced = inner.cut_after.is_none() && std::mem::take(&mut inner.misplace);
    let here = inner.chunks.get(&sha256).map_or(0, Vec::len);
    inner.elsewhere += u32::from(here != offset);
    let picture = inner.chunks.entry(sha256).or_default();
    if here != offset || misplaced {
        let received = picture.len().to_string();
        let problem = Problem::new(ErrorCode::ChunkOffset, "test").with("received", received);
        return (StatusCode::CONFLICT, Json(problem)).into_response();
    }
    picture.extend_from_slice(&bytes);
    let received = picture.len().try_into().expect("small");
    inner.offsets.push(offset);
    Json(ChunkTaken { received }).into_response()
}

async fn evidence(State(mind): State<Mind>, headers: HeaderMap, mut form: Multipart) -> Response {
    if !allowed(&headers) {
        return problem(ErrorCode::TokenInvalid);
    }
    let mut parts = Parts::new();
    while let Ok(Some(field)) = form.next_field().await {
        let name = field.name().expect("name").to_owned();
        assert!(!parts.is_empty() || name == "envelope", "the envelope comes first");
        parts.insert(name, field.bytes().await.expect("bytes").to_vec());
    }
    if mind.refuse.load(std::sync::atomic::Ordering::SeqCst) {
        return problem(ErrorCode::Unavailable);
    }
    let opened = open(&mind, &parts);
    let fault = mind.answers.0.lock().expect("lock").fault;
    if let Some(fault) = fault {
        mind.answers.0.lock().expect("lock").faulty += 1;
        return wrong(&mind, &opened, fault);
    }
    if mind.answers.0.lock().expect("lock").swept && !parts.contains_key("screenshot") {
        mind.answers.0.lock().expect("lock").faulty += 1;
        let problem = Problem::new(ErrorCode::EvidenceInvalid, "test").with("screenshot", "missing");
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(problem)).into_response();
    }
    for picture in opened.manifest().expect("whole").pictures {
        let inner = mind.answers.0.lock().expect("lock");
        let by_chunks = || inner.chunks.get(&picture.sha256).cloned();
        let bytes = parts.get(picture.kind.name()).cloned().or_else(by_chunks).expect("a picture is missing");
        assert_eq!(hex_sha256(&bytes), picture.sha256);
        parts.insert(picture.kind.name().to_owned(), bytes);
    }
    mind.uploads.lock().expect("lock").push(parts);
    Json(receipt(&mind, &opened)).into_response()
}

fn wrong(mind: &Mind, opened: &OpenedManifest, fault: Fault) -> Response {
    let good = receipt(mind, opened);
    match fault {
        Fault::NotApproved => problem(ErrorCode::WorkstationNotApproved),
        Fault::NotFound => problem(ErrorCode::CallNotFound),
        Fault::Erased => erased(opened, &mind.registry.own()),
        Fault::ErasedByAnother => erased(opened, &chinhchu_evidence::key::SigningKey::from_bytes(&[66; 32])),
        Fault::Cut => {
            let whole = serde_json::to_vec(&good).expect("json");
            (StatusCode::OK, whole[..whole.len() / 2].to_vec()).into_response()
        }
        Fault::OtherManifest => {
            let other = Receipt { manifest_sha256: "00".repeat(32), ..statement(mind, opened) };
            let envelope = other.sign(&mind.registry.own()).expect("signs").to_value();
            Json(EvidenceReceipt { manifest_sha256: other.manifest_sha256, envelope, ..good }).into_response()
        }
        Fault::Forged => {
            let forger = chinhchu_evidence::key::SigningKey::from_bytes(&[66; 32]);
            let envelope = statement(mind, opened).sign(&forger).expect("signs").to_value();
            Json(EvidenceReceipt { envelope, ..good }).into_response()
        }
    }
}

fn erased(opened: &OpenedManifest, signer: &chinhchu_evidence::key::SigningKey) -> Response {
    let said = Erased {
        format: chinhchu_evidence::erased::FORMAT.into(),
        call_id: opened.statement.call_id,
        assignment: opened.statement.assignment,
        said_at: Timestamp::from_ms(0),
    };
    let word = String::from_utf8(said.sign(signer).expect("signs").to_bytes()).expect("text");
    let problem = Problem::new(ErrorCode::CaseErased, "test").with("erased", word);
    (StatusCode::GONE, Json(problem)).into_response()
}

fn statement(mind: &Mind, opened: &OpenedManifest) -> Receipt {
    let mut inner = mind.answers.0.lock().expect("lock");
    (inner.log_seq, inner.time_ms) = (inner.log_seq + 1, inner.time_ms + 1);
    Receipt {
        format: FORMAT.into(),
        call_id: opened.statement.call_id,
        assignment: opened.statement.assignment,
        manifest_sha256: opened.manifest_sha256.clone(),
        workstation_id: mind.registry.station(),
        key_id: opened.statement.key_id,
        counter: opened.statement.counter,
        received_at: Timestamp::from_ms(inner.time_ms),
        standing: *mind.standing.lock().expect("lock"),
        log: LogPlace { seq: inner.log_seq, hash: "ab".repeat(32) },
    }
}

fn receipt(mind: &Mind, opened: &OpenedManifest) -> EvidenceReceipt {
    let statement = statement(mind, opened);
    EvidenceReceipt {
        call_id: statement.call_id,
        assignment: statement.assignment,
        manifest_sha256: statement.manifest_sha256.clone(),
        received_at: statement.received_at,
        standing: statement.standing,
        envelope: statement.sign(&mind.registry.own()).expect("signs").to_value(),
    }
}
