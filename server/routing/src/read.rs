//! What the driver reads to draw views. Nothing here decides.

use chinhchu_protocol::agent::{LostSide, QueueSummary};
use chinhchu_protocol::call::{CallState, QueuePlace};
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;

use crate::Switchboard;
use crate::agent::{Agent, Link};
use crate::call::{Assignment, Call, Contact, Line, Stage};
use crate::ended::EndedCall;
use crate::settings::{Settings, SkillRule};
use crate::state::{Place, State};
use crate::status::{AgentStatus, AssignmentStatus, CallStatus, OfferStatus};

impl Switchboard {
    /// A live call, or one that ended a short time ago.
    pub fn call(&self, call: CallId) -> Option<CallStatus> {
        match self.0.calls.get(&call) {
            Some(live) => Some(live_status(&self.0, call, live)),
            None => self.0.ended.get(&call).map(ended_status),
        }
    }

    /// What is remembered of an ended call.
    pub fn ended(&self, call: CallId) -> Option<&EndedCall> {
        self.0.ended.get(&call)
    }

    /// An agent.
    pub fn agent(&self, agent: AgentId) -> Option<AgentStatus> {
        self.0.agents.get(&agent).map(Agent::status)
    }

    /// Waiting calls that the agents of a company may take.
    pub fn queue_summary(&self, serving: &CompanyCode) -> QueueSummary {
        let since = |id: CallId| self.0.calls.get(&id).and_then(|call| call.queued_at);
        let mut summary = QueueSummary::default();
        for id in self.0.waiting(serving) {
            summary.depth = summary.depth.saturating_add(1);
            summary.oldest_since = [summary.oldest_since, since(id)].into_iter().flatten().min();
        }
        summary
    }

    /// Waiting calls that the agents of a company may take, next one first.
    pub fn queue(&self, serving: &CompanyCode) -> Vec<CallId> {
        self.0.waiting(serving).collect()
    }

    /// Whose agents are asked first for a call in the queue (waiting, or offered), and since when it waits.
    pub fn in_line(&self, call: CallId) -> Option<(&CompanyCode, Timestamp)> {
        let call = self.0.calls.get(&call)?;
        match &call.stage {
            Stage::Waiting { line } | Stage::Offering { line, .. } => {
                Some((&line.serving, call.queued_at.unwrap_or(line.since)))
            }
            Stage::Preparing { .. } | Stage::Assigned { .. } | Stage::AwaitingEvidence { .. } => None,
        }
    }

    /// Agents of a company that have a session, in the order of their ids.
    pub fn on_duty(&self, company: &CompanyCode) -> Vec<AgentId> {
        self.0.staff(company).collect()
    }

    /// Every live call (not the ended ones), in the order of their ids.
    pub fn live_calls(&self) -> impl Iterator<Item = CallId> {
        self.0.calls.iter().map(|(id, _)| *id)
    }

    /// Every agent, in the order of their ids.
    pub fn agents(&self) -> impl Iterator<Item = AgentId> {
        self.0.agents.iter().map(|(id, _)| *id)
    }

    /// Every company that was set, in the order of their codes.
    pub fn companies(&self) -> impl Iterator<Item = &CompanyCode> {
        self.0.settings.iter().map(|(company, _)| company)
    }

    /// Settings of a company.
    pub fn settings(&self, company: &CompanyCode) -> Option<&Settings> {
        self.0.settings.get(company)
    }

    /// Company whose agents serve the calls of a company (C1).
    pub fn serving(&self, home: &CompanyCode) -> Option<&CompanyCode> {
        self.0.serving.get(home)
    }

    /// Version of the rules that the log says are in force; 0 before the first start.
    pub fn rules(&self) -> u32 {
        self.0.rules
    }

    /// What became of the verdict of an assignment; `None` while its evidence is not here.
    pub fn standing(&self, call: CallId, assignment: u32) -> Option<VerdictStanding> {
        let live = self.0.calls.get(&call).map(|call| &call.verdicts);
        let verdicts = live.or_else(|| self.0.ended.get(&call).map(|call| &call.verdicts))?;
        verdicts.get(&assignment)?.standing
    }
}

fn live_status(state: &State<'_>, id: CallId, call: &Call) -> CallStatus {
    let assignment = match &call.stage {
        Stage::Assigned { assignment } => Some(assignment_status(assignment)),
        Stage::Preparing { .. }
        | Stage::Waiting { .. }
        | Stage::Offering { .. }
        | Stage::AwaitingEvidence { .. } => None,
    };
    CallStatus {
        state: call.state(),
        company: call.company.clone(),
        serving: call.served_by.clone(),
        waiting_since: call.queued_at,
        queue: queue_place(state, id, call),
        offer: call.offer().map(|offer| OfferStatus {
            offer: offer.number,
            agent: offer.agent,
            since: offer.since,
            rang: offer.rang,
            answer_by: offer.answer_by,
        }),
        assignment,
        assigned: call.assigned.clone(),
        caller_epoch: call.caller_epoch,
        caller_connected: call.caller == Link::Up,
        deadline: Some(call.deadline()),
        end_reason: None,
    }
}

fn assignment_status(live: &Assignment) -> AssignmentStatus {
    let (lost, unwitnessed): (Option<LostSide>, bool) = match live.contact {
        Contact::Connecting { .. } | Contact::Flowing => (None, false),
        Contact::Lost { side, .. } => (Some(side), false),
        Contact::Unwitnessed { .. } => (None, true),
    };
    AssignmentStatus {
        assignment: live.number,
        agent: live.agent,
        accepted_at: live.accepted_at,
        media_since: live.media_since,
        lost,
        unwitnessed,
        compare_again: live.compare_again,
        changes: live.changes,
    }
}

fn ended_status(ended: &EndedCall) -> CallStatus {
    CallStatus {
        state: CallState::Ended,
        company: ended.company.clone(),
        serving: ended.served_by.clone(),
        waiting_since: None,
        queue: None,
        offer: None,
        assignment: None,
        assigned: ended.assigned.clone(),
        caller_epoch: 0,
        caller_connected: false,
        deadline: None,
        end_reason: Some(ended.reason),
    }
}

/// Place in the line of the company that serves the call, and expected wait.
fn queue_place(state: &State<'_>, id: CallId, call: &Call) -> Option<QueuePlace> {
    let line = match &call.stage {
        Stage::Waiting { line } => line,
        Stage::Preparing { .. }
        | Stage::Offering { .. }
        | Stage::Assigned { .. }
        | Stage::AwaitingEvidence { .. } => {
            return None;
        }
    };
    let position = position(state, &line.serving, call.place(id, line));
    Some(QueuePlace { position, expected_wait_s: expected_wait_s(state, id, call, line) })
}

fn position(state: &State<'_>, company: &CompanyCode, place: Place) -> u32 {
    let ahead = state.places(company).take_while(|other| **other < place).count();
    u32::try_from(ahead).unwrap_or(u32::MAX).saturating_add(1)
}

/// The shortest of the waits for each company whose agents may take the call, now or once it overflows. Whole
/// seconds, rounded up.
fn expected_wait_s(state: &State<'_>, id: CallId, call: &Call, line: &Line) -> Option<u32> {
    let place = call.place(id, line);
    let now = line.companies().filter_map(|company| wait_ms(state, company, call, place));
    let later = line.overflow.iter().filter(|step| step.at < line.wait_until).filter_map(|step| {
        let wait = wait_ms(state, &step.to, call, place)?;
        Some(wait.max(step.at.ms_since(state.clock)))
    });
    let shortest = now.chain(later).min()?;
    u32::try_from(shortest.saturating_add(999) / 1_000).ok()
}

/// So many handling times, shared by the agents who work and may take the call.
fn wait_ms(state: &State<'_>, company: &CompanyCode, call: &Call, place: Place) -> Option<i64> {
    let samples = state.handling.get(company).filter(|samples| !samples.is_empty())?;
    let agents = working(state, company, call);
    if agents == 0 {
        return None;
    }
    let count = i64::try_from(samples.len()).ok()?;
    let mean_ms = samples.iter().sum::<i64>() / count;
    let wrap_up_ms = state.settings.get(company).map_or(0, |settings| settings.wrap_up_ms);
    let cycle_ms = mean_ms.saturating_add(i64::from(wrap_up_ms));
    Some(cycle_ms.saturating_mul(i64::from(position(state, company, place))) / agents)
}

fn working(state: &State<'_>, company: &CompanyCode, call: &Call) -> i64 {
    let asks = state.settings.get(company).is_some_and(|it| it.skills == SkillRule::Require);
    if call.needs.is_empty() || !asks {
        return state.working.get(company).copied().map_or(0, i64::from);
    }
    let able = |id: &AgentId| {
        state.agents.get(id).is_some_and(|agent| agent.is_working() && state.may_serve(agent, call))
    };
    i64::try_from(state.staff(company).filter(able).count()).unwrap_or(i64::MAX)
}
