//! Evidence over a line that breaks: pictures in chunks, resumed where the server stands.

use chinhchu_evidence::hex;
use chinhchu_protocol::workstation::{ChunkHeld, ChunksHeld, MAX_CHUNK_BYTES};
use reqwest::Response;
use serde_json::{Value, json};

use crate::edge_world::{jpeg, refusal};
use crate::spine_evidence::Accepted;
use crate::spine_seal::{bare, sealed};
use crate::spine_world::Workstation;

async fn chunk(call: &Accepted, token: &str, sha256: &str, offset: usize, bytes: &[u8]) -> Response {
    let url = format!("{}/chunks/{sha256}/{offset}", call.url());
    call.world.client.put(url).bearer_auth(token).body(bytes.to_vec()).send().await.expect("answer")
}

async fn held(call: &Accepted) -> ChunksHeld {
    let request = call.world.client.get(format!("{}/chunks", call.url()));
    let answer = request.bearer_auth(&call.station.signed_in.session_token).send().await.expect("answer");
    answer.json().await.expect("json")
}

#[tokio::test]
async fn an_upload_in_chunks_goes_on_where_it_broke_off_also_after_a_restart_and_is_evidence_then() {
    let mut call = Accepted::start().await;
    let token = call.station.signed_in.session_token.clone();
    let (picture, evidence) = (jpeg(), sealed(&call.manifest().await));
    let sha256 = hex::sha256_hex(&picture);
    let half = picture.len() / 2;
    assert_eq!(held(&call).await, ChunksHeld::default());
    let first = chunk(&call, &token, &sha256, 0, &picture[..half]).await;
    assert_eq!(first.json::<Value>().await.expect("json"), json!({"received": half}));
    // The answer was lost and the chunk comes again; or the end comes before the middle.
    for offset in [0, half + 1] {
        let (status, code, body) =
            refusal(chunk(&call, &token, &sha256, offset, &picture[half..]).await).await;
        assert_eq!((status, code.as_str()), (409, "chunk_offset"));
        assert_eq!(body["errors"][0], json!({"field": "received", "code": half.to_string()}));
    }
    // Not whole yet: the manifest alone is refused, and names what is missing.
    let put = async |call: &Accepted| {
        let request = call.world.client.put(call.url()).bearer_auth(&token);
        request.multipart(bare(&evidence)).send().await.expect("answer")
    };
    let is_missing = async |call: &Accepted| {
        let (_, code, body) = refusal(put(call).await).await;
        // By exactly this a workstation knows that it has to send the pictures anew (`is_missing_pictures`).
        let first = json!({"field": "screenshot", "code": "missing"});
        assert_eq!((code.as_str(), &body["errors"][0]), ("evidence_invalid", &first));
    };
    is_missing(&call).await;

    call.world = call.world.restart().await;
    assert_eq!(held(&call).await.chunks[0].received, half as u64);
    let second = chunk(&call, &token, &sha256, half, &picture[half..]).await;
    assert_eq!(second.status(), 200);
    assert_eq!(held(&call).await.chunks[0].received, picture.len() as u64);
    // The pieces' files are gone, their rows are not: held whole, and missing all the same.
    let evidence_folder = call.world.folder.path().join("evidence");
    let aside = call.world.folder.path().join("aside");
    std::fs::rename(&evidence_folder, &aside).expect("moved");
    is_missing(&call).await;
    let _ = std::fs::remove_dir_all(&evidence_folder);
    std::fs::rename(&aside, &evidence_folder).expect("moved back");
    let receipt = put(&call).await;
    assert_eq!(receipt.status(), 200);
    let receipt = receipt.bytes().await.expect("receipt");
    // A workstation that never saw the receipt is told that nothing more is wanted.
    assert_eq!(
        held(&call).await.chunks,
        [ChunkHeld { sha256: sha256.clone(), received: picture.len() as u64 }]
    );
    let (status, _, body) = refusal(chunk(&call, &token, &sha256, 0, &picture[..half]).await).await;
    assert_eq!((status, &body["errors"][0]["code"]), (409, &json!(picture.len().to_string())));
    assert_eq!(put(&call).await.bytes().await.expect("receipt"), receipt, "without the chunks, the same");
    // What was put together reads back.
    let image = format!("/v1/calls/{}/images/live_frame", call.call_id);
    let bytes = call.world.get(&image, &call.call_token).send().await.expect("answer").bytes().await;
    assert_eq!(bytes.expect("picture"), picture);
}

#[tokio::test]
async fn chunks_that_do_not_make_up_the_picture_are_not_the_picture() {
    let call = Accepted::start().await;
    let token = call.station.signed_in.session_token.clone();
    let (mut picture, evidence) = (jpeg(), sealed(&call.manifest().await));
    let sha256 = hex::sha256_hex(&picture);
    picture[20] ^= 1;
    assert_eq!(chunk(&call, &token, &sha256, 0, &picture).await.status(), 200);
    let request = call.world.client.put(call.url()).bearer_auth(&token);
    let (_, _, body) = refusal(request.multipart(bare(&evidence)).send().await.expect("answer")).await;
    assert_eq!(body["errors"][0], json!({"field": "screenshot.sha256", "code": "mismatch"}));
}

#[tokio::test]
async fn chunks_are_for_the_agent_of_the_assignment_and_have_limits() {
    let call = Accepted::start().await;
    let token = call.station.signed_in.session_token.clone();
    let name = "0".repeat(64);
    let other = Workstation::available(&call.world, "1", "lan").await;
    let foreign = chunk(&call, &other.signed_in.session_token, &name, 0, b"x").await;
    assert_eq!(refusal(foreign).await.1, "call_not_found");
    let large = chunk(&call, &token, &name, 0, &vec![0; MAX_CHUNK_BYTES + 1]).await;
    assert_eq!(refusal(large).await.1, "body_too_large");
    assert_eq!(refusal(chunk(&call, &token, "xyz", 0, b"x").await).await.1, "request_invalid");
    assert_eq!(refusal(chunk(&call, &token, &name, 0, b"").await).await.1, "request_invalid");
    // 24 MiB in all, however many pictures they are said to be of.
    let full = vec![7; MAX_CHUNK_BYTES];
    for n in 0..96 {
        let name = format!("{:064x}", n % 3);
        let offset = n / 3 * MAX_CHUNK_BYTES;
        assert_eq!(chunk(&call, &token, &name, offset, &full).await.status(), 200, "{n}");
    }
    let over = chunk(&call, &token, &"f".repeat(64), 0, b"x").await;
    assert_eq!(refusal(over).await.1, "body_too_large");
    // After a day they are gone, rows and files.
    let app = call.world.server.app();
    let later = call.world.clock.now().plus_ms(25 * 60 * 60 * 1000);
    let swept = app.db.write(move |tx| chinhchu_server::evidence::chunks::sweep(tx, later)).await;
    assert_eq!(swept.expect("swept"), 96);
    assert_eq!(app.objects.sweep(later).await.expect("swept"), 96);
    assert_eq!(held(&call).await, ChunksHeld::default());
}
