//! What the facts come to, folded by a second, simpler hand than the server's: who had what after each record.

use std::collections::{BTreeMap, BTreeSet};

use chinhchu_protocol::ids::{AgentId, CallId};
use serde_json::Value;

use crate::books::Doing;

/// A call, as the facts tell it.
#[derive(Clone, Default, Debug)]
pub struct CallModel {
    /// The live offer.
    offer: Option<(u32, AgentId)>,
    /// The live assignment.
    assignment: Option<(u32, AgentId)>,
    pub ended: Option<String>,
    /// Assignments whose verdict was sealed.
    pub sealed: BTreeSet<u32>,
    /// Standing and manifest's hash of evidence, by assignment.
    pub evidence: BTreeMap<u32, (String, String)>,
    pub accepted: usize,
    /// Live assignment and end after each record that changed them.
    history: Vec<(u64, Option<u32>, Option<String>)>,
}

/// Everything.
#[derive(Clone, Default, Debug)]
pub struct Model {
    pub calls: BTreeMap<CallId, CallModel>,
    /// How often each thing happened: what a run did not meet, it did not try.
    pub counts: BTreeMap<String, u64>,
    agents: BTreeMap<AgentId, Doing>,
    history: BTreeMap<AgentId, Vec<(u64, Doing)>>,
}

impl Model {
    /// Takes in the facts of one record; tells what must never be.
    pub fn record(&mut self, seq: u64, facts: &[Value], faults: &mut Vec<String>) {
        let before = self.agents.clone();
        for fact in facts {
            self.fact(fact, &mut |text| faults.push(format!("log: record {seq}: {text}")));
        }
        for (agent, doing) in &self.agents {
            if before.get(agent) != Some(doing) {
                self.history.entry(*agent).or_default().push((seq, *doing));
            }
        }
        let named: BTreeSet<CallId> = facts.iter().filter_map(call_of).collect();
        for call in named {
            let Some(model) = self.calls.get_mut(&call) else { continue };
            let now = (model.assignment.map(|(n, _)| n), model.ended.clone());
            if model.history.last().is_none_or(|(_, n, ended)| (*n, ended) != (now.0, &now.1)) {
                model.history.push((seq, now.0, now.1));
            }
        }
    }

    fn count(&mut self, fact: &Value) {
        let text = |name: &str| fact[name].as_str().unwrap_or_default();
        let name = match text("event") {
            "offer_closed" => format!("offer {}", text("outcome")),
            "evidence_taken" => format!("evidence {}", text("standing")),
            "call_ended" => format!("ended {}", text("reason")),
            "side_lost" => format!("{} lost", text("side")),
            "side_back" => format!("{} back", text("side")),
            event => event.replace('_', " "),
        };
        *self.counts.entry(name).or_default() += 1;
    }

    fn fact(&mut self, fact: &Value, fault: &mut dyn FnMut(String)) {
        self.count(fact);
        let Some(call) = call_of(fact) else { return };
        let event = fact["event"].as_str().unwrap_or_default();
        let number = |name: &str| u32::try_from(fact[name].as_u64().unwrap_or(0)).unwrap_or(0);
        let text = |name: &str| fact[name].as_str().unwrap_or_default().to_owned();
        let agent: Option<AgentId> = fact["agent"].as_str().and_then(|id| id.parse().ok());
        if event == "call_taken_in" {
            if self.calls.insert(call, CallModel::default()).is_some() {
                fault(format!("{call} was taken in twice"));
            }
            return;
        }
        let Some(model) = self.calls.get_mut(&call) else {
            return fault(format!("{event} of {call}, which was never taken in"));
        };
        if model.ended.is_some() && !matches!(event, "evidence_taken" | "call_recalled" | "wrap_up_started") {
            fault(format!("{event} of {call}, which has ended"));
        }
        match (event, agent) {
            ("offered", Some(agent)) => {
                if model.offer.is_some() || model.assignment.is_some() {
                    fault(format!("{call} is offered while another agent has it or hears it ring (I1)"));
                }
                model.offer = Some((number("offer"), agent));
                if let Some(doing @ (Doing::Ringing(..) | Doing::OnCall(..))) =
                    self.agents.insert(agent, Doing::Ringing(call, number("offer")))
                {
                    fault(format!("{call} rings at an agent who has {doing:?} (I1)"));
                }
            }
            ("offer_closed", Some(agent)) => {
                if model.offer.take() != Some((number("offer"), agent)) {
                    fault(format!("an offer of {call} closes that was not live"));
                }
                self.agents.insert(agent, Doing::Free);
            }
            ("call_accepted", Some(agent)) => {
                if model.offer.take() != Some((number("offer"), agent)) || model.assignment.is_some() {
                    fault(format!("{call} is accepted without its offer, or twice (I1)"));
                }
                model.accepted += 1;
                if usize::try_from(number("assignment")) != Ok(model.accepted) {
                    fault(format!("assignment {} of {call} out of turn", number("assignment")));
                }
                model.assignment = Some((number("assignment"), agent));
                self.agents.insert(agent, Doing::OnCall(call, number("assignment")));
            }
            ("verdict_sealed", _) => {
                if !model.sealed.insert(number("assignment")) {
                    fault(format!("a verdict of {call} is sealed twice"));
                }
                self.free(call);
            }
            ("assignment_voided" | "conversation_over", _) => self.free(call),
            ("evidence_taken", _) => {
                let standing = (text("standing"), text("manifest_sha256"));
                if model.evidence.insert(number("assignment"), standing).is_some() {
                    fault(format!("evidence of {call} is taken twice"));
                }
            }
            ("call_ended", _) => {
                model.ended = Some(text("reason"));
                self.free(call);
            }
            _ => {}
        }
    }

    /// The call has no agent any more.
    fn free(&mut self, call: CallId) {
        let Some(model) = self.calls.get_mut(&call) else { return };
        for (_, agent) in model.assignment.take().into_iter().chain(model.offer.take()) {
            if self.agents.get(&agent).and_then(|doing| doing.call()) == Some(call) {
                self.agents.insert(agent, Doing::Free);
            }
        }
    }

    /// What an agent did right after a record.
    pub fn doing(&self, agent: AgentId, seq: u64) -> Doing {
        let history = self.history.get(&agent).map_or(&[][..], Vec::as_slice);
        let after = history.partition_point(|(at, _)| *at <= seq);
        after.checked_sub(1).map_or(Doing::Free, |index| history[index].1)
    }

    /// Live assignment and end of a call right after a record; none before it was taken in.
    pub fn stood(&self, call: CallId, seq: u64) -> Option<(Option<u32>, Option<&str>)> {
        let history = &self.calls.get(&call)?.history;
        let after = history.partition_point(|(at, ..)| *at <= seq);
        let (_, assignment, ended) = &history[after.checked_sub(1)?];
        Some((*assignment, ended.as_deref()))
    }
}

fn call_of(fact: &Value) -> Option<CallId> {
    fact["call"].as_str()?.parse().ok()
}
