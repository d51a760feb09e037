//! Changes of people. Each is made, and written into the audit, in one transaction. The last administrator of
//! all companies stays one.

use std::collections::BTreeSet;

use chinhchu_protocol::console::people::{PersonChange, Role};
use chinhchu_protocol::ids::{CompanyCode, PersonId, PersonSessionId};
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::agents::names;
use crate::audit::{self, Entry};
use crate::companies;
use crate::console::refused::Refused;
use crate::console::sql::{self, StoredPerson};
use crate::console::{Scope, account, factor};
use crate::store::{StoreError, rows};

/// Most companies of one person.
const MAX_COMPANIES: usize = 100;
const MAX_DIRECTORY_ID: usize = 255;

/// Who changes something, and when.
#[derive(Clone, Debug)]
pub struct By {
    /// For the audit.
    pub actor: String,
    /// Now.
    pub now: Timestamp,
}

impl By {
    fn note(
        &self,
        tx: &Connection,
        action: &str,
        person: PersonId,
        detail: &Value,
    ) -> Result<(), StoreError> {
        let subject = format!("person:{person}");
        audit::append(tx, self.now, &Entry { actor: &self.actor, action, subject: &subject, detail })
            .map(drop)
    }
}

/// A new person.
pub struct NewPerson {
    /// Names the person.
    pub person_id: PersonId,
    /// Sign-in name.
    pub username: String,
    /// PHC string; without one only the directory signs the person in.
    pub password_hash: Option<String>,
    /// Everything else.
    pub person: PersonChange,
}

/// Adds a person.
pub fn add(tx: &Connection, by: &By, new: NewPerson) -> Result<(), Refused> {
    let NewPerson { person_id, username, password_hash, person } = new;
    let mut faults = faults(tx, &username, &person)?;
    if password_hash.is_none() && person.directory_id.is_none() {
        faults.push(("directory_id".to_owned(), "missing".to_owned()));
    }
    if !faults.is_empty() {
        return Err(Refused::Faults(faults));
    }
    let scope = scope(&person);
    let detail = detail(&person);
    let stored = StoredPerson {
        person_id,
        username,
        name: person.name,
        role: person.role,
        scope,
        password_hash,
        password_temporary: true,
        directory_id: person.directory_id,
        totp_sealed: None,
        totp_on: None,
        totp_step: 0,
        created_at: by.now,
        disabled_at: None,
    };
    sql::insert_person(tx, &stored)?;
    Ok(by.note(tx, "person.added", person_id, &detail)?)
}

/// Changes what is known of a person; counts with the next request.
pub fn change(tx: &Connection, by: &By, id: PersonId, person: &PersonChange) -> Result<(), Refused> {
    let before = known(tx, id)?;
    let faults = faults(tx, &before.username, person)?;
    let mut faults: Vec<_> = faults.into_iter().filter(|(field, _)| field != "username").collect();
    let last_way = before.password_hash.is_none() && before.directory_id.is_some();
    if last_way && person.directory_id.is_none() {
        faults.push(("directory_id".to_owned(), "missing".to_owned()));
    }
    if !faults.is_empty() {
        return Err(Refused::Faults(faults));
    }
    let sql = "UPDATE people SET name = ?2, role = ?3, companies = ?4, partner = ?5, directory_id = ?6
               WHERE person_id = ?1";
    let PersonChange { name, role, partner, directory_id, .. } = person;
    let companies = scope(person).companies_json();
    rows::run(tx, sql, params![id.0.as_bytes(), name, role.name(), companies, partner, directory_id])?;
    if before.directory_id != *directory_id {
        // Who was signed in under the other name has no business here any more.
        sql::end_sessions(tx, id, None, "directory_changed", by.now)?;
    }
    somebody_is_left(tx, &before)?;
    Ok(by.note(tx, "person.changed", id, &detail(person))?)
}

/// Takes the account out of use; every session ends.
pub fn disable(tx: &Connection, by: &By, id: PersonId) -> Result<(), Refused> {
    let before = known(tx, id)?;
    let sql = "UPDATE people SET disabled_ms = coalesce(disabled_ms, ?2) WHERE person_id = ?1";
    rows::run(tx, sql, params![id.0.as_bytes(), by.now.ms()])?;
    somebody_is_left(tx, &before)?;
    sql::end_sessions(tx, id, None, "disabled", by.now)?;
    Ok(by.note(tx, "person.disabled", id, &json!({}))?)
}

/// Takes the account into use again.
pub fn enable(tx: &Connection, by: &By, id: PersonId) -> Result<(), Refused> {
    known(tx, id)?;
    rows::run(tx, "UPDATE people SET disabled_ms = NULL WHERE person_id = ?1", [id.0.as_bytes()])?;
    Ok(by.note(tx, "person.enabled", id, &json!({}))?)
}

/// Stores another password, to be changed by its owner; every session ends.
pub fn reset_password(tx: &Connection, by: &By, id: PersonId, hash: &str) -> Result<(), Refused> {
    known(tx, id)?;
    account::sql::set_password(tx, id, hash, true)?;
    sql::end_sessions(tx, id, None, "password_reset", by.now)?;
    Ok(by.note(tx, "person.password_reset", id, &json!({}))?)
}

/// Forgets the second factor: it is set up anew at the next sign-in. Every session ends.
pub fn reset_factor(tx: &Connection, by: &By, id: PersonId) -> Result<(), Refused> {
    known(tx, id)?;
    factor::sql::forget(tx, id)?;
    sql::end_sessions(tx, id, None, "second_factor_reset", by.now)?;
    Ok(by.note(tx, "person.second_factor_reset", id, &json!({}))?)
}

/// Ends a session of a person.
pub fn end_session(tx: &Connection, by: &By, id: PersonId, session: PersonSessionId) -> Result<(), Refused> {
    known(tx, id)?;
    if !account::sql::end_own(tx, id, session, "revoked", by.now)? {
        return Err(Refused::NotFound("session"));
    }
    Ok(by.note(tx, "person.session_ended", id, &json!({ "session_id": session }))?)
}

fn known(connection: &Connection, id: PersonId) -> Result<StoredPerson, Refused> {
    sql::person_by_id(connection, id)?.ok_or(Refused::NotFound("person"))
}

/// Called after a change: if it took away the last one who can add others, the transaction is given up.
fn somebody_is_left(tx: &Connection, before: &StoredPerson) -> Result<(), Refused> {
    let unlimited = before.scope == Scope::default();
    if before.role != Role::Administrator || !unlimited || !before.is_active() {
        return Ok(());
    }
    let sql = "SELECT count(*) FROM people
               WHERE role = ?1 AND companies IS NULL AND partner IS NULL AND disabled_ms IS NULL";
    let left: Option<i64> = rows::first(tx, sql, [Role::Administrator.name()], |row| row.get(0))?;
    if left.unwrap_or(0) == 0 { Err(Refused::LastAdministrator) } else { Ok(()) }
}

fn faults(
    connection: &Connection,
    username: &str,
    person: &PersonChange,
) -> Result<Vec<(String, String)>, StoreError> {
    let named = names::faults(username, &person.name, person.partner.as_deref());
    let mut faults: Vec<(String, String)> =
        named.into_iter().map(|fault| (fault.field.to_owned(), fault.code.to_owned())).collect();
    let mut fault = |field: &str, code: &str| faults.push((field.to_owned(), code.to_owned()));
    match &person.companies {
        None => {}
        Some(codes) if codes.is_empty() => fault("companies", "missing"),
        Some(codes) if codes.len() > MAX_COMPANIES => fault("companies", "too_long"),
        Some(codes) => {
            for code in codes {
                if !companies::sql::exists(connection, code)? {
                    fault("companies", "unknown_value");
                    break;
                }
            }
        }
    }
    if let Some(id) = &person.directory_id {
        if id.trim().is_empty() {
            fault("directory_id", "missing");
        } else if id.len() > MAX_DIRECTORY_ID {
            fault("directory_id", "too_long");
        }
    }
    Ok(faults)
}

fn scope(person: &PersonChange) -> Scope {
    let codes = |codes: &Vec<CompanyCode>| codes.iter().cloned().collect::<BTreeSet<_>>();
    Scope { companies: person.companies.as_ref().map(codes), partner: person.partner.clone() }
}

/// What the audit keeps: never a name.
fn detail(person: &PersonChange) -> Value {
    let PersonChange { role, companies, partner, directory_id, .. } = person;
    json!({ "role": role, "companies": companies, "partner": partner, "directory": directory_id.is_some() })
}
