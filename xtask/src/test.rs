//! `cargo xtask test`: everything that must hold, on a fresh machine, ending with one plain line.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::root::{self, cargo};
use crate::{codegen, programs, system, tidy};

/// Options of `cargo xtask test`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Do not install missing system packages; fail and name them instead
    #[arg(long)]
    no_install: bool,
    /// Only tests whose name contains this
    filter: Option<String>,
}

#[derive(Default)]
struct Count {
    passed: u64,
    failed: u64,
}

/// Sets up, builds, and runs all tests: walls, screens, crates, whole-system stories.
pub fn run(arguments: &Arguments) -> Result<()> {
    system::provide(true, arguments.no_install)?;
    let mut count = Count::default();
    match tidy::check(&root::root()) {
        Ok(()) => count.passed += 1,
        Err(error) => {
            eprintln!("{error:#}");
            count.failed += 1;
        }
    }
    let programs = programs::build(false)?;
    if arguments.filter.is_none() {
        one(&mut count, "the screens' tests", || {
            root::run(programs::npm().args(["run", "--silent", "test"]))
        });
        one(&mut count, "every screen of the console, looked at in a browser", || {
            root::run(programs::npm().args(["run", "--silent", "console:walk"]))
        });
        one(&mut count, "the generated TypeScript is up to date", codegen::check);
    }
    // The whole workspace at once, with the features of the build above, so that nothing is compiled twice.
    let mut tests = cargo();
    programs.tell(&mut tests);
    tests.args([
        "test",
        "--locked",
        "--workspace",
        "--features",
        "chinhchu/custom-protocol",
        "--no-fail-fast",
        "--",
    ]);
    cargo_test(&mut count, tests.args(&arguments.filter))?;

    println!("{} passed, {} failed", count.passed, count.failed);
    if count.failed > 0 || count.passed == 0 {
        bail!("not all tests passed");
    }
    Ok(())
}

fn one(count: &mut Count, name: &str, test: impl FnOnce() -> Result<()>) {
    match test() {
        Ok(()) => count.passed += 1,
        Err(error) => {
            eprintln!("{name}: {error:#}");
            count.failed += 1;
        }
    }
}

/// Runs cargo test, shows its output as it comes, and adds up its result lines. A run that ends badly
/// without naming a failed test (a crash, an error of the compiler) counts as one failure.
fn cargo_test(count: &mut Count, command: &mut Command) -> Result<()> {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cannot run cargo")?;
    let stdout = child.stdout.take().context("no output")?;
    let failed_before = count.failed;
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        println!("{line}");
        if let Some(result) = line.strip_prefix("test result: ") {
            count.passed += number_before(result, " passed");
            count.failed += number_before(result, " failed");
        }
    }
    if !child.wait()?.success() && count.failed == failed_before {
        count.failed += 1;
    }
    Ok(())
}

fn number_before(text: &str, word: &str) -> u64 {
    let before = text.split(word).next().unwrap_or_default();
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::number_before;

    #[test]
    fn the_runners_result_line_is_read() {
        let line = "FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!((number_before(line, " passed"), number_before(line, " failed")), (12, 3));
    }
}
