//! Heartbeats of both ends, with the age of the other's media, and what they tell the server.

use chinhchu_protocol::agent::LostSide;

use super::Day;
use crate::board::Board;
use crate::names;
use crate::rule::Broken;

impl<B: Board> Day<B> {
    /// One heartbeat of every end that is there, then what follows from them.
    pub(super) fn beat(&mut self) -> Result<(), Broken> {
        let (now, clock) = (self.now, self.clock());
        for (n, talk) in &mut self.talks {
            let (Some(page), Some(station)) = (self.pages.get_mut(*n), self.stations.get_mut(talk.agent))
            else {
                continue;
            };
            let there = page.open && page.net && station.on && station.net && station.talk.is_some();
            if there && !page.media_broken && talk.media_from <= now {
                (talk.caller_seen, talk.agent_seen) = (Some(now), Some(now));
            }
            let age = |seen: Option<_>| seen.and_then(|at| u32::try_from(now.ms_since(at)).ok());
            let (call, assignment) = (names::call(*n), talk.assignment);
            if page.open && page.net && page.socket.is_some() {
                page.heard = Some(clock);
                let media = age(talk.agent_seen);
                self.oracle.heartbeat(clock, call, assignment, LostSide::Caller, media);
                self.liveness.caller_heartbeat(clock, call, assignment, media);
            }
            let knows = station.talk == Some((*n, assignment));
            if station.on && station.net && station.socket.is_some() && knows {
                station.heard = Some(clock);
                let media = age(talk.caller_seen);
                self.oracle.heartbeat(clock, call, assignment, LostSide::Agent, media);
                self.liveness.agent_heartbeat(clock, call, assignment, media);
            }
        }
        for input in self.liveness().poll(clock) {
            self.tell(&input)?;
        }
        Ok(())
    }
}
