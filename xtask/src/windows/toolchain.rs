//! A Rust compiler for Windows, and the C compiler that some crates need.
//!
//! First choice is the toolchain that runs us, if it has the target (`rustup target add`). Else, on Debian,
//! the distribution's own: the packages `rustc-web` and `cargo-web` (the newest Rust that Debian 12 carries, kept
//! for its browsers), whose standard library for Windows is built once from `rust-web-src`, into the target
//! folder and nowhere else. Anything else is an error that says what to do; nothing is skipped in silence.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::TARGET;
use crate::root::{self, root, run, target};
use crate::system;

/// C and C++ for the crates with C inside.
const MINGW: &[&str] = &["gcc-mingw-w64-x86-64-win32", "g++-mingw-w64-x86-64-win32"];
/// Rust of the distribution.
const RUST: &[&str] = &["rustc-web", "cargo-web", "rust-web-src"];
/// Its linter. It refuses to lie beside a packaged rustup; then `cargo check` does what it can.
const CLIPPY: &str = "rust-web-clippy";

/// Where the distribution puts its programs.
const BIN: &str = "/usr/bin";

/// What a cargo that runs us, or rustup before it, sets for its own compiler: it would lead another one astray.
const LEAKING: &[&str] = &[
    "CARGO",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_MAKEFLAGS",
    "LD_LIBRARY_PATH",
    "MAKEFLAGS",
    "OUT_DIR",
    "RUSTFLAGS",
];
/// The same, by how their names begin.
const LEAKING_PREFIXES: &[&str] = &[
    "CARGO_BIN_",
    "CARGO_BUILD_RUST",
    "CARGO_MANIFEST_",
    "CARGO_PKG_",
    "CLIPPY_",
    "RUSTC",
    "RUSTDOC",
    "RUSTUP_",
];

/// A compiler for Windows that is ready.
pub enum Toolchain {
    /// The one that runs us.
    Ours,
    /// The distribution's, with the standard library that was built for it.
    Debian {
        /// Holds `lib/rustlib/TARGET/lib`.
        sysroot: PathBuf,
        /// Whether it has clippy.
        clippy: bool,
    },
}

impl Toolchain {
    /// Finds one, or makes one.
    pub fn provide(no_install: bool) -> Result<Self> {
        let ours = sysroot_of(&mut Command::new("rustc")).is_some_and(|sysroot| has_target(&sysroot));
        if !ours && !system::is_debian() {
            bail!("{}", what_to_do());
        }
        if system::is_debian() {
            system::install(MINGW, no_install)?;
        }
        if ours {
            return Ok(Self::Ours);
        }
        // Releases after Debian 12 may not have them.
        system::install(RUST, no_install).with_context(what_to_do)?;
        let clippy = system::install(&[CLIPPY], no_install).is_ok();
        if !clippy {
            eprintln!("without the package {CLIPPY} Windows is checked by `cargo check`, not by clippy");
        }
        Ok(Self::Debian { sysroot: standard_library()?, clippy })
    }

    /// Clippy on what `arguments` say, or `cargo check` where there is no clippy; warnings of our crates fail.
    pub fn lint(&self, arguments: &[&str]) -> Command {
        let strict = ["--", "-D", "warnings"];
        let mut command = match self {
            Self::Ours => {
                let mut ours = root::cargo();
                ours.arg("clippy").args(arguments).args(strict);
                ours
            }
            Self::Debian { sysroot, clippy: true } => {
                // By its path: cargo would look for its sub-command in rustup's folder first.
                let mut theirs = debian("cargo-clippy");
                theirs.arg("clippy").args(arguments).args(strict);
                theirs.env("CARGO_ENCODED_RUSTFLAGS", rustflags(sysroot, None));
                theirs
            }
            Self::Debian { sysroot, clippy: false } => {
                let mut theirs = debian("cargo");
                theirs.arg("check").args(arguments);
                // Cargo caps the lints of dependencies, so that this reaches our crates only.
                theirs.env("CARGO_ENCODED_RUSTFLAGS", rustflags(sysroot, Some("-Dwarnings")));
                theirs
            }
        };
        command.env("CARGO_TARGET_DIR", home());
        command
    }
}

fn what_to_do() -> String {
    format!(
        "there is no Rust for {TARGET} here. Run `rustup target add {TARGET}` and install the C and C++ compilers of \
         MinGW-w64, or leave this check out with --windows not"
    )
}

/// Flags for the target alone: cargo keeps them from build scripts when a target is named.
fn rustflags(sysroot: &Path, more: Option<&str>) -> OsString {
    let mut flags = OsString::from("--sysroot\x1f");
    flags.push(sysroot);
    if let Some(flag) = more {
        flags.push("\x1f");
        flags.push(flag);
    }
    flags
}

/// A program of the distribution, untouched by whoever runs us.
fn debian(program: &str) -> Command {
    let bin = Path::new(BIN);
    let mut command = Command::new(bin.join(program));
    command.current_dir(root());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if LEAKING.contains(&text.as_ref()) || LEAKING_PREFIXES.iter().any(|prefix| text.starts_with(prefix))
        {
            command.env_remove(&name);
        }
    }
    let mut path = OsString::from(BIN);
    if let Some(others) = std::env::var_os("PATH") {
        path.push(":");
        path.push(others);
    }
    command.env("PATH", path).env("CARGO", bin.join("cargo")).env("RUSTC", bin.join("rustc"));
    command
}

/// The standard library for Windows, built by the distribution's compiler when it is not there yet.
fn standard_library() -> Result<PathBuf> {
    let version = system::version(RUST[0]).context("rustc-web has no version")?;
    let sysroot = home().join(format!("sysroot-{version}"));
    if has_target(&sysroot) {
        return Ok(sysroot);
    }
    eprintln!("building the standard library for {TARGET}, once");
    let work = home().join("standard-library");
    std::fs::create_dir_all(work.join("src"))?;
    let package = "[package]\nname = \"empty\"\nedition = \"2024\"\n[workspace]\n";
    std::fs::write(work.join("Cargo.toml"), package)?;
    std::fs::write(work.join("src/lib.rs"), "")?;
    let mut build = debian("cargo");
    build.args(["build", "--quiet", "--release", "--target", TARGET]);
    build.args(["-Z", "build-std=std,panic_unwind,panic_abort,test"]);
    // build-std is not stable; Debian's compiler is built from the same sources as this library.
    build.current_dir(&work).env("CARGO_TARGET_DIR", work.join("target")).env("RUSTC_BOOTSTRAP", "1");
    run(&mut build)?;
    // Put together aside, then moved: half a library is never taken for one.
    let fresh = work.join("sysroot");
    let libraries = libraries_in(&fresh);
    std::fs::create_dir_all(&libraries)?;
    for entry in std::fs::read_dir(work.join("target").join(TARGET).join("release/deps"))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.extension().is_some_and(|ending| ending == "rlib") && !name.starts_with("libempty") {
            std::fs::copy(&path, libraries.join(name))?;
        }
    }
    std::fs::rename(&fresh, &sysroot)?;
    std::fs::remove_dir_all(&work)?;
    Ok(sysroot)
}

fn sysroot_of(rustc: &mut Command) -> Option<PathBuf> {
    let answer = rustc.current_dir(root()).args(["--print", "sysroot"]).output().ok()?;
    Some(PathBuf::from(String::from_utf8(answer.stdout).ok()?.trim()))
}

fn libraries_in(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib").join(TARGET).join("lib")
}

fn has_target(sysroot: &Path) -> bool {
    libraries_in(sysroot).is_dir()
}

/// All of this lies in one folder, apart from what the ordinary compiler builds.
fn home() -> PathBuf {
    target().join("windows")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_us_does_not_leak_into_the_other_toolchain() {
        let command = debian("cargo");
        let set = |name: &str| {
            let found = command.get_envs().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.map(|value| value.to_string_lossy().into_owned()))
        };
        assert_eq!(set("CARGO"), Some(Some("/usr/bin/cargo".into())), "not the one of `cargo test`");
        assert_eq!(set("RUSTC"), Some(Some("/usr/bin/rustc".into())));
        assert_eq!(set("CARGO_MANIFEST_DIR"), Some(None), "taken away");
        assert_eq!(set("HOME"), None, "left as it is");
        assert!(set("PATH").flatten().is_some_and(|path| path.starts_with("/usr/bin:")));
    }
}
