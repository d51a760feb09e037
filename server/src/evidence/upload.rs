//! One upload: who signed, does it fit, make the pictures durable, then one transaction with the fact and the
//! countersigned receipt. The same evidence again gets the very same receipt, whatever has become of its key.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use chinhchu_evidence::erased::{self, Erased};
use chinhchu_evidence::manifest::{claimed, open};
use chinhchu_evidence::{Fault, OpenedManifest, PublicKey, Signed as _};
use chinhchu_protocol::call::ImageKind;
use chinhchu_protocol::evidence::{EvidenceReceipt, Manifest};
use chinhchu_protocol::ids::{CallId, WorkstationId};
use chinhchu_protocol::problem::ErrorCode;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{Input, Refusal};

use super::chain::{self, Conflict};
use super::check::{self, Expected};
use super::chunks::{self, Piece};
use super::record::Evidence;
use super::{outages, sql};
use crate::agents::{AgentSession, Delivery};
use crate::cases::{self, NewPicture, StoredCase, hex};
use crate::http::{ApiError, App};
use crate::objects::CaseKey;
use crate::store::StoreError;
use crate::switchboard::row::CallRow;
use crate::switchboard::{self, DriveError};
use crate::workstations;
use crate::workstations::sql::StoredKey;

/// The parts of an upload, read whole.
pub struct Parts {
    /// Exact bytes.
    pub envelope: Bytes,
    /// Exact bytes.
    pub leaves: Bytes,
    /// By kind; what came whole in chunks may be missing.
    pub pictures: BTreeMap<ImageKind, Bytes>,
}

/// Takes evidence; durable once this returns.
pub async fn take(
    app: &App,
    delivery: &Delivery,
    call: CallId,
    assignment: u32,
    parts: Parts,
) -> Result<EvidenceReceipt, ApiError> {
    let session = &delivery.session;
    let Signed { key, opened, manifest, hash } = signed(app, &parts).await?;
    if delivery.ended && manifest.session_id != session.session_id {
        return Err(ApiError::new(ErrorCode::TokenRevoked, "The session was closed; sign in again."));
    }
    let known = known(app, session, call, assignment, &manifest).await?;
    let previous = manifest.previous_sha256.as_deref().and_then(chinhchu_evidence::hex::decode);
    let links = (hash, previous);
    if let Some(receipt) = known.receipt {
        if receipt.manifest_sha256 != hex(&hash) {
            not_twice(app, &known.case.key, session, &key, &opened, &parts, links).await?;
        }
        return same(receipt, &hash);
    }
    if let Some((code, detail)) = workstations::delivery_refusal(&key, known.accepted_at) {
        return Err(ApiError::new(code, detail));
    }
    let expected = Expected {
        call,
        assignment,
        challenge: app.keys.challenge(call, assignment),
        accepted_at: known.accepted_at,
        leapt_ms: known.leapt_ms,
        now: app.clock.now(),
        agent: session.agent.agent_id,
        company: known.case.company.clone(),
        rule: known.case.policy.rule_id,
        workstation: known.workstation,
        key_of: key.workstation_id,
        case: &known.case.case,
        papers: &known.papers,
    };
    let bodies = bodies(app, &known, &manifest, &parts).await?;
    let good = checked(&manifest, &expected, &parts, &bodies)?;
    not_twice(app, &known.case.key, session, &key, &opened, &parts, links).await?;
    let pictures = durable(app, &known.case.key, good, bodies).await?;
    let input = Input::EvidenceStored {
        call,
        assignment,
        agent: session.agent.agent_id,
        decision: manifest.decision,
        manifest_sha256: hex(&hash),
    };
    let evidence = Evidence {
        key: known.case.key,
        hash,
        previous,
        fields: serde_json::to_vec(&manifest).map_err(ApiError::internal)?,
        manifest,
        statement: opened.statement,
        envelope: text(&parts.envelope)?,
        leaves: parts.leaves,
        pictures,
    };
    drive(app, known.row, input, evidence).await
}

struct Signed {
    key: StoredKey,
    opened: OpenedManifest,
    manifest: Manifest,
    hash: [u8; 32],
}

/// Opens the manifest with the key that its workstation has named.
async fn signed(app: &App, parts: &Parts) -> Result<Signed, ApiError> {
    let key_id = claimed(&parts.envelope).map_err(|fault| of("envelope", fault))?.key_id.to_string();
    let read = app.db.read(move |connection| workstations::sql::key(connection, &key_id)).await;
    let key = read.map_err(|error: StoreError| ApiError::unavailable(error))?;
    let unknown = || ApiError::new(ErrorCode::WorkstationNotApproved, "This key is not known; enrol it.");
    let key = key.ok_or_else(unknown)?;
    let public: PublicKey = key.public_key.parse().map_err(ApiError::internal)?;
    let opened = open(&parts.envelope, &parts.leaves, &public).map_err(|fault| of(place(fault), fault))?;
    let manifest = opened.manifest().map_err(|fault| of("leaves", fault))?;
    let hash = chinhchu_evidence::hex::sha256(&opened.statement_bytes);
    Ok(Signed { key, opened, manifest, hash })
}

/// Which part is at fault.
const fn place(fault: Fault) -> &'static str {
    let of_leaves = matches!(
        fault,
        Fault::NotLeaves
            | Fault::NoSuchLeaf
            | Fault::MustBeShown
            | Fault::RootDiffers
            | Fault::Contradiction
            | Fault::Withheld
    );
    if of_leaves { "leaves" } else { "envelope" }
}

struct Known {
    row: CallRow,
    case: StoredCase,
    papers: Vec<(ImageKind, [u8; 32])>,
    accepted_at: Option<Timestamp>,
    leapt_ms: i64,
    workstation: Option<WorkstationId>,
    pieces: Vec<Piece>,
    receipt: Option<EvidenceReceipt>,
}

async fn known(
    app: &App,
    session: &AgentSession,
    call: CallId,
    assignment: u32,
    manifest: &Manifest,
) -> Result<Known, ApiError> {
    let (keys, agent, stated) = (app.keys.clone(), session.agent.agent_id, manifest.session_id);
    let captured = check::needs_leap(manifest).then_some(manifest.captured_at);
    let read = app.db.read(move |connection| {
        let Some(row) = switchboard::sql::call(connection, call)? else { return Ok(Err(Unknown::Call)) };
        if nth(&row.assigned, assignment) != Some(&agent) {
            return Ok(Err(Unknown::Call));
        }
        let Some(case) = cases::sql::read(connection, &keys, call)? else { return Ok(Err(Unknown::Case)) };
        let papers = cases::sql::pictures(connection, call, None)?;
        let accepted_at = accepted_at(&row, assignment);
        let leapt_ms = match accepted_at.zip(captured) {
            Some((from, to)) => outages::lost_ms(connection, call, from, to)?,
            None => 0,
        };
        Ok(Ok(Known {
            accepted_at,
            leapt_ms,
            row,
            case,
            papers: papers.iter().map(|picture| (picture.kind, picture.sha256)).collect(),
            workstation: sql::workstation(connection, agent, stated)?,
            pieces: chunks::all(connection, call, assignment)?,
            receipt: sql::receipt(connection, call, assignment)?,
        }))
    });
    let known = read.await.map_err(|error: StoreError| ApiError::unavailable(error))?;
    known.map_err(|unknown| unknown.told(app, call, assignment))
}

/// Why nothing is known of an assignment.
enum Unknown {
    /// No such call, or not this agent's.
    Call,
    /// The case is erased.
    Case,
}

impl Unknown {
    /// The server signs that a case is erased: on that word alone a workstation destroys what it still has.
    fn told(&self, app: &App, call: CallId, assignment: u32) -> ApiError {
        match self {
            Self::Call => ApiError::call_not_found(),
            Self::Case => {
                let said_at = app.clock.now();
                let word = Erased { format: erased::FORMAT.to_owned(), call_id: call, assignment, said_at };
                match word.sign(app.keys.signing()) {
                    Ok(envelope) => ApiError::case_erased().with("erased", envelope.to_value().to_string()),
                    Err(fault) => ApiError::internal(fault),
                }
            }
        }
    }
}

/// When an assignment was accepted; none for a call that was first accepted before this was kept.
fn accepted_at(row: &CallRow, assignment: u32) -> Option<Timestamp> {
    let complete = row.accepted.len() == row.assigned.len();
    if complete { nth(&row.accepted, assignment).copied() } else { None }
}

/// Of an assignment, from 1.
fn nth<T>(list: &[T], assignment: u32) -> Option<&T> {
    usize::try_from(assignment).ok()?.checked_sub(1).and_then(|index| list.get(index))
}

/// The key of a case whose assignment the agent had, if its workstation may verify: for uploads in chunks.
pub async fn may_upload(
    app: &App,
    delivery: &Delivery,
    call: CallId,
    assignment: u32,
) -> Result<CaseKey, ApiError> {
    let (keys, session) = (app.keys.clone(), delivery.session.clone());
    let read = app.db.read(move |connection| {
        let row = switchboard::sql::call(connection, call)?;
        let had_it = row.is_some_and(|row| nth(&row.assigned, assignment) == Some(&session.agent.agent_id));
        let state = workstations::sql::state_of_session(connection, session.session_id)?;
        if !had_it {
            return Ok((Err(Unknown::Call), state));
        }
        Ok((cases::sql::read_key(connection, &keys, call)?.ok_or(Unknown::Case), state))
    });
    let (key, state) = read.await.map_err(|error: StoreError| ApiError::unavailable(error))?;
    let key = key.map_err(|unknown| unknown.told(app, call, assignment))?;
    match workstations::refusal(state) {
        None => Ok(key),
        Some((code, detail)) => Err(ApiError::new(code, detail)),
    }
}

/// Every picture that the manifest names, from its part or put together from chunks.
async fn bodies(
    app: &App,
    known: &Known,
    manifest: &Manifest,
    parts: &Parts,
) -> Result<BTreeMap<ImageKind, Bytes>, ApiError> {
    let mut bodies = parts.pictures.clone();
    for named in &manifest.pictures {
        if bodies.contains_key(&named.kind) {
            continue;
        }
        let Some(sha256) = chinhchu_evidence::hex::decode(&named.sha256) else { continue };
        let whole = chunks::gather(app, &known.case.key, &known.pieces, sha256, named.bytes.into()).await?;
        bodies.extend(whole.map(|bytes| (named.kind, bytes)));
    }
    Ok(bodies)
}

struct Good {
    kind: ImageKind,
    content_type: &'static str,
    sha256: [u8; 32],
    width: u32,
    height: u32,
}

fn checked(
    manifest: &Manifest,
    expected: &Expected<'_>,
    parts: &Parts,
    bodies: &BTreeMap<ImageKind, Bytes>,
) -> Result<Vec<Good>, ApiError> {
    let mut faults = check::manifest(manifest, expected);
    let mut good = Vec::new();
    for named in &manifest.pictures {
        match bodies.get(&named.kind).map(|bytes| check::picture(named, bytes)) {
            Some(Ok((content_type, sha256))) => {
                let (kind, width, height) = (named.kind, named.width, named.height);
                good.push(Good { kind, content_type, sha256, width, height });
            }
            Some(Err(fault)) => faults.push(fault),
            None => faults.push((named.kind.name().to_owned(), "missing")),
        }
    }
    let unnamed =
        parts.pictures.keys().filter(|kind| !manifest.pictures.iter().any(|named| named.kind == **kind));
    faults.extend(unnamed.map(|kind| (kind.name().to_owned(), "not_in_manifest")));
    if faults.is_empty() {
        return Ok(good);
    }
    Err(faults.into_iter().fold(invalid(), |error, (field, code)| error.with(field, code)))
}

/// A number that its key has used for another manifest: both are kept, the key is in quarantine, and somebody is
/// told.
async fn not_twice(
    app: &App,
    case_key: &CaseKey,
    session: &AgentSession,
    key: &StoredKey,
    opened: &OpenedManifest,
    parts: &Parts,
    (hash, previous): ([u8; 32], Option<[u8; 32]>),
) -> Result<(), ApiError> {
    let (key_id, counter) = (key.key_id.clone(), opened.statement.counter);
    let read = app.db.read(move |c| chain::contradicts(c, &key_id, counter, hash, previous)).await;
    if !read.map_err(|error: StoreError| ApiError::unavailable(error))? {
        return Ok(());
    }
    let (case_key, signer, statement) = (case_key.clone(), key.clone(), opened.statement.clone());
    let (envelope, leaves) = (text(&parts.envelope)?, parts.leaves.clone());
    let (agent, now) = (session.agent.agent_id, app.clock.now());
    let kept = app.db.write(move |tx| {
        let conflict = Conflict {
            statement: &statement,
            manifest_sha256: hash,
            envelope: &envelope,
            leaves: &leaves,
            agent,
        };
        chain::keep(tx, &case_key, &signer, &conflict, now)
    });
    kept.await.map_err(|error: StoreError| ApiError::unavailable(error))?;
    tracing::error!(
        key_id = key.key_id,
        counter,
        "a workstation's key has used one number twice: quarantined"
    );
    metrics::counter!("chinhchu_counter_conflicts_total").increment(1);
    // Whoever sits at that workstation sees it at once.
    let snapshot = app.switchboard.snapshot();
    app.switchboard.topics().publish(snapshot.head.seq, [], snapshot.state.agents(), false);
    Err(ApiError::new(ErrorCode::CounterConflict, "This key has used this number for another manifest."))
}

async fn durable(
    app: &App,
    key: &CaseKey,
    good: Vec<Good>,
    mut bodies: BTreeMap<ImageKind, Bytes>,
) -> Result<Vec<NewPicture>, ApiError> {
    let bytes: Vec<Bytes> = good.iter().filter_map(|good| bodies.remove(&good.kind)).collect();
    let sizes: Vec<u32> = bytes.iter().map(|body| u32::try_from(body.len()).unwrap_or(u32::MAX)).collect();
    let ids = app.objects.put(key, bytes).await.map_err(ApiError::unavailable)?;
    let pictures = good.into_iter().zip(ids).zip(sizes).map(|((good, object_id), bytes)| NewPicture {
        kind: good.kind,
        object_id,
        display_object_id: None,
        sha256: good.sha256,
        content_type: good.content_type,
        display_type: None,
        bytes,
        width: good.width,
        height: good.height,
    });
    Ok(pictures.collect())
}

async fn drive(
    app: &App,
    row: CallRow,
    input: Input,
    evidence: Evidence,
) -> Result<EvidenceReceipt, ApiError> {
    let (call, assignment) = (evidence.manifest.call_id, evidence.manifest.assignment);
    let (hash, side) = (evidence.hash, Arc::new(evidence));
    let mut driven = app.switchboard.drive_with(input.clone(), Some(side.clone())).await;
    if let (Err(DriveError::Refused(Refusal::CallUnknown)), Some(record)) = (&driven, row.record) {
        app.switchboard.drive(Input::Recall { record }).await.map_err(ApiError::unavailable)?;
        driven = app.switchboard.drive_with(input, Some(side)).await;
    }
    match driven {
        // Another upload of the same evidence may have been faster: its row decides.
        Ok(_) | Err(DriveError::NotWritten(_)) => {}
        Err(DriveError::Refused(Refusal::VerdictDiffers)) => return Err(conflict()),
        Err(DriveError::Refused(refusal)) => {
            tracing::warn!(%refusal, "evidence was refused");
            return Err(ApiError::call_not_found());
        }
        Err(error) => return Err(ApiError::unavailable(error)),
    }
    let read = app.db.read(move |connection| sql::receipt(connection, call, assignment)).await;
    let receipt = read.map_err(|error: StoreError| ApiError::unavailable(error))?;
    same(receipt.ok_or_else(|| ApiError::unavailable("evidence was not written"))?, &hash)
}

fn text(envelope: &Bytes) -> Result<String, ApiError> {
    String::from_utf8(envelope.to_vec()).map_err(|_| of("envelope", Fault::NotAnEnvelope))
}

fn same(receipt: EvidenceReceipt, hash: &[u8; 32]) -> Result<EvidenceReceipt, ApiError> {
    if receipt.manifest_sha256 == hex(hash) { Ok(receipt) } else { Err(conflict()) }
}

fn of(field: &str, fault: Fault) -> ApiError {
    invalid().with(field, fault.code())
}

fn invalid() -> ApiError {
    ApiError::new(ErrorCode::EvidenceInvalid, "The evidence does not fit its manifest or its call.")
}

fn conflict() -> ApiError {
    ApiError::new(ErrorCode::EvidenceConflict, "Other evidence stands for this assignment.")
}
