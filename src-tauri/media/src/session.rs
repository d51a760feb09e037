//! The task that runs one call's media: signals in, connections up and down, events out.

use crate::call::MediaEvent;
use crate::config::MediaConfig;
use crate::engine;
use crate::outgoing::Outgoing;
use crate::peer::{Peer, PeerError, PeerEvent, PeerEvents};
use crate::shared::Shared;
use crate::sound::playout::Playout;
use chinhchu_protocol::signal::Signal;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use webrtc::peer_connection::{RTCIceCandidateInit, RTCPeerConnectionState};

/// Candidates kept that came before their offer; a browser has about ten.
const EARLY_CANDIDATES: usize = 64;
/// Events of the engine that may wait.
const PEER_EVENTS: usize = 256;
/// Without a media packet for this long the media is stalled.
const STALLED_AFTER: Duration = Duration::from_secs(2);
/// How often that is looked at.
const TICK: Duration = Duration::from_millis(250);
/// How long a listener that does not listen holds this task up.
const TELL: Duration = Duration::from_secs(1);

/// See the module.
pub struct Session {
    config: MediaConfig,
    shared: Arc<Shared>,
    outgoing: Arc<Outgoing>,
    playout: Playout,
    events: mpsc::Sender<MediaEvent>,
    peer_events: PeerEvents,
    peer: Option<Peer>,
    early: VecDeque<(u32, RTCIceCandidateInit)>,
    closing: JoinSet<()>,
    flowing: bool,
}

/// Runs until the sender of signals is dropped; ends everything before it returns.
pub async fn run(
    config: MediaConfig,
    shared: Arc<Shared>,
    outgoing: Arc<Outgoing>,
    playout: Playout,
    mut signals: mpsc::Receiver<Signal>,
    events: mpsc::Sender<MediaEvent>,
) {
    let (peer_events, mut from_peer) = mpsc::channel(PEER_EVENTS);
    let unusable = engine::left_out(&config.ice_servers);
    shared.relays_left_out(unusable);
    if unusable > 0 {
        tracing::warn!(unusable, "TURN over TCP or TLS is not supported: these servers are not used");
    }
    let mut session = Session {
        config,
        shared,
        outgoing,
        playout,
        events,
        peer_events,
        peer: None,
        early: VecDeque::new(),
        closing: JoinSet::new(),
        flowing: false,
    };
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            signal = signals.recv() => match signal {
                Some(signal) => session.take_signal(signal).await,
                None => break,
            },
            Some((connection, event)) = from_peer.recv() => session.take_event(connection, event).await,
            Some(_closed) = session.closing.join_next() => {}
            _ = tick.tick() => session.look_at_flow().await,
        }
    }
    session.outgoing.set(None, None);
    session.retire_peer();
    while session.closing.join_next().await.is_some() {}
}

impl Session {
    async fn take_signal(&mut self, signal: Signal) {
        match signal {
            Signal::Offer { connection, sdp } => self.take_offer(connection, &sdp).await,
            Signal::Candidate { connection, candidate, sdp_mid, sdp_m_line_index } => {
                let init = RTCIceCandidateInit {
                    candidate,
                    sdp_mid,
                    sdp_mline_index: sdp_m_line_index,
                    ..RTCIceCandidateInit::default()
                };
                self.take_candidate(connection, init).await;
            }
            Signal::Answer { connection, .. } => {
                tracing::warn!(connection, "the page sent an answer, which only the workstation does");
            }
        }
    }

    async fn take_offer(&mut self, connection: u32, sdp: &str) {
        let current = self.peer.as_ref().map_or(0, |peer| peer.connection);
        if connection < current {
            tracing::debug!(connection, current, "an offer of an older connection is ignored");
            return;
        }
        match self.answer(connection, current, sdp).await {
            Ok(answer) => {
                tracing::info!(connection, again = connection == current, "an offer was answered");
                self.tell(MediaEvent::Signal(Signal::Answer { connection, sdp: answer })).await;
                self.add_early_candidates(connection).await;
            }
            Err(error) => {
                tracing::warn!(connection, %error, "an offer was not answered");
                let code = match error {
                    PeerError::NoCodec => "offer_refused",
                    PeerError::Engine(_) | PeerError::Slow => "peer_failed",
                };
                self.tell(MediaEvent::Failed { code }).await;
            }
        }
    }

    /// A new connection replaces the old one; an offer of the same one negotiates it again.
    async fn answer(&mut self, connection: u32, current: u32, sdp: &str) -> Result<String, PeerError> {
        if let Some(peer) = self.peer.as_mut().filter(|_| connection == current) {
            match peer.answer(sdp).await {
                Ok((answer, fingerprints)) => {
                    self.shared.set_fingerprints(fingerprints);
                    return Ok(answer);
                }
                // Its engine is beyond help; a fresh one may answer, as after a start of the program.
                Err(error) => tracing::warn!(connection, %error, "a connection cannot be negotiated again"),
            }
        }
        self.outgoing.set(None, None);
        self.retire_peer();
        let events = self.peer_events.clone();
        let mut peer = Peer::new(connection, sdp, &self.config, &self.shared, events).await?;
        let answered = peer.answer(sdp).await;
        self.peer = Some(peer);
        let (answer, fingerprints) = answered?;
        self.shared.set_fingerprints(fingerprints);
        Ok(answer)
    }

    async fn take_candidate(&mut self, connection: u32, candidate: RTCIceCandidateInit) {
        if candidate.candidate.is_empty() {
            return;
        }
        match &self.peer {
            Some(peer) if peer.connection == connection => peer.add_candidate(candidate).await,
            Some(peer) if peer.connection > connection => {}
            Some(_) | None => {
                if self.early.len() >= EARLY_CANDIDATES {
                    self.early.pop_front();
                }
                self.early.push_back((connection, candidate));
            }
        }
    }

    async fn add_early_candidates(&mut self, connection: u32) {
        let early = std::mem::take(&mut self.early);
        for (of, candidate) in early {
            self.take_candidate(of.max(connection), candidate).await;
        }
    }

    async fn take_event(&mut self, connection: u32, event: PeerEvent) {
        let Some(peer) = self.peer.as_mut().filter(|peer| peer.connection == connection) else { return };
        match event {
            PeerEvent::Candidate(init) => {
                let signal = Signal::Candidate {
                    connection,
                    candidate: init.candidate,
                    // The engine says an empty name for the bundle; the line number is what counts.
                    sdp_mid: init.sdp_mid.filter(|mid| !mid.is_empty()),
                    sdp_m_line_index: init.sdp_mline_index,
                };
                self.tell(MediaEvent::Signal(signal)).await;
            }
            PeerEvent::Track(track) => peer.receive(track, &self.shared, &self.playout),
            PeerEvent::State(RTCPeerConnectionState::Connected) => {
                let began = peer.begin_sending(&self.outgoing, &self.shared).await;
                tracing::info!(connection, codec = peer.codec().name(), "connected");
                self.tell(MediaEvent::Connected).await;
                if let Err(error) = began {
                    tracing::error!(connection, %error, "nothing can be sent");
                    self.tell(MediaEvent::Failed { code: "peer_failed" }).await;
                }
            }
            PeerEvent::State(RTCPeerConnectionState::Failed) => {
                tracing::warn!(connection, "no path to the page");
                self.tell(MediaEvent::Failed { code: "ice_failed" }).await;
            }
            PeerEvent::State(state) => tracing::debug!(connection, %state, "connection state"),
        }
    }

    async fn look_at_flow(&mut self) {
        let flowing = self.shared.media_age().is_some_and(|age| age < STALLED_AFTER);
        if flowing != self.flowing {
            self.flowing = flowing;
            self.tell(if flowing { MediaEvent::Flowing } else { MediaEvent::Stalled }).await;
        }
    }

    /// Closes the connection beside the running one, so that a new one need not wait.
    fn retire_peer(&mut self) {
        if let Some(peer) = self.peer.take() {
            self.closing.spawn(peer.close());
        }
    }

    async fn tell(&self, event: MediaEvent) {
        if self.events.send_timeout(event, TELL).await.is_err() {
            tracing::warn!("nobody takes the events of the media");
        }
    }
}
