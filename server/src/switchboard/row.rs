//! What the outside may know about a call, folded from its facts. No personal data: that lies in the case.

use chinhchu_protocol::call::{CallState, Decision, EndReason, NoticeCode};
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{CallStatus, EndedCall, Event, Fact, notice_of};
use serde::{Deserialize, Serialize};

/// The oldest notices go when there are more (contract: at most 100).
const MAX_NOTICES: usize = 100;

/// One call, as last decided.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CallRow {
    /// The call.
    pub call_id: CallId,
    /// Home company.
    pub company: CompanyCode,
    /// When it was taken in.
    pub created_at: Timestamp,
    /// Where it stands.
    pub state: CallState,
    /// Whose agents serve it.
    pub serving: Option<CompanyCode>,
    /// Newest agent who accepted it.
    pub agent: Option<AgentId>,
    /// Every agent who accepted it, by assignment from 1.
    pub assigned: Vec<AgentId>,
    /// When, by assignment from 1; shorter in rows of before this was kept.
    #[serde(default)]
    pub accepted: Vec<Timestamp>,
    /// Oldest first.
    pub notices: Vec<(Timestamp, NoticeCode)>,
    /// When its serving company opens, if it was found closed.
    #[serde(default)]
    pub opens_at: Option<Timestamp>,
    /// When and why it ended.
    pub ended: Option<(Timestamp, EndReason)>,
    /// What is needed to judge a late verdict, once it ended.
    pub record: Option<EndedCall>,
    /// When each assignment's verdict was first heard of.
    pub sealed: Vec<(u32, Timestamp)>,
    /// The verdict that counts.
    pub verdict: Option<RowVerdict>,
    /// Log record of the last change.
    pub seq: u64,
}

/// The verdict that counts; reason and note stand in the sealed manifest.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RowVerdict {
    /// Whose evidence it is.
    pub assignment: u32,
    /// Confirmed or rejected.
    pub decision: Decision,
    /// When it was given, by the server's clock.
    pub at: Timestamp,
    /// By whom.
    pub agent: AgentId,
    /// After the call had ended by itself.
    pub late: bool,
    /// Lower-case hex.
    pub manifest_sha256: String,
}

impl CallRow {
    /// A call just taken in.
    pub fn new(call_id: CallId, company: CompanyCode, created_at: Timestamp) -> Self {
        Self {
            call_id,
            company,
            created_at,
            state: CallState::Preparing,
            serving: None,
            agent: None,
            assigned: Vec::new(),
            accepted: Vec::new(),
            notices: Vec::new(),
            opens_at: None,
            ended: None,
            record: None,
            sealed: Vec::new(),
            verdict: None,
            seq: 0,
        }
    }

    /// Takes in one fact about this call.
    pub fn fold(&mut self, fact: &Fact) {
        if let Some(code) = notice_of(fact) {
            self.notice(fact.at, code);
        }
        match &fact.event {
            Event::CallAccepted { agent, serving, .. } => {
                self.agent = Some(*agent);
                self.assigned.push(*agent);
                self.accepted.push(fact.at);
                self.serving = Some(serving.clone());
            }
            Event::VerdictSealed { assignment, .. } => self.seal(*assignment, fact.at),
            Event::EvidenceTaken { assignment, agent, decision, manifest_sha256, standing, .. } => {
                self.seal(*assignment, fact.at);
                self.judge(*assignment, *agent, *decision, manifest_sha256, *standing);
            }
            Event::PoolClosed { opens_at, .. } => self.opens_at = *opens_at,
            Event::CallEnded { reason, .. } => self.ended = Some((fact.at, *reason)),
            // Everything else shows in the status.
            _ => {}
        }
    }

    /// Takes over what the switchboard says now.
    pub fn settle(&mut self, seq: u64, status: Option<&CallStatus>, record: Option<&EndedCall>) {
        self.seq = seq;
        if let Some(status) = status {
            self.state = status.state;
        }
        if self.ended.is_some() {
            self.state = CallState::Ended;
        }
        if let Some(record) = record {
            self.record = Some(record.clone());
        }
    }

    fn notice(&mut self, at: Timestamp, code: NoticeCode) {
        self.notices.push((at, code));
        if self.notices.len() > MAX_NOTICES {
            self.notices.remove(0);
        }
    }

    fn seal(&mut self, assignment: u32, at: Timestamp) {
        if !self.sealed.iter().any(|(n, _)| *n == assignment) {
            self.sealed.push((assignment, at));
        }
    }

    fn judge(
        &mut self,
        assignment: u32,
        agent: AgentId,
        decision: Decision,
        hash: &str,
        standing: VerdictStanding,
    ) {
        let late = match standing {
            VerdictStanding::Counts => false,
            VerdictStanding::Late => true,
            VerdictStanding::Superseded => return,
        };
        let sealed = self.sealed.iter().find(|(n, _)| *n == assignment);
        let at = sealed.map_or(self.created_at, |(_, at)| *at);
        let manifest_sha256 = hash.to_owned();
        self.verdict = Some(RowVerdict { assignment, decision, at, agent, late, manifest_sha256 });
    }
}
