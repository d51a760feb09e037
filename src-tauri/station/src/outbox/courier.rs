//! Carries sealed verdicts to the server, oldest first, one at a time, until each has its receipt. Waits with
//! growing pauses while it cannot, and wakes when the line comes back. The server takes the same parcel
//! twice as one, so a receipt that was lost on its way does no harm. A receipt counts only if the server's
//! pinned key has signed it for exactly this parcel; and only such a word of its destroys what was not delivered.

use std::sync::Arc;
use std::time::Duration;

use chinhchu_evidence::key::PublicKey;
use chinhchu_protocol::agent::SignedIn;
use chinhchu_protocol::evidence::EvidenceReceipt;
use chinhchu_protocol::ids::WorkstationId;
use chinhchu_protocol::problem::ErrorCode;
use chinhchu_protocol::time::Timestamp;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::backoff::{FIRST_MS, LONGEST_MS, pause_ms};
use super::query::ASK_AGAIN_MS;
use super::receipt::{self, About};
use super::{Outbox, OutboxError, Outcome, Reach, upload};
use crate::clock::Clock;
use crate::link::api::{Api, ApiError, NO_PROBLEM};

/// A look at the file even if nobody woke the courier; also the grain of the pauses.
const PATROL: Duration = Duration::from_millis(500);
/// Between two tries to write on a disk that is full.
const FULL_PAUSE: Duration = Duration::from_secs(2);
/// Between two clean-ups.
const PURGE_EVERY_MS: u64 = 3_600_000;

/// What the courier works with.
pub struct Courier {
    /// The file.
    pub outbox: Outbox,
    /// The server.
    pub api: Api,
    /// Whose sign-ins to use, one of each agent: what one has sealed goes by its own.
    pub carriers: watch::Receiver<Vec<Arc<SignedIn>>>,
    /// The server's key, once it is held on to; nothing is sent before.
    pub server_key: watch::Receiver<Option<PublicKey>>,
    /// Whose manifests these are.
    pub workstation_id: WorkstationId,
    /// Something was sealed, or the line came back.
    pub wake: Arc<Notify>,
    /// Told after every change of the file.
    pub changed: Arc<Notify>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl Courier {
    /// Runs until stopped.
    pub async fn run(self, stop: CancellationToken) {
        let mut purge_at = 0;
        loop {
            if self.clock.now().mono_ms >= purge_at {
                purge_at = self.clock.now().mono_ms + PURGE_EVERY_MS;
                let now = self.clock.now().wall;
                match self.blocking(move |outbox| outbox.purge(now)).await {
                    Ok(0) => {}
                    Ok(_) => self.changed.notify_one(),
                    Err(error) => tracing::error!(?error, "old records cannot be deleted"),
                }
            }
            let worked = tokio::select! {
                () = stop.cancelled() => return,
                worked = self.carry_one() => worked,
            };
            match self.blocking(Outbox::carry_log_over).await {
                // A full disk has no room for it; the log stays as good as the file.
                Ok(()) | Err(OutboxError::DiskFull | OutboxError::Closed) => {}
                Err(error) => tracing::error!(?error, "the outbox's log cannot be carried over"),
            }
            match worked {
                Ok(true) => continue,
                Ok(false) => {}
                Err(OutboxError::Closed) => return, // The program is ending, or a new outbox takes its place.
                Err(error) => tracing::error!(?error, "the outbox cannot be read or written"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(PATROL) => {}
            }
        }
    }

    /// Whether there was something to carry.
    async fn carry_one(&self) -> Result<bool, OutboxError> {
        let (carriers, server_key) = (self.carriers.borrow().clone(), *self.server_key.borrow());
        let Some(server_key) = server_key else { return Ok(false) };
        for session in carriers {
            if self.carry_one_of(&session, server_key).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn carry_one_of(&self, session: &SignedIn, server_key: PublicKey) -> Result<bool, OutboxError> {
        let (agent, now) = (session.agent.agent_id, self.clock.now().wall);
        let Some(parcel) = self.blocking(move |outbox| outbox.next_due(agent, now)).await? else {
            return Ok(false);
        };
        self.changed.notify_one();
        let (id, counter, attempts) = (parcel.id, parcel.counter, parcel.attempts);
        let about = About::parcel(&parcel, self.workstation_id);
        let started = self.clock.now();
        let answer = upload::send(&self.api, &session.session_token, &parcel).await;
        drop(parcel);
        let took_ms = self.clock.now().mono_ms - started.mono_ms;
        let chance: f64 = rand::random();
        let outcome = judge(answer, &about, &server_key, |pause| {
            let pause = match pause {
                Pause::Growing { at_least_s } => {
                    pause_ms(attempts, chance, FIRST_MS, LONGEST_MS).max(at_least_s * 1_000)
                }
                Pause::Long => pause_ms(0, chance, ASK_AGAIN_MS, ASK_AGAIN_MS),
            };
            self.clock.now().wall.plus_ms(i64::try_from(pause).unwrap_or(i64::MAX))
        });
        tracing::debug!(counter, attempts, took_ms, outcome = outcome_name(&outcome), "evidence upload");
        self.settle(id, outcome).await?;
        self.changed.notify_one();
        Ok(true)
    }

    /// Until it stands: a disk that is full takes the receipt later, and nothing is sent twice meanwhile.
    async fn settle(&self, id: i64, outcome: Outcome) -> Result<(), OutboxError> {
        let outcome = Arc::new(outcome);
        loop {
            let (now, what) = (self.clock.now().wall, outcome.clone());
            match self.blocking(move |outbox| outbox.settle(id, &what, now)).await {
                Err(OutboxError::DiskFull) => {
                    tracing::error!("the disk is full: what became of an upload cannot be written down yet");
                    self.changed.notify_one();
                    tokio::time::sleep(FULL_PAUSE).await;
                }
                settled => return settled,
            }
        }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Outbox) -> Result<T, OutboxError> + Send + 'static,
    ) -> Result<T, OutboxError> {
        let outbox = self.outbox.clone();
        // A cancelled blocking task means that the runtime is going down.
        tokio::task::spawn_blocking(move || work(&outbox)).await.unwrap_or(Err(OutboxError::Chain))
    }
}

/// How long to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Pause {
    /// Longer with each try.
    Growing {
        /// As the server has asked for.
        at_least_s: u64,
    },
    /// The same again would come to the same for now: only a mend at the server, or another server, changes it.
    Long,
}

/// What an answer means: a receipt for exactly this manifest, a no, the end of the case, or later.
fn judge(
    answer: Result<EvidenceReceipt, ApiError>,
    about: &About,
    server_key: &PublicKey,
    later: impl Fn(Pause) -> Timestamp,
) -> Outcome {
    let again =
        |at_least_s, reach| Outcome::Later { next_try_at: later(Pause::Growing { at_least_s }), reach };
    match answer {
        Ok(receipt) => match receipt::check(receipt, about, server_key) {
            Ok(delivered) => Outcome::Delivered(Box::new(delivered)),
            Err(error) => {
                tracing::error!(
                    ?error,
                    counter = about.counter,
                    "a receipt proves nothing; the record stays"
                );
                again(0, Reach::WrongReceipt)
            }
        },
        Err(ApiError::Malformed) => again(0, Reach::WrongReceipt),
        Err(ApiError::Unreachable(_)) => again(0, Reach::Nobody),
        Err(ApiError::Refused { status, code, retry_after_s, fault }) => match status {
            410 if code == ErrorCode::CaseErased.name() => {
                if receipt::is_erased(fault.as_deref(), about.key, server_key) {
                    Outcome::Erased
                } else {
                    again(0, Reach::WrongReceipt)
                }
            }
            // Not about this evidence: IT must approve the key, or the agent sign in.
            403 if code.starts_with("workstation_") => again(0, Reach::NotApproved),
            401 | 403 => again(0, Reach::NotAllowed),
            // Slow, busy, or a proxy in between: not about this evidence either.
            408 | 425 | 429 | 500.. => again(retry_after_s.unwrap_or(0).min(600), Reach::Server),
            // Somebody in between has no say in what is evidence.
            400..=499 if code == NO_PROBLEM => again(0, Reach::Server),
            400..=499 => Outcome::Refused { code, next_try_at: later(Pause::Long) },
            _ => again(0, Reach::Server),
        },
    }
}

fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered(_) => "delivered",
        Outcome::Refused { .. } => "refused",
        Outcome::Erased => "erased",
        Outcome::Later { .. } => "later",
    }
}

#[cfg(test)]
mod tests {
    use chinhchu_evidence::erased::{Erased, FORMAT};
    use chinhchu_evidence::key::SigningKey;
    use chinhchu_evidence::signed::Signed as _;
    use chinhchu_protocol::ids::{CallId, WorkstationId};
    use uuid::Uuid;

    use super::*;
    use crate::session::CallKey;

    const KEY: CallKey = CallKey { call_id: CallId(Uuid::from_u128(1)), assignment: 1 };
    const SOON: Timestamp = Timestamp::from_ms(0);
    const LATE: Timestamp = Timestamp::from_ms(1);

    fn server() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn judged(status: u16, code: &str, fault: Option<String>) -> Outcome {
        let about = About {
            key: KEY,
            manifest_sha256: "ab".repeat(32),
            workstation_id: WorkstationId(Uuid::from_u128(2)),
            signer: "1".into(),
            counter: 1,
        };
        let refused = ApiError::Refused { status, code: code.into(), retry_after_s: None, fault };
        judge(Err(refused), &about, &server().public(), |pause| match pause {
            Pause::Growing { .. } => SOON,
            Pause::Long => LATE,
        })
    }

    /// A proxy that finds the upload too large, or knows no such page, must not cost a verdict. What the server
    /// itself refuses is asked again, too, but not all the time.
    #[test]
    fn no_refusal_is_for_good_and_only_the_servers_own_is_one() {
        for status in [400, 404, 405, 407, 410, 411, 413, 418, 431, 451] {
            let later = Outcome::Later { next_try_at: SOON, reach: Reach::Server };
            assert_eq!(judged(status, NO_PROBLEM, None), later, "{status}");
        }
        for (status, code) in [(404, "call_not_found"), (409, "counter_conflict"), (422, "evidence_invalid")]
        {
            let refused = Outcome::Refused { code: code.into(), next_try_at: LATE };
            assert_eq!(judged(status, code, None), refused);
        }
    }

    /// Whoever sits in between can say that a case is gone; evidence goes only if the server has signed that.
    #[test]
    fn only_the_servers_signed_word_for_this_very_call_destroys_evidence() {
        let word = |key: CallKey, signer: &SigningKey| {
            let said = Erased {
                format: FORMAT.into(),
                call_id: key.call_id,
                assignment: key.assignment,
                said_at: Timestamp::from_ms(5),
            };
            Some(String::from_utf8(said.sign(signer).expect("signs").to_bytes()).expect("text"))
        };
        assert_eq!(judged(410, "case_erased", word(KEY, &server())), Outcome::Erased);
        let stays = Outcome::Later { next_try_at: SOON, reach: Reach::WrongReceipt };
        let other = CallKey { assignment: 2, ..KEY };
        let forger = SigningKey::from_bytes(&[8; 32]);
        for fault in [None, Some("x".to_owned()), word(other, &server()), word(KEY, &forger)] {
            assert_eq!(judged(410, "case_erased", fault.clone()), stays, "{fault:?}");
        }
    }
}
