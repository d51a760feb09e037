//! The workstation's session as a pure machine: what happened and the time go in, effects come out.
//!
//! signed out → available → ringing → connecting → in call → verdict → wrap-up → paused. The server's views
//! say where the agent stands; an older view than one seen is ignored. What the agent did while the line was
//! away (an answer, a verdict, a wish) is said again at the next view. A ring ends by the own clock too, and
//! an assignment takes one verdict, whatever the server shows. No I/O, no clock, no randomness in here.

mod again;
mod call;
mod input;
mod mailbox;
mod refusal;
mod ring;
mod show;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chinhchu_protocol::agent::{
    AgentActivity, AgentCall, AgentProfile, AgentToServer, AgentView, OfferView, RingProof,
    SessionCloseReason, WantedStatus,
};
use chinhchu_protocol::call::Decision;
use chinhchu_protocol::ids::{CallId, SessionId};
use chinhchu_protocol::signal::Signal;
use chinhchu_protocol::time::Timestamp;

use self::call::Call;
use self::input::Wish;
pub use self::input::{
    CallKey, Effect, Input, MediaInput, MediaSnapshot, OfferKey, SealedVerdict, VerdictOrder,
};
pub use self::refusal::Refusal;
use self::ring::Ringing;
pub use self::show::Surroundings;
use crate::clock::Now;
use crate::picture::{Command, DeviceState, DevicesPicture, HistoryEntry, LinkState, OutboxPicture};

/// Signals that may arrive before the view that names their assignment; more are left to the re-send.
const MAX_STRAYS: usize = 64;

/// Longest user name or password that is sent at all, characters.
const MAX_CREDENTIAL_CHARS: usize = 256;

/// Longest note, characters.
const MAX_NOTE_CHARS: usize = 1_000;

/// The machine.
pub struct Session {
    account: AccountState,
    line: Line,
    seen: Option<(u32, u64)>,
    view: Option<AgentView>,
    phase: Phase,
    wish: Wish,
    wrap_up_done: Option<CallId>,
    sealed: BTreeMap<CallKey, (Decision, String)>,
    strays: Vec<(CallKey, u32, Signal)>,
    devices: DevicesPicture,
    outbox: OutboxPicture,
    outbox_full: bool,
    history: Vec<HistoryEntry>,
}

enum AccountState {
    Out { error: Option<String> },
    SigningIn,
    In { agent: AgentProfile, session_id: SessionId, warning: Option<String> },
}

struct Line {
    state: LinkState,
    open: bool,
    /// The first view after hello has arrived: what had to be said again was said.
    greeted: bool,
    round_trip_ms: Option<u32>,
    clock_offset_ms: Option<i32>,
}

/// What the workstation itself is doing; each state owns its data.
enum Phase {
    /// Neither ring nor call.
    Idle,
    /// A call is offered.
    Ringing(Ringing),
    /// An accepted call, until its verdict is sealed or it is over.
    Call(Box<Call>),
    /// Its verdict is sealed; shown until something else begins.
    Sealed { key: CallKey, sealed: Box<SealedVerdict> },
}

impl Session {
    /// `sealed`: verdicts in the outbox that the server has not acknowledged; they are never asked again.
    pub fn new(sealed: impl IntoIterator<Item = (CallKey, Decision, String)>) -> Self {
        let unknown = || DeviceState::Unknown;
        Self {
            account: AccountState::Out { error: None },
            line: Line {
                state: LinkState::Off,
                open: false,
                greeted: false,
                round_trip_ms: None,
                clock_offset_ms: None,
            },
            seen: None,
            view: None,
            phase: Phase::Idle,
            wish: None,
            wrap_up_done: None,
            sealed: sealed.into_iter().map(|(key, decision, hash)| (key, (decision, hash))).collect(),
            strays: Vec::new(),
            devices: DevicesPicture {
                camera: unknown(),
                microphone: unknown(),
                speaker: unknown(),
                ring: unknown(),
            },
            outbox: OutboxPicture { pending: 0, oldest_at: None, state: "empty".into(), next_try_at: None },
            outbox_full: false,
            history: Vec::new(),
        }
    }

    /// A command of the screen.
    pub fn command(&mut self, now: Now, command: Command) -> Result<Vec<Effect>, Refusal> {
        let mut out = Vec::new();
        match command {
            Command::SignIn { username, password } => self.sign_in(username, password, &mut out)?,
            Command::SignOut => self.sign_out(&mut out)?,
            Command::SetStatus { status } => self.set_status(status, &mut out)?,
            Command::Accept => {
                self.answer(&mut out, |key| AgentToServer::Accept {
                    call_id: key.call_id,
                    offer: key.offer,
                })?;
            }
            Command::Decline => self
                .answer(&mut out, |key| AgentToServer::Decline { call_id: key.call_id, offer: key.offer })?,
            Command::Pass => {
                self.answer(&mut out, |key| AgentToServer::Pass { call_id: key.call_id, offer: key.offer })?;
            }
            Command::SilenceRing => out.push(Effect::SilenceRing),
            Command::RingShown { call_id, offer } => {
                self.ring_proof(now, OfferKey { call_id, offer }, Ringing::painted, &mut out);
            }
            Command::Verdict { decision, reason, note } => {
                self.verdict(now, decision, reason.as_deref(), note, &mut out)?;
            }
            Command::WrapUpDone => self.end_wrap_up(&mut out)?,
            Command::ComparedAgain => self.call_mut().ok_or(Refusal::NoCall)?.compared = true,
            Command::CheckDevices => out.push(Effect::CheckDevices),
            // Where video lies is the surfaces' business; the driver hands it to them without asking here.
            Command::PlaceVideo { .. } => {}
        }
        Ok(out)
    }

    /// Anything else that happened.
    pub fn handle(&mut self, now: Now, input: Input) -> Vec<Effect> {
        let mut out = Vec::new();
        match input {
            Input::Resuming => self.account = AccountState::SigningIn,
            Input::SignedIn { agent, session_id, warning } => {
                self.account = AccountState::In { agent, session_id, warning };
                self.line.state = LinkState::Connecting;
                out.push(Effect::OpenLink);
            }
            Input::SignedOut { error } => self.signed_out(error, &mut out),
            Input::SocketOpen => self.socket_open(&mut out),
            Input::SocketClosed => self.socket_closed(),
            Input::LinkMeasured { round_trip_ms, clock_offset_ms } => {
                self.line.round_trip_ms = Some(round_trip_ms);
                self.line.clock_offset_ms = Some(clock_offset_ms);
            }
            Input::View { incarnation, seq, now: server_now, view } => {
                self.view(now, (incarnation, seq), server_now, *view, &mut out);
            }
            Input::Signal { key, n, signal } => self.signal(key, n, signal, &mut out),
            Input::SignalAck { key, n } => {
                if let Some(call) = self.call_of(key) {
                    out.extend(call.mailbox.acked(n).into_iter().map(Effect::Send));
                }
            }
            Input::SessionClosed { reason } => {
                let code = match reason {
                    SessionCloseReason::SignedInElsewhere => "signed_in_elsewhere",
                    SessionCloseReason::Forced => "signed_out_by_force",
                    SessionCloseReason::Expired => "session_expired",
                };
                out.push(Effect::ForgetSession);
                self.signed_out(Some(code.to_owned()), &mut out);
            }
            Input::Media { key, event } => self.media(key, event, &mut out),
            Input::MediaSnapshot { key, snapshot } => {
                if let Some(call) = self.call_of(key) {
                    call.measured(now, snapshot);
                }
            }
            Input::CaseFetched { key, case } => {
                if let Some(call) = self.call_of(key) {
                    call.case = Some(case);
                }
            }
            Input::RingWindowMapped { offer } => self.ring_proof(now, offer, Ringing::mapped, &mut out),
            Input::RingSound { offer, started } => {
                self.ring_proof(now, offer, |ringing| ringing.sound(started), &mut out);
            }
            Input::VerdictSealed { key, sealed } => self.verdict_sealed(key, sealed, &mut out),
            Input::VerdictFailed { key, code } => self.verdict_failed(key, code, &mut out),
            Input::Outbox { picture, history, full } => self.outbox_changed(picture, history, full, &mut out),
            Input::Devices { devices } => self.devices = devices,
            Input::Tick => self.tick(now, &mut out),
        }
        out
    }

    /// The media that should be measured now.
    pub fn media_key(&self) -> Option<CallKey> {
        match &self.phase {
            Phase::Call(call) => Some(call.key),
            Phase::Idle | Phase::Ringing(_) | Phase::Sealed { .. } => None,
        }
    }

    fn sign_in(&mut self, username: String, password: String, out: &mut Vec<Effect>) -> Result<(), Refusal> {
        if !matches!(self.account, AccountState::Out { .. }) {
            return Err(Refusal::SignedInAlready);
        }
        let fits = |text: &str| !text.is_empty() && text.chars().count() <= MAX_CREDENTIAL_CHARS;
        if !fits(&username) || !fits(&password) {
            return Err(Refusal::CredentialsMalformed);
        }
        self.account = AccountState::SigningIn;
        out.push(Effect::SignIn { username, password });
        Ok(())
    }

    fn sign_out(&mut self, out: &mut Vec<Effect>) -> Result<(), Refusal> {
        match self.account {
            AccountState::Out { .. } | AccountState::SigningIn => return Err(Refusal::NotSignedIn),
            AccountState::In { .. } => {}
        }
        if matches!(self.phase, Phase::Call(_)) {
            return Err(Refusal::InCall);
        }
        out.push(Effect::SignOut);
        self.signed_out(None, out);
        Ok(())
    }

    fn signed_out(&mut self, error: Option<String>, out: &mut Vec<Effect>) {
        self.leave(out);
        self.account = AccountState::Out { error };
        self.line = Line {
            state: LinkState::Off,
            open: false,
            greeted: false,
            round_trip_ms: None,
            clock_offset_ms: self.line.clock_offset_ms,
        };
        (self.seen, self.view, self.wish, self.wrap_up_done) = (None, None, None, None);
        self.strays.clear();
        out.push(Effect::CloseLink);
    }

    fn set_status(&mut self, status: WantedStatus, out: &mut Vec<Effect>) -> Result<(), Refusal> {
        match self.account {
            AccountState::In { .. } => {}
            AccountState::Out { .. } | AccountState::SigningIn => return Err(Refusal::NotSignedIn),
        }
        if status == WantedStatus::Available
            && let Some(refusal) = self.outbox_lock()
        {
            return Err(refusal);
        }
        self.wish = Some(status.clone());
        self.send(AgentToServer::SetStatus { status }, out);
        Ok(())
    }

    fn end_wrap_up(&mut self, out: &mut Vec<Effect>) -> Result<(), Refusal> {
        let call_id = match self.view.as_ref().map(|view| &view.activity) {
            Some(AgentActivity::WrapUp { call_id, .. }) => *call_id,
            None
            | Some(
                AgentActivity::Available { .. }
                | AgentActivity::Paused { .. }
                | AgentActivity::Ringing { .. }
                | AgentActivity::Connecting { .. }
                | AgentActivity::InCall { .. }
                | AgentActivity::Reconnecting { .. },
            ) => return Err(Refusal::NoWrapUp),
        };
        self.wrap_up_done = Some(call_id);
        self.send(AgentToServer::WrapUpDone, out);
        Ok(())
    }

    fn socket_open(&mut self, out: &mut Vec<Effect>) {
        self.line.open = true;
        self.line.greeted = false;
        let ring_device = match self.devices.ring {
            DeviceState::Ok { .. } => true,
            DeviceState::Unknown | DeviceState::Missing | DeviceState::Failed { .. } => false,
        };
        let hello = AgentToServer::Hello { version: chinhchu_protocol::VERSION, ring_device };
        out.push(Effect::Send(hello));
    }

    fn socket_closed(&mut self) {
        self.line.open = false;
        self.line.round_trip_ms = None;
        if self.line.state == LinkState::Up {
            self.line.state = LinkState::Connecting;
        }
    }

    /// Sends if it can arrive; whatever must survive is kept elsewhere and said again.
    fn send(&self, message: AgentToServer, out: &mut Vec<Effect>) {
        if self.line.open {
            out.push(Effect::Send(message));
        }
    }

    fn view(
        &mut self,
        now: Now,
        number: (u32, u64),
        server_now: Timestamp,
        view: AgentView,
        out: &mut Vec<Effect>,
    ) {
        if !matches!(self.account, AccountState::In { .. }) || self.seen.is_some_and(|seen| number < seen) {
            return;
        }
        self.seen = Some(number);
        let first = self.line.open && !std::mem::replace(&mut self.line.greeted, true);
        if self.line.open {
            self.line.state = LinkState::Up;
        }
        self.follow(now, server_now, &view.activity, out);
        if let AgentActivity::WrapUp { call_id, .. } = view.activity
            && first
            && self.wrap_up_done == Some(call_id)
        {
            out.push(Effect::Send(AgentToServer::WrapUpDone));
        }
        self.say_wish_again(first, &view.activity, out);
        self.view = Some(view);
        if first {
            self.say_again(out);
        }
    }

    /// Moves the own phase to where the server says the agent is.
    fn follow(&mut self, now: Now, server_now: Timestamp, activity: &AgentActivity, out: &mut Vec<Effect>) {
        match activity {
            AgentActivity::Available { .. } | AgentActivity::Paused { .. } => self.leave(out),
            AgentActivity::Ringing { offer } => self.ringing(now, server_now, offer, out),
            AgentActivity::Connecting { call }
            | AgentActivity::InCall { call, .. }
            | AgentActivity::Reconnecting { call, .. } => self.in_call(now, call, out),
            AgentActivity::WrapUp { call_id, .. } => {
                let stays = match &self.phase {
                    Phase::Sealed { key, .. } => key.call_id == *call_id,
                    Phase::Idle | Phase::Ringing(_) | Phase::Call(_) => false,
                };
                if !stays {
                    self.leave(out);
                }
            }
        }
    }

    /// Ends whatever rings or talks. A verdict that is being sealed is awaited first.
    fn leave(&mut self, out: &mut Vec<Effect>) {
        match &mut self.phase {
            Phase::Idle => {}
            Phase::Ringing(_) => {
                out.push(Effect::EndRing);
                self.phase = Phase::Idle;
            }
            Phase::Call(call) if call.sealing => call.over = true,
            Phase::Call(call) => {
                out.extend([Effect::StopMedia { key: call.key }, Effect::ForgetCase]);
                self.phase = Phase::Idle;
            }
            Phase::Sealed { .. } => {
                out.push(Effect::ForgetCase);
                self.phase = Phase::Idle;
            }
        }
    }

    fn in_call(&mut self, now: Now, call: &AgentCall, out: &mut Vec<Effect>) {
        let key = CallKey { call_id: call.call_id, assignment: call.assignment };
        if self.sealed.contains_key(&key) {
            // Nothing to do but to tell it again (below, at the first view) and to wait.
            if self.call_of(key).is_some() {
                self.leave(out);
            }
            return;
        }
        if let Some(running) = self.call_of(key) {
            running.renewed(call);
            return;
        }
        // The accept of this very run: no signal of ours can be at the server yet.
        let fresh = match &self.phase {
            Phase::Ringing(ringing) => ringing.key.call_id == key.call_id && ringing.answer.is_some(),
            Phase::Idle | Phase::Call(_) | Phase::Sealed { .. } => false,
        };
        self.leave(out);
        if matches!(self.phase, Phase::Call(_)) {
            return; // Another call's verdict is being sealed; the next view comes back here.
        }
        self.phase = Phase::Call(Box::new(Call::new(now, key, call, fresh)));
        out.push(Effect::StartMedia { key, ice_servers: call.ice_servers.clone() });
        out.push(Effect::FetchCase { key });
        for (stray_key, n, signal) in std::mem::take(&mut self.strays) {
            if stray_key == key {
                self.signal(key, n, signal, out);
            }
        }
    }

    fn tick(&mut self, now: Now, out: &mut Vec<Effect>) {
        match &mut self.phase {
            Phase::Ringing(ringing) => {
                if now.mono_ms >= ringing.deadline_mono_ms {
                    self.leave(out);
                } else {
                    self.prove_ring(now, out);
                }
            }
            Phase::Call(call) => {
                let mut messages: Vec<_> = call.heartbeat(now).into_iter().collect();
                if call.resume_overdue(now) {
                    messages.extend(call.mailbox.silence_means_none());
                }
                for message in messages {
                    self.send(message, out);
                }
            }
            Phase::Idle | Phase::Sealed { .. } => {}
        }
    }
}

fn rang(key: OfferKey, proof: RingProof) -> AgentToServer {
    AgentToServer::Rang { call_id: key.call_id, offer: key.offer, proof }
}

fn sealed_message(key: CallKey, decision: Decision, manifest_sha256: String) -> AgentToServer {
    AgentToServer::VerdictSealed {
        call_id: key.call_id,
        assignment: key.assignment,
        decision,
        manifest_sha256,
    }
}

fn offer_key(offer: &OfferView) -> OfferKey {
    OfferKey { call_id: offer.call_id, offer: offer.offer }
}
