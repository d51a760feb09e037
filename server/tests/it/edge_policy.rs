//! The whole catalogue (P1) for every channel (P3), against the table of the plan.

use serde_json::{Value, json};

use crate::edge_world::{World, refusal};

const TABLE: &str = include_str!("../../data/policy-catalogue.csv");

async fn ask(world: &World, token: &str, query: &str) -> reqwest::Response {
    world.get(&format!("/v1/policy/decision?{query}"), token).send().await.expect("answer")
}

/// P1, P3: 27 subscriber types × 3 customer types × 4 channels.
#[tokio::test]
async fn every_entry_of_the_catalogue_decides_for_every_channel() {
    let world = World::start().await;
    let token = world.service("tcqlkh").await;
    let mut asked = 0;
    for line in TABLE.lines().skip(1).filter(|line| line.starts_with("prepaid")) {
        let cells: Vec<&str> = line.split(',').collect();
        for (customer, answer) in [("individual", cells[5]), ("vi2", cells[5]), ("enterprise", cells[6])] {
            for channel in ["msale", "tcqlkh", "dthgd", "cskh"] {
                let query = format!(
                    "payment=prepaid&sub_type={}&customer_type={customer}&channel={channel}",
                    cells[1]
                );
                let body: Value = ask(&world, &token, &query).await.json().await.expect("json");
                let expected = match (answer, channel) {
                    ("N", _) => json!(["not_mandatory", "allowed", null, null]),
                    (_, "msale") => json!(["mandatory", "allowed", "confirmed_call", null]),
                    (_, _) => json!(["mandatory", "blocked", null, "msale"]),
                };
                let found = json!([body["video_call"], body["activation"], body["requires"], body["use"]]);
                assert_eq!(found, expected, "{query}");
                assert_eq!((&body["valid_from"], &body["valid_to"]), (&json!("2021-10-01"), &Value::Null));
                asked += 1;
            }
        }
    }
    assert_eq!(asked, 27 * 3 * 4);
}

/// P1: whatever the subscriber type.
#[tokio::test]
async fn postpaid_needs_no_subscriber_type_and_is_not_mandatory() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    for more in ["", "&sub_type=MC", "&sub_type=WHATEVER"] {
        let query = format!("payment=postpaid&customer_type=individual&channel=cskh{more}");
        let body: Value = ask(&world, &token, &query).await.json().await.expect("json");
        assert_eq!((&body["video_call"], &body["activation"]), (&json!("not_mandatory"), &json!("allowed")));
    }
}

/// P2: the first validity begins at midnight in Vietnam.
#[tokio::test]
async fn before_the_first_validity_no_policy_is_in_force() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let base = "payment=prepaid&sub_type=MC&customer_type=individual&channel=msale";
    for early in ["2021-09-30", "2021-09-30T16:59:59Z", "2021-09-30T23:59:59%2B07:00"] {
        let answer = ask(&world, &token, &format!("{base}&at={early}")).await;
        assert_eq!(refusal(answer).await.1, "policy_not_in_force", "{early}");
    }
    for late in ["2021-10-01", "2021-09-30T17:00:00Z", "2021-10-01T00:00:00+07:00"] {
        assert_eq!(ask(&world, &token, &format!("{base}&at={late}")).await.status(), 200, "{late}");
    }
}

#[tokio::test]
async fn unknown_types_and_faulty_questions_are_told_apart() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let unknown = ask(&world, &token, "payment=prepaid&sub_type=ZZZ&customer_type=vi2&channel=msale").await;
    let (status, code, _) = refusal(unknown).await;
    assert_eq!((status, code.as_str()), (404, "sub_type_unknown"));

    let faulty = ask(&world, &token, "payment=prepaid&customer_type=alien&at=soon").await;
    let (status, code, body) = refusal(faulty).await;
    assert_eq!((status, code.as_str()), (422, "request_invalid"));
    let mut fields: Vec<&str> =
        body["errors"].as_array().expect("errors").iter().filter_map(|e| e["field"].as_str()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["at", "channel", "customer_type", "sub_type"]);
}
