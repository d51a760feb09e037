//! What is said again: to a new socket, and of a wish or a seal that the server has not answered yet.

use chinhchu_protocol::agent::{AgentActivity, AgentToServer, WantedStatus};

use super::{AccountState, CallKey, Effect, Phase, Refusal, Session, rang, sealed_message};
use crate::picture::{HistoryEntry, OutboxPicture};

impl Session {
    /// After a new socket's first view: whatever the old socket may have swallowed.
    pub(super) fn say_again(&mut self, out: &mut Vec<Effect>) {
        match &self.phase {
            Phase::Ringing(ringing) => {
                out.extend(ringing.proven.map(|proof| Effect::Send(rang(ringing.key, proof))));
                out.extend(ringing.answer.clone().map(Effect::Send));
            }
            Phase::Call(call) => out.extend(call.mailbox.again().into_iter().map(Effect::Send)),
            Phase::Idle | Phase::Sealed { .. } => {}
        }
        let shown = match self.view.as_ref().map(|view| &view.activity) {
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

    pub(super) fn say_wish_again(&mut self, first: bool, activity: &AgentActivity, out: &mut Vec<Effect>) {
        // A resumed session may still be on duty, but its outbox no longer opens.
        if first && self.outbox_lock().is_some() && matches!(activity, AgentActivity::Available { .. }) {
            self.pause_for_outbox(out);
            return;
        }
        let Some(wish) = &self.wish else { return };
        let fulfilled = match (wish, activity) {
            (WantedStatus::Available, AgentActivity::Paused { .. }) => false,
            (WantedStatus::Available, _) => true,
            (WantedStatus::Paused { reason }, AgentActivity::Paused { reason: shown, .. }) => reason == shown,
            (WantedStatus::Paused { .. }, _) => false,
        };
        if !fulfilled && first {
            out.push(Effect::Send(AgentToServer::SetStatus { status: wish.clone() }));
            return;
        }
        // On an unbroken socket the wish arrived; a later view is the server's answer to it.
        self.wish = None;
    }

    pub(super) fn outbox_changed(
        &mut self,
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
            self.pause_for_outbox(out);
        }
    }

    fn pause_for_outbox(&mut self, out: &mut Vec<Effect>) {
        let Some(refusal) = self.outbox_lock() else { return };
        let status = WantedStatus::Paused { reason: refusal.code().to_owned() };
        self.wish = Some(status.clone());
        self.send(AgentToServer::SetStatus { status }, out);
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
