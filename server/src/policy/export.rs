//! The catalogue of a day, as known at a moment: as lines with both columns, and as the operator's CSV.

use chinhchu_protocol::console::policy::{PolicyCustomers, PolicyEntry, PolicyLine, PolicyValues};
use chinhchu_protocol::time::Timestamp;
use jiff::civil::Date;
use rusqlite::Connection;

use super::bitemporal::next_day;
use super::catalogue::LineKey;
use super::{file, sql};
use crate::store::StoreError;

/// Lines that hold on a day, in the table's order. Both come from one look at the store or two that agree:
/// what was known at a past moment never changes.
pub fn lines(connection: &Connection, day: Date, known_at: Timestamp) -> Result<Vec<PolicyLine>, StoreError> {
    let catalogue = sql::catalogue(connection, known_at)?;
    let mut entries = sql::entries_on(connection, day, known_at)?.into_iter();
    let mut lines = Vec::new();
    // The columns of a line stand side by side; a line has both or none.
    while let (Some(first), Some(second)) = (entries.next(), entries.next()) {
        let (individual_vi2, enterprise) = match first.customers {
            PolicyCustomers::IndividualVi2 => (first, second),
            PolicyCustomers::Enterprise => (second, first),
        };
        if individual_vi2.sub_type != enterprise.sub_type {
            return Err(StoreError::Corrupt("a line of the catalogue has one column"));
        }
        let key = LineKey { payment: individual_vi2.payment, sub_type: individual_vi2.sub_type.clone() };
        let next = catalogue.line(&key).steady_until(day).map(|last| next_day(last).to_string());
        lines.push(PolicyLine {
            payment: key.payment,
            sub_type: key.sub_type,
            individual_vi2,
            enterprise,
            next_change_on: next,
        });
    }
    Ok(lines)
}

/// As `import` takes it.
pub fn csv(connection: &Connection, day: Date, known_at: Timestamp) -> Result<String, StoreError> {
    let lines = lines(connection, day, known_at)?;
    let keyed: Vec<(LineKey, PolicyValues)> = lines
        .into_iter()
        .map(|line| {
            let PolicyEntry { name, icc_profile, kind, video_call, .. } = line.individual_vi2;
            let values = PolicyValues {
                name,
                icc_profile,
                kind,
                individual_vi2: video_call,
                enterprise: line.enterprise.video_call,
            };
            (LineKey { payment: line.payment, sub_type: line.sub_type }, values)
        })
        .collect();
    Ok(file::write(keyed.iter().map(|(key, values)| (key, values.clone()))))
}
