//! Whether uploaded evidence fits its manifest, and the manifest its call. Pure.

use std::io::Cursor;

use bytes::Bytes;
use chinhchu_protocol::call::{Decision, ImageKind};
use chinhchu_protocol::case::Case;
use chinhchu_protocol::evidence::{
    CaseSeen, EvidencePicture, MANIFEST_FORMAT, MAX_CONTINUITY_EVENTS, MAX_EVIDENCE_PICTURE_BYTES,
    MAX_QUALITY_SAMPLES, Manifest, TimeSource,
};
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode, RuleId, WorkstationId};
use chinhchu_protocol::time::Timestamp;
use image::{ImageFormat, ImageReader};
use sha2::{Digest, Sha256};

use super::witness::is_nonce;
use crate::cases::hex;

/// Longest free words, characters.
const MAX_NOTE: usize = 1_000;
/// A screen of 8K and more is no workstation.
const MAX_SIDE: u32 = 8_192;
/// What every verdict must show.
const REQUIRED: [ImageKind; 2] = [ImageKind::Screenshot, ImageKind::LiveFrame];
/// A workstation's clock that is further off gives its captures the server's time.
const MAX_OFFSET_MS: i32 = 2_000;
/// A capture may seem so long before the accept, or after now: what is left of the clocks' difference after
/// the offset, and the way of the messages.
const BRACKET_MS: i64 = 10_000;
/// The monotonic time from accept to capture may differ so much from the clocks' (a clock that was set right in
/// the call).
const DRIFT_MS: i64 = 30_000;

/// A fault: field and code.
pub type Fault = (String, &'static str);

/// What the server knows about the assignment.
pub struct Expected<'a> {
    /// The call.
    pub call: CallId,
    /// Its assignment.
    pub assignment: u32,
    /// What only it has.
    pub challenge: String,
    /// When it was accepted; none for calls from before this was kept.
    pub accepted_at: Option<Timestamp>,
    /// By how much the server's clock leapt between accept and capture, as its log says, ms.
    pub leapt_ms: i64,
    /// Now.
    pub now: Timestamp,
    /// Who had it, and uploads.
    pub agent: AgentId,
    /// Home company.
    pub company: CompanyCode,
    /// Rule at intake.
    pub rule: RuleId,
    /// Workstation of the manifest's session, if that session is the agent's.
    pub workstation: Option<WorkstationId>,
    /// Whose key signed.
    pub key_of: WorkstationId,
    /// The case as stored.
    pub case: &'a Case,
    /// Its pictures, as sent.
    pub papers: &'a [(ImageKind, [u8; 32])],
}

/// Every fault of a manifest.
pub fn manifest(manifest: &Manifest, expected: &Expected<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    faults.extend(identity(manifest, expected));
    faults.extend(words(manifest));
    faults.extend(time(manifest, expected));
    faults.extend(case(&manifest.case, expected));
    faults.extend(pictures(manifest));
    faults
}

/// The faulty ones of some checks.
fn faulty(checks: impl IntoIterator<Item = (&'static str, bool, &'static str)>) -> Vec<Fault> {
    let faults = checks.into_iter().filter(|(_, good, _)| !good);
    faults.map(|(field, _, code)| (field.to_owned(), code)).collect()
}

/// Which call, by whom, from where.
fn identity(manifest: &Manifest, expected: &Expected<'_>) -> Vec<Fault> {
    let here = manifest.workstation_id;
    // Whether a witness frame answers this nonce shows when both are compared: a question or an answer that was
    // lost must not cost the verdict.
    let nonce = manifest.witness_nonce.as_deref();
    faulty([
        ("format", manifest.format == MANIFEST_FORMAT, "unknown_value"),
        ("call_id", manifest.call_id == expected.call, "mismatch"),
        ("assignment", manifest.assignment == expected.assignment, "mismatch"),
        ("challenge", manifest.challenge == expected.challenge, "mismatch"),
        ("agent_id", manifest.agent_id == expected.agent, "mismatch"),
        ("company", manifest.company == expected.company, "mismatch"),
        ("rule_id", manifest.rule_id == expected.rule, "mismatch"),
        ("session_id", expected.workstation.is_some(), "mismatch"),
        ("workstation_id", expected.workstation.is_none_or(|id| id == here), "mismatch"),
        ("workstation_id", expected.key_of == here, "not_this_key"),
        ("witness_nonce", nonce.is_none_or(is_nonce), "unknown_value"),
        ("counter", manifest.counter > 0, "out_of_range"),
        ("previous_sha256", manifest.previous_sha256.is_none() == (manifest.counter == 1), "mismatch"),
        ("previous_sha256", manifest.previous_sha256.as_deref().is_none_or(is_hash), "unknown_value"),
    ])
}

fn words(manifest: &Manifest) -> Vec<Fault> {
    let rejected = manifest.decision == Decision::Rejected;
    let reason = manifest.reason.as_deref().unwrap_or_default();
    let note = manifest.note.as_deref().unwrap_or_default();
    faulty([
        ("reason", !(rejected && reason.is_empty()), "missing"),
        ("reason", reason.len() <= 32, "too_long"),
        ("note", note.chars().count() <= MAX_NOTE, "too_long"),
        ("quality", manifest.quality.len() <= MAX_QUALITY_SAMPLES, "too_long"),
        ("continuity", manifest.continuity.len() <= MAX_CONTINUITY_EVENTS, "too_long"),
    ])
}

/// What the clocks tell of the time from accept to capture beyond the workstation's own counting, ms; none if its clock
/// was never compared.
pub fn beyond_counting_ms(manifest: &Manifest) -> Option<i64> {
    let Manifest { accepted_at, captured_at, clock, .. } = manifest;
    let after = captured_at.ms_since(*accepted_at);
    clock.offset_ms.map(|_| after - i64::from(manifest.elapsed_ms))
}

/// Whether only a leap of the server's clock in the call can explain it.
pub fn needs_leap(manifest: &Manifest) -> bool {
    beyond_counting_ms(manifest).is_some_and(|beyond| beyond > DRIFT_MS)
}

/// The capture lies between the accept and now, and the three clocks agree, save for what the server's own leapt.
fn time(manifest: &Manifest, expected: &Expected<'_>) -> Vec<Fault> {
    let Manifest { accepted_at, captured_at, clock, .. } = manifest;
    let elapsed = i64::from(manifest.elapsed_ms);
    let off = clock.offset_ms.map_or(0, i32::unsigned_abs);
    let by_server = match clock.source {
        TimeSource::Server => true,
        TimeSource::Workstation => false,
    };
    // A clock that was never compared may show anything; the monotonic time still holds.
    let compared = clock.offset_ms.is_some();
    let after = captured_at.ms_since(*accepted_at);
    let most = DRIFT_MS + expected.leapt_ms;
    let agree = beyond_counting_ms(manifest).is_none_or(|beyond| (-DRIFT_MS..=most).contains(&beyond));
    faulty([
        ("accepted_at", expected.accepted_at.is_none_or(|at| at == *accepted_at), "mismatch"),
        ("captured_at", !compared || after >= -BRACKET_MS, "before_accept"),
        ("captured_at", !compared || captured_at.ms_since(expected.now) <= BRACKET_MS, "in_the_future"),
        ("elapsed_ms", accepted_at.plus_ms(elapsed).ms_since(expected.now) <= DRIFT_MS, "in_the_future"),
        ("elapsed_ms", agree, "mismatch"),
        ("clock.source", by_server == (off > MAX_OFFSET_MS.unsigned_abs()), "mismatch"),
    ])
}

/// What the agent had before her is what eKYC sent.
fn case(seen: &CaseSeen, expected: &Expected<'_>) -> Vec<Fault> {
    let Case { external_id, subscriber, customer, .. } = expected.case;
    let mut faults = faulty([
        ("case.external_id", seen.external_id == *external_id, "mismatch"),
        ("case.msisdn", seen.msisdn == subscriber.msisdn, "mismatch"),
        ("case.full_name", seen.full_name == customer.full_name, "mismatch"),
        ("case.date_of_birth", seen.date_of_birth == customer.date_of_birth, "mismatch"),
        ("case.id_kind", seen.id_kind == customer.id_kind, "mismatch"),
        ("case.id_number", seen.id_number == customer.id_number, "mismatch"),
        ("case.id_issued_on", seen.id_issued_on == customer.id_issued_on, "mismatch"),
        ("case.address", seen.address == customer.address, "mismatch"),
    ]);
    for (n, paper) in seen.papers.iter().enumerate() {
        let field = || format!("case.papers.{}", paper.kind.name());
        let sent = expected.papers.iter().find(|(kind, _)| *kind == paper.kind);
        if sent.is_none_or(|(_, sha256)| hex(sha256) != paper.sha256) {
            faults.push((field(), "mismatch"));
        }
        if seen.papers[..n].iter().any(|before| before.kind == paper.kind) {
            faults.push((field(), "repeated"));
        }
    }
    faults
}

fn pictures(manifest: &Manifest) -> Vec<Fault> {
    let mut faults = Vec::new();
    for kind in REQUIRED {
        match manifest.pictures.iter().filter(|picture| picture.kind == kind).count() {
            0 => faults.push((format!("pictures.{}", kind.name()), "missing")),
            1 => {}
            _ => faults.push((format!("pictures.{}", kind.name()), "repeated")),
        }
    }
    let others = manifest.pictures.iter().filter(|picture| !REQUIRED.contains(&picture.kind));
    faults.extend(others.map(|picture| (format!("pictures.{}", picture.kind.name()), "unknown_value")));
    faults
}

fn is_hash(text: &str) -> bool {
    chinhchu_evidence::hex::decode::<32>(text).is_some()
}

/// Whether the bytes are the picture that the manifest names; gives its type and hash.
pub fn picture(named: &EvidencePicture, bytes: &Bytes) -> Result<(&'static str, [u8; 32]), Fault> {
    let fault = |field: &str, code| Err((format!("{}.{field}", named.kind.name()), code));
    if bytes.len() > MAX_EVIDENCE_PICTURE_BYTES {
        return fault("bytes", "too_large");
    }
    if usize::try_from(named.bytes) != Ok(bytes.len()) {
        return fault("bytes", "mismatch");
    }
    let hash: [u8; 32] = Sha256::digest(bytes).into();
    if hex(&hash) != named.sha256 {
        return fault("sha256", "mismatch");
    }
    let Ok(reader) = ImageReader::new(Cursor::new(bytes)).with_guessed_format() else {
        return fault("bytes", "unreadable");
    };
    let content_type = match reader.format() {
        Some(ImageFormat::Jpeg) => "image/jpeg",
        Some(ImageFormat::Png) => "image/png",
        Some(_) | None => return fault("content_type", "unsupported"),
    };
    if named.content_type != content_type {
        return fault("content_type", "mismatch");
    }
    match reader.into_dimensions() {
        Err(_) => fault("bytes", "unreadable"),
        Ok(size) if size != (named.width, named.height) => fault("width", "mismatch"),
        Ok((width, height)) if width > MAX_SIDE || height > MAX_SIDE => fault("width", "too_large"),
        Ok(_) => Ok((content_type, hash)),
    }
}
