//! What a person sees of the board: calls, agents, figures and alarms of its scope, and nothing that could tell
//! of others.

use std::collections::BTreeSet;

use chinhchu_protocol::call::CallState;
use chinhchu_protocol::console::live::{
    AgentDoes, AgentNow, AgentsNow, Alarm, CallsNow, PoolNow, ServiceFigures, WaitingNow,
};
use chinhchu_protocol::ids::CompanyCode;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::board::{Board, LiveAgent, LiveCall};
use super::sql::{ANSWER_WITHIN_MS, Counted, Served, Service};
use crate::cases::hex;
use crate::console::Scope;
use crate::store::StoreError;

/// Waiting calls that are listed one by one, per pool.
const MAX_OLDEST: usize = 20;
/// Reviews that disagree are listed one by one, the newest.
const MAX_DISAGREED: usize = 50;

/// A picture as it is sent.
pub struct Rendered {
    /// A hash of what it shows, without the time at which it was drawn.
    pub id: String,
    /// The body ([`chinhchu_protocol::console::live::Wallboard`]).
    pub json: String,
}

/// All of a picture that changes only when something happens.
#[derive(Serialize)]
struct Shown {
    pools: Vec<PoolNow>,
    agents: Vec<AgentNow>,
    alarms: Vec<Alarm>,
}

/// Draws what a scope may see.
pub fn render(board: &Board, counted: &Counted, scope: &Scope) -> Result<Rendered, StoreError> {
    let view = View::of(board, counted, scope);
    let pools = view.pools();
    let alarms = view.alarms(&pools);
    let shown = serde_json::to_string(&Shown { pools, agents: view.agents(), alarms })?;
    let id = hex(&Sha256::digest(shown.as_bytes())[..12]);
    let json = format!("{{\"at\":\"{}\",{}", board.at, shown.strip_prefix('{').unwrap_or_default());
    Ok(Rendered { id, json })
}

struct View<'a> {
    board: &'a Board,
    counted: &'a Counted,
    scope: &'a Scope,
    calls: Vec<&'a LiveCall>,
    agents: Vec<&'a LiveAgent>,
    service: Service,
}

impl<'a> View<'a> {
    fn of(board: &'a Board, counted: &'a Counted, scope: &'a Scope) -> Self {
        let seen = |call: &&LiveCall| scope.sees_call(&call.home, &call.pool, &call.partners);
        let known = |agent: &&LiveAgent| scope.sees_agent(&agent.company, agent.partner.as_deref());
        Self {
            board,
            counted,
            scope,
            calls: board.calls.iter().filter(seen).collect(),
            agents: board.agents.iter().filter(known).collect(),
            service: counted.service_for(scope.partner.as_deref()),
        }
    }

    /// Lines of the person: who serves whom, and what is or was served otherwise (overflow, a change of today).
    fn lines(&self) -> BTreeSet<(&CompanyCode, &CompanyCode)> {
        let sees = |home: &CompanyCode, serving: &CompanyCode| {
            self.scope.sees_company(home) || self.scope.sees_company(serving)
        };
        let ruled = self.board.serves.iter().map(|(home, serving)| (home, serving));
        let counted = self.service.today.keys().map(|(home, serving)| (home, serving));
        let live = self.calls.iter().map(|call| (&call.home, &call.pool));
        ruled.chain(counted).chain(live).filter(|(home, serving)| sees(home, serving)).collect()
    }

    fn pools(&self) -> Vec<PoolNow> {
        let lines = self.lines();
        let companies: BTreeSet<&CompanyCode> = lines.iter().map(|(_, serving)| *serving).collect();
        companies.into_iter().map(|company| self.pool(company, &lines)).collect()
    }

    fn pool(&self, company: &CompanyCode, lines: &BTreeSet<(&CompanyCode, &CompanyCode)>) -> PoolNow {
        let homes = lines.iter().filter(|(_, serving)| *serving == company).map(|(home, _)| (*home).clone());
        let calls = || self.calls.iter().filter(|call| call.pool == *company);
        let waiting = calls().filter(|call| call.state == CallState::Waiting);
        let oldest = waiting.take(MAX_OLDEST).map(|call| WaitingNow {
            call_id: call.call,
            home: call.home.clone(),
            since: call.since,
        });
        let mut stand = CallsNow::default();
        calls().for_each(|call| count_call(&mut stand, call.state));
        let mut agents = AgentsNow::default();
        let own = self.agents.iter().filter(|agent| agent.company == *company);
        own.for_each(|agent| count_agent(&mut agents, agent.does));
        PoolNow {
            company: company.clone(),
            name: self.counted.companies.get(company).cloned().unwrap_or_default(),
            homes: homes.collect(),
            calls: stand,
            oldest: oldest.collect(),
            // Its own agents are told as much on their screens.
            line: self.scope.sees_company(company).then(|| self.board.lines.get(company).copied()).flatten(),
            agents,
            now: self.figures(&self.service.now, company),
            today: self.figures(&self.service.today, company),
        }
    }

    fn figures(&self, served: &Served, company: &CompanyCode) -> ServiceFigures {
        let own = served.iter().filter(|((home, serving), _)| {
            serving == company && (self.scope.sees_company(home) || self.scope.sees_company(serving))
        });
        let mut sum = own.fold(ServiceFigures::default(), |sum, (_, one)| add(sum, one));
        sum.within_s = u32::try_from(ANSWER_WITHIN_MS / 1_000).unwrap_or(0);
        sum.level_per_mille = per_mille(sum.answered_within, sum.offered);
        let patient = sum.offered.saturating_sub(sum.abandoned_within);
        sum.level_patient_per_mille = per_mille(sum.answered_within, patient);
        sum
    }

    fn agents(&self) -> Vec<AgentNow> {
        let mut agents: Vec<AgentNow> = self
            .agents
            .iter()
            .map(|agent| {
                let (username, name) = self.counted.agents.get(&agent.agent).cloned().unwrap_or_default();
                AgentNow {
                    agent_id: agent.agent,
                    username,
                    name,
                    company: agent.company.clone(),
                    partner: agent.partner.clone(),
                    activity: agent.does,
                    since: agent.since,
                    reason: agent.reason.clone(),
                    call_id: agent.call,
                    connected: agent.connected,
                }
            })
            .collect();
        agents.sort_by(|a, b| (&a.username, a.agent_id).cmp(&(&b.username, b.agent_id)));
        agents
    }

    fn alarms(&self, pools: &[PoolNow]) -> Vec<Alarm> {
        let mut alarms: Vec<Alarm> = pools.iter().filter_map(|pool| self.nobody(pool)).collect();
        alarms.extend(self.backlog());
        alarms.extend(pools.iter().filter_map(|pool| self.missing(&pool.company)));
        let suspect = self.agents.iter().filter(|agent| agent.does == AgentDoes::Suspect);
        alarms.extend(suspect.map(|agent| Alarm::WorkstationSuspect {
            agent_id: agent.agent,
            company: agent.company.clone(),
            since: agent.since,
        }));
        let disagreed = self.counted.disagreed.iter();
        let disagreed = disagreed.filter(|one| self.scope.sees_call(&one.home, &one.serving, &one.partners));
        alarms.extend(disagreed.take(MAX_DISAGREED).map(|one| Alarm::ReviewDisagreed {
            call_id: one.call,
            company: one.serving.clone(),
            since: one.at,
        }));
        alarms
    }

    /// All agents of the pool count here, also those whom the person may not see: whether anybody is there.
    fn nobody(&self, pool: &PoolNow) -> Option<Alarm> {
        let oldest = pool.oldest.first()?;
        let there = || self.board.agents.iter().filter(|one| one.company == pool.company && one.connected);
        let paused = there().filter(|agent| match agent.does {
            AgentDoes::Paused | AgentDoes::Suspect => true,
            AgentDoes::Available | AgentDoes::Ringing | AgentDoes::OnCall | AgentDoes::WrapUp => false,
        });
        let paused = paused.count();
        (there().count() == paused).then(|| Alarm::NobodyOnDuty {
            company: pool.company.clone(),
            calls: pool.calls.waiting,
            since: oldest.since,
            paused: u32::try_from(paused).unwrap_or(u32::MAX),
        })
    }

    fn missing(&self, company: &CompanyCode) -> Option<Alarm> {
        let seen = self.counted.missing.iter().filter(|one| {
            one.serving == *company && self.scope.sees_call(&one.home, &one.serving, &one.partners)
        });
        let created: Vec<_> = seen.map(|one| one.created).collect();
        let since = created.iter().min().copied()?;
        let calls = u32::try_from(created.len()).unwrap_or(u32::MAX);
        Some(Alarm::EvidenceMissing { company: company.clone(), calls, since })
    }

    /// Endpoints for all companies are nobody's but the operator's own.
    fn backlog(&self) -> impl Iterator<Item = Alarm> {
        let seen = self.counted.backlog.iter().filter(|(company, _, _)| match company {
            Some(company) => self.scope.partner.is_none() && self.scope.sees_company(company),
            None => *self.scope == Scope::default(),
        });
        seen.map(|(company, deliveries, since)| Alarm::WebhookBacklog {
            company: company.clone(),
            deliveries: *deliveries,
            since: *since,
        })
    }
}

fn count_call(calls: &mut CallsNow, state: CallState) {
    match state {
        CallState::Preparing => calls.preparing += 1,
        CallState::Waiting => calls.waiting += 1,
        CallState::Offering => calls.offering += 1,
        CallState::Connecting => calls.connecting += 1,
        CallState::InCall => calls.in_call += 1,
        CallState::Reconnecting => calls.reconnecting += 1,
        CallState::AwaitingEvidence => calls.awaiting_evidence += 1,
        CallState::Ended => {}
    }
}

fn count_agent(agents: &mut AgentsNow, does: AgentDoes) {
    match does {
        AgentDoes::Available => agents.available += 1,
        AgentDoes::Paused => agents.paused += 1,
        AgentDoes::Ringing => agents.ringing += 1,
        AgentDoes::OnCall => agents.on_call += 1,
        AgentDoes::WrapUp => agents.wrap_up += 1,
        AgentDoes::Suspect => agents.suspect += 1,
    }
}

fn add(sum: ServiceFigures, one: &ServiceFigures) -> ServiceFigures {
    ServiceFigures {
        offered: sum.offered + one.offered,
        answered: sum.answered + one.answered,
        answered_within: sum.answered_within + one.answered_within,
        abandoned: sum.abandoned + one.abandoned,
        abandoned_within: sum.abandoned_within + one.abandoned_within,
        no_agent: sum.no_agent + one.no_agent,
        confirmed: sum.confirmed + one.confirmed,
        rejected: sum.rejected + one.rejected,
        ..sum
    }
}

/// Rounded to the nearest.
fn per_mille(part: u32, of: u32) -> Option<u32> {
    let (part, of) = (u64::from(part), u64::from(of));
    if of == 0 { None } else { u32::try_from((part * 2_000 + of) / (2 * of)).ok() }
}
