//! Opens the store for a command.

use anyhow::{Context as _, anyhow};
use chinhchu_protocol::ids::CompanyCode;
use chinhchu_protocol::time::Timestamp;
use rusqlite::Connection;
use serde_json::Value;

use super::settings::data_folder;
use super::{CliError, Globals};
use crate::audit::{self, Entry, who};
use crate::clock::Clock;
use crate::policy::commit::ensure_catalogue;
use crate::store::{Db, FILE_NAME, StoreError};

/// The store with the system's clock. A fresh folder is made whole: companies and catalogue are in it.
pub struct Opened {
    /// The store.
    pub db: Db,
    /// Time.
    pub clock: Clock,
}

impl Opened {
    /// What is to stand in the audit about this command, by whoever runs it.
    pub fn mark(&self, action: &'static str, subject: String, detail: Value) -> Mark {
        Mark { actor: who::command_line(), action, subject, detail, now: self.clock.now() }
    }
}

/// An entry of the audit, left in the transaction of its deed.
pub struct Mark {
    actor: String,
    action: &'static str,
    subject: String,
    detail: Value,
    now: Timestamp,
}

impl Mark {
    /// Writes it down.
    pub fn leave(&self, tx: &Connection) -> Result<(), StoreError> {
        let Self { actor, action, subject, detail, now } = self;
        audit::append(tx, *now, &Entry { actor, action, subject, detail }).map(drop)
    }
}

/// Opens (and makes) the store that the flags name.
pub fn open(globals: &Globals) -> Result<Opened, CliError> {
    let folder = data_folder(globals)?;
    let db = Db::open(&folder).with_context(|| format!("data folder {}", folder.display()))?;
    let clock = Clock::system();
    let now = clock.now();
    db.write_blocking(move |tx| ensure_catalogue(tx, now))?;
    Ok(Opened { db, clock })
}

/// Opens the store that the flags name, for a command that only looks: an empty folder is made whole, but a folder
/// that is not there is a typed fault, and would be answered with the defaults of a fresh installation.
pub fn open_to_look(globals: &Globals) -> Result<Opened, CliError> {
    let folder = data_folder(globals)?;
    if !folder.is_dir() {
        return Err(anyhow!("no data folder {}", folder.display()).into());
    }
    open(globals)
}

/// Opens the store that the flags name, for a command that only reads what has happened: a fresh one would
/// tell of nothing, and a wrong folder be taken for a sound one.
pub fn open_existing(globals: &Globals) -> Result<Opened, CliError> {
    let folder = data_folder(globals)?;
    if !folder.join(FILE_NAME).is_file() {
        return Err(anyhow!("no installation in {}", folder.display()).into());
    }
    open(globals)
}

/// Reads a company code of the command line.
pub fn company_code(text: &str) -> Result<CompanyCode, CliError> {
    CompanyCode::parse(text)
        .ok_or_else(|| CliError::Settings(vec!["a company code is 1 to 16 of A-Z a-z 0-9 _ -".to_owned()]))
}

/// Fails unless an open company has the code.
pub fn company_exists(opened: &Opened, code: &CompanyCode) -> Result<(), CliError> {
    let wanted = code.clone();
    let exists = opened.db.read_blocking(move |c| crate::companies::sql::exists(c, &wanted))?;
    if exists { Ok(()) } else { Err(anyhow!("there is no company {code}").into()) }
}

/// A sentence for a name that is taken.
pub fn taken(error: StoreError, what: &str) -> CliError {
    if error.is_conflict() { anyhow!("{what} exists already").into() } else { error.into() }
}
