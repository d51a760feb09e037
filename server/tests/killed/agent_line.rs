//! The workstation's socket: what goes out and what comes in.

use std::time::{Duration, Instant};

use chinhchu_protocol::agent::{AgentToServer, RingProof, ServerToAgent, WantedStatus};
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::signal::Signal;

use crate::agent::{Agent, Answer};
use crate::books::Doing;
use crate::line::{Backoff, Got, Line, NotOpen};
use crate::media::End;
use crate::world::Point;

const TICK: Duration = Duration::from_millis(40);
const HEARTBEAT: Duration = Duration::from_millis(500);
const PING: Duration = Duration::from_secs(1);
/// Neither pong nor anything else for so long: the socket is dead, whatever TCP thinks.
const SILENCE: Duration = Duration::from_secs(4);

/// An older session is told within this.
const TOLD: Duration = Duration::from_secs(5);

impl Agent {
    /// One socket, from its opening to its end.
    pub async fn on_line(&mut self, backoff: &mut Backoff) {
        let token = self.token.borrow().clone();
        let mut line = match Line::open(&self.world.base, "/v1/agent/socket", Some(&token)).await {
            Ok(line) => line,
            Err(NotOpen::Unauthorized) => {
                self.sign_in_again = true;
                return;
            }
            Err(NotOpen::Later) => return,
        };
        if !line.send(&AgentToServer::Hello { version: chinhchu_protocol::VERSION, ring_device: false }).await
        {
            return;
        }
        // What was said on the socket before may not have arrived.
        if let Some(ring) = &mut self.ring {
            (ring.rang, ring.answered) = (false, false);
        }
        if let Some(talk) = &mut self.talk {
            talk.word_said = false;
        }
        self.ousted = None;
        let mut tick = tokio::time::interval(TICK);
        let (mut heartbeat_at, mut ping_at) = (Instant::now(), Instant::now());
        while !self.goes_home() && !self.sign_in_again {
            tokio::select! {
                got = line.next::<ServerToAgent>() => match got {
                    Got::Frame(frame) => {
                        backoff.reset();
                        if !self.take(&mut line, frame).await {
                            return;
                        }
                    }
                    Got::Unknown => {}
                    Got::Gone => return,
                },
                _ = tick.tick() => {
                    if line.heard.elapsed() > SILENCE || self.wants_cut() || !self.act(&mut line).await {
                        return;
                    }
                    if self.ousted.is_some_and(|since| since.elapsed() > TOLD) && line.heard.elapsed() < PING {
                        self.world.books.fault(format!("{}: signed in elsewhere, and not told", self.name));
                        return;
                    }
                    let now = Instant::now();
                    if now >= ping_at {
                        ping_at = now + PING;
                        if !line.send(&AgentToServer::Ping { sent_at: self.world.clock.now() }).await {
                            return;
                        }
                    }
                    if now >= heartbeat_at {
                        heartbeat_at = now + HEARTBEAT;
                        if !self.heartbeat(&mut line).await {
                            return;
                        }
                    }
                }
            }
        }
    }

    async fn heartbeat(&self, line: &mut Line) -> bool {
        let Some(talk) = &self.talk else { return true };
        let (call_id, assignment) = (talk.call, talk.assignment);
        let media_age_ms = self.world.media.age_ms(call_id, assignment, End::Agent);
        line.send(&AgentToServer::Heartbeat { call_id, assignment, media_age_ms }).await
    }

    /// What is due; false if the socket is gone.
    async fn act(&mut self, line: &mut Line) -> bool {
        let now = Instant::now();
        let mut frames = Vec::new();
        if self.available_at.is_some_and(|at| now >= at) {
            self.available_at = Some(now + Duration::from_secs(1));
            // Now and then somebody sits down at another place: the same account signs in anew.
            if self.rng.percent(5) && self.doing == Doing::Free && self.ousted.is_none() {
                self.sign_in().await;
                self.ousted = Some(Instant::now());
            } else {
                frames.push(AgentToServer::SetStatus { status: WantedStatus::Available });
            }
        }
        if self.done_at.is_some_and(|at| now >= at) {
            self.done_at = Some(now + Duration::from_secs(1));
            frames.push(AgentToServer::WrapUpDone);
        }
        if let Some(ring) = &mut self.ring {
            let (call_id, offer) = (ring.call, ring.offer);
            if !ring.rang && ring.answer != Answer::Silent && now >= ring.rang_at {
                ring.rang = true;
                frames.push(AgentToServer::Rang { call_id, offer, proof: RingProof::Visual });
            }
            if !ring.answered && now >= ring.answer_at {
                ring.answered = true;
                match ring.answer {
                    Answer::Accept => {
                        frames.push(AgentToServer::Accept { call_id, offer });
                        self.world.reached(Point::AcceptSent);
                    }
                    Answer::Pass => frames.push(AgentToServer::Pass { call_id, offer }),
                    Answer::Decline => frames.push(AgentToServer::Decline { call_id, offer }),
                    Answer::Nobody | Answer::Silent => {}
                }
            }
        }
        self.decide();
        if let Some(talk) = &mut self.talk
            && let Some(change) = talk.compare
            && now >= self.compared_at
        {
            self.compared_at = now + HEARTBEAT;
            let (call_id, assignment) = (talk.call, talk.assignment);
            frames.push(AgentToServer::Compared { call_id, assignment, change });
        }
        if let Some(talk) = &mut self.talk
            && let Some(parcel) = &talk.sealed
            && !talk.word_said
        {
            talk.word_said = true;
            frames.push(AgentToServer::VerdictSealed {
                call_id: talk.call,
                assignment: talk.assignment,
                decision: parcel.decision,
                manifest_sha256: parcel.manifest_sha256.clone(),
            });
        }
        for frame in frames {
            if !line.send(&frame).await {
                return false;
            }
        }
        true
    }

    /// False if the socket is of no more use.
    async fn take(&mut self, line: &mut Line, frame: ServerToAgent) -> bool {
        match frame {
            ServerToAgent::View { incarnation, seq, view, .. } => self.show((incarnation, seq), &view),
            ServerToAgent::SessionClosed { .. } => {
                self.sign_in_again = self.ousted.is_none();
                return false;
            }
            ServerToAgent::SignalAck { call_id, assignment, .. }
            | ServerToAgent::Signal { call_id, assignment, .. }
                if !self.known.contains(&(call_id, assignment)) =>
            {
                self.world.books.fault(format!("{call_id}: a signal came before the view of its assignment"));
            }
            ServerToAgent::Signal { call_id, assignment, n, signal } => {
                return self.signal(line, call_id, assignment, n, &signal).await;
            }
            ServerToAgent::SignalAck { call_id, assignment, n } => {
                return self.stored(line, call_id, assignment, n).await;
            }
            ServerToAgent::Problem { problem } => {
                let code = problem.code.name();
                if !matches!(code, "unavailable" | "call_ended" | "request_invalid") {
                    self.world.books.fault(format!("{}: {code}", self.name));
                }
            }
            // Pongs, heartbeats, and what a newer server adds.
            _ => {}
        }
        true
    }

    /// A signal of the page: an offer is answered.
    async fn signal(
        &mut self,
        line: &mut Line,
        call_id: CallId,
        assignment: u32,
        n: u32,
        signal: &Signal,
    ) -> bool {
        let Some(talk) =
            self.talk.as_mut().filter(|talk| (talk.call, talk.assignment) == (call_id, assignment))
        else {
            return true;
        };
        if n > talk.taken + 1 {
            let taken = talk.taken;
            self.world
                .books
                .write(|pages| pages.fault(format!("{call_id}: signal {n} of the page after {taken}")));
        }
        let fresh = n > talk.taken;
        talk.taken = talk.taken.max(n);
        if let Signal::Offer { connection, .. } = signal
            && fresh
        {
            let number = talk.answers.last().map_or(talk.stored, |(number, _)| *number) + 1;
            let answer = Signal::Answer { connection: *connection, sdp: format!("v=0 {connection}") };
            talk.answers.push((number, answer.clone()));
            self.start_media();
            if !line.send(&AgentToServer::Signal { call_id, assignment, n: number, signal: answer }).await {
                return false;
            }
        }
        line.send(&AgentToServer::SignalAck { call_id, assignment, n }).await
    }

    /// The server says which of our signals it has; the others go again.
    async fn stored(&mut self, line: &mut Line, call_id: CallId, assignment: u32, n: u32) -> bool {
        let Some(talk) =
            self.talk.as_mut().filter(|talk| (talk.call, talk.assignment) == (call_id, assignment))
        else {
            return true;
        };
        // While the conversation ends the mailbox is emptied a moment before the view says so.
        talk.shrunk = n < talk.stored;
        talk.stored = n;
        for (number, signal) in talk.answers.clone() {
            let frame = AgentToServer::Signal { call_id, assignment, n: number, signal };
            if number > n && !line.send(&frame).await {
                return false;
            }
        }
        true
    }
}
