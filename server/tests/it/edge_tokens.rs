//! Company tokens and service credentials (S8–S10), by API and at every door.

use serde_json::{Value, json};

use crate::edge_world::{World, refusal};

async fn code(world: &World, token: &str) -> (u16, String) {
    let (status, code, _) = refusal(
        world.get("/v1/calls/01900000-0000-7000-8000-000000000000", token).send().await.expect("answer"),
    )
    .await;
    (status, code)
}

#[tokio::test]
async fn every_kind_of_bad_token_has_its_own_code() {
    let world = World::start().await;
    let none = world.client.get(format!("{}/v1/calls/x", world.url)).send().await.expect("answer");
    assert_eq!(none.headers()["www-authenticate"], "Bearer");
    assert_eq!(refusal(none).await.1, "token_missing");
    let unknown = format!("cct_{}", "A".repeat(43));
    for wrong in [unknown.as_str(), "csc_nonsense", "nonsense"] {
        assert_eq!(code(&world, wrong).await, (401, "token_invalid".into()));
    }
    let expired = world.token("1", 0).await.token;
    assert_eq!(code(&world, &expired).await, (401, "token_expired".into()));
    let good = world.token("1", 600).await;
    assert_eq!(code(&world, &good.token).await, (404, "call_not_found".into()));
    let service = world.service("msale").await;
    let revoke =
        world.client.delete(format!("{}/v1/tokens/{}", world.url, good.token_id)).bearer_auth(&service);
    assert_eq!(revoke.send().await.expect("answer").status(), 204);
    assert_eq!(code(&world, &good.token).await, (401, "token_revoked".into()));
}

/// S8: rotation has no gap, and no list shows a secret.
#[tokio::test]
async fn msale_issues_lists_and_revokes_tokens_of_a_company() {
    let world = World::start().await;
    let service = world.service("msale").await;
    let issue = |body: Value| world.post("/v1/companies/4/tokens", &service).json(&body).send();
    let first: Value = issue(json!({})).await.expect("answer").json().await.expect("json");
    let second = issue(json!({"expires_in_s": 60})).await.expect("answer");
    assert_eq!(second.status(), 201);
    assert_eq!(second.headers()["cache-control"], "no-store");
    let second: Value = second.json().await.expect("json");
    assert_eq!((&second["company"], &first["company"]), (&json!("4"), &json!("4")));
    for token in [&first["token"], &second["token"]] {
        assert_eq!(code(&world, token.as_str().expect("token")).await.0, 404, "both are valid at a time");
    }
    let list = world.get("/v1/companies/4/tokens", &service).send().await.expect("answer");
    let list: Value = list.json().await.expect("json");
    assert_eq!(list.as_array().map(Vec::len), Some(2));
    assert!(!list.to_string().contains("cct_"));

    let empty = world.post("/v1/companies/4/tokens", &service).send().await.expect("answer");
    assert_eq!(empty.status(), 201, "the body may be empty");
    let (status, found, body) = refusal(issue(json!({"expires_in_s": 59})).await.expect("answer")).await;
    assert_eq!((status, found.as_str()), (422, "request_invalid"));
    assert_eq!(body["errors"][0]["field"], "expires_in_s");
    let nowhere = world.post("/v1/companies/77/tokens", &service).send().await.expect("answer");
    assert_eq!(refusal(nowhere).await.0, 404);
}

#[tokio::test]
async fn a_credential_of_the_wrong_kind_is_forbidden() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let service = world.service("msale").await;
    let issue = world.post("/v1/companies/1/tokens", &token).send().await.expect("answer");
    assert_eq!(refusal(issue).await.1, "forbidden");
    let intake = world.intake(&service, "k", crate::edge_world::good_form()).await;
    assert_eq!(refusal(intake).await.1, "forbidden");
    let call = world.call(&token).await;
    let call_token = call["call_token"].as_str().expect("token");
    let policy = world.get("/v1/policy/decision", call_token).send().await.expect("answer");
    assert_eq!(refusal(policy).await.1, "forbidden");
}

/// No secret can be read back from the data folder.
#[tokio::test]
async fn tokens_are_not_on_disk() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let service = world.service("msale").await;
    let call = world.call(&token).await;
    let call_token = call["call_token"].as_str().expect("token").to_owned();
    for entry in std::fs::read_dir(world.folder.path()).expect("folder") {
        let path = entry.expect("entry").path();
        if !path.is_file() {
            continue;
        }
        let bytes = std::fs::read(&path).expect("read");
        for secret in [token.as_str(), &service, &call_token, "Nguyễn Thị Ánh", "079190001234"] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "a secret lies readable in {:?}", path.file_name());
        }
    }
}
