//! A verdict as a workstation leaves it: manifest and pictures on its disk, carried to the server until there is
//! a receipt.

use std::sync::Arc;

use chinhchu_protocol::call::Decision;
use chinhchu_protocol::ids::{AgentId, CallId, WorkstationId};
use serde_json::{Value, json};
use tokio::sync::watch;
use uuid::Uuid;

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

/// A sealed verdict, on its way.
#[derive(Clone)]
pub struct Parcel {
    pub call: CallId,
    pub assignment: u32,
    pub decision: Decision,
    pub manifest: Vec<u8>,
    pub manifest_sha256: String,
    pictures: Vec<(&'static str, Vec<u8>)>,
}

/// Seals a verdict over a call, and writes it into the books.
pub fn seal(
    world: &World,
    rng: &mut Rng,
    desk: &Desk,
    call: CallId,
    assignment: u32,
    case: &Value,
) -> Parcel {
    let decision = if rng.percent(70) { Decision::Confirmed } else { Decision::Rejected };
    let pictures = vec![("screenshot", picture(rng, SIDE)), ("live_frame", picture(rng, SIDE))];
    let named = pictures.iter().map(|(kind, bytes)| {
        json!({"kind": kind, "sha256": sha256(bytes), "content_type": "image/jpeg", "bytes": bytes.len(),
               "width": SIDE, "height": SIDE})
    });
    let manifest = json!({
        "format": "chinhchu-manifest/1", "call_id": call, "assignment": assignment, "company": case["company"],
        "agent_id": desk.agent, "session_id": desk.session, "workstation_id": desk.workstation, "program": "0.1.0",
        "decision": decision, "reason": (decision == Decision::Rejected).then_some("face_mismatch"),
        "note": null, "rule_id": case["policy"]["rule_id"],
        "captured_at": world.clock.now(), "captured_at_text": "23/11/2026 09:15:42 +07:00",
        "clock_offset_ms": 0, "capture_method": "window", "live_frame_age_ms": 40, "video_codec": "VP8",
        "dtls_local": "sha-256 AA", "dtls_remote": "sha-256 BB", "counter": desk.counter,
        "previous_sha256": desk.previous, "pictures": named.collect::<Vec<_>>(),
    });
    let manifest = serde_json::to_vec(&manifest).expect("json");
    let manifest_sha256 = sha256(&manifest);
    let verdict = Verdict {
        agent: desk.agent,
        decision,
        manifest: manifest.clone(),
        manifest_sha256: manifest_sha256.clone(),
        pictures: pictures.iter().map(|(kind, bytes)| (*kind, sha256(bytes))).collect(),
        word_taken: false,
        receipt: None,
    };
    world.books.write(|pages| {
        if pages.verdicts.insert((call, assignment), verdict).is_some() {
            pages.fault(format!("{call}: assignment {assignment} was given out twice"));
        }
    });
    Parcel { call, assignment, decision, manifest, manifest_sha256, pictures }
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
                request.multipart(evidence_form(&parcel.manifest, &parcel.pictures))
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

/// A workstation profile of its own.
pub fn fresh_workstation(rng: &mut Rng) -> WorkstationId {
    WorkstationId(Uuid::from_u128((u128::from(rng.next()) << 64) | u128::from(rng.next())))
}
