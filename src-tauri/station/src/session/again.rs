//! What is said again: to a new socket, and of a wish or a seal that the server has not answered yet.

use chinhchu_protocol::agent::{AgentActivity, AgentToServer, WantedStatus};

use super::account::AccountState;
use super::input::Wish;
use super::{CallKey, Effect, Phase, Refusal, Session, rang, sealed_message};
use crate::clock::Now;
use crate::picture::{HistoryEntry, OutboxPicture};

/// A wish that an unbroken socket has carried is answered by then; a view that crosses it is older.
const WISH_PATIENCE_MS: u64 = 3_000;

impl Session {
    /// After a new socket's first view: whatever the old socket may have swallowed.
    pub(super) fn say_again(&mut self, out: &mut Vec<Effect>) {
        match &self.phase {
            Phase::Ringing(ringing) => {
                out.extend(ringing.proven.map(|proof| Effect::Send(rang(ringing.key, proof))));
                out.extend(ringing.answer.clone().map(Effect::Send));
            }
            Phase::Call(call) => {
                out.extend(call.mailbox.again().into_iter().map(Effect::Send));
                out.extend(call.compared_message().map(Effect::Send));
            }
            Phase::Idle | Phase::Sealed { .. } => {}
        }
        let shown = match self.shown.as_ref().map(|shown| &shown.view.activity) {
            Some(
                AgentActivity::Connecting { call }
                | AgentActivity::InCall { call, .. }
                | AgentActivity::Reconnecting { call, .. },
            ) => Some(CallKey { call_id: call.call_id, assignment: call.assignment }),
            None
            | Some(
                AgentActivity::Available { .. }
                | AgentActivity::Paused { .. }
                | AgentActivity::Ringing { .. }
                | AgentActivity::WrapUp { .. },
            ) => None,
        };
        if let Some((key, (decision, hash))) = shown.and_then(|key| self.sealed.get_key_value(&key)) {
            out.push(Effect::Send(sealed_message(*key, *decision, hash.clone())));
        }
    }

    pub(super) fn wish_for(&mut self, now: Now, status: WantedStatus, out: &mut Vec<Effect>) {
        let said_mono_ms = self.line.greeted.then_some(now.mono_ms);
        self.wish = Some(Wish { status: status.clone(), said_mono_ms });
        self.send(AgentToServer::SetStatus { status }, out);
    }

    /// At every view: forgets a wish that is fulfilled, says it again on a new socket.
    pub(super) fn say_wish_again(&mut self, now: Now, first: bool, out: &mut Vec<Effect>) {
        let Some(activity) = self.shown.as_ref().map(|shown| &shown.view.activity) else { return };
        // A resumed session may still be on duty, but its outbox no longer opens.
        if first && self.outbox_lock().is_some() && matches!(activity, AgentActivity::Available { .. }) {
            self.pause_for_outbox(now, out);
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
        } else if first {
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
        if newly_full && matches!(self.account, AccountState::In { .. }) {
            self.pause_for_outbox(now, out);
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
            "disk_full" => Refusal::DiskFull,
            _ => Refusal::OutboxFull,
        })
    }
}
