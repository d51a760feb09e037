//! `cargo xtask`: the project's own commands. A newcomer needs Rust and Node; the rest is set up here.

mod bench;
mod campaign;
mod codegen;
mod demo;
mod lint;
mod programs;
mod root;
mod system;
mod test;
mod tidy;
mod tools;
mod windows;

use clap::{Parser, Subcommand};

/// Build, try, test and measure Chính Chủ.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Set everything up and play one verification call
    ///
    /// Installs missing system packages (says which; uses sudo when not root), builds, starts the server on
    /// its embedded store with demo data, and opens the sandbox (mSale + eKYC) and the workstation.
    Demo(demo::Arguments),
    /// Set everything up and run every test
    Test(test::Arguments),
    /// Measure, and print the figures
    Bench(bench::Arguments),
    /// Run what takes longer than a test may
    Campaign(campaign::Arguments),
    /// Check formatting, lints, walls between parts, licences
    Lint(lint::Arguments),
    /// Generate TypeScript from the wire types into ui/generated
    Codegen,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Task::Demo(arguments) => demo::run(&arguments),
        Task::Test(arguments) => test::run(&arguments),
        Task::Bench(arguments) => bench::run(&arguments),
        Task::Campaign(arguments) => campaign::run(&arguments),
        Task::Lint(arguments) => lint::run(&arguments),
        Task::Codegen => codegen::run(),
    }
}
