//! The witness frame: asked for by the workstation, taken by the page, kept once, signed by the server.

use chinhchu_evidence::signed::Signed;
use chinhchu_evidence::witness::Witness;
use chinhchu_evidence::{Envelope, hex};
use chinhchu_protocol::agent::AgentToServer;
use chinhchu_protocol::call::ImageKind;
use chinhchu_protocol::caller::ServerToCaller;
use chinhchu_server::cases;
use chinhchu_server::evidence::witness;
use reqwest::Response;
use serde_json::Value;

use crate::edge_world::{jpeg, refusal};
use crate::spine_evidence::Accepted;
use crate::spine_seal::{sealed, upload};

const NONCE: &str = "00112233445566778899aabbccddeeff";

async fn send(call: &Accepted, token: &str, nonce: &str, body: Vec<u8>) -> Response {
    let url = format!("{}/v1/caller/witness?nonce={nonce}", call.world.url);
    call.world.client.post(url).bearer_auth(token).body(body).send().await.expect("answer")
}

async fn asked(call: &mut Accepted) -> String {
    loop {
        if let ServerToCaller::Witness { assignment: 1, nonce } = call.page.line.next().await.expect("open") {
            return nonce;
        }
    }
}

#[tokio::test]
async fn the_page_is_asked_for_its_frame_and_it_is_kept_once_with_the_servers_word() {
    let mut call = Accepted::start().await;
    let (first, newer) = (ask(&call, &"a".repeat(32)), ask(&call, NONCE));
    call.station.line.send(&first).await;
    assert_eq!(asked(&mut call).await, "a".repeat(32));
    // The program was started anew and asks again: the newest question holds.
    call.station.line.send(&newer).await;
    assert_eq!(asked(&mut call).await, NONCE);
    let token = call.call_token.clone();
    assert_eq!(refusal(send(&call, &token, &"a".repeat(32), jpeg()).await).await.1, "not_found");
    let company = call.world.token("1", 600).await.token;
    assert_eq!(refusal(send(&call, &company, NONCE, jpeg()).await).await.0, 403);
    assert_eq!(
        refusal(send(&call, &token, NONCE, b"no picture".to_vec()).await).await.1,
        "picture_unsupported"
    );
    let large = send(&call, &token, NONCE, vec![0; 1024 * 1024 + 1]).await;
    assert_eq!(refusal(large).await.1, "picture_too_large");

    let picture = jpeg();
    for _ in 0..2 {
        assert_eq!(send(&call, &token, NONCE, picture.clone()).await.status(), 204);
    }
    let mut another = picture.clone();
    another.push(0);
    assert_eq!(refusal(send(&call, &token, NONCE, another).await).await.1, "evidence_conflict");
    let id = call.call_id;
    let read = call.world.server.app().db.read(move |c| witness::of(c, id, 1)).await;
    let stored = read.expect("store").expect("a witness");
    assert_eq!(stored.nonce, NONCE);
    let envelope: Envelope = serde_json::from_str(&stored.statement.expect("signed")).expect("an envelope");
    let server = call.world.server.app().keys.signing().public();
    let statement = Witness::open(&envelope, &server).expect("signed by the server");
    assert_eq!((statement.nonce.as_str(), statement.sha256), (NONCE, hex::sha256_hex(&picture)));

    // With the verdict, it is one of the call's pictures.
    let mut manifest = call.manifest().await;
    manifest.witness_nonce = Some(NONCE.to_owned());
    let request = call.world.client.put(call.url()).bearer_auth(&call.station.signed_in.session_token);
    let answer = request.multipart(upload(&sealed(&manifest), &jpeg())).send().await.expect("answer");
    assert_eq!(answer.status(), 200);
    let body = call.world.get(&format!("/v1/calls/{id}"), &token).send().await.expect("answer");
    let body: Value = body.json().await.expect("json");
    let kinds: Vec<&str> =
        body["images"].as_array().expect("list").iter().filter_map(|image| image["kind"].as_str()).collect();
    assert!(kinds.contains(&"witness_frame"), "{kinds:?}");
    let image = format!("/v1/calls/{id}/images/witness_frame");
    let bytes = call.world.get(&image, &token).send().await.expect("answer").bytes().await;
    assert_eq!(bytes.expect("picture"), picture);

    // The evidence is taken: no further question changes what it shows.
    let late = ask(&call, &"b".repeat(32));
    call.station.line.send(&late).await;
    call.station.taken(&call.world).await;
    let read = call.world.server.app().db.read(move |c| witness::of(c, id, 1)).await;
    assert_eq!(read.expect("store").expect("a witness").nonce, NONCE);
}

/// The first try of a verdict was not captured; minutes later it is given again: the frame of that moment counts.
#[tokio::test]
async fn a_later_try_of_the_verdict_asks_anew_and_drops_the_answer_to_the_first() {
    let mut call = Accepted::start().await;
    let token = call.call_token.clone();
    let (mut old, new) = (jpeg(), jpeg());
    old.push(0);
    for (nonce, picture) in [("a".repeat(32), &old), (NONCE.to_owned(), &new)] {
        let question = ask(&call, &nonce);
        call.station.line.send(&question).await;
        assert_eq!(asked(&mut call).await, nonce);
        assert_eq!(send(&call, &token, &nonce, picture.clone()).await.status(), 204);
    }
    let id = call.call_id;
    let named = call.world.server.app().db.read(move |c| cases::sql::pictures(c, id, Some(1))).await;
    let named = named.expect("store").into_iter().map(|picture| (picture.kind, hex::encode(&picture.sha256)));
    let frame = (ImageKind::WitnessFrame, hex::sha256_hex(&new));
    assert_eq!(named.filter(|(kind, _)| *kind == frame.0).collect::<Vec<_>>(), [frame]);
    let doomed = call.world.server.app().db.read(|c| cases::erase::doomed(c, 9)).await;
    assert_eq!(doomed.expect("store").len(), 1, "the old picture's file goes, too");
}

fn ask(call: &Accepted, nonce: &str) -> AgentToServer {
    AgentToServer::Witness { call_id: call.call_id, assignment: 1, nonce: nonce.to_owned() }
}
