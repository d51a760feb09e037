//! Sign-in to the console and who its people are.

use chinhchu_protocol::console::people::Role;
use chinhchu_server::console::session;
use serde_json::json;

use crate::console_world::browser;
use crate::edge_world::{World, refusal};

/// The cookie that an answer sets.
fn cookie(answer: &reqwest::Response) -> String {
    let line = answer.headers().get("set-cookie").expect("cookie").to_str().expect("text");
    let (pair, rest) = line.split_once(';').expect("attributes");
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(rest.contains(attribute), "{attribute} in {rest}");
    }
    pair.split_once('=').expect("pair").1.to_owned()
}

#[tokio::test]
async fn a_password_alone_opens_nothing_but_the_second_step() {
    let world = World::start().await;
    let person = world.stored_person(Role::Administrator, &[], None, Some("đúng rồi nhé"));
    let username = person.username.clone();
    let written =
        world.server.app().db.write(move |tx| chinhchu_server::console::sql::insert_person(tx, &person));
    written.await.expect("stored");
    let sign_in = async |password: &str, client: reqwest::Client| {
        let body = json!({ "username": username, "password": password });
        client.post(format!("{}/v1/console/session", world.url)).json(&body).send().await.expect("answer")
    };
    assert_eq!(refusal(sign_in("sai", browser(None)).await).await.1, "sign_in_failed");
    assert_eq!(
        refusal(sign_in("đúng rồi nhé", world.client.clone()).await).await.1,
        "forbidden",
        "no header"
    );
    let answer = sign_in("đúng rồi nhé", browser(None)).await;
    assert_eq!(answer.status(), 201);
    let client = browser(Some(&cookie(&answer)));
    let me: serde_json::Value = answer.json().await.expect("me");
    assert_eq!((&me["second_factor"], &me["rights"]), (&json!("to_set_up"), &json!([])));
    let url = format!("{}/v1/console/session", world.url);
    assert_eq!(client.delete(&url).send().await.expect("answer").status(), 204);
    let after = client.get(format!("{}/v1/console/me", world.url)).send().await.expect("answer");
    assert_eq!(refusal(after).await.1, "session_over");
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_and_after_a_shift_however_busy() {
    let world = World::start_by_hand().await;
    let lead = world.person(Role::TeamLead, &["1", "4"], None).await;
    let me = lead.read("/v1/console/me").await;
    assert_eq!((&me["person_id"], &me["username"]), (&json!(lead.person_id), &json!(lead.username)));
    assert_eq!(me["companies"], json!(["1", "4"]));
    assert_eq!(me["rights"], json!(["wallboard", "calls_read", "agents_read", "reports", "staffing"]));
    let minutes = |count: i64| std::time::Duration::from_millis(u64::try_from(count * 60_000).expect("ms"));
    for _ in 0..(session::LIFE_MS / 60_000 / 50) {
        world.clock.advance(minutes(50));
        lead.read("/v1/console/me").await;
    }
    world.clock.advance(minutes(50));
    let (status, code, body) = refusal(lead.get("/v1/console/me").send().await.expect("answer")).await;
    assert_eq!((status, code.as_str(), &body["errors"][0]["code"]), (401, "session_over", &json!("expired")));
    let nothing = json!({ "username": "", "password": "" });
    let (_, code, _) =
        refusal(lead.post("/v1/console/session").json(&nothing).send().await.expect("answer")).await;
    assert_eq!(code, "request_invalid");
    let other = world.person(Role::Auditor, &[], None).await;
    world.clock.advance(minutes(61));
    let (_, _, body) = refusal(other.get("/v1/console/me").send().await.expect("answer")).await;
    assert_eq!(body["errors"][0]["code"], "idle");
}
