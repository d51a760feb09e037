//! Answers on stdout: JSON for scripts, a plain table for people.

use std::io::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::{CliError, Globals};

/// One line. A reader that has seen enough (`… | head`) is no fault, see [`read_enough`].
pub fn say(line: &str) -> Result<(), CliError> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

/// Whether the answer was not written because nobody reads on.
pub fn read_enough(error: &anyhow::Error) -> bool {
    let cause = error.downcast_ref::<std::io::Error>();
    cause.is_some_and(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}

/// One object.
pub fn object(globals: &Globals, answer: &impl Serialize) -> Result<(), CliError> {
    let value = serde_json::to_value(answer)?;
    if globals.json {
        say(&value.to_string())?;
        return Ok(());
    }
    let entries: Vec<(&String, &Value)> = value.as_object().into_iter().flatten().collect();
    let width = entries.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in entries {
        say(&format!("{name:width$}  {}", cell(value)))?;
    }
    Ok(())
}

/// A list, one line each.
pub fn list(globals: &Globals, answer: &[impl Serialize]) -> Result<(), CliError> {
    let value = serde_json::to_value(answer)?;
    if globals.json {
        say(&value.to_string())?;
        return Ok(());
    }
    let rows = value.as_array().cloned().unwrap_or_default();
    let Some(names) =
        rows.first().and_then(Value::as_object).map(|row| row.keys().cloned().collect::<Vec<_>>())
    else {
        say("(none)")?;
        return Ok(());
    };
    let table: Vec<Vec<String>> =
        rows.iter().map(|row| names.iter().map(|name| cell(&row[name])).collect()).collect();
    let width = |column: usize| {
        table.iter().map(|row| row[column].chars().count()).chain([names[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..names.len()).map(width).collect();
    let line = |cells: &[String]| {
        let padded: Vec<String> =
            cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}", width = *width)).collect();
        say(padded.join("  ").trim_end())
    };
    line(&names)?;
    table.iter().try_for_each(|row| line(row))
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(cell).collect::<Vec<_>>().join(","),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}
