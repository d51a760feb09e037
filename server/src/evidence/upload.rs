//! One upload: check, make the pictures durable, then one transaction with the fact.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use chinhchu_protocol::call::ImageKind;
use chinhchu_protocol::evidence::{EvidenceReceipt, Manifest, VerdictStanding};
use chinhchu_protocol::ids::{CallId, WorkstationId};
use chinhchu_protocol::problem::ErrorCode;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{Event, Fact, Input, Refusal};
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::check::{self, Expected};
use super::sql::{self, NewEvidence};
use crate::agents::{AgentSession, Delivery};
use crate::cases::{self, NewPicture, StoredCase, hex};
use crate::http::{ApiError, App};
use crate::objects::{CaseKey, Keys};
use crate::store::StoreError;
use crate::switchboard::row::CallRow;
use crate::switchboard::{self, DriveError, Side};

/// The parts of an upload, read whole.
pub struct Parts {
    /// Exact bytes; the hash is taken over them.
    pub manifest: Bytes,
    /// By kind.
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
    let hash: [u8; 32] = Sha256::digest(&parts.manifest).into();
    let manifest: Manifest =
        serde_json::from_slice(&parts.manifest).map_err(|_| invalid().with("manifest", "not_a_manifest"))?;
    if delivery.ended && manifest.session_id != session.session_id {
        return Err(ApiError::new(ErrorCode::TokenRevoked, "The session was closed; sign in again."));
    }
    let known = known(app, session, call, assignment, &manifest).await?;
    if let Some(receipt) = known.receipt {
        return same(receipt, &hash);
    }
    let expected = Expected {
        call,
        assignment,
        agent: session.agent.agent_id,
        company: known.case.company.clone(),
        rule: known.case.policy.rule_id,
        workstation: known.workstation,
    };
    let pictures = checked(&manifest, &expected, &parts)?;
    let evidence =
        store(app, known.case.key, session, call, assignment, hash, manifest, &parts, pictures).await?;
    drive(app, known.row, evidence, hash).await
}

struct Known {
    row: CallRow,
    case: StoredCase,
    workstation: Option<WorkstationId>,
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
    let read = app.db.read(move |connection| {
        let row = switchboard::sql::call(connection, call)?;
        let case = cases::sql::read(connection, &keys, call)?;
        let workstation = sql::workstation(connection, agent, stated)?;
        Ok((row, case, workstation, sql::receipt(connection, call, assignment)?))
    });
    let (row, case, workstation, receipt) =
        read.await.map_err(|error: StoreError| ApiError::unavailable(error))?;
    let (Some(row), Some(case)) = (row, case) else { return Err(ApiError::call_not_found()) };
    let index = usize::try_from(assignment).ok().and_then(|n| n.checked_sub(1));
    let had_it = index.and_then(|index| row.assigned.get(index)) == Some(&agent);
    if had_it { Ok(Known { row, case, workstation, receipt }) } else { Err(ApiError::call_not_found()) }
}

type Checked = Vec<(ImageKind, &'static str, [u8; 32], u32, u32)>;

fn checked(manifest: &Manifest, expected: &Expected, parts: &Parts) -> Result<Checked, ApiError> {
    let mut faults = check::manifest(manifest, expected);
    let mut good = Vec::new();
    for named in &manifest.pictures {
        match parts.pictures.get(&named.kind).map(|bytes| check::picture(named, bytes)) {
            Some(Ok((content_type, hash))) => {
                good.push((named.kind, content_type, hash, named.width, named.height));
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

#[expect(clippy::too_many_arguments, reason = "one step of `take`, split for its length")]
async fn store(
    app: &App,
    key: CaseKey,
    session: &AgentSession,
    call: CallId,
    assignment: u32,
    hash: [u8; 32],
    manifest: Manifest,
    parts: &Parts,
    good: Checked,
) -> Result<Evidence, ApiError> {
    let bodies: Vec<Bytes> = good.iter().filter_map(|(kind, ..)| parts.pictures.get(kind).cloned()).collect();
    let sizes: Vec<u32> = bodies.iter().map(|body| u32::try_from(body.len()).unwrap_or(u32::MAX)).collect();
    let ids = app.objects.put(&key, bodies).await.map_err(ApiError::unavailable)?;
    let pictures = good.into_iter().zip(ids).zip(sizes);
    let pictures =
        pictures.map(|(((kind, content_type, sha256, width, height), object_id), bytes)| NewPicture {
            kind,
            object_id,
            display_object_id: None,
            sha256,
            content_type,
            display_type: None,
            bytes,
            width,
            height,
        });
    let input = Input::EvidenceStored {
        call,
        assignment,
        agent: session.agent.agent_id,
        decision: manifest.decision,
        manifest_sha256: hex(&hash),
    };
    let pictures = pictures.collect();
    Ok(Evidence { input, key, hash, manifest, manifest_bytes: parts.manifest.clone(), pictures })
}

async fn drive(
    app: &App,
    row: CallRow,
    evidence: Evidence,
    hash: [u8; 32],
) -> Result<EvidenceReceipt, ApiError> {
    let (call, assignment) = (evidence.manifest.call_id, evidence.manifest.assignment);
    let (input, side) = (evidence.input.clone(), Arc::new(evidence));
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

/// What is written with the fact.
struct Evidence {
    input: Input,
    key: CaseKey,
    hash: [u8; 32],
    manifest: Manifest,
    manifest_bytes: Bytes,
    pictures: Vec<NewPicture>,
}

impl Side for Evidence {
    fn write(&self, tx: &Connection, _keys: &Keys, now: Timestamp, facts: &[Fact]) -> Result<(), StoreError> {
        // No fact: the same evidence was taken before.
        let Some(standing) = facts.iter().find_map(standing) else { return Ok(()) };
        let new = NewEvidence {
            call: self.manifest.call_id,
            assignment: self.manifest.assignment,
            agent: self.manifest.agent_id,
            session: self.manifest.session_id,
            manifest_sha256: self.hash,
            manifest: &self.manifest_bytes,
            standing,
        };
        sql::insert(tx, &self.key, &new, now)?;
        for picture in &self.pictures {
            cases::sql::insert_picture(tx, new.call, new.assignment, picture, now)?;
        }
        Ok(())
    }
}

fn standing(fact: &Fact) -> Option<VerdictStanding> {
    match &fact.event {
        Event::EvidenceTaken { standing, .. } => Some(*standing),
        // Only that fact judges.
        _ => None,
    }
}

fn same(receipt: EvidenceReceipt, hash: &[u8; 32]) -> Result<EvidenceReceipt, ApiError> {
    if receipt.manifest_sha256 == hex(hash) { Ok(receipt) } else { Err(conflict()) }
}

fn invalid() -> ApiError {
    ApiError::new(ErrorCode::EvidenceInvalid, "The evidence does not fit its manifest or its call.")
}

fn conflict() -> ApiError {
    ApiError::new(ErrorCode::EvidenceConflict, "Other evidence stands for this assignment.")
}
