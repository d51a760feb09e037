//! What is said again: to a new socket, what the server could not take, and of a wish or a seal that it has not
//! answered yet.

use chinhchu_protocol::agent::{AgentActivity, AgentToServer, WantedStatus};

use super::account::AccountState;
use super::input::Wish;
use super::{CallKey, Effect, Phase, Refusal, Session, rang, sealed_message};
use crate::clock::Now;
use crate::picture::{HistoryEntry, OutboxPicture, UploadState};

/// A wish that an unbroken socket has carried is answered by then; a view that crosses it is older.
const WISH_PATIENCE_MS: u64 = 3_000;

/// After the server could not take something; whatever it was, nothing of it is urgent enough to storm it.
const NOT_TAKEN_PAUSE_MS: u64 = 300;

/// Between two repetitions on one socket.
const REPEAT_EVERY_MS: u64 = 1_000;

/// When things are said again on a socket that lives.
#[derive(Default)]
pub(super) struct Repeat {
    asked: bool,
    not_before_mono_ms: u64,
}

impl Repeat {
    /// The server could not take something. More of the same does not put it off.
    pub fn ask(&mut self, now: Now) {
        if !self.asked {
            self.asked = true;
            self.not_before_mono_ms = self.not_before_mono_ms.max(now.mono_ms + NOT_TAKEN_PAUSE_MS);
        }
    }

    /// It is being said now.
    pub fn said(&mut self, now: Now) {
        self.not_before_mono_ms = now.mono_ms + REPEAT_EVERY_MS;
    }

    /// Nothing of before is asked for any more.
    pub fn answered(&mut self) {
        self.asked = false;
    }
}

impl Session {
    /// On a socket that lives: what the server could not take, and a sealed verdict for as long as its view shows
    /// the assignment as live, for there its call ends without it. All of it is taken twice as once.
    pub(super) fn repeat_if_due(&mut self, now: Now, out: &mut Vec<Effect>) {
        let repeat = &self.line.repeat;
        let wanted = repeat.asked || self.live_seal().is_some();
        if wanted && self.line.open && self.line.greeted && now.mono_ms >= repeat.not_before_mono_ms {
            self.line.repeat.answered();
            self.say_again(now, out);
        }
    }

    /// Whatever may not have arrived: after a new socket's first view, and when the server could not take it.
    pub(super) fn say_again(&mut self, now: Now, out: &mut Vec<Effect>) {
        self.line.repeat.said(now);
        if let Some(call_id) = self.wrap_up()
            && self.wrap_up_done == Some(call_id)
        {
            out.push(Effect::Send(AgentToServer::WrapUpDone));
        }
        self.say_wish_again(now, true, out);
        match &self.phase {
            Phase::Ringing(ringing) => {
                out.extend(ringing.proven.map(|proof| Effect::Send(rang(ringing.key, proof))));
                out.extend(ringing.answer.clone().map(Effect::Send));
            }
            Phase::Call(call) => {
                out.extend(call.mailbox.again().into_iter().map(Effect::Send));
                out.extend(call.compared_message().map(Effect::Send));
                out.extend(call.give_up_message().map(Effect::Send));
            }
            Phase::Idle | Phase::Sealed { .. } => {}
        }
        out.extend(self.live_seal().map(Effect::Send));
    }

    /// The sealed verdict of the assignment that the server still shows as live, if so.
    fn live_seal(&self) -> Option<AgentToServer> {
        let call = match &self.shown.as_ref()?.view.activity {
            AgentActivity::Connecting { call }
            | AgentActivity::InCall { call, .. }
            | AgentActivity::Reconnecting { call, .. } => call,
            AgentActivity::Available { .. }
            | AgentActivity::Paused { .. }
            | AgentActivity::Ringing { .. }
            | AgentActivity::WrapUp { .. } => return None,
        };
        let key = CallKey { call_id: call.call_id, assignment: call.assignment };
        self.sealed.get(&key).map(|(decision, hash)| sealed_message(key, *decision, hash.clone()))
    }

    pub(super) fn wish_for(&mut self, now: Now, status: WantedStatus, out: &mut Vec<Effect>) {
        let said_mono_ms = self.line.greeted.then_some(now.mono_ms);
        self.wish = Some(Wish { status: status.clone(), said_mono_ms });
        self.send(AgentToServer::SetStatus { status }, out);
    }

    /// At every view: forgets a wish that is fulfilled; `again` says one that is not.
    pub(super) fn say_wish_again(&mut self, now: Now, again: bool, out: &mut Vec<Effect>) {
        let Some(activity) = self.shown.as_ref().map(|shown| &shown.view.activity) else { return };
        // On duty by a former run, or again after a call, while the outbox takes nothing: no call must come.
        if self.outbox_lock().is_some() && matches!(activity, AgentActivity::Available { .. }) {
            let is_said = self.wish.as_ref().is_some_and(|wish| wish.status != WantedStatus::Available);
            if again || !is_said {
                self.pause_for_outbox(now, out);
            }
            return;
        }
        let Some(wish) = &mut self.wish else { return };
        let fulfilled = match (&wish.status, activity) {
            (WantedStatus::Available, AgentActivity::Available { .. }) => true,
            (WantedStatus::Paused { reason }, AgentActivity::Paused { reason: shown, .. }) => reason == shown,
            (WantedStatus::Available | WantedStatus::Paused { .. }, _) => false,
        };
        if fulfilled {
            self.wish = None;
        } else if again {
            wish.said_mono_ms = Some(now.mono_ms);
            out.push(Effect::Send(AgentToServer::SetStatus { status: wish.status.clone() }));
        }
    }

    /// What an unbroken socket has carried was answered, if not as wished. A pause that is wished in a call waits
    /// for the end of it.
    pub(super) fn forget_overdue_wish(&mut self, now: Now) {
        let Some(wish) = &self.wish else { return };
        let waits = match (&wish.status, self.shown.as_ref().map(|shown| &shown.view.activity)) {
            (
                WantedStatus::Paused { .. },
                Some(
                    AgentActivity::Ringing { .. }
                    | AgentActivity::Connecting { .. }
                    | AgentActivity::InCall { .. }
                    | AgentActivity::Reconnecting { .. }
                    | AgentActivity::WrapUp { .. },
                ),
            ) => true,
            (WantedStatus::Available | WantedStatus::Paused { .. }, _) => false,
        };
        let overdue = wish.said_mono_ms.is_some_and(|said| now.mono_ms >= said + WISH_PATIENCE_MS);
        if overdue && !waits && self.line.greeted {
            self.wish = None;
        }
    }

    pub(super) fn outbox_changed(
        &mut self,
        now: Now,
        picture: OutboxPicture,
        history: Vec<HistoryEntry>,
        full: bool,
        out: &mut Vec<Effect>,
    ) {
        let newly_full = full && !self.outbox_full;
        (self.outbox, self.history, self.outbox_full) = (picture, history, full);
        if let Phase::Sealed { key, sealed } = &mut self.phase {
            let entry = self
                .history
                .iter()
                .find(|entry| entry.call_id == key.call_id && entry.assignment == key.assignment);
            if let Some(entry) = entry {
                sealed.entry = entry.clone();
            }
        }
        self.tell_of_superseded();
        if newly_full && matches!(self.account, AccountState::In { .. }) {
            self.pause_for_outbox(now, out);
        }
    }

    /// Another agent's verdict stands for a call that was decided here: said once, and it is not one of ours.
    fn tell_of_superseded(&mut self) {
        let is_superseded = |entry: &&HistoryEntry| match &entry.upload {
            UploadState::Delivered { standing, .. } => standing == "superseded",
            UploadState::OnDisk | UploadState::Uploading | UploadState::Refused { .. } => false,
        };
        let keys = self
            .history
            .iter()
            .filter(is_superseded)
            .map(|entry| CallKey { call_id: entry.call_id, assignment: entry.assignment });
        for key in keys.collect::<Vec<_>>() {
            // What a former run delivered was told by it.
            if self.superseded.insert(key) && self.sealed.contains_key(&key) {
                self.notice = Some("verdict_superseded".to_owned());
            }
        }
    }

    fn pause_for_outbox(&mut self, now: Now, out: &mut Vec<Effect>) {
        let Some(refusal) = self.outbox_lock() else { return };
        self.wish_for(now, WantedStatus::Paused { reason: refusal.code().to_owned() }, out);
    }

    /// Why nothing can be sealed now, if so: too much waits, or the file itself takes nothing.
    pub(super) fn outbox_lock(&self) -> Option<Refusal> {
        self.outbox_full.then_some(match self.outbox.state.as_str() {
            "damaged" => Refusal::OutboxDamaged,
            "unusable" => Refusal::OutboxUnusable,
            "in_use" => Refusal::OutboxInUse,
            "disk_full" => Refusal::DiskFull,
            "no_keyring" => Refusal::KeyringUnavailable,
            _ => Refusal::OutboxFull,
        })
    }
}
