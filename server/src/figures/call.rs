//! One call in figures, folded from its facts. Pure.

use chinhchu_protocol::call::{CallState, Decision, EndReason};
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{Event, Fact, OfferOutcome};

use super::given::Given;

/// Where a call's evidence stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EvidenceState {
    /// No verdict was possible, or none is known of yet.
    None,
    /// A verdict was sealed, or the conversation was over after video; its evidence is awaited.
    Due,
    /// Here.
    Complete,
    /// The call ended without it.
    Missing,
}

impl EvidenceState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::None, Self::Due, Self::Complete, Self::Missing];

    /// As stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Due => "due",
            Self::Complete => "complete",
            Self::Missing => "missing",
        }
    }
}

/// One call. Times are those of the facts; durations in ms of wall time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallFigures {
    /// The call.
    pub call_id: CallId,
    /// Whose dealer made it.
    pub home: CompanyCode,
    /// Whose agents have it, or are to have it.
    pub serving: CompanyCode,
    /// What intake and evidence told.
    pub given: Given,
    /// Who answered last.
    pub agent: Option<AgentId>,
    /// That agent's partner, as of the offer.
    pub partner: Option<String>,
    /// Taken in.
    pub created: Timestamp,
    /// Joined the queue, first.
    pub queued: Option<Timestamp>,
    /// Rang, first.
    pub rang: Option<Timestamp>,
    /// Accepted, first.
    pub answered: Option<Timestamp>,
    /// Accepted, newest assignment.
    pub accepted: Option<Timestamp>,
    /// Video, newest assignment.
    pub connected: Option<Timestamp>,
    /// Ended.
    pub ended: Option<Timestamp>,
    /// Where it stands.
    pub state: CallState,
    /// Why it ended.
    pub end_reason: Option<EndReason>,
    /// The verdict that counts; only once its evidence is here.
    pub decision: Option<Decision>,
    /// Offers made.
    pub offers: u32,
    /// Offers declined (F2).
    pub declined: u32,
    /// Offers passed on (F5).
    pub passed: u32,
    /// Offers that rang unanswered (F5).
    pub missed: u32,
    /// Offers whose ring was never confirmed (I7).
    pub never_rang: u32,
    /// Offers after which the call went back to be offered to another agent (F5).
    pub redirected: u32,
    /// Connections that were lost and came back in time (F3).
    pub reconnects: u32,
    /// Accepts.
    pub assignments: u32,
    /// From the queue to the first accept, or to the end if there was none.
    pub wait_ms: Option<i64>,
    /// From video to the end of the conversation, over all assignments.
    pub talk_ms: Option<i64>,
    /// Wrap-up of its agents.
    pub wrap_ms: Option<i64>,
    /// From accept to the end of the conversation, over all assignments, and the wrap-up.
    pub handle_ms: Option<i64>,
    /// When the verdict was first heard of.
    pub verdict: Option<Timestamp>,
    /// When its evidence was here, which made it the call's result.
    pub result: Option<Timestamp>,
    /// Hash of the manifest of the verdict that counts, lower-case hex.
    pub manifest_sha256: Option<String>,
    /// Where its evidence stands.
    pub evidence: EvidenceState,
    /// The verdict's evidence came after the call had ended.
    pub late: bool,
    /// Turned away outside the opening hours of the company that serves it.
    pub closed: bool,
}

impl CallFigures {
    /// A call just taken in; `serving` is who serves its company at that time.
    pub fn taken_in(
        call_id: CallId,
        home: CompanyCode,
        serving: CompanyCode,
        created: Timestamp,
        given: Given,
    ) -> Self {
        Self {
            call_id,
            home,
            serving,
            given,
            agent: None,
            partner: None,
            created,
            queued: None,
            rang: None,
            answered: None,
            accepted: None,
            connected: None,
            ended: None,
            state: CallState::Preparing,
            end_reason: None,
            decision: None,
            offers: 0,
            declined: 0,
            passed: 0,
            missed: 0,
            never_rang: 0,
            redirected: 0,
            reconnects: 0,
            assignments: 0,
            wait_ms: None,
            talk_ms: None,
            wrap_ms: None,
            handle_ms: None,
            verdict: None,
            result: None,
            manifest_sha256: None,
            evidence: EvidenceState::None,
            late: false,
            closed: false,
        }
    }

    /// Takes in a fact about this call.
    pub fn fold(&mut self, fact: &Fact) {
        let at = fact.at;
        match &fact.event {
            Event::CallQueued { serving, .. } => {
                self.state = CallState::Waiting;
                self.serving.clone_from(serving);
                self.queued.get_or_insert(at);
            }
            Event::PoolClosed { .. } => self.closed = true,
            Event::Offered { .. } => {
                self.state = CallState::Offering;
                self.offers += 1;
            }
            Event::Rang { .. } => {
                self.rang.get_or_insert(at);
            }
            Event::OfferClosed { outcome, .. } => self.offer_closed(*outcome),
            Event::CallAccepted { agent, serving, .. } => self.accept(at, *agent, serving),
            Event::VideoConnected { .. } => {
                self.state = CallState::InCall;
                self.connected = Some(at);
            }
            Event::SideLost { .. } => self.state = CallState::Reconnecting,
            Event::SideBack { .. } => {
                self.reconnects += 1;
                self.resume();
            }
            Event::Unwitnessed { .. } | Event::WitnessedAgain { .. } => self.resume(),
            Event::AssignmentVoided { serving, .. } => {
                self.part(at);
                self.state = CallState::Waiting;
                self.serving.clone_from(serving);
            }
            Event::ConversationOver { .. } => {
                // Before any video there was nobody to give a verdict on.
                if self.connected.is_some() {
                    self.evidence = EvidenceState::Due;
                }
                self.part(at);
                self.state = CallState::AwaitingEvidence;
            }
            Event::VerdictSealed { .. } => {
                self.part(at);
                self.state = CallState::AwaitingEvidence;
                self.evidence = EvidenceState::Due;
                self.verdict = Some(at);
            }
            Event::EvidenceTaken { decision, manifest_sha256, standing, .. } => {
                self.judge(at, *decision, manifest_sha256, *standing);
            }
            Event::CallEnded { reason, .. } => self.end(at, *reason),
            Event::CallTakenIn { .. }
            | Event::CallerConnected { .. }
            | Event::CallerDisconnected { .. }
            | Event::CallOverflowed { .. }
            | Event::OverflowPlanned { .. }
            | Event::NobodyOnDuty { .. }
            | Event::AgentSparedEnough { .. }
            | Event::CompareAgain { .. }
            | Event::Compared { .. }
            | Event::CallRecalled { .. }
            | Event::WrapUpStarted { .. }
            | Event::RulesAdopted { .. }
            | Event::CompanySet { .. }
            | Event::ServingSet { .. }
            | Event::AgentSet { .. }
            | Event::AgentSignedIn { .. }
            | Event::AgentSignedOut { .. }
            | Event::AgentConnected { .. }
            | Event::AgentDisconnected { .. }
            | Event::AgentAvailable { .. }
            | Event::AgentPaused { .. }
            | Event::AgentWished { .. }
            | Event::Outage { .. }
            | Event::Restarted { .. } => {}
        }
    }

    /// An agent has wrapped this call up.
    pub fn wrapped_up(&mut self, ms: i64) {
        *self.wrap_ms.get_or_insert(0) += ms;
        *self.handle_ms.get_or_insert(0) += ms;
    }

    /// Whether a change of who serves whom moves it.
    pub fn is_in_line(&self) -> bool {
        match self.state {
            CallState::Preparing | CallState::Waiting | CallState::Offering => true,
            CallState::Connecting
            | CallState::InCall
            | CallState::Reconnecting
            | CallState::AwaitingEvidence
            | CallState::Ended => false,
        }
    }

    fn offer_closed(&mut self, outcome: OfferOutcome) {
        self.state = CallState::Waiting;
        match outcome {
            OfferOutcome::Declined => self.declined += 1,
            OfferOutcome::Passed => self.passed += 1,
            OfferOutcome::Missed => self.missed += 1,
            OfferOutcome::NeverRang => self.never_rang += 1,
            OfferOutcome::AgentAway | OfferOutcome::CallerAway | OfferOutcome::CallOver => {}
        }
        match outcome {
            OfferOutcome::Passed
            | OfferOutcome::Missed
            | OfferOutcome::NeverRang
            | OfferOutcome::AgentAway => self.redirected += 1,
            OfferOutcome::Declined | OfferOutcome::CallerAway | OfferOutcome::CallOver => {}
        }
    }

    fn accept(&mut self, at: Timestamp, agent: AgentId, serving: &CompanyCode) {
        self.state = CallState::Connecting;
        self.agent = Some(agent);
        self.serving.clone_from(serving);
        self.assignments += 1;
        self.accepted = Some(at);
        self.connected = None;
        if self.answered.is_none() {
            self.answered = Some(at);
            self.wait_ms = self.queued.map(|queued| at.ms_since(queued));
        }
    }

    fn resume(&mut self) {
        self.state = if self.connected.is_some() { CallState::InCall } else { CallState::Connecting };
    }

    /// The agent has the call no more: its times count. Once per assignment.
    fn part(&mut self, at: Timestamp) {
        match self.state {
            CallState::Connecting | CallState::InCall | CallState::Reconnecting => {}
            CallState::Preparing
            | CallState::Waiting
            | CallState::Offering
            | CallState::AwaitingEvidence
            | CallState::Ended => return,
        }
        if let Some(accepted) = self.accepted {
            *self.handle_ms.get_or_insert(0) += at.ms_since(accepted);
        }
        if let Some(connected) = self.connected {
            *self.talk_ms.get_or_insert(0) += at.ms_since(connected);
        }
    }

    fn judge(&mut self, at: Timestamp, decision: Decision, hash: &str, standing: VerdictStanding) {
        match standing {
            VerdictStanding::Superseded => return,
            VerdictStanding::Counts => {}
            VerdictStanding::Late => self.late = true,
        }
        self.decision = Some(decision);
        self.evidence = EvidenceState::Complete;
        self.verdict.get_or_insert(at);
        self.result = Some(at);
        self.manifest_sha256 = Some(hash.to_owned());
    }

    fn end(&mut self, at: Timestamp, reason: EndReason) {
        self.part(at);
        if self.answered.is_none() {
            self.wait_ms = self.queued.map(|queued| at.ms_since(queued));
        }
        if self.evidence == EvidenceState::Due {
            self.evidence = EvidenceState::Missing;
        }
        self.state = CallState::Ended;
        self.ended = Some(at);
        self.end_reason = Some(reason);
    }
}
