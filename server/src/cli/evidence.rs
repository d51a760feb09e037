//! `evidence`: what verdicts have left behind, and bundles that prove it to somebody who has no access here.

use clap::Subcommand;

use super::{CliError, Globals};

mod export;
mod missing;
mod verify;

#[derive(Subcommand)]
pub enum EvidenceCommand {
    /// Check a bundle offline: nothing is needed but the file and the server's public key. Exit code 0 if it is
    /// sound, 1 if it is not or is signed by a key that is not trusted, 2 if nothing could be checked
    Verify(verify::VerifyArgs),
    /// Pack everything about a call's verdict into one file that verifies offline
    Export(export::ExportArgs),
    /// Tell which evidence should be here and is not, by whom and from where: numbers that a workstation's key has
    /// left out, assignments with video but without a manifest or a logged reason, and pictures without their file.
    /// Exit code 1 if there is any
    Missing(missing::MissingArgs),
}

pub fn run(globals: &Globals, command: EvidenceCommand) -> Result<(), CliError> {
    match command {
        EvidenceCommand::Verify(args) => verify::run(globals, &args),
        EvidenceCommand::Export(args) => export::run(globals, &args),
        EvidenceCommand::Missing(args) => missing::run(globals, &args),
    }
}
