//! What is so: the records of the log. The state is a fold over these and nothing else.
//!
//! Facts are explicit: each carries the deadlines and numbers that were decided, so that folding needs
//! neither settings nor a clock, and a later version of the rules reads old logs alike.

mod offers;

use chinhchu_protocol::agent::{LostSide, RingProof};
use chinhchu_protocol::call::{Decision, EndReason};
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode, SessionId, WorkstationId};
use chinhchu_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ended::EndedCall;
use crate::input::SignOutReason;
use crate::settings::Settings;
use crate::skills::{Needs, Skills};

pub use offers::{Considered, OfferOutcome, OverflowDue, WhyNot};

/// One record: something became so at a moment.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Fact {
    /// The time of the decision; never before that of an earlier fact.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// What became so.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// From here on this version of the rules decides.
    RulesAdopted {
        /// [`crate::RULES_VERSION`].
        version: u32,
    },
    /// A company has these settings.
    CompanySet {
        /// The company.
        company: CompanyCode,
        /// Its settings, whole.
        settings: Settings,
    },
    /// Who serves whom (C1); waiting calls of the company move to the new queue with their place in time.
    ServingSet {
        /// Home company of the calls.
        home: CompanyCode,
        /// Company whose agents serve them.
        serving: CompanyCode,
    },
    /// An agent exists with this data.
    AgentSet {
        /// The agent.
        agent: AgentId,
        /// Employer's company.
        company: CompanyCode,
        /// Partner, if any.
        partner: Option<String>,
        /// May sign in.
        active: bool,
        /// Whom it can serve.
        #[serde(default, skip_serializing_if = "Skills::is_empty")]
        skills: Skills,
    },
    /// The call is `preparing` (S10).
    CallTakenIn {
        /// The call.
        call: CallId,
        /// Home company.
        company: CompanyCode,
        /// Higher goes first.
        priority: u8,
        /// What it needs of its agent.
        #[serde(default, skip_serializing_if = "Needs::is_empty")]
        needs: Needs,
        /// Cancelled if the page is not ready by then.
        ready_by: Timestamp,
    },
    /// A page has the call; an older page is replaced.
    CallerConnected {
        /// The call.
        call: CallId,
        /// Number of the socket.
        epoch: u32,
        /// It is not the device of the first page.
        other_device: bool,
    },
    /// The page is away.
    CallerDisconnected {
        /// The call.
        call: CallId,
        /// Number of the socket.
        epoch: u32,
        /// A call that waits ends if the page is not back by then.
        back_by: Timestamp,
    },
    /// The call is `waiting`: its page is ready, it joined the queue.
    CallQueued {
        /// The call.
        call: CallId,
        /// Company whose agents may take it.
        serving: CompanyCode,
        /// Ends if nobody has taken it by then.
        wait_until: Timestamp,
        /// When agents of other companies may take it, too.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        overflow: Vec<OverflowDue>,
    },
    /// Outside the opening hours of the company that serves the call: it is not taken in, or does not wait any
    /// longer. `call_ended` follows.
    PoolClosed {
        /// The call.
        call: CallId,
        /// Whose hours.
        serving: CompanyCode,
        /// When it opens; none if not within the year.
        opens_at: Option<Timestamp>,
    },
    /// The call may be taken by agents of another company, too.
    CallOverflowed {
        /// The call.
        call: CallId,
        /// Whose agents.
        to: CompanyCode,
    },
    /// Another company serves the waiting call now: its overflow begins anew.
    OverflowPlanned {
        /// The call.
        call: CallId,
        /// When agents of other companies may take it, too.
        overflow: Vec<OverflowDue>,
    },
    /// Nobody who may serve the call is signed in and connected.
    NobodyOnDuty {
        /// The call.
        call: CallId,
    },
    /// The call is `offering`: it is to ring at one agent.
    Offered {
        /// The call.
        call: CallId,
        /// Number of the offer, from 1.
        offer: u32,
        /// To whom.
        agent: AgentId,
        /// At which sign-in.
        session: SessionId,
        /// Confirmed by then, or it never rang (I7).
        rang_by: Timestamp,
        /// Answered by then, or missed.
        answer_by: Timestamp,
        /// Who else was looked at, and why not; at most [`crate::settings::MAX_CONSIDERED`].
        considered: Vec<Considered>,
        /// There were more than are listed.
        more: bool,
    },
    /// The workstation rings.
    Rang {
        /// The call.
        call: CallId,
        /// Number of the offer.
        offer: u32,
        /// Where.
        agent: AgentId,
        /// What was proven.
        proof: RingProof,
    },
    /// The offer is over without an accept; the call waits again (or ends by the next fact), the agent is
    /// available again (or paused by the next fact).
    OfferClosed {
        /// The call.
        call: CallId,
        /// Number of the offer.
        offer: u32,
        /// Whose it was.
        agent: AgentId,
        /// How it closed.
        outcome: OfferOutcome,
        /// Spared this call until then, even if nobody else is available.
        spared_until: Option<Timestamp>,
    },
    /// The agent may be asked again for a call that it passed, missed or lost.
    AgentSparedEnough {
        /// The call.
        call: CallId,
        /// The agent.
        agent: AgentId,
    },
    /// The call is `connecting`: the offer was accepted (F1).
    CallAccepted {
        /// The call.
        call: CallId,
        /// Number of the offer.
        offer: u32,
        /// Number of the assignment, from 1.
        assignment: u32,
        /// Who has it.
        agent: AgentId,
        /// The agent's company, which serves the call.
        serving: CompanyCode,
        /// Media flows by then, or the call ends `failed`.
        connect_by: Timestamp,
        /// Longest length.
        end_by: Timestamp,
        /// The agent had this call before, and the caller may have become another person since.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        compare_again: bool,
    },
    /// The call is `in_call`: both ends receive media.
    VideoConnected {
        /// The call.
        call: CallId,
        /// Its assignment.
        assignment: u32,
    },
    /// The call is `reconnecting` (F3).
    SideLost {
        /// The call.
        call: CallId,
        /// Its assignment.
        assignment: u32,
        /// Who is away.
        side: LostSide,
        /// Last sign of life.
        last_heard: Timestamp,
        /// Back by then, or lost (F4).
        back_by: Timestamp,
    },
    /// The side is back in time.
    SideBack {
        /// The call.
        call: CallId,
        /// Its assignment.
        assignment: u32,
        /// Who was away.
        side: LostSide,
        /// Time for the first media, if there was none yet.
        connect_by: Timestamp,
    },
    /// The server hears neither side; the call goes on.
    Unwitnessed {
        /// The call.
        call: CallId,
        /// Its assignment.
        assignment: u32,
        /// Heard by then, or the conversation counts as over.
        heard_by: Timestamp,
    },
    /// One side of an unwitnessed call is heard again.
    WitnessedAgain {
        /// The call.
        call: CallId,
        /// Its assignment.
        assignment: u32,
        /// Time for the first media, if there was none yet.
        connect_by: Timestamp,
    },
    /// The caller may be another person than before: the agent must compare again.
    CompareAgain {
        /// The call.
        call: CallId,
        /// Its assignment.
        assignment: u32,
    },
    /// The agent has compared again.
    Compared {
        /// The call.
        call: CallId,
        /// Its assignment.
        assignment: u32,
    },
    /// The agent lost the call, which is `waiting` again, first in line for another.
    AssignmentVoided {
        /// The call.
        call: CallId,
        /// Its assignment.
        assignment: u32,
        /// Who had it.
        agent: AgentId,
        /// Spared this call until then.
        spared_until: Timestamp,
        /// Company whose agents may take it.
        serving: CompanyCode,
        /// Ends if nobody has taken it by then.
        wait_until: Timestamp,
        /// Time for the page to come back, if it is away.
        caller_back_by: Timestamp,
        /// When agents of other companies may take it, too.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        overflow: Vec<OverflowDue>,
    },
    /// The conversation is over; the call is `awaiting_evidence` without a sealed verdict.
    ConversationOver {
        /// The call.
        call: CallId,
        /// Its assignment.
        assignment: u32,
        /// Ends `failed` if no evidence is here by then.
        evidence_by: Timestamp,
    },
    /// The verdict is on the workstation's disk; the call is `awaiting_evidence`, caller and agent part.
    VerdictSealed {
        /// The call.
        call: CallId,
        /// Its assignment.
        assignment: u32,
        /// Who decided.
        agent: AgentId,
        /// Confirmed or rejected.
        decision: Decision,
        /// Hash of the manifest to come.
        manifest_sha256: String,
        /// Ends `failed` if no evidence is here by then.
        evidence_by: Timestamp,
    },
    /// Evidence is durable and judged (S16).
    EvidenceTaken {
        /// The call.
        call: CallId,
        /// Its assignment.
        assignment: u32,
        /// Who decided.
        agent: AgentId,
        /// Confirmed or rejected.
        decision: Decision,
        /// Hash of the manifest.
        manifest_sha256: String,
        /// Whether it is the call's verdict.
        standing: VerdictStanding,
    },
    /// The call is `ended`.
    CallEnded {
        /// The call.
        call: CallId,
        /// Why, once and for all.
        reason: EndReason,
        /// When the state forgets it.
        forget_at: Timestamp,
    },
    /// An ended call was brought back for late evidence.
    CallRecalled {
        /// As it was.
        record: EndedCall,
    },
    /// The agent has a new session, not connected yet, paused with reason `signed_in`.
    AgentSignedIn {
        /// Who.
        agent: AgentId,
        /// The session.
        session: SessionId,
        /// Where.
        workstation: WorkstationId,
        /// The older session that this one closed.
        replaced: Option<SessionId>,
    },
    /// The agent has no session.
    AgentSignedOut {
        /// Who.
        agent: AgentId,
        /// The session.
        session: SessionId,
        /// By whom.
        why: SignOutReason,
    },
    /// The workstation is connected; an older socket is replaced.
    AgentConnected {
        /// Who.
        agent: AgentId,
        /// The session.
        session: SessionId,
        /// Number of the socket.
        epoch: u32,
    },
    /// The workstation is away.
    AgentDisconnected {
        /// Who.
        agent: AgentId,
        /// The session.
        session: SessionId,
        /// Number of the socket.
        epoch: u32,
        /// Paused (`connection_lost`) if not back by then.
        back_by: Timestamp,
    },
    /// Sẵn sàng.
    AgentAvailable {
        /// Who.
        agent: AgentId,
    },
    /// Tạm nghỉ.
    AgentPaused {
        /// Who.
        agent: AgentId,
        /// Code; [`crate::pause`] names those of the server.
        reason: String,
    },
    /// What the agent will be after the present ring or call.
    AgentWished {
        /// Who.
        agent: AgentId,
        /// Reason of the pause; `None`: available.
        pause: Option<String>,
    },
    /// The agent wraps up.
    WrapUpStarted {
        /// Who.
        agent: AgentId,
        /// Which call it was.
        call: CallId,
        /// Available by itself then.
        until: Timestamp,
        /// The call ended without this agent's verdict, and why.
        ended: Option<EndReason>,
        /// Nothing to wrap up: a next call may ring at once (F4 frees the agent).
        open: bool,
    },
    /// A span that does not count: every deadline moved by its length.
    Outage {
        /// From.
        from: Timestamp,
        /// To.
        to: Timestamp,
    },
    /// A server process took over: every socket is gone, and has its full time again to come back.
    Restarted {
        /// That time.
        back_by: Timestamp,
    },
}
