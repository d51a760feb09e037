//! A file of the catalogue: `import` makes it known, `what-if` only asks.

use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use chinhchu_protocol::console::policy::{PolicyEffect, PolicyPreview, PolicyPreviewRow, PolicySource};
use chinhchu_protocol::policy::VideoCall;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::super::store::Opened;
use super::super::{CliError, Globals, output};
use super::{ImportArgs, WhatIfArgs, day};
use crate::audit::who;
use crate::policy::change::Draft;
use crate::policy::commit::{Author, CommitError, commit, preview};
use crate::policy::fault::Fault;
use crate::policy::what_if::{self, Asked, Seen};
use crate::policy::{draft, encoding, file, words};

pub fn run(globals: &Globals, opened: &Opened, args: &ImportArgs) -> Result<(), CliError> {
    let bytes = bytes_of(&args.file)?;
    let draft = draft_of(globals, args, &bytes)?;
    let now = opened.clock.now();
    if args.preview {
        let found = opened.db.read_blocking(move |c| preview(c, &draft, now));
        let (_, preview) = found.map_err(|error| refused(globals, error))?;
        return show(globals, &preview, &Done::Previewed);
    }
    let reason = args.reason.clone().unwrap_or_default();
    draft::reason(&reason).map_err(|fault| faulty(globals, &[fault]))?;
    let author = Author {
        actor: who::command_line(),
        reason,
        source: PolicySource::Import,
        file_sha256: Some(Sha256::digest(&bytes).into()),
        backdated: args.backdated,
        digest: None,
    };
    let done = opened.db.write_blocking(move |tx| commit(tx, &draft, &author, now));
    let (change, preview) = done.map_err(|error| refused(globals, error))?;
    show(globals, &preview, &Done::Known(change.map(|change| change.change)))
}

fn draft_of(globals: &Globals, args: &ImportArgs, bytes: &[u8]) -> Result<Draft, CliError> {
    let from = day("valid-from", &args.valid_from)?;
    let to = args.valid_to.as_deref().map(|text| day("valid-to", text)).transpose()?;
    let read = file::read(bytes).map_err(|faults| faulty(globals, &faults))?;
    Ok(Draft {
        from,
        to,
        complete: args.complete,
        replace_planned: args.replace_planned,
        wishes: read.wishes,
        notes: read.notes,
    })
}

pub fn what_if(globals: &Globals, opened: &Opened, args: &WhatIfArgs) -> Result<(), CliError> {
    let (from, to) = (day("from", &args.from)?, day("to", &args.to)?);
    let read = file::read(&bytes_of(&args.draft)?).map_err(|faults| faulty(globals, &faults))?;
    let asked = Asked {
        from,
        to,
        wishes: read.wishes,
        complete: args.complete,
        limit: args.limit,
        after: args.after.clone(),
    };
    let found = opened.db.read_blocking(move |c| what_if::what_if(c, &asked, &Seen::default()));
    let answer = found.map_err(|error| refused(globals, error))?;
    if globals.json {
        return output::object(globals, &answer);
    }
    output::object(globals, &answer.counts)?;
    for (title, groups) in [
        ("by subscriber type", &answer.by_sub_type),
        ("by customer type", &answer.by_customer_type),
        ("by company", &answer.by_company),
    ] {
        output::say(&format!("\n{title}"))?;
        let rows = groups.iter().map(|group| GroupShown { name: &group.name, counts: &group.counts });
        output::list(globals, &rows.collect::<Vec<_>>())?;
    }
    output::say("\ncalls ruled otherwise")?;
    output::list(globals, &answer.items)?;
    answer.next.map_or(Ok(()), |next| output::say(&format!("more: --after {next}")))
}

#[derive(Serialize)]
struct GroupShown<'a> {
    name: &'a str,
    #[serde(flatten)]
    counts: &'a chinhchu_protocol::console::policy::PolicyWhatIfCounts,
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, CliError> {
    // One byte more than the limit tells that it is over.
    let limit = encoding::MAX_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().take(limit).read_to_end(&mut bytes)?;
    } else {
        let file = std::fs::File::open(path).with_context(|| format!("read {}", path.display()))?;
        file.take(limit).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// Every fault, on stderr for people and on stdout as JSON for scripts.
fn faulty(globals: &Globals, faults: &[Fault]) -> CliError {
    if globals.json {
        let list: Vec<_> = faults
            .iter()
            .map(|fault| json!({ "field": fault.field(), "line": fault.line(), "column": fault.column, "code": fault.code }))
            .collect();
        if let Err(error) = output::say(&json!({ "faults": list }).to_string()) {
            return error;
        }
    }
    CliError::Settings(faults.iter().map(Fault::sentence).collect())
}

fn refused(globals: &Globals, error: CommitError) -> CliError {
    match error {
        CommitError::Faults(faults) => faulty(globals, &faults),
        error @ (CommitError::NotAsPreviewed | CommitError::Store(_)) => error.into(),
    }
}

#[derive(Serialize)]
struct RowShown {
    effect: PolicyEffect,
    line: Option<u32>,
    payment: &'static str,
    sub_type: String,
    before: String,
    after: String,
    fields: String,
    until: Option<String>,
    planned: usize,
    falls_away: usize,
}

fn shown(row: &PolicyPreviewRow) -> RowShown {
    let yes_no = |answer| match answer {
        VideoCall::Mandatory => "Y",
        VideoCall::NotMandatory => "N",
    };
    let line = |values: Option<&chinhchu_protocol::console::policy::PolicyValues>| {
        values.map_or_else(
            || "–".to_owned(),
            |values| {
                format!("{}/{} {}", yes_no(values.individual_vi2), yes_no(values.enterprise), values.name)
            },
        )
    };
    RowShown {
        effect: row.effect,
        line: row.line,
        payment: words::payment(row.payment),
        sub_type: row.sub_type.clone(),
        before: line(row.before.as_ref()),
        after: line(row.after.as_ref()),
        fields: row.fields.join(","),
        until: row.until.clone(),
        planned: row.planned.len(),
        falls_away: row.falls_away.len(),
    }
}

/// What became of a file.
enum Done {
    /// Only looked at.
    Previewed,
    /// Made known; no change if all of it holds already.
    Known(Option<u32>),
}

/// Shows what a file does.
fn show(globals: &Globals, preview: &PolicyPreview, done: &Done) -> Result<(), CliError> {
    if globals.json {
        let mut answer = serde_json::to_value(preview)?;
        if let (Done::Known(change), Some(map)) = (done, answer.as_object_mut()) {
            map.insert("change".to_owned(), json!(change));
        }
        return output::object(globals, &answer);
    }
    let rows: Vec<RowShown> =
        preview.rows.iter().filter(|row| row.effect != PolicyEffect::Unchanged).map(shown).collect();
    if !rows.is_empty() {
        output::list(globals, &rows)?;
    }
    for note in &preview.notes {
        output::say(&format!("note: {note}"))?;
    }
    let backdated = if preview.backdated { ", backdated" } else { "" };
    output::say(&format!(
        "from {}{backdated}: {} added, {} changed, {} ended, {} unchanged",
        preview.valid_from, preview.added, preview.changed, preview.ended, preview.unchanged
    ))?;
    match done {
        Done::Previewed => output::say("preview: nothing was changed"),
        Done::Known(None) => output::say("all of it holds already: nothing was changed"),
        Done::Known(Some(number)) => output::say(&format!("change {number} is known now")),
    }
}
