//! Where a player's programs run: on the machine's own loopback, or in a place of a [`crate::network`].

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, Result};

use crate::network::host::Host;

/// See the module.
#[derive(Clone)]
pub enum Place {
    /// Loopback.
    Here,
    /// A namespace.
    In(Arc<Host>),
}

impl Place {
    /// A program that will run there.
    pub fn program(&self, program: impl AsRef<Path>) -> Result<Command> {
        let program = program.as_ref();
        Ok(match self {
            Self::Here => Command::new(program),
            Self::In(host) => host.program(program.to_str().context("the program's path is not UTF-8")?),
        })
    }

    /// A port of the machine's own loopback that leads to this port of loopback there.
    pub fn door(&self, port: u16) -> Result<u16> {
        match self {
            Self::Here => Ok(port),
            Self::In(host) => host.door(&format!("127.0.0.1:{port}")),
        }
    }
}
