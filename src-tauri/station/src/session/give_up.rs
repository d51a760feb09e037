//! The way out of a call that cannot be decided: the customer's picture never comes back while the page still lives,
//! the case cannot be had, the disk stays full. After some time the agent may give it up, with the reason.

use chinhchu_protocol::agent::{AgentToServer, GiveUpReason};

use super::call::Call;
use super::input::{CallKey, Effect};
use super::{Refusal, Session};
use crate::clock::Now;

/// So long no verdict could be given, before the agent need not wait any more: longer than a page that is back
/// within its 15 s takes.
const GIVE_UP_AFTER_MS: u64 = 20_000;

/// Why no verdict can be given, and since when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Locked {
    why: GiveUpReason,
    since_mono_ms: u64,
}

impl Call {
    /// Looks once a tick. Another reason does not begin anew: the agent has waited all the same.
    pub fn watch_lock(&mut self, now: Now, outbox: Option<Refusal>) {
        let why = self.lock(now, outbox).err().filter(|_| !self.sealing).and_then(reason);
        let since_mono_ms = self.locked.map_or(now.mono_ms, |locked| locked.since_mono_ms);
        self.locked = why.map(|why| Locked { why, since_mono_ms });
        if self.locked.is_none() {
            self.given_up = None; // It can be decided after all, and nobody has heard of it yet.
        }
    }

    /// With which reason, if it may be given up.
    pub fn may_give_up(&self, now: Now) -> Option<GiveUpReason> {
        let locked = self.locked.filter(|_| !self.sealing && !self.over)?;
        (now.mono_ms >= locked.since_mono_ms + GIVE_UP_AFTER_MS).then_some(locked.why)
    }

    /// Said until the server's view shows that the call is over.
    pub fn give_up_message(&self) -> Option<AgentToServer> {
        let CallKey { call_id, assignment } = self.key;
        self.given_up.map(|reason| AgentToServer::GiveUp { call_id, assignment, reason })
    }
}

impl Session {
    /// The agent gives the call at hand up.
    pub(super) fn give_up(&mut self, now: Now, out: &mut Vec<Effect>) -> Result<(), Refusal> {
        let call = self.call_mut().ok_or(Refusal::NoCall)?;
        call.given_up = Some(call.may_give_up(now).ok_or(Refusal::TooEarly)?);
        if let Some(message) = call.give_up_message() {
            self.send(message, out);
        }
        Ok(())
    }
}

/// What the log keeps. Comparing again is in the agent's own hands.
fn reason(lock: Refusal) -> Option<GiveUpReason> {
    match lock {
        Refusal::VideoNotSeen | Refusal::MediaStalled => Some(GiveUpReason::NoPicture),
        Refusal::CaseMissing => Some(GiveUpReason::NoCase),
        Refusal::OutboxFull
        | Refusal::OutboxDamaged
        | Refusal::OutboxUnusable
        | Refusal::OutboxInUse
        | Refusal::KeyringUnavailable
        | Refusal::DiskFull => Some(GiveUpReason::NoOutbox),
        Refusal::CompareAgain
        | Refusal::NotSignedIn
        | Refusal::SignedInAlready
        | Refusal::InCall
        | Refusal::NoOffer
        | Refusal::NoCall
        | Refusal::TooEarly
        | Refusal::WorkstationNotApproved
        | Refusal::WorkstationRevoked
        | Refusal::WorkstationQuarantined
        | Refusal::ProfileInUse
        | Refusal::NoRenewal
        | Refusal::OutboxSound
        | Refusal::VerdictGiven
        | Refusal::ReasonMissing
        | Refusal::NoteTooLong
        | Refusal::CredentialsMalformed
        | Refusal::NoWrapUp
        | Refusal::Stopping => None,
    }
}
