//! What an operator would do for mSale: a service credential and a webhook, made anew at every start of the
//! sandbox (the ones of earlier starts are taken back).

use chinhchu_protocol::ids::WebhookId;
use rusqlite::Transaction;

use super::msale::MsaleAccess;
use crate::clock::Clock;
use crate::objects::Keys;
use crate::store::{Db, StoreError};
use crate::switchboard::outgoing;
use crate::tokens::secret::{Secret, SecretKind};
use crate::tokens::sql as token_sql;
use crate::webhooks::sql::{self as webhook_sql, EVENTS, WebhookListed};

/// Name of the sandbox's credentials begins with this.
const NAME: &str = "sandbox-msale";

/// Makes the credentials; `base_url` is the server's own loopback address.
pub async fn prepare(db: &Db, keys: &Keys, clock: &Clock, base_url: &str) -> Result<MsaleAccess, StoreError> {
    let (keys, clock, base_url) = (keys.clone(), clock.clone(), base_url.to_owned());
    db.write(move |tx| make(tx, &keys, &clock, base_url)).await
}

fn make(
    tx: &Transaction<'_>,
    keys: &Keys,
    clock: &Clock,
    base_url: String,
) -> Result<MsaleAccess, StoreError> {
    let now = clock.now();
    for old in token_sql::list_credentials(tx)?.iter().filter(|c| c.name.starts_with(NAME)) {
        token_sql::revoke_credential(tx, &old.name, now)?;
    }
    for old in webhook_sql::list(tx)?.iter().filter(|hook| hook.url.ends_with("/sandbox/api/msale/webhook")) {
        webhook_sql::remove(tx, old.webhook_id, now)?;
    }
    let id = clock.new_id();
    let secret = Secret::fresh(SecretKind::Service).map_err(|_| StoreError::Corrupt("randomness"))?;
    token_sql::insert_credential(tx, id, &format!("{NAME}-{id}"), secret.hash(), now)?;
    let webhook_secret = webhook_sql::fresh_secret(&rand::random());
    let webhook = WebhookListed {
        webhook_id: WebhookId(clock.new_id()),
        url: format!("{base_url}/sandbox/api/msale/webhook"),
        audience: "msale".to_owned(),
        company: None,
        events: EVENTS.iter().map(|event| outgoing::name(*event).to_owned()).collect(),
        created_at: now,
        waiting: 0,
    };
    webhook_sql::insert(tx, keys, &webhook, &webhook_secret)?;
    Ok(MsaleAccess { base_url, credential: secret.reveal(), webhook_secret })
}
