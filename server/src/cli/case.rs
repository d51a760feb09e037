//! `case`: erase a subscriber's data, and keep what a dispute needs.

use anyhow::{Context as _, anyhow};
use chinhchu_protocol::ids::CallId;
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;

use super::settings::{Settings, gather};
use super::store::{Opened, open_existing};
use super::{CliError, Globals, output};
use crate::audit::who;
use crate::cases::demand::{self, Demand, Holding, Outcome};
use crate::cases::tombstones::Tombstones;
use crate::cases::{erase, find};
use crate::objects::Keys;
use crate::retention::sql as holds;

#[derive(Subcommand)]
pub enum CaseCommand {
    /// Destroy the keys of one call's case, or of all cases of a subscriber: nobody can open them any more, here or
    /// in a copy. Log, audit and the hashes of the evidence stay
    Erase(EraseArgs),
    /// Keep a call's case and pictures whatever its age, until it is released: a dispute, an order of a court
    Hold {
        /// Id of the call
        #[arg(long, value_name = "ID")]
        call: String,
        /// Such as a file number; no names
        #[arg(long)]
        reason: String,
    },
    /// End a hold: the call is kept as long as its company's rules say
    Release {
        /// Id of the call
        #[arg(long, value_name = "ID")]
        call: String,
        /// Such as a file number; no names
        #[arg(long)]
        reason: String,
    },
    /// Show every hold
    Holds,
}

#[derive(Args)]
#[command(group = clap::ArgGroup::new("whose").required(true))]
pub struct EraseArgs {
    /// Id of the call
    #[arg(long, value_name = "ID", group = "whose")]
    call: Option<String>,
    /// Number of the subscriber; `-` reads it from standard input, so that no list of commands keeps it
    #[arg(long, value_name = "NUMBER", group = "whose", allow_hyphen_values = true)]
    msisdn: Option<String>,
    /// Such as a file number; no names
    #[arg(long)]
    reason: String,
}

#[derive(Serialize)]
struct Outcomes {
    erased: usize,
    calls: Vec<CallId>,
    /// Calls that a hold keeps.
    held: Vec<CallId>,
    /// Calls that are not over.
    live: Vec<CallId>,
    /// Whether the write-ahead log was emptied; if not, the running server does it.
    wal_emptied: bool,
}

pub fn run(globals: &Globals, command: CaseCommand) -> Result<(), CliError> {
    let opened = open_existing(globals)?;
    match command {
        CaseCommand::Erase(args) => erase(globals, &opened, args),
        CaseCommand::Hold { call, reason } => hold(globals, &opened, &call, reason),
        CaseCommand::Release { call, reason } => {
            let (call, demand, now) = (known(&opened, &call)?, demand_of(reason)?, opened.clock.now());
            if !opened.db.write_blocking(move |tx| demand::release(tx, call, &demand, now))? {
                return Err(anyhow!("this call is not held").into());
            }
            output::object(globals, &json!({ "call_id": call, "released": true }))
        }
        CaseCommand::Holds => output::list(globals, &opened.db.read_blocking(holds::holds)?),
    }
}

fn hold(globals: &Globals, opened: &Opened, call: &str, reason: String) -> Result<(), CliError> {
    let (call, demand, now) = (known(opened, call)?, demand_of(reason)?, opened.clock.now());
    match opened.db.write_blocking(move |tx| demand::hold(tx, call, &demand, now))? {
        Holding::Placed(hold) => output::object(globals, &hold),
        Holding::Stands(_) => Err(anyhow!("this call is held already").into()),
        Holding::Destroyed => Err(destroyed_before().into()),
        Holding::NoCase => Err(unknown().into()),
    }
}

fn erase(globals: &Globals, opened: &Opened, args: EraseArgs) -> Result<(), CliError> {
    let demand = demand_of(args.reason)?;
    let keys = Keys::of_store(&opened.db)?;
    let calls = match (&args.call, args.msisdn) {
        (Some(call), _) => vec![known(opened, call)?],
        (None, Some(number)) => of_subscriber(opened, &keys, number)?,
        (None, None) => Vec::new(),
    };
    let (tombstones, now) = (tombstones(globals, opened)?, opened.clock.now());
    let judged =
        opened.db.write_blocking(move |tx| demand::erase(tx, (&keys, &tombstones), &calls, &demand, now))?;
    let (mut erased, mut held, mut live) = (Vec::new(), Vec::new(), Vec::new());
    for (call, outcome) in judged {
        match outcome {
            Outcome::Erased(_) => erased.push(call),
            Outcome::Held => held.push(call),
            Outcome::Running => live.push(call),
            // Somebody else was faster: there is nothing left to do.
            Outcome::ErasedBefore(_) | Outcome::Expired => {}
        }
    }
    let wal_emptied = opened.db.truncate_wal()?;
    let left = held.len() + live.len();
    output::object(globals, &Outcomes { erased: erased.len(), calls: erased, held, live, wal_emptied })?;
    if left > 0 {
        return Err(anyhow!(
            "not erased: {left} (listed above); a call that is held must be released first, a live one must end first"
        )
        .into());
    }
    Ok(())
}

fn of_subscriber(opened: &Opened, keys: &Keys, number: String) -> Result<Vec<CallId>, CliError> {
    let number = if number == "-" {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).context("read the number")?;
        line.trim().to_owned()
    } else {
        number
    };
    find::fill_missing(&opened.db, keys)?;
    let keys = keys.clone();
    let calls = opened.db.read_blocking(move |c| find::of_subscriber(c, &keys, &number))?;
    if calls.is_empty() { Err(anyhow!("no case of this subscriber is kept").into()) } else { Ok(calls) }
}

/// The file of tombstones: as set, else where the last server of this store had it.
pub fn tombstones(globals: &Globals, opened: &Opened) -> Result<Tombstones, CliError> {
    if let Some(path) = gather(globals, &Settings::default())?.tombstones {
        return Ok(Tombstones::at(path));
    }
    let folder = opened.db.folder().to_path_buf();
    Ok(opened.db.read_blocking(move |c| Tombstones::noted(c, &folder))?)
}

fn known(opened: &Opened, text: &str) -> Result<CallId, CliError> {
    let call: CallId = text.parse().map_err(|_| unknown())?;
    let case = opened.db.read_blocking(move |c| erase::standing(c, call))?;
    match case.ok_or_else(unknown)?.destroyed {
        Some(_) => Err(destroyed_before().into()),
        None => Ok(call),
    }
}

fn unknown() -> anyhow::Error {
    anyhow!("there is no such call")
}

fn destroyed_before() -> anyhow::Error {
    anyhow!("the case of this call was destroyed before")
}

fn demand_of(reason: String) -> Result<Demand, CliError> {
    if demand::is_reason(&reason) {
        return Ok(Demand { actor: who::command_line(), reason });
    }
    Err(CliError::Settings(vec!["--reason: 1 to 200 characters".to_owned()]))
}
