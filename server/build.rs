//! Embeds the built screens (`ui/dist/caller`, `console`, `sandbox`) into a release server. A debug server reads
//! them from the folder, so that a rebuilt screen shows without compiling the server again.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let dist = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../ui/dist");
    let mut table =
        String::from("/// Name below `ui/dist`, and content.\nstatic FILES: &[(&str, &[u8])] = &[\n");
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed={}", dist.display());
        for app in ["caller", "console", "sandbox"] {
            add(&dist, &dist.join(app), &mut table)?;
        }
    } else {
        println!("cargo::rerun-if-changed=build.rs");
    }
    table.push_str("];\n");
    let out = PathBuf::from(env::var("OUT_DIR").unwrap_or_default()).join("screens.rs");
    fs::write(out, table)
}

fn add(dist: &Path, folder: &Path, table: &mut String) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            add(dist, &path, table)?;
            continue;
        }
        let name = path.strip_prefix(dist).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let real = path.canonicalize()?;
        let _ = writeln!(table, "    ({name:?}, include_bytes!({:?})),", real.to_string_lossy());
    }
    Ok(())
}
