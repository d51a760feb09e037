//! The evidence view: what a verdict left behind, and whether its seals hold, checked when it is asked for.
//! Personal data; every look is recorded.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::calls::{AgentNamed, EvidenceOwed};
use crate::call::ImageRef;
use crate::evidence::{Manifest, VerdictStanding};
use crate::ids::{CallId, WorkstationId};
use crate::time::Timestamp;
use crate::workstation::WorkstationState;

/// `GET /v1/console/calls/{id}/evidence`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct EvidenceShown {
    /// The call.
    pub call_id: CallId,
    /// Assignments that left evidence, oldest first.
    pub held: Vec<EvidenceOf>,
    /// Assignments that should have, and did not.
    pub missing: Vec<EvidenceOwed>,
    /// The pictures were destroyed at the end of their time.
    pub pictures_destroyed: bool,
}

/// What one assignment left.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct EvidenceOf {
    /// Number in its call, from 1.
    pub assignment: u32,
    /// Who decided.
    pub agent: Option<AgentNamed>,
    /// What the verdict counts for.
    pub standing: VerdictStanding,
    /// When the server had it whole.
    pub received_at: Timestamp,
    /// Hash of the signed statement.
    pub manifest_sha256: String,
    /// What the workstation signed, read from its leaves; null for the first form, which was not signed.
    pub manifest: Option<Manifest>,
    /// The machine and its key.
    pub workstation: Option<WorkstationOf>,
    /// The frame that the caller's page sent.
    pub witness: WitnessOf,
    /// Pictures that are kept, of the case and of the verdict.
    pub images: Vec<ImageRef>,
    /// Whether its seals hold; null for the first form.
    pub check: Option<SealCheck>,
}

/// The machine that signed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct WorkstationOf {
    /// Its id.
    pub workstation_id: WorkstationId,
    /// By which IT knows it.
    pub name: String,
    /// Whose key signed.
    pub key_id: String,
    /// What became of the key since.
    pub key_state: WorkstationState,
    /// Number of this manifest under the key.
    pub counter: u32,
    /// The evidence stands after this record of the log.
    #[ts(type = "number")]
    pub log_seq: u64,
}

/// The frame that the caller's page took at the verdict.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct WitnessOf {
    /// `attached`, `not_asked` or `never_arrived`.
    pub state: String,
    /// When the page was asked.
    pub asked_at: Option<Timestamp>,
    /// Hash of what came.
    pub sha256: Option<String>,
}

/// The seals, as they were found when this was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct SealCheck {
    /// When.
    pub at: Timestamp,
    /// Every part is as it was sealed.
    pub sound: bool,
    /// Each part.
    pub parts: Vec<SealPart>,
    /// What no evidence proves, however sound.
    pub not_proven: Vec<SealWords>,
}

/// A part and what was found of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct SealPart {
    /// `manifest`, `leaves`, `picture:<kind>`, `receipt`, `enrolment`, `witness`, `chain`, `day-root:<day>`, `time` …
    pub part: String,
    /// Whether it is sound.
    pub ok: bool,
    /// Stable code of what was found.
    pub code: String,
    /// In Vietnamese.
    pub words_vi: String,
    /// In English.
    pub words_en: String,
}

/// A sentence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct SealWords {
    /// Stable code.
    pub code: String,
    /// In Vietnamese.
    pub vi: String,
    /// In English.
    pub en: String,
}

/// Body of `POST /v1/console/calls/{id}/export`; the answer is the bundle (`application/zip`).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export, optional_fields)]
pub struct EvidenceExport {
    /// Of which assignment, if not of the one whose verdict counts.
    pub assignment: Option<u32>,
    /// Fields and pictures to leave out, such as `customer.id_number`, `note`, `picture:portrait`; at most 64. The
    /// bundle verifies all the same, and says what is hidden.
    pub hide: Option<Vec<String>>,
}
