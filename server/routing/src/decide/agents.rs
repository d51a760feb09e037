//! The agent's side: sessions, sockets, status, wrap-up.

use chinhchu_protocol::agent::{LostSide, WantedStatus};
use chinhchu_protocol::ids::{AgentId, SessionId, WorkstationId};
use chinhchu_protocol::time::Timestamp;

use super::Draft;
use crate::agent::Agent;
use crate::fact::{Event, OfferOutcome};
use crate::input::{AgentSocket, SignOutReason};
use crate::pause;
use crate::refusal::Refusal;
use crate::status::Activity;

impl Draft<'_> {
    pub(super) fn sign_in(
        &mut self,
        id: AgentId,
        session: SessionId,
        workstation: WorkstationId,
    ) -> Result<(), Refusal> {
        let agent = self.state.agents.get(&id).ok_or(Refusal::AgentUnknown)?;
        if !agent.active {
            return Err(Refusal::AgentInactive);
        }
        let replaced = agent.session.as_ref().map(|live| live.id);
        if replaced == Some(session) {
            return Ok(());
        }
        self.take_away_work(id);
        self.emit(Event::AgentSignedIn { agent: id, session, workstation, replaced });
        Ok(())
    }

    pub(super) fn sign_out(
        &mut self,
        id: AgentId,
        session: SessionId,
        why: SignOutReason,
    ) -> Result<(), Refusal> {
        if self
            .state
            .agents
            .get(&id)
            .is_some_and(|agent| agent.session.is_none() && agent.signed_out == Some(session))
        {
            return Ok(());
        }
        let agent = self.session_of(id, session)?;
        let in_call = matches!(agent.activity, Activity::OnCall { .. });
        let may_wait = match why {
            SignOutReason::Agent | SignOutReason::Expired => true,
            SignOutReason::Forced => false,
        };
        if in_call && may_wait {
            return Err(Refusal::InCall);
        }
        self.take_away_work(id);
        self.emit(Event::AgentSignedOut { agent: id, session, why });
        Ok(())
    }

    fn session_of(&self, id: AgentId, session: SessionId) -> Result<&Agent, Refusal> {
        let agent = self.state.agents.get(&id).ok_or(Refusal::AgentUnknown)?;
        let live = agent.session.as_ref().is_some_and(|live| live.id == session);
        if live { Ok(agent) } else { Err(Refusal::SessionStale) }
    }

    /// The session ends: what rings there rings elsewhere, a call goes to another agent.
    fn take_away_work(&mut self, id: AgentId) {
        match self.state.agents.get(&id).map(|agent| agent.activity.clone()) {
            Some(Activity::Ringing { call, .. }) => self.close_offer(call, OfferOutcome::AgentAway),
            Some(Activity::OnCall { call, .. }) => self.void(call),
            Some(
                Activity::SignedOut
                | Activity::Available { .. }
                | Activity::Paused { .. }
                | Activity::WrapUp { .. },
            )
            | None => {}
        }
    }

    pub(super) fn agent_connected(&mut self, id: AgentId, session: SessionId) -> Result<(), Refusal> {
        let agent = self.session_of(id, session)?;
        let epoch = agent.session.as_ref().map_or(1, |live| live.epoch.saturating_add(1));
        let activity = agent.activity.clone();
        self.emit(Event::AgentConnected { agent: id, session, epoch });
        match activity {
            Activity::Paused { reason, .. }
                if reason == pause::NEVER_RANG || reason == pause::CONNECTION_LOST =>
            {
                self.emit(Event::AgentAvailable { agent: id });
                Ok(())
            }
            Activity::OnCall { call, assignment } => self.side_heard(call, assignment, LostSide::Agent),
            Activity::Paused { .. }
            | Activity::SignedOut
            | Activity::Available { .. }
            | Activity::Ringing { .. }
            | Activity::WrapUp { .. } => Ok(()),
        }
    }

    pub(super) fn agent_disconnected(
        &mut self,
        from: AgentSocket,
        last_heard: Timestamp,
    ) -> Result<(), Refusal> {
        let agent = match self.agent_at(from) {
            Err(Refusal::NotConnected) => return Ok(()),
            found => found?,
        };
        let rings = match agent.activity {
            Activity::Ringing { call, .. } => Some(call),
            Activity::SignedOut
            | Activity::Available { .. }
            | Activity::Paused { .. }
            | Activity::OnCall { .. }
            | Activity::WrapUp { .. } => None,
        };
        let back_by =
            self.heard(last_heard).plus_ms(i64::from(self.state.settings_of(&agent.company).reconnect_ms));
        let (agent, session, epoch) = (from.agent, from.session, from.epoch);
        self.emit(Event::AgentDisconnected { agent, session, epoch, back_by });
        if let Some(call) = rings {
            self.close_offer(call, OfferOutcome::AgentAway);
        }
        Ok(())
    }

    pub(super) fn set_status(&mut self, from: AgentSocket, status: &WantedStatus) -> Result<(), Refusal> {
        let agent = self.agent_at(from)?;
        let pause = match status {
            WantedStatus::Available => None,
            WantedStatus::Paused { reason } => Some(reason.clone()),
        };
        match &agent.activity {
            // No session, no socket: `agent_at` has refused.
            Activity::SignedOut => return Err(Refusal::SessionStale),
            Activity::Ringing { .. } | Activity::OnCall { .. } => {
                if agent.pause_wished != pause {
                    self.emit(Event::AgentWished { agent: from.agent, pause });
                }
            }
            Activity::Available { .. } => {
                if let Some(reason) = pause {
                    self.emit(Event::AgentPaused { agent: from.agent, reason });
                }
            }
            Activity::Paused { reason: had, .. } => match pause {
                Some(reason) if reason == *had => {}
                Some(reason) => self.emit(Event::AgentPaused { agent: from.agent, reason }),
                None => self.emit(Event::AgentAvailable { agent: from.agent }),
            },
            Activity::WrapUp { .. } => match pause {
                Some(reason) => self.emit(Event::AgentPaused { agent: from.agent, reason }),
                None => self.emit(Event::AgentAvailable { agent: from.agent }),
            },
        }
        Ok(())
    }

    pub(super) fn wrap_up_done(&mut self, from: AgentSocket) -> Result<(), Refusal> {
        match self.agent_at(from)?.activity {
            Activity::WrapUp { .. } => self.end_wrap_up(from.agent),
            Activity::SignedOut
            | Activity::Available { .. }
            | Activity::Paused { .. }
            | Activity::Ringing { .. }
            | Activity::OnCall { .. } => {}
        }
        Ok(())
    }

    /// After the wrap-up: available, or the pause that was wished for.
    pub(super) fn end_wrap_up(&mut self, agent: AgentId) {
        match self.state.agents.get(&agent).and_then(|agent| agent.pause_wished.clone()) {
            Some(reason) => self.emit(Event::AgentPaused { agent, reason }),
            None => self.emit(Event::AgentAvailable { agent }),
        }
    }
}
