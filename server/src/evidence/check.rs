//! Whether uploaded evidence fits its manifest, and the manifest its call. Pure.

use std::io::Cursor;

use bytes::Bytes;
use chinhchu_protocol::call::{Decision, ImageKind};
use chinhchu_protocol::evidence::{
    CHALLENGE_HEX, EvidencePicture, MANIFEST_FORMAT, MAX_EVIDENCE_PICTURE_BYTES, Manifest,
};
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode, RuleId, WorkstationId};
use image::{ImageFormat, ImageReader};
use sha2::{Digest, Sha256};

use crate::cases::hex;

/// Longest free words, characters.
const MAX_NOTE: usize = 1_000;
/// A screen of 8K and more is no workstation.
const MAX_SIDE: u32 = 8_192;
/// What every verdict must show.
const REQUIRED: [ImageKind; 2] = [ImageKind::Screenshot, ImageKind::LiveFrame];

/// A fault: field and code.
pub type Fault = (String, &'static str);

/// What the server knows about the assignment.
pub struct Expected {
    /// The call.
    pub call: CallId,
    /// Its assignment.
    pub assignment: u32,
    /// Who had it, and uploads.
    pub agent: AgentId,
    /// Home company.
    pub company: CompanyCode,
    /// Rule at intake.
    pub rule: RuleId,
    /// Workstation of the manifest's session, if that session is the agent's.
    pub workstation: Option<WorkstationId>,
}

/// Every fault of a manifest.
pub fn manifest(manifest: &Manifest, expected: &Expected) -> Vec<Fault> {
    let rejected = manifest.decision == Decision::Rejected;
    let reason = manifest.reason.as_deref().unwrap_or_default();
    let note = manifest.note.as_deref().unwrap_or_default();
    let checks = [
        ("format", manifest.format == MANIFEST_FORMAT, "unknown_value"),
        ("call_id", manifest.call_id == expected.call, "mismatch"),
        ("assignment", manifest.assignment == expected.assignment, "mismatch"),
        ("agent_id", manifest.agent_id == expected.agent, "mismatch"),
        ("challenge", is_challenge(&manifest.challenge), "mismatch"),
        ("company", manifest.company == expected.company, "mismatch"),
        ("rule_id", manifest.rule_id == expected.rule, "mismatch"),
        ("session_id", expected.workstation.is_some(), "mismatch"),
        ("workstation_id", expected.workstation.is_none_or(|id| id == manifest.workstation_id), "mismatch"),
        ("reason", !(rejected && reason.is_empty()), "missing"),
        ("reason", reason.len() <= 32, "too_long"),
        ("note", note.chars().count() <= MAX_NOTE, "too_long"),
        ("counter", manifest.counter > 0, "out_of_range"),
    ];
    let faults = checks.into_iter().filter(|(_, good, _)| !good);
    let mut faults: Vec<Fault> = faults.map(|(field, _, code)| (field.to_owned(), code)).collect();
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

fn is_challenge(text: &str) -> bool {
    text.len() == CHALLENGE_HEX && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
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
