//! How long pictures and cases are kept, by company, and the house-keeping that destroys what is over.
//!
//! Time counts from the end of the call. Pictures go by their files; a case goes by its key, which takes notes,
//! manifests and whatever is left of its pictures with it ([`crate::cases::erase`]). The log, the hashes of the
//! manifests and the envelopes (ids and hashes only) stay. A call under a legal hold keeps everything.

mod keeper;
pub mod sql;

use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::audit::{self, Entry};
use crate::cases::erase::{self, Why};
use crate::store::{Db, StoreError};

pub use keeper::Keeper;

/// A day, ms.
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// Destroyed in one transaction.
const BATCH: u32 = 64;
/// Transactions of one sweep: what is left over waits for the next.
const MOST_BATCHES: u32 = 64;
/// Ten years, where a company sets nothing.
const DEFAULT_DAYS: u32 = 3_650;

/// How long a company keeps what it has about a call, in days after its end; stands in the same JSON as its
/// other rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct RetentionRules {
    /// Pictures of the intake and of the evidence.
    pub retention_pictures_days: u32,
    /// Everything that identifies the person.
    pub retention_case_days: u32,
}

impl Default for RetentionRules {
    fn default() -> Self {
        Self { retention_pictures_days: DEFAULT_DAYS, retention_case_days: DEFAULT_DAYS }
    }
}

/// What a sweep destroyed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Swept {
    /// Cases whose key is gone.
    pub cases: usize,
    /// Cases that lost their pictures alone.
    pub pictures: usize,
}

/// What of a call is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Pictures alone.
    Pictures,
    /// All of the case.
    Case,
}

/// Destroys what is over, company by company, in small transactions.
pub async fn sweep(db: &Db, now: Timestamp) -> Result<Swept, StoreError> {
    let mut swept = Swept::default();
    for (company, rules) in db.read(sql::rules).await? {
        for (kind, days) in
            [(Kind::Case, rules.retention_case_days), (Kind::Pictures, rules.retention_pictures_days)]
        {
            let cutoff = now.plus_ms(-i64::from(days) * DAY_MS);
            for _ in 0..MOST_BATCHES {
                let code = company.clone();
                let due: Vec<CallId> = db.read(move |c| sql::due(c, &code, kind, cutoff, BATCH)).await?;
                let whole = due.len() < BATCH as usize;
                if !due.is_empty() {
                    let done = db.write(move |tx| destroy_all(tx, &due, kind, days, now)).await?;
                    match kind {
                        Kind::Case => swept.cases += done,
                        Kind::Pictures => swept.pictures += done,
                    }
                }
                if whole {
                    break;
                }
            }
        }
    }
    Ok(swept)
}

fn destroy_all(
    tx: &rusqlite::Transaction<'_>,
    due: &[CallId],
    kind: Kind,
    days: u32,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let mut done = 0;
    for call in due {
        // A hold may have come in the meantime.
        if erase::standing(tx, *call)?.is_none_or(|case| case.hold.is_some()) {
            continue;
        }
        let (destroyed, action) = match kind {
            Kind::Case => (erase::destroy(tx, *call, Why::Retention, now)?, "case.expired"),
            Kind::Pictures => (erase::destroy_pictures(tx, *call, now)?, "pictures.expired"),
        };
        if destroyed {
            let (subject, detail) = (audit::call_subject(*call), json!({ "days": days }));
            audit::append(tx, now, &Entry { actor: "server", action, subject: &subject, detail: &detail })?;
            done += 1;
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests;
