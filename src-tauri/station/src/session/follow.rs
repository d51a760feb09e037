//! The server's views: what they make of the own state. An older view than one seen changes nothing; a view
//! that came while a verdict was being sealed is followed once that is done.

use chinhchu_protocol::agent::{AgentActivity, AgentCall, AgentView};
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;

use super::account::AccountState;
use super::call::Call;
use super::input::{CallKey, Effect};
use super::{Phase, Session};
use crate::clock::Now;
use crate::picture::LinkState;

/// The newest view, and when it was heard.
pub(super) struct Shown {
    pub view: AgentView,
    server_now: Timestamp,
    heard_mono_ms: u64,
}

impl Shown {
    /// A moment of the server's clock on the own one: from the view's server time, so that neither wall clock
    /// counts.
    pub fn mono_ms_of(&self, at: Timestamp) -> u64 {
        let left_ms = u64::try_from(at.ms_since(self.server_now)).unwrap_or(0);
        self.heard_mono_ms.saturating_add(left_ms)
    }

    /// The same for a moment that is over, which may lie before this program began.
    pub fn mono_ms_of_past(&self, at: Timestamp) -> i64 {
        let ago_ms = self.server_now.ms_since(at).max(0);
        i64::try_from(self.heard_mono_ms).unwrap_or(i64::MAX).saturating_sub(ago_ms)
    }

    /// When what it counts down is over, on the own clock.
    pub fn deadline_mono_ms(&self) -> Option<u64> {
        match &self.view.activity {
            AgentActivity::Ringing { offer } => Some(self.mono_ms_of(offer.expires_at)),
            AgentActivity::Reconnecting { deadline, .. } => Some(self.mono_ms_of(*deadline)),
            AgentActivity::WrapUp { until, .. } => Some(self.mono_ms_of(*until)),
            AgentActivity::Available { .. }
            | AgentActivity::Paused { .. }
            | AgentActivity::Connecting { .. }
            | AgentActivity::InCall { .. } => None,
        }
    }
}

impl Session {
    pub(super) fn view(
        &mut self,
        now: Now,
        number: (u32, u64),
        (server_now, heard_mono_ms): (Timestamp, u64),
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
        self.shown = Some(Shown { view, server_now, heard_mono_ms: heard_mono_ms.min(now.mono_ms) });
        if let Some(shown) = &self.shown {
            let seen = shown.view.workstation;
            self.workstation_seen(seen, out);
        }
        self.follow(now, out);
        if first {
            self.say_again(now, out);
        } else {
            self.say_wish_again(now, false, out);
        }
    }

    /// The call of the wrap-up, if the view shows one.
    pub(super) fn wrap_up(&self) -> Option<CallId> {
        match self.shown.as_ref().map(|shown| &shown.view.activity) {
            Some(AgentActivity::WrapUp { call_id, .. }) => Some(*call_id),
            None
            | Some(
                AgentActivity::Available { .. }
                | AgentActivity::Paused { .. }
                | AgentActivity::Ringing { .. }
                | AgentActivity::Connecting { .. }
                | AgentActivity::InCall { .. }
                | AgentActivity::Reconnecting { .. },
            ) => None,
        }
    }

    /// Moves the own phase to where the newest view says the agent is.
    fn follow(&mut self, now: Now, out: &mut Vec<Effect>) {
        let Some(shown) = &self.shown else { return };
        match &shown.view.activity {
            AgentActivity::Available { .. } | AgentActivity::Paused { .. } => {
                self.tell_of_a_lost_call(None);
                self.leave(out);
            }
            AgentActivity::Ringing { offer } => {
                let (offer, deadline) = (offer.clone(), shown.mono_ms_of(offer.expires_at));
                self.tell_of_a_lost_call(None);
                self.ringing(now, deadline, &offer, out);
            }
            AgentActivity::Connecting { call }
            | AgentActivity::InCall { call, .. }
            | AgentActivity::Reconnecting { call, .. } => {
                let call = call.clone();
                self.in_call(now, &call, out);
            }
            AgentActivity::WrapUp { call_id, .. } => {
                let call_id = *call_id;
                let stays = match &self.phase {
                    Phase::Sealed { key, .. } => key.call_id == call_id,
                    Phase::Idle | Phase::Ringing(_) | Phase::Call(_) => false,
                };
                if !stays {
                    self.tell_of_a_lost_call(Some(call_id));
                    self.leave(out);
                }
            }
        }
    }

    /// The sealing that kept the call is done, one way or the other: what the server has shown meanwhile counts
    /// now, for no further view need come. A finished call stays on the screen until something else begins.
    pub(super) fn catch_up(&mut self, now: Now, out: &mut Vec<Effect>) {
        match self.shown.as_ref().map(|shown| &shown.view.activity) {
            Some(
                AgentActivity::Ringing { .. }
                | AgentActivity::Connecting { .. }
                | AgentActivity::InCall { .. }
                | AgentActivity::Reconnecting { .. },
            ) => self.follow(now, out),
            None
            | Some(
                AgentActivity::Available { .. } | AgentActivity::Paused { .. } | AgentActivity::WrapUp { .. },
            ) => {}
        }
    }

    /// The call at hand is another's now, or over without a wrap-up that says why.
    fn tell_of_a_lost_call(&mut self, wraps_up: Option<CallId>) {
        if let Phase::Call(call) = &self.phase
            && wraps_up != Some(call.key.call_id)
        {
            let code = if call.sealing { "call_moved_on_sealed" } else { "call_moved_on" };
            self.notice = Some(code.to_owned());
        }
    }

    /// Ends whatever rings or talks. A verdict that is being sealed is awaited first.
    pub(super) fn leave(&mut self, out: &mut Vec<Effect>) {
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
            // Nothing to do but to tell it again (see `again`) and to wait.
            let stays = match &self.phase {
                Phase::Sealed { key: shown, .. } => *shown == key,
                Phase::Idle | Phase::Ringing(_) | Phase::Call(_) => false,
            };
            if !stays {
                self.leave(out);
            }
            return;
        }
        if let Some(running) = self.call_of(key) {
            running.renewed(now, call);
            return;
        }
        // The accept of this very run: no signal of ours can be at the server yet.
        let fresh = match &self.phase {
            Phase::Ringing(ringing) => ringing.key.call_id == key.call_id && ringing.answer.is_some(),
            Phase::Idle | Phase::Call(_) | Phase::Sealed { .. } => false,
        };
        self.tell_of_a_lost_call(None);
        self.leave(out);
        if matches!(self.phase, Phase::Call(_)) {
            return; // Another call's verdict is being sealed; `catch_up` comes back here.
        }
        self.answered = None;
        let unknown = || i64::try_from(now.mono_ms).unwrap_or(i64::MAX);
        let accept_mono_ms =
            self.shown.as_ref().map_or_else(unknown, |shown| shown.mono_ms_of_past(call.accepted_at));
        self.phase = Phase::Call(Box::new(Call::new(now, key, call, fresh, accept_mono_ms)));
        out.push(Effect::StartMedia { key, ice_servers: call.ice_servers.clone() });
        out.push(Effect::FetchCase { key });
        for (stray_key, n, signal) in std::mem::take(&mut self.strays) {
            if stray_key == key {
                self.signal(now, key, n, signal, out);
            }
        }
    }
}
