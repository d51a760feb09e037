//! Who is silent. Soft state outside the log: heartbeats are no facts. It follows the facts (so it always
//! knows what the switchboard believes), takes heartbeats, and gives the inputs that would change that belief.
//!
//! A side is lost only when its socket is silent **and** the other side has had no media from it for 2 s;
//! the time runs from the last sign of life of either kind. If both sockets are silent, nobody can say: the
//! call is unwitnessed and goes on (I8).
//!
//! A belief is told again at every [`Liveness::poll`] until a fact confirms it: a lost input does no harm, a
//! repeated one neither.

use std::collections::BTreeMap;

use chinhchu_protocol::agent::LostSide;
use chinhchu_protocol::ids::{AgentId, CallId};
use chinhchu_protocol::time::Timestamp;

use crate::Switchboard;
use crate::fact::{Event, Fact};
use crate::input::Input;

/// A socket or media not heard for so long is silent, ms. Heartbeats come every 500 ms.
pub const SILENT_AFTER_MS: i64 = 2_000;

/// As long as that after its socket came up, or after the accept, an end may be without its first heartbeat, ms.
pub const FIRST_HEARTBEAT_MS: i64 = 10_000;

/// How often to [`Liveness::poll`], ms.
pub const POLL_EVERY_MS: i64 = 250;

/// What is known of every live assignment.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Liveness {
    watched: BTreeMap<CallId, Watch>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Watch {
    assignment: u32,
    agent: AgentId,
    caller_end: End,
    agent_end: End,
    /// What the switchboard believes.
    told: Belief,
    /// The switchboard knows that media flowed.
    media_told: bool,
}

/// One end of a call, and what it says of the other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct End {
    /// Its socket is up.
    up: bool,
    /// Last heartbeat on it, or when it came up.
    heard: Timestamp,
    /// A heartbeat has come on it.
    spoke: bool,
    /// Last media that this end received from the other; the beginning, before the first.
    media_at: Timestamp,
    /// It has received media.
    has_media: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Belief {
    Fine,
    Lost(LostSide),
    Unwitnessed,
}

impl End {
    fn fresh(at: Timestamp, up: bool) -> Self {
        Self { up, heard: at, spoke: false, media_at: at, has_media: false }
    }

    fn is_silent(&self, now: Timestamp) -> bool {
        let patience = if self.spoke { SILENT_AFTER_MS } else { FIRST_HEARTBEAT_MS };
        !self.up || now.ms_since(self.heard) >= patience
    }

    fn misses_media(&self, now: Timestamp) -> bool {
        now.ms_since(self.media_at) >= SILENT_AFTER_MS
    }

    fn heartbeat(&mut self, now: Timestamp, media_age_ms: Option<u32>) {
        (self.up, self.spoke) = (true, true);
        self.heard = self.heard.max(now);
        if let Some(age) = media_age_ms {
            self.has_media = true;
            self.media_at = self.media_at.max(now.plus_ms(-i64::from(age)));
        }
    }

    fn set_link(&mut self, at: Timestamp, up: bool) {
        self.up = up;
        if up {
            self.heard = self.heard.max(at);
            self.spoke = false;
        }
    }

    /// A span does not count. What was heard within it (the sockets may be faster than the log) is as good as
    /// heard at its end, and what came after it stays where it is: nothing is heard in the future.
    fn shift(&mut self, from: Timestamp, to: Timestamp) {
        let moved = |at: Timestamp| if at > from { at.max(to) } else { at.plus_ms(to.ms_since(from)) };
        (self.heard, self.media_at) = (moved(self.heard), moved(self.media_at));
    }
}

impl Watch {
    fn new(assignment: u32, agent: AgentId, at: Timestamp, up: bool) -> Self {
        let end = End::fresh(at, up);
        Self { assignment, agent, caller_end: end, agent_end: end, told: Belief::Fine, media_told: false }
    }

    fn judge(&self, now: Timestamp) -> Belief {
        match (self.caller_end.is_silent(now), self.agent_end.is_silent(now)) {
            (true, true) => Belief::Unwitnessed,
            (true, false) if self.agent_end.misses_media(now) => Belief::Lost(LostSide::Caller),
            (false, true) if self.caller_end.misses_media(now) => Belief::Lost(LostSide::Agent),
            (true | false, false) | (false, true) => Belief::Fine,
        }
    }

    /// The input that brings the switchboard's belief to `judged`.
    fn tell(&self, call: CallId, judged: Belief, now: Timestamp) -> Option<Input> {
        if judged == self.told {
            return None;
        }
        let assignment = self.assignment;
        let caller_heard = self.caller_end.heard.max(self.agent_end.media_at);
        let agent_heard = self.agent_end.heard.max(self.caller_end.media_at);
        Some(match (judged, self.told) {
            (Belief::Lost(LostSide::Caller), _) => {
                Input::CallerSilent { call, assignment, last_heard: caller_heard }
            }
            (Belief::Lost(LostSide::Agent), _) => {
                Input::AgentSilent { call, assignment, last_heard: agent_heard }
            }
            (Belief::Unwitnessed, _) => {
                Input::BothSilent { call, assignment, last_heard: caller_heard.max(agent_heard) }
            }
            (Belief::Fine, Belief::Lost(LostSide::Agent)) => Input::AgentHeard { call, assignment },
            (Belief::Fine, Belief::Unwitnessed) if self.caller_end.is_silent(now) => {
                Input::AgentHeard { call, assignment }
            }
            (Belief::Fine, Belief::Unwitnessed | Belief::Lost(LostSide::Caller) | Belief::Fine) => {
                Input::CallerHeard { call, assignment }
            }
        })
    }
}

impl Liveness {
    /// Starts anew beside a state folded from the log (a restart): nobody is connected yet, everybody has
    /// the full time.
    pub fn resume(switchboard: &Switchboard, now: Timestamp) -> Self {
        let watch = |call: CallId| {
            let live = switchboard.call(call)?.assignment?;
            let mut watch = Watch::new(live.assignment, live.agent, now, false);
            watch.media_told = live.media_since.is_some();
            watch.told = match (live.lost, live.unwitnessed) {
                (Some(side), _) => Belief::Lost(side),
                (None, true) => Belief::Unwitnessed,
                (None, false) => Belief::Fine,
            };
            Some((call, watch))
        };
        Self { watched: switchboard.live_calls().filter_map(watch).collect() }
    }

    /// Takes note of a fact. The driver passes every one, in order.
    pub fn follow(&mut self, fact: &Fact) {
        let at = fact.at;
        match &fact.event {
            Event::CallAccepted { call, assignment, agent, .. } => {
                self.watched.insert(*call, Watch::new(*assignment, *agent, at, true));
            }
            Event::CallEnded { call, .. }
            | Event::AssignmentVoided { call, .. }
            | Event::ConversationOver { call, .. }
            | Event::VerdictSealed { call, .. } => {
                self.watched.remove(call);
            }
            Event::CallerConnected { call, .. } => {
                self.on_call(*call, |watch| watch.caller_end.set_link(at, true));
            }
            Event::CallerDisconnected { call, .. } => {
                self.on_call(*call, |watch| watch.caller_end.set_link(at, false));
            }
            Event::AgentConnected { agent, .. } => {
                self.on_agent(*agent, |watch| watch.agent_end.set_link(at, true));
            }
            Event::AgentDisconnected { agent, .. } => {
                self.on_agent(*agent, |watch| watch.agent_end.set_link(at, false));
            }
            Event::SideLost { call, side, .. } => {
                self.on_call(*call, |watch| watch.told = Belief::Lost(*side));
            }
            Event::Unwitnessed { call, .. } => self.on_call(*call, |watch| watch.told = Belief::Unwitnessed),
            Event::SideBack { call, .. } | Event::WitnessedAgain { call, .. } => {
                self.on_call(*call, |watch| watch.told = Belief::Fine);
            }
            Event::VideoConnected { call, .. } => self.on_call(*call, |watch| watch.media_told = true),
            Event::Outage { from, to } => {
                for watch in self.watched.values_mut() {
                    watch.caller_end.shift(*from, *to);
                    watch.agent_end.shift(*from, *to);
                }
            }
            Event::Restarted { .. } => {
                for watch in self.watched.values_mut() {
                    watch.caller_end = End { has_media: watch.caller_end.has_media, ..End::fresh(at, false) };
                    watch.agent_end = End { has_media: watch.agent_end.has_media, ..End::fresh(at, false) };
                }
            }
            Event::RulesAdopted { .. }
            | Event::CompanySet { .. }
            | Event::ServingSet { .. }
            | Event::AgentSet { .. }
            | Event::CallTakenIn { .. }
            | Event::CallQueued { .. }
            | Event::NobodyOnDuty { .. }
            | Event::PoolClosed { .. }
            | Event::Offered { .. }
            | Event::Rang { .. }
            | Event::OfferClosed { .. }
            | Event::AgentSparedEnough { .. }
            | Event::CompareAgain { .. }
            | Event::Compared { .. }
            | Event::CallOverflowed { .. }
            | Event::OverflowPlanned { .. }
            | Event::EvidenceTaken { .. }
            | Event::CallRecalled { .. }
            | Event::AgentSignedIn { .. }
            | Event::AgentSignedOut { .. }
            | Event::AgentAvailable { .. }
            | Event::AgentPaused { .. }
            | Event::AgentWished { .. }
            | Event::WrapUpStarted { .. } => {}
        }
    }

    fn on_call(&mut self, call: CallId, change: impl FnOnce(&mut Watch)) {
        if let Some(watch) = self.watched.get_mut(&call) {
            change(watch);
        }
    }

    fn on_agent(&mut self, agent: AgentId, change: impl FnOnce(&mut Watch)) {
        if let Some(watch) = self.watched.values_mut().find(|watch| watch.agent == agent) {
            change(watch);
        }
    }

    /// A heartbeat of the caller's newest page. Of another assignment than the live one: ignored.
    pub fn caller_heartbeat(
        &mut self,
        now: Timestamp,
        call: CallId,
        assignment: u32,
        media_age_ms: Option<u32>,
    ) {
        if let Some(watch) = self.watched.get_mut(&call).filter(|watch| watch.assignment == assignment) {
            watch.caller_end.heartbeat(now, media_age_ms);
        }
    }

    /// A heartbeat of the workstation's newest socket. Of another assignment than the live one: ignored.
    pub fn agent_heartbeat(
        &mut self,
        now: Timestamp,
        call: CallId,
        assignment: u32,
        media_age_ms: Option<u32>,
    ) {
        if let Some(watch) = self.watched.get_mut(&call).filter(|watch| watch.assignment == assignment) {
            watch.agent_end.heartbeat(now, media_age_ms);
        }
    }

    /// How old the newest media of a side is, as the other end last reported; none if it never had any or
    /// has reported nothing for [`SILENT_AFTER_MS`].
    pub fn media_age_ms(&self, now: Timestamp, call: CallId, assignment: u32, of: LostSide) -> Option<u32> {
        let watch = self.watched.get(&call).filter(|watch| watch.assignment == assignment)?;
        let witness = match of {
            LostSide::Caller => watch.agent_end,
            LostSide::Agent => watch.caller_end,
        };
        let reports = witness.up && witness.spoke && now.ms_since(witness.heard) < SILENT_AFTER_MS;
        let age = u32::try_from(now.ms_since(witness.media_at).max(0)).unwrap_or(u32::MAX);
        (reports && witness.has_media).then_some(age)
    }

    /// What the switchboard should be told now; pass it to [`Switchboard::decide`] as it is.
    pub fn poll(&self, now: Timestamp) -> Vec<Input> {
        let mut inputs = Vec::new();
        for (call, watch) in &self.watched {
            inputs.extend(watch.tell(*call, watch.judge(now), now));
            if !watch.media_told && watch.caller_end.has_media && watch.agent_end.has_media {
                inputs.push(Input::MediaFlowing { call: *call, assignment: watch.assignment });
            }
        }
        inputs
    }

    /// Whether there is anything to poll for.
    pub fn is_idle(&self) -> bool {
        self.watched.is_empty()
    }
}
