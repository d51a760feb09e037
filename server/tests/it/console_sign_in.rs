//! What a sign-in leaves behind and asks for: a password of one's own before anything else, and failed tries in the
//! audit, told without flooding it.

use std::time::Duration;

use chinhchu_protocol::console::people::Role;
use chinhchu_protocol::ids::PersonId;
use chinhchu_server::audit::sql::{Filter, newest};
use chinhchu_server::console::sql;
use reqwest::Method;
use serde_json::{Value, json};

use crate::console_people::{ask, sign_in};
use crate::console_world::{browser, cookie, signed_up};
use crate::edge_world::{World, refusal};

const PASSWORD: &str = "ba con gà đi chợ";
const OWN: &str = "bốn con vịt bơi";
const PATIENCE: Duration = Duration::from_secs(10);

/// A person who can sign in with [`PASSWORD`].
async fn somebody(world: &World) -> (PersonId, String) {
    let person = world.stored_person(Role::Auditor, &[], None, Some(PASSWORD));
    let (id, username) = (person.person_id, person.username.clone());
    let written = world.server.app().db.write(move |tx| sql::insert_person(tx, &person));
    written.await.expect("stored");
    (id, username)
}

/// The audit's entries of an action, oldest first, once there are so many.
async fn entries(world: &World, action: &str, count: usize) -> Vec<(String, Value)> {
    let look = async || {
        let wanted = action.to_owned();
        let read = world.server.app().db.read(move |connection| {
            newest(connection, &Filter::default(), 500).map(|all| {
                let own = all.into_iter().rev().filter(|entry| entry.action == wanted);
                own.map(|entry| (entry.subject, entry.detail)).collect::<Vec<_>>()
            })
        });
        read.await.expect("audit")
    };
    let waited = tokio::time::timeout(PATIENCE, async {
        loop {
            let found = look().await;
            if found.len() >= count {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let found = waited.await.unwrap_or_else(|_| panic!("no {count} entries {action}"));
    assert_eq!(found.len(), count, "{action}");
    found
        .into_iter()
        .map(|(subject, detail)| (subject, serde_json::from_slice(&detail).expect("json")))
        .collect()
}

#[tokio::test]
async fn who_was_given_a_password_sets_an_own_one_before_anything_else() {
    let world = World::start().await;
    let root = world.person(Role::Administrator, &[], None).await;
    let new = json!({ "username": "duc.tran", "password": true, "name": "Trần Văn Đức", "role": "administrator",
                      "companies": null, "partner": null, "directory_id": null });
    let added: Value =
        root.post("/v1/console/people").json(&new).send().await.expect("answer").json().await.expect("added");
    let given = added["password"].as_str().expect("password").to_owned();
    let (duc, ..) = signed_up(&world, "duc.tran", &given).await;
    let me = duc.read("/v1/console/me").await;
    assert_eq!((&me["password_temporary"], &me["rights"]), (&json!(true), &json!([])));
    let asked = async |method: Method, path: &str, body: Value| {
        let answer = duc.ask(method, &format!("/v1/console{path}")).json(&body).send().await.expect("answer");
        (answer.status().as_u16(), refusal(answer).await.1)
    };
    let given_again = json!({ "password": given });
    for (method, path, body) in [
        (Method::GET, "/people", Value::Null),
        (Method::GET, "/me/sessions", Value::Null),
        (Method::GET, "/wallboard/events", Value::Null),
        (Method::POST, "/people", new.clone()),
        (Method::POST, "/me/second-factor", given_again.clone()),
        (Method::PUT, "/me/second-factor", json!({ "code": "000000" })),
        (Method::POST, "/me/recovery-codes", given_again),
    ] {
        let told = asked(method.clone(), path, body).await;
        assert_eq!(told, (403, "password_temporary".to_owned()), "{method} {path}");
    }
    let change = async |old: &str, new: &str| {
        duc.ask(Method::PUT, "/v1/console/me/password")
            .json(&json!({ "old": old, "new": new }))
            .send()
            .await
            .expect("answer")
    };
    assert_eq!(refusal(change(&given, &given).await).await.0, 422, "the given one is no own one");
    assert_eq!(asked(Method::GET, "/people", Value::Null).await.0, 403);
    assert_eq!(change(&given, OWN).await.status(), 204);
    let me = duc.read("/v1/console/me").await;
    assert_eq!(me["password_temporary"], false);
    assert!(me["rights"].as_array().is_some_and(|rights| !rights.is_empty()));
    duc.read("/v1/console/people").await;
    // Somebody else makes one again: the same again.
    let path = format!("/v1/console/people/{}/reset-password", duc.person_id);
    assert_eq!(root.post(&path).send().await.expect("answer").status(), 200);
    assert_eq!(asked(Method::GET, "/me", Value::Null).await.1, "session_over");
}

#[tokio::test]
async fn failed_sign_ins_stand_in_the_audit_by_account_with_counts_and_no_name() {
    let world = World::start_by_hand().await;
    let (id, username) = somebody(&world).await;
    let wrong = async || refusal(sign_in(&world, &username, "sai").await).await.1;
    let subject = format!("person:{id}");
    let told = |wrong: u32, locked: bool| {
        (subject.clone(), json!({ "step": "password", "wrong": wrong, "locked": locked }))
    };
    assert_eq!(wrong().await, "sign_in_failed");
    assert_eq!(entries(&world, "person.sign_in_failed", 1).await, [told(1, false)]);
    for _ in 0..4 {
        assert_eq!(wrong().await, "sign_in_failed");
    }
    assert_eq!(entries(&world, "person.sign_in_failed", 2).await[1], told(4, true));
    // What is not even looked at is no further try; one a minute goes on uncounted for an hour.
    assert_eq!(wrong().await, "rate_limited");
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(61));
        assert_eq!(wrong().await, "sign_in_failed");
    }
    assert_eq!(entries(&world, "person.sign_in_failed", 2).await.len(), 2);
    world.clock.advance(Duration::from_secs(61));
    let (_, secret, _) = signed_up(&world, &username, PASSWORD).await;
    let signed_in = entries(&world, "person.signed_in", 1).await;
    assert_eq!(signed_in, [(subject.clone(), json!({ "by": "password", "wrong_before": 3 }))]);

    // A wrong second step: somebody has the password.
    world.clock.advance(Duration::from_hours(1));
    let half = browser(Some(&cookie(&sign_in(&world, &username, PASSWORD).await)));
    let shown = ask(&half, &world, Method::POST, "/session/second-factor", json!({ "code": "000000" })).await;
    assert_eq!(refusal(shown).await.1, "second_factor_wrong");
    let failed = entries(&world, "person.sign_in_failed", 3).await;
    assert_eq!(failed[2].1, json!({ "step": "second_factor", "wrong": 1, "locked": false }));
    let code = crate::console_world::code_at(&secret, world.clock.now());
    let shown = ask(&half, &world, Method::POST, "/session/second-factor", json!({ "code": code })).await;
    assert_eq!(shown.status(), 200);
    assert_eq!(
        entries(&world, "person.signed_in", 2).await[1].1,
        json!({ "by": "password" }),
        "all was told"
    );
}

#[tokio::test]
async fn user_names_that_nobody_has_leave_one_entry_however_many_are_tried() {
    let world = World::start_by_hand().await;
    for n in 0..12 {
        // Whoever types a password into the field of the name must not find it in the audit.
        let answer = sign_in(&world, &format!("0901234567 {n}"), "sai").await;
        assert_eq!(refusal(answer).await.1, "sign_in_failed");
    }
    let expected = json!({ "step": "password", "wrong": 1, "locked": false });
    assert_eq!(entries(&world, "person.sign_in_failed", 1).await, [("sign_in:unknown".to_owned(), expected)]);
    world.clock.advance(Duration::from_hours(1));
    sign_in(&world, "ai đó", "sai").await;
    assert_eq!(entries(&world, "person.sign_in_failed", 2).await[1].1["wrong"], 12);
}
