//! People of the console in tests: signed in, second factor shown, asked by cookie.

use std::collections::BTreeSet;

use chinhchu_protocol::console::people::Role;
use chinhchu_protocol::ids::{CompanyCode, PersonId, PersonSessionId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_server::agents::password;
use chinhchu_server::console::sql::{self, NewSession, StoredPerson, Way};
use chinhchu_server::console::{Scope, session};
use chinhchu_server::store::StoreError;
use chinhchu_server::tokens::secret::hash;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::edge_world::World;

/// A browser that somebody has signed in with.
pub struct Console {
    pub person_id: PersonId,
    pub username: String,
    pub client: Client,
    pub url: String,
}

impl World {
    /// A person with a session whose second factor was shown. `companies` empty: all of them.
    pub async fn person(&self, role: Role, companies: &[&str], partner: Option<&str>) -> Console {
        let person = self.stored_person(role, companies, partner, None);
        let (person_id, username) = (person.person_id, person.username.clone());
        let (token, now) = (session::fresh_token(), self.clock.now());
        let new = NewSession {
            session_id: PersonSessionId(self.clock.new_id()),
            person_id,
            token_hash: hash(&token),
            way: Way::Password,
            program: "test".to_owned(),
            expires_at: now.plus_ms(session::LIFE_MS),
            factor_at: Some(now),
        };
        let written = self.server.app().db.write(move |tx| {
            sql::insert_person(tx, &person)?;
            sql::set_totp(tx, person_id, b"set up in a test", Some(now))?;
            sql::insert_session(tx, &new, now)
        });
        written.await.map_err(|error: StoreError| error).expect("the person is stored");
        Console { person_id, username, client: browser(Some(&token)), url: self.url.clone() }
    }

    /// A person who has not signed in yet, with a password (its hash takes a moment) or none.
    pub fn stored_person(
        &self,
        role: Role,
        companies: &[&str],
        partner: Option<&str>,
        password: Option<&str>,
    ) -> StoredPerson {
        let id = self.clock.new_id();
        let companies: BTreeSet<_> = companies.iter().map(|code| CompanyCode((*code).to_owned())).collect();
        StoredPerson {
            person_id: PersonId(id),
            username: format!("p.{}", id.simple()),
            name: "Người Thử".to_owned(),
            role,
            scope: Scope {
                companies: (!companies.is_empty()).then_some(companies),
                partner: partner.map(str::to_owned),
            },
            password_hash: password.map(|password| password::hash(password).expect("hash")),
            password_temporary: false,
            directory_id: None,
            totp_sealed: None,
            totp_on: None,
            totp_step: 0,
            created_at: self.clock.now(),
            disabled_at: None,
        }
    }
}

impl Console {
    /// Asks with the cookie and the console's header.
    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.ask(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.ask(Method::POST, path)
    }

    /// A GET that is answered.
    pub async fn read(&self, path: &str) -> Value {
        let answer = self.get(path).send().await.expect("answer");
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.expect("json")
    }
}

/// What the console's pages send, with or without a cookie.
pub fn browser(token: Option<&str>) -> Client {
    let mut headers = HeaderMap::new();
    headers.insert("x-chinhchu-console", HeaderValue::from_static("1"));
    if let Some(token) = token {
        let cookie = format!("chinhchu-console={token}");
        headers.insert("cookie", HeaderValue::from_str(&cookie).expect("header"));
    }
    Client::builder().default_headers(headers).build().expect("client")
}

/// The cookie that an answer sets.
pub fn cookie(answer: &reqwest::Response) -> String {
    let line = answer.headers().get("set-cookie").expect("cookie").to_str().expect("text");
    let (pair, rest) = line.split_once(';').expect("attributes");
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(rest.contains(attribute), "{attribute} in {rest}");
    }
    pair.split_once('=').expect("pair").1.to_owned()
}

/// What an authenticator app shows at a moment.
pub fn code_at(secret: &str, at: Timestamp) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).expect("base32");
    let totp = totp_rs::Builder::new().with_secret(secret).build().expect("totp");
    totp.generate(u64::try_from(at.ms() / 1_000).expect("seconds")).to_string()
}

/// Signs in for the first time and sets the second factor up: the console, the app's secret, recovery codes.
pub async fn signed_up(world: &World, username: &str, password: &str) -> (Console, String, Vec<String>) {
    let url = |path: &str| format!("{}/v1/console{path}", world.url);
    let body = json!({ "username": username, "password": password });
    let answer = browser(None).post(url("/session")).json(&body).send().await.expect("answer");
    assert_eq!(answer.status(), 201);
    let client = browser(Some(&cookie(&answer)));
    let offer = client.post(url("/me/second-factor")).json(&json!({})).send().await.expect("answer");
    assert_eq!(offer.status(), 200);
    let offer: Value = offer.json().await.expect("offer");
    let secret = offer["secret"].as_str().expect("secret").to_owned();
    let code = json!({ "code": code_at(&secret, world.clock.now()) });
    let set = client.put(url("/me/second-factor")).json(&code).send().await.expect("answer");
    assert_eq!(set.status(), 200);
    let client = browser(Some(&cookie(&set)));
    let set: Value = set.json().await.expect("set");
    let codes = set["recovery_codes"].as_array().expect("codes");
    let codes = codes.iter().map(|code| code.as_str().expect("code").to_owned()).collect();
    let person_id = serde_json::from_value(set["me"]["person_id"].clone()).expect("id");
    let console = Console { person_id, username: username.to_owned(), client, url: world.url.clone() };
    (console, secret, codes)
}
