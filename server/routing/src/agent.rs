//! An agent in the state.

use chinhchu_protocol::ids::{CallId, CompanyCode, SessionId, WorkstationId};
use chinhchu_protocol::time::Timestamp;

use crate::fact::OfferOutcome;
use crate::skills::Skills;
use crate::status::{Activity, AgentStatus, SessionStatus};

/// One agent, signed in or not.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Agent {
    pub(crate) company: CompanyCode,
    pub(crate) partner: Option<String>,
    pub(crate) active: bool,
    pub(crate) skills: Skills,
    /// `Some` exactly while `activity` is not `SignedOut`.
    pub(crate) session: Option<Session>,
    /// The session that was signed out last, so that a repeated sign-out is known.
    pub(crate) signed_out: Option<SessionId>,
    pub(crate) activity: Activity,
    /// Missed rings since the last answer of any kind.
    pub(crate) missed_in_row: u32,
    /// Calls accepted since the sign-in.
    pub(crate) accepted: u32,
    /// When a call was last offered to it.
    pub(crate) asked_at: Option<Timestamp>,
    /// Reason of the pause that the agent wants after the present ring or call.
    pub(crate) pause_wished: Option<String>,
}

/// A sign-in and its newest socket.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) workstation: WorkstationId,
    pub(crate) epoch: u32,
    pub(crate) link: Link,
}

/// Whether a socket is up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Link {
    /// It never was.
    Never,
    /// It is.
    Up,
    /// It was; whoever waits for it waits until then.
    Away { back_by: Timestamp },
}

impl Link {
    pub(crate) fn away_until(self) -> Option<Timestamp> {
        match self {
            Self::Never | Self::Up => None,
            Self::Away { back_by } => Some(back_by),
        }
    }

    pub(crate) fn shift(&mut self, ms: i64) {
        match self {
            Self::Never | Self::Up => {}
            Self::Away { back_by } => *back_by = back_by.plus_ms(ms),
        }
    }
}

impl Agent {
    pub(crate) fn new(company: CompanyCode, partner: Option<String>, active: bool, skills: Skills) -> Self {
        Self {
            company,
            partner,
            active,
            skills,
            session: None,
            signed_out: None,
            activity: Activity::SignedOut,
            missed_in_row: 0,
            accepted: 0,
            asked_at: None,
            pause_wished: None,
        }
    }

    pub(crate) fn pause(&mut self, at: Timestamp, reason: &str) {
        self.activity = Activity::Paused { since: at, reason: reason.to_owned() };
        self.missed_in_row = 0;
        self.pause_wished = None;
    }

    pub(crate) fn sign_out(&mut self, session: SessionId) {
        self.session = None;
        self.signed_out = Some(session);
        self.activity = Activity::SignedOut;
        self.missed_in_row = 0;
        self.pause_wished = None;
    }

    /// An offer closed without an accept. Who let it go by goes to the end of the line of idle agents; who is
    /// not to blame keeps its place.
    pub(crate) fn offer_closed(&mut self, at: Timestamp, id: CallId, outcome: OfferOutcome) {
        let idle_since = match &self.activity {
            Activity::Ringing { call, idle_since, .. } if *call == id => *idle_since,
            Activity::Ringing { .. }
            | Activity::SignedOut
            | Activity::Available { .. }
            | Activity::Paused { .. }
            | Activity::OnCall { .. }
            | Activity::WrapUp { .. } => return,
        };
        let since = match outcome {
            OfferOutcome::Declined | OfferOutcome::Passed => {
                self.missed_in_row = 0;
                at
            }
            OfferOutcome::Missed => {
                self.missed_in_row = self.missed_in_row.saturating_add(1);
                at
            }
            OfferOutcome::NeverRang => at,
            OfferOutcome::CallerAway | OfferOutcome::CallOver | OfferOutcome::AgentAway => idle_since,
        };
        self.activity = Activity::Available { since };
    }

    /// Under which name its calls are counted where they are shared among partners.
    pub(crate) fn share_of(&self) -> &str {
        self.partner.as_deref().unwrap_or_default()
    }

    /// May be counted on: connected, or expected back any moment.
    pub(crate) fn is_on_duty(&self, now: Timestamp) -> bool {
        self.session.as_ref().is_some_and(|session| match session.link {
            Link::Up => true,
            Link::Away { back_by } => back_by > now,
            Link::Never => false,
        })
    }

    /// Has signed in, and not connected yet.
    pub(crate) fn is_about_to_connect(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.link == Link::Never)
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.link == Link::Up)
    }

    /// When [`crate::Input::Tick`] has something to do here. A ring and a call have their deadline in the call.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        let away = self.session.as_ref().and_then(|session| session.link.away_until());
        match &self.activity {
            Activity::SignedOut | Activity::Paused { .. } | Activity::OnCall { .. } => None,
            Activity::Available { .. } | Activity::Ringing { .. } => away,
            Activity::WrapUp { until, .. } => Some(away.map_or(*until, |away| away.min(*until))),
        }
    }

    /// Since when the agent could take a call; `None` if it can't now.
    pub(crate) fn idle_since(&self) -> Option<Timestamp> {
        if !self.is_connected() {
            return None;
        }
        match &self.activity {
            Activity::Available { since } | Activity::WrapUp { since, open: true, .. } => Some(*since),
            Activity::WrapUp { open: false, .. }
            | Activity::SignedOut
            | Activity::Paused { .. }
            | Activity::Ringing { .. }
            | Activity::OnCall { .. } => None,
        }
    }

    /// Counts when the expected wait is reckoned.
    pub(crate) fn is_working(&self) -> bool {
        match &self.activity {
            Activity::SignedOut | Activity::Paused { .. } => false,
            Activity::Available { .. }
            | Activity::Ringing { .. }
            | Activity::OnCall { .. }
            | Activity::WrapUp { .. } => self.is_connected(),
        }
    }

    /// Moves every deadline (an outage).
    pub(crate) fn shift(&mut self, ms: i64) {
        if let Some(session) = &mut self.session {
            session.link.shift(ms);
        }
        match &mut self.activity {
            Activity::WrapUp { until, .. } => *until = until.plus_ms(ms),
            Activity::SignedOut
            | Activity::Available { .. }
            | Activity::Paused { .. }
            | Activity::Ringing { .. }
            | Activity::OnCall { .. } => {}
        }
    }

    /// Every socket is gone.
    pub(crate) fn restart(&mut self, by: Timestamp) {
        if let Some(session) = &mut self.session {
            session.link = Link::Away { back_by: by };
        }
    }

    pub(crate) fn status(&self) -> AgentStatus {
        AgentStatus {
            company: self.company.clone(),
            partner: self.partner.clone(),
            active: self.active,
            skills: self.skills.clone(),
            session: self.session.as_ref().map(|session| SessionStatus {
                session: session.id,
                workstation: session.workstation,
                epoch: session.epoch,
                connected: session.link == Link::Up,
            }),
            activity: self.activity.clone(),
        }
    }
}
