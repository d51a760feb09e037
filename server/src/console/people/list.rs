//! People as listed.

use chinhchu_protocol::console::people::PersonListed;
use chinhchu_protocol::ids::PersonId;
use chinhchu_protocol::time::Timestamp;
use rusqlite::Connection;

use crate::console::account;
use crate::console::sql::{self, StoredPerson};
use crate::store::StoreError;

/// A part of the list by user name, and where it goes on.
pub fn people(
    connection: &Connection,
    after: &str,
    most: u32,
    now: Timestamp,
) -> Result<(Vec<PersonListed>, Option<String>), StoreError> {
    let found = sql::people_after(connection, after, most + 1)?;
    let more = found.len() > most as usize;
    let mut listed = Vec::new();
    for person in found.into_iter().take(most as usize) {
        listed.push(as_listed(connection, person, now)?);
    }
    let next = listed.last().filter(|_| more).map(|last| last.username.clone());
    Ok((listed, next))
}

/// One person.
pub fn person(
    connection: &Connection,
    id: PersonId,
    now: Timestamp,
) -> Result<Option<PersonListed>, StoreError> {
    let found = sql::person_by_id(connection, id)?;
    found.map(|person| as_listed(connection, person, now)).transpose()
}

fn as_listed(
    connection: &Connection,
    person: StoredPerson,
    now: Timestamp,
) -> Result<PersonListed, StoreError> {
    let sessions = account::sql::sessions(connection, person.person_id, None, now)?;
    Ok(PersonListed {
        person_id: person.person_id,
        active: person.is_active(),
        second_factor: person.totp_on.is_some(),
        password: person.password_hash.is_some(),
        username: person.username,
        name: person.name,
        role: person.role,
        companies: person.scope.companies.map(|codes| codes.into_iter().collect()),
        partner: person.scope.partner,
        directory_id: person.directory_id,
        created_at: person.created_at,
        sessions: u32::try_from(sessions.len()).unwrap_or(u32::MAX),
    })
}
