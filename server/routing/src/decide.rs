//! The decisions: what an input makes so. They run on a layer over the state, fact by fact, so that each
//! decision sees what the ones before it made so; the state itself stays as it is.
//!
//! Every input ends with the same matching of waiting calls and idle agents ([`matching`]), which asks
//! [`choice`] who of several is asked. Only
//! [`Input::Tick`] fires deadlines: an input that comes a little after a deadline, but before its tick, still
//! counts.

mod agents;
mod callers;
mod choice;
mod clock;
mod contact;
mod data;
mod duty;
mod matching;
mod offers;
mod verdicts;

use chinhchu_protocol::agent::LostSide;
use chinhchu_protocol::call::EndReason;
use chinhchu_protocol::ids::{AgentId, CallId};
use chinhchu_protocol::time::Timestamp;

use crate::agent::{Agent, Link};
use crate::call::Call;
use crate::ended::EndedCall;
use crate::fact::{Event, Fact};
use crate::input::{AgentSocket, Input};
use crate::refusal::Refusal;
use crate::settings::ENDED_MEMORY_MS;
use crate::state::State;
use crate::status::Activity;

/// What has been decided so far, and the state as it is then.
pub(crate) struct Draft<'a> {
    state: State<'a>,
    now: Timestamp,
    facts: Vec<Fact>,
    /// Version of the rules that a start adopts.
    adopts: u32,
    /// Fewer agents may be on duty for some calls than before the input.
    duty_shrunk: bool,
}

/// Versions of the rules, as far as they differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Rules {
    V1,
    V2,
}

/// Decides one input; see [`crate::Switchboard::decide`].
pub(crate) fn decide(
    state: &State<'_>,
    now: Timestamp,
    input: &Input,
    adopts: u32,
) -> Result<Vec<Fact>, Refusal> {
    let (now, facts) = (now.max(state.clock), Vec::new());
    let mut draft = Draft { state: state.layer(), now, facts, adopts, duty_shrunk: false };
    draft.handle(input)?;
    draft.tell_forlorn();
    draft.match_waiting();
    Ok(draft.facts)
}

/// What is known under a call's id.
enum Known<'a> {
    Live(&'a Call),
    Ended(&'a EndedCall),
}

impl Draft<'_> {
    fn handle(&mut self, input: &Input) -> Result<(), Refusal> {
        match input {
            Input::SetCompany { company, settings } => {
                self.set_company(company, settings);
                Ok(())
            }
            Input::SetServing { home, serving } => self.set_serving(home, serving),
            Input::SetAgent { agent, company, partner, active, skills } => {
                self.set_agent(*agent, company, partner.as_ref(), *active, skills)
            }
            Input::TakeIn { call, company, priority, needs } => {
                self.take_in(*call, company, *priority, needs)
            }
            Input::CallerConnected { call, same_device } => self.caller_connected(*call, *same_device),
            Input::CallerDisconnected { from, last_heard } => self.caller_disconnected(*from, *last_heard),
            Input::CallerReady { from } => self.caller_ready(*from),
            Input::CallerHungUp { from } => self.caller_hung_up(*from),
            Input::Cancel { call } => self.cancel(*call),
            Input::CallerChanged { call, assignment, after } => {
                self.caller_changed(*call, *assignment, *after)
            }
            Input::Compared { from, call, assignment, change } => {
                self.compared(*from, *call, *assignment, *change)
            }
            Input::GivenUp { from, call, assignment, reason: _ } => self.given_up(*from, *call, *assignment),
            Input::SignIn { agent, session, workstation } => self.sign_in(*agent, *session, *workstation),
            Input::SignOut { agent, session, why } => self.sign_out(*agent, *session, *why),
            Input::AgentConnected { agent, session } => self.agent_connected(*agent, *session),
            Input::AgentDisconnected { from, last_heard } => self.agent_disconnected(*from, *last_heard),
            Input::SetStatus { from, status } => self.set_status(*from, status),
            Input::WrapUpDone { from } => self.wrap_up_done(*from),
            Input::Rang { from, call, offer, proof } => self.rang(*from, *call, *offer, *proof),
            Input::Accept { from, call, offer } => self.accept(*from, *call, *offer),
            Input::Decline { from, call, offer } => self.decline(*from, *call, *offer),
            Input::Pass { from, call, offer } => self.pass(*from, *call, *offer),
            Input::VerdictSealed { from, call, assignment, decision, manifest_sha256 } => {
                self.verdict_sealed(*from, *call, *assignment, *decision, manifest_sha256)
            }
            Input::EvidenceStored { call, assignment, agent, decision, manifest_sha256 } => {
                self.evidence_stored(*call, *assignment, *agent, *decision, manifest_sha256)
            }
            Input::MediaFlowing { call, assignment } => self.media_flowing(*call, *assignment),
            Input::CallerSilent { call, assignment, last_heard } => {
                self.side_silent(*call, *assignment, LostSide::Caller, *last_heard)
            }
            Input::AgentSilent { call, assignment, last_heard } => {
                self.side_silent(*call, *assignment, LostSide::Agent, *last_heard)
            }
            Input::CallerHeard { call, assignment } => self.side_heard(*call, *assignment, LostSide::Caller),
            Input::AgentHeard { call, assignment } => self.side_heard(*call, *assignment, LostSide::Agent),
            Input::BothSilent { call, assignment, last_heard } => {
                self.both_silent(*call, *assignment, *last_heard)
            }
            Input::Tick => {
                self.tick();
                Ok(())
            }
            Input::Outage { from, to } => self.outage(*from, *to),
            Input::Started => {
                self.started();
                Ok(())
            }
            Input::Recall { record } => self.recall(record),
        }
    }

    /// The version in force. Before the first start, and under a version that a newer build adopted, the
    /// newest one known here.
    fn rules(&self) -> Rules {
        match self.state.rules {
            1 => Rules::V1,
            0 | 2.. => Rules::V2,
        }
    }

    /// Records a fact and goes on from it.
    fn emit(&mut self, event: Event) {
        let fact = Fact { at: self.now, event };
        self.state.apply(&fact);
        self.watch_duty(&fact.event);
        self.facts.push(fact);
    }

    fn after(&self, ms: u32) -> Timestamp {
        self.now.plus_ms(i64::from(ms))
    }

    fn known(&self, id: CallId) -> Result<Known<'_>, Refusal> {
        if let Some(call) = self.state.calls.get(&id) {
            Ok(Known::Live(call))
        } else if let Some(ended) = self.state.ended.get(&id) {
            Ok(Known::Ended(ended))
        } else {
            Err(Refusal::CallUnknown)
        }
    }

    fn live(&self, id: CallId) -> Result<&Call, Refusal> {
        match self.known(id)? {
            Known::Live(call) => Ok(call),
            Known::Ended(_) => Err(Refusal::CallEnded),
        }
    }

    /// The agent behind a socket, if it is the newest one of the current session.
    fn agent_at(&self, from: AgentSocket) -> Result<&Agent, Refusal> {
        let agent = self.state.agents.get(&from.agent).ok_or(Refusal::AgentUnknown)?;
        let session = agent.session.as_ref().filter(|live| live.id == from.session);
        let session = session.ok_or(Refusal::SessionStale)?;
        if session.epoch != from.epoch {
            return Err(Refusal::EpochStale);
        }
        match session.link {
            Link::Up => Ok(agent),
            Link::Never | Link::Away { .. } => Err(Refusal::NotConnected),
        }
    }

    /// Ends a call, once and for all. Whoever had it is freed by the caller of this function.
    fn end(&mut self, id: CallId, reason: EndReason) {
        let Ok(call) = self.live(id) else { return };
        let judged = |n: &u32| call.verdicts.get(n).is_some_and(|verdict| verdict.standing.is_some());
        let owed = !(1..=call.latest()).all(|n| judged(&n));
        let memory =
            if owed { i64::from(self.state.settings_of(&call.company).evidence_ms) } else { ENDED_MEMORY_MS };
        self.emit(Event::CallEnded { call: id, reason, forget_at: self.now.plus_ms(memory) });
    }

    /// Lets an agent go from its call: wrap-up, or the pause it wished for. `open`: there is nothing to wrap
    /// up, a next call may ring at once (F4 frees the agent).
    fn release(&mut self, id: AgentId, call: CallId, ended: Option<EndReason>, open: bool) {
        let Some(agent) = self.state.agents.get(&id) else { return };
        if !matches!(agent.activity, Activity::OnCall { call: had, .. } if had == call) {
            return;
        }
        let until = self.after(self.state.settings_of(&agent.company).wrap_up_ms);
        match agent.pause_wished.clone().filter(|_| open) {
            Some(reason) => self.emit(Event::AgentPaused { agent: id, reason }),
            None => self.emit(Event::WrapUpStarted { agent: id, call, until, ended, open }),
        }
    }
}
