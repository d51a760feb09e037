//! A call at hand: its signals, its media's figures, and whether a verdict may be given (N5).

use chinhchu_protocol::agent::{AgentCall, AgentCase, AgentToServer, GiveUpReason};
use chinhchu_protocol::call::Decision;
use chinhchu_protocol::evidence::{ContinuityKind, PaperSeen};
use chinhchu_protocol::signal::Signal;
use chinhchu_protocol::time::Timestamp;

use super::account::AccountState;
use super::give_up::Locked;
use super::input::{CallKey, Effect, MediaInput, MediaSnapshot, SealedVerdict, VerdictOrder};
use super::mailbox::Mailbox;
use super::record::Record;
use super::{MAX_NOTE_CHARS, MAX_STRAYS, Phase, Refusal, Session, sealed_message};
use crate::clock::Now;
use crate::evidence::case_seen;
use crate::picture::MediaStateName;

/// A verdict needs media younger than this.
pub(super) const STALE_MEDIA_MS: u64 = 2_000;

/// Between two heartbeats.
const HEARTBEAT_MS: u64 = 500;

/// If the server says nothing about signals of a former run within this time, there were none.
const RESUME_PATIENCE_MS: u64 = 2_000;

/// One accepted call.
#[expect(clippy::struct_excessive_bools, reason = "independent facts about one call, not one state")]
pub(super) struct Call {
    pub key: CallKey,
    pub mailbox: Mailbox,
    pub case: Option<Box<AgentCase>>,
    pub media: MediaStateName,
    pub snapshot: MediaSnapshot,
    pub video_seen: bool,
    pub compared: bool,
    pub sealing: bool,
    /// The server has moved on while the verdict was being sealed.
    pub over: bool,
    pub refused: Option<String>,
    /// The case's pictures that were fetched.
    pub papers: Vec<PaperSeen>,
    /// What evidence tells of the call.
    pub record: Record,
    accepted_at: Timestamp,
    challenge: String,
    /// Since when no verdict can be given.
    pub locked: Option<Locked>,
    /// The agent has given it up, and the server has not shown so yet.
    pub given_up: Option<GiveUpReason>,
    compare_again: bool,
    /// Which change the agent is asked to compare after.
    changes: u32,
    /// Age of our newest media at the page, and when that was told.
    sent_age: Option<(u32, u64)>,
    started_mono_ms: u64,
    measured_mono_ms: u64,
    next_heartbeat_mono_ms: u64,
}

impl Call {
    /// `accept_mono_ms`: the accept on the own clock.
    pub fn new(now: Now, key: CallKey, call: &AgentCall, fresh: bool, accept_mono_ms: i64) -> Self {
        Self {
            key,
            mailbox: Mailbox::new(key, fresh),
            case: None,
            media: MediaStateName::Negotiating,
            snapshot: MediaSnapshot::default(),
            video_seen: false,
            compared: false,
            sealing: false,
            over: false,
            refused: None,
            papers: Vec::new(),
            record: Record::new(accept_mono_ms),
            accepted_at: call.accepted_at,
            challenge: call.challenge.clone(),
            locked: None,
            given_up: None,
            compare_again: call.compare_again,
            changes: call.changes,
            sent_age: None,
            started_mono_ms: now.mono_ms,
            measured_mono_ms: now.mono_ms,
            next_heartbeat_mono_ms: now.mono_ms,
        }
    }

    /// The server's view of the same assignment changed.
    pub fn renewed(&mut self, now: Now, call: &AgentCall) {
        if call.changes != self.changes {
            self.compared = false;
            self.record.note(now, ContinuityKind::CallerChanged);
        }
        self.compare_again = call.compare_again;
        self.changes = call.changes;
    }

    /// The agent has compared after a change; said until the server's view no longer asks for it.
    pub fn compared_message(&self) -> Option<AgentToServer> {
        let CallKey { call_id, assignment } = self.key;
        let change = self.changes;
        (self.compare_again && self.compared).then_some(AgentToServer::Compared {
            call_id,
            assignment,
            change,
        })
    }

    /// The server tells what the page has of us.
    pub fn heard_of_us(&mut self, now: Now, media_age_ms: Option<u32>) {
        self.sent_age = media_age_ms.map(|age| (age, now.mono_ms));
    }

    /// Age of our newest media at the page as of `now`; none if nobody has told lately.
    pub fn sent_age_ms(&self, now: Now) -> Option<u64> {
        let (age, told_mono_ms) = self.sent_age?;
        let since = now.mono_ms.saturating_sub(told_mono_ms);
        (since < STALE_MEDIA_MS).then_some(u64::from(age) + since)
    }

    pub fn measured(&mut self, now: Now, snapshot: MediaSnapshot) {
        self.video_seen |= snapshot.frames_decoded > 0;
        self.snapshot = snapshot;
        self.measured_mono_ms = now.mono_ms;
        let fresh = self.media_age_ms(now).is_some_and(|age| age < STALE_MEDIA_MS);
        self.set_media(
            now,
            match (self.snapshot.age_ms, fresh) {
                (None, _) => MediaStateName::Negotiating,
                (Some(_), true) => MediaStateName::Flowing,
                (Some(_), false) => MediaStateName::Stalled,
            },
        );
    }

    fn set_media(&mut self, now: Now, state: MediaStateName) {
        let before = std::mem::replace(&mut self.media, state);
        self.record.media(now, before, state);
    }

    /// Age of the newest media packet as of `now`.
    pub fn media_age_ms(&self, now: Now) -> Option<u64> {
        let since = now.mono_ms.saturating_sub(self.measured_mono_ms);
        self.snapshot.age_ms.map(|age| u64::from(age) + since)
    }

    /// Why no verdict may be given now.
    pub fn lock(&self, now: Now, outbox: Option<Refusal>) -> Result<(), Refusal> {
        if self.case.is_none() {
            Err(Refusal::CaseMissing)
        } else if !self.video_seen {
            Err(Refusal::VideoNotSeen)
        } else if self.media_age_ms(now).is_none_or(|age| age >= STALE_MEDIA_MS) {
            Err(Refusal::MediaStalled)
        } else if self.compare_again && !self.compared {
            Err(Refusal::CompareAgain)
        } else {
            outbox.map_or(Ok(()), Err)
        }
    }

    pub fn heartbeat(&mut self, now: Now) -> Option<AgentToServer> {
        if now.mono_ms < self.next_heartbeat_mono_ms || self.over {
            return None;
        }
        // In step with the beat, not with the ticks, which come a little late; without catching up after a pause.
        let next = self.next_heartbeat_mono_ms + HEARTBEAT_MS;
        self.next_heartbeat_mono_ms = if next > now.mono_ms { next } else { now.mono_ms + HEARTBEAT_MS };
        let CallKey { call_id, assignment } = self.key;
        let age = self.media_age_ms(now).map(|age| u32::try_from(age).unwrap_or(u32::MAX));
        Some(AgentToServer::Heartbeat { call_id, assignment, media_age_ms: age })
    }

    /// Signals of ours that waited for the server's word about a former run, if it stays silent.
    pub fn resume_overdue(&self, now: Now) -> bool {
        now.mono_ms >= self.started_mono_ms + RESUME_PATIENCE_MS
    }
}

impl Session {
    pub(super) fn call_mut(&mut self) -> Option<&mut Call> {
        match &mut self.phase {
            Phase::Call(call) => Some(call),
            Phase::Idle | Phase::Ringing(_) | Phase::Sealed { .. } => None,
        }
    }

    pub(super) fn call_of(&mut self, key: CallKey) -> Option<&mut Call> {
        self.call_mut().filter(|call| call.key == key)
    }

    /// A signal of the page: taken once and in order, then acknowledged.
    pub(super) fn signal(&mut self, now: Now, key: CallKey, n: u32, signal: Signal, out: &mut Vec<Effect>) {
        let Some(call) = self.call_of(key) else {
            let later = !self.sealed.contains_key(&key) && self.strays.len() < MAX_STRAYS;
            if later {
                self.strays.push((key, n, signal));
            }
            return;
        };
        let (new, ack) = call.mailbox.take(n);
        if new {
            if let Signal::Offer { connection, .. } = &signal {
                call.record.offered(now, *connection);
            }
            out.push(Effect::GiveSignal { key, signal });
        }
        self.send(ack, out);
    }

    pub(super) fn media(&mut self, now: Now, key: CallKey, event: MediaInput, out: &mut Vec<Effect>) {
        match event {
            MediaInput::Signal(signal) => {
                let posted = self.call_of(key).and_then(|call| call.mailbox.post(signal));
                if let Some(message) = posted {
                    self.send(message, out);
                }
            }
            MediaInput::Connected => {
                if let Some(call) = self.call_of(key) {
                    call.record.note(now, ContinuityKind::Connected);
                }
            }
            MediaInput::Flowing => self.set_media(now, key, MediaStateName::Flowing),
            MediaInput::Camera(state) => self.devices.camera = state,
            MediaInput::Microphone(state) => self.devices.microphone = state,
            MediaInput::Speaker(state) => self.devices.speaker = state,
            MediaInput::Stalled | MediaInput::Failed { .. } => {
                self.set_media(now, key, MediaStateName::Stalled);
            }
        }
    }

    fn set_media(&mut self, now: Now, key: CallKey, state: MediaStateName) {
        if let Some(call) = self.call_of(key) {
            call.set_media(now, state);
        }
    }

    pub(super) fn verdict(
        &mut self,
        now: Now,
        decision: Decision,
        reason: Option<&str>,
        note: Option<String>,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        let outbox = self.outbox_lock();
        let server_clock = self.line.server_clock;
        let AccountState::In { agent, session_id, .. } = &self.account else {
            return Err(Refusal::NotSignedIn);
        };
        let (agent, session_id) = (agent.clone(), *session_id);
        let reasons = self.shown.as_ref().map(|shown| shown.view.reject_reasons.clone()).unwrap_or_default();
        let call = match &mut self.phase {
            Phase::Call(call) => call,
            Phase::Sealed { .. } => return Err(Refusal::VerdictGiven),
            Phase::Idle | Phase::Ringing(_) => return Err(Refusal::NoCall),
        };
        if call.sealing {
            return Err(Refusal::VerdictGiven);
        }
        call.lock(now, outbox)?;
        let chosen = match decision {
            Decision::Confirmed => None,
            Decision::Rejected => {
                let known = reasons.into_iter().find(|option| Some(option.code.as_str()) == reason);
                Some(known.ok_or(Refusal::ReasonMissing)?)
            }
        };
        let note = note.map(|note| note.trim().to_owned()).filter(|note| !note.is_empty());
        if note.as_ref().is_some_and(|note| note.chars().count() > MAX_NOTE_CHARS) {
            return Err(Refusal::NoteTooLong);
        }
        let case = call.case.as_ref().ok_or(Refusal::CaseMissing)?;
        let order = VerdictOrder {
            key: call.key,
            company: case.company.clone(),
            agent,
            session_id,
            decision,
            reason: chosen.as_ref().map(|option| option.code.clone()),
            reason_text: chosen.map(|option| option.text),
            note,
            rule_id: case.policy.rule_id,
            accepted_at: call.accepted_at,
            challenge: call.challenge.clone(),
            server_clock,
            case: case_seen(case, call.papers.clone()),
            record: call.record.clone(),
        };
        call.sealing = true;
        call.refused = None;
        out.push(Effect::StartVerdict(Box::new(order)));
        Ok(())
    }

    /// On disk: it counts from now on, whatever happens to the line. Caller and agent part.
    pub(super) fn verdict_sealed(
        &mut self,
        now: Now,
        key: CallKey,
        sealed: SealedVerdict,
        out: &mut Vec<Effect>,
    ) {
        let decision = sealed.entry.decision;
        self.sealed.insert(key, (decision, sealed.manifest_sha256.clone()));
        self.send(sealed_message(key, decision, sealed.manifest_sha256.clone()), out);
        self.line.repeat.said(now);
        if self.call_of(key).is_some() {
            out.push(Effect::StopMedia { key });
            self.phase = Phase::Sealed { key, sealed: Box::new(sealed) };
            match self.account {
                AccountState::In { .. } => self.catch_up(now, out),
                // Nobody is there to look at it, and the case must not stay in memory.
                AccountState::Out { .. } | AccountState::SigningIn => self.leave(out),
            }
        }
    }

    pub(super) fn verdict_failed(&mut self, now: Now, key: CallKey, code: String, out: &mut Vec<Effect>) {
        let Some(call) = self.call_of(key) else { return };
        call.sealing = false;
        call.refused = Some(code);
        if call.over {
            // The server has moved on and nothing was decided here.
            self.notice = self.notice.take().map(|_| "call_moved_on".to_owned());
            self.leave(out);
        }
        self.catch_up(now, out);
    }

    /// The agent has compared the customer again: the verdict opens here, and the server is told.
    pub(super) fn compared_again(&mut self, now: Now, out: &mut Vec<Effect>) -> Result<(), Refusal> {
        let call = self.call_mut().ok_or(Refusal::NoCall)?;
        if call.compare_again && !call.compared {
            call.record.note(now, ContinuityKind::Compared);
        }
        call.compared = true;
        let message = call.compared_message();
        if let Some(message) = message {
            self.send(message, out);
        }
        Ok(())
    }
}
