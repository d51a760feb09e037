//! A live call in the state. Each stage owns exactly its data.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chinhchu_protocol::agent::LostSide;
use chinhchu_protocol::call::CallState;
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;

use crate::agent::Link;
use crate::ended::Verdict;
use crate::fact::{OverflowDue, WhyNot};
use crate::skills::Needs;
use crate::state::Place;

/// One call, from intake to its end.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Call {
    pub(crate) company: CompanyCode,
    pub(crate) priority: u8,
    pub(crate) needs: Needs,
    /// Number of the newest page's socket, 0 before the first.
    pub(crate) caller_epoch: u32,
    pub(crate) caller: Link,
    /// When it joined the queue first.
    pub(crate) queued_at: Option<Timestamp>,
    /// The last offer, and whose it was.
    pub(crate) last_offer: Option<(u32, AgentId)>,
    /// Company of the latest assignment.
    pub(crate) served_by: Option<CompanyCode>,
    /// Who had assignment 1, 2, …
    pub(crate) assigned: Vec<AgentId>,
    /// Who is to be asked last (I2).
    pub(crate) spared: BTreeMap<AgentId, Spared>,
    /// The caller may have become another person since it came.
    pub(crate) changed: bool,
    /// What was sealed or stored, by assignment.
    pub(crate) verdicts: BTreeMap<u32, Verdict>,
    pub(crate) stage: Stage,
}

/// An agent who had its chance.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Spared {
    /// `PassedBefore`, `MissedBefore`, `NeverRangBefore` or `LostBefore`.
    pub(crate) why: WhyNot,
    /// The offer that it let go by, or accepted.
    pub(crate) offer: u32,
    /// Not asked before then at all; `None`: may be asked when nobody else is available.
    pub(crate) until: Option<Timestamp>,
}

/// Where a call stands.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Stage {
    /// Its page is not ready yet.
    Preparing { ready_by: Timestamp },
    /// In the queue; skipped while its caller is away.
    Waiting { line: Line },
    /// Rings, or is to ring, at one agent.
    Offering { line: Line, offer: Offer },
    /// One agent has it.
    Assigned { assignment: Assignment },
    /// The conversation is over.
    AwaitingEvidence { assignment: u32, evidence_by: Timestamp },
}

/// A place in a queue.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Line {
    /// Company whose agents may take it.
    pub(crate) serving: CompanyCode,
    /// Order within the same priority.
    pub(crate) since: Timestamp,
    /// Before every other call: its agent was lost.
    pub(crate) front: bool,
    /// Ends if nobody has taken it by then.
    pub(crate) wait_until: Timestamp,
    /// Other companies whose agents may take it by now, too.
    pub(crate) overflowed: Vec<CompanyCode>,
    /// Those whose agents may take it later; earliest first.
    pub(crate) overflow: Vec<OverflowDue>,
    /// The caller knows that nobody is on duty.
    pub(crate) nobody_told: bool,
}

/// One attempt on one agent.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Offer {
    pub(crate) number: u32,
    pub(crate) agent: AgentId,
    pub(crate) since: Timestamp,
    pub(crate) rang: bool,
    pub(crate) rang_by: Timestamp,
    pub(crate) answer_by: Timestamp,
}

/// One accept by one agent.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Assignment {
    pub(crate) number: u32,
    /// The offer that was accepted.
    pub(crate) offer: u32,
    pub(crate) agent: AgentId,
    pub(crate) serving: CompanyCode,
    pub(crate) accepted_at: Timestamp,
    pub(crate) media_since: Option<Timestamp>,
    /// Of the time since then no server ran for so long.
    pub(crate) outage_ms: i64,
    pub(crate) end_by: Timestamp,
    pub(crate) contact: Contact,
    pub(crate) compare_again: bool,
    /// How often the caller has become another, perhaps.
    pub(crate) changes: u32,
}

/// Whether the two sides have each other, as far as the server knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Contact {
    /// No media yet.
    Connecting { by: Timestamp },
    /// They do.
    Flowing,
    /// One side is away (F3).
    Lost { side: LostSide, by: Timestamp },
    /// The server hears neither.
    Unwitnessed { by: Timestamp },
}

impl Contact {
    fn by(&mut self) -> Option<&mut Timestamp> {
        match self {
            Self::Connecting { by } | Self::Lost { by, .. } | Self::Unwitnessed { by } => Some(by),
            Self::Flowing => None,
        }
    }
}

impl Offer {
    /// When the offer ends by itself.
    pub(crate) fn due(&self) -> Timestamp {
        if self.rang { self.answer_by } else { self.rang_by.min(self.answer_by) }
    }
}

impl Line {
    /// Whose agents may take the call now: first of the company that serves it.
    pub(crate) fn companies(&self) -> impl Iterator<Item = &CompanyCode> {
        std::iter::once(&self.serving).chain(&self.overflowed)
    }

    /// Whose agents may take it as long as it waits.
    pub(crate) fn companies_ever(&self) -> impl Iterator<Item = &CompanyCode> {
        let later = self.overflow.iter().filter(|step| step.at < self.wait_until).map(|step| &step.to);
        self.companies().chain(later)
    }
}

impl Assignment {
    /// The caller may have become another person: compare again, whatever was compared before.
    pub(crate) fn changed(&mut self) {
        self.compare_again = true;
        self.changes = self.changes.saturating_add(1);
    }

    /// The sides have each other again, or go on trying.
    pub(crate) fn resume(&mut self, connect_by: Timestamp) {
        self.contact = match self.media_since {
            Some(_) => Contact::Flowing,
            None => Contact::Connecting { by: connect_by },
        };
    }
}

impl Call {
    pub(crate) fn new(company: CompanyCode, priority: u8, needs: Needs, ready_by: Timestamp) -> Self {
        Self {
            company,
            priority,
            needs,
            caller_epoch: 0,
            caller: Link::Never,
            queued_at: None,
            last_offer: None,
            served_by: None,
            assigned: Vec::new(),
            spared: BTreeMap::new(),
            changed: false,
            verdicts: BTreeMap::new(),
            stage: Stage::Preparing { ready_by },
        }
    }

    /// A page has the call now.
    pub(crate) fn page_came(&mut self, epoch: u32, other_device: bool) {
        self.caller_epoch = epoch;
        self.caller = Link::Up;
        self.changed |= other_device;
        if let Some(live) = self.assignment_mut().filter(|_| other_device) {
            live.changed();
        }
    }

    /// When [`crate::Input::Tick`] has something to do here: every stage has a deadline (I3).
    pub(crate) fn deadline(&self) -> Timestamp {
        let no_later = |at: Timestamp, other: Option<Timestamp>| other.map_or(at, |other| other.min(at));
        match &self.stage {
            Stage::Preparing { ready_by } => *ready_by,
            Stage::Waiting { line } => {
                let spared = self.spared.values().filter_map(|spared| spared.until).min();
                let overflow = line.overflow.first().map(|step| step.at);
                let at = no_later(no_later(line.wait_until, self.caller.away_until()), spared);
                no_later(at, overflow)
            }
            Stage::Offering { offer, .. } => no_later(offer.due(), self.caller.away_until()),
            Stage::Assigned { assignment } => {
                let mut contact = assignment.contact;
                no_later(assignment.end_by, contact.by().copied())
            }
            Stage::AwaitingEvidence { evidence_by, .. } => *evidence_by,
        }
    }

    /// The state as integrators see it.
    pub(crate) fn state(&self) -> CallState {
        match &self.stage {
            Stage::Preparing { .. } => CallState::Preparing,
            Stage::Waiting { .. } => CallState::Waiting,
            Stage::Offering { .. } => CallState::Offering,
            Stage::Assigned { assignment } => match (assignment.contact, assignment.media_since) {
                (Contact::Connecting { .. }, _) | (Contact::Unwitnessed { .. }, None) => {
                    CallState::Connecting
                }
                (Contact::Flowing, _) | (Contact::Unwitnessed { .. }, Some(_)) => CallState::InCall,
                (Contact::Lost { .. }, _) => CallState::Reconnecting,
            },
            Stage::AwaitingEvidence { .. } => CallState::AwaitingEvidence,
        }
    }

    /// Where it stands among other calls.
    pub(crate) fn place(&self, id: CallId, line: &Line) -> Place {
        (Reverse((line.front, self.priority)), line.since, Some(id))
    }

    /// An agent has it, or may get it yet.
    pub(crate) fn may_be_assigned(&self) -> bool {
        match &self.stage {
            Stage::Preparing { .. }
            | Stage::Waiting { .. }
            | Stage::Offering { .. }
            | Stage::Assigned { .. } => true,
            Stage::AwaitingEvidence { .. } => false,
        }
    }

    /// Number of the latest assignment, 0 before the first.
    pub(crate) fn latest(&self) -> u32 {
        u32::try_from(self.assigned.len()).unwrap_or(u32::MAX)
    }

    /// The live assignment.
    pub(crate) fn assignment(&self) -> Option<&Assignment> {
        match &self.stage {
            Stage::Assigned { assignment } => Some(assignment),
            Stage::Preparing { .. }
            | Stage::Waiting { .. }
            | Stage::Offering { .. }
            | Stage::AwaitingEvidence { .. } => None,
        }
    }

    /// The live assignment, to be changed.
    pub(crate) fn assignment_mut(&mut self) -> Option<&mut Assignment> {
        match &mut self.stage {
            Stage::Assigned { assignment } => Some(assignment),
            Stage::Preparing { .. }
            | Stage::Waiting { .. }
            | Stage::Offering { .. }
            | Stage::AwaitingEvidence { .. } => None,
        }
    }

    /// The live offer.
    pub(crate) fn offer(&self) -> Option<&Offer> {
        match &self.stage {
            Stage::Offering { offer, .. } => Some(offer),
            Stage::Preparing { .. }
            | Stage::Waiting { .. }
            | Stage::Assigned { .. }
            | Stage::AwaitingEvidence { .. } => None,
        }
    }

    /// The place in a queue, also while an offer is out.
    pub(crate) fn line(&self) -> Option<&Line> {
        match &self.stage {
            Stage::Waiting { line } | Stage::Offering { line, .. } => Some(line),
            Stage::Preparing { .. } | Stage::Assigned { .. } | Stage::AwaitingEvidence { .. } => None,
        }
    }

    /// The place in a queue, to be changed.
    pub(crate) fn line_mut(&mut self) -> Option<&mut Line> {
        match &mut self.stage {
            Stage::Waiting { line } | Stage::Offering { line, .. } => Some(line),
            Stage::Preparing { .. } | Stage::Assigned { .. } | Stage::AwaitingEvidence { .. } => None,
        }
    }

    /// Moves every deadline (an outage).
    pub(crate) fn shift(&mut self, ms: i64) {
        self.caller.shift(ms);
        for spared in self.spared.values_mut() {
            spared.until = spared.until.map(|until| until.plus_ms(ms));
        }
        if let Some(line) = self.line_mut() {
            line.wait_until = line.wait_until.plus_ms(ms);
            for step in &mut line.overflow {
                step.at = step.at.plus_ms(ms);
            }
        }
        match &mut self.stage {
            Stage::Preparing { ready_by } => *ready_by = ready_by.plus_ms(ms),
            Stage::Waiting { .. } => {}
            Stage::Offering { offer, .. } => {
                offer.rang_by = offer.rang_by.plus_ms(ms);
                offer.answer_by = offer.answer_by.plus_ms(ms);
            }
            Stage::Assigned { assignment } => {
                assignment.outage_ms = assignment.outage_ms.saturating_add(ms);
                assignment.end_by = assignment.end_by.plus_ms(ms);
                if let Some(by) = assignment.contact.by() {
                    *by = by.plus_ms(ms);
                }
            }
            Stage::AwaitingEvidence { evidence_by, .. } => *evidence_by = evidence_by.plus_ms(ms),
        }
    }

    /// Every socket is gone: whoever is waited for is waited for until `by` at least.
    pub(crate) fn restart(&mut self, by: Timestamp) {
        match self.caller {
            Link::Never => {}
            Link::Up | Link::Away { .. } => self.caller = Link::Away { back_by: by },
        }
        match &mut self.stage {
            Stage::Preparing { .. } | Stage::Waiting { .. } | Stage::AwaitingEvidence { .. } => {}
            Stage::Offering { offer, .. } => {
                offer.rang_by = offer.rang_by.max(by);
                offer.answer_by = offer.answer_by.max(by);
            }
            Stage::Assigned { assignment } => {
                if let Some(until) = assignment.contact.by() {
                    *until = by.max(*until);
                }
            }
        }
    }
}
