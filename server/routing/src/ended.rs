//! What is remembered of a call after its end: enough to judge a verdict that comes late.

use std::collections::BTreeMap;

use chinhchu_protocol::call::{Decision, EndReason};
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

/// An ended call. Kept until `forget_at`; the driver stores it beside the call and brings it back with
/// [`crate::Input::Recall`] when evidence comes after that.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct EndedCall {
    /// The call.
    pub call: CallId,
    /// Home company.
    pub company: CompanyCode,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Why.
    pub reason: EndReason,
    /// When the state may forget it.
    pub forget_at: Timestamp,
    /// Company of the latest assignment.
    pub served_by: Option<CompanyCode>,
    /// Who had assignment 1, 2, …
    pub assigned: Vec<AgentId>,
    /// The last offer, and whose it was.
    pub last_offer: Option<(u32, AgentId)>,
    /// What was sealed or stored, by assignment.
    #[serde(with = "pairs")]
    pub verdicts: BTreeMap<u32, Verdict>,
}

/// What an agent decided in one assignment.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// Confirmed or rejected.
    pub decision: Decision,
    /// Hash of the manifest, lower-case hex.
    pub manifest_sha256: String,
    /// When it was first heard of.
    pub at: Timestamp,
    /// What became of it; `None` while its evidence is not here.
    pub standing: Option<VerdictStanding>,
}

/// As a list of pairs: a map's keys are strings in JSON, and a tagged enum does not read numbers out of them.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::Verdict;

    pub(super) fn serialize<S: Serializer>(map: &BTreeMap<u32, Verdict>, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(map)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<u32, Verdict>, D::Error> {
        Ok(Vec::<(u32, Verdict)>::deserialize(from)?.into_iter().collect())
    }
}
