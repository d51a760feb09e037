//! `evidence verify`: offline, without a store.

use std::fs::File;
use std::path::PathBuf;

use anyhow::anyhow;
use chinhchu_evidence::{Lang, PublicKey, verify_with};
use clap::{Args, ValueEnum};

use crate::cli::audit::sha256;
use crate::cli::output::say;
use crate::cli::{CliError, Globals};

#[derive(Args)]
pub struct VerifyArgs {
    /// The bundle
    bundle: PathBuf,
    /// The server's public key, `ed25519:…`, or a file that holds it; repeat for several
    #[arg(long, required = true, value_name = "KEY")]
    trust: Vec<String>,
    /// A hash that somebody else has kept all along: of this evidence (`manifest_sha256` of the `call.result` that
    /// mSale got) or of the root of a day (`audit.root`). It must name this evidence; repeat for more
    #[arg(long, value_name = "SHA256", value_parser = sha256)]
    known: Vec<String>,
    /// Language of the words
    #[arg(long, value_enum, default_value_t)]
    lang: Words,
}

/// Language of the words.
#[derive(Clone, Copy, Default, ValueEnum)]
enum Words {
    /// Tiếng Việt
    #[default]
    Vi,
    /// English
    En,
}

pub fn run(globals: &Globals, args: &VerifyArgs) -> Result<(), CliError> {
    let trusted = args.trust.iter().map(|text| key(text)).collect::<Result<Vec<PublicKey>, CliError>>()?;
    // A file that cannot be read was not found faulty.
    let file = File::open(&args.bundle)
        .map_err(|error| CliError::Settings(vec![format!("read {}: {error}", args.bundle.display())]))?;
    let report = verify_with(file, &trusted, &args.known);
    if globals.json {
        say(&serde_json::to_string(&report)?)?;
    } else {
        let lang = match args.lang {
            Words::Vi => Lang::Vi,
            Words::En => Lang::En,
        };
        say(report.to_text(lang).trim_end())?;
    }
    if report.sound { Ok(()) } else { Err(anyhow!("the bundle is not sound").into()) }
}

fn key(text: &str) -> Result<PublicKey, CliError> {
    let wrong =
        || CliError::Settings(vec!["--trust: a key `ed25519:…`, or a file that holds one".to_owned()]);
    if let Ok(key) = text.parse() {
        return Ok(key);
    }
    let held = std::fs::read_to_string(text).map_err(|_| wrong())?;
    held.trim().parse().map_err(|_| wrong())
}
