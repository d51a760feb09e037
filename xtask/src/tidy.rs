//! The walls of the house, kept by a test: who may use what, how long a file may be, which words must not
//! stand in the repository.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

/// Longest source file, lines, without its tests.
const LONGEST: usize = 500;

/// Fails with the list of all faults.
pub fn check(root: &Path) -> Result<()> {
    let mut faults = String::new();
    for path in tracked(root)? {
        let Ok(text) = std::fs::read_to_string(root.join(&path)) else { continue };
        for fault in faults_of(&path, &text) {
            let _ = writeln!(faults, "{path}: {fault}");
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    bail!("tidy:\n{faults}")
}

fn tracked(root: &Path) -> Result<Vec<String>> {
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output()?;
    let names = String::from_utf8(output.stdout)?;
    Ok(names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

fn faults_of(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let source = has_extension(path, &["rs", "ts", "svelte"]);
    if source && !path.starts_with("ui/generated/") {
        let lines = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text).lines().count();
        if lines > LONGEST && !path.contains("/tests/") {
            faults.push(format!("{lines} lines, at most {LONGEST} are allowed"));
        }
    }
    for (applies, banned, why) in walls(path) {
        if applies && text.lines().any(|line| banned.iter().any(|word| line.trim_start().contains(word))) {
            faults.push(format!("{} is not allowed here: {why}", banned.join(" or ")));
        }
    }
    faults
}

/// Each wall: whether it stands before this file, what may not pass it, and why.
fn walls(path: &str) -> Vec<(bool, Vec<&'static str>, &'static str)> {
    let rust = has_extension(path, &["rs"]);
    let script = has_extension(path, &["ts", "svelte"]);
    let routing = path.starts_with("server/routing/src/");
    let shell = path.starts_with("src-tauri/shell/") || path == "src-tauri/build.rs";
    vec![
        (
            rust && path.starts_with("src-tauri/") && !shell,
            vec!["use tauri", "tauri::"],
            "only src-tauri/shell may use Tauri",
        ),
        (script && !path.contains("/host/"), vec!["@tauri-apps/"], "only ui/**/host may import it"),
        (
            rust && routing,
            vec![
                "use tokio",
                "rusqlite",
                "SystemTime",
                "Instant::now",
                "HashMap",
                "HashSet",
                "f64",
                "f32",
                "rand::",
            ],
            "the routing core is pure and deterministic",
        ),
        (
            rust && path.starts_with("src-tauri/"),
            vec!["chinhchu_routing", "chinhchu_server"],
            "the workstation knows the protocol only",
        ),
        (
            rust && path.starts_with("server/protocol/"),
            vec!["tokio", "std::fs", "std::net"],
            "the protocol does nothing",
        ),
        (
            rust && path.starts_with("server/evidence/src/"),
            vec!["tokio", "std::fs", "std::net", "SystemTime", "Instant::now", "rand::rng("],
            "evidence is judged from what is handed in, nothing else",
        ),
    ]
}

fn has_extension(path: &str, wanted: &[&str]) -> bool {
    Path::new(path).extension().is_some_and(|extension| wanted.iter().any(|want| extension == *want))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_breach_of_each_wall_is_found() {
        let breaches = [
            ("src-tauri/station/src/x.rs", "use tauri::App;"),
            ("ui/agent/x.ts", "import { invoke } from '@tauri-apps/api/core';"),
            ("server/routing/src/x.rs", "use std::collections::HashMap;"),
            ("src-tauri/shell/x.rs", "use chinhchu_server::run;"),
            ("server/protocol/src/x.rs", "use tokio::net::TcpStream;"),
            ("server/evidence/src/x.rs", "use std::fs::File;"),
        ];
        for (path, text) in breaches {
            assert!(!faults_of(path, text).is_empty(), "{path} should be refused");
        }
    }

    #[test]
    fn a_long_file_is_found_and_its_tests_do_not_count() {
        let long = "x\n".repeat(LONGEST + 1);
        assert_eq!(faults_of("server/src/x.rs", &long).len(), 1);
        let tested = format!("x\n#[cfg(test)]\nmod tests {{\n{long}}}\n");
        assert!(faults_of("server/src/x.rs", &tested).is_empty());
    }

    #[test]
    fn the_repository_keeps_its_walls() {
        check(&crate::root::root()).expect("tidy");
    }
}
