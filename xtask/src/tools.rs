//! Cargo tools of a fixed version, installed once beside the target folder.

use std::path::PathBuf;

use anyhow::Result;

use crate::root::{cargo, run, target};

/// The bridge from WebDriver to the workstation's window.
pub fn tauri_driver() -> Result<PathBuf> {
    tool("tauri-driver", "2.1.0", "tauri-driver")
}

/// Licences, sources and duplicates of the dependencies.
pub fn cargo_deny() -> Result<PathBuf> {
    tool("cargo-deny", "0.20.2", "cargo-deny")
}

fn tool(package: &str, version: &str, binary: &str) -> Result<PathBuf> {
    let home = target().join("tools").join(format!("{package}-{version}"));
    let path = home.join("bin").join(binary);
    if !path.is_file() {
        let mut install = cargo();
        install.args(["install", package, "--version", version, "--locked", "--quiet", "--root"]).arg(&home);
        install.env("CARGO_TARGET_DIR", target().join("tools").join("build"));
        run(&mut install)?;
    }
    Ok(path)
}
