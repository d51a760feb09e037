//! Brings a store to the newest shape: numbered SQL files, one transaction each, counted in `user_version`.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// In order; a file that was released is never changed.
const STEPS: &[&str] = &[
    include_str!("migrations/0001_store.sql"),
    include_str!("migrations/0002_defaults.sql"),
    include_str!("migrations/0003_agent_days.sql"),
    include_str!("migrations/0004_sealed_signals.sql"),
    include_str!("migrations/0005_agents.sql"),
    include_str!("migrations/0006_pages.sql"),
    include_str!("migrations/0007_workstations.sql"),
    include_str!("migrations/0008_audit.sql"),
    include_str!("migrations/0009_people.sql"),
    include_str!("migrations/0010_policy.sql"),
    include_str!("migrations/0011_settings.sql"),
    include_str!("migrations/0012_figures.sql"),
    include_str!("migrations/0013_reviews.sql"),
    include_str!("migrations/0014_duty.sql"),
    include_str!("migrations/0015_deliveries_by_endpoint.sql"),
    include_str!("migrations/0016_replaced_keys.sql"),
    include_str!("migrations/0017_search.sql"),
];

/// Applies what is missing. Two processes may try at once: the second finds nothing left to do.
pub fn to_newest(connection: &mut Connection) -> Result<(), StoreError> {
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    for (number, step) in (1_u32..).zip(STEPS) {
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: u32 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found > known {
            return Err(StoreError::TooNew { found, known });
        }
        if found >= number {
            continue;
        }
        tx.execute_batch(step)?;
        tx.pragma_update(None, "user_version", number)?;
        tx.commit()?;
    }
    Ok(())
}
