//! Whether this workstation may verify: without an approved key no calls come.

use super::account::AccountState;
use super::input::Effect;
use super::{Refusal, Session};
use crate::picture::EnrolmentState;

impl Session {
    /// A key that was revoked or quarantined is never good again.
    pub(super) fn renew_key(&mut self, out: &mut Vec<Effect>) -> Result<(), Refusal> {
        let signed_in = matches!(self.account, AccountState::In { .. });
        match self.workstation.state {
            EnrolmentState::Revoked | EnrolmentState::Quarantined if signed_in => {
                out.push(Effect::RenewKey);
                Ok(())
            }
            EnrolmentState::Unknown
            | EnrolmentState::Enrolling
            | EnrolmentState::Pending
            | EnrolmentState::Approved
            | EnrolmentState::Revoked
            | EnrolmentState::Quarantined
            | EnrolmentState::Failed => Err(Refusal::NoRenewal),
        }
    }

    /// The damaged file is set aside only when a person says so: it may hold verdicts.
    pub(super) fn begin_new_outbox(&mut self, out: &mut Vec<Effect>) -> Result<(), Refusal> {
        if !self.outbox.can_begin_anew {
            return Err(Refusal::OutboxSound);
        }
        out.push(Effect::BeginNewOutbox);
        Ok(())
    }
}
