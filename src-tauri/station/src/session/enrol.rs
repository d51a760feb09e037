//! Whether this workstation may verify: without an approved key no calls come. The server is told the key after
//! every sign-in; from then on its views say how that key stands, also at the moment of an approval.

use chinhchu_protocol::workstation::WorkstationState;

use super::account::AccountState;
use super::input::Effect;
use super::{Refusal, Session};
use crate::picture::{EnrolmentState, WorkstationPicture};

impl Session {
    /// Somebody has signed in.
    pub(super) fn begin_enrolment(&mut self, out: &mut Vec<Effect>) {
        self.key_told = false;
        (self.workstation.state, self.workstation.error) = (EnrolmentState::Enrolling, None);
        out.push(Effect::Enrol);
    }

    /// Nobody is signed in: the key stays, where it stands is not known any more.
    pub(super) fn end_enrolment(&mut self) {
        self.key_told = false;
        (self.workstation.state, self.workstation.error) = (EnrolmentState::Unknown, None);
    }

    /// The server's word about this very key, or why there is none.
    pub(super) fn enrolled(&mut self, state: EnrolmentState, error: Option<String>) {
        if !matches!(self.account, AccountState::In { .. }) {
            return;
        }
        self.key_told = match state {
            EnrolmentState::Pending
            | EnrolmentState::Approved
            | EnrolmentState::Revoked
            | EnrolmentState::Quarantined => true,
            EnrolmentState::Unknown | EnrolmentState::Enrolling | EnrolmentState::Failed => false,
        };
        (self.workstation.state, self.workstation.error) = (state, error);
    }

    /// What a view says of the workstation. Before the server was told the key in use it may mean a former one.
    pub(super) fn workstation_seen(&mut self, seen: WorkstationState, out: &mut Vec<Effect>) {
        if !self.key_told {
            return;
        }
        let state = match seen {
            // Restored from before it was told.
            WorkstationState::Unknown => {
                self.begin_enrolment(out);
                return;
            }
            WorkstationState::Pending => EnrolmentState::Pending,
            WorkstationState::Approved => EnrolmentState::Approved,
            WorkstationState::Revoked => EnrolmentState::Revoked,
            WorkstationState::Quarantined => EnrolmentState::Quarantined,
        };
        if state != self.workstation.state {
            (self.workstation.state, self.workstation.error) = (state, None);
        }
    }

    /// Why no calls may be taken here, if so.
    pub(super) fn workstation_lock(&self) -> Option<Refusal> {
        match self.workstation.state {
            EnrolmentState::Approved => None,
            EnrolmentState::Revoked => Some(Refusal::WorkstationRevoked),
            EnrolmentState::Quarantined => Some(Refusal::WorkstationQuarantined),
            EnrolmentState::Unknown
            | EnrolmentState::Enrolling
            | EnrolmentState::Pending
            | EnrolmentState::Failed => Some(Refusal::WorkstationNotApproved),
        }
    }

    /// A former key is worth telling until the new one is approved.
    pub(super) fn workstation_picture(&self) -> WorkstationPicture {
        let mut picture = self.workstation.clone();
        picture.closed = picture.closed.filter(|_| picture.state != EnrolmentState::Approved);
        picture
    }

    /// A key that was revoked or quarantined is never good again.
    pub(super) fn renew_key(&mut self, out: &mut Vec<Effect>) -> Result<(), Refusal> {
        let signed_in = matches!(self.account, AccountState::In { .. });
        match self.workstation.state {
            EnrolmentState::Revoked | EnrolmentState::Quarantined if signed_in => {
                self.key_told = false;
                (self.workstation.state, self.workstation.error) = (EnrolmentState::Enrolling, None);
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
