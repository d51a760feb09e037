//! Whether the company that serves is open, whether anybody is on duty for the calls that wait, and to whom they
//! overflow.

use std::collections::BTreeSet;

use chinhchu_protocol::ids::{CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;

use super::{Draft, Rules};
use crate::agent::Agent;
use crate::call::Call;
use crate::fact::{Event, OverflowDue};
use crate::settings::Settings;
use crate::status::Activity;

impl Draft<'_> {
    /// Tells a caller whose call is to be served by a company that is closed now.
    pub(super) fn tell_if_closed(&mut self, id: CallId, serving: &CompanyCode) -> bool {
        let hours = self.state.settings.get(serving).and_then(|settings| settings.hours.as_ref());
        let Some(hours) = hours.filter(|hours| !hours.is_open(self.now)) else { return false };
        let opens_at = hours.opens_at(self.now);
        self.emit(Event::PoolClosed { call: id, serving: serving.clone(), opens_at });
        true
    }

    /// When calls that wait now are sent away, if the company does that at closing time.
    pub(super) fn served_until(&self, serving: &CompanyCode) -> Option<Timestamp> {
        let settings = self.state.settings.get(serving)?;
        let hours = settings.hours.as_ref().filter(|_| !settings.serve_queue_after_close)?;
        hours.closes_at(self.now)
    }

    /// When agents of other companies may take a call that joins the queue now.
    pub(super) fn plan_overflow(&self, serving: &CompanyCode) -> Vec<OverflowDue> {
        let mut seen = BTreeSet::from([serving]);
        let steps = self.state.settings.get(serving).map(|settings| settings.overflow.as_slice());
        let mut plan: Vec<OverflowDue> = steps
            .unwrap_or_default()
            .iter()
            .filter(|step| self.state.settings.contains(&step.to) && seen.insert(&step.to))
            .map(|step| OverflowDue { at: self.after(step.after_ms), to: step.to.clone() })
            .collect();
        plan.sort_by_key(|step| step.at);
        plan
    }

    /// Is on duty: connected, if only paused; or expected back any moment, after a sign-in, a loss or a restart.
    /// A session may outlive the shift: who is paused and away is not waited for.
    fn counts(&self, agent: &Agent) -> bool {
        let soon = self.now.plus_ms(-i64::from(Settings::default().reconnect_ms));
        match agent.activity {
            Activity::Paused { since, .. } => {
                agent.is_connected() || (agent.is_about_to_connect() && since > soon)
            }
            Activity::SignedOut
            | Activity::Available { .. }
            | Activity::Ringing { .. }
            | Activity::OnCall { .. }
            | Activity::WrapUp { .. } => agent.is_on_duty(self.now),
        }
    }

    /// Nobody on duty may serve the call, now or once it overflows.
    fn is_forlorn(&self, call: &Call, on_duty: impl Fn(&Agent) -> bool) -> bool {
        let serves = |agent: &Agent| on_duty(agent) && self.state.may_serve(agent, call);
        call.line().is_some_and(|line| {
            !line.companies_ever().any(|company| {
                self.state.staff(company).any(|id| self.state.agents.get(&id).is_some_and(serves))
            })
        })
    }

    /// Tells a caller who has joined the queue just now.
    pub(super) fn tell_if_forlorn(&mut self, id: CallId) {
        let forlorn = self.state.calls.get(&id).is_some_and(|call| match self.rules() {
            Rules::V1 => self.is_forlorn(call, Agent::is_connected),
            Rules::V2 => self.is_forlorn(call, |agent| self.counts(agent)),
        });
        if forlorn {
            self.emit(Event::NobodyOnDuty { call: id });
        }
    }

    /// Remembers to look after this input whether a call has lost the last agent who was on duty for it.
    pub(super) fn watch_duty(&mut self, event: &Event) {
        let data = matches!(
            event,
            Event::AgentSignedOut { .. }
                | Event::AgentSet { .. }
                | Event::CompanySet { .. }
                | Event::ServingSet { .. }
                | Event::AssignmentVoided { .. }
        );
        // Who is away comes back or is paused in time, unless it is paused already.
        let paused_away =
            |agent: &Agent| matches!(agent.activity, Activity::Paused { .. }) && !agent.is_connected();
        let gone = if let Event::AgentPaused { agent, .. } | Event::AgentDisconnected { agent, .. } = event {
            self.state.agents.get(agent).is_some_and(paused_away)
        } else {
            false
        };
        self.duty_shrunk |= data || gone;
    }

    /// Version 2: «nobody on duty» is said while a call waits, too, once for each time that it becomes so.
    pub(super) fn tell_forlorn(&mut self) {
        if !self.duty_shrunk || self.rules() == Rules::V1 {
            return;
        }
        let waiting: BTreeSet<CallId> = self.state.queue.iter().filter_map(|(key, ())| key.1.2).collect();
        for id in waiting {
            let untold = self.state.calls.get(&id).filter(|call| {
                call.line().is_some_and(|line| !line.nobody_told)
                    && self.is_forlorn(call, |agent| self.counts(agent))
            });
            if untold.is_some() {
                self.emit(Event::NobodyOnDuty { call: id });
            }
        }
    }
}
