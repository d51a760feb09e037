//! The whole installation at one moment, drawn from the switchboard's state. Pure; nothing personal.

use std::collections::{BTreeMap, BTreeSet};

use chinhchu_protocol::agent::QueueSummary;
use chinhchu_protocol::call::CallState;
use chinhchu_protocol::console::live::AgentDoes;
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{Activity, AgentStatus, Switchboard, pause};

use crate::switchboard::Rows;
use crate::switchboard::row::CallRow;

/// The partners to whose agents each live call was offered.
pub type Partners = BTreeMap<CallId, BTreeSet<String>>;

/// All live calls and all agents on duty.
#[derive(Clone, PartialEq, Debug)]
pub struct Board {
    /// The moment.
    pub at: Timestamp,
    /// The calls that wait first, the oldest of them first.
    pub calls: Vec<LiveCall>,
    /// Those who have a session.
    pub agents: Vec<LiveAgent>,
    /// What the agents of each company may take.
    pub lines: BTreeMap<CompanyCode, QueueSummary>,
    /// Who serves whom (C1): home and serving company.
    pub serves: Vec<(CompanyCode, CompanyCode)>,
}

/// A call that has not ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LiveCall {
    /// The call.
    pub call: CallId,
    /// Its home company.
    pub home: CompanyCode,
    /// Whose agents have it, or are asked first.
    pub pool: CompanyCode,
    /// Where it stands.
    pub state: CallState,
    /// Since when it waits; for others when it was taken in.
    pub since: Timestamp,
    /// To whose agents it was offered.
    pub partners: Vec<Option<String>>,
}

/// An agent with a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LiveAgent {
    /// Who.
    pub agent: AgentId,
    /// Employer's company.
    pub company: CompanyCode,
    /// Partner, if any.
    pub partner: Option<String>,
    /// What the agent does.
    pub does: AgentDoes,
    /// Since when.
    pub since: Timestamp,
    /// Code of the pause.
    pub reason: Option<String>,
    /// Which call it is about.
    pub call: Option<CallId>,
    /// Whether the workstation is connected.
    pub connected: bool,
}

impl Board {
    /// Draws it.
    pub fn draw(at: Timestamp, state: &Switchboard, rows: &Rows, partners: &Partners) -> Self {
        let live = rows.values().filter(|row| row.state != CallState::Ended);
        let mut calls: Vec<LiveCall> = live.map(|row| live_call(state, row, partners)).collect();
        calls.sort_by_key(|call| (call.state != CallState::Waiting, call.since, call.call));
        let companies = || state.companies().cloned();
        Self {
            at,
            calls,
            agents: state.agents().filter_map(|id| live_agent(at, state, id)).collect(),
            lines: companies().map(|code| (code.clone(), state.queue_summary(&code))).collect(),
            serves: companies()
                .filter_map(|home| Some((home.clone(), state.serving(&home)?.clone())))
                .collect(),
        }
    }
}

fn live_call(state: &Switchboard, row: &CallRow, partners: &Partners) -> LiveCall {
    let line = state.in_line(row.call_id);
    let pool = line.map(|(serving, _)| serving).or(row.serving.as_ref());
    let pool = pool.or_else(|| state.serving(&row.company)).unwrap_or(&row.company);
    let offered = partners.get(&row.call_id).into_iter().flatten();
    LiveCall {
        call: row.call_id,
        home: row.company.clone(),
        pool: pool.clone(),
        state: row.state,
        since: line.map_or(row.created_at, |(_, since)| since),
        partners: offered.map(|partner| Some(partner.clone())).collect(),
    }
}

fn live_agent(at: Timestamp, state: &Switchboard, id: AgentId) -> Option<LiveAgent> {
    let AgentStatus { company, partner, session, activity, .. } = state.agent(id)?;
    let connected = session?.connected;
    let told = |does, since, reason, call| LiveAgent {
        agent: id,
        company: company.clone(),
        partner: partner.clone(),
        does,
        since,
        reason,
        call,
        connected,
    };
    Some(match activity {
        Activity::SignedOut => return None,
        Activity::Available { since } => told(AgentDoes::Available, since, None, None),
        Activity::Paused { since, reason } if reason == pause::NEVER_RANG => {
            told(AgentDoes::Suspect, since, Some(reason), None)
        }
        Activity::Paused { since, reason } => told(AgentDoes::Paused, since, Some(reason), None),
        Activity::Ringing { call, idle_since, .. } => {
            let since = state.call(call).and_then(|status| status.offer).map(|offer| offer.since);
            told(AgentDoes::Ringing, since.unwrap_or(idle_since), None, Some(call))
        }
        Activity::OnCall { call, .. } => {
            let has = state.call(call).and_then(|status| status.assignment);
            told(AgentDoes::OnCall, has.map_or(at, |has| has.accepted_at), None, Some(call))
        }
        Activity::WrapUp { call, since, .. } => told(AgentDoes::WrapUp, since, None, Some(call)),
    })
}
