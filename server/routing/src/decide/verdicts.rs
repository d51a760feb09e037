//! Verdict and evidence (S15, S16): a verdict counts only for the latest assignment of its call, and once;
//! any other is kept and shown, never lost, never a result.

use chinhchu_protocol::call::{Decision, EndReason};
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::ids::{AgentId, CallId};

use super::{Draft, Known};
use crate::call::Stage;
use crate::ended::{EndedCall, Verdict};
use crate::fact::{Event, OfferOutcome};
use crate::input::AgentSocket;
use crate::refusal::Refusal;

impl Draft<'_> {
    pub(super) fn verdict_sealed(
        &mut self,
        from: AgentSocket,
        id: CallId,
        assignment: u32,
        decision: Decision,
        sha256: &str,
    ) -> Result<(), Refusal> {
        self.agent_at(from)?;
        match self.known(id)? {
            Known::Live(call) => {
                owner(&call.assigned, assignment, from.agent)?;
                if recorded(call.verdicts.get(&assignment), decision, sha256)?.is_some() {
                    return Ok(());
                }
                if assignment != call.latest() {
                    return Err(Refusal::AssignmentOver);
                }
            }
            Known::Ended(call) => {
                owner(&call.assigned, assignment, from.agent)?;
                let known = recorded(call.verdicts.get(&assignment), decision, sha256)?;
                return known.map(|_| ()).ok_or(Refusal::CallEnded);
            }
        }
        self.seal(id, assignment, from.agent, decision, sha256);
        Ok(())
    }

    /// The conversation is over by a verdict. Also for a call that was taken from this agent and that no other
    /// has accepted yet: its assignment is still the latest.
    fn seal(&mut self, id: CallId, assignment: u32, agent: AgentId, decision: Decision, sha256: &str) {
        let Ok(call) = self.live(id) else { return };
        let evidence_by = match &call.stage {
            Stage::AwaitingEvidence { evidence_by, .. } => *evidence_by,
            Stage::Preparing { .. }
            | Stage::Waiting { .. }
            | Stage::Offering { .. }
            | Stage::Assigned { .. } => self.after(self.state.settings_of(&call.company).evidence_ms),
        };
        self.close_offer(id, OfferOutcome::CallOver);
        let manifest_sha256 = sha256.to_owned();
        self.emit(Event::VerdictSealed {
            call: id,
            assignment,
            agent,
            decision,
            manifest_sha256,
            evidence_by,
        });
        self.release(agent, id, None, false);
    }

    pub(super) fn evidence_stored(
        &mut self,
        id: CallId,
        assignment: u32,
        agent: AgentId,
        decision: Decision,
        sha256: &str,
    ) -> Result<(), Refusal> {
        let (assigned, verdicts, ended) = match self.known(id)? {
            Known::Live(call) => (&call.assigned, &call.verdicts, false),
            Known::Ended(call) => (&call.assigned, &call.verdicts, true),
        };
        owner(assigned, assignment, agent)?;
        let known = recorded(verdicts.get(&assignment), decision, sha256)?;
        if known.is_some_and(|verdict| verdict.standing.is_some()) {
            return Ok(());
        }
        let sealed = known.is_some();
        let latest = usize::try_from(assignment).is_ok_and(|n| n == assigned.len());
        let stands = |verdict: &Verdict| match verdict.standing {
            Some(VerdictStanding::Counts | VerdictStanding::Late) => true,
            Some(VerdictStanding::Superseded) | None => false,
        };
        let standing = match (latest && !verdicts.values().any(stands), ended) {
            (true, false) => VerdictStanding::Counts,
            (true, true) => VerdictStanding::Late,
            (false, _) => VerdictStanding::Superseded,
        };
        if standing == VerdictStanding::Counts && !sealed {
            // The evidence has overtaken the word of it on the socket.
            self.seal(id, assignment, agent, decision, sha256);
        }
        let manifest_sha256 = sha256.to_owned();
        self.emit(Event::EvidenceTaken { call: id, assignment, agent, decision, manifest_sha256, standing });
        if standing == VerdictStanding::Counts {
            self.end(id, EndReason::Completed);
        }
        Ok(())
    }

    pub(super) fn recall(&mut self, record: &EndedCall) -> Result<(), Refusal> {
        match self.known(record.call) {
            Ok(Known::Live(_)) => Err(Refusal::CallExists),
            Ok(Known::Ended(_)) => Ok(()),
            Err(_) => {
                let memory = self.state.settings_of(&record.company).evidence_ms;
                let record = EndedCall { forget_at: self.after(memory), ..record.clone() };
                self.emit(Event::CallRecalled { record });
                Ok(())
            }
        }
    }
}

/// The agent had this assignment.
fn owner(assigned: &[AgentId], assignment: u32, agent: AgentId) -> Result<(), Refusal> {
    let place = usize::try_from(assignment).ok().and_then(|n| n.checked_sub(1));
    match place.and_then(|place| assigned.get(place)) {
        Some(owner) if *owner == agent => Ok(()),
        Some(_) => Err(Refusal::WrongAgent),
        None => Err(Refusal::AssignmentOver),
    }
}

/// The verdict known for the assignment, if it is this one; another one is a conflict.
fn recorded<'v>(
    known: Option<&'v Verdict>,
    decision: Decision,
    sha256: &str,
) -> Result<Option<&'v Verdict>, Refusal> {
    match known {
        Some(verdict) if verdict.decision != decision || verdict.manifest_sha256 != sha256 => {
            Err(Refusal::VerdictDiffers)
        }
        found => Ok(found),
    }
}
