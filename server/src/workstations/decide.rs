//! Approval, revocation and quarantine of a workstation's key: each in one transaction with its audit record.

use chinhchu_evidence::enrolment::{self, Enrolment};
use chinhchu_evidence::signed::Signed;
use chinhchu_evidence::{Fault, PublicKey};
use chinhchu_protocol::ids::WorkstationId;
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::workstation::WorkstationState;
use rusqlite::Connection;
use serde_json::json;

use super::sql::{self, Decision, StoredKey};
use crate::audit::{self, Entry};
use crate::objects::Keys;
use crate::store::StoreError;

/// Why a key was closed that another one has followed.
const REPLACED: &str = "replaced by another key";

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// No workstation has this id.
    #[error("there is no such workstation")]
    NoWorkstation,
    /// None of its keys has this fingerprint.
    #[error("no key of this workstation has this fingerprint: compare it with the workstation's screen")]
    NoSuchFingerprint,
    /// Its time is over: the workstation needs a new key.
    #[error("this key was revoked or is in quarantine: the workstation has to name a new one")]
    KeyIsOver,
    /// Nothing left to revoke.
    #[error("every key of this workstation was revoked before")]
    NothingToRevoke,
    /// The stored key cannot be read, or the approval cannot be signed.
    #[error("the key cannot be used: {0}")]
    Key(#[from] Fault),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Approves the key of a workstation that has this fingerprint; one that is approved stays as it is.
pub fn approve_by_fingerprint(
    tx: &Connection,
    keys: &Keys,
    id: WorkstationId,
    fingerprint: &str,
    by: &str,
    now: Timestamp,
) -> Result<StoredKey, DecideError> {
    let named = sql::keys_of(tx, id)?;
    if named.is_empty() {
        return Err(DecideError::NoWorkstation);
    }
    let wanted = plain(fingerprint);
    let found = named.into_iter().find(|key| {
        key.public_key.parse::<PublicKey>().is_ok_and(|public| plain(&public.fingerprint()) == wanted)
    });
    let key = found.ok_or(DecideError::NoSuchFingerprint)?;
    match key.state {
        WorkstationState::Approved => return Ok(key),
        WorkstationState::Pending => approve(tx, keys, &key, by, now)?,
        WorkstationState::Unknown | WorkstationState::Revoked | WorkstationState::Quarantined => {
            return Err(DecideError::KeyIsOver);
        }
    }
    sql::key(tx, &key.key_id)?.ok_or(DecideError::NoWorkstation)
}

/// Approves a key that waits: the approval is signed, and the workstation's earlier key is closed.
pub fn approve(
    tx: &Connection,
    keys: &Keys,
    key: &StoredKey,
    by: &str,
    now: Timestamp,
) -> Result<(), DecideError> {
    let public: PublicKey = key.public_key.parse()?;
    let approval = Enrolment {
        format: enrolment::FORMAT.to_owned(),
        workstation_id: key.workstation_id,
        name: key.name.clone(),
        public_key: public,
        key_id: public.id(),
        approved_at: now,
        approved_by: by.to_owned(),
    };
    let envelope = approval.sign(keys.signing())?.to_value().to_string();
    for older in sql::keys_of(tx, key.workstation_id)? {
        if older.state == WorkstationState::Approved {
            close(tx, &older, true, by, REPLACED, now)?;
        }
    }
    let state = WorkstationState::Approved;
    let decision = Decision { state, by, reason: None, enrolment: Some(&envelope), replaced: false };
    sql::decide(tx, &key.key_id, &decision, now)?;
    let detail = json!({ "key_id": key.key_id, "name": key.name });
    Ok(write_down(tx, key, by, "workstation.approved", &detail, now)?)
}

/// Takes every key of a workstation back that is not closed yet, as far as it is this person's business; gives how
/// many.
pub fn revoke(
    tx: &Connection,
    id: WorkstationId,
    is_theirs: impl Fn(&StoredKey) -> Result<bool, StoreError>,
    by: &str,
    reason: &str,
    now: Timestamp,
) -> Result<usize, DecideError> {
    let mut named = Vec::new();
    for key in sql::keys_of(tx, id)? {
        if is_theirs(&key)? {
            named.push(key);
        }
    }
    if named.is_empty() {
        return Err(DecideError::NoWorkstation);
    }
    // One that was only replaced still delivers, until somebody says that it shall not.
    let is_open = |key: &StoredKey| key.state != WorkstationState::Revoked || replaced_at(key).is_some();
    let open: Vec<StoredKey> = named.into_iter().filter(is_open).collect();
    if open.is_empty() {
        return Err(DecideError::NothingToRevoke);
    }
    for key in &open {
        close(tx, key, false, by, reason, now)?;
    }
    Ok(open.len())
}

/// When an approved key was closed only because the workstation has another one now.
pub fn replaced_at(key: &StoredKey) -> Option<Timestamp> {
    key.decided_at.filter(|_| key.replaced && key.state == WorkstationState::Revoked)
}

/// A key that used one number twice signs nothing more.
pub fn quarantine(
    tx: &Connection,
    key: &StoredKey,
    reason: &str,
    detail: &serde_json::Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    if key.state == WorkstationState::Approved || replaced_at(key).is_some() {
        let state = WorkstationState::Quarantined;
        let decision =
            Decision { state, by: "server", reason: Some(reason), enrolment: None, replaced: false };
        sql::decide(tx, &key.key_id, &decision, now)?;
    }
    write_down(tx, key, "server", "workstation.quarantined", detail, now)
}

fn close(
    tx: &Connection,
    key: &StoredKey,
    replaced: bool,
    by: &str,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let decision =
        Decision { state: WorkstationState::Revoked, by, reason: Some(reason), enrolment: None, replaced };
    sql::decide(tx, &key.key_id, &decision, now)?;
    let detail = json!({ "key_id": key.key_id, "reason": reason });
    write_down(tx, key, by, "workstation.revoked", &detail, now)
}

/// Into the audit.
pub fn write_down(
    tx: &Connection,
    key: &StoredKey,
    actor: &str,
    action: &str,
    detail: &serde_json::Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    let subject = format!("workstation:{}", key.workstation_id);
    audit::append(tx, now, &Entry { actor, action, subject: &subject, detail })?;
    Ok(())
}

/// As people copy it.
fn plain(fingerprint: &str) -> String {
    let digits = fingerprint.chars().filter(|c| !matches!(c, '-' | ' '));
    digits.map(|c| c.to_ascii_lowercase()).collect()
}
