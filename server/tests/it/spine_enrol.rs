//! Workstations: a key is proven, approved, taken back; without one there are no calls.

use chinhchu_evidence::enrolment::Enrolment;
use chinhchu_evidence::signed::Signed;
use chinhchu_evidence::{Envelope, PublicKey, SigningKey};
use chinhchu_protocol::agent::{AgentActivity, AgentToServer, ServerToAgent, SignedIn, WantedStatus};
use chinhchu_protocol::call::CallState;
use chinhchu_protocol::ids::WorkstationId;
use chinhchu_protocol::workstation::{WorkstationStanding, WorkstationState};
use chinhchu_server::workstations::decide;
use chinhchu_server::workstations::sql::StoredKey;
use serde_json::{Value, json};

use crate::edge_cli;
use crate::edge_world::{World, refusal};
use crate::spine_seal::{enrolment, key_of, name_key};
use crate::spine_world::{Line, Page, Workstation, add_agent, try_sign_in_at};

const PASSWORD: &str = "mật khẩu thử";

/// Signs in at a workstation that nobody has approved.
async fn stranger(world: &World, username: &str, id: WorkstationId) -> SignedIn {
    let answer = try_sign_in_at(world, username, PASSWORD, id).await;
    assert_eq!(answer.status(), 201);
    answer.json().await.expect("signed in")
}

async fn problem(station: &mut Workstation) -> String {
    loop {
        if let ServerToAgent::Problem { problem } = station.line.next().await.expect("open") {
            return problem.code.name().to_owned();
        }
    }
}

fn available() -> AgentToServer {
    AgentToServer::SetStatus { status: WantedStatus::Available }
}

#[tokio::test]
async fn a_pending_workstation_gets_no_call_and_is_told_at_the_moment_of_its_approval() {
    let world = World::start().await;
    let folder = world.folder.path().to_owned();
    add_agent(&world, "1", "hoa").await;
    let id = WorkstationId(world.clock.new_id());
    let signed_in = stranger(&world, "hoa", id).await;
    assert_eq!(signed_in.workstation.state, WorkstationState::Unknown);
    let mut station = Workstation::again(&world, signed_in.clone()).await;
    station.until(|view| view.workstation == WorkstationState::Unknown).await;
    station.line.send(&available()).await;
    assert_eq!(problem(&mut station).await, "workstation_not_approved");

    let key = key_of(id);
    let answer = name_key(&world, &signed_in, &enrolment(&signed_in, id, &key, None)).await;
    let standing: WorkstationStanding = answer.json().await.expect("standing");
    assert_eq!((standing.state, standing.nonce), (WorkstationState::Pending, signed_in.workstation.nonce));
    station.until(|view| view.workstation == WorkstationState::Pending).await;
    station.line.send(&available()).await;
    assert_eq!(problem(&mut station).await, "workstation_not_approved");
    let token = world.token("1", 600).await.token;
    let created = world.call(&token).await;
    let mut page = Page::ready(&world, &created).await;
    page.until(|view| view.state == CallState::Waiting).await;
    station.taken(&world).await;
    let call = created["call_id"].as_str().expect("id").parse().expect("id");
    let stands = world.server.app().switchboard.snapshot().state.call(call).map(|status| status.state);
    assert_eq!(stands, Some(CallState::Waiting));

    // IT compares the fingerprint; another one approves nothing.
    let listed = edge_cli::json(&folder, &["workstation", "list"]);
    let (fingerprint, text) = (key.public().fingerprint(), id.to_string());
    assert_eq!(
        (&listed[0]["state"], &listed[0]["fingerprint"], &listed[0]["requested_by"]),
        (&json!("pending"), &json!(fingerprint), &json!("hoa"))
    );
    let wrong = ["workstation", "approve", &text, "--fingerprint", "0000-0000-0000-0000-0000"];
    assert_eq!(edge_cli::run(&folder, &wrong).status.code(), Some(1));
    let approve = ["workstation", "approve", &text, "--fingerprint", &fingerprint.to_uppercase()];
    assert_eq!(edge_cli::json(&folder, &approve)["state"], "approved");
    station.until(|view| view.workstation == WorkstationState::Approved).await;
    station.line.send(&available()).await;
    station.accept().await;

    // Taken back in the call: no further one, at once and for good.
    let revoke = ["workstation", "revoke", &text, "--reason", "máy bị mất"];
    assert_eq!(edge_cli::json(&folder, &revoke)["keys_revoked"], 1);
    station.until(|view| view.workstation == WorkstationState::Revoked).await;
    assert_eq!(edge_cli::run(&folder, &revoke).status.code(), Some(1), "nothing left to revoke");
    assert_eq!(edge_cli::run(&folder, &approve).status.code(), Some(1), "a revoked key stays revoked");
    station.line.send(&available()).await;
    assert_eq!(problem(&mut station).await, "workstation_revoked");
    page.line.send(&chinhchu_protocol::caller::CallerToServer::HangUp).await;
    let view = station.until(|view| matches!(view.activity, AgentActivity::Paused { .. })).await;
    let AgentActivity::Paused { reason, .. } = view.activity else { unreachable!("just matched") };
    assert_eq!(reason, "workstation_not_approved");
}

/// Whoever was available when the key was taken back is paused, without doing anything.
#[tokio::test]
async fn an_available_agent_is_paused_when_the_workstation_is_revoked() {
    let world = World::start().await;
    let mut station = Workstation::available(&world, "1", "hoa").await;
    let id = crate::spine_seal::workstation_of(&world, &station).await.to_string();
    let revoke = ["workstation", "revoke", &id, "--reason", "thay máy"];
    edge_cli::json(world.folder.path(), &revoke);
    let view = station.until(|view| matches!(view.activity, AgentActivity::Paused { .. })).await;
    assert_eq!(view.workstation, WorkstationState::Revoked);
}

#[tokio::test]
async fn a_code_of_it_enrols_one_workstation_at_once_and_only_once() {
    let world = World::start().await;
    let folder = world.folder.path().to_owned();
    let invited = edge_cli::json(&folder, &["workstation", "invite", "--expires-in", "30m"]);
    let code = invited["enrolment_code"].as_str().expect("code").to_lowercase();
    for (n, username) in ["hoa", "lan"].into_iter().enumerate() {
        add_agent(&world, "1", username).await;
        let id = WorkstationId(world.clock.new_id());
        let signed_in = stranger(&world, username, id).await;
        let body = enrolment(&signed_in, id, &key_of(id), Some(&code));
        let answer = name_key(&world, &signed_in, &body).await;
        if n == 0 {
            let standing: WorkstationStanding = answer.json().await.expect("standing");
            assert_eq!(standing.state, WorkstationState::Approved);
            // The answer was lost: the same again is fine.
            let again = name_key(&world, &signed_in, &body).await;
            assert_eq!(again.json::<Value>().await.expect("standing")["state"], "approved");
        } else {
            assert_eq!(refusal(answer).await.1, "enrolment_code_invalid");
        }
    }
    let bad = ["workstation", "invite", "--expires-in", "1s"];
    assert_eq!(edge_cli::run(&folder, &bad).status.code(), Some(2));
    // Only its hash is kept.
    let bytes = [std::fs::read(folder.join("chinhchu.db")), std::fs::read(folder.join("chinhchu.db-wal"))];
    let plain = code.to_uppercase().replace('-', "");
    for needle in [plain, code.to_uppercase()] {
        for bytes in bytes.iter().flatten() {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle.as_bytes()));
        }
    }
}

#[tokio::test]
async fn an_enrolment_without_proof_of_its_own_key_in_this_sign_in_is_refused() {
    let world = World::start().await;
    for username in ["hoa", "lan"] {
        add_agent(&world, "1", username).await;
    }
    let (id, other) = (WorkstationId(world.clock.new_id()), WorkstationId(world.clock.new_id()));
    let signed_in = stranger(&world, "hoa", id).await;
    let key = key_of(id);
    let good = enrolment(&signed_in, id, &key, None);
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    let elsewhere = stranger(&world, "lan", other).await;
    let foreign = SigningKey::from_bytes(&[9; 32]);
    for (body, field) in [
        (with("name", json!("  ")), "name"),
        (with("name", json!("x".repeat(65))), "name"),
        (with("public_key", json!("ed25519:AAAA")), "public_key"),
        (with("public_key", json!(foreign.public().to_string())), "proof"),
        (with("nonce", json!(elsewhere.workstation.nonce)), "nonce"),
        // A proof that was made in another sign-in, or for another workstation.
        (with("proof", enrolment(&elsewhere, id, &key, None)["proof"].clone()), "proof"),
        (with("proof", enrolment(&signed_in, other, &key, None)["proof"].clone()), "proof"),
        (with("proof", json!("AAAA")), "proof"),
    ] {
        let (status, code, body) = refusal(name_key(&world, &signed_in, &body).await).await;
        assert_eq!((status, code.as_str()), (422, "request_invalid"));
        assert_eq!(body["errors"][0]["field"], field, "{body}");
    }
    assert_eq!(name_key(&world, &signed_in, &good).await.status(), 200);
    // The same key cannot be another workstation's, too.
    let stolen = enrolment(&elsewhere, other, &key, None);
    let (_, _, body) = refusal(name_key(&world, &elsewhere, &stolen).await).await;
    assert_eq!(body["errors"][0], json!({"field": "public_key", "code": "taken"}));
    let malformed = name_key(&world, &signed_in, &json!({"name": "x"})).await;
    assert_eq!(refusal(malformed).await.1, "body_malformed");
}

#[tokio::test]
async fn an_approval_is_signed_by_the_servers_key_which_is_the_same_after_a_restart() {
    let world = World::start().await;
    let shown = edge_cli::json(world.folder.path(), &["key", "show"]);
    let told: Value = world
        .client
        .get(format!("{}/v1/server-key", world.url))
        .send()
        .await
        .expect("answer")
        .json()
        .await
        .expect("json");
    assert_eq!(shown, told);
    let server: PublicKey = shown["public_key"].as_str().expect("key").parse().expect("a public key");
    assert_eq!(json!(server.fingerprint()), shown["fingerprint"]);
    let station = Workstation::available(&world, "1", "hoa").await;
    assert_eq!(json!(station.signed_in.workstation.server_key), shown["public_key"]);
    let id = crate::spine_seal::workstation_of(&world, &station).await;
    let read = world.server.app().db.read(move |c| chinhchu_server::workstations::sql::keys_of(c, id)).await;
    let stored = read.expect("keys").remove(0);
    let envelope: Envelope = serde_json::from_str(&stored.enrolment.expect("approved")).expect("an envelope");
    let approval = Enrolment::open(&envelope, &server).expect("signed by the server");
    assert_eq!((approval.workstation_id, approval.public_key), (id, key_of(id).public()));
    assert_eq!(approval.approved_by, "cli:test");
    let world = world.restart().await;
    assert_eq!(edge_cli::json(world.folder.path(), &["key", "show"]), shown);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = std::fs::metadata(world.folder.path().join("signing.key")).expect("file");
        assert_eq!((file.permissions().mode() & 0o777, file.len()), (0o600, 32));
    }
}

/// A workstation that is set up anew: the new key closes the old one, whose evidence is no longer taken.
#[tokio::test]
async fn a_new_key_of_a_workstation_waits_and_closes_the_old_one_when_it_is_approved() {
    let world = World::start().await;
    add_agent(&world, "1", "hoa").await;
    let id = WorkstationId(world.clock.new_id());
    let signed_in = stranger(&world, "hoa", id).await;
    crate::spine_seal::enrol(&world, &signed_in, id).await;
    let fresh = SigningKey::from_bytes(&[5; 32]);
    let again = stranger(&world, "hoa", id).await;
    assert_eq!(
        again.workstation.state,
        WorkstationState::Unknown,
        "an id alone proves nothing: it is no secret"
    );
    let mut unproven = Workstation::again(&world, again.clone()).await;
    unproven.line.send(&available()).await;
    assert_eq!(problem(&mut unproven).await, "workstation_not_approved");
    let answer = name_key(&world, &again, &enrolment(&again, id, &fresh, None)).await;
    let standing: WorkstationStanding = answer.json().await.expect("standing");
    let expected = (WorkstationState::Pending, Some(fresh.public().id().to_string()));
    assert_eq!((standing.state, standing.key_id), expected);
    crate::spine_seal::approve(&world, id, &fresh.public().fingerprint()).await;
    let read = world.server.app().db.read(move |c| chinhchu_server::workstations::sql::keys_of(c, id));
    let keys = read.await.expect("keys");
    let states: Vec<_> = keys.iter().map(|key| (key.public_key.clone(), key.state)).collect();
    assert!(states.contains(&(fresh.public().to_string(), WorkstationState::Approved)));
    assert!(states.contains(&(key_of(id).public().to_string(), WorkstationState::Revoked)));
    let mut line = Line::open(&world, "/v1/agent/socket", Some(&again.session_token)).await;
    line.send(&AgentToServer::Hello { version: chinhchu_protocol::VERSION, ring_device: false }).await;
    let mut station = Workstation { line, signed_in: again };
    station.until(|view| view.workstation == WorkstationState::Approved).await;
    // What was only replaced goes on delivering, whatever anybody writes; what was taken back does not.
    let replaced = |keys: &[StoredKey]| keys.iter().filter(|key| decide::replaced_at(key).is_some()).count();
    assert_eq!(replaced(&keys), 1);
    let revoke = ["workstation", "revoke", &id.to_string(), "--reason", "replaced by another key"];
    assert_eq!(edge_cli::json(world.folder.path(), &revoke)["keys_revoked"], 2);
    let read = world.server.app().db.read(move |c| chinhchu_server::workstations::sql::keys_of(c, id));
    assert_eq!(replaced(&read.await.expect("keys")), 0);
}

/// A new outbox in a running sign-in: its key waits like the first one, and its approval is told like the first.
#[tokio::test]
async fn a_second_key_of_the_same_sign_in_is_told_at_the_moment_of_its_approval() {
    let world = World::start().await;
    let folder = world.folder.path().to_owned();
    add_agent(&world, "1", "hoa").await;
    let id = WorkstationId(world.clock.new_id());
    let signed_in = stranger(&world, "hoa", id).await;
    let mut station = Workstation::again(&world, signed_in.clone()).await;
    for key in [key_of(id), SigningKey::from_bytes(&[5; 32])] {
        name_key(&world, &signed_in, &enrolment(&signed_in, id, &key, None)).await;
        station.until(|view| view.workstation == WorkstationState::Pending).await;
        let (text, fingerprint) = (id.to_string(), key.public().fingerprint());
        edge_cli::json(&folder, &["workstation", "approve", &text, "--fingerprint", &fingerprint]);
        station.until(|view| view.workstation == WorkstationState::Approved).await;
    }
}
