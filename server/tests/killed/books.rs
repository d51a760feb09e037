//! What the clients were told, kept by the clients. Nothing here comes from the server's folder.

use std::collections::BTreeMap;
use std::sync::Mutex;

use chinhchu_protocol::agent::{AgentActivity, AgentView};
use chinhchu_protocol::call::{CallState, Decision, EndReason};
use chinhchu_protocol::caller::CallerView;
use chinhchu_protocol::ids::{AgentId, CallId};

/// An intake: what was sent, and the call that every answer named.
#[derive(Clone, Debug)]
pub struct Intake {
    pub company: String,
    pub external_id: String,
    pub case: Vec<u8>,
    /// Kind and bytes of each picture.
    pub pictures: Vec<(&'static str, Vec<u8>)>,
    pub call: Option<CallId>,
    pub call_token: String,
}

/// What a call's own clients did that may end it.
#[derive(Clone, Default, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a thing that happened or did not")]
pub struct Marks {
    /// The page went for good, or for longer than it may.
    pub caller_gone: bool,
    /// An agent who had the call was away for longer than it may.
    pub agent_gone: bool,
    pub hung_up: bool,
    pub cancelled: bool,
    /// An agent declined it.
    pub declined: bool,
    /// The page never became ready.
    pub never_ready: bool,
    /// The API answered a cancel with 200: nothing else may be the end.
    pub cancel_taken: bool,
}

/// A verdict on the workstation's disk.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub agent: AgentId,
    pub decision: Decision,
    pub manifest: Vec<u8>,
    pub manifest_sha256: String,
    /// Kind and hash of each picture.
    pub pictures: Vec<(&'static str, String)>,
    /// The server's view let the agent go for it: the word on the socket was taken.
    pub word_taken: bool,
    /// The answer to its upload.
    pub receipt: Option<serde_json::Value>,
}

/// What an agent was shown to be doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Doing {
    Free,
    Ringing(CallId, u32),
    OnCall(CallId, u32),
}

impl Doing {
    pub fn of(view: &AgentView) -> Self {
        match &view.activity {
            AgentActivity::Ringing { offer } => Self::Ringing(offer.call_id, offer.offer),
            AgentActivity::Connecting { call }
            | AgentActivity::InCall { call, .. }
            | AgentActivity::Reconnecting { call, .. } => Self::OnCall(call.call_id, call.assignment),
            AgentActivity::Available { .. } | AgentActivity::Paused { .. } | AgentActivity::WrapUp { .. } => {
                Self::Free
            }
        }
    }

    pub fn call(self) -> Option<CallId> {
        match self {
            Self::Free => None,
            Self::Ringing(call, _) | Self::OnCall(call, _) => Some(call),
        }
    }
}

/// A view that an agent's workstation got.
#[derive(Clone, Copy, Debug)]
pub struct AgentSaw {
    pub agent: AgentId,
    pub at: (u32, u64),
    pub doing: Doing,
}

/// A view that a call's page got.
#[derive(Clone, Copy, Debug)]
pub struct CallerSaw {
    pub call: CallId,
    pub at: (u32, u64),
    pub state: CallState,
    pub assignment: Option<u32>,
    pub end_reason: Option<EndReason>,
}

impl CallerSaw {
    pub fn new(at: (u32, u64), view: &CallerView) -> Self {
        let assignment = view.assignment.as_ref().map(|assignment| assignment.n);
        Self { call: view.call_id, at, state: view.state, assignment, end_reason: view.end_reason }
    }
}

/// A webhook that arrived, and how it was answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    pub id: String,
    pub event: String,
    pub call: CallId,
    pub end_reason: Option<String>,
    pub body_sha256: String,
    pub acknowledged: bool,
}

/// Everything.
#[derive(Clone, Default)]
pub struct Pages {
    /// By idempotency key.
    pub intakes: BTreeMap<String, Intake>,
    pub marks: BTreeMap<CallId, Marks>,
    /// By call and assignment.
    pub verdicts: BTreeMap<(CallId, u32), Verdict>,
    pub agents_saw: Vec<AgentSaw>,
    pub callers_saw: Vec<CallerSaw>,
    pub deliveries: Vec<Delivery>,
    /// Names of agents whose making was acknowledged by the command line.
    pub agents_made: Vec<String>,
    /// Tokens that were issued with an acknowledgement.
    pub tokens_made: Vec<String>,
    /// What a client itself found wrong.
    pub faults: Vec<String>,
    /// Answers that were repeats of an intake or an upload.
    pub repeats: u64,
}

impl Pages {
    pub fn mark(&mut self, call: CallId) -> &mut Marks {
        self.marks.entry(call).or_default()
    }

    pub fn fault(&mut self, text: impl Into<String>) {
        self.faults.push(text.into());
    }
}

/// The books, shared.
#[derive(Default)]
pub struct Books(Mutex<Pages>);

impl Books {
    pub fn write<T>(&self, change: impl FnOnce(&mut Pages) -> T) -> T {
        change(&mut self.0.lock().expect("books"))
    }

    pub fn fault(&self, text: impl Into<String>) {
        self.write(|pages| pages.fault(text));
    }

    pub fn copy(&self) -> Pages {
        self.write(|pages| pages.clone())
    }
}
