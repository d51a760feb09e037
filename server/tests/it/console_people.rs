//! Sign-in to the console in two steps, one's own account, and who the console's people are.

use std::time::Duration;

use chinhchu_protocol::console::people::Role;
use chinhchu_server::console::{session, sql};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use crate::console_world::{Console, browser, code_at, cookie, signed_up};
use crate::edge_world::{World, refusal};

const PASSWORD: &str = "ba con gà đi chợ";

/// A person who can sign in with [`PASSWORD`].
async fn somebody(world: &World, role: Role) -> String {
    let person = world.stored_person(role, &[], None, Some(PASSWORD));
    let username = person.username.clone();
    let written = world.server.app().db.write(move |tx| sql::insert_person(tx, &person));
    written.await.expect("stored");
    username
}

/// A request to the console.
pub async fn ask(client: &Client, world: &World, method: Method, path: &str, body: Value) -> Response {
    let url = format!("{}/v1/console{path}", world.url);
    client.request(method, url).json(&body).send().await.expect("answer")
}

/// The first step of a sign-in.
pub async fn sign_in(world: &World, username: &str, password: &str) -> Response {
    let body = json!({ "username": username, "password": password });
    ask(&browser(None), world, Method::POST, "/session", body).await
}

async fn code_of(answer: Response) -> String {
    refusal(answer).await.1
}

#[tokio::test]
async fn a_password_alone_opens_nothing_but_the_second_step() {
    let world = World::start().await;
    let username = somebody(&world, Role::Administrator).await;
    assert_eq!(code_of(sign_in(&world, &username, "sai").await).await, "sign_in_failed");
    assert_eq!(code_of(sign_in(&world, "nobody", PASSWORD).await).await, "sign_in_failed");
    let body = json!({ "username": username, "password": PASSWORD });
    let foreign = ask(&world.client, &world, Method::POST, "/session", body).await;
    assert_eq!(code_of(foreign).await, "forbidden", "without the header no page of ours has asked");
    let answer = sign_in(&world, &username, PASSWORD).await;
    assert_eq!(answer.status(), 201);
    let client = browser(Some(&cookie(&answer)));
    let me: Value = answer.json().await.expect("me");
    assert_eq!((&me["second_factor"], &me["rights"]), (&json!("to_set_up"), &json!([])));
    for path in ["/agents", "/people", "/partners", "/me/sessions"] {
        let closed = ask(&client, &world, Method::GET, path, Value::Null).await;
        assert_eq!(code_of(closed).await, "second_factor_missing", "{path}");
    }
    assert_eq!(ask(&client, &world, Method::DELETE, "/session", Value::Null).await.status(), 204);
    assert_eq!(code_of(ask(&client, &world, Method::GET, "/me", Value::Null).await).await, "session_over");
    assert_eq!(
        code_of(ask(&browser(None), &world, Method::GET, "/me", Value::Null).await).await,
        "session_missing"
    );
}

#[tokio::test]
async fn a_code_of_the_second_factor_counts_once_and_only_in_its_time() {
    let world = World::start_by_hand().await;
    let username = somebody(&world, Role::Supervisor).await;
    let (first, secret, _) = signed_up(&world, &username, PASSWORD).await;
    let again = async || {
        let answer = sign_in(&world, &username, PASSWORD).await;
        let client = browser(Some(&cookie(&answer)));
        assert_eq!(answer.json::<Value>().await.expect("me")["second_factor"], "wanted");
        client
    };
    let show = async |client: &Client, code: &str| {
        ask(client, &world, Method::POST, "/session/second-factor", json!({ "code": code })).await
    };
    let now = code_at(&secret, world.clock.now());
    let client = again().await;
    assert_eq!(code_of(show(&client, &now).await).await, "second_factor_wrong", "the set-up has used it");
    world.clock.advance(Duration::from_secs(30));
    let next = code_at(&secret, world.clock.now());
    let answer = show(&client, &next).await;
    assert_eq!(answer.status(), 200);
    let whole = browser(Some(&cookie(&answer)));
    assert_eq!(answer.json::<Value>().await.expect("me")["second_factor"], "on");
    assert_eq!(ask(&whole, &world, Method::GET, "/agents", Value::Null).await.status(), 200);
    // The cookie of the first step is worth nothing any more.
    assert_eq!(code_of(ask(&client, &world, Method::GET, "/me", Value::Null).await).await, "session_over");
    let client = again().await;
    assert_eq!(code_of(show(&client, &next).await).await, "second_factor_wrong", "replayed");
    assert_eq!(code_of(show(&client, &now).await).await, "second_factor_wrong", "older than the last");
    world.clock.advance(Duration::from_secs(90));
    assert_eq!(code_of(show(&client, &next).await).await, "second_factor_wrong", "too old");
    for _ in 0..2 {
        assert_eq!(code_of(show(&client, "000000").await).await, "second_factor_wrong");
    }
    let waits = show(&client, &code_at(&secret, world.clock.now())).await;
    assert_eq!(code_of(waits).await, "rate_limited", "nobody guesses six digits");
    drop(first);
}

#[tokio::test]
async fn a_recovery_code_opens_once_and_a_new_telephone_takes_its_place() {
    let world = World::start_by_hand().await;
    let username = somebody(&world, Role::Auditor).await;
    let (old, _, codes) = signed_up(&world, &username, PASSWORD).await;
    assert_eq!(codes.len(), 10);
    let recover = async |code: &str| {
        let client = browser(Some(&cookie(&sign_in(&world, &username, PASSWORD).await)));
        ask(&client, &world, Method::POST, "/session/second-factor", json!({ "recovery_code": code })).await
    };
    let answer = recover(&codes[3].to_uppercase()).await;
    assert_eq!(answer.status(), 200);
    let client = browser(Some(&cookie(&answer)));
    assert_eq!(code_of(recover(&codes[3]).await).await, "second_factor_wrong");
    let offer = ask(&client, &world, Method::POST, "/me/second-factor", json!({})).await;
    let (status, _, body) = refusal(offer).await;
    assert_eq!((status, &body["errors"][0]["field"]), (422, &json!("password")), "the password comes first");
    let offer =
        ask(&client, &world, Method::POST, "/me/second-factor", json!({ "password": PASSWORD })).await;
    let offer: Value = offer.json().await.expect("offer");
    let code = code_at(offer["secret"].as_str().expect("secret"), world.clock.now());
    let set = ask(&client, &world, Method::PUT, "/me/second-factor", json!({ "code": code })).await;
    assert_eq!(set.status(), 200);
    assert_eq!(code_of(old.get("/v1/console/me").send().await.expect("answer")).await, "session_over");
    assert_eq!(code_of(recover(&codes[4]).await).await, "second_factor_wrong", "older codes went with it");
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_and_after_a_shift_however_busy() {
    let world = World::start_by_hand().await;
    let lead = world.person(Role::TeamLead, &["1", "4"], None).await;
    let me = lead.read("/v1/console/me").await;
    assert_eq!((&me["person_id"], &me["username"]), (&json!(lead.person_id), &json!(lead.username)));
    assert_eq!(me["companies"], json!(["1", "4"]));
    assert_eq!(me["rights"], json!(["wallboard", "calls_read", "agents_read", "reports", "staffing"]));
    let minutes = |count: u64| Duration::from_secs(count * 60);
    for _ in 0..(session::LIFE_MS / 60_000 / 50) {
        world.clock.advance(minutes(50));
        lead.read("/v1/console/me").await;
    }
    world.clock.advance(minutes(50));
    let (status, code, body) = refusal(lead.get("/v1/console/me").send().await.expect("answer")).await;
    assert_eq!((status, code.as_str(), &body["errors"][0]["code"]), (401, "session_over", &json!("expired")));
    let other = world.person(Role::Auditor, &[], None).await;
    world.clock.advance(minutes(61));
    let (_, _, body) = refusal(other.get("/v1/console/me").send().await.expect("answer")).await;
    assert_eq!(body["errors"][0]["code"], "idle");
}

#[tokio::test]
async fn a_new_password_is_asked_for_the_old_one_and_ends_every_other_session() {
    let world = World::start().await;
    let username = somebody(&world, Role::TeamLead).await;
    let (first, _, codes) = signed_up(&world, &username, PASSWORD).await;
    let client = browser(Some(&cookie(&sign_in(&world, &username, PASSWORD).await)));
    let shown = json!({ "recovery_code": codes[0] });
    let answer = ask(&client, &world, Method::POST, "/session/second-factor", shown).await;
    let second = browser(Some(&cookie(&answer)));
    assert_eq!(first.read("/v1/console/me/sessions").await["items"].as_array().map(Vec::len), Some(2));
    let change = async |old: &str, new: &str| {
        let body = json!({ "old": old, "new": new });
        ask(&second, &world, Method::PUT, "/me/password", body).await
    };
    for (old, new, field, code) in [
        ("sai rồi nhé bạn", "bốn con vịt bơi", "password", "wrong"),
        (PASSWORD, PASSWORD, "new", "the_old_one"),
        (PASSWORD, "ngắn", "new", "too_short"),
    ] {
        let (status, _, body) = refusal(change(old, new).await).await;
        assert_eq!((status, &body["errors"][0]), (422, &json!({ "field": field, "code": code })));
    }
    assert_eq!(change(PASSWORD, "bốn con vịt bơi").await.status(), 204);
    assert_eq!(code_of(first.get("/v1/console/me").send().await.expect("answer")).await, "session_over");
    assert_eq!(code_of(sign_in(&world, &username, PASSWORD).await).await, "sign_in_failed");
    assert_eq!(sign_in(&world, &username, "bốn con vịt bơi").await.status(), 201);
}

#[tokio::test]
async fn wrong_passwords_lock_the_name_for_a_minute_and_the_agents_of_that_name_not_at_all() {
    let world = World::start_by_hand().await;
    let username = somebody(&world, Role::TeamLead).await;
    for _ in 0..5 {
        assert_eq!(code_of(sign_in(&world, &username, "sai").await).await, "sign_in_failed");
    }
    assert_eq!(code_of(sign_in(&world, &username, PASSWORD).await).await, "rate_limited");
    let app = world.server.app();
    assert!(app.hub.attempts.take(&username, world.clock.now()).is_ok());
    world.clock.advance(Duration::from_secs(61));
    assert_eq!(sign_in(&world, &username, PASSWORD).await.status(), 201);
}

fn change(role: &str, companies: &Value) -> Value {
    json!({ "name": "Trần Văn Đức", "role": role, "companies": companies, "partner": null, "directory_id": null })
}

async fn put(by: &Console, id: &Value, body: &Value) -> Response {
    let path = format!("/v1/console/people/{}", id.as_str().expect("id"));
    by.ask(Method::PUT, &path).json(body).send().await.expect("answer")
}

#[tokio::test]
async fn what_an_administrator_changes_counts_with_the_next_request() {
    let world = World::start().await;
    let root = world.person(Role::Administrator, &[], None).await;
    let other = world.person(Role::Supervisor, &[], None).await;
    let id = json!(other.person_id);
    assert_eq!(other.get("/v1/console/people").send().await.expect("answer").status(), 403);
    let made = put(&root, &id, &change("auditor", &Value::Null)).await;
    assert_eq!(made.status(), 200);
    assert_eq!(other.get("/v1/console/people").send().await.expect("answer").status(), 200);
    put(&root, &id, &change("auditor", &json!(["1"]))).await;
    assert_eq!(other.get("/v1/console/people").send().await.expect("answer").status(), 403);
    let path = format!("/v1/console/people/{}", other.person_id);
    let sessions = root.read(&format!("{path}/sessions")).await;
    let session = sessions["items"][0]["session_id"].as_str().expect("session").to_owned();
    let end = || root.ask(Method::DELETE, &format!("{path}/sessions/{session}")).send();
    assert_eq!(end().await.expect("answer").status(), 204);
    assert_eq!(code_of(other.get("/v1/console/me").send().await.expect("answer")).await, "session_over");
    assert_eq!(end().await.expect("answer").status(), 404);
    let faults = put(
        &root,
        &id,
        &json!({ "name": " ", "role": "auditor", "companies": ["77"], "partner": null,
                                          "directory_id": null }),
    )
    .await;
    let (status, _, body) = refusal(faults).await;
    let expected =
        json!([{ "field": "name", "code": "missing" }, { "field": "companies", "code": "unknown_value" }]);
    assert_eq!((status, &body["errors"]), (422, &expected));
}

#[tokio::test]
async fn a_person_who_was_added_signs_in_and_one_who_was_disabled_is_out() {
    let world = World::start().await;
    let root = world.person(Role::Administrator, &[], None).await;
    let mut new = change("supervisor", &json!(["3"]));
    new["username"] = json!("duc.tran");
    new["password"] = json!(true);
    let added = root.post("/v1/console/people").json(&new).send().await.expect("answer");
    assert_eq!(added.status(), 201);
    let added: Value = added.json().await.expect("added");
    let password = added["password"].as_str().expect("password").to_owned();
    let (duc, ..) = signed_up(&world, "duc.tran", &password).await;
    assert_eq!(duc.read("/v1/console/me").await["password_temporary"], true);
    let twice = root.post("/v1/console/people").json(&new).send().await.expect("answer");
    assert_eq!(code_of(twice).await, "name_taken");
    let path = format!("/v1/console/people/{}", added["person"]["person_id"].as_str().expect("id"));
    let deed = async |deed: &str| {
        let answer = root.post(&format!("{path}/{deed}")).send().await.expect("answer");
        assert_eq!(answer.status(), 200, "{deed}");
        answer.json::<Value>().await.expect("person")
    };
    assert_eq!(deed("disable").await["active"], false);
    assert_eq!(code_of(duc.get("/v1/console/me").send().await.expect("answer")).await, "session_over");
    assert_eq!(code_of(sign_in(&world, "duc.tran", &password).await).await, "sign_in_failed");
    assert_eq!(deed("enable").await["active"], true);
    let reset = deed("reset-password").await;
    assert_eq!(code_of(sign_in(&world, "duc.tran", &password).await).await, "sign_in_failed");
    assert_eq!(deed("reset-second-factor").await["second_factor"], false);
    let password = reset["password"].as_str().expect("password").to_owned();
    let me: Value = sign_in(&world, "duc.tran", &password).await.json().await.expect("me");
    assert_eq!(me["second_factor"], "to_set_up");
}

#[tokio::test]
async fn the_last_administrator_of_all_companies_stays_one() {
    let world = World::start().await;
    let root = world.person(Role::Administrator, &[], None).await;
    let limited = world.person(Role::Administrator, &["1"], None).await;
    let id = json!(root.person_id);
    for body in [change("auditor", &Value::Null), change("administrator", &json!(["1"]))] {
        assert_eq!(code_of(put(&root, &id, &body).await).await, "last_administrator");
    }
    let disable = |who: &Console| root.post(&format!("/v1/console/people/{}/disable", who.person_id)).send();
    assert_eq!(code_of(disable(&root).await.expect("answer")).await, "last_administrator");
    assert_eq!(disable(&limited).await.expect("answer").status(), 200);
    let second = world.person(Role::Administrator, &[], None).await;
    assert_eq!(disable(&root).await.expect("answer").status(), 200);
    assert_eq!(second.get("/v1/console/me").send().await.expect("answer").status(), 200);
}

#[tokio::test]
async fn what_people_do_to_people_is_in_the_audit_without_a_name() {
    let world = World::start().await;
    let root = world.person(Role::Administrator, &[], None).await;
    let other = world.person(Role::TeamLead, &[], None).await;
    put(&root, &json!(other.person_id), &change("supervisor", &json!(["1"]))).await;
    let read = world.server.app().db.read(move |connection| {
        let filter = chinhchu_server::audit::sql::Filter::default();
        chinhchu_server::audit::sql::newest(connection, &filter, 1)
    });
    let entry = read.await.expect("audit").remove(0);
    assert_eq!(entry.actor, format!("person:{}", root.person_id));
    assert_eq!(entry.action, "person.changed");
    assert_eq!(entry.subject, format!("person:{}", other.person_id));
    let detail: Value = serde_json::from_slice(&entry.detail).expect("json");
    assert_eq!(
        detail,
        json!({ "role": "supervisor", "companies": ["1"], "partner": null, "directory": false })
    );
}

/// Who leaves the limits out has not thought of them: nobody becomes unlimited by a slip.
#[tokio::test]
async fn a_person_without_a_word_about_the_limits_is_refused() {
    let world = World::start().await;
    let root = world.person(Role::Administrator, &[], None).await;
    for slip in ["companies", "partner"] {
        let mut new = change("administrator", &json!(["1"]));
        new["username"] = json!("duc.tran");
        new["password"] = json!(true);
        new.as_object_mut().expect("object").remove(slip);
        let answer = root.post("/v1/console/people").json(&new).send().await.expect("answer");
        assert_eq!(code_of(answer).await, "body_malformed", "{slip}");
        let mut body = change("team_lead", &json!(["1"]));
        body.as_object_mut().expect("object").remove(slip);
        assert_eq!(
            code_of(put(&root, &json!(root.person_id), &body).await).await,
            "body_malformed",
            "{slip}"
        );
    }
}

/// A reset by an administrator, and a disabling, count against whatever was checked before they came.
#[tokio::test]
async fn a_password_that_was_checked_before_it_was_reset_opens_and_changes_nothing() {
    use chinhchu_server::console::account::sql::{change_password, is_still};
    use chinhchu_server::store::StoreError;
    let world = World::start().await;
    let person = world.stored_person(Role::Supervisor, &[], None, Some(PASSWORD));
    let (id, checked) = (person.person_id, person.password_hash.clone());
    let root = world.person(Role::Administrator, &[], None).await;
    let db = world.server.app().db.clone();
    db.write(move |tx| sql::insert_person(tx, &person))
        .await
        .map_err(|error: StoreError| error)
        .expect("stored");
    let still = async |checked: Option<String>| {
        let read = db.read(move |c| is_still(c, id, checked.as_deref())).await;
        read.map_err(|error: StoreError| error).expect("read")
    };
    assert!(still(checked.clone()).await && still(None).await);
    let deed = async |deed: &str| {
        let answer = root.post(&format!("/v1/console/people/{id}/{deed}")).send().await.expect("answer");
        assert_eq!(answer.status(), 200, "{deed}");
    };
    deed("reset-password").await;
    assert!(!still(checked.clone()).await && still(None).await);
    let late = checked.clone();
    let written = db.write(move |tx| change_password(tx, id, late.as_deref(), "of one's own")).await;
    assert!(!written.map_err(|error: StoreError| error).expect("written"));
    deed("disable").await;
    assert!(!still(None).await);
}
