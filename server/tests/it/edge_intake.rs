//! Intake (S10): what is good is taken once; what is bad is refused with its code, and nothing of it is stored.

use reqwest::multipart::Form;
use serde_json::{Value, json};

use crate::edge_world::{World, case_part, form_with, good_case, good_form, jpeg, part, refusal};

/// Sends a bad form; gives status, code and the named faults.
async fn refused(world: &World, token: &str, form: Form) -> (u16, String, Vec<(String, String)>) {
    let (status, code, body) = refusal(world.intake(token, "a-key", form).await).await;
    let faults = body["errors"].as_array().cloned().unwrap_or_default();
    let text = |v: &Value, name: &str| v[name].as_str().unwrap_or("").to_owned();
    assert_eq!(world.stored().await, 0, "{code} left rows");
    assert_eq!(world.files(), 0, "{code} left files");
    (status, code, faults.iter().map(|v| (text(v, "field"), text(v, "code"))).collect())
}

fn fault(field: &str, code: &str) -> Vec<(String, String)> {
    vec![(field.to_owned(), code.to_owned())]
}

/// S10, S11
#[tokio::test]
async fn a_call_is_taken_in_with_its_own_page_and_token() {
    let world = World::start().await;
    let token = world.token("4", 600).await.token;
    let answer = world.intake(&token, "k1", good_form()).await;
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let created: Value = answer.json().await.expect("json");
    assert_eq!(created["state"], "preparing");
    assert_eq!(created["queue"], Value::Null);
    assert_eq!(created["policy"]["video_call"], "mandatory");
    let (id, call_token) =
        (created["call_id"].as_str().expect("id"), created["call_token"].as_str().expect("token"));
    assert_eq!(created["call_screen_url"], format!("{}/call/{id}#{call_token}", world.url));

    let body: Value = world
        .get(&format!("/v1/calls/{id}"), &token)
        .send()
        .await
        .expect("answer")
        .json()
        .await
        .expect("json");
    assert_eq!((&body["company"], &body["external_id"]), (&json!("4"), &json!("EK-2211-000017")));
    assert_eq!(body["images"].as_array().map(Vec::len), Some(2));
    let text = body.to_string();
    assert!(!text.contains("079190001234") && !text.contains("Ánh"), "case data needs the call token");
}

/// I5: a retry never makes a second call; boundary and order don't count.
#[tokio::test]
async fn the_same_key_and_parts_give_the_same_call_and_other_parts_a_conflict() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let first: Value = world.intake(&token, "k", good_form()).await.json().await.expect("json");
    let stored = world.stored().await;
    let reordered = Form::new()
        .part("portrait", part(jpeg()))
        .part("id_front", part(jpeg()))
        .part("case", case_part(&good_case()));
    let again = world.intake(&token, "k", reordered).await;
    assert_eq!(again.status(), 200);
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    let again: Value = again.json().await.expect("json");
    assert_eq!(again, first);

    let mut other = good_case();
    other["external_id"] = json!("EK-other");
    let (status, code, _) = refusal(world.intake(&token, "k", form_with(&other, jpeg())).await).await;
    assert_eq!((status, code.as_str()), (409, "idempotency_conflict"));
    assert_eq!(world.stored().await, stored);

    let elsewhere = world.token("2", 600).await.token;
    assert_eq!(world.intake(&elsewhere, "k", good_form()).await.status(), 201, "keys are a company's own");
}

#[tokio::test]
async fn twenty_retries_at_once_make_one_call() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let tries = (0..20).map(|_| world.intake(&token, "same", good_form()));
    let answers = futures_util::future::join_all(tries).await;
    let mut ids = std::collections::BTreeSet::new();
    let mut created = 0;
    for answer in answers {
        created += u32::from(answer.status() == 201);
        assert!(answer.status().is_success(), "{}", answer.status());
        let body: Value = answer.json().await.expect("json");
        ids.insert(body["call_id"].as_str().expect("id").to_owned());
    }
    assert_eq!((ids.len(), created), (1, 1));
}

#[tokio::test]
async fn a_call_without_a_key_is_refused() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let answer = world.post("/v1/calls", &token).multipart(good_form()).send().await.expect("answer");
    let (status, code, _) = refusal(answer).await;
    assert_eq!((status, code.as_str()), (400, "idempotency_key_missing"));
    assert_eq!(world.stored().await, 0);
}

#[tokio::test]
async fn missing_repeated_and_unknown_parts_are_named() {
    let world = World::start().await;
    let token = &world.token("1", 600).await.token;
    let without_case = Form::new().part("id_front", part(jpeg())).part("portrait", part(jpeg()));
    assert_eq!(
        refused(&world, token, without_case).await,
        (422, "case_invalid".into(), fault("case", "missing"))
    );

    let without_portrait = Form::new().part("case", case_part(&good_case())).part("id_front", part(jpeg()));
    let expected = (422, "picture_missing".to_owned(), fault("portrait", "missing"));
    assert_eq!(refused(&world, token, without_portrait).await, expected);

    let twice = good_form().part("portrait", part(jpeg()));
    assert_eq!(
        refused(&world, token, twice).await,
        (422, "case_invalid".into(), fault("portrait", "repeated_part"))
    );

    let case_twice = good_form().part("case", case_part(&good_case()));
    assert_eq!(
        refused(&world, token, case_twice).await,
        (422, "case_invalid".into(), fault("case", "repeated_part"))
    );

    let unknown = good_form().part("selfie", part(jpeg()));
    assert_eq!(
        refused(&world, token, unknown).await,
        (422, "case_invalid".into(), fault("selfie", "unknown_part"))
    );
}

#[tokio::test]
async fn faults_of_the_case_are_named_all_at_once() {
    let world = World::start().await;
    let token = &world.token("1", 600).await.token;
    let not_json = Form::new()
        .part("case", part(b"{\"external_id\": EK".to_vec()))
        .part("id_front", part(jpeg()))
        .part("portrait", part(jpeg()));
    assert_eq!(
        refused(&world, token, not_json).await,
        (422, "case_invalid".into(), fault("case", "not_json"))
    );

    let mut case = good_case();
    case["customer"]["id_kind"] = json!("library_card");
    case["customer"]["date_of_birth"] = json!("1990-02-30");
    case["subscriber"]["sub_type"] = json!("NOPE");
    let (status, code, mut faults) = refused(&world, token, form_with(&case, jpeg())).await;
    faults.sort();
    assert_eq!((status, code.as_str()), (422, "case_invalid"));
    let expected = [
        ("customer.date_of_birth", "not_a_date"),
        ("customer.id_kind", "unknown_value"),
        ("subscriber.sub_type", "unknown_value"),
    ];
    assert_eq!(faults, expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
}

#[tokio::test]
async fn bad_pictures_are_refused_by_what_their_bytes_are() {
    let world = World::start().await;
    let token = &world.token("1", 600).await.token;
    let whole = jpeg();
    let mut bomb = jpeg();
    let sof = bomb.windows(2).position(|w| w == [0xFF, 0xC0]).expect("SOF0");
    bomb[sof + 5..sof + 9].copy_from_slice(&[0x75, 0x30, 0x75, 0x30]);
    let mut big = jpeg();
    big.resize(6 * 1024 * 1024, 0);
    let table: [(Vec<u8>, u16, &str); 6] = [
        (b"not a picture at all".to_vec(), 422, "picture_unreadable"),
        (Vec::new(), 422, "picture_unreadable"),
        (whole[..whole.len() / 2].to_vec(), 422, "picture_unreadable"),
        (b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(), 415, "picture_unsupported"),
        (bomb, 413, "picture_too_large"),
        (big, 413, "picture_too_large"),
    ];
    for (bytes, status, code) in table {
        let (found_status, found, faults) = refused(&world, token, form_with(&good_case(), bytes)).await;
        assert_eq!((found_status, found.as_str()), (status, code));
        assert_eq!(faults[0].0, "id_front");
    }
}

#[tokio::test]
async fn a_cmyk_jpeg_is_taken() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let cmyk = include_bytes!("../../data/test/cmyk.jpg").to_vec();
    assert_eq!(world.intake(&token, "k", form_with(&good_case(), cmyk)).await.status(), 201);
}

#[tokio::test]
async fn a_body_that_is_no_multipart_is_malformed() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    for (content_type, body) in [
        ("application/json", "{}"),
        ("multipart/form-data", "--x"),
        ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"case\"\r\n\r\n{"),
    ] {
        let request = world.post("/v1/calls", &token).header("Idempotency-Key", "k");
        let answer = request.header("Content-Type", content_type).body(body).send().await.expect("answer");
        let (status, code, _) = refusal(answer).await;
        assert_eq!((status, code.as_str()), (400, "body_malformed"), "{content_type}");
    }
    assert_eq!(world.stored().await, 0);
}

#[tokio::test]
async fn more_than_16_mib_in_all_is_too_large() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let almost = |seed: u8| vec![seed; 5 * 1024 * 1024 - 1];
    let form = Form::new()
        .part("case", case_part(&good_case()))
        .part("id_front", part(almost(1)))
        .part("id_back", part(almost(2)))
        .part("portrait", part(almost(3)))
        .part("extra", part(almost(4)));
    let (status, code, _) = refusal(world.intake(&token, "k", form).await).await;
    assert_eq!((status, code.as_str()), (413, "body_too_large"));
    assert_eq!(world.stored().await, 0);
}

/// The company's settings can want more than the contract.
#[tokio::test]
async fn consent_and_biometric_match_are_needed_where_the_company_says_so() {
    let world = World::start().await;
    let token = &world.token("1", 600).await.token;
    let mut case = good_case();
    case.as_object_mut().expect("object").remove("consent");
    let set = |consent: bool, biometric: bool| {
        world.settings("1", json!({"require_consent": consent, "require_biometric_match": biometric}))
    };
    set(true, false).await;
    let expected = (422, "consent_missing".to_owned(), fault("consent", "missing"));
    assert_eq!(refused(&world, token, form_with(&case, jpeg())).await, expected);
    set(false, true).await;
    let expected = (422, "case_invalid".to_owned(), fault("biometric_match", "missing"));
    assert_eq!(refused(&world, token, form_with(&case, jpeg())).await, expected);
    set(false, false).await;
    assert_eq!(world.intake(token, "k", form_with(&case, jpeg())).await.status(), 201);
}
