//! Takes together what the store holds about one assignment: evidence, pictures, approval, witness, records.

use chinhchu_evidence::bundle::{Contents, Picture, WitnessState};
use chinhchu_evidence::chain::{self, Chain, ProvenHash, ProvenRecord};
use chinhchu_evidence::{Envelope, Leaves, Receipt, Signed as _};
use chinhchu_protocol::call::ImageKind;
use chinhchu_protocol::evidence::{EvidencePicture, PaperSeen};
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use rusqlite::Connection;
use serde_json::Value;

use crate::cases::{self, StoredPicture, hex};
use crate::evidence;
use crate::objects::{CaseKey, Keys};
use crate::store::{StoreError, rows};
use crate::switchboard::sql::records_after;
use crate::switchboard::{self, Record};
use crate::workstations;

use super::PackError;
use super::roots::Roots;

/// Records that one commit can hold: the first change of a call may be told by a later one of the same commit.
const COMMIT: u64 = 64;
/// Records read at once.
const CHUNK: u32 = 1_000;

/// What the store holds, before the pictures' files are read.
pub struct Held {
    /// Opens the pictures.
    pub key: CaseKey,
    /// Pictures that are still kept.
    pub pictures: Vec<StoredPicture>,
    /// Everything else.
    pub contents: Contents,
    /// Hash of the signed statement.
    pub manifest_sha256: String,
}

/// Which assignment is meant: the one named, the one whose verdict counts, or the newest with evidence.
pub fn assignment(connection: &Connection, call: CallId, named: Option<u32>) -> Result<u32, PackError> {
    let row = switchboard::sql::call(connection, call)?.ok_or(PackError::NoCall)?;
    let held = evidence::sql::assignments(connection, call)?;
    let counts = row.verdict.map(|verdict| verdict.assignment);
    let wanted = named.or(counts).or(held.last().copied());
    let wanted = wanted.filter(|wanted| held.contains(wanted));
    wanted.ok_or(PackError::NoEvidence)
}

/// Everything about an assignment.
pub fn gather(
    connection: &Connection,
    keys: &Keys,
    call: CallId,
    assignment: u32,
    now: Timestamp,
) -> Result<Held, PackError> {
    let key = cases::sql::read_key(connection, keys, call)?.ok_or(PackError::Erased)?;
    let stored = evidence::sql::evidence(connection, &key, call, assignment)?.ok_or(PackError::Unsigned)?;
    let leaves = Leaves::parse(&stored.leaves).map_err(|_| StoreError::Corrupt("leaves"))?;
    let (receipt_bytes, receipt) = receipt(connection, keys, call, assignment)?;
    let (witness, witness_state) = witness(connection, call, assignment, &leaves)?;
    let (chain, day_roots) = records(connection, keys, call, &receipt, now)?;
    let pictures = cases::sql::pictures(connection, call, Some(assignment))?;
    let pictures: Vec<StoredPicture> = pictures
        .into_iter()
        .filter(|picture| named(&leaves, picture) || witnessed(picture, witness_state))
        .collect();
    let contents = Contents {
        gone: gone(&leaves, &pictures, witness_state),
        enrolment: enrolment(connection, &stored.key_id)?,
        envelope: stored.envelope.into_bytes(),
        receipt: receipt_bytes,
        pictures: Vec::new(),
        leaves,
        witness,
        witness_state,
        chain,
        day_roots,
    };
    Ok(Held { key, pictures, contents, manifest_sha256: receipt.manifest_sha256 })
}

/// A picture whose file was read.
pub fn picture(stored: &StoredPicture, bytes: Vec<u8>) -> Picture {
    Picture { kind: stored.kind, content_type: stored.content_type.clone(), bytes }
}

/// The receipt: its exact bytes, and what it says.
fn receipt(
    connection: &Connection,
    keys: &Keys,
    call: CallId,
    assignment: u32,
) -> Result<(Vec<u8>, Receipt), PackError> {
    let answered = evidence::sql::receipt(connection, call, assignment)?.ok_or(PackError::Unsigned)?;
    let envelope = Envelope::of_value(&answered.envelope).map_err(|_| PackError::Unsigned)?;
    let torn = |_| StoreError::Corrupt("receipt");
    let receipt = Receipt::open(&envelope, &keys.signing().public()).map_err(torn)?;
    Ok((envelope.to_bytes(), receipt))
}

fn enrolment(connection: &Connection, key_id: &str) -> Result<Vec<u8>, PackError> {
    let enrolment = workstations::sql::key(connection, key_id)?.and_then(|key| key.enrolment);
    Ok(enrolment.ok_or(PackError::NoApproval)?.into_bytes())
}

fn witness(
    connection: &Connection,
    call: CallId,
    assignment: u32,
    leaves: &Leaves,
) -> Result<(Option<Vec<u8>>, WitnessState), PackError> {
    let Some(Value::String(nonce)) = leaves.get("witness_nonce") else {
        return Ok((None, WitnessState::NotAsked));
    };
    let answered = evidence::witness::of(connection, call, assignment)?.filter(|found| found.nonce == nonce);
    Ok(match answered.and_then(|found| found.statement) {
        Some(statement) => (Some(statement.into_bytes()), WitnessState::Attached),
        None => (None, WitnessState::NeverArrived),
    })
}

/// Kinds and hashes of the pictures that the manifest names.
fn pictures_of(leaves: &Leaves) -> Vec<(ImageKind, String)> {
    let values = |prefix: &'static str| {
        let names = leaves.iter().map(chinhchu_evidence::leaves::Leaf::name);
        let names = names.filter(move |name| name.starts_with(prefix));
        names.filter_map(|name| leaves.get(name))
    };
    let of_verdict = values("pictures.").filter_map(|value| {
        let picture: EvidencePicture = serde_json::from_value(value).ok()?;
        Some((picture.kind, picture.sha256))
    });
    let of_case = values("case.papers.").filter_map(|value| {
        let paper: PaperSeen = serde_json::from_value(value).ok()?;
        Some((paper.kind, paper.sha256))
    });
    of_verdict.chain(of_case).collect()
}

fn named(leaves: &Leaves, picture: &StoredPicture) -> bool {
    let hash = hex(&picture.sha256);
    pictures_of(leaves).iter().any(|(kind, sha256)| *kind == picture.kind && *sha256 == hash)
}

fn witnessed(picture: &StoredPicture, state: WitnessState) -> bool {
    picture.kind == ImageKind::WitnessFrame && state == WitnessState::Attached
}

fn gone(leaves: &Leaves, kept: &[StoredPicture], state: WitnessState) -> Vec<ImageKind> {
    let named = pictures_of(leaves).into_iter().map(|(kind, _)| kind);
    let witness = (state == WitnessState::Attached).then_some(ImageKind::WitnessFrame);
    named.chain(witness).filter(|kind| !kept.iter().any(|picture| picture.kind == *kind)).collect()
}

/// The call's records with their ways to the roots of their days; for what no root covers yet, one is signed.
type Proven = (Chain, Vec<(String, Vec<u8>)>);

fn records(
    connection: &Connection,
    keys: &Keys,
    call: CallId,
    receipt: &Receipt,
    now: Timestamp,
) -> Result<Proven, PackError> {
    let found = records_of(connection, call, receipt.log.seq)?;
    let mut roots = Roots::open(connection, keys, now)?;
    let mut chain = Chain { format: chain::FORMAT.to_owned(), records: Vec::new(), receipt: None };
    for record in found {
        let (day, path) = roots.prove(connection, record.seq)?;
        chain.records.push(ProvenRecord {
            seq: record.seq,
            at_ms: record.at.ms(),
            rules_version: record.rules_version,
            input: text(record.input)?,
            facts: text(record.facts)?,
            prev_hash: hex(&record.prev_hash),
            day,
            path,
        });
    }
    if receipt.log.seq > 0 {
        let (day, path) = roots.prove(connection, receipt.log.seq)?;
        let (seq, hash) = (receipt.log.seq, receipt.log.hash.clone());
        chain.receipt = Some(ProvenHash { seq, hash, day, path });
    }
    Ok((chain, roots.used()))
}

fn text(bytes: Vec<u8>) -> Result<String, StoreError> {
    String::from_utf8(bytes).map_err(|_| StoreError::Corrupt("a record of the log"))
}

/// Every record that tells of the call, and those of outages meanwhile.
fn records_of(connection: &Connection, call: CallId, least_last: u64) -> Result<Vec<Record>, PackError> {
    let sql = "SELECT min(seq) AS first, max(seq) AS last FROM call_events WHERE call_id = ?1";
    let span = rows::first(connection, sql, [call.0.as_bytes()], |row| {
        Ok((row.get::<_, Option<i64>>("first")?, row.get::<_, Option<i64>>("last")?))
    })?;
    let (Some(first), Some(last)) = span.unwrap_or_default() else {
        return Err(PackError::NotInLog);
    };
    let (first, last) = (first.cast_unsigned(), last.cast_unsigned().max(least_last));
    let id = call.to_string();
    let of_call = |record: &Record| record.facts.windows(id.len()).any(|window| window == id.as_bytes());
    let tells = |record: &Record| of_call(record) || (record.seq > first && evidence::outages::tells(record));
    let (mut after, mut found) = (first.saturating_sub(COMMIT), Vec::new());
    while after < last {
        let read = records_after(connection, after, CHUNK)?;
        let Some(newest) = read.last() else { break };
        after = newest.seq;
        found.extend(read.into_iter().filter(|record| record.seq <= last && tells(record)));
    }
    Ok(found)
}
