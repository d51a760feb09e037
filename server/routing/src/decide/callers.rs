//! The caller's side: intake, the page's socket, ready, hang-up.

use chinhchu_protocol::agent::LostSide;
use chinhchu_protocol::call::EndReason;
use chinhchu_protocol::ids::{CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;

use super::{Draft, Known};
use crate::agent::Link;
use crate::call::{Call, Stage};
use crate::fact::{Event, OfferOutcome};
use crate::input::CallerSocket;
use crate::refusal::Refusal;
use crate::skills::Needs;

impl Draft<'_> {
    pub(super) fn take_in(
        &mut self,
        id: CallId,
        company: &CompanyCode,
        priority: u8,
        needs: &Needs,
    ) -> Result<(), Refusal> {
        let other = match self.known(id) {
            Ok(Known::Live(call)) => Some(call.company != *company),
            Ok(Known::Ended(call)) => Some(call.company != *company),
            Err(_) => None,
        };
        match other {
            Some(true) => return Err(Refusal::CallExists),
            Some(false) => return Ok(()),
            None => {}
        }
        let settings = self.state.settings.get(company).ok_or(Refusal::CompanyUnknown)?;
        if !self.state.serving.contains(company) {
            return Err(Refusal::NobodyServes);
        }
        if self.state.queued.get(company).copied().unwrap_or(0) >= settings.max_queue_len {
            return Err(Refusal::QueueFull);
        }
        let ready_by = self.after(settings.preparing_ms);
        let (company, needs) = (company.clone(), needs.clone());
        self.emit(Event::CallTakenIn { call: id, company, priority, needs, ready_by });
        Ok(())
    }

    /// The call behind a page's socket, if it is the newest.
    fn caller_at(&self, from: CallerSocket) -> Result<&Call, Refusal> {
        let call = self.live(from.call)?;
        if call.caller_epoch != from.epoch {
            return Err(Refusal::EpochStale);
        }
        match call.caller {
            Link::Up => Ok(call),
            Link::Never | Link::Away { .. } => Err(Refusal::NotConnected),
        }
    }

    pub(super) fn caller_connected(&mut self, id: CallId, same_device: bool) -> Result<(), Refusal> {
        let call = self.live(id)?;
        let epoch = call.caller_epoch.saturating_add(1);
        let assignment = call.assignment().map(|live| live.number);
        self.emit(Event::CallerConnected { call: id, epoch, other_device: !same_device });
        match assignment {
            Some(assignment) => self.side_heard(id, assignment, LostSide::Caller),
            None => Ok(()),
        }
    }

    pub(super) fn caller_disconnected(
        &mut self,
        from: CallerSocket,
        last_heard: Timestamp,
    ) -> Result<(), Refusal> {
        let call = match self.caller_at(from) {
            Err(Refusal::NotConnected) => return Ok(()),
            found => found?,
        };
        let ringing = call.offer().is_some();
        let back_by =
            self.heard(last_heard).plus_ms(i64::from(self.state.settings_of(&call.company).reconnect_ms));
        self.emit(Event::CallerDisconnected { call: from.call, epoch: from.epoch, back_by });
        if ringing {
            // A ring must not go to a caller who is away.
            self.close_offer(from.call, OfferOutcome::CallerAway);
        }
        Ok(())
    }

    pub(super) fn caller_ready(&mut self, from: CallerSocket) -> Result<(), Refusal> {
        let call = self.caller_at(from)?;
        match &call.stage {
            Stage::Preparing { .. } => {}
            Stage::Waiting { .. }
            | Stage::Offering { .. }
            | Stage::Assigned { .. }
            | Stage::AwaitingEvidence { .. } => {
                return Ok(());
            }
        }
        let serving = self.state.serving.get(&call.company).ok_or(Refusal::NobodyServes)?.clone();
        let wait_until = self.after(self.state.settings_of(&call.company).max_wait_ms);
        if self.tell_if_closed(from.call, &serving) {
            self.end(from.call, EndReason::NoAgent);
            return Ok(());
        }
        let wait_until = wait_until.min(self.served_until(&serving).unwrap_or(wait_until));
        let overflow = self.plan_overflow(&serving);
        self.emit(Event::CallQueued { call: from.call, serving, wait_until, overflow });
        self.tell_if_forlorn(from.call);
        Ok(())
    }

    pub(super) fn caller_hung_up(&mut self, from: CallerSocket) -> Result<(), Refusal> {
        if let Known::Ended(ended) = self.known(from.call)? {
            return if ended.reason == EndReason::Cancelled { Ok(()) } else { Err(Refusal::CallEnded) };
        }
        self.caller_at(from)?;
        match self.hang_up(from.call) {
            // The verdict is sealed: caller and agent have parted already.
            Err(Refusal::CallEnded) => Ok(()),
            done => done,
        }
    }

    pub(super) fn cancel(&mut self, id: CallId) -> Result<(), Refusal> {
        match self.known(id)? {
            Known::Ended(ended) if ended.reason == EndReason::Cancelled => Ok(()),
            Known::Ended(_) => Err(Refusal::CallEnded),
            Known::Live(_) => self.hang_up(id),
        }
    }

    fn hang_up(&mut self, id: CallId) -> Result<(), Refusal> {
        let agent = match &self.live(id)?.stage {
            Stage::Preparing { .. } | Stage::Waiting { .. } | Stage::Offering { .. } => None,
            Stage::Assigned { assignment } => Some(assignment.agent),
            Stage::AwaitingEvidence { .. } => return Err(Refusal::CallEnded),
        };
        self.close_offer(id, OfferOutcome::CallOver);
        self.end(id, EndReason::Cancelled);
        if let Some(agent) = agent {
            self.release(agent, id, Some(EndReason::Cancelled), false);
        }
        Ok(())
    }
}
