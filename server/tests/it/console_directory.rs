//! Sign-in by the operator's directory: a real provider over loopback, and everything that must not be believed.

use std::time::Duration;

use chinhchu_protocol::console::people::Role;
use chinhchu_server::config::directory::{Directory, DirectorySecret};
use chinhchu_server::console::sql;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::console_provider::{CLIENT, Lie, Provider, SECRET};
use crate::console_world::browser;
use crate::edge_world::{World, refusal};

struct House {
    world: World,
    provider: Provider,
    client: Client,
}

impl House {
    async fn start(claim: &str) -> Self {
        let clock = chinhchu_server::clock::Clock::system();
        let provider = Provider::start(clock.now().ms() / 1_000).await;
        let directory = Directory {
            name: "Tài khoản nội bộ".to_owned(),
            issuer: provider.issuer().to_owned(),
            client_id: CLIENT.to_owned(),
            client_secret: Some(DirectorySecret::new(SECRET.to_owned())),
            claim: claim.to_owned(),
            scopes: vec!["profile".to_owned()],
        };
        let world = World::start_with(|config| config.directory = Some(directory)).await;
        let client = Client::builder().redirect(Policy::none()).build().expect("client");
        Self { world, provider, client }
    }

    /// Somebody whom the directory calls so; without a password.
    async fn known(&self, directory_id: &str) -> sql::StoredPerson {
        let mut person = self.world.stored_person(Role::Supervisor, &["1"], None, None);
        person.directory_id = Some(directory_id.to_owned());
        let stored = person.clone();
        let written = self.world.server.app().db.write(move |tx| sql::insert_person(tx, &stored));
        written.await.expect("stored");
        person
    }

    /// The browser leaves: where to, and the cookie it keeps.
    async fn leave(&self) -> (String, String) {
        let url = format!("{}/v1/console/directory", self.world.url);
        let answer = self.client.get(url).send().await.expect("answer");
        assert_eq!(answer.status(), 303);
        let cookies = cookies(&answer);
        let cookie = cookies.iter().find(|cookie| cookie.starts_with("chinhchu-directory=")).expect("cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
        (location(&answer), cookie.split(';').next().expect("pair").to_owned())
    }

    async fn come_back(&self, address: &str, cookie: &str) -> Response {
        self.client.get(address).header("cookie", cookie).send().await.expect("answer")
    }

    /// The whole way.
    async fn sign_in(&self, person: &str, lie: Lie) -> Response {
        let (asked, cookie) = self.leave().await;
        self.come_back(&self.provider.sign_in(&asked, person, lie), &cookie).await
    }
}

fn cookies(answer: &Response) -> Vec<String> {
    let lines = answer.headers().get_all("set-cookie").iter();
    lines.map(|line| line.to_str().expect("text").to_owned()).collect()
}

fn location(answer: &Response) -> String {
    answer.headers()["location"].to_str().expect("text").to_owned()
}

/// The session's token that an answer sets, if any.
fn session(answer: &Response) -> Option<String> {
    let cookies = cookies(answer);
    let mut pairs = cookies.iter().filter_map(|line| line.split(';').next()?.split_once('='));
    pairs.find(|(name, _)| *name == "chinhchu-console").map(|(_, token)| token.to_owned())
}

fn assert_refused(answer: &Response, what: &str) {
    assert_eq!(answer.status(), 303, "{what}");
    assert_eq!(location(answer), "/console/?sign_in_error=directory_refused", "{what}");
    assert_eq!(session(answer), None, "{what}");
}

#[tokio::test]
async fn the_directory_signs_in_who_is_known_here_and_makes_nobody() {
    let house = House::start("employee").await;
    let url = |path: &str| format!("{}/v1/console{path}", house.world.url);
    let ways: Value =
        house.client.get(url("/sign-in-ways")).send().await.expect("answer").json().await.expect("ways");
    assert_eq!(ways["directory"], "Tài khoản nội bộ");
    assert_refused(&house.sign_in("nv.0042", Lie::None).await, "nobody is called so yet");
    let person = house.known("nv.0042").await;
    let answer = house.sign_in("nv.0042", Lie::None).await;
    assert_eq!((answer.status().as_u16(), location(&answer)), (303, "/console/".to_owned()));
    let client = browser(Some(&session(&answer).expect("session")));
    let me: Value = client.get(url("/me")).send().await.expect("answer").json().await.expect("me");
    assert_eq!((&me["person_id"], &me["second_factor"]), (&json!(person.person_id), &json!("off")));
    assert!(me["rights"].as_array().is_some_and(|rights| !rights.is_empty()));
    assert_eq!(client.get(url("/agents")).send().await.expect("answer").status(), 200);
    let offer = client.post(url("/me/second-factor")).json(&json!({})).send().await.expect("answer");
    assert_eq!(refusal(offer).await.1, "forbidden", "the second factor is the directory's own");
    let id = person.person_id;
    let off = move |tx: &rusqlite::Transaction<'_>| {
        let by =
            chinhchu_server::console::people::keep::By { actor: "test".to_owned(), now: person.created_at };
        chinhchu_server::console::people::keep::disable(tx, &by, id)
    };
    house.world.server.app().db.write(off).await.expect("disabled");
    assert_eq!(refusal(client.get(url("/me")).send().await.expect("answer")).await.1, "session_over");
    assert_refused(&house.sign_in("nv.0042", Lie::None).await, "who is disabled stays out");
}

#[tokio::test]
async fn an_id_token_that_does_not_hold_signs_nobody_in() {
    let house = House::start("employee").await;
    house.known("nv.0042").await;
    house.known("root").await;
    for lie in [
        Lie::WrongNonce,
        Lie::NoNonce,
        Lie::WrongAudience,
        Lie::WrongIssuer,
        Lie::Expired,
        Lie::AlgNone,
        Lie::SharedSecret,
        Lie::OtherKey,
        Lie::ChangedBody,
        Lie::NoClaim,
        Lie::NoToken,
    ] {
        assert_refused(&house.sign_in("nv.0042", lie).await, &format!("{lie:?}"));
    }
    assert_eq!(house.sign_in("nv.0042", Lie::None).await.headers()["location"], "/console/");
}

#[tokio::test]
async fn an_address_that_the_directory_has_not_checked_is_nobodys() {
    let house = House::start("email").await;
    house.known("hoa@example.vn").await;
    assert_refused(&house.sign_in("hoa@example.vn", Lie::EmailNotVerified).await, "not verified");
    assert!(session(&house.sign_in("hoa@example.vn", Lie::None).await).is_some());
}

#[tokio::test]
async fn an_answer_counts_only_in_the_browser_that_asked_once_and_in_time() {
    let house = House::start("employee").await;
    house.known("nv.0042").await;
    let (asked, cookie) = house.leave().await;
    let (_, other) = house.leave().await;
    let back = house.provider.sign_in(&asked, "nv.0042", Lie::None);
    assert_refused(&house.come_back(&back, "").await, "no cookie");
    assert_refused(&house.come_back(&back, &other).await, "another browser's state");
    assert_refused(&house.come_back(&back, "chinhchu-directory=AAAA").await, "not ours");
    let wrong = back.replace("state=", "state=x");
    assert_refused(&house.come_back(&wrong, &cookie).await, "another state");
    let denied = format!("{}&error=access_denied", back.replace("code=", "ignored="));
    assert_refused(&house.come_back(&denied, &cookie).await, "the directory refused");
    assert!(session(&house.come_back(&back, &cookie).await).is_some());
    assert_refused(&house.come_back(&back, &cookie).await, "the code was traded in");
    // The verifier of another sign-in does not fit the code's challenge.
    let (asked, _) = house.leave().await;
    let (elsewhere, cookie) = house.leave().await;
    let state = |url: &str| {
        let url = reqwest::Url::parse(url).expect("address");
        url.query_pairs().find(|(name, _)| name == "state").expect("state").1.into_owned()
    };
    let back = house.provider.sign_in(&asked, "nv.0042", Lie::None);
    let mixed = back.replace(&state(&asked), &state(&elsewhere));
    assert_refused(&house.come_back(&mixed, &cookie).await, "PKCE");
}

#[tokio::test]
async fn a_directory_that_is_away_or_not_set_up_is_told_and_passwords_go_on() {
    let world = World::start_with(|config| {
        config.directory = Some(Directory {
            name: "x".to_owned(),
            // Nothing listens there.
            issuer: "http://127.0.0.1:9".to_owned(),
            client_id: CLIENT.to_owned(),
            client_secret: None,
            claim: "sub".to_owned(),
            scopes: Vec::new(),
        });
    })
    .await;
    let client =
        Client::builder().redirect(Policy::none()).timeout(Duration::from_secs(20)).build().expect("client");
    let away = client.get(format!("{}/v1/console/directory", world.url)).send().await.expect("answer");
    assert_eq!(location(&away), "/console/?sign_in_error=unavailable");
    let plain = World::start().await;
    let none = client.get(format!("{}/v1/console/directory", plain.url)).send().await.expect("answer");
    assert_eq!(refusal(none).await.0, 404);
}
