//! A verdict as a workstation leaves it: signed manifest and pictures on its disk, carried to the server until there is
//! a receipt.

use std::sync::Arc;

use chinhchu_evidence::{SealedManifest, SigningKey, hex};
use chinhchu_protocol::agent::AgentCall;
use chinhchu_protocol::call::Decision;
use chinhchu_protocol::evidence::Manifest;
use chinhchu_protocol::ids::{AgentId, CallId, WorkstationId};
use chinhchu_protocol::time::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::books::Verdict;
use crate::http::{evidence_form, insist, json_of, picture, sha256};
use crate::seed::Rng;
use crate::world::{Point, World};

const SIDE: u32 = 128;

/// What a workstation knows when it seals.
pub struct Desk {
    pub agent: AgentId,
    pub session: Value,
    pub workstation: WorkstationId,
    pub counter: u32,
    pub previous: Option<String>,
}

/// What the view says of an assignment.
pub struct Place {
    call: CallId,
    assignment: u32,
    accepted_at: Timestamp,
    challenge: String,
}

impl Place {
    pub fn of(call: &AgentCall) -> Self {
        let AgentCall { call_id, assignment, accepted_at, challenge, .. } = call;
        Self {
            call: *call_id,
            assignment: *assignment,
            accepted_at: *accepted_at,
            challenge: challenge.clone(),
        }
    }
}

/// A sealed verdict, on its way.
#[derive(Clone)]
pub struct Parcel {
    pub call: CallId,
    pub assignment: u32,
    pub decision: Decision,
    envelope: Vec<u8>,
    leaves: Vec<u8>,
    pub manifest_sha256: String,
    pictures: Vec<(&'static str, Vec<u8>)>,
}

/// The key of a workstation.
pub fn key_of(workstation: WorkstationId) -> SigningKey {
    SigningKey::from_bytes(&hex::sha256(workstation.0.as_bytes()))
}

/// Seals a verdict over a call, and writes it into the books.
pub fn seal(world: &World, rng: &mut Rng, desk: &Desk, place: &Place, case: &Value) -> Parcel {
    let (call, assignment) = (place.call, place.assignment);
    let decision = if rng.percent(70) { Decision::Confirmed } else { Decision::Rejected };
    let pictures = vec![("screenshot", picture(rng, SIDE)), ("live_frame", picture(rng, SIDE))];
    let manifest: Manifest =
        serde_json::from_value(fields(world, desk, place, case, decision, &pictures)).expect("manifest");
    let sealed = chinhchu_evidence::manifest::seal(&manifest, &key_of(desk.workstation), &mut rand::rng());
    let sealed = sealed.expect("seals");
    let statement =
        chinhchu_evidence::manifest::open_statement(&sealed.envelope, &key_of(desk.workstation).public());
    let verdict = Verdict {
        agent: desk.agent,
        decision,
        manifest: statement.expect("opens").statement_bytes,
        manifest_sha256: sealed.manifest_sha256.clone(),
        pictures: pictures.iter().map(|(kind, bytes)| (*kind, sha256(bytes))).collect(),
        word_taken: false,
        receipt: None,
    };
    world.books.write(|pages| {
        if pages.verdicts.insert((call, assignment), verdict).is_some() {
            pages.fault(format!("{call}: assignment {assignment} was given out twice"));
        }
    });
    let SealedManifest { envelope, leaves, manifest_sha256 } = sealed;
    Parcel { call, assignment, decision, envelope, leaves, manifest_sha256, pictures }
}

fn fields(
    world: &World,
    desk: &Desk,
    place: &Place,
    case: &Value,
    decision: Decision,
    pictures: &[(&'static str, Vec<u8>)],
) -> Value {
    let named = pictures.iter().map(|(kind, bytes)| {
        json!({"kind": kind, "sha256": sha256(bytes), "content_type": "image/jpeg", "bytes": bytes.len(),
               "width": SIDE, "height": SIDE})
    });
    let papers = case["images"].as_array().into_iter().flatten();
    let papers = papers.map(|image| json!({"kind": image["kind"], "sha256": image["sha256"]}));
    let customer = &case["case"]["customer"];
    let now = world.clock.now();
    json!({
        "format": "chinhchu-manifest/2", "call_id": place.call, "assignment": place.assignment,
        "challenge": place.challenge, "accepted_at": place.accepted_at,
        "elapsed_ms": now.ms_since(place.accepted_at).max(0), "company": case["company"],
        "agent_id": desk.agent, "session_id": desk.session, "workstation_id": desk.workstation,
        "program": "0.1.0", "decision": decision,
        "reason": (decision == Decision::Rejected).then_some("face_mismatch"), "note": null,
        "rule_id": case["policy"]["rule_id"], "captured_at": now,
        "captured_at_text": "23/11/2026 09:15:42 +07:00",
        "clock": {"offset_ms": 0, "rtt_ms": 1, "measured_ago_ms": 10, "source": "workstation"},
        "case": {
            "external_id": case["case"]["external_id"], "msisdn": case["case"]["subscriber"]["msisdn"],
            "full_name": customer["full_name"], "date_of_birth": customer["date_of_birth"],
            "id_kind": customer["id_kind"], "id_number": customer["id_number"],
            "id_issued_on": customer["id_issued_on"], "address": customer["address"],
            "papers": papers.collect::<Vec<_>>(),
        },
        "capture_method": "window", "live_frame_age_ms": 40, "video_codec": "VP8",
        "dtls_local": "sha-256 AA", "dtls_remote": "sha-256 BB", "quality": [], "continuity": [],
        "continuity_dropped": 0, "witness_nonce": null, "counter": desk.counter,
        "previous_sha256": desk.previous, "pictures": named.collect::<Vec<_>>(),
    })
}

/// Carries a parcel until the server has it; sometimes once more, as if the receipt had been lost.
pub async fn carry(world: Arc<World>, mut rng: Rng, token: watch::Receiver<String>, parcel: Parcel) {
    let tries = if rng.percent(25) { 2 } else { 1 };
    for _ in 0..tries {
        let path = format!("/v1/agent/calls/{}/assignments/{}/evidence", parcel.call, parcel.assignment);
        let (status, body) = loop {
            let answer = insist(&mut rng, || {
                world.reached(Point::UploadSent);
                let request = world.http.put(world.url(&path)).bearer_auth(token.borrow().as_str());
                request.multipart(evidence_form(&parcel.envelope, &parcel.leaves, &parcel.pictures))
            })
            .await;
            if answer.0 != 401 {
                break answer;
            }
            // Signed in elsewhere meanwhile; the next token does.
            tokio::time::sleep(rng.ms(100, 300)).await;
        };
        world.reached(Point::UploadTaken);
        let receipt = json_of(&body);
        let key = (parcel.call, parcel.assignment);
        world.books.write(|pages| {
            if status != 200 || receipt["manifest_sha256"] != parcel.manifest_sha256.as_str() {
                return pages.fault(format!("evidence of {}: {status} {receipt}", parcel.call));
            }
            let verdict = pages.verdicts.get_mut(&key).expect("sealed before");
            match verdict.receipt.replace(receipt.clone()) {
                Some(before) if before != receipt => {
                    pages.fault(format!("evidence of {}: {before}, then {receipt}", parcel.call));
                }
                Some(_) => pages.repeats += 1,
                None => {}
            }
        });
    }
}
