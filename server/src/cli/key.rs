//! `key`: the server's own key, by which receipts, approvals and daily roots are believed.

use clap::Subcommand;

use super::store::open_existing;
use super::{CliError, Globals, output};
use crate::objects::Keys;

#[derive(Subcommand)]
pub enum KeyCommand {
    /// Show the public half and its fingerprint; hand them to whoever shall verify evidence
    Show,
}

pub fn run(globals: &Globals, command: &KeyCommand) -> Result<(), CliError> {
    match command {
        KeyCommand::Show => {
            // A fresh folder would get a key that belongs to nobody's evidence.
            let keys = Keys::of_store(&open_existing(globals)?.db)?;
            output::object(globals, &keys.server_key())
        }
    }
}
