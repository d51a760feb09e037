//! The fold: how each fact changes the state. Total: a fact about something that is not there changes
//! nothing. No decisions here; numbers and deadlines come with the facts.

use chinhchu_protocol::call::EndReason;
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;

use crate::agent::{Agent, Link, Session};
use crate::call::{Assignment, Call, Contact, Line, Offer, Spared, Stage};
use crate::ended::{EndedCall, Verdict};
use crate::fact::{Event, Fact, OfferOutcome, WhyNot};
use crate::settings::{HANDLING_SAMPLES, Settings};
use crate::shares::Shares;
use crate::skills::Skills;
use crate::state::State;
use crate::status::Activity;

impl State<'_> {
    /// Takes a fact in.
    #[expect(clippy::too_many_lines, reason = "one arm for each fact, so that none is forgotten")]
    pub(crate) fn apply(&mut self, fact: &Fact) {
        let at = fact.at;
        self.clock = self.clock.max(at);
        self.forget_ended(at);
        match &fact.event {
            Event::RulesAdopted { version } => self.rules = *version,
            Event::CompanySet { company, settings } => {
                self.set_company(company, settings.clone());
            }
            Event::ServingSet { home, serving } => self.set_serving(home, serving),
            Event::AgentSet { agent, company, partner, active, skills } => {
                self.set_agent(*agent, company, partner.as_ref(), *active, skills);
            }
            Event::CallTakenIn { call, company, priority, needs, ready_by } => {
                self.put_call(*call, Call::new(company.clone(), *priority, needs.clone(), *ready_by));
            }
            Event::CallerConnected { call, epoch, other_device } => {
                self.update_call(*call, |call| call.page_came(*epoch, *other_device));
            }
            Event::CallerDisconnected { call, epoch: _, back_by } => {
                self.update_call(*call, |call| call.caller = Link::Away { back_by: *back_by });
            }
            Event::CallQueued { call, serving, wait_until, overflow } => self.update_call(*call, |call| {
                call.queued_at = Some(at);
                let line = Line {
                    serving: serving.clone(),
                    since: at,
                    front: false,
                    wait_until: *wait_until,
                    overflowed: Vec::new(),
                    overflow: overflow.clone(),
                    nobody_told: false,
                };
                call.stage = Stage::Waiting { line };
            }),
            // The end of the call follows.
            Event::PoolClosed { call: _, serving: _, opens_at: _ } => {}
            Event::CallOverflowed { call, to } => self.on_line(*call, |line| {
                line.overflow.retain(|step| step.to != *to);
                line.overflowed.push(to.clone());
            }),
            Event::OverflowPlanned { call, overflow } => self.on_line(*call, |line| {
                line.overflowed.clear();
                line.overflow.clone_from(overflow);
            }),
            Event::Offered { call, offer, agent, session: _, rang_by, answer_by, considered: _, more: _ } => {
                let (rang_by, answer_by) = (*rang_by, *answer_by);
                let made =
                    Offer { number: *offer, agent: *agent, since: at, rang: false, rang_by, answer_by };
                self.offer(*call, made);
            }
            Event::Rang { call, offer, agent: _, proof: _ } => {
                self.update_call(*call, |call| match &mut call.stage {
                    Stage::Offering { offer: live, .. } if live.number == *offer => live.rang = true,
                    Stage::Offering { .. }
                    | Stage::Preparing { .. }
                    | Stage::Waiting { .. }
                    | Stage::Assigned { .. }
                    | Stage::AwaitingEvidence { .. } => {}
                });
            }
            Event::OfferClosed { call, offer, agent, outcome, spared_until } => {
                self.close_offer(at, *call, *offer, *agent, *outcome, *spared_until);
            }
            Event::AgentSparedEnough { call, agent } => self.update_call(*call, |call| {
                if let Some(spared) = call.spared.get_mut(agent) {
                    spared.until = None;
                }
            }),
            Event::CallAccepted {
                call,
                offer,
                assignment,
                agent,
                serving,
                connect_by,
                end_by,
                compare_again,
            } => {
                let accepted = Assignment {
                    number: *assignment,
                    offer: *offer,
                    agent: *agent,
                    serving: serving.clone(),
                    accepted_at: at,
                    media_since: None,
                    outage_ms: 0,
                    end_by: *end_by,
                    contact: Contact::Connecting { by: *connect_by },
                    compare_again: *compare_again,
                    changes: u32::from(*compare_again),
                };
                self.accept(*call, accepted);
            }
            Event::VideoConnected { call, assignment } => {
                self.update_assignment(*call, *assignment, |assignment| {
                    assignment.media_since = Some(at);
                    assignment.contact = Contact::Flowing;
                });
            }
            Event::SideLost { call, assignment, side, last_heard: _, back_by } => {
                self.update_assignment(*call, *assignment, |assignment| {
                    assignment.contact = Contact::Lost { side: *side, by: *back_by };
                });
            }
            Event::SideBack { call, assignment, side: _, connect_by }
            | Event::WitnessedAgain { call, assignment, connect_by } => {
                self.update_assignment(*call, *assignment, |assignment| assignment.resume(*connect_by));
            }
            Event::Unwitnessed { call, assignment, heard_by } => {
                self.update_assignment(*call, *assignment, |assignment| {
                    assignment.contact = Contact::Unwitnessed { by: *heard_by };
                });
            }
            Event::CompareAgain { call, assignment } => {
                self.update_call(*call, |call| call.changed = true);
                self.update_assignment(*call, *assignment, Assignment::changed);
            }
            Event::Compared { call, assignment } => {
                self.update_assignment(*call, *assignment, |assignment| assignment.compare_again = false);
            }
            Event::AssignmentVoided {
                call,
                assignment,
                agent,
                spared_until,
                serving,
                wait_until,
                caller_back_by,
                overflow,
            } => {
                let queued_at = self.calls.get(call).and_then(|call| call.queued_at).unwrap_or(at);
                let line = Line {
                    serving: serving.clone(),
                    since: queued_at,
                    front: true,
                    wait_until: *wait_until,
                    overflowed: Vec::new(),
                    overflow: overflow.clone(),
                    nobody_told: false,
                };
                self.void(*call, *assignment, line, *spared_until, *caller_back_by);
                self.free(*agent, *call, at);
            }
            Event::ConversationOver { call, assignment, evidence_by } => {
                self.end_conversation(at, *call, *assignment, *evidence_by);
            }
            Event::VerdictSealed { call, assignment, agent: _, decision, manifest_sha256, evidence_by } => {
                self.end_conversation(at, *call, *assignment, *evidence_by);
                let verdict = Verdict {
                    decision: *decision,
                    manifest_sha256: manifest_sha256.clone(),
                    at,
                    standing: None,
                };
                self.update_call(*call, |call| {
                    call.verdicts.insert(*assignment, verdict);
                });
            }
            Event::EvidenceTaken { call, assignment, agent: _, decision, manifest_sha256, standing } => {
                let verdict = Verdict {
                    decision: *decision,
                    manifest_sha256: manifest_sha256.clone(),
                    at,
                    standing: Some(*standing),
                };
                self.take_evidence(*call, *assignment, verdict);
            }
            Event::CallEnded { call, reason, forget_at } => self.end_call(at, *call, *reason, *forget_at),
            Event::CallRecalled { record } => self.remember(record.clone()),
            Event::AgentSignedIn { agent, session, workstation, replaced: _ } => {
                self.update_agent(*agent, |agent| {
                    agent.session = Some(Session {
                        id: *session,
                        workstation: *workstation,
                        epoch: 0,
                        link: Link::Never,
                    });
                    agent.accepted = 0;
                    agent.pause(at, crate::pause::SIGNED_IN);
                });
            }
            Event::AgentSignedOut { agent, session, why: _ } => {
                self.update_agent(*agent, |agent| agent.sign_out(*session));
            }
            Event::AgentConnected { agent, session: _, epoch } => {
                self.update_agent(*agent, |agent| {
                    if let Some(session) = &mut agent.session {
                        session.epoch = *epoch;
                        session.link = Link::Up;
                    }
                });
                self.somebody_came(*agent);
            }
            Event::AgentDisconnected { agent, session: _, epoch: _, back_by } => {
                self.update_agent(*agent, |agent| {
                    if let Some(session) = &mut agent.session {
                        session.link = Link::Away { back_by: *back_by };
                    }
                });
            }
            Event::AgentAvailable { agent } => self.update_agent(*agent, |agent| {
                agent.activity = Activity::Available { since: at };
                agent.pause_wished = None;
            }),
            Event::AgentPaused { agent, reason } => {
                self.update_agent(*agent, |agent| agent.pause(at, reason));
            }
            Event::AgentWished { agent, pause } => {
                self.update_agent(*agent, |agent| agent.pause_wished.clone_from(pause));
            }
            Event::WrapUpStarted { agent, call, until, ended, open } => self.update_agent(*agent, |agent| {
                agent.activity =
                    Activity::WrapUp { call: *call, since: at, until: *until, ended: *ended, open: *open };
            }),
            Event::Outage { from, to } => {
                let ms = to.ms_since(*from);
                self.resumed_at = self.resumed_at.max(*to);
                self.each(|call| call.shift(ms), |agent| agent.shift(ms));
            }
            Event::Restarted { back_by } => {
                self.resumed_at = self.resumed_at.max(at);
                self.each(|call| call.restart(*back_by), |agent| agent.restart(*back_by));
            }
            Event::NobodyOnDuty { call } => self.on_line(*call, |line| line.nobody_told = true),
        }
    }

    fn forget_ended(&mut self, at: Timestamp) {
        while let Some(key) = self.forget.first().copied().filter(|key| key.0 <= at) {
            self.forget.take(&key);
            self.ended.take(&key.1);
        }
    }

    /// Callers whom the agent may serve know no longer that nobody is there.
    fn somebody_came(&mut self, id: AgentId) {
        let Some(agent) = self.agents.get(&id) else { return };
        let told = self.forlorn.iter().filter(|(call, ())| {
            let call = self.calls.get(call);
            let line = call.and_then(Call::line);
            let near =
                line.is_some_and(|line| line.companies_ever().any(|company| *company == agent.company));
            near && call.is_some_and(|call| self.may_serve(agent, call))
        });
        for call in told.map(|(call, ())| *call).collect::<Vec<_>>() {
            self.on_line(call, |line| line.nobody_told = false);
        }
    }

    fn set_serving(&mut self, home: &CompanyCode, serving: &CompanyCode) {
        self.serving.insert(home.clone(), serving.clone());
        for id in self.call_ids(|call| call.company == *home) {
            self.update_call(id, |call| {
                if let Some(line) = call.line_mut() {
                    line.serving = serving.clone();
                }
            });
        }
    }

    fn set_agent(
        &mut self,
        id: AgentId,
        company: &CompanyCode,
        partner: Option<&String>,
        active: bool,
        skills: &Skills,
    ) {
        if self.agents.contains(&id) {
            self.update_agent(id, |agent| {
                agent.company = company.clone();
                agent.partner = partner.cloned();
                agent.active = active;
                agent.skills = skills.clone();
            });
        } else {
            self.put_agent(id, Agent::new(company.clone(), partner.cloned(), active, skills.clone()));
        }
    }

    fn call_ids(&self, wanted: impl Fn(&Call) -> bool) -> Vec<CallId> {
        self.calls.iter().filter(|(_, call)| wanted(call)).map(|(id, _)| *id).collect()
    }

    fn each(&mut self, on_call: impl Fn(&mut Call), on_agent: impl Fn(&mut Agent)) {
        for id in self.call_ids(|_| true) {
            self.update_call(id, &on_call);
        }
        let signed_in: Vec<AgentId> =
            self.agents.iter().filter(|(_, agent)| agent.session.is_some()).map(|(id, _)| *id).collect();
        for id in signed_in {
            self.update_agent(id, &on_agent);
        }
    }

    fn on_line(&mut self, id: CallId, change: impl FnOnce(&mut Line)) {
        self.update_call(id, |call| {
            if let Some(line) = call.line_mut() {
                change(line);
            }
        });
    }

    fn update_assignment(&mut self, call: CallId, number: u32, change: impl FnOnce(&mut Assignment)) {
        self.update_call(call, |call| {
            if let Some(live) = call.assignment_mut().filter(|live| live.number == number) {
                change(live);
            }
        });
    }

    fn offer(&mut self, id: CallId, made: Offer) {
        let (offer, agent, at) = (made.number, made.agent, made.since);
        self.update_call(id, |call| {
            if let Some(line) = call.line_mut().map(|line| line.clone()) {
                call.last_offer = Some((offer, agent));
                call.stage = Stage::Offering { line, offer: made };
            }
        });
        self.update_agent(agent, |agent| {
            let idle_since = agent.idle_since().unwrap_or(Timestamp::from_ms(0));
            agent.activity = Activity::Ringing { call: id, offer, idle_since };
            agent.asked_at = Some(at);
        });
        self.count_share(agent, Shares::offered);
    }

    fn close_offer(
        &mut self,
        at: Timestamp,
        id: CallId,
        offer: u32,
        agent: AgentId,
        outcome: OfferOutcome,
        until: Option<Timestamp>,
    ) {
        self.update_call(id, |call| {
            if let Some(line) = call.line_mut().map(|line| line.clone()) {
                call.stage = Stage::Waiting { line };
            }
            if let Some(why) = spared_for(outcome) {
                call.spared.insert(agent, Spared { why, offer, until });
            }
        });
        self.update_agent(agent, |agent| agent.offer_closed(at, id, outcome));
        self.count_share(agent, Shares::not_taken);
    }

    /// Only where it counts.
    fn count_share(&mut self, agent: AgentId, change: impl FnOnce(&mut Shares, &str)) {
        let Some(agent) = self.agents.get(&agent) else { return };
        let counted = |settings: &Settings| !settings.partner_shares.is_empty();
        if self.settings.get(&agent.company).is_some_and(counted) {
            let (company, partner) = (agent.company.clone(), agent.share_of().to_owned());
            let mut shares = self.shares.take(&company).unwrap_or_default();
            change(&mut shares, &partner);
            self.shares.insert(company, shares);
        }
    }

    fn accept(&mut self, id: CallId, accepted: Assignment) {
        let (agent, assignment) = (accepted.agent, accepted.number);
        self.update_call(id, |call| {
            call.assigned.push(agent);
            call.served_by = Some(accepted.serving.clone());
            call.stage = Stage::Assigned { assignment: accepted };
        });
        self.update_agent(agent, |agent| {
            agent.missed_in_row = 0;
            agent.accepted = agent.accepted.saturating_add(1);
            agent.activity = Activity::OnCall { call: id, assignment };
        });
    }

    fn void(&mut self, id: CallId, number: u32, line: Line, until: Timestamp, caller_back_by: Timestamp) {
        self.update_call(id, |call| {
            let Some(lost) = call.assignment().filter(|live| live.number == number) else { return };
            let spared = Spared { why: WhyNot::LostBefore, offer: lost.offer, until: Some(until) };
            call.spared.insert(lost.agent, spared);
            match &mut call.caller {
                Link::Never | Link::Up => {}
                Link::Away { back_by } => *back_by = caller_back_by.max(*back_by),
            }
            call.stage = Stage::Waiting { line };
        });
    }

    /// The agent has no call any more; what it does next is the next fact.
    fn free(&mut self, agent: AgentId, id: CallId, at: Timestamp) {
        self.update_agent(agent, |agent| match agent.activity {
            Activity::OnCall { call, .. } if call == id => agent.activity = Activity::Available { since: at },
            Activity::OnCall { .. }
            | Activity::SignedOut
            | Activity::Available { .. }
            | Activity::Paused { .. }
            | Activity::Ringing { .. }
            | Activity::WrapUp { .. } => {}
        });
    }

    fn end_conversation(&mut self, at: Timestamp, id: CallId, assignment: u32, evidence_by: Timestamp) {
        self.sample_handling(at, id);
        self.update_call(id, |call| call.stage = Stage::AwaitingEvidence { assignment, evidence_by });
    }

    /// A conversation is over: how long it took serves to reckon the next waits.
    fn sample_handling(&mut self, at: Timestamp, id: CallId) {
        let Some((serving, ms)) = self
            .calls
            .get(&id)
            .and_then(Call::assignment)
            .map(|live| (live.serving.clone(), at.ms_since(live.accepted_at) - live.outage_ms))
        else {
            return;
        };
        let mut samples = self.handling.take(&serving).unwrap_or_default();
        if samples.len() >= HANDLING_SAMPLES {
            samples.remove(0);
        }
        samples.push(ms);
        self.handling.insert(serving, samples);
    }

    fn take_evidence(&mut self, id: CallId, assignment: u32, verdict: Verdict) {
        if let Some(mut record) = self.ended.take(&id) {
            record.verdicts.insert(assignment, verdict);
            self.ended.insert(id, record);
        } else {
            self.update_call(id, |call| {
                call.verdicts.insert(assignment, verdict);
            });
        }
    }

    fn end_call(&mut self, at: Timestamp, id: CallId, reason: EndReason, forget_at: Timestamp) {
        self.sample_handling(at, id);
        let Some(call) = self.take_call(id) else { return };
        self.remember(EndedCall {
            call: id,
            company: call.company,
            ended_at: at,
            reason,
            forget_at,
            served_by: call.served_by,
            assigned: call.assigned,
            last_offer: call.last_offer,
            verdicts: call.verdicts,
        });
    }

    fn remember(&mut self, record: EndedCall) {
        if let Some(before) = self.ended.get(&record.call).map(|before| before.forget_at) {
            self.forget.take(&(before, record.call));
        }
        self.forget.insert((record.forget_at, record.call), ());
        self.ended.insert(record.call, record);
    }
}

fn spared_for(outcome: OfferOutcome) -> Option<WhyNot> {
    match outcome {
        OfferOutcome::Passed => Some(WhyNot::PassedBefore),
        OfferOutcome::Missed => Some(WhyNot::MissedBefore),
        OfferOutcome::NeverRang => Some(WhyNot::NeverRangBefore),
        OfferOutcome::Declined
        | OfferOutcome::CallerAway
        | OfferOutcome::CallOver
        | OfferOutcome::AgentAway => None,
    }
}
