//! Taking in a call (S10): case, pictures, idempotency and facts in one transaction.

use chinhchu_protocol::call::CallBody;
use chinhchu_protocol::case::Case;
use chinhchu_protocol::ids::{CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{Input, Needs, Refusal};
use rusqlite::{Connection, params};

use super::{DriveError, Side, Switchboard, Written};
use crate::cases::{self, NewPicture, StoredCase};
use crate::figures::{Given, given};
use crate::objects::{CaseKey, Keys};
use crate::policy::Held;
use crate::policy::commit::note_for_call;
use crate::store::{StoreError, rows};

/// A checked call whose pictures are durable already.
#[derive(Clone, Debug)]
pub struct Intake {
    /// Made by [`crate::clock::Clock::new_id`].
    pub call_id: CallId,
    /// Home company, told by the token.
    pub company: CompanyCode,
    /// `Idempotency-Key`.
    pub idempotency_key: String,
    /// Hash over the case's bytes and the pictures, whatever their order.
    pub parts_sha256: [u8; 32],
    /// The case.
    pub case: Case,
    /// The key under which the pictures were put into the objects' folder.
    pub case_key: CaseKey,
    /// The pictures.
    pub pictures: Vec<NewPicture>,
    /// The rule that holds.
    pub policy: Held,
    /// When the request came; the call token is derived from it.
    pub received_at: Timestamp,
}

/// What became of an intake.
#[derive(Clone, PartialEq, Debug)]
pub enum Taken {
    /// A new call.
    Created(CallBody),
    /// The same key and parts came before: the call of then, as it is now.
    Replayed(CallBody),
}

/// Why a call was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum TakeInError {
    /// The key was used with other parts.
    #[error("the idempotency key was used with other parts")]
    IdempotencyConflict,
    /// As many calls wait as may.
    #[error("the queue is full")]
    QueueFull,
    /// The core refused for another reason.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// Not now.
    #[error("not available: {0}")]
    Unavailable(String),
}

impl From<StoreError> for TakeInError {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl Switchboard {
    /// Whether this key was used before, before any picture is stored: the call of then, or a conflict.
    pub async fn replay(
        &self,
        company: &CompanyCode,
        key: &str,
        parts_sha256: [u8; 32],
    ) -> Result<Option<CallBody>, TakeInError> {
        let (company, key) = (company.clone(), key.to_owned());
        let found = self.inner.db.read(move |connection| find(connection, &company, &key)).await?;
        match found {
            None => Ok(None),
            Some((_, parts)) if parts != parts_sha256 => Err(TakeInError::IdempotencyConflict),
            Some((call, _)) => {
                let body = self.call_body(call).await?;
                body.map(Some).ok_or_else(|| TakeInError::Unavailable("the case was destroyed".to_owned()))
            }
        }
    }

    /// Takes a call in; durable once this returns (I5).
    pub async fn take_in(&self, intake: Intake) -> Result<Taken, TakeInError> {
        let (company, key) = (intake.company.clone(), intake.idempotency_key.clone());
        if let Some(body) = self.replay(&company, &key, intake.parts_sha256).await? {
            return Ok(Taken::Replayed(body));
        }
        let (call, parts) = (intake.call_id, intake.parts_sha256);
        let input = Input::TakeIn { call, company: company.clone(), priority: 0, needs: needs(&intake.case) };
        match self.drive_fresh(input, Some(std::sync::Arc::new(intake))).await {
            Ok(_) => {
                let body = self.call_body(call).await?;
                body.map(Taken::Created)
                    .ok_or_else(|| TakeInError::Unavailable("the case is missing".to_owned()))
            }
            Err(DriveError::Refused(Refusal::QueueFull) | DriveError::Full) => Err(TakeInError::QueueFull),
            Err(DriveError::Refused(refusal)) => Err(TakeInError::Refused(refusal)),
            Err(error) => {
                // Another request with the same key may have been faster.
                let replayed = self.replay(&company, &key, parts).await?;
                replayed.map(Taken::Replayed).ok_or_else(|| TakeInError::Unavailable(error.to_string()))
            }
        }
    }
}

/// What the case needs of its agent. Neither says who the customer is.
fn needs(case: &Case) -> Needs {
    Needs { customer_type: Some(case.subscriber.customer_type), language: case.language.clone() }
}

impl Side for Intake {
    fn write(&self, tx: &Connection, keys: &Keys, written: &Written<'_>) -> Result<(), StoreError> {
        let sql = "INSERT INTO idempotency (company, key, parts_sha256, call_id, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
        let call = self.call_id.0.as_bytes();
        rows::run(
            tx,
            sql,
            params![self.company.0, self.idempotency_key, self.parts_sha256, call, written.now.ms()],
        )?;
        let case = StoredCase {
            call_id: self.call_id,
            company: self.company.clone(),
            case: self.case.clone(),
            policy: self.policy.for_call(),
            created_at: self.received_at,
            key: self.case_key.clone(),
        };
        cases::sql::insert(tx, keys, &case)?;
        given::insert(tx, self.call_id, &Given::of(&self.case, self.policy.entry.rule_id))?;
        note_for_call(tx, self.call_id, &self.policy)?;
        for picture in &self.pictures {
            cases::sql::insert_picture(tx, self.call_id, 0, picture, written.now)?;
        }
        Ok(())
    }
}

fn find(
    connection: &Connection,
    company: &CompanyCode,
    key: &str,
) -> Result<Option<(CallId, [u8; 32])>, StoreError> {
    let sql = "SELECT call_id, parts_sha256 FROM idempotency WHERE company = ?1 AND key = ?2";
    rows::first(connection, sql, [&company.0, key], |row| {
        Ok((CallId(rows::id(row, "call_id")?), row.get("parts_sha256")?))
    })
}
