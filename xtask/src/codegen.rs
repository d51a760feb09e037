//! TypeScript from the wire types (ts-rs): one file per type in ui/generated and an index of them all.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, ensure};

use crate::root::{self, cargo, target};

/// Writes ui/generated anew.
fn run_into(dir: &Path) -> Result<()> {
    if dir.exists() {
        std::fs::remove_dir_all(dir)?;
    }
    std::fs::create_dir_all(dir)?;
    let mut export = cargo();
    // The whole workspace with the features of the build, so that what the tests need anyway is compiled once.
    export.args([
        "test",
        "--quiet",
        "--locked",
        "--workspace",
        "--lib",
        "--features",
        "chinhchu/custom-protocol",
    ]);
    export.arg("export_bindings");
    root::run(export.env("TS_RS_EXPORT_DIR", dir).stdout(std::process::Stdio::null()))?;
    let names = read(dir)?.into_keys().map(|name| name.replace(".ts", ""));
    let lines: Vec<String> = names.map(|name| format!("export type {{ {name} }} from './{name}';")).collect();
    let index = lines.join("\n") + "\n";
    std::fs::write(dir.join("index.ts"), index)?;
    Ok(())
}

/// `cargo xtask codegen`.
pub fn run() -> Result<()> {
    run_into(&root::root().join("ui/generated"))
}

/// Fails if ui/generated is not what would be generated now.
pub fn check() -> Result<()> {
    let fresh = target().join("generated-typescript");
    run_into(&fresh)?;
    let (want, have) = (read(&fresh)?, read(&root::root().join("ui/generated"))?);
    for (name, text) in &want {
        ensure!(have.get(name) == Some(text), "ui/generated/{name} is stale: run `cargo xtask codegen`");
    }
    ensure!(
        want.len() == have.len(),
        "ui/generated has files of types that are gone: run `cargo xtask codegen`"
    );
    Ok(())
}

fn read(dir: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        files
            .insert(entry.file_name().to_string_lossy().into_owned(), std::fs::read_to_string(entry.path())?);
    }
    Ok(files)
}
