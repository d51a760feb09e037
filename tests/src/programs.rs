//! Where the built programs are. `cargo xtask` says so in the environment; without it this is an error, not
//! a skipped test.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};

/// The built routing server.
pub fn server() -> Result<PathBuf> {
    from_env("CHINHCHU_SERVER_BIN")
}

/// The built workstation, with its screens embedded.
pub fn station() -> Result<PathBuf> {
    from_env("CHINHCHU_STATION_BIN")
}

/// tauri-driver, the bridge from WebDriver to the workstation's window.
pub fn tauri_driver() -> Result<PathBuf> {
    from_env("CHINHCHU_TAURI_DRIVER")
}

fn from_env(name: &str) -> Result<PathBuf> {
    let path = std::env::var_os(name)
        .map(PathBuf::from)
        .with_context(|| format!("{name} is not set: run the stories by `cargo xtask test`"))?;
    ensure!(path.is_file(), "{name} names no file: {}", path.display());
    Ok(path)
}
