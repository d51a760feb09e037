//! `audit`: who did what, and whether anybody touched what was written since.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use chinhchu_evidence::PublicKey;
use chinhchu_protocol::ids::CallId;
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use serde_json::{Value, json};

use super::output::say;
use super::settings::{Settings, data_folder, gather};
use super::store::open_existing;
use super::token::seconds;
use super::{CliError, Globals, output};
use crate::audit::export::{self, Line};
use crate::audit::sql::{Filter, newest};
use crate::audit::verify::{Checker, Report};
use crate::audit::{call_subject, look, root, who};
use crate::cases::tombstones::Tombstones;
use crate::objects::Keys;
use crate::store::{FILE_NAME, StoreError};

/// Looks at a store that others use at the same time.
const MOST_LOOKS: u32 = 3;

#[derive(Subcommand)]
pub enum AuditCommand {
    /// Show who did what, newest first
    List(ListArgs),
    /// Check log, audit, evidence, roots of days and the list of erased calls, without changing anything. Exit code
    /// 0: all sound; 1: not, with each bad record named; 2: nothing could be checked
    Verify(VerifyArgs),
    /// Write log, audit, roots and the list of erased calls into one file that `audit verify FILE` checks anywhere. It
    /// holds ids and hashes, no persons
    Export {
        /// File to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Make the signed roots of the days that are over and have none (the running server does it by itself after
    /// midnight of Vietnam), and show the newest
    Root {
        /// Show every root
        #[arg(long)]
        all: bool,
    },
}

#[derive(Args)]
pub struct ListArgs {
    /// What was done to this call: who looked at which picture, and when
    #[arg(long, value_name = "ID")]
    call: Option<String>,
    /// What was done to one thing of any kind, such as workstation:ID, day:2026-11-23 or call:ID
    #[arg(long, value_name = "KIND:ID", conflicts_with = "call")]
    subject: Option<String>,
    /// By one actor, such as cli:root or agent:ID
    #[arg(long)]
    actor: Option<String>,
    /// One kind of deed, such as case.looked_at, or all of a thing, such as workstation
    #[arg(long)]
    action: Option<String>,
    /// Not older than this: 15m, 12h, 90d
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 200)]
    limit: u32,
}

#[derive(Args)]
pub struct VerifyArgs {
    /// File of `audit export`; without it the data folder is checked
    file: Option<PathBuf>,
    /// Public key of a server that is trusted, as `key show` gives it; repeat for more. For a data folder its own
    /// key, if missing
    #[arg(long, value_name = "KEY")]
    trust: Vec<String>,
    /// Hash of a root that somebody else has kept (mSale gets each): it must be here; repeat for more
    #[arg(long, value_name = "SHA256", value_parser = sha256)]
    known_root: Vec<String>,
    /// Number and hash of a record of the log that somebody else has kept (`log_head` of the `call.result` that mSale
    /// got), such as 4711:9f86…: it must be here; repeat for more
    #[arg(long, value_name = "SEQ:SHA256", value_parser = log_head)]
    known_record: Vec<(u64, String)>,
    /// Language of the words
    #[arg(long, value_enum, default_value_t = Language::Vi)]
    lang: Language,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Vietnamese
    Vi,
    /// English
    En,
}

#[derive(Serialize)]
struct Listed {
    seq: u64,
    at: chinhchu_protocol::time::Timestamp,
    actor: String,
    /// Sign-in name of an agent or of a person of the console.
    name: Option<String>,
    action: String,
    subject: String,
    detail: Value,
}

fn log_head(text: &str) -> Result<(u64, String), String> {
    let parts = text.split_once(':').and_then(|(seq, hash)| Some((seq.parse().ok()?, sha256(hash).ok()?)));
    parts.ok_or_else(|| "a number, a colon, and 64 hex digits".to_owned())
}

/// A hash as a person may have written it down.
pub fn sha256(text: &str) -> Result<String, String> {
    let text = text.trim().to_ascii_lowercase();
    let good = chinhchu_evidence::hex::decode::<32>(&text).is_some();
    if good { Ok(text) } else { Err("64 hex digits".to_owned()) }
}

pub fn run(globals: &Globals, command: AuditCommand) -> Result<(), CliError> {
    match command {
        AuditCommand::List(args) => list(globals, args),
        AuditCommand::Verify(args) => verify(globals, &args),
        AuditCommand::Export { out } => export_to(globals, &out),
        AuditCommand::Root { all } => roots(globals, all),
    }
}

fn list(globals: &Globals, args: ListArgs) -> Result<(), CliError> {
    let opened = open_existing(globals)?;
    let call = args.call.map(|text| text.parse::<CallId>()).transpose();
    let call = call.map_err(|_| anyhow!("that is no id of a call"))?;
    let wrong = || CliError::Settings(vec!["--since: such as 15m, 12h, 90d".to_owned()]);
    let since = args.since.map(|text| seconds(&text).ok_or_else(wrong)).transpose()?;
    let filter = Filter {
        subject: call.map(call_subject).or(args.subject),
        actor: args.actor,
        action: args.action,
        since: since.map(|s| opened.clock.now().plus_ms(-i64::from(s) * 1_000)),
        ..Filter::default()
    };
    let (records, names) = opened.db.read_blocking(move |c| {
        let records = newest(c, &filter, args.limit)?;
        let actors: BTreeSet<&str> = records.iter().map(|record| record.actor.as_str()).collect();
        let known = actors.into_iter().map(|actor| Ok((actor.to_owned(), who::name(c, actor)?)));
        let names = known.collect::<Result<BTreeMap<_, _>, StoreError>>()?;
        Ok::<_, StoreError>((records, names))
    })?;
    let listed = records.into_iter().map(|record| Listed {
        seq: record.seq,
        at: record.at,
        name: names.get(&record.actor).cloned().flatten(),
        actor: record.actor,
        action: record.action,
        subject: record.subject,
        detail: serde_json::from_slice(&record.detail).unwrap_or_default(),
    });
    output::list(globals, &listed.collect::<Vec<_>>())
}

fn verify(globals: &Globals, args: &VerifyArgs) -> Result<(), CliError> {
    let wrong = |_| CliError::Settings(vec!["--trust: ed25519:…, as `key show` gives it".to_owned()]);
    let trusted = args.trust.iter().map(|text| text.parse::<PublicKey>().map_err(wrong));
    let mut trusted: Vec<PublicKey> = trusted.collect::<Result<_, _>>()?;
    let (mut checker, mut own) = (Checker::new(trusted.clone()), false);
    if let Some(path) = &args.file {
        if trusted.is_empty() {
            return Err(CliError::Settings(vec!["--trust: whose signatures count".to_owned()]));
        }
        let file = File::open(path).map_err(|error| unread(path, &error))?;
        for (seq, hash) in &args.known_record {
            checker.expect_record(*seq, hash.clone());
        }
        export::read(&mut BufReader::new(file), &mut checker).map_err(|error| unread(path, &error))?;
    } else {
        let folder = data_folder(globals)?;
        if !folder.join(FILE_NAME).is_file() {
            return Err(CliError::Settings(vec![format!("no installation in {}", folder.display())]));
        }
        if trusted.is_empty() {
            trusted.push(own_key(&folder)?);
            own = true;
        }
        checker = of_folder(globals, args, &folder, &trusted)?;
    }
    for sha256 in &args.known_root {
        checker.expect(sha256);
    }
    let report = checker.finish();
    tell(globals, args.lang, &report)?;
    if !globals.json {
        by_which_key(args.lang, &report, own)?;
    }
    if report.sound { Ok(()) } else { Err(anyhow!("not sound").into()) }
}

/// Nothing was checked: that is no finding.
fn unread(path: &Path, error: &std::io::Error) -> CliError {
    CliError::Settings(vec![format!("read {}: {error}", path.display())])
}

fn of_folder(
    globals: &Globals,
    args: &VerifyArgs,
    folder: &Path,
    trusted: &[PublicKey],
) -> Result<Checker, CliError> {
    let named = gather(globals, &Settings::default())?.tombstones;
    // Somebody may use a store that nobody used a moment ago: then what was read is not to be trusted.
    for _ in 0..MOST_LOOKS {
        let look = look::open(folder)?;
        let tombstones = match &named {
            Some(path) => Tombstones::at(path.clone()),
            None => Tombstones::noted(&look.connection, folder)?,
        };
        let mut checker = Checker::new(trusted.to_vec());
        for (seq, hash) in &args.known_record {
            checker.expect_record(*seq, hash.clone());
        }
        let done = look::check(&look.connection, &tombstones, &mut checker);
        if look.undisturbed(folder) {
            done?;
            return Ok(checker);
        }
    }
    Err(anyhow!("the store is changed again and again while it is read").into())
}

/// Whoever replaces everything replaces the key, too: only a key from elsewhere proves.
fn by_which_key(language: Language, report: &Report, own: bool) -> Result<(), CliError> {
    let keys = report.keys.join(", ");
    match (language, own) {
        (Language::Vi, false) => say(&format!("Khoá máy chủ được tin cậy: {keys}.")),
        (Language::En, false) => say(&format!("Server key that was trusted: {keys}.")),
        (Language::Vi, true) => say(&format!(
            "Đã dùng khoá nằm trong chính thư mục này, dấu vân tay {keys}: hãy so với dấu vân tay đã nhận trước đây \
             từ nơi khác, hoặc chạy lại với --trust."
        )),
        (Language::En, true) => say(&format!(
            "Checked by the key in the folder itself, fingerprint {keys}: compare it with the one that you were given \
             before, or use --trust."
        )),
    }
}

/// The key of the folder's own server; makes none.
fn own_key(folder: &Path) -> Result<PublicKey, CliError> {
    if !Keys::are_in(folder) {
        let told = "--trust: this copy has no key of its own; name the server's (key show)".to_owned();
        return Err(CliError::Settings(vec![told]));
    }
    Ok(Keys::open(folder)?.signing().public())
}

fn tell(globals: &Globals, language: Language, report: &Report) -> Result<(), CliError> {
    if globals.json {
        return say(&serde_json::to_string(report)?);
    }
    let vi = language == Language::Vi;
    let Report { log_records, audit_records, roots, tombstones, not_yet_rooted, .. } = report;
    let at_export = match (report.signed_at_export, vi) {
        (false, true) => " (mới biết là nối tiếp nhau và khớp với biên nhận, chưa được ký)",
        (false, false) => " (they follow each other and fit the receipts; nothing more is known yet)",
        (true, true) => " (đã được ký khi xuất tệp)",
        (true, false) => " (signed when the file was made)",
    };
    let day = report.newest_root_day.as_deref().unwrap_or("–");
    let sha256 = report.newest_root_sha256.as_deref().unwrap_or("–");
    if vi {
        say(&format!(
            "Nhật ký cuộc gọi: {log_records} bản ghi. Nhật ký kiểm toán: {audit_records} bản ghi."
        ))?;
        say(&format!("Chữ ký theo ngày: {roots}, mới nhất {day} ({sha256})."))?;
        say(&format!(
            "Chưa có chữ ký ngày: {not_yet_rooted} bản ghi{at_export}. Cuộc gọi đã xóa: {tombstones}."
        ))?;
        if let Some(count) = report.evidence {
            say(&format!("Bằng chứng đã đối chiếu với nhật ký và biên nhận: {count}."))?;
        }
    } else {
        say(&format!("Log of calls: {log_records} records. Audit: {audit_records} records."))?;
        say(&format!("Signed roots of days: {roots}, the newest of {day} ({sha256})."))?;
        say(&format!("Under no root yet: {not_yet_rooted} records{at_export}. Erased calls: {tombstones}."))?;
        if let Some(count) = report.evidence {
            say(&format!("Evidence held against log and receipts: {count}."))?;
        }
    }
    for one in &report.breaks {
        let (mark, words) = if vi { ("SAI", &one.words_vi) } else { ("BROKEN", &one.words_en) };
        say(&format!("{mark}: {words}"))?;
    }
    let more = report.broken - report.breaks.len();
    if more > 0 {
        say(&if vi { format!("… và {more} chỗ sai khác") } else { format!("… and {more} more") })?;
    }
    say(match (report.sound, vi) {
        (true, true) => "NGUYÊN VẸN: không tìm thấy chỗ nào bị sửa, bớt hay thêm.",
        (true, false) => "SOUND: nothing was found changed, removed or added.",
        (false, true) => "KHÔNG NGUYÊN VẸN: dữ liệu đã bị thay đổi ở những chỗ nêu trên.",
        (false, false) => "NOT SOUND: data was changed in the places named above.",
    })
}

fn export_to(globals: &Globals, out: &Path) -> Result<(), CliError> {
    let opened = open_existing(globals)?;
    let mark = opened.mark("audit.exported", "audit".to_owned(), json!({}));
    opened.db.write_blocking(move |tx| mark.leave(tx))?;
    let folder = opened.db.folder().to_path_buf();
    let connection = look::open_in_use(&folder)?;
    let mut options = File::options();
    let file = crate::objects::private(options.write(true).create_new(true)).open(out);
    let file = file.with_context(|| format!("write {}", out.display()))?;
    let mut writer = export::Writer::new(BufWriter::new(file))?;
    let snapshot = connection.unchecked_transaction()?;
    let tombstones = super::case::tombstones(globals, &opened)?;
    for (day, envelope) in look::roots(&snapshot)? {
        writer.put(&Line::Root(day, String::from_utf8(envelope).context("a root is no text")?))?;
    }
    let keys = Keys::of_store(&opened.db)?;
    let (day, envelope) = root::rest(&snapshot, &keys, opened.clock.now())?;
    writer.put(&Line::Rest(day, envelope))?;
    for line in Tombstones::lines(tombstones.path())? {
        writer.put(&Line::Tombstone(line))?;
    }
    let (mut audit, mut log) = (0_u64, 0_u64);
    look::each_audit(&snapshot, |record| {
        audit += 1;
        Ok::<_, anyhow::Error>(writer.put(&Line::audit(record)?)?)
    })?;
    look::each_log(&snapshot, |record| {
        log += 1;
        Ok::<_, anyhow::Error>(writer.put(&Line::log(record)?)?)
    })?;
    let mut file = writer.end()?;
    file.flush()?;
    file.get_ref().sync_all()?;
    output::object(globals, &json!({ "file": out, "log_records": log, "audit_records": audit }))
}

fn roots(globals: &Globals, all: bool) -> Result<(), CliError> {
    let opened = open_existing(globals)?;
    let keys = Keys::of_store(&opened.db)?;
    root::make_due(&opened.db, &keys, opened.clock.now(), &who::command_line())?;
    if all {
        return output::list(globals, &opened.db.read_blocking(crate::audit::sql::roots)?);
    }
    let newest = opened.db.read_blocking(crate::audit::sql::newest_root)?;
    let newest = newest.ok_or_else(|| anyhow!("no day is over yet since the first record"))?;
    output::object(globals, &newest)
}
