//! A ringing offer: what is proven about it (I7), what was answered, when it ends by the own clock.

use chinhchu_protocol::agent::{AgentToServer, OfferView, RingProof};

use super::input::{Effect, OfferKey};
use super::{Phase, Refusal, Session, offer_key, rang};
use crate::clock::Now;

/// How long the sound may take to start before the ring counts as seen only; the server waits 2 s in all.
const SOUND_PATIENCE_MS: u64 = 1_000;

/// One ringing offer.
pub(super) struct Ringing {
    pub key: OfferKey,
    /// By the own clock, from the view's server time: independent of both wall clocks.
    pub deadline_mono_ms: u64,
    pub answer: Option<AgentToServer>,
    pub proven: Option<RingProof>,
    started_mono_ms: u64,
    mapped: bool,
    painted: bool,
    sound: Option<bool>,
}

/// An answer that may not have arrived.
pub(super) struct Answered {
    pub key: OfferKey,
    answer: AgentToServer,
    proof: Option<RingProof>,
}

impl Ringing {
    /// What was answered, to be kept beyond the ring.
    pub fn answered(&self) -> Option<Answered> {
        let answer = self.answer.clone()?;
        Some(Answered { key: self.key, answer, proof: self.proven })
    }

    /// The ring window is on the screen.
    pub fn mapped(&mut self) {
        self.mapped = true;
    }

    /// The ring window's page has painted the offer.
    pub fn painted(&mut self) {
        self.painted = true;
    }

    /// The ring tone is heard, or cannot be.
    pub fn sound(&mut self, started: bool) {
        self.sound = Some(started);
    }

    fn proof(&self, now: Now) -> Option<RingProof> {
        if !self.mapped || !self.painted {
            return None;
        }
        match self.sound {
            Some(true) => Some(RingProof::Sound),
            Some(false) => Some(RingProof::Visual),
            None => (now.mono_ms >= self.started_mono_ms + SOUND_PATIENCE_MS).then_some(RingProof::Visual),
        }
    }
}

impl Session {
    /// The server shows a ring that ends at `deadline_mono_ms`. A later view may move the end: an outage shifts
    /// it. One that is over by the own clock does not begin.
    pub(super) fn ringing(
        &mut self,
        now: Now,
        deadline_mono_ms: u64,
        offer: &OfferView,
        out: &mut Vec<Effect>,
    ) {
        let key = offer_key(offer);
        if let Phase::Ringing(ringing) = &mut self.phase
            && ringing.key == key
        {
            ringing.deadline_mono_ms = deadline_mono_ms;
            return;
        }
        self.leave(out);
        // While a verdict is being sealed nothing else begins; `catch_up` comes back here.
        if now.mono_ms >= deadline_mono_ms || matches!(self.phase, Phase::Call(_)) {
            return;
        }
        let before = self.answered.take().filter(|answered| answered.key == key);
        if before.is_none() {
            out.push(Effect::Ring { offer: Box::new(offer.clone()) });
        }
        let (answer, proven) = before.map_or((None, None), |before| (Some(before.answer), before.proof));
        self.phase = Phase::Ringing(Ringing {
            key,
            deadline_mono_ms,
            answer,
            proven,
            started_mono_ms: now.mono_ms,
            mapped: false,
            painted: false,
            sound: None,
        });
    }

    /// Accept, decline or pass: once, and only while it rings.
    pub(super) fn answer(
        &mut self,
        now: Now,
        out: &mut Vec<Effect>,
        message: impl FnOnce(OfferKey) -> AgentToServer,
    ) -> Result<(), Refusal> {
        let Phase::Ringing(ringing) = &mut self.phase else { return Err(Refusal::NoOffer) };
        if ringing.answer.is_some() {
            return Err(Refusal::NoOffer);
        }
        if now.mono_ms >= ringing.deadline_mono_ms {
            return Err(Refusal::NoOffer); // Over, although no tick has said so yet.
        }
        let message = message(ringing.key);
        ringing.answer = Some(message.clone());
        self.notice = None;
        // Whoever answers has seen it: quicker than the sound may be a finger, but never than the ring.
        let unproven = ringing.proven.is_none().then(|| {
            let proof = if ringing.sound == Some(true) { RingProof::Sound } else { RingProof::Visual };
            ringing.proven = Some(proof);
            rang(ringing.key, proof)
        });
        out.push(Effect::EndRing);
        for message in unproven.into_iter().chain([message]) {
            self.send(message, out);
        }
        Ok(())
    }

    /// Something about the ring was proven; tells the server once it is enough.
    pub(super) fn ring_proof(
        &mut self,
        now: Now,
        key: OfferKey,
        what: impl FnOnce(&mut Ringing),
        out: &mut Vec<Effect>,
    ) {
        if let Phase::Ringing(ringing) = &mut self.phase
            && ringing.key == key
        {
            what(ringing);
            self.prove_ring(now, out);
        }
    }

    pub(super) fn prove_ring(&mut self, now: Now, out: &mut Vec<Effect>) {
        let Phase::Ringing(ringing) = &mut self.phase else { return };
        if ringing.proven.is_some() {
            return;
        }
        if let Some(proof) = ringing.proof(now) {
            ringing.proven = Some(proof);
            let message = rang(ringing.key, proof);
            self.send(message, out);
        }
    }
}
