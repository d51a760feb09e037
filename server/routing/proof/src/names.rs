//! Ids that can be read: their kind and a number.

use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode, SessionId, WorkstationId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{Input, Needs, Skills};
use uuid::Uuid;

/// 2026-11-23T00:00:00Z.
pub const START: Timestamp = Timestamp::from_ms(1_795_392_000_000);

const CALL: u128 = 0xca11;
const AGENT: u128 = 0xa6e7;
const SESSION: u128 = 0x5e55;
const STATION: u128 = 0x57a7;

fn uuid(kind: u128, n: usize) -> Uuid {
    Uuid::from_u128(kind << 32 | n as u128)
}

fn number(uuid: Uuid) -> usize {
    usize::try_from(uuid.as_u128() & 0xffff_ffff).unwrap_or(usize::MAX)
}

/// Call `n`.
pub fn call(n: usize) -> CallId {
    CallId(uuid(CALL, n))
}

/// The `n` of a call.
pub fn call_n(id: CallId) -> usize {
    number(id.0)
}

/// Agent `n`.
pub fn agent(n: usize) -> AgentId {
    AgentId(uuid(AGENT, n))
}

/// The `n` of an agent.
pub fn agent_n(id: AgentId) -> usize {
    number(id.0)
}

/// Session `n`.
pub fn session(n: usize) -> SessionId {
    SessionId(uuid(SESSION, n))
}

/// Workstation `n`.
pub fn workstation(n: usize) -> WorkstationId {
    WorkstationId(uuid(STATION, n))
}

/// Company `n`.
pub fn company(n: usize) -> CompanyCode {
    CompanyCode(n.to_string())
}

/// A hash as it could be, of the manifest of an assignment.
pub fn sha(call: usize, assignment: u32) -> String {
    format!("{call:056x}{assignment:08x}")
}

/// Puts «call 7» for its id, so that a trace can be read.
pub fn readable(text: &str) -> String {
    const PREFIX: &str = "00000000-0000-0000-0000-";
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(PREFIX) {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        let id = found.get(PREFIX.len()..PREFIX.len() + 12).unwrap_or_default();
        let (kind, n) = id.split_at(id.len().min(4));
        let kind = match kind {
            "ca11" => "call ",
            "a6e7" => "agent ",
            "5e55" => "session ",
            "57a7" => "workstation ",
            _ => "id ",
        };
        out.push_str(kind);
        out.push_str(&u32::from_str_radix(n, 16).unwrap_or_default().to_string());
        rest = found.get(PREFIX.len() + 12..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// The intake of a call.
pub fn take_in(n: usize, home: usize, priority: u8, needs: Needs) -> Input {
    Input::TakeIn { call: call(n), company: company(home), priority, needs }
}

/// The data of an agent.
pub fn set_agent(n: usize, of: CompanyCode, partner: Option<String>, skills: Skills) -> Input {
    Input::SetAgent { agent: agent(n), company: of, partner, active: true, skills }
}
