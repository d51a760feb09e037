//! What may happen to the switchboard. Everything outside (ids, media, sockets) comes in here as data.
//!
//! Inputs of an agent carry the session and the number of the socket ([`AgentSocket`]), inputs of a caller
//! the number of theirs ([`CallerSocket`]); what concerns an offer or an assignment carries its number. So a
//! ghost of an old socket changes nothing, and a repeat does nothing twice.

use chinhchu_protocol::agent::{GiveUpReason, RingProof, WantedStatus};
use chinhchu_protocol::call::Decision;
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode, SessionId, WorkstationId};
use chinhchu_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ended::EndedCall;
use crate::settings::Settings;
use crate::skills::{Needs, Skills};

/// Which socket of which session of which agent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct AgentSocket {
    /// Who.
    pub agent: AgentId,
    /// In which sign-in.
    pub session: SessionId,
    /// Number of the socket in its session, as given out by `AgentConnected`.
    pub epoch: u32,
}

/// Which socket of the caller page of which call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct CallerSocket {
    /// The call.
    pub call: CallId,
    /// Number of the socket in its call, as given out by `CallerConnected`.
    pub epoch: u32,
}

/// One thing that happened outside.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Input {
    /// A company exists with these settings.
    SetCompany {
        /// The company.
        company: CompanyCode,
        /// Its settings, whole.
        settings: Settings,
    },
    /// Who serves whom (C1).
    SetServing {
        /// Home company of the calls.
        home: CompanyCode,
        /// Company whose agents serve them.
        serving: CompanyCode,
    },
    /// An agent exists, moved or was (de)activated.
    SetAgent {
        /// The agent.
        agent: AgentId,
        /// Employer's company (C1).
        company: CompanyCode,
        /// Partner, if employed through one (C2).
        partner: Option<String>,
        /// May sign in.
        active: bool,
        /// Whom it can serve.
        #[serde(default, skip_serializing_if = "Skills::is_empty")]
        skills: Skills,
    },
    /// eKYC's call was taken in (S10). Ids are never used again: a repeat is known as one only as long as the
    /// call is remembered.
    TakeIn {
        /// The new call.
        call: CallId,
        /// Home company.
        company: CompanyCode,
        /// Higher goes first; 0 is usual.
        #[serde(default)]
        priority: u8,
        /// What it needs of its agent.
        #[serde(default, skip_serializing_if = "Needs::is_empty")]
        needs: Needs,
    },
    /// A page opened its socket and proved the call's token. The newest page wins.
    CallerConnected {
        /// The call.
        call: CallId,
        /// It holds the device secret of the call's first page.
        same_device: bool,
    },
    /// The page's socket is closed, or silent for too long.
    CallerDisconnected {
        /// Which socket.
        from: CallerSocket,
        /// Last frame or pong received on it.
        last_heard: Timestamp,
    },
    /// Consent is there and the camera is proven: queue the call.
    CallerReady {
        /// Which socket.
        from: CallerSocket,
    },
    /// The dealer hangs up.
    CallerHungUp {
        /// Which socket.
        from: CallerSocket,
    },
    /// eKYC cancels over the API.
    Cancel {
        /// The call.
        call: CallId,
    },
    /// The caller's media comes with another DTLS fingerprint than before: perhaps another person.
    CallerChanged {
        /// The call.
        call: CallId,
        /// Its assignment.
        assignment: u32,
        /// It comes after so many changes; a repeat is told by that.
        #[serde(default, skip_serializing_if = "is_zero")]
        after: u32,
    },
    /// The agent has compared again, after [`Input::CallerChanged`] or a page of another device.
    Compared {
        /// Which socket.
        from: AgentSocket,
        /// The call.
        call: CallId,
        /// Its assignment.
        assignment: u32,
        /// The newest change that the agent knew, as in [`crate::AssignmentStatus::changes`].
        change: u32,
    },
    /// The agent cannot decide the call, and gives it up.
    GivenUp {
        /// Which socket.
        from: AgentSocket,
        /// The call.
        call: CallId,
        /// Its assignment.
        assignment: u32,
        /// What is in the way; decides nothing, and is kept in the log.
        reason: GiveUpReason,
    },
    /// The agent signed in; an older session of the same account is closed.
    SignIn {
        /// Who.
        agent: AgentId,
        /// The new session.
        session: SessionId,
        /// Where.
        workstation: WorkstationId,
    },
    /// A session ends.
    SignOut {
        /// Who.
        agent: AgentId,
        /// The session.
        session: SessionId,
        /// By whom.
        why: SignOutReason,
    },
    /// A workstation opened its socket.
    AgentConnected {
        /// Who.
        agent: AgentId,
        /// In which session.
        session: SessionId,
    },
    /// A workstation's socket is closed, or silent for too long.
    AgentDisconnected {
        /// Which socket.
        from: AgentSocket,
        /// Last frame or pong received on it.
        last_heard: Timestamp,
    },
    /// Sẵn sàng or Tạm nghỉ. In a call or a ring it is remembered and counts afterwards.
    SetStatus {
        /// Which socket.
        from: AgentSocket,
        /// What the agent wants to be.
        status: WantedStatus,
    },
    /// The workstation rings (I7).
    Rang {
        /// Which socket.
        from: AgentSocket,
        /// Offered call.
        call: CallId,
        /// Number of the offer in its call.
        offer: u32,
        /// What was proven.
        proof: RingProof,
    },
    /// The agent takes the call (F1).
    Accept {
        /// Which socket.
        from: AgentSocket,
        /// Offered call.
        call: CallId,
        /// Number of the offer in its call.
        offer: u32,
    },
    /// The agent declines (F2).
    Decline {
        /// Which socket.
        from: AgentSocket,
        /// Offered call.
        call: CallId,
        /// Number of the offer in its call.
        offer: u32,
    },
    /// The agent passes (F5).
    Pass {
        /// Which socket.
        from: AgentSocket,
        /// Offered call.
        call: CallId,
        /// Number of the offer in its call.
        offer: u32,
    },
    /// The verdict is sealed on the workstation's disk.
    VerdictSealed {
        /// Which socket.
        from: AgentSocket,
        /// The call.
        call: CallId,
        /// Its assignment.
        assignment: u32,
        /// Confirmed or rejected.
        decision: Decision,
        /// Hash of the manifest that will be uploaded, lower-case hex.
        manifest_sha256: String,
    },
    /// Manifest and pictures are durable here. Carries no session: evidence is taken whenever it comes.
    EvidenceStored {
        /// The call.
        call: CallId,
        /// Its assignment.
        assignment: u32,
        /// Who gave the verdict.
        agent: AgentId,
        /// Confirmed or rejected.
        decision: Decision,
        /// Hash of the manifest, lower-case hex.
        manifest_sha256: String,
    },
    /// The agent is done with the wrap-up before its time.
    WrapUpDone {
        /// Which socket.
        from: AgentSocket,
    },
    /// Both ends have received media of each other (from [`crate::liveness`]).
    MediaFlowing {
        /// The call.
        call: CallId,
        /// Its assignment.
        assignment: u32,
    },
    /// The caller's socket is silent, and the agent's workstation has had no media of it for 2 s.
    CallerSilent {
        /// The call.
        call: CallId,
        /// Its assignment.
        assignment: u32,
        /// Last sign of life of either kind.
        last_heard: Timestamp,
    },
    /// A sign of life of the caller, of either kind.
    CallerHeard {
        /// The call.
        call: CallId,
        /// Its assignment.
        assignment: u32,
    },
    /// The agent's socket is silent, and the caller's page has had no media of it for 2 s.
    AgentSilent {
        /// The call.
        call: CallId,
        /// Its assignment.
        assignment: u32,
        /// Last sign of life of either kind.
        last_heard: Timestamp,
    },
    /// A sign of life of the agent, of either kind.
    AgentHeard {
        /// The call.
        call: CallId,
        /// Its assignment.
        assignment: u32,
    },
    /// Both sockets are silent: nobody can say how the call goes.
    BothSilent {
        /// The call.
        call: CallId,
        /// Its assignment.
        assignment: u32,
        /// Last sign of life of either side.
        last_heard: Timestamp,
    },
    /// Look at the clock; due at [`crate::Switchboard::next_deadline`]. The only input that fires deadlines.
    Tick,
    /// No server ran, or the clock jumped ahead: the span does not count. Must come before any other input
    /// of the time after it.
    Outage {
        /// Last known good moment.
        from: Timestamp,
        /// When time counts again.
        to: Timestamp,
    },
    /// A server process took over: every socket is gone.
    Started,
    /// A call that the state has forgotten is needed again, because its evidence has come.
    Recall {
        /// As [`crate::Switchboard::ended`] gave it before it was forgotten.
        record: EndedCall,
    },
}

/// Why a session ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignOutReason {
    /// The agent signed out; refused while in a call.
    Agent,
    /// A supervisor or administrator ended it; a call goes to another agent.
    Forced,
    /// Its time is over; waits for the end of a call (refused while in one).
    Expired,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
