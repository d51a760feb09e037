//! What a credential may see of a call: state, changes, pictures.

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::edge_world::{World, good_form, jpeg, refusal};

fn id(call: &Value) -> &str {
    call["call_id"].as_str().expect("id")
}

/// A token of one company never sees another's call.
#[tokio::test]
async fn another_companys_call_does_not_exist() {
    let world = World::start().await;
    let (own, other) = (world.token("1", 600).await.token, world.token("4", 600).await.token);
    let call = world.call(&own).await;
    for path in ["", "/events", "/images/id_front"] {
        let answer =
            world.get(&format!("/v1/calls/{}{path}", id(&call)), &other).send().await.expect("answer");
        let (status, code, _) = refusal(answer).await;
        assert_eq!((status, code.as_str()), (404, "call_not_found"), "{path}");
    }
    let cancel = world.post(&format!("/v1/calls/{}/cancel", id(&call)), &other).send().await.expect("answer");
    assert_eq!(refusal(cancel).await.0, 404);
    let state: Value = world
        .get(&format!("/v1/calls/{}", id(&call)), &own)
        .send()
        .await
        .expect("answer")
        .json()
        .await
        .expect("json");
    assert_eq!(state["state"], "preparing");
}

/// The company token may live on a dealer's phone: it opens no picture.
#[tokio::test]
async fn pictures_need_the_calls_own_token_or_a_service_credential() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let service = world.service("msale").await;
    let call = world.call(&token).await;
    let stranger = world.call(&token).await;
    let path = format!("/v1/calls/{}/images/id_front", id(&call));
    let (status, code, _) = refusal(world.get(&path, &token).send().await.expect("answer")).await;
    assert_eq!((status, code.as_str()), (403, "forbidden"));
    let foreign = stranger["call_token"].as_str().expect("token");
    assert_eq!(refusal(world.get(&path, foreign).send().await.expect("answer")).await.0, 404);

    for credential in [call["call_token"].as_str().expect("token"), &service] {
        let answer = world.get(&path, credential).send().await.expect("answer");
        assert_eq!(answer.headers()["content-type"], "image/jpeg");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_eq!(answer.bytes().await.expect("bytes"), jpeg(), "the original, byte for byte");
        let copy = world.get(&format!("{path}?display=1"), credential).send().await.expect("answer");
        let copy = image::load_from_memory(&copy.bytes().await.expect("bytes")).expect("picture");
        assert_eq!((copy.width(), copy.height()), (320, 200));
    }
    let missing = world.get(&path.replace("id_front", "screenshot"), &service).send().await.expect("answer");
    assert_eq!(refusal(missing).await.1, "not_found");
    let looks = world.server.app().db.read(|c| {
        let sql = "SELECT count(*) FROM case_access";
        Ok::<i64, chinhchu_server::store::StoreError>(c.query_row(sql, [], |row| row.get(0))?)
    });
    assert_eq!(looks.await.expect("count"), 4, "every look is recorded");
}

#[tokio::test]
async fn a_cancelled_call_has_ended_and_stays_so() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let call = world.call(&token).await;
    let cancel = || world.post(&format!("/v1/calls/{}/cancel", id(&call)), &token).send();
    let body: Value = cancel().await.expect("answer").json().await.expect("json");
    assert_eq!((&body["state"], &body["end_reason"]), (&json!("ended"), &json!("cancelled")));
    let again = cancel().await.expect("answer");
    assert!(matches!(again.status().as_u16(), 200 | 409), "{}", again.status());
    let state: Value = world
        .get(&format!("/v1/calls/{}", id(&call)), &token)
        .send()
        .await
        .expect("answer")
        .json()
        .await
        .expect("json");
    assert_eq!(state["end_reason"], "cancelled");
}

async fn events(
    world: &World,
    token: &str,
    path: &str,
    last: Option<&str>,
    count: usize,
) -> Vec<(String, Value)> {
    let mut request = world.get(path, token);
    if let Some(last) = last {
        request = request.header("Last-Event-ID", last);
    }
    let answer = request.send().await.expect("answer");
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut stream = answer.bytes_stream();
    let mut text = String::new();
    let mut found = Vec::new();
    while found.len() < count {
        let chunk = stream.next().await.expect("more").expect("bytes");
        text.push_str(std::str::from_utf8(&chunk).expect("text"));
        while let Some((block, rest)) = text.split_once("\n\n") {
            let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            if let (Some(id), Some(data)) = (field("id:"), field("data:")) {
                found.push((id.to_owned(), serde_json::from_str(data).expect("json")));
            }
            text = rest.to_owned();
        }
    }
    found
}

/// Events and polling give the same; a stream resumes where it broke.
#[tokio::test]
async fn events_show_every_change_and_resume_by_their_last_id() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let call = world.call(&token).await;
    let path = format!("/v1/calls/{}/events", id(&call));
    let first = events(&world, &token, &path, None, 1).await;
    assert_eq!(first[0].1["state"], "preparing");
    world.post(&format!("/v1/calls/{}/cancel", id(&call)), &token).send().await.expect("answer");
    let rest = events(&world, &token, &path, Some(&first[0].0), 1).await;
    assert_eq!(rest[0].1["state"], "ended");
    let polled: Value = world
        .get(&format!("/v1/calls/{}", id(&call)), &token)
        .send()
        .await
        .expect("answer")
        .json()
        .await
        .expect("json");
    assert_eq!(rest[0].1, polled);
    let whole = events(&world, &token, &path, None, 2).await;
    assert_eq!(
        whole.iter().map(|(_, body)| body["state"].clone()).collect::<Vec<_>>(),
        ["preparing", "ended"]
    );
}

/// I5: acknowledged is durable.
#[tokio::test]
async fn a_call_is_still_there_after_a_restart() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let created: Value = world.intake(&token, "k", good_form()).await.json().await.expect("json");
    world.stop.cancel();
    let World { folder, server, client, .. } = world;
    server.wait().await.expect("stopped");
    let config = chinhchu_server::config::Config::for_data(folder.path());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("port");
    let server = chinhchu_server::run::start(listener, config, tokio_util::sync::CancellationToken::new())
        .await
        .expect("starts again");
    let url = format!("{}/v1/calls/{}", server.base_url(), id(&created));
    let body: Value =
        client.get(&url).bearer_auth(&token).send().await.expect("answer").json().await.expect("json");
    assert_eq!((&body["state"], &body["call_id"]), (&json!("preparing"), &created["call_id"]));
    let picture = client
        .get(format!("{url}/images/portrait"))
        .bearer_auth(created["call_token"].as_str().expect("token"));
    assert_eq!(picture.send().await.expect("answer").status(), 200, "the call token outlives the process");
}
