//! What a verdict leaves behind: a manifest over pictures and circumstances, sealed by the workstation
//! (`chinhchu-evidence`), uploaded to `PUT /v1/agent/calls/{call_id}/assignments/{n}/evidence` (multipart:
//! `envelope`, `leaves`, then one part per picture named by its kind; a picture that came whole by chunks may be
//! absent). The same manifest again gives the same receipt.
//!
//! The manifest itself is never sent as one piece of JSON: every field is a salted leaf of a Merkle tree, and a
//! short statement with the tree's root is what the workstation signs. `manifest_sha256` is, everywhere, the
//! SHA-256 of the exact bytes of that statement.
//!
//! [`circumstances`] holds what the manifest says about the call itself: time, case, quality, continuity.

pub mod circumstances;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use circumstances::{
    CaseSeen, ClockFacts, ContinuityEvent, ContinuityKind, MAX_CONTINUITY_EVENTS, MAX_QUALITY_SAMPLES,
    PaperSeen, QualitySample, TimeSource,
};

use crate::call::{Decision, ImageKind};
use crate::ids::{AgentId, CallId, CompanyCode, RuleId, SessionId, WorkstationId};
use crate::time::Timestamp;

/// Name and version of the manifest's shape.
pub const MANIFEST_FORMAT: &str = "chinhchu-manifest/2";

/// Largest signed envelope of a manifest, bytes: the statement is short.
pub const MAX_ENVELOPE_BYTES: usize = 8 * 1024;

/// Largest leaves of a manifest, bytes: 400 samples, 200 events and the rest, each with its salt.
pub const MAX_LEAVES_BYTES: usize = 256 * 1024;

/// Hex characters of [`Manifest::challenge`] and of a witness nonce.
pub const CHALLENGE_HEX: usize = 32;

/// Largest evidence picture, bytes.
pub const MAX_EVIDENCE_PICTURE_BYTES: usize = 12 * 1024 * 1024;

/// Who was verified, by whom, when, under which rule, and what was seen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Manifest {
    /// [`MANIFEST_FORMAT`].
    pub format: String,
    /// The call.
    pub call_id: CallId,
    /// Its assignment.
    pub assignment: u32,
    /// As in [`crate::agent::AgentCall::challenge`]: shows that the manifest was made after the accept.
    pub challenge: String,
    /// When the agent accepted, by the server's clock.
    pub accepted_at: Timestamp,
    /// From the accept to the capture by the workstation's monotonic clock (which counts its sleep), ms.
    pub elapsed_ms: u32,
    /// Home company.
    pub company: CompanyCode,
    /// Who gave the verdict.
    pub agent_id: AgentId,
    /// In which sign-in.
    pub session_id: SessionId,
    /// On which workstation.
    pub workstation_id: WorkstationId,
    /// Version of the workstation's program.
    pub program: String,
    /// Confirmed or rejected.
    pub decision: Decision,
    /// Code of the reason; always there for a rejection.
    pub reason: Option<String>,
    /// Free words, at most 1,000 characters.
    pub note: Option<String>,
    /// Policy rule that held at intake.
    pub rule_id: RuleId,
    /// The moment of the capture, as burnt into the picture; by which clock, says [`ClockFacts::source`].
    pub captured_at: Timestamp,
    /// The burnt-in date and time, as drawn: `23/11/2026 09:15:42 +07:00`.
    pub captured_at_text: String,
    /// How the workstation's clock stood to the server's.
    pub clock: ClockFacts,
    /// What the agent had before her when she compared.
    pub case: CaseSeen,
    /// How the screenshot was made.
    pub capture_method: CaptureMethod,
    /// Age of the newest decoded frame at the capture, ms.
    pub live_frame_age_ms: u32,
    /// Codec of the received video, `H264` or `VP8`.
    pub video_codec: String,
    /// DTLS fingerprint of the workstation, `sha-256 AA:BB:…`.
    pub dtls_local: String,
    /// DTLS fingerprint of the caller's page.
    pub dtls_remote: String,
    /// How the video came in, one sample per 5 s, at most [`MAX_QUALITY_SAMPLES`] (the newest).
    pub quality: Vec<QualitySample>,
    /// Every interruption and reconnection, at most [`MAX_CONTINUITY_EVENTS`] (the first ones).
    pub continuity: Vec<ContinuityEvent>,
    /// Events beyond that.
    pub continuity_dropped: u32,
    /// Asked of the caller's page with its witness frame; null if none was asked for.
    pub witness_nonce: Option<String>,
    /// Number of this manifest under its workstation's key, from 1, without gaps.
    pub counter: u32,
    /// `manifest_sha256` of the one before it under this key, lower-case hex; null for the first.
    pub previous_sha256: Option<String>,
    /// The pictures.
    pub pictures: Vec<EvidencePicture>,
}

/// How the screen was captured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum CaptureMethod {
    /// The workstation's own window.
    Window,
    /// The monitor, cut to the workstation's window.
    Monitor,
    /// Drawn from the decoded frames, because the desktop forbids capture.
    Rendered,
}

/// One picture of the evidence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct EvidencePicture {
    /// Screenshot or live frame (the witness frame comes from the page).
    pub kind: ImageKind,
    /// Lower-case hex.
    pub sha256: String,
    /// `image/jpeg` or `image/png`.
    pub content_type: String,
    /// Bytes.
    pub bytes: u32,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// Answer to an upload: durable on the server.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct EvidenceReceipt {
    /// The call.
    pub call_id: CallId,
    /// Its assignment.
    pub assignment: u32,
    /// Hash of the manifest as received.
    pub manifest_sha256: String,
    /// When it became durable.
    pub received_at: Timestamp,
    /// Whether the verdict counts, or came too late and is kept beside.
    pub standing: VerdictStanding,
    /// The same, countersigned by the server: a DSSE envelope of `application/vnd.chinhchu.receipt+json`.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    #[ts(type = "unknown")]
    pub envelope: serde_json::Value,
}

/// What became of an uploaded verdict.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum VerdictStanding {
    /// It is the call's verdict.
    Counts,
    /// It arrived after the call had ended by itself and is the call's verdict now, marked late.
    Late,
    /// Another agent's verdict stands; this one is kept and shown, never a result.
    Superseded,
}

/// One entry of `GET /v1/calls/{id}/evidence`: the evidence that the server holds for an assignment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct EvidenceHeld {
    /// What was answered to the workstation.
    pub receipt: EvidenceReceipt,
    /// The manifest, read from its leaves.
    pub manifest: Manifest,
    /// The exact bytes of the signed statement (UTF-8 JSON), over which `manifest_sha256` is taken.
    pub manifest_text: String,
    /// The workstation's signature over them: a DSSE envelope of `application/vnd.chinhchu.manifest+json`.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    #[ts(type = "unknown")]
    pub envelope: serde_json::Value,
    /// The leaves, whose Merkle root the statement holds.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    #[ts(type = "unknown")]
    pub leaves: serde_json::Value,
}
