//! Who asks: somebody who sees everything, one company, a large partner, a partner with next to no calls.

use std::collections::BTreeSet;

use chinhchu_protocol::console::people::Role;
use chinhchu_protocol::ids::{CompanyCode, PersonId, PersonSessionId};
use chinhchu_server::clock::Clock;
use chinhchu_server::console::sql::{self as people, NewSession, StoredPerson, Way};
use chinhchu_server::console::{Scope, session};
use chinhchu_server::run::Running;
use chinhchu_server::store::StoreError;
use chinhchu_server::tokens::secret::hash;
use reqwest::Client;
use reqwest::header::{HeaderMap, HeaderValue};
use uuid::Uuid;

use super::Failure;
use super::made_up::{PARTNERS, SMALL};

/// A browser that somebody is signed in with.
pub struct Asker {
    /// As the lines name it.
    pub name: &'static str,
    /// With cookie and header.
    pub client: Client,
}

/// Everybody.
pub struct People {
    /// Sees everything.
    pub all: Asker,
    /// Of one company.
    pub company: Asker,
    /// Of a partner with a third of all calls.
    pub partner: Asker,
    /// Of a partner with twenty calls.
    pub small: Asker,
    /// Reviews.
    pub auditor: Asker,
    /// Sees the audit and the webhooks.
    pub admin: Asker,
}

impl People {
    /// Those whose limits differ.
    pub fn limits(&self) -> [&Asker; 4] {
        [&self.all, &self.company, &self.partner, &self.small]
    }
}

pub async fn sign_in(server: &Running, clock: &Clock) -> Result<People, Failure> {
    let company = BTreeSet::from([CompanyCode("2".to_owned())]);
    let of = |partner: &str| Scope { companies: None, partner: Some(partner.to_owned()) };
    let all = Scope::default();
    Ok(People {
        all: asker(server, clock, "all", Role::Supervisor, all.clone()).await?,
        company: asker(
            server,
            clock,
            "company",
            Role::Supervisor,
            Scope { companies: Some(company), partner: None },
        )
        .await?,
        partner: asker(server, clock, "partner", Role::Supervisor, of(PARTNERS[0])).await?,
        small: asker(server, clock, "small partner", Role::Supervisor, of(SMALL)).await?,
        auditor: asker(server, clock, "auditor", Role::Auditor, all.clone()).await?,
        admin: asker(server, clock, "administrator", Role::Administrator, all).await?,
    })
}

async fn asker(
    server: &Running,
    clock: &Clock,
    name: &'static str,
    role: Role,
    scope: Scope,
) -> Result<Asker, Failure> {
    let (token, now) = (session::fresh_token(), clock.now());
    let person_id = PersonId(Uuid::from_bytes(rand::random()));
    let person = StoredPerson {
        person_id,
        username: format!("bench.{}", person_id.0.simple()),
        name: "Bench".to_owned(),
        role,
        scope,
        password_hash: None,
        password_temporary: false,
        directory_id: None,
        totp_sealed: None,
        totp_on: None,
        totp_step: 0,
        created_at: now,
        disabled_at: None,
    };
    let new = NewSession {
        session_id: PersonSessionId(Uuid::from_bytes(rand::random())),
        person_id,
        token_hash: hash(&token),
        way: Way::Password,
        program: "bench".to_owned(),
        expires_at: now.plus_ms(session::LIFE_MS),
        factor_at: Some(now),
    };
    let write = server.app().db.write(move |tx| {
        people::insert_person(tx, &person)?;
        people::set_totp(tx, person_id, b"bench", Some(now))?;
        people::insert_session(tx, &new, now)
    });
    write.await.map_err(|error: StoreError| error)?;
    let mut headers = HeaderMap::new();
    headers.insert("x-chinhchu-console", HeaderValue::from_static("1"));
    headers.insert("cookie", HeaderValue::from_str(&format!("chinhchu-console={token}"))?);
    Ok(Asker { name, client: Client::builder().default_headers(headers).build()? })
}
