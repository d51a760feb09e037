//! The evidence view: facts of each manifest, and the seals as they are found now.

use chinhchu_evidence::Report;
use chinhchu_evidence::manifest::claimed;
use chinhchu_protocol::console::seals::{
    EvidenceOf, EvidenceShown, SealCheck, SealPart, SealWords, WitnessOf, WorkstationOf,
};
use chinhchu_protocol::evidence::{EvidenceReceipt, Manifest};
use chinhchu_protocol::ids::{AgentId, CallId};
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, params};

use super::{missing, packed};
use crate::cases::{self, hex};
use crate::console::calls::case::image_ref;
use crate::console::calls::store_away;
use crate::console::names::Names;
use crate::console::{Person, Scope};
use crate::evidence::sql::{self, StoredEvidence};
use crate::evidence::witness;
use crate::http::{ApiError, App};
use crate::objects::{CaseKey, Keys};
use crate::store::{StoreError, rows};
use crate::workstations;

/// What the call's assignments left.
pub async fn shown(app: &App, person: &Person, call: CallId) -> Result<EvidenceShown, ApiError> {
    let (keys, scope) = (app.keys.clone(), person.scope.clone());
    let read = app.db.read(move |connection| held(connection, &keys, &scope, call)).await;
    let mut shown = read.map_err(store_away)?.ok_or_else(ApiError::case_erased)?;
    for of in &mut shown.held {
        if of.manifest.is_some() {
            let now = app.clock.now();
            let (_, report) = packed(app, call, of.assignment, &[], (now, None)).await?;
            of.check = Some(check(report, now));
        }
    }
    Ok(shown)
}

fn held(
    connection: &Connection,
    keys: &Keys,
    scope: &Scope,
    call: CallId,
) -> Result<Option<EvidenceShown>, StoreError> {
    let Some(key) = cases::sql::read_key(connection, keys, call)? else { return Ok(None) };
    let mut names = Names::new(scope);
    let mut held = Vec::new();
    for assignment in sql::assignments(connection, call)? {
        let Some(receipt) = sql::receipt(connection, call, assignment)? else { continue };
        let mut of = one(connection, &key, call, &receipt)?;
        of.agent = names.of_some(connection, agent(connection, call, assignment)?)?;
        held.push(of);
    }
    Ok(Some(EvidenceShown {
        call_id: call,
        held,
        missing: missing::of_call(connection, &mut names, call)?,
        pictures_destroyed: cases::erase::pictures_destroyed(connection, call)?,
    }))
}

fn one(
    connection: &Connection,
    key: &CaseKey,
    call: CallId,
    receipt: &EvidenceReceipt,
) -> Result<EvidenceOf, StoreError> {
    let assignment = receipt.assignment;
    let stored = sql::evidence(connection, key, call, assignment)?;
    let manifest: Option<Manifest> =
        stored.as_ref().map(|stored| serde_json::from_slice(&stored.manifest)).transpose()?;
    let images = cases::sql::pictures(connection, call, Some(assignment))?;
    Ok(EvidenceOf {
        assignment,
        agent: None,
        standing: receipt.standing,
        received_at: receipt.received_at,
        manifest_sha256: receipt.manifest_sha256.clone(),
        witness: witness_of(connection, call, assignment, manifest.as_ref())?,
        workstation: stored
            .as_ref()
            .map(|stored| workstation(connection, stored, receipt))
            .transpose()?
            .flatten(),
        manifest,
        images: images.iter().map(|picture| image_ref(call, picture)).collect(),
        check: None,
    })
}

fn agent(connection: &Connection, call: CallId, assignment: u32) -> Result<Option<AgentId>, StoreError> {
    let sql = "SELECT agent_id FROM evidence WHERE call_id = ?1 AND assignment = ?2";
    let values = params![call.0.as_bytes(), assignment];
    rows::first(connection, sql, values, |row| rows::id(row, "agent_id").map(AgentId))
}

fn workstation(
    connection: &Connection,
    stored: &StoredEvidence,
    receipt: &EvidenceReceipt,
) -> Result<Option<WorkstationOf>, StoreError> {
    let Some(key) = workstations::sql::key(connection, &stored.key_id)? else { return Ok(None) };
    let torn = |_| StoreError::Corrupt("envelope");
    let statement = claimed(stored.envelope.as_bytes()).map_err(torn)?;
    Ok(Some(WorkstationOf {
        workstation_id: key.workstation_id,
        name: key.name,
        key_id: key.key_id,
        key_state: key.state,
        counter: statement.counter,
        log_seq: log_seq(receipt).unwrap_or(0),
    }))
}

/// The receipt's payload says it; whether it is signed, the check tells.
fn log_seq(receipt: &EvidenceReceipt) -> Option<u64> {
    use base64::Engine as _;
    let payload = receipt.envelope.get("payload")?.as_str()?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(payload).ok()?;
    let value: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    value.get("log")?.get("seq")?.as_u64()
}

fn witness_of(
    connection: &Connection,
    call: CallId,
    assignment: u32,
    manifest: Option<&Manifest>,
) -> Result<WitnessOf, StoreError> {
    let nothing = |state: &str| WitnessOf { state: state.to_owned(), asked_at: None, sha256: None };
    let Some(nonce) = manifest.and_then(|manifest| manifest.witness_nonce.as_ref()) else {
        return Ok(nothing("not_asked"));
    };
    let found = witness::of(connection, call, assignment)?.filter(|found| found.nonce == *nonce);
    let Some(found) = found else { return Ok(nothing("never_arrived")) };
    let state = if found.sha256.is_some() { "attached" } else { "never_arrived" };
    let sha256 = found.sha256.map(|hash| hex(&hash));
    Ok(WitnessOf { asked_at: Some(found.asked_at), sha256, ..nothing(state) })
}

fn check(report: Report, at: Timestamp) -> SealCheck {
    // The file is made for the check alone: it cannot be torn, and nobody sees it.
    let parts = report.parts.into_iter().filter(|part| part.part != "container" && part.part != "bundle");
    SealCheck {
        at,
        sound: report.sound,
        parts: parts
            .map(|part| SealPart {
                part: part.part,
                ok: part.ok,
                code: part.code.to_owned(),
                words_vi: part.words_vi,
                words_en: part.words_en,
            })
            .collect(),
        not_proven: report
            .not_proven
            .into_iter()
            .map(|words| SealWords {
                code: words.code.to_owned(),
                vi: words.vi.to_owned(),
                en: words.en.to_owned(),
            })
            .collect(),
    }
}
