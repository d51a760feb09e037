//! `webhook`: where results are sent (S16).

use anyhow::anyhow;
use chinhchu_protocol::ids::WebhookId;
use clap::{Subcommand, ValueEnum};
use serde::Serialize;
use serde_json::json;

use super::store::{company_code, company_exists, open};
use super::{CliError, Globals, output};
use crate::audit::root;
use crate::objects::Keys;
use crate::store::StoreError;
use crate::switchboard::outgoing;
use crate::webhooks::sql::{self, EVENTS, WebhookListed};

#[derive(Subcommand)]
pub enum WebhookCommand {
    /// Add an endpoint; prints the secret of its signatures, this once
    Add {
        /// Address of the receiver: https://, on loopback also http://
        #[arg(long)]
        url: String,
        /// Who listens
        #[arg(long = "for", value_enum)]
        audience: Audience,
        /// Only calls of the company with this code
        #[arg(long)]
        company: Option<String>,
        /// Events, parted by commas: call.accepted, call.declined, call.ended, call.result; all of these if
        /// missing. For mSale of all companies also audit.root, the signed root of each day
        #[arg(long, value_delimiter = ',')]
        events: Vec<String>,
    },
    /// Show endpoints
    List,
    /// Remove an endpoint; what still waits for it is not sent
    Remove {
        /// Id of the endpoint, as `webhook list` shows it
        webhook_id: String,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Audience {
    /// The operator's sales system
    Msale,
    /// eKYC's server
    Ekyc,
}

#[derive(Serialize)]
struct WebhookAdded {
    webhook_id: WebhookId,
    secret: String,
    url: String,
    events: Vec<String>,
}

pub fn run(globals: &Globals, command: WebhookCommand) -> Result<(), CliError> {
    let opened = open(globals)?;
    match command {
        WebhookCommand::Add { url, audience, company, events } => {
            check_url(&url)?;
            let company = company.map(|text| company_code(&text)).transpose()?;
            if let Some(code) = &company {
                company_exists(&opened, code)?;
            }
            let events = check_events(events)?;
            let for_all_of_msale = matches!(audience, Audience::Msale) && company.is_none();
            if events.iter().any(|event| event == root::EVENT) && !for_all_of_msale {
                return Err(CliError::Settings(vec![
                    "--events: audit.root is for mSale of all companies".into(),
                ]));
            }
            let keys = Keys::open(opened.db.folder())?;
            let secret = sql::fresh_secret(&rand::random());
            let webhook = WebhookListed {
                webhook_id: WebhookId(opened.clock.new_id()),
                url,
                audience: match audience {
                    Audience::Msale => "msale".to_owned(),
                    Audience::Ekyc => "ekyc".to_owned(),
                },
                company,
                events,
                created_at: opened.clock.now(),
                waiting: 0,
            };
            let (stored, signing) = (webhook.clone(), secret.clone());
            // Without the address: it may hold a secret.
            let detail =
                json!({ "for": webhook.audience, "company": webhook.company, "events": webhook.events });
            let mark = opened.mark("webhook.added", format!("webhook:{}", webhook.webhook_id), detail);
            opened.db.write_blocking(move |tx| {
                sql::insert(tx, &keys, &stored, &signing)?;
                mark.leave(tx)
            })?;
            let WebhookListed { webhook_id, url, events, .. } = webhook;
            output::object(globals, &WebhookAdded { webhook_id, secret, url, events })
        }
        WebhookCommand::List => output::list(globals, &opened.db.read_blocking(sql::list)?),
        WebhookCommand::Remove { webhook_id } => {
            let unknown = || anyhow!("there is no such webhook");
            let id: WebhookId = webhook_id.parse().map_err(|_| unknown())?;
            let now = opened.clock.now();
            let mark = opened.mark("webhook.removed", format!("webhook:{id}"), json!({}));
            let removed = opened.db.write_blocking(move |tx| {
                let removed = sql::remove(tx, id, now)?;
                if removed {
                    mark.leave(tx)?;
                }
                Ok::<_, StoreError>(removed)
            })?;
            if !removed {
                return Err(unknown().into());
            }
            output::object(globals, &json!({ "webhook_id": id, "removed": true }))
        }
    }
}

fn check_url(url: &str) -> Result<(), CliError> {
    let loopback = ["http://127.0.0.1", "http://[::1]", "http://localhost"];
    let safe = url.starts_with("https://") || loopback.iter().any(|start| url.starts_with(start));
    if safe && reqwest::Url::parse(url).is_ok() && url.len() <= 2048 {
        return Ok(());
    }
    Err(CliError::Settings(vec!["--url: https://…, or http:// on loopback".to_owned()]))
}

fn check_events(events: Vec<String>) -> Result<Vec<String>, CliError> {
    let known: Vec<&str> = EVENTS.iter().map(|event| outgoing::name(*event)).collect();
    if events.is_empty() {
        return Ok(known.into_iter().map(str::to_owned).collect());
    }
    if events.iter().all(|event| known.contains(&event.as_str()) || event == root::EVENT) {
        return Ok(events);
    }
    Err(CliError::Settings(vec![format!("--events: of {}, {}", known.join(", "), root::EVENT)]))
}
