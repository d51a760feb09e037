//! What clients learn from a fact, at once if they can be reached, else when they connect again.

use chinhchu_routing::{Event, Fact};

use super::snap::{Snap, Talk};
use crate::board::Board;
use crate::names;

impl<B: Board> Snap<B> {
    /// What the clients learn from a fact.
    pub(super) fn learn(&mut self, fact: &Fact) {
        self.news.push(name(&fact.event));
        match &fact.event {
            Event::CallQueued { call, .. } => self.pages[names::call_n(*call)].queued = true,
            Event::Offered { call, offer, agent, .. } => {
                let (call, agent) = (names::call_n(*call), names::agent_n(*agent));
                self.offers[call] = self.offers[call].max(*offer);
                self.learn_ring(agent, Some((call, *offer)));
            }
            Event::OfferClosed { agent, .. } => self.learn_ring(names::agent_n(*agent), None),
            Event::CallAccepted { call, assignment, agent, .. } => {
                let (call, agent) = (names::call_n(*call), names::agent_n(*agent));
                let (assignment, media, seen) = (*assignment, false, None);
                self.talks[call] = Some(Talk { agent, assignment, media, seen });
                self.learn_ring(agent, None);
                self.learn_talk(agent, Some((call, assignment)));
            }
            Event::ConversationOver { call, .. }
            | Event::AssignmentVoided { call, .. }
            | Event::VerdictSealed { call, .. } => self.talk_over(names::call_n(*call)),
            Event::CallEnded { call, .. } | Event::EvidenceTaken { call, .. } => {
                let n = names::call_n(*call);
                self.talk_over(n);
                let record = self.board.ended(*call).cloned();
                if record.is_some() {
                    self.pages[n].over |= self.pages[n].net && self.pages[n].socket.is_some();
                    self.records[n] = record;
                }
            }
            Event::AgentPaused { agent, .. } | Event::AgentSignedIn { agent, .. } => {
                let station = &mut self.stations[names::agent_n(*agent)];
                (station.paused, station.wraps) = (true, false);
            }
            Event::AgentAvailable { agent } => {
                let station = &mut self.stations[names::agent_n(*agent)];
                (station.paused, station.wraps) = (false, false);
            }
            Event::WrapUpStarted { agent, .. } => self.stations[names::agent_n(*agent)].wraps = true,
            _ => {}
        }
    }

    fn talk_over(&mut self, call: usize) {
        if let Some(talk) = self.talks[call].take() {
            self.learn_talk(talk.agent, None);
        }
    }

    fn learn_ring(&mut self, agent: usize, ring: Option<(usize, u32)>) {
        let station = &mut self.stations[agent];
        station.ring_told = ring;
        if ring.is_some() {
            station.wraps = false;
        }
        if station.net && station.socket.is_some() {
            station.ring = ring.map(|(call, offer)| (call, offer, false));
        }
    }

    fn learn_talk(&mut self, agent: usize, talk: Option<(usize, u32)>) {
        let station = &mut self.stations[agent];
        station.talk_told = talk;
        if station.net && station.socket.is_some() {
            (station.talk, station.seen) = (talk, None);
        }
    }
}

/// What kind of fact it is, as far as a world is to reach it.
fn name(event: &Event) -> &'static str {
    use chinhchu_protocol::call::EndReason;
    use chinhchu_protocol::evidence::VerdictStanding;
    use chinhchu_routing::OfferOutcome;
    match event {
        Event::CallEnded { reason, .. } => match reason {
            EndReason::Completed => "ended completed",
            EndReason::Declined => "ended declined",
            EndReason::Cancelled => "ended cancelled",
            EndReason::NoAgent => "ended no_agent",
            EndReason::CallerLost => "ended caller_lost",
            EndReason::AgentLost => "ended agent_lost",
            EndReason::Failed => "ended failed",
        },
        Event::OfferClosed { outcome, .. } => match outcome {
            OfferOutcome::Declined => "closed declined",
            OfferOutcome::Passed => "closed passed",
            OfferOutcome::Missed => "closed missed",
            OfferOutcome::NeverRang => "closed never_rang",
            OfferOutcome::CallerAway => "closed caller_away",
            OfferOutcome::CallOver => "closed call_over",
            OfferOutcome::AgentAway => "closed agent_away",
        },
        Event::EvidenceTaken { standing, .. } => match standing {
            VerdictStanding::Counts => "verdict counts",
            VerdictStanding::Late => "verdict late",
            VerdictStanding::Superseded => "verdict superseded",
        },
        Event::SideLost { .. } => "side lost",
        Event::SideBack { .. } => "side back",
        Event::Unwitnessed { .. } => "unwitnessed",
        Event::WitnessedAgain { .. } => "witnessed again",
        Event::AssignmentVoided { .. } => "agent lost",
        Event::ConversationOver { .. } => "conversation over",
        Event::CallAccepted { assignment: 2.., .. } => "second agent",
        Event::Restarted { .. } => "restarted",
        Event::Outage { .. } => "outage",
        _ => "",
    }
}
