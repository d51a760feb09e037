//! `backup` and `restore`: a copy of the store without the keys of the cases, and the keys beside it, so that
//! the copy can be kept for long and the keys for as short as erasure wants.
//!
//! Not in either file: `installation.key` and `signing.key` (without the first no case opens), the pictures'
//! folder (sealed files that are never changed: copy them with any tool) and the list of erased calls, which
//! must be newer than any copy that is put back.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use rusqlite::Connection;
use serde_json::json;

use super::case::tombstones;
use super::settings::data_folder;
use super::store::{Opened, open_existing};
use super::{CliError, Globals, output};
use crate::audit::look;
use crate::cases::erase::apply_tombstones;
use crate::objects::Keys;
use crate::store::FILE_NAME;

#[derive(Args)]
pub struct BackupArgs {
    /// File to write: the store without the keys of cases
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// File to write: the keys of cases, wrapped by installation.key. Keep the newest only, apart from the rest: an
    /// erased case is gone once no such file has its key
    #[arg(long, value_name = "FILE")]
    keys_out: PathBuf,
}

#[derive(Args)]
pub struct RestoreArgs {
    /// File of `backup --out`
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// File of `backup --keys-out`; without it the cases stay closed
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
}

pub fn run(globals: &Globals, args: &BackupArgs) -> Result<(), CliError> {
    let opened = open_existing(globals)?;
    let mark = opened.mark("backup.made", "store".to_owned(), json!({}));
    opened.db.write_blocking(move |tx| mark.leave(tx))?;
    // Stripped in the data folder, so that no key ever lies where the copy goes.
    let tmp = opened.db.folder().join(format!("backup-{}.tmp", uuid::Uuid::from_bytes(rand::random())));
    let made = copy_apart(opened.db.folder(), &tmp, args);
    fs::remove_file(&tmp).or_else(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })?;
    let keys = made?;
    output::object(globals, &json!({ "file": args.out, "keys_file": args.keys_out, "keys": keys }))
}

fn copy_apart(folder: &Path, tmp: &Path, args: &BackupArgs) -> anyhow::Result<usize> {
    make_new(tmp)?;
    look::open_in_use(folder)?.execute("VACUUM INTO ?1", [path_text(tmp)?])?;
    make_new(&args.keys_out)?;
    let copy = Connection::open(tmp)?;
    copy.pragma_update(None, "journal_mode", "MEMORY")?;
    copy.pragma_update(None, "secure_delete", true)?;
    copy.execute("ATTACH ?1 AS apart", [path_text(&args.keys_out)?])?;
    let sql = "CREATE TABLE apart.case_keys (call_id BLOB PRIMARY KEY, key_wrapped BLOB NOT NULL) STRICT";
    copy.execute(sql, [])?;
    let sql =
        "INSERT INTO apart.case_keys SELECT call_id, key_wrapped FROM cases WHERE key_wrapped IS NOT NULL";
    let keys = copy.execute(sql, [])?;
    copy.execute("UPDATE cases SET key_wrapped = NULL", [])?;
    copy.execute("DETACH apart", [])?;
    copy.close().map_err(|(_, error)| error)?;
    make_new(&args.out)?;
    fs::copy(tmp, &args.out).with_context(|| format!("write {}", args.out.display()))?;
    for file in [&args.out, &args.keys_out] {
        File::open(file)?.sync_all()?;
    }
    Ok(keys)
}

/// Puts a copy into a data folder that has no store.
pub fn restore(globals: &Globals, args: &RestoreArgs) -> Result<(), CliError> {
    let folder = data_folder(globals)?;
    let file = folder.join(FILE_NAME);
    if file.exists() {
        return Err(anyhow!("there is a store in {} already", folder.display()).into());
    }
    fs::create_dir_all(&folder)?;
    make_new(&file)?;
    fs::copy(&args.from, &file).with_context(|| format!("read {}", args.from.display()))?;
    let store = Connection::open(&file)?;
    let mut keys = 0;
    if let Some(apart) = &args.keys {
        if !apart.is_file() {
            return Err(anyhow!("there is no file {}", apart.display()).into());
        }
        store.execute("ATTACH ?1 AS apart", [path_text(apart)?])?;
        let sql = "UPDATE cases SET key_wrapped = (SELECT k.key_wrapped FROM apart.case_keys k
                     WHERE k.call_id = cases.call_id)
                   WHERE destroyed_ms IS NULL AND key_wrapped IS NULL
                     AND EXISTS (SELECT 1 FROM apart.case_keys k WHERE k.call_id = cases.call_id)";
        keys = store.execute(sql, [])?;
        store.execute("DETACH apart", [])?;
    }
    // Whoever was connected before must not take the older state for a newer one.
    let sql = "UPDATE meta SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE name = 'incarnation'";
    store.execute(sql, [])?;
    store.close().map_err(|(_, error)| error)?;
    let opened = open_existing(globals)?;
    let mark = opened.mark("store.restored", "store".to_owned(), json!({ "keys": keys }));
    opened.db.write_blocking(move |tx| mark.leave(tx))?;
    let erased_again = erase_again(globals, &opened, &folder)?;
    let list = tombstones(globals, &opened)?.path().to_path_buf();
    let found = list.exists();
    output::object(
        globals,
        &json!({ "data": folder, "keys": keys, "erased_again": erased_again,
                 "list_of_erased": found.then_some(&list) }),
    )?;
    if found || globals.json {
        return Ok(());
    }
    output::say(&format!(
        "There is no list of erased calls at {}. If anybody was ever erased, put the newest list there before anything \
         else: without it they are back.",
        list.display()
    ))
}

/// What was erased since the copy was made goes at once: other commands read cases before any server starts.
/// Without the server's keys no list can be believed; the start asks for them.
fn erase_again(globals: &Globals, opened: &Opened, folder: &Path) -> Result<usize, CliError> {
    if !Keys::are_in(folder) {
        return Ok(0);
    }
    let (keys, tombstones) = (Keys::of_store(&opened.db)?, tombstones(globals, opened)?);
    Ok(apply_tombstones(&opened.db, &keys, &tombstones, opened.clock.now())?)
}

/// An empty file for this account only; fails if there is one.
fn make_new(path: &Path) -> anyhow::Result<()> {
    let mut options = File::options();
    let made = crate::objects::private(options.write(true).create_new(true)).open(path);
    made.map(drop).with_context(|| format!("write {}", path.display()))
}

fn path_text(path: &Path) -> anyhow::Result<&str> {
    path.to_str().ok_or_else(|| anyhow!("the path is no text: {}", path.display()))
}
