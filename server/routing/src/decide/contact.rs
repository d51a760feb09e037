//! Whether the two sides of an assignment have each other: F3, F4, and the agent's side likewise.
//! [`crate::liveness`] judges who is silent; here is decided what follows.

use chinhchu_protocol::agent::LostSide;
use chinhchu_protocol::call::EndReason;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;

use super::{Draft, Known, Rules};
use crate::call::{Assignment, Contact};
use crate::fact::Event;
use crate::input::AgentSocket;
use crate::refusal::Refusal;
use crate::settings::Settings;

impl Draft<'_> {
    /// The live assignment, if the input is about it.
    fn current(&self, id: CallId, assignment: u32) -> Result<(&Assignment, Settings), Refusal> {
        let call = self.live(id)?;
        let live =
            call.assignment().filter(|live| live.number == assignment).ok_or(Refusal::AssignmentOver)?;
        Ok((live, self.state.settings_of(&call.company)))
    }

    /// A sign of life can't be in the future, and what was before an outage or a restart starts no timer.
    pub(super) fn heard(&self, last_heard: Timestamp) -> Timestamp {
        last_heard.max(self.state.resumed_at).min(self.now)
    }

    pub(super) fn media_flowing(&mut self, id: CallId, assignment: u32) -> Result<(), Refusal> {
        let (live, _) = self.current(id, assignment)?;
        if live.media_since.is_some() {
            return Ok(());
        }
        let contact = live.contact;
        self.resume(id, contact)?;
        self.emit(Event::VideoConnected { call: id, assignment });
        Ok(())
    }

    pub(super) fn side_silent(
        &mut self,
        id: CallId,
        assignment: u32,
        side: LostSide,
        last_heard: Timestamp,
    ) -> Result<(), Refusal> {
        let (live, settings) = self.current(id, assignment)?;
        let contact = live.contact;
        if matches!(contact, Contact::Lost { side: lost, .. } if lost == side) {
            return Ok(());
        }
        let last_heard = self.heard(last_heard.max(live.accepted_at));
        // Who says that one side is silent is itself heard.
        self.resume(id, contact)?;
        let back_by = last_heard.plus_ms(i64::from(settings.reconnect_ms));
        self.emit(Event::SideLost { call: id, assignment, side, last_heard, back_by });
        Ok(())
    }

    pub(super) fn side_heard(&mut self, id: CallId, assignment: u32, side: LostSide) -> Result<(), Refusal> {
        let contact = self.current(id, assignment)?.0.contact;
        match contact {
            Contact::Lost { side: lost, .. } if lost == side => self.resume(id, contact),
            Contact::Unwitnessed { .. } => self.resume(id, contact),
            Contact::Lost { .. } | Contact::Connecting { .. } | Contact::Flowing => Ok(()),
        }
    }

    pub(super) fn both_silent(
        &mut self,
        id: CallId,
        assignment: u32,
        last_heard: Timestamp,
    ) -> Result<(), Refusal> {
        let (live, settings) = self.current(id, assignment)?;
        if matches!(live.contact, Contact::Unwitnessed { .. }) {
            return Ok(());
        }
        let last_heard = self.heard(last_heard.max(live.accepted_at));
        let heard_by = last_heard.plus_ms(i64::from(settings.unwitnessed_ms));
        self.emit(Event::Unwitnessed { call: id, assignment, heard_by });
        Ok(())
    }

    /// Told of an assignment that is over, it matters to an agent who gets the call again: whoever takes it for
    /// the first time compares from the start anyway.
    pub(super) fn caller_changed(&mut self, id: CallId, assignment: u32, after: u32) -> Result<(), Refusal> {
        let call = self.live(id)?;
        let known = match call.assignment().filter(|live| live.number == assignment) {
            Some(live) if self.rules() == Rules::V1 => live.compare_again,
            // Each change counts: what was compared before the newest one is no comparison.
            Some(live) => live.changes > after,
            None if self.rules() == Rules::V1 || !call.may_be_assigned() || assignment > call.latest() => {
                return Err(Refusal::AssignmentOver);
            }
            None => call.changed,
        };
        if !known {
            self.emit(Event::CompareAgain { call: id, assignment });
        }
        Ok(())
    }

    /// The agent has compared: it counts for the change that it names, and for nothing if another has come since.
    pub(super) fn compared(
        &mut self,
        from: AgentSocket,
        id: CallId,
        assignment: u32,
        change: u32,
    ) -> Result<(), Refusal> {
        self.agent_at(from)?;
        let (live, _) = self.current(id, assignment)?;
        if live.agent != from.agent {
            return Err(Refusal::WrongAgent);
        }
        if live.compare_again && live.changes == change {
            self.emit(Event::Compared { call: id, assignment });
        }
        Ok(())
    }

    /// Nobody can decide this call: it ends as one whose video never connected. The agent is free for the next.
    pub(super) fn given_up(&mut self, from: AgentSocket, id: CallId, assignment: u32) -> Result<(), Refusal> {
        self.agent_at(from)?;
        if let Known::Ended(ended) = self.known(id)? {
            let was_it = ended.reason == EndReason::Failed && ended.assigned.last() == Some(&from.agent);
            return if was_it { Ok(()) } else { Err(Refusal::CallEnded) };
        }
        if self.current(id, assignment)?.0.agent != from.agent {
            return Err(Refusal::WrongAgent);
        }
        self.end(id, EndReason::Failed);
        self.release(from.agent, id, Some(EndReason::Failed), true);
        Ok(())
    }

    /// Out of `reconnecting` or `unwitnessed`, if it is in one of them.
    fn resume(&mut self, id: CallId, contact: Contact) -> Result<(), Refusal> {
        let call = self.live(id)?;
        let assignment = call.latest();
        let connect_by = self.after(self.state.settings_of(&call.company).connecting_ms);
        match contact {
            Contact::Connecting { .. } | Contact::Flowing => {}
            Contact::Lost { side, .. } => {
                self.emit(Event::SideBack { call: id, assignment, side, connect_by });
            }
            Contact::Unwitnessed { .. } => {
                self.emit(Event::WitnessedAgain { call: id, assignment, connect_by });
            }
        }
        Ok(())
    }

    /// The agent is lost to its call, which goes first in line to another.
    pub(super) fn void(&mut self, id: CallId) {
        let Ok(call) = self.live(id) else { return };
        let Some(live) = call.assignment() else { return };
        let settings = self.state.settings_of(&call.company);
        let serving = self.state.serving.get(&call.company).unwrap_or(&live.serving).clone();
        let overflow = self.plan_overflow(&serving);
        self.emit(Event::AssignmentVoided {
            call: id,
            assignment: live.number,
            agent: live.agent,
            spared_until: self.after(settings.reoffer_after_ms),
            serving,
            wait_until: self.after(settings.max_wait_ms),
            caller_back_by: self.after(settings.reconnect_ms),
            overflow,
        });
    }
}
