//! `backup` and `restore`: a copy of the store without the keys of the cases, and the keys beside it, so that
//! the copy can be kept for long and the keys for as short as erasure wants.
//!
//! Not in either file: `installation.key` and `signing.key` (without the first no case opens), the pictures'
//! folder (sealed files that are never changed: copy them with any tool) and the list of erased calls, which
//! must be newer than any copy that is put back.

use std::fs::File;
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
use crate::store::copy::{self, WorkingCopy};
use crate::store::{FILE_NAME, make_folder};

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
    copy::remove_left(opened.db.folder())?;
    for file in [&args.out, &args.keys_out] {
        if file.exists() {
            return Err(anyhow!("{} is there already", file.display()).into());
        }
    }
    let mark = opened.mark("backup.made", "store".to_owned(), json!({}));
    opened.db.write_blocking(move |tx| mark.leave(tx))?;
    // Stripped in the data folder, so that no key ever lies where the copy goes.
    let tmp = WorkingCopy::new(opened.db.folder()).context("the data folder")?;
    let keys = copy_apart(opened.db.folder(), tmp.path(), args)?;
    drop(tmp);
    output::object(globals, &json!({ "file": args.out, "keys_file": args.keys_out, "keys": keys }))
}

fn copy_apart(folder: &Path, tmp: &Path, args: &BackupArgs) -> anyhow::Result<usize> {
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
    copy_into(tmp, &args.out).with_context(|| format!("write {}", args.out.display()))?;
    for file in [&args.out, &args.keys_out] {
        File::open(file)?.sync_all()?;
    }
    Ok(keys)
}

/// Puts a copy into a data folder that has no store. Nothing is there until all of it is: whatever is wrong with what
/// was named, the folder stays without a store and the command can be given again.
pub fn restore(globals: &Globals, args: &RestoreArgs) -> Result<(), CliError> {
    let folder = data_folder(globals)?;
    let file = folder.join(FILE_NAME);
    for part in ["", "-wal", "-shm"] {
        let part = folder.join(format!("{FILE_NAME}{part}"));
        if part.exists() {
            return Err(
                anyhow!("there is a store in {} already: {}", folder.display(), part.display()).into()
            );
        }
    }
    for given in [Some(&args.from), args.keys.as_ref()].into_iter().flatten() {
        if !given.is_file() {
            return Err(anyhow!("there is no file {}", given.display()).into());
        }
    }
    make_folder(&folder)?;
    copy::remove_left(&folder)?;
    let tmp = WorkingCopy::new(&folder).context("the data folder")?;
    copy_into(&args.from, tmp.path()).with_context(|| format!("read {}", args.from.display()))?;
    let keys = put_together(tmp.path(), args)?;
    tmp.becomes(&file)?;
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

/// Makes the copy a store again, gives how many keys it has back.
fn put_together(tmp: &Path, args: &RestoreArgs) -> anyhow::Result<usize> {
    let store = Connection::open(tmp)?;
    let sql = "SELECT value FROM meta WHERE name = 'incarnation'";
    let told = || format!("{} is no file of `backup --out`", args.from.display());
    store.query_row(sql, [], |row| row.get::<_, String>(0)).with_context(told)?;
    let mut keys = 0;
    if let Some(apart) = &args.keys {
        let told = || format!("{} is no file of `backup --keys-out`", apart.display());
        store.execute("ATTACH ?1 AS apart", [path_text(apart)?]).with_context(told)?;
        let sql = "UPDATE cases SET key_wrapped = (SELECT k.key_wrapped FROM apart.case_keys k
                     WHERE k.call_id = cases.call_id)
                   WHERE destroyed_ms IS NULL AND key_wrapped IS NULL
                     AND EXISTS (SELECT 1 FROM apart.case_keys k WHERE k.call_id = cases.call_id)";
        keys = store.execute(sql, []).with_context(told)?;
        store.execute("DETACH apart", [])?;
    }
    // Whoever was connected before must not take the older state for a newer one.
    let sql = "UPDATE meta SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE name = 'incarnation'";
    store.execute(sql, [])?;
    store.close().map_err(|(_, error)| error)?;
    Ok(keys)
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

/// Copies the bytes alone: the rights of the file that is written stay as they are.
fn copy_into(from: &Path, to: &Path) -> std::io::Result<()> {
    let mut written = File::options().write(true).truncate(true).open(to)?;
    std::io::copy(&mut File::open(from)?, &mut written)?;
    written.sync_all()
}

fn path_text(path: &Path) -> anyhow::Result<&str> {
    path.to_str().ok_or_else(|| anyhow!("the path is no text: {}", path.display()))
}
