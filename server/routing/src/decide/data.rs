//! Companies, who serves whom, agents: data that changes without a restart (C1, C2).

use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};

use super::Draft;
use crate::call::{Call, Line};
use crate::fact::Event;
use crate::input::SignOutReason;
use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::skills::Skills;

impl Draft<'_> {
    pub(super) fn set_company(&mut self, company: &CompanyCode, settings: &Settings) {
        if self.state.settings.get(company) != Some(settings) {
            self.emit(Event::CompanySet { company: company.clone(), settings: settings.clone() });
        }
    }

    pub(super) fn set_serving(&mut self, home: &CompanyCode, serving: &CompanyCode) -> Result<(), Refusal> {
        if !self.state.settings.contains(home) || !self.state.settings.contains(serving) {
            return Err(Refusal::CompanyUnknown);
        }
        if self.state.serving.get(home) != Some(serving) {
            self.emit(Event::ServingSet { home: home.clone(), serving: serving.clone() });
            self.plan_overflow_anew(home, serving);
        }
        Ok(())
    }

    /// Calls in line overflow as the company wants that serves them now.
    fn plan_overflow_anew(&mut self, home: &CompanyCode, serving: &CompanyCode) {
        let plan = self.plan_overflow(serving);
        let moved = |call: &Call| {
            let overflows = |line: &Line| !line.overflow.is_empty() || !line.overflowed.is_empty();
            call.company == *home && call.line().is_some_and(|line| overflows(line) || !plan.is_empty())
        };
        let calls: Vec<CallId> =
            self.state.calls.iter().filter(|(_, call)| moved(call)).map(|(id, _)| *id).collect();
        for call in calls {
            self.emit(Event::OverflowPlanned { call, overflow: plan.clone() });
        }
    }

    pub(super) fn set_agent(
        &mut self,
        agent: AgentId,
        company: &CompanyCode,
        partner: Option<&String>,
        active: bool,
        skills: &Skills,
    ) -> Result<(), Refusal> {
        if !self.state.settings.contains(company) {
            return Err(Refusal::CompanyUnknown);
        }
        let known = self.state.agents.get(&agent);
        if known.is_some_and(|had| {
            had.company == *company
                && had.partner.as_ref() == partner
                && had.active == active
                && had.skills == *skills
        }) {
            return Ok(());
        }
        let session = known.and_then(|had| had.session.as_ref()).map(|session| session.id);
        self.emit(Event::AgentSet {
            agent,
            company: company.clone(),
            partner: partner.cloned(),
            active,
            skills: skills.clone(),
        });
        match session.filter(|_| !active) {
            Some(session) => self.sign_out(agent, session, SignOutReason::Forced),
            None => Ok(()),
        }
    }
}
