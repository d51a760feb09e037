//! Answers on stdout: JSON for scripts, a plain table for people.

use serde::Serialize;
use serde_json::Value;

use super::{CliError, Globals};

/// One object.
pub fn object(globals: &Globals, answer: &impl Serialize) -> Result<(), CliError> {
    let value = serde_json::to_value(answer)?;
    if globals.json {
        println!("{value}");
        return Ok(());
    }
    let entries: Vec<(&String, &Value)> = value.as_object().into_iter().flatten().collect();
    let width = entries.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in entries {
        println!("{name:width$}  {}", cell(value));
    }
    Ok(())
}

/// A list, one line each.
pub fn list(globals: &Globals, answer: &[impl Serialize]) -> Result<(), CliError> {
    let value = serde_json::to_value(answer)?;
    if globals.json {
        println!("{value}");
        return Ok(());
    }
    let rows = value.as_array().cloned().unwrap_or_default();
    let Some(names) =
        rows.first().and_then(Value::as_object).map(|row| row.keys().cloned().collect::<Vec<_>>())
    else {
        println!("(none)");
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
        println!("{}", padded.join("  ").trim_end());
    };
    line(&names);
    for row in &table {
        line(row);
    }
    Ok(())
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(cell).collect::<Vec<_>>().join(","),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}
