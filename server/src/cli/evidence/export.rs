//! `evidence export`: one file that proves a verdict. Every export stands in the audit before it is made.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use chinhchu_evidence::bundle::Packing;
use chinhchu_protocol::ids::CallId;
use clap::Args;
use serde_json::json;

use crate::audit::{self, Entry, who};
use crate::cli::case::tombstones;
use crate::cli::output::say;
use crate::cli::settings::{Settings, data_folder, gather as gather_settings};
use crate::cli::store::{Opened, open_existing};
use crate::cli::{CliError, Globals, output};
use crate::config::Config;
use crate::evidence::pack::{self, Held, PackError, leaf_name};
use crate::objects::{Keys, Objects};
use crate::store::StoreError;

#[derive(Args)]
pub struct ExportArgs {
    /// Id of the call
    call: String,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Leave a field or picture out, such as `customer.id_number`, `note` or `picture:portrait`; the bundle
    /// verifies all the same, and says what is hidden. Repeat for several
    #[arg(long, value_name = "NAME")]
    hide: Vec<String>,
    /// Of which assignment, if not of the one whose verdict counts
    #[arg(long, value_name = "N")]
    assignment: Option<u32>,
    /// Folder of the pictures, if not `<data>/evidence`
    #[arg(long, value_name = "DIR")]
    evidence: Option<PathBuf>,
}

pub fn run(globals: &Globals, args: &ExportArgs) -> Result<(), CliError> {
    let call: CallId = args.call.parse().map_err(|_| anyhow!("that is no id of a call"))?;
    let opened = open_existing(globals)?;
    let keys = Keys::of_store(&opened.db)?;
    if args.out.exists() {
        return Err(anyhow!("{} is there already", args.out.display()).into());
    }
    // A copy that was put back, and that no server has served yet, may still hold who was erased since.
    if tombstones(globals, &opened)?.names(call, &keys.signing().public())? {
        return Err(anyhow!("this call's case was erased: its evidence is not handed out any more").into());
    }
    let hide: Vec<String> = args.hide.iter().map(|name| leaf_name(name)).collect();
    let wanted = args.assignment;
    let assignment = opened.db.read_blocking(move |c| pack::assignment(c, call, wanted))?;

    let audit_seq = announce(&opened, call, assignment, &hide)?;
    let now = opened.clock.now();
    let signer = keys.clone();
    let mut held = opened.db.read_blocking(move |c| pack::gather(c, &signer, call, assignment, now))?;
    read_pictures(globals, args, &opened, &mut held)?;

    let names = held.to_hide(&hide);
    let packing = Packing { exported_at: now, audit_seq: Some(audit_seq) };
    let (packed, report) = held.pack(&names, packing, &keys).map_err(not_packed)?;
    if !report.sound {
        let faulty = pack::faulty(&report).join(", ");
        return Err(anyhow!("what the store holds is not sound: {faulty}").into());
    }
    write_file(&args.out, &packed)?;
    let showing = held.may_still_show(&names, &report);
    output::object(
        globals,
        &json!({
            "call_id": call,
            "assignment": assignment,
            "file": args.out,
            "bytes": packed.len(),
            "manifest_sha256": held.manifest_sha256,
            "hidden": names,
            "gone": held.contents.gone.iter().map(|kind| kind.name()).collect::<Vec<_>>(),
            "audit_seq": audit_seq,
            "server_key": keys.signing().public(),
            "may_still_show": showing,
        }),
    )?;
    if showing.is_empty() || globals.json {
        return Ok(());
    }
    say("Look at the pictures before you hand the bundle on: they may show what was hidden (may_still_show).")
}

fn not_packed(error: PackError) -> anyhow::Error {
    match error {
        error @ (PackError::NoSuchName(_) | PackError::MustBeShown) => anyhow!("--hide: {error}"),
        error @ (PackError::Store(_)
        | PackError::NoCall
        | PackError::NoEvidence
        | PackError::Erased
        | PackError::Unsigned
        | PackError::NoApproval
        | PackError::NotInLog
        | PackError::NoRoot(_)
        | PackError::Fault(_)) => error.into(),
    }
}

/// Writes the export down before anything is read: nobody takes a bundle unseen.
fn announce(opened: &Opened, call: CallId, assignment: u32, hidden: &[String]) -> Result<u64, CliError> {
    let (actor, now) = (who::command_line(), opened.clock.now());
    let detail = json!({ "assignment": assignment, "hidden": hidden });
    let subject = audit::call_subject(call);
    let written = opened.db.write_blocking(move |tx| {
        let entry = Entry { actor: &actor, action: "evidence.exported", subject: &subject, detail: &detail };
        audit::append(tx, now, &entry)
    });
    written.map_err(|error: StoreError| error.into())
}

/// The folder of the pictures.
pub fn objects(globals: &Globals, named: Option<PathBuf>, opened: &Opened) -> Result<Objects, CliError> {
    let settings = gather_settings(globals, &Settings { evidence: named, ..Settings::default() })?;
    let config = Config { evidence: settings.evidence, ..Config::for_data(data_folder(globals)?) };
    Ok(Objects::beside(config.evidence_folder(), opened.db.clone(), opened.clock.clone()))
}

fn read_pictures(
    globals: &Globals,
    args: &ExportArgs,
    opened: &Opened,
    held: &mut Held,
) -> Result<(), CliError> {
    let objects = objects(globals, args.evidence.clone(), opened)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(held.read_pictures(&objects));
    Ok(())
}

/// Written beside its place and renamed, readable by its owner only: a bundle holds personal data.
fn write_file(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let mut name = path.file_name().context("--out: not a file")?.to_owned();
    // A name that nobody can foresee, and never a file or link that somebody has put there before.
    name.push(format!(".{:08x}.part", rand::random::<u32>()));
    let beside = path.with_file_name(name);
    let mut options = OpenOptions::new();
    let mut file = crate::objects::private(options.write(true).create_new(true))
        .open(&beside)
        .with_context(|| format!("{}", beside.display()))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path).with_context(|| format!("{}", path.display()))?;
    Ok(())
}
