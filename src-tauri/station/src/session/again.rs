//! What is said again: to a new socket, and of a wish or a seal that the server has not answered yet.

use chinhchu_protocol::agent::{AgentActivity, AgentToServer, WantedStatus};

use super::{AccountState, CallKey, Effect, Phase, Session, rang, sealed_message};
use crate::picture::{HistoryEntry, OutboxPicture};

impl Session {
    /// After a new socket's first view: whatever the old socket may have swallowed.
    pub(super) fn say_again(&mut self, out: &mut Vec<Effect>) {
        match &self.phase {
            Phase::Ringing(ringing) => {
                out.extend(ringing.answer.clone().map(Effect::Send));
                out.extend(ringing.proven.map(|proof| Effect::Send(rang(ringing.key, proof))));
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
            let status = WantedStatus::Paused { reason: "outbox_full".into() };
            self.wish = Some(status.clone());
            self.send(AgentToServer::SetStatus { status }, out);
        }
    }
}
