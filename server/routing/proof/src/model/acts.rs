//! What may happen next in a state.

use super::snap::{Snap, Station};
use super::worlds::Bounds;
use crate::board::Board;

/// How a message goes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Way {
    /// It arrives at once.
    Now,
    /// It arrives later, or never.
    Late,
    /// It arrives at once, and later once more, or never.
    Twice,
}

/// One step. Numbers are those of callers and agents, from 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Act {
    /// Time goes on to the next moment that matters.
    Advance,
    /// The page opens its socket.
    Open(usize),
    /// The page is ready.
    Ready(usize),
    /// The dealer hangs up.
    HangUp(usize, Way),
    /// eKYC cancels.
    Cancel(usize),
    /// The workstation confirms that it rings.
    Rang(usize),
    /// The agent takes the call.
    Accept(usize, Way),
    /// The agent passes.
    Pass(usize, Way),
    /// The agent declines.
    Decline(usize, Way),
    /// Media flows.
    Media(usize),
    /// The agent decides.
    Seal(usize, Way),
    /// The evidence is uploaded; `true`: its answer is lost, it will be uploaded again.
    Store(usize, bool),
    /// The agent is done with the wrap-up.
    WrapUpDone(usize),
    /// The agent is available.
    Available(usize),
    /// The agent wants a break.
    Pause(usize, Way),
    /// The page's network is away.
    CutPage(usize),
    /// It is back.
    PageBack(usize),
    /// The server notices.
    NoticePage(usize),
    /// The page's socket alone breaks.
    BreakPage(usize),
    /// The workstation's network is away.
    CutStation(usize),
    /// It is back.
    StationBack(usize),
    /// The server notices.
    NoticeStation(usize),
    /// The workstation opens its socket.
    Connect(usize),
    /// The agent signs in elsewhere.
    SignIn(usize),
    /// A message that was on its way arrives.
    Arrive(usize),
    /// The server dies, and another one starts 20 s later.
    Restart,
    /// 30 s pass that do not count.
    Outage,
}

/// The server notices a dead socket within that time.
pub(super) const NOTICED_MS: i64 = 3_000;

impl<B: Board> Snap<B> {
    /// Lists them, always in the same order.
    pub fn list_actions(&self, bounds: &Bounds, acts: &mut Vec<Act>) {
        if self.offers.iter().any(|offers| *offers > bounds.offers) {
            return;
        }
        if self.step_to().is_some() {
            acts.push(Act::Advance);
        }
        for call in 0..self.pages.len() {
            self.list_page(call, acts);
        }
        for agent in 0..self.stations.len() {
            self.list_station(agent, bounds, acts);
        }
        acts.extend((0..self.flight.len()).map(Act::Arrive));
        if self.left.restarts > 0 {
            acts.push(Act::Restart);
        }
        if self.left.outages > 0 {
            acts.push(Act::Outage);
        }
    }

    /// The ways that the bounds still leave.
    fn ways(&self) -> impl Iterator<Item = Way> {
        let late = (self.left.late > 0).then_some(Way::Late);
        let twice = (self.left.twice > 0).then_some(Way::Twice);
        [Some(Way::Now), late, twice].into_iter().flatten()
    }

    fn list_page(&self, call: usize, acts: &mut Vec<Act>) {
        let page = &self.pages[call];
        if page.over {
            return;
        }
        match (page.net, page.socket.is_some()) {
            (true, false) => acts.push(Act::Open(call)),
            (true, true) => {
                if !page.queued {
                    acts.push(Act::Ready(call));
                }
                if self.talks[call].is_some_and(|talk| !talk.media && self.stations[talk.agent].net) {
                    acts.push(Act::Media(call));
                }
                if self.left.hang_ups > 0 {
                    acts.extend(self.ways().map(|way| Act::HangUp(call, way)));
                    acts.push(Act::Cancel(call));
                }
            }
            (false, true) => acts.push(Act::NoticePage(call)),
            (false, false) => {}
        }
        if !page.net {
            acts.push(Act::PageBack(call));
        } else if self.left.cuts > 0 && page.socket.is_some() {
            acts.push(Act::CutPage(call));
            acts.push(Act::BreakPage(call));
        }
    }

    fn list_station(&self, agent: usize, bounds: &Bounds, acts: &mut Vec<Act>) {
        let station = &self.stations[agent];
        let online = station.net && station.socket.is_some();
        if station.net && station.socket.is_none() && station.session.is_some() {
            acts.push(Act::Connect(agent));
        }
        if !station.net && station.socket.is_some() {
            acts.push(Act::NoticeStation(agent));
        }
        if online {
            self.list_online(agent, station, bounds, acts);
        }
        let seen = station.seen.filter(|_| station.talk.is_some());
        let young = seen.is_some_and(|at| self.now.ms_since(at) < 2_000);
        if bounds.judge && (young || seen.is_some() && online) && station.sealed.is_none() {
            acts.extend(self.ways().map(|way| Act::Seal(agent, way)));
        }
        if station.sealed.is_some() && station.net {
            acts.push(Act::Store(agent, false));
            if self.left.twice > 0 {
                acts.push(Act::Store(agent, true));
            }
        }
        if !station.net {
            acts.push(Act::StationBack(agent));
        } else if self.left.cuts > 0 && online && (station.talk.is_some() || station.ring.is_some()) {
            acts.push(Act::CutStation(agent));
        }
        if self.left.sign_ins > 0 && (station.talk.is_some() || station.ring.is_some()) {
            acts.push(Act::SignIn(agent));
        }
    }

    fn list_online(&self, agent: usize, station: &Station, bounds: &Bounds, acts: &mut Vec<Act>) {
        if let Some((_, _, said)) = station.ring {
            if !said {
                acts.push(Act::Rang(agent));
            }
            acts.extend(self.ways().map(|way| Act::Accept(agent, way)));
            if bounds.refuse {
                acts.extend(self.ways().map(|way| Act::Pass(agent, way)));
                acts.push(Act::Decline(agent, Way::Now));
            }
        }
        if station.wraps && bounds.busy {
            acts.push(Act::WrapUpDone(agent));
        }
        if station.paused && bounds.busy {
            acts.push(Act::Available(agent));
        }
        if !station.paused && self.left.pauses > 0 {
            acts.extend(self.ways().map(|way| Act::Pause(agent, way)));
        }
    }
}
