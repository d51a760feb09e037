//! What a day came to.

use std::collections::BTreeMap;
use std::fmt;

use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{Event, Fact};

/// Counts of a day.
#[derive(Clone, Debug)]
pub struct Report {
    /// Steps of the simulation.
    pub steps: u64,
    /// Inputs that the switchboard decided.
    pub inputs: u64,
    /// Facts that it made.
    pub facts: u64,
    /// Times that the server was killed.
    pub kills: u64,
    /// Times that it stood still, or its clock jumped.
    pub pauses: u64,
    /// Intakes refused, for a line was full.
    pub refused_at_intake: u64,
    /// How often each thing happened.
    pub counts: BTreeMap<String, u64>,
    pub(super) last_fact: Timestamp,
    queued: BTreeMap<CallId, Timestamp>,
    waits_ms: Vec<i64>,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            steps: 0,
            inputs: 0,
            facts: 0,
            kills: 0,
            pauses: 0,
            refused_at_intake: 0,
            counts: BTreeMap::new(),
            last_fact: Timestamp::from_ms(0),
            queued: BTreeMap::new(),
            waits_ms: Vec::new(),
        }
    }
}

impl Report {
    pub(super) fn count(&mut self, fact: &Fact) {
        self.facts += 1;
        self.last_fact = fact.at;
        match &fact.event {
            Event::CallTakenIn { .. } => self.add("call taken in"),
            Event::CallQueued { call, .. } => {
                self.queued.insert(*call, fact.at);
            }
            Event::Offered { offer, .. } => {
                self.add(if *offer == 1 { "offer, first" } else { "offer, redirect" });
            }
            Event::OfferClosed { outcome, .. } => self.add(&format!("ring closed {outcome:?}")),
            Event::CallAccepted { call, assignment, .. } => {
                self.add(if *assignment == 1 { "accept, first" } else { "accept, after an agent was lost" });
                if let Some(queued) = self.queued.remove(call) {
                    self.waits_ms.push(fact.at.ms_since(queued));
                }
            }
            Event::SideLost { side, .. } => self.add(&format!("lost {side:?}")),
            Event::SideBack { side, .. } => self.add(&format!("back {side:?}")),
            Event::Unwitnessed { .. } => self.add("unwitnessed"),
            Event::WitnessedAgain { .. } => self.add("witnessed again"),
            Event::AssignmentVoided { .. } => self.add("agent lost"),
            Event::ConversationOver { .. } => self.add("over without a word"),
            Event::EvidenceTaken { standing, .. } => self.add(&format!("verdict {standing:?}")),
            Event::CallEnded { call, reason, .. } => {
                self.queued.remove(call);
                self.add(&format!("end {reason:?}"));
            }
            Event::CallRecalled { .. } => self.add("recalled"),
            Event::AgentPaused { reason, .. } => self.add(&format!("paused {reason}")),
            Event::Outage { .. } => self.add("outage"),
            Event::Restarted { .. } => self.add("start"),
            _ => {}
        }
    }

    fn add(&mut self, what: &str) {
        if let Some(count) = self.counts.get_mut(what) {
            *count += 1;
        } else {
            self.counts.insert(what.to_owned(), 1);
        }
    }

    /// How often something happened.
    pub fn of(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or(0)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} inputs, {} facts, {} kills, {} pauses",
            self.inputs, self.facts, self.kills, self.pauses
        )?;
        for (what, count) in &self.counts {
            writeln!(f, "  {what:<34} {count:>9}")?;
        }
        writeln!(f, "  {:<34} {:>9}", "refused at intake, line full", self.refused_at_intake)?;
        let mut waits = self.waits_ms.clone();
        waits.sort_unstable();
        let at = |share: usize| waits.get(waits.len().saturating_sub(1) * share / 100).copied().unwrap_or(0);
        write!(
            f,
            "  from queue to accept, ms: p50 {}, p90 {}, p99 {}, most {}",
            at(50),
            at(90),
            at(99),
            at(100)
        )
    }
}
