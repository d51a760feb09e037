//! The oracle's own books: what it knows of a call and of an agent, from inputs and facts alone.

use std::collections::{BTreeMap, BTreeSet};

use chinhchu_protocol::agent::LostSide;
use chinhchu_protocol::call::{Decision, EndReason};
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode, SessionId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{Needs, Skills};

/// A socket, as the log tells of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Link {
    Never,
    Up,
    Away(Timestamp),
}

impl Link {
    pub(crate) fn due(self) -> Option<Timestamp> {
        match self {
            Self::Never | Self::Up => None,
            Self::Away(by) => Some(by),
        }
    }

    fn shift(&mut self, ms: i64) {
        if let Self::Away(by) = self {
            *by = by.plus_ms(ms);
        }
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct AgentBook {
    pub(crate) company: CompanyCode,
    pub(crate) session: Option<SessionId>,
    pub(crate) epoch: u32,
    pub(crate) link: Link,
    pub(crate) doing: Doing,
    /// Confirmed rings missed in a row, counted here.
    pub(crate) missed: u32,
    pub(crate) skills: Skills,
    /// Calls accepted since the sign-in.
    pub(crate) accepted: u32,
    /// When it was last asked.
    pub(crate) asked_at: Option<Timestamp>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Doing {
    Out,
    Paused,
    Free { since: Timestamp },
    Ringing { call: CallId, offer: u32, since: Timestamp },
    OnCall { call: CallId, assignment: u32 },
    WrapUp { until: Timestamp, open: bool, since: Timestamp },
}

impl AgentBook {
    /// Since when the agent can take a call.
    pub(crate) fn free_since(&self) -> Option<Timestamp> {
        if self.link != Link::Up {
            return None;
        }
        match self.doing {
            Doing::Free { since } | Doing::WrapUp { open: true, since, .. } => Some(since),
            Doing::WrapUp { open: false, .. }
            | Doing::Out
            | Doing::Paused
            | Doing::Ringing { .. }
            | Doing::OnCall { .. } => None,
        }
    }

    /// When something must happen to the agent (I3); a ring and a call have theirs in the call.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        match self.doing {
            Doing::Out | Doing::Paused | Doing::OnCall { .. } => None,
            Doing::Free { .. } | Doing::Ringing { .. } => self.link.due(),
            Doing::WrapUp { until, .. } => Some(self.link.due().map_or(until, |by| by.min(until))),
        }
    }

    pub(crate) fn shift(&mut self, ms: i64) {
        self.link.shift(ms);
        if let Doing::WrapUp { until, .. } = &mut self.doing {
            *until = until.plus_ms(ms);
        }
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct CallBook {
    pub(crate) company: CompanyCode,
    pub(crate) priority: u8,
    pub(crate) needs: Needs,
    pub(crate) epoch: u32,
    pub(crate) link: Link,
    pub(crate) line: Option<Line>,
    /// When it joined the queue first.
    pub(crate) queued_at: Option<Timestamp>,
    pub(crate) offers: u32,
    pub(crate) assigned: Vec<AgentId>,
    /// Who had its chance, and until when it is not asked at all.
    pub(crate) spared: BTreeMap<AgentId, Option<Timestamp>>,
    /// Who passed, missed or was never heard ringing (I2).
    pub(crate) refused: BTreeSet<AgentId>,
    pub(crate) verdicts: BTreeMap<u32, VerdictBook>,
    pub(crate) stage: Stage,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Line {
    pub(crate) serving: CompanyCode,
    pub(crate) since: Timestamp,
    pub(crate) front: bool,
    pub(crate) wait_until: Timestamp,
    /// Companies whose agents may take it by now, too.
    pub(crate) overflowed: Vec<CompanyCode>,
    /// And those of which later.
    pub(crate) overflow: Vec<(Timestamp, CompanyCode)>,
}

impl Line {
    /// Whose agents may take the call, nearest first.
    pub(crate) fn companies(&self) -> impl Iterator<Item = &CompanyCode> {
        std::iter::once(&self.serving).chain(&self.overflowed)
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct VerdictBook {
    pub(crate) decision: Decision,
    pub(crate) sha256: String,
    pub(crate) standing: Option<VerdictStanding>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Stage {
    Preparing { by: Timestamp },
    Waiting,
    Offering(OfferBook),
    Assigned(AssignmentBook),
    Evidence { by: Timestamp },
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct OfferBook {
    pub(crate) number: u32,
    pub(crate) agent: AgentId,
    pub(crate) rang: bool,
    pub(crate) rang_by: Timestamp,
    pub(crate) answer_by: Timestamp,
}

impl OfferBook {
    pub(crate) fn due(&self) -> Timestamp {
        if self.rang { self.answer_by } else { self.rang_by.min(self.answer_by) }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct AssignmentBook {
    pub(crate) number: u32,
    pub(crate) offer: u32,
    pub(crate) agent: AgentId,
    pub(crate) accepted_at: Timestamp,
    pub(crate) media: bool,
    pub(crate) end_by: Timestamp,
    pub(crate) contact: Contact,
    pub(crate) life: Life,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Contact {
    Connecting { by: Timestamp },
    Flowing,
    Lost { side: LostSide, by: Timestamp, heard: Timestamp },
    Unwitnessed { by: Timestamp, heard: Timestamp },
}

impl Contact {
    pub(crate) fn by(&mut self) -> Option<&mut Timestamp> {
        match self {
            Self::Connecting { by } | Self::Lost { by, .. } | Self::Unwitnessed { by, .. } => Some(by),
            Self::Flowing => None,
        }
    }
}

/// Last signs of life, from the heartbeats and sockets that the oracle saw itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Life {
    /// The caller's socket was heard.
    pub(crate) caller_socket: Timestamp,
    /// The caller's media was received by the workstation.
    pub(crate) caller_media: Timestamp,
    /// The workstation's socket was heard.
    pub(crate) agent_socket: Timestamp,
    /// The agent's media was received by the page.
    pub(crate) agent_media: Timestamp,
}

impl Life {
    pub(crate) fn all(at: Timestamp) -> Self {
        Self { caller_socket: at, caller_media: at, agent_socket: at, agent_media: at }
    }

    pub(crate) fn of(&self, side: LostSide) -> Timestamp {
        match side {
            LostSide::Caller => self.caller_socket.max(self.caller_media),
            LostSide::Agent => self.agent_socket.max(self.agent_media),
        }
    }

    pub(crate) fn newest(&self) -> Timestamp {
        self.of(LostSide::Caller).max(self.of(LostSide::Agent))
    }

    fn shift(&mut self, ms: i64) {
        for at in
            [&mut self.caller_socket, &mut self.caller_media, &mut self.agent_socket, &mut self.agent_media]
        {
            *at = at.plus_ms(ms);
        }
    }
}

impl CallBook {
    /// When something must happen to the call: every stage has a deadline (I3).
    pub(crate) fn due(&self) -> Timestamp {
        let sooner = |at: Timestamp, other: Option<Timestamp>| other.map_or(at, |other| at.min(other));
        match &self.stage {
            Stage::Preparing { by } | Stage::Evidence { by } => *by,
            Stage::Waiting => {
                let wait = self.line.as_ref().map_or(Timestamp::from_ms(0), |line| line.wait_until);
                let spared = self.spared.values().filter_map(|until| *until).min();
                let overflow = self.line.as_ref().and_then(|line| line.overflow.first().map(|step| step.0));
                sooner(sooner(sooner(wait, self.link.due()), spared), overflow)
            }
            Stage::Offering(offer) => sooner(offer.due(), self.link.due()),
            Stage::Assigned(live) => {
                let mut contact = live.contact;
                sooner(live.end_by, contact.by().copied())
            }
        }
    }

    pub(crate) fn shift(&mut self, ms: i64) {
        self.link.shift(ms);
        for until in self.spared.values_mut().flatten() {
            *until = until.plus_ms(ms);
        }
        if let Some(line) = &mut self.line {
            line.wait_until = line.wait_until.plus_ms(ms);
            for (at, _) in &mut line.overflow {
                *at = at.plus_ms(ms);
            }
        }
        match &mut self.stage {
            Stage::Waiting => {}
            Stage::Preparing { by } | Stage::Evidence { by } => *by = by.plus_ms(ms),
            Stage::Offering(offer) => {
                offer.rang_by = offer.rang_by.plus_ms(ms);
                offer.answer_by = offer.answer_by.plus_ms(ms);
            }
            Stage::Assigned(live) => {
                live.end_by = live.end_by.plus_ms(ms);
                live.life.shift(ms);
                match &mut live.contact {
                    Contact::Connecting { .. } | Contact::Flowing => {}
                    Contact::Lost { heard, .. } | Contact::Unwitnessed { heard, .. } => {
                        *heard = heard.plus_ms(ms);
                    }
                }
                if let Some(by) = live.contact.by() {
                    *by = by.plus_ms(ms);
                }
            }
        }
    }

    /// Every socket is gone and has its full time again (I6).
    pub(crate) fn restart(&mut self, at: Timestamp, by: Timestamp) {
        if self.link != Link::Never {
            self.link = Link::Away(by);
        }
        match &mut self.stage {
            Stage::Preparing { .. } | Stage::Waiting | Stage::Evidence { .. } => {}
            Stage::Offering(offer) => {
                offer.rang_by = offer.rang_by.max(by);
                offer.answer_by = offer.answer_by.max(by);
            }
            Stage::Assigned(live) => {
                live.life = Life::all(at);
                match &mut live.contact {
                    Contact::Connecting { .. } | Contact::Flowing => {}
                    Contact::Lost { heard, .. } | Contact::Unwitnessed { heard, .. } => *heard = at,
                }
                if let Some(until) = live.contact.by() {
                    *until = by.max(*until);
                }
            }
        }
    }

    pub(crate) fn live(&self) -> Option<&AssignmentBook> {
        match &self.stage {
            Stage::Assigned(live) => Some(live),
            Stage::Preparing { .. } | Stage::Waiting | Stage::Offering(_) | Stage::Evidence { .. } => None,
        }
    }

    pub(crate) fn live_mut(&mut self) -> Option<&mut AssignmentBook> {
        match &mut self.stage {
            Stage::Assigned(live) => Some(live),
            Stage::Preparing { .. } | Stage::Waiting | Stage::Offering(_) | Stage::Evidence { .. } => None,
        }
    }

    pub(crate) fn offer(&self) -> Option<&OfferBook> {
        match &self.stage {
            Stage::Offering(offer) => Some(offer),
            Stage::Preparing { .. } | Stage::Waiting | Stage::Assigned(_) | Stage::Evidence { .. } => None,
        }
    }
}

/// What stays known of an ended call, for as long as the oracle lives.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct EndedBook {
    pub(crate) reason: EndReason,
    pub(crate) company: CompanyCode,
    pub(crate) assigned: Vec<AgentId>,
    pub(crate) verdicts: BTreeMap<u32, VerdictBook>,
}
