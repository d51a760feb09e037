//! A server's clock that is set ahead in a call, and evidence of a case that was erased: what a workstation then gets.

use std::time::Duration;

use chinhchu_evidence::signed::Signed;
use chinhchu_evidence::{Envelope, erased::Erased};
use chinhchu_protocol::evidence::Manifest;
use chinhchu_protocol::workstation::MAX_CHUNK_BYTES;
use chinhchu_routing::Input;
use serde_json::Value;

use crate::edge_cli;
use crate::edge_world::{World, refusal};
use crate::spine_evidence::Accepted;
use crate::spine_seal::{bare, sealed};
use crate::spine_world::Workstation;

const LEAP_MS: u32 = 60_000;

/// chrony sets the server's clock ahead by a minute in the call: all that is on goes on, and its verdict counts.
#[tokio::test(flavor = "multi_thread")]
async fn i5_a_verdict_of_a_call_in_which_the_servers_clock_was_set_ahead_is_taken_and_proven() {
    let world = World::start_by_hand().await;
    let station = Workstation::available(&world, "1", "hoa").await;
    let call = Box::pin(Accepted::on(world, station)).await;
    let (clock, board) = (call.world.clock.clone(), call.world.server.app().switchboard.clone());
    clock.advance(Duration::from_secs(1));
    let from = clock.now();
    let to = from.plus_ms(LEAP_MS.into());
    board.drive(Input::Outage { from, to }).await.expect("told");
    clock.advance(Duration::from_millis(LEAP_MS.into()));
    clock.advance(Duration::from_secs(1));

    let plain = call.manifest().await;
    let drawn =
        jiff::Timestamp::from(plain.captured_at).to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(7)));
    let honest = Manifest {
        captured_at_text: drawn.strftime("%d/%m/%Y %H:%M:%S %:z").to_string(),
        elapsed_ms: plain.elapsed_ms - LEAP_MS,
        ..plain
    };
    // Less than even the leap explains.
    let short = Manifest { captured_at: to.plus_ms(35_000), elapsed_ms: 0, ..honest.clone() };
    clock.advance(Duration::from_secs(40));
    let (status, _, body) = refusal(call.put(&sealed(&short)).await).await;
    assert_eq!((status, &body["errors"][0]["field"]), (422, &Value::from("elapsed_ms")));
    let answer = call.put(&sealed(&honest)).await;
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap_or_default());

    let (data, place) = (call.world.folder.path(), tempfile::tempdir().expect("folder"));
    let file = place.path().join("evidence.zip");
    let (id, out) = (call.call_id.to_string(), file.to_str().expect("utf-8"));
    let done = edge_cli::json(data, &["evidence", "export", &id, "--out", out]);
    let key = done["server_key"].as_str().expect("key").parse().expect("key");
    let report = chinhchu_evidence::verify(std::fs::File::open(&file).expect("bundle"), &[key]);
    let time = report.parts.iter().find(|part| part.part == "time").expect("judged");
    assert!(report.sound, "{:?}", report.parts);
    assert_eq!(time.code, "server_clock_set");
}

/// The workstation was off when the case was erased: it hears so by the server's signed word, for what it has sent by
/// pieces, too; another agent hears nothing.
#[tokio::test]
async fn evidence_of_an_erased_case_is_answered_with_the_servers_signed_word() {
    let call = Accepted::start().await;
    let other = Workstation::available(&call.world, "1", "lan").await;
    let evidence = sealed(&call.manifest().await);
    let cancelled = Input::Cancel { call: call.call_id };
    call.world.server.app().switchboard.drive(cancelled).await.expect("ended");
    let id = call.call_id.to_string();
    edge_cli::json(call.world.folder.path(), &["case", "erase", "--call", &id, "--reason", "HS-1"]);

    let server = call.world.server.app().keys.signing().public();
    let chunk = format!("{}/chunks/{}/0", call.url(), "0".repeat(64));
    let token = call.station.signed_in.session_token.clone();
    let client = &call.world.client;
    let answers = [
        call.put(&evidence).await,
        client.put(call.url()).bearer_auth(&token).multipart(bare(&evidence)).send().await.expect("answer"),
        client.get(format!("{}/chunks", call.url())).bearer_auth(&token).send().await.expect("answer"),
        client.put(chunk).bearer_auth(&token).body(vec![0; MAX_CHUNK_BYTES]).send().await.expect("answer"),
    ];
    for answer in answers {
        let (status, code, body) = refusal(answer).await;
        assert_eq!((status, code.as_str()), (410, "case_erased"), "{body}");
        let word = body["errors"][0]["code"].as_str().expect("the word");
        let envelope = Envelope::parse(word.as_bytes()).expect("an envelope");
        let said = Erased::open(&envelope, &server).expect("signed by the server");
        assert_eq!((said.call_id, said.assignment), (call.call_id, 1));
    }
    let request = client.get(format!("{}/chunks", call.url()));
    let answer = request.bearer_auth(&other.signed_in.session_token).send().await.expect("answer");
    assert_eq!(refusal(answer).await.1, "call_not_found");
}
