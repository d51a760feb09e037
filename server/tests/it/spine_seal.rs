//! What a workstation does with its key: names it, has it approved, and seals manifests with the real crate.
//! A test's workstation has the key that follows from its id, so that any sign-in finds it again.

use chinhchu_evidence::{SealedManifest, SigningKey, hex, manifest as sealing};
use chinhchu_protocol::agent::{AgentCase, SignedIn};
use chinhchu_protocol::call::{Decision, ImageKind};
use chinhchu_protocol::evidence::{
    CaptureMethod, CaseSeen, ClockFacts, EvidencePicture, MANIFEST_FORMAT, Manifest, PaperSeen, TimeSource,
};
use chinhchu_protocol::ids::WorkstationId;
use chinhchu_protocol::workstation::{WorkstationStanding, enrol_proof};
use chinhchu_server::workstations::decide;
use reqwest::Response;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::edge_world::World;
use crate::spine_world::Workstation;

/// The key of a test's workstation.
pub fn key_of(id: WorkstationId) -> SigningKey {
    SigningKey::from_bytes(&hex::sha256(id.0.as_bytes()))
}

/// The body of an enrolment with this key.
pub fn enrolment(signed_in: &SignedIn, id: WorkstationId, key: &SigningKey, code: Option<&str>) -> Value {
    let (nonce, public) = (&signed_in.workstation.nonce, key.public().to_string());
    let proof = key.prove(&enrol_proof(nonce, id, &public));
    let mut body = json!({"name": "MAY-01", "public_key": public, "nonce": nonce, "proof": proof});
    if let Some(code) = code {
        body["enrolment_code"] = json!(code);
    }
    body
}

/// `PUT /v1/agent/workstation`.
pub async fn name_key(world: &World, signed_in: &SignedIn, body: &Value) -> Response {
    let request = world.client.put(format!("{}/v1/agent/workstation", world.url));
    request.bearer_auth(&signed_in.session_token).json(body).send().await.expect("answer")
}

/// Names the workstation's key and approves it as IT would.
pub async fn enrol(world: &World, signed_in: &SignedIn, id: WorkstationId) {
    let key = key_of(id);
    let answer = name_key(world, signed_in, &enrolment(signed_in, id, &key, None)).await;
    assert_eq!(answer.status(), 200);
    let standing: WorkstationStanding = answer.json().await.expect("standing");
    assert_eq!(standing.key_id, Some(key.public().id().to_string()));
    approve(world, id, &key.public().fingerprint()).await;
}

pub async fn approve(world: &World, id: WorkstationId, fingerprint: &str) {
    let (keys, fingerprint, now) =
        (world.server.app().keys.clone(), fingerprint.to_owned(), world.clock.now());
    let approved = world
        .server
        .app()
        .db
        .write(move |tx| decide::approve_by_fingerprint(tx, &keys, id, &fingerprint, "cli:test", now));
    approved.await.expect("approved");
}

/// Where a sign-in was made.
pub async fn workstation_of(world: &World, station: &Workstation) -> WorkstationId {
    let (session, agent) = (station.signed_in.session_id, station.signed_in.agent.agent_id);
    let read =
        world.server.app().db.read(move |c| chinhchu_server::evidence::sql::workstation(c, agent, session));
    read.await.expect("store").expect("session")
}

/// A rejection as the workstation writes it, first under its key.
pub async fn manifest(
    world: &World,
    station: &Workstation,
    case: &AgentCase,
    assignment: u32,
    picture: &[u8],
) -> Manifest {
    let (call, app) = (case.call_id, world.server.app());
    let read = app.db.read(move |c| chinhchu_server::switchboard::sql::call(c, call));
    let row = read.await.expect("store").expect("a call");
    let accepted_at = row.accepted[usize::try_from(assignment).expect("small") - 1];
    let now = world.clock.now();
    let named = |kind| EvidencePicture {
        kind,
        sha256: hex::sha256_hex(picture),
        content_type: "image/jpeg".to_owned(),
        bytes: u32::try_from(picture.len()).expect("small"),
        width: 320,
        height: 200,
    };
    Manifest {
        format: MANIFEST_FORMAT.to_owned(),
        call_id: call,
        assignment,
        challenge: app.keys.challenge(call, assignment),
        accepted_at,
        elapsed_ms: u32::try_from(now.ms_since(accepted_at)).expect("after the accept"),
        company: case.company.clone(),
        agent_id: station.signed_in.agent.agent_id,
        session_id: station.signed_in.session_id,
        workstation_id: workstation_of(world, station).await,
        program: "0.1.0".to_owned(),
        decision: Decision::Rejected,
        reason: Some("face_mismatch".to_owned()),
        note: Some("không giống ảnh".to_owned()),
        rule_id: case.policy.rule_id,
        captured_at: now,
        captured_at_text: "23/11/2026 09:15:42 +07:00".to_owned(),
        clock: ClockFacts {
            offset_ms: Some(3),
            rtt_ms: Some(2),
            measured_ago_ms: Some(400),
            source: TimeSource::Workstation,
        },
        case: seen(case),
        capture_method: CaptureMethod::Window,
        live_frame_age_ms: 40,
        video_codec: "VP8".to_owned(),
        dtls_local: "sha-256 AA".to_owned(),
        dtls_remote: "sha-256 BB".to_owned(),
        quality: Vec::new(),
        continuity: Vec::new(),
        continuity_dropped: 0,
        witness_nonce: None,
        counter: 1,
        previous_sha256: None,
        pictures: vec![named(ImageKind::Screenshot), named(ImageKind::LiveFrame)],
    }
}

fn seen(case: &AgentCase) -> CaseSeen {
    let customer = &case.case.customer;
    CaseSeen {
        external_id: case.case.external_id.clone(),
        msisdn: case.case.subscriber.msisdn.clone(),
        full_name: customer.full_name.clone(),
        date_of_birth: customer.date_of_birth.clone(),
        id_kind: customer.id_kind,
        id_number: customer.id_number.clone(),
        id_issued_on: customer.id_issued_on.clone(),
        address: customer.address.clone(),
        papers: case
            .images
            .iter()
            .map(|image| PaperSeen { kind: image.kind, sha256: image.sha256.clone() })
            .collect(),
    }
}

/// Seals it with the key of the workstation that it names.
pub fn sealed(manifest: &Manifest) -> SealedManifest {
    sealed_by(manifest, &key_of(manifest.workstation_id))
}

pub fn sealed_by(manifest: &Manifest, key: &SigningKey) -> SealedManifest {
    sealing::seal(manifest, key, &mut rand::rng()).expect("seals")
}

pub fn part(bytes: &[u8], mime: &str) -> Part {
    Part::bytes(bytes.to_vec()).file_name("f").mime_str(mime).expect("mime")
}

/// Envelope and leaves alone.
pub fn bare(sealed: &SealedManifest) -> Form {
    Form::new()
        .part("envelope", part(&sealed.envelope, "application/json"))
        .part("leaves", part(&sealed.leaves, "application/json"))
}

/// The whole upload, with one picture for both.
pub fn upload(sealed: &SealedManifest, picture: &[u8]) -> Form {
    bare(sealed)
        .part("screenshot", part(picture, "image/jpeg"))
        .part("live_frame", part(picture, "image/jpeg"))
}
