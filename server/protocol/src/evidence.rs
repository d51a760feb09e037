//! What a verdict leaves behind: a manifest over pictures and circumstances, uploaded to
//! `PUT /v1/agent/calls/{call_id}/assignments/{n}/evidence` (multipart: `manifest` first, then one part per
//! picture named by its kind). The same manifest again gives the same receipt.
//!
//! The hash of a manifest is taken over its exact bytes as sent, never over re-written JSON.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::call::{Decision, ImageKind};
use crate::ids::{AgentId, CallId, CompanyCode, RuleId, SessionId, WorkstationId};
use crate::time::Timestamp;

/// Name and version of the manifest's shape.
pub const MANIFEST_FORMAT: &str = "chinhchu-manifest/1";

/// Largest manifest, bytes.
pub const MAX_MANIFEST_BYTES: usize = 64 * 1024;

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
    /// The moment of the capture by the workstation's clock, as burnt into the picture.
    pub captured_at: Timestamp,
    /// The burnt-in date and time, as drawn: `23/11/2026 09:15:42 +07:00`.
    pub captured_at_text: String,
    /// Server clock minus workstation clock, ms; null if never measured.
    pub clock_offset_ms: Option<i32>,
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
    /// Number of this manifest on its workstation, from 1, without gaps.
    pub counter: u32,
    /// Hash of the manifest before it on this workstation, lower-case hex; null for the first.
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
    /// The manifest as the workstation sent it; its hash is over `manifest_text`.
    pub manifest: Manifest,
    /// The exact bytes of the manifest (UTF-8 JSON), over which `manifest_sha256` is taken.
    pub manifest_text: String,
}
