//! The workstation's session as a pure machine: what happened and the time go in, effects come out.
//!
//! signed out → available → ringing → connecting → in call → verdict → wrap-up → paused. The server's views
//! say where the agent stands; an older view than one seen is ignored. What the agent did while the line was
//! away (an answer, a verdict, a wish, a comparison) is said again at the next view. A ring ends by the own
//! clock too, and an assignment takes one verdict, whatever the server shows. No I/O, no clock, no randomness
//! in here.
//!
//! [`account`] who is signed in · [`follow`] the server's views · [`ring`], [`call`] what is at hand, [`record`] what evidence tells of it · [`again`]
//! what is said twice · [`give_up`] the way out of it · [`enrol`] whether this workstation may verify · [`mailbox`] signals · [`show`] the picture.

mod account;
mod again;
mod call;
mod enrol;
mod follow;
mod give_up;
mod input;
mod mailbox;
mod record;
mod refusal;
mod ring;
mod show;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chinhchu_protocol::agent::{AgentToServer, OfferView, RingProof, WantedStatus};
use chinhchu_protocol::call::Decision;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::signal::Signal;

use self::account::AccountState;
use self::again::Repeat;
use self::call::Call;
use self::follow::Shown;
use self::input::Wish;
pub use self::input::{
    CallKey, Effect, Input, MediaInput, MediaSnapshot, OfferKey, SealedVerdict, VerdictOrder,
};
pub use self::record::Record;
pub use self::refusal::Refusal;
use self::ring::{Answered, Ringing};
pub use self::show::Surroundings;
use crate::clock::Now;
use crate::evidence::{ServerClock, clamped};
use crate::picture::{
    Command, DeviceState, DevicesPicture, HistoryEntry, LinkState, OutboxPicture, WorkstationPicture,
};

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
    shown: Option<Shown>,
    phase: Phase,
    /// An answer whose ring is over by the own clock, in case the server still waits for it.
    answered: Option<Answered>,
    wish: Option<Wish>,
    notice: Option<String>,
    wrap_up_done: Option<CallId>,
    sealed: BTreeMap<CallKey, (Decision, String)>,
    strays: Vec<(CallKey, u32, Signal)>,
    devices: DevicesPicture,
    outbox: OutboxPicture,
    outbox_full: bool,
    workstation: WorkstationPicture,
    /// The server knows the key in use: what its views say is about that one.
    key_told: bool,
    /// Another window of this profile runs: this one does nothing.
    shut_out: bool,
    /// Verdicts that were told to be superseded.
    superseded: BTreeSet<CallKey>,
    history: Vec<HistoryEntry>,
}

#[derive(Default)]
struct Line {
    state: LinkState,
    open: bool,
    /// The first view after hello has arrived: what had to be said again was said.
    greeted: bool,
    repeat: Repeat,
    round_trip_ms: Option<u32>,
    clock_offset_ms: Option<i32>,
    server_clock: Option<ServerClock>,
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
            line: Line::default(),
            seen: None,
            shown: None,
            phase: Phase::Idle,
            answered: None,
            wish: None,
            notice: None,
            wrap_up_done: None,
            sealed: sealed.into_iter().map(|(key, decision, hash)| (key, (decision, hash))).collect(),
            strays: Vec::new(),
            devices: DevicesPicture {
                camera: unknown(),
                microphone: unknown(),
                speaker: unknown(),
                ring: unknown(),
            },
            outbox: OutboxPicture::empty(),
            outbox_full: false,
            workstation: WorkstationPicture::default(),
            key_told: false,
            shut_out: false,
            superseded: BTreeSet::new(),
            history: Vec::new(),
        }
    }

    /// Another window of this profile runs already.
    pub fn shut_out(&mut self) {
        self.shut_out = true;
        self.account = AccountState::Out { error: Some(Refusal::ProfileInUse.code().to_owned()) };
    }

    /// Verdicts of an outbox that was opened later than the program began.
    pub fn remember_sealed(&mut self, sealed: impl IntoIterator<Item = (CallKey, Decision, String)>) {
        for (key, decision, hash) in sealed {
            self.sealed.entry(key).or_insert((decision, hash));
        }
    }

    /// Whether another window of this profile runs.
    pub fn is_shut_out(&self) -> bool {
        self.shut_out
    }

    /// Whether what is sent now goes out.
    pub fn is_line_up(&self) -> bool {
        self.line.open
    }

    /// A command of the screen.
    pub fn command(&mut self, now: Now, command: Command) -> Result<Vec<Effect>, Refusal> {
        let mut out = Vec::new();
        match command {
            Command::SignIn { username, password } => self.sign_in(username, password, &mut out)?,
            Command::SignOut => self.sign_out(&mut out)?,
            Command::SetStatus { status } => self.set_status(now, status, &mut out)?,
            Command::Accept => {
                // Nothing would be left of its verdict.
                self.outbox_lock().map_or(Ok(()), Err)?;
                self.answer(now, &mut out, |key| AgentToServer::Accept {
                    call_id: key.call_id,
                    offer: key.offer,
                })?;
            }
            Command::Decline => self.answer(now, &mut out, |key| AgentToServer::Decline {
                call_id: key.call_id,
                offer: key.offer,
            })?,
            Command::Pass => {
                self.answer(now, &mut out, |key| AgentToServer::Pass {
                    call_id: key.call_id,
                    offer: key.offer,
                })?;
            }
            Command::SilenceRing => out.push(Effect::SilenceRing),
            Command::RingShown { call_id, offer } => {
                self.ring_proof(now, OfferKey { call_id, offer }, Ringing::painted, &mut out);
            }
            Command::Verdict { decision, reason, note } => {
                self.verdict(now, decision, reason.as_deref(), note, &mut out)?;
            }
            Command::WrapUpDone => self.end_wrap_up(&mut out)?,
            Command::ComparedAgain => self.compared_again(now, &mut out)?,
            Command::GiveUp => self.give_up(now, &mut out)?,
            Command::CheckDevices => out.push(Effect::CheckDevices),
            Command::RenewKey => self.renew_key(&mut out)?,
            Command::BeginNewOutbox => self.begin_new_outbox(&mut out)?,
            // Where video lies is the surfaces' business; the driver hands it to them without asking here.
            Command::PlaceVideo { .. } => {}
        }
        Ok(out)
    }

    /// Anything else that happened.
    pub fn handle(&mut self, now: Now, input: Input) -> Vec<Effect> {
        let mut out = Vec::new();
        match input {
            Input::Resuming => {
                if self.is_signed_out() {
                    self.account = AccountState::SigningIn;
                }
            }
            Input::SignedIn { agent, session_id, warning } => {
                self.signed_in(agent, session_id, warning, &mut out);
            }
            Input::SignedOut { error } => self.signed_out(error, &mut out),
            Input::SocketOpen => self.socket_open(&mut out),
            Input::SocketClosed => self.socket_closed(),
            Input::LinkMeasured { round_trip_ms, clock_offset_ms, offset_rtt_ms } => {
                self.line.round_trip_ms = Some(round_trip_ms);
                self.line.clock_offset_ms = Some(clamped(clock_offset_ms));
                self.line.server_clock = Some(ServerClock::measured(now, clock_offset_ms, offset_rtt_ms));
            }
            Input::Key { fingerprint, closed } => {
                (self.workstation.fingerprint, self.workstation.closed) = (Some(fingerprint), closed);
            }
            Input::Workstation { state, error } => self.enrolled(state, error),
            Input::View { incarnation, seq, now: server_now, heard_mono_ms, view } => {
                self.view(now, (incarnation, seq), (server_now, heard_mono_ms), *view, &mut out);
            }
            Input::Signal { key, n, signal } => self.signal(now, key, n, signal, &mut out),
            Input::SignalAck { key, n } => {
                if let Some(call) = self.call_of(key) {
                    out.extend(call.mailbox.acked(n).into_iter().map(Effect::Send));
                }
            }
            Input::Heartbeat { key, media_age_ms } => {
                if let Some(call) = self.call_of(key) {
                    call.heard_of_us(now, media_age_ms);
                }
            }
            Input::NotTaken => self.line.repeat.ask(now),
            Input::SessionClosed { reason } => self.session_closed(reason, &mut out),
            Input::Media { key, event } => self.media(now, key, event, &mut out),
            Input::MediaSnapshot { key, snapshot } => {
                if let Some(call) = self.call_of(key) {
                    call.measured(now, snapshot);
                }
            }
            Input::Quality { key, quality } => {
                if let Some(call) = self.call_of(key) {
                    call.record.sample(now, quality);
                }
            }
            Input::CaseFetched { key, case, papers } => {
                if let Some(call) = self.call_of(key) {
                    (call.case, call.papers) = (Some(case), papers);
                }
            }
            Input::RingWindowMapped { offer } => self.ring_proof(now, offer, Ringing::mapped, &mut out),
            Input::RingSound { offer, started } => {
                self.ring_proof(now, offer, |ringing| ringing.sound(started), &mut out);
            }
            Input::VerdictSealed { key, sealed } => self.verdict_sealed(now, key, sealed, &mut out),
            Input::VerdictFailed { key, code } => self.verdict_failed(now, key, code, &mut out),
            Input::Outbox { picture, history, full } => {
                self.outbox_changed(now, picture, history, full, &mut out);
            }
            Input::OutboxReplaced => self.begin_enrolment(&mut out),
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

    /// Whether a call is at hand that the server has not taken away.
    pub fn is_in_call(&self) -> bool {
        match &self.phase {
            Phase::Call(call) => !call.over,
            Phase::Idle | Phase::Ringing(_) | Phase::Sealed { .. } => false,
        }
    }

    /// Whether a dead line must be found at once: in a call, and while it rings, for the answer must arrive.
    pub fn is_urgent(&self) -> bool {
        self.is_in_call() || matches!(self.phase, Phase::Ringing(_))
    }

    fn set_status(&mut self, now: Now, status: WantedStatus, out: &mut Vec<Effect>) -> Result<(), Refusal> {
        match self.account {
            AccountState::In { .. } => {}
            AccountState::Out { .. } | AccountState::SigningIn => return Err(Refusal::NotSignedIn),
        }
        if status == WantedStatus::Available
            && let Some(refusal) = self.outbox_lock().or_else(|| self.workstation_lock())
        {
            return Err(refusal);
        }
        self.notice = None;
        self.wish_for(now, status, out);
        Ok(())
    }

    fn end_wrap_up(&mut self, out: &mut Vec<Effect>) -> Result<(), Refusal> {
        let call_id = self.wrap_up().ok_or(Refusal::NoWrapUp)?;
        self.wrap_up_done = Some(call_id);
        self.send(AgentToServer::WrapUpDone, out);
        Ok(())
    }

    fn socket_open(&mut self, out: &mut Vec<Effect>) {
        self.line.open = true;
        self.line.greeted = false;
        self.line.repeat.answered();
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

    fn tick(&mut self, now: Now, out: &mut Vec<Effect>) {
        let outbox = self.outbox_lock();
        match &mut self.phase {
            Phase::Ringing(ringing) => {
                if now.mono_ms >= ringing.deadline_mono_ms {
                    self.answered = ringing.answered();
                    self.leave(out);
                } else {
                    self.prove_ring(now, out);
                }
            }
            Phase::Call(call) => {
                call.watch_lock(now, outbox);
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
        self.repeat_if_due(now, out);
        self.forget_overdue_wish(now);
        if self.wish.is_none() && self.line.greeted && self.outbox_lock().is_some() {
            self.say_wish_again(now, false, out);
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
