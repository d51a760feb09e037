//! The command line. Commands other than `serve` work on the data folder directly, while the server runs,
//! and count at once.
//!
//! Exit codes: 0 done · 1 not done (the reason is on stderr) · 2 wrong use or wrong settings.

mod admin;
mod agent;
mod audit;
mod backup;
mod case;
mod company;
mod evidence;
mod explain;
mod key;
mod log;
mod oidc;
mod output;
mod policy;
mod replay;
mod report;
mod serve;
mod settings;
mod staffing;
mod store;
mod token;
mod turn;
mod webhook;
mod workstation;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// Chính Chủ's routing server: takes verification calls from eKYC, routes them to agents, keeps the evidence
/// and tells mSale the result.
///
/// Start with `chinhchu-server serve --data DIR`; a fresh folder already holds the nine companies and the
/// catalogue. Then add agents (`agent add`), tokens (`token issue`) and webhooks (`webhook add`) — while the
/// server runs.
#[derive(Parser)]
#[command(name = "chinhchu-server", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

/// Flags of every command.
#[derive(Args, Clone)]
struct Globals {
    /// Data folder. Commands that set something up make it if it does not exist; those that read want one that does
    #[arg(long, global = true, env = "CHINHCHU_DATA", value_name = "DIR", display_order = 900)]
    data: Option<PathBuf>,
    /// TOML file with settings; flags and `CHINHCHU_…` variables win over it
    #[arg(long, global = true, env = "CHINHCHU_CONFIG", value_name = "FILE", display_order = 901)]
    config: Option<PathBuf>,
    /// Answer as JSON on stdout
    #[arg(long, global = true, display_order = 902)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(Box<serve::ServeArgs>),
    /// Companies, and whose agents take whose calls
    #[command(subcommand)]
    Company(company::CompanyCommand),
    /// Company tokens, for eKYC (mSale can issue them by API too)
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Credentials of mSale, eKYC's server and other channels
    #[command(subcommand)]
    ServiceCredential(token::CredentialCommand),
    /// Agents: the people who verify
    #[command(subcommand)]
    Agent(agent::AgentCommand),
    /// People of the console: who may sign in, as what, for which companies
    #[command(subcommand)]
    Admin(admin::AdminCommand),
    /// Workstations: whose machines may verify
    #[command(subcommand)]
    Workstation(workstation::WorkstationCommand),
    /// The server's own key: what verifies evidence
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Webhooks: where results are sent
    #[command(subcommand)]
    Webhook(webhook::WebhookCommand),
    /// The catalogue: which subscribers need a call
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Evidence of verdicts: bundles that verify offline, and what is missing
    #[command(subcommand)]
    Evidence(evidence::EvidenceCommand),
    /// A subscriber's data: erase it, or keep it for a dispute
    #[command(subcommand)]
    Case(case::CaseCommand),
    /// Who did what, and whether anybody touched log or audit since
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Figures of a period: calls, waits, verdicts, service level, cost; trials; reconciliation with mSale
    Report(Box<report::ReportArgs>),
    /// Copy the store while the server runs: without the keys of cases, and the keys beside it. Keep besides:
    /// installation.key, signing.key, the folder of pictures, the list of erased calls
    Backup(backup::BackupArgs),
    /// Put a copy of `backup` into a data folder that has no store. First put installation.key, signing.key and the
    /// newest list of erased calls there: whoever is on it is erased again before anything can be read
    Restore(backup::RestoreArgs),
    /// How many agents are needed, by Erlang C and A and by replaying the past
    Staffing(Box<staffing::StaffingArgs>),
    /// Why a call went where it went: every offer, who was considered, who was not, and why
    Explain(explain::ExplainArgs),
    /// Decide the whole log again, under the rules that it names, and verify its chain of hashes
    Replay(replay::ReplayArgs),
}

/// Why a command was not done.
#[derive(Debug)]
pub enum CliError {
    /// Exit code 1.
    NotDone(anyhow::Error),
    /// Exit code 2: every fault at once.
    Settings(Vec<String>),
}

impl<E: Into<anyhow::Error>> From<E> for CliError {
    fn from(error: E) -> Self {
        Self::NotDone(error.into())
    }
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let globals = cli.globals;
    let done = match cli.command {
        Command::Serve(args) => serve::run(&globals, &args),
        Command::Company(command) => company::run(&globals, command),
        Command::Token(command) => token::run(&globals, command),
        Command::ServiceCredential(command) => token::run_credential(&globals, command),
        Command::Agent(command) => agent::run(&globals, command),
        Command::Admin(command) => admin::run(&globals, command),
        Command::Workstation(command) => workstation::run(&globals, command),
        Command::Key(command) => key::run(&globals, &command),
        Command::Webhook(command) => webhook::run(&globals, command),
        Command::Policy(command) => policy::run(&globals, command),
        Command::Evidence(command) => evidence::run(&globals, command),
        Command::Case(command) => case::run(&globals, command),
        Command::Audit(command) => audit::run(&globals, command),
        Command::Backup(args) => backup::run(&globals, &args),
        Command::Restore(args) => backup::restore(&globals, &args),
        Command::Staffing(args) => staffing::run(&globals, *args),
        Command::Explain(args) => explain::run(&globals, &args),
        Command::Replay(args) => replay::run(&globals, &args),
        Command::Report(args) => report::run(&globals, *args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(CliError::NotDone(error)) if output::read_enough(&error) => ExitCode::SUCCESS,
        Err(CliError::NotDone(error)) => {
            eprintln!("chinhchu-server: {error:#}");
            ExitCode::from(1)
        }
        Err(CliError::Settings(faults)) => {
            for fault in faults {
                eprintln!("chinhchu-server: {fault}");
            }
            ExitCode::from(2)
        }
    }
}
