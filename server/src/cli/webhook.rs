//! `webhook`: where results are sent (S16).

use anyhow::anyhow;
use chinhchu_protocol::console::systems::WebhookAudience;
use chinhchu_protocol::ids::{CallId, DeliveryId, WebhookId};
use chinhchu_protocol::time::Timestamp;
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use serde_json::json;

use super::store::{Opened, company_code, company_exists, open, open_to_look};
use super::{CliError, Globals, output};
use crate::audit::who;
use crate::objects::Keys;
use crate::store::StoreError;
use crate::webhooks::deliveries::{self, Filter};
use crate::webhooks::sql::{self, WebhookListed};
use crate::webhooks::{http, wanted};

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
    /// Show deliveries, newest first: tries, last status, what became of them; never what was told
    Deliveries {
        /// Where they stand: waiting, delivered, given_up, dropped
        #[arg(long)]
        state: Option<String>,
        /// Of this endpoint only
        #[arg(long, value_name = "WEBHOOK_ID")]
        webhook: Option<WebhookId>,
        /// About this call only
        #[arg(long, value_name = "CALL")]
        call: Option<CallId>,
        /// At most so many
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
    /// Send a delivery again under its own id, whatever became of it; or all that were given up in a period
    Resend(ResendArgs),
}

/// What is sent again.
#[derive(Args)]
#[group(required = true, multiple = true)]
pub struct ResendArgs {
    /// Id of the delivery, as `webhook deliveries` shows it
    #[arg(conflicts_with_all = ["from", "to", "webhook"])]
    delivery_id: Option<DeliveryId>,
    /// Beginning of the period, such as 2026-12-01T08:00:00+07:00
    #[arg(long, value_name = "TIME", requires = "to")]
    from: Option<Timestamp>,
    /// End of the period; at most 31 days, and at most 1,000 deliveries at once
    #[arg(long, value_name = "TIME", requires = "from")]
    to: Option<Timestamp>,
    /// Of this endpoint only
    #[arg(long, value_name = "WEBHOOK_ID", requires = "from")]
    webhook: Option<WebhookId>,
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
    let opened = match &command {
        WebhookCommand::List | WebhookCommand::Deliveries { .. } => open_to_look(globals)?,
        WebhookCommand::Add { .. } | WebhookCommand::Remove { .. } | WebhookCommand::Resend(_) => {
            open(globals)?
        }
    };
    match command {
        WebhookCommand::Add { url, audience, company, events } => {
            if !wanted::is_safe(&url) {
                return wrong("--url: https://…, or http:// on loopback");
            }
            let company = company.map(|text| company_code(&text)).transpose()?;
            if let Some(code) = &company {
                company_exists(&opened, code)?;
            }
            let Some(events) = wanted::events(&events) else {
                return wrong(
                    "--events: of call.accepted, call.declined, call.ended, call.result, audit.root",
                );
            };
            let for_whom = match audience {
                Audience::Msale => WebhookAudience::Msale,
                Audience::Ekyc => WebhookAudience::Ekyc,
            };
            if !wanted::roots_fit(&events, for_whom, company.as_ref()) {
                return wrong("--events: audit.root is for mSale of all companies");
            }
            let keys = Keys::of_store(&opened.db)?;
            let secret = sql::fresh_secret(&rand::random());
            let webhook = WebhookListed {
                webhook_id: WebhookId(opened.clock.new_id()),
                url,
                audience: wanted::name(for_whom).to_owned(),
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
            let added = opened.db.write_blocking(move |tx| {
                let added = sql::insert(tx, &keys, &stored, &signing)?;
                if added {
                    mark.leave(tx)?;
                }
                Ok::<_, StoreError>(added)
            })?;
            if !added {
                return wrong(&format!(
                    "there are {} endpoints for this already; remove one",
                    sql::MOST_OF_ONE
                ));
            }
            let WebhookListed { webhook_id, url, events, .. } = webhook;
            output::object(globals, &WebhookAdded { webhook_id, secret, url, events })
        }
        WebhookCommand::List => output::list(globals, &opened.db.read_blocking(sql::list)?),
        WebhookCommand::Deliveries { state, webhook, call, limit } => {
            let filter = Filter { webhook, call, ..Filter::default() };
            list_deliveries(globals, &opened, state.as_deref(), filter, limit)
        }
        WebhookCommand::Resend(args) => resend(globals, &opened, &args),
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

fn list_deliveries(
    globals: &Globals,
    opened: &Opened,
    state: Option<&str>,
    mut filter: Filter,
    limit: u32,
) -> Result<(), CliError> {
    filter.state = match state {
        None => None,
        Some(text) => match http::state(text) {
            Some(state) => Some(state),
            None => return wrong("--state: waiting, delivered, given_up or dropped"),
        },
    };
    let found = opened.db.read_blocking(move |c| deliveries::list(c, &filter, limit))?;
    output::list(globals, &found)
}

fn resend(globals: &Globals, opened: &Opened, args: &ResendArgs) -> Result<(), CliError> {
    let (actor, now) = (who::command_line(), opened.clock.now());
    if let Some(id) = args.delivery_id {
        let again = opened.db.write_blocking(move |tx| deliveries::resend(tx, id, |_| true, &actor, now))?;
        return output::object(globals, &again);
    }
    let (Some(from), Some(to)) = (args.from, args.to) else {
        return wrong("name a delivery, or --from and --to");
    };
    if !(1..=deliveries::LONGEST_MS).contains(&to.ms_since(from)) {
        return wrong("--to: after --from, at most 31 days");
    }
    let webhook = args.webhook;
    let resent = opened
        .db
        .write_blocking(move |tx| deliveries::resend_period(tx, (from, to), webhook, None, &actor, now))?;
    output::object(globals, &resent)
}

fn wrong(told: &str) -> Result<(), CliError> {
    Err(CliError::Settings(vec![told.to_owned()]))
}
