//! `key`: the server's own key, by which receipts, approvals and daily roots are believed.

use clap::Subcommand;

use super::settings::data_folder;
use super::store::open;
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
            open(globals)?;
            let keys = Keys::open(&data_folder(globals)?)?;
            output::object(globals, &keys.server_key())
        }
    }
}
