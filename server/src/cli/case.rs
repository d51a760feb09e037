//! `case`: erase a subscriber's data, and keep what a dispute needs.

use anyhow::{Context as _, anyhow};
use chinhchu_protocol::ids::CallId;
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;

use super::settings::{Settings, gather};
use super::store::{Opened, open_existing};
use super::{CliError, Globals, output};
use crate::audit::{call_subject, who};
use crate::cases::erase::{self, Demand, Standing};
use crate::cases::find;
use crate::cases::tombstones::Tombstones;
use crate::objects::Keys;
use crate::retention::sql::{self as holds, Hold};
use crate::store::StoreError;

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
struct Outcome {
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
        CaseCommand::Hold { call, reason } => {
            let call = known(&opened, &call)?;
            check_reason(&reason)?;
            let hold =
                Hold { call_id: call, placed_at: opened.clock.now(), placed_by: who::command_line(), reason };
            let mark = opened.mark("case.held", call_subject(call), json!({ "reason": hold.reason }));
            let stored = hold.clone();
            let placed = opened.db.write_blocking(move |tx| {
                let placed = holds::place(tx, &stored)?;
                if placed {
                    mark.leave(tx)?;
                }
                Ok::<_, StoreError>(placed)
            })?;
            if placed {
                output::object(globals, &hold)
            } else {
                Err(anyhow!("this call is held already").into())
            }
        }
        CaseCommand::Release { call, reason } => {
            let call = known(&opened, &call)?;
            check_reason(&reason)?;
            let mark = opened.mark("case.released", call_subject(call), json!({ "reason": reason }));
            let lifted = opened.db.write_blocking(move |tx| {
                let lifted = holds::lift(tx, call)?;
                if lifted {
                    mark.leave(tx)?;
                }
                Ok::<_, StoreError>(lifted)
            })?;
            if !lifted {
                return Err(anyhow!("this call is not held").into());
            }
            output::object(globals, &json!({ "call_id": call, "released": true }))
        }
        CaseCommand::Holds => output::list(globals, &opened.db.read_blocking(holds::holds)?),
    }
}

fn erase(globals: &Globals, opened: &Opened, args: EraseArgs) -> Result<(), CliError> {
    check_reason(&args.reason)?;
    let keys = Keys::of_store(&opened.db)?;
    let calls = match (&args.call, args.msisdn) {
        (Some(call), _) => vec![known(opened, call)?],
        (None, Some(number)) => of_subscriber(opened, &keys, number)?,
        (None, None) => Vec::new(),
    };
    let wanted = calls.clone();
    let cases: Vec<Standing> = opened.db.read_blocking(move |c| {
        let found = wanted.iter().filter_map(|call| erase::standing(c, *call).transpose());
        found.collect::<Result<_, StoreError>>()
    })?;
    let all = |fits: fn(&Standing) -> bool| -> Vec<CallId> {
        cases.iter().filter(|case| fits(case)).map(|case| case.call_id).collect()
    };
    let (held, live) = (all(|case| case.held), all(|case| !case.held && !case.ended));
    let free = all(|case| !case.held && case.ended);
    let demand = Demand { actor: who::command_line(), reason: args.reason };
    let tombstones = tombstones(globals, opened)?;
    let now = opened.clock.now();
    let erased = erase::erase(&opened.db, &keys, &tombstones, &free, &demand, now)?;
    let wal_emptied = opened.db.truncate_wal()?;
    let left = held.len() + live.len();
    output::object(globals, &Outcome { erased, calls: free, held, live, wal_emptied })?;
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
    let unknown = || anyhow!("there is no such call");
    let call: CallId = text.parse().map_err(|_| unknown())?;
    let case = opened.db.read_blocking(move |c| erase::standing(c, call))?;
    match case.ok_or_else(unknown)?.destroyed_at {
        Some(_) => Err(anyhow!("the case of this call was destroyed before").into()),
        None => Ok(call),
    }
}

fn check_reason(reason: &str) -> Result<(), CliError> {
    if reason.trim().is_empty() || reason.chars().count() > 200 {
        return Err(CliError::Settings(vec!["--reason: 1 to 200 characters".to_owned()]));
    }
    Ok(())
}
