//! What a manifest says about the call around the verdict: how its times were measured, what the agent had
//! before her, how well she saw the customer, and every break of the line. Numbers are whole, so that no two
//! programs write them differently.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::call::ImageKind;
use crate::case::IdKind;

/// Most samples of quality in a manifest: more than half an hour.
pub const MAX_QUALITY_SAMPLES: usize = 400;

/// Most continuity events in a manifest; the rest is counted.
pub const MAX_CONTINUITY_EVENTS: usize = 200;

/// How the workstation's clock stood to the server's at the capture.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ClockFacts {
    /// Server clock minus workstation clock, ms; null if never measured.
    pub offset_ms: Option<i32>,
    /// Round trip of that measurement, ms: the offset is known to half of it.
    pub rtt_ms: Option<u32>,
    /// How long before the capture it was measured, ms.
    pub measured_ago_ms: Option<u32>,
    /// Whose time the capture carries.
    pub source: TimeSource,
}

/// Whose time a capture carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum TimeSource {
    /// The workstation's own clock, within 2,000 ms of the server's (or never compared with it).
    Workstation,
    /// The workstation's clock is further off: its time plus the offset.
    Server,
}

/// The case as it stood on the agent's screen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct CaseSeen {
    /// eKYC's id of the transaction.
    pub external_id: String,
    /// Phone number.
    pub msisdn: String,
    /// Name on the paper.
    pub full_name: String,
    /// `YYYY-MM-DD`.
    pub date_of_birth: String,
    /// Which paper.
    pub id_kind: IdKind,
    /// Number on the paper.
    pub id_number: String,
    /// `YYYY-MM-DD`.
    pub id_issued_on: String,
    /// Address, if the case has one.
    pub address: Option<String>,
    /// The pictures that she had loaded.
    pub papers: Vec<PaperSeen>,
}

/// A picture of the case that the agent had before her.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PaperSeen {
    /// ID card or portrait.
    pub kind: ImageKind,
    /// Of the bytes as eKYC sent them, lower-case hex.
    pub sha256: String,
}

/// How the customer's video came in, over the 5 s before `at_ms`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct QualitySample {
    /// Since the accept, ms.
    pub at_ms: u32,
    /// Pixels of the newest frame; 0 without one.
    pub width: u32,
    /// Pixels of the newest frame; 0 without one.
    pub height: u32,
    /// Frames a second, rounded.
    pub fps: u32,
    /// Gaps between frames that a person sees as a freeze.
    pub freezes: u32,
    /// Longest gap between two frames, ms.
    pub longest_gap_ms: u32,
    /// Packets lost.
    pub lost: u32,
}

/// Something that touched the continuity of the call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ContinuityEvent {
    /// Since the accept, ms.
    pub at_ms: u32,
    /// What happened.
    pub kind: ContinuityKind,
    /// In which peer connection of the assignment, from 1; 0 before the first.
    pub connection: u32,
}

/// What can touch the continuity of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum ContinuityKind {
    /// The peer connection stands.
    Connected,
    /// Media stopped.
    Stalled,
    /// Media flows, for the first time or again.
    Flowing,
    /// ICE began anew within the same connection: the same DTLS session, another way.
    Restarted,
    /// A new peer connection, with a new DTLS session, took over.
    NewConnection,
    /// The caller's page is another device or person than before.
    CallerChanged,
    /// The agent compared again.
    Compared,
}
