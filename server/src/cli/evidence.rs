//! `evidence`: what verdicts have left behind, and bundles that prove it to somebody who has no access here.

use clap::Subcommand;

use super::{CliError, Globals};

mod export;
mod missing;
mod verify;

#[derive(Subcommand)]
pub enum EvidenceCommand {
    /// Check a bundle offline: nothing is needed but the file and the server's public key. Exit code 0 if it is
    /// sound, 1 if it is not or is signed by a key that is not trusted
    Verify(verify::VerifyArgs),
    /// Pack everything about a call's verdict into one file that verifies offline
    Export(export::ExportArgs),
    /// Tell which evidence should be here and is not: numbers that a workstation's key has left out, and
    /// assignments with video but without a manifest or a logged reason. Exit code 1 if there is any
    Missing,
}

pub fn run(globals: &Globals, command: EvidenceCommand) -> Result<(), CliError> {
    match command {
        EvidenceCommand::Verify(args) => verify::run(globals, &args),
        EvidenceCommand::Export(args) => export::run(globals, &args),
        EvidenceCommand::Missing => missing::run(globals),
    }
}
