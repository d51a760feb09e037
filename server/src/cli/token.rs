//! `token` and `service-credential`: issue, list, revoke (S8). Secrets are shown once, at issue.

use anyhow::anyhow;
use chinhchu_protocol::ids::TokenId;
use clap::Subcommand;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::store::{company_code, open, open_to_look, taken};
use super::{CliError, Globals, output};
use crate::audit::{self, Entry, who};
use crate::store::StoreError;
use crate::tokens::http::{DEFAULT_LIFE_S, IssueError, MAX_LIFE_S, MIN_LIFE_S, issue_in};
use crate::tokens::secret::{Secret, SecretKind};
use crate::tokens::sql;

#[derive(Subcommand)]
pub enum TokenCommand {
    /// Issue a token of a company; several may be valid at a time
    Issue {
        /// Code of the company whose dealers will call, such as 4
        #[arg(long)]
        company: String,
        /// Life, from a minute to a year: 15m, 12h, 90d (90 days if missing)
        #[arg(long, value_name = "TIME")]
        expires_in: Option<String>,
    },
    /// Show tokens, without their secrets, newest first
    List {
        /// Of the company with this code only
        #[arg(long)]
        company: Option<String>,
    },
    /// Take a token back; it stops working at once
    Revoke {
        /// Id of the token, as `token list` shows it
        token_id: String,
    },
}

#[derive(Subcommand)]
pub enum CredentialCommand {
    /// Issue a credential for another system
    Issue {
        /// Which system, such as msale
        #[arg(long)]
        name: String,
    },
    /// Show credentials, without their secrets
    List,
    /// Take a credential back; it stops working at once
    Revoke {
        /// Id or name, as listed
        credential: String,
    },
}

pub fn run(globals: &Globals, command: TokenCommand) -> Result<(), CliError> {
    let opened = match &command {
        TokenCommand::List { .. } => open_to_look(globals)?,
        TokenCommand::Issue { .. } | TokenCommand::Revoke { .. } => open(globals)?,
    };
    match command {
        TokenCommand::Issue { company, expires_in } => {
            let company = company_code(&company)?;
            let life_s = expires_in.map_or(Ok(DEFAULT_LIFE_S), |text| life(&text))?;
            let clock = opened.clock.clone();
            let issued = opened.db.write_blocking::<_, IssueError, _>(move |tx| {
                issue_in(tx, &clock, &company, life_s, &who::command_line())
            })?;
            output::object(globals, &issued)
        }
        TokenCommand::List { company } => {
            let company = company.map(|text| company_code(&text)).transpose()?;
            let list = opened.db.read_blocking(move |c| sql::list_tokens(c, company.as_ref()))?;
            output::list(globals, &list)
        }
        TokenCommand::Revoke { token_id } => {
            let unknown = || anyhow!("there is no such token");
            let id: TokenId = token_id.parse().map_err(|_| unknown())?;
            let now = opened.clock.now();
            let mark = opened.mark("token.revoked", format!("token:{id}"), json!({}));
            let revoked = opened.db.write_blocking(move |tx| {
                let revoked = sql::revoke_token(tx, id, now)?;
                if revoked.is_some() {
                    mark.leave(tx)?;
                }
                Ok::<_, StoreError>(revoked)
            })?;
            output::object(globals, &revoked.ok_or_else(unknown)?)
        }
    }
}

#[derive(Serialize)]
struct CredentialIssued {
    credential: String,
    credential_id: Uuid,
    name: String,
}

pub fn run_credential(globals: &Globals, command: CredentialCommand) -> Result<(), CliError> {
    let opened = match &command {
        CredentialCommand::List => open_to_look(globals)?,
        CredentialCommand::Issue { .. } | CredentialCommand::Revoke { .. } => open(globals)?,
    };
    match command {
        CredentialCommand::Issue { name } => {
            if name.is_empty() || name.len() > 64 || !name.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(CliError::Settings(vec![
                    "a name has 1 to 64 visible ASCII characters".to_owned(),
                ]));
            }
            let (id, now) = (opened.clock.new_id(), opened.clock.now());
            let secret = Secret::fresh(SecretKind::Service)?;
            let (hash, stored_name) = (secret.hash(), name.clone());
            let mark =
                opened.mark("credential.issued", format!("credential:{id}"), json!({ "name": stored_name }));
            opened
                .db
                .write_blocking(move |tx| {
                    sql::insert_credential(tx, id, &stored_name, hash, now)?;
                    mark.leave(tx)
                })
                .map_err(|error| taken(error, "a credential with this name"))?;
            let issued = CredentialIssued { credential: secret.reveal(), credential_id: id, name };
            output::object(globals, &issued)
        }
        CredentialCommand::List => output::list(globals, &opened.db.read_blocking(sql::list_credentials)?),
        CredentialCommand::Revoke { credential } => {
            let now = opened.clock.now();
            let actor = who::command_line();
            let revoked = opened.db.write_blocking(move |tx| {
                let revoked = sql::revoke_credential(tx, &credential, now)?;
                if let Some(one) = &revoked {
                    let (subject, detail) = (format!("credential:{}", one.credential_id), json!({}));
                    let entry = Entry {
                        actor: &actor,
                        action: "credential.revoked",
                        subject: &subject,
                        detail: &detail,
                    };
                    audit::append(tx, now, &entry)?;
                }
                Ok::<_, StoreError>(revoked)
            })?;
            output::object(globals, &revoked.ok_or_else(|| anyhow!("there is no such credential"))?)
        }
    }
}

fn life(text: &str) -> Result<u32, CliError> {
    let wrong =
        || CliError::Settings(vec!["--expires-in: from 60s to 365d, such as 15m, 12h, 90d".to_owned()]);
    let seconds = seconds(text).ok_or_else(wrong)?;
    if (MIN_LIFE_S..=MAX_LIFE_S).contains(&seconds) { Ok(seconds) } else { Err(wrong()) }
}

/// `90`, `90s`, `15m`, `12h`, `90d`.
pub fn seconds(text: &str) -> Option<u32> {
    let (number, unit) = match text.trim_end_matches(|c: char| c.is_ascii_alphabetic()) {
        number if number.len() == text.len() => (number, 1),
        number => match &text[number.len()..] {
            "s" => (number, 1),
            "m" => (number, 60),
            "h" => (number, 60 * 60),
            "d" => (number, 24 * 60 * 60),
            _ => return None,
        },
    };
    number.parse::<u32>().ok().and_then(|number| number.checked_mul(unit))
}
