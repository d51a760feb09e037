//! A manifest for tests, and a bundle around it.

use chinhchu_protocol::call::{Decision, ImageKind};
use chinhchu_protocol::case::IdKind;
use chinhchu_protocol::evidence::*;
use chinhchu_protocol::ids::*;
use chinhchu_protocol::time::Timestamp;
use rand::SeedableRng;
use rand::rngs::StdRng;
use uuid::Uuid;

use crate::bundle::{Contents, Packing, Picture, WitnessState};
use crate::chain::{Chain, ProvenHash, ProvenRecord, record_hash};
use crate::day_root::{self, DayRoot, Span};
use crate::enrolment::Enrolment;
use crate::hex;
use crate::key::SigningKey;
use crate::leaves::Leaves;
use crate::manifest::seal;
use crate::receipt::{LogPlace, Receipt};
use crate::signed::Signed;
use crate::witness::Witness;

pub const ID_NUMBER: &str = "079190001234";
pub const SCREENSHOT: &[u8] = b"\xff\xd8\xff not really a picture of the screen";
pub const LIVE_FRAME: &[u8] = b"\xff\xd8\xff not really a picture of the customer";
pub const WITNESS_FRAME: &[u8] = b"\xff\xd8\xff not really a picture by the caller's page";
pub const PORTRAIT: &[u8] = b"\xff\xd8\xff not really a portrait";

pub fn rng() -> StdRng {
    StdRng::seed_from_u64(1)
}

pub fn station_key() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

fn picture(kind: ImageKind, bytes: &[u8]) -> EvidencePicture {
    EvidencePicture {
        kind,
        sha256: hex::sha256_hex(bytes),
        content_type: "image/jpeg".into(),
        bytes: u32::try_from(bytes.len()).expect("small"),
        width: 640,
        height: 480,
    }
}

pub fn manifest() -> Manifest {
    let accepted_at: Timestamp = "2026-11-23T02:14:00Z".parse().expect("time");
    Manifest {
        format: MANIFEST_FORMAT.into(),
        call_id: CallId(Uuid::from_u128(0x0193_a1c2_7b1e_7c40_9a55_3f1d_2e4b_6a01)),
        assignment: 1,
        challenge: "00112233445566778899aabbccddeeff".into(),
        accepted_at,
        elapsed_ms: 102_000,
        company: CompanyCode("1".into()),
        agent_id: AgentId(Uuid::from_u128(2)),
        session_id: SessionId(Uuid::from_u128(3)),
        workstation_id: WorkstationId(Uuid::from_u128(4)),
        program: "chinhchu 0.1.0".into(),
        decision: Decision::Confirmed,
        reason: None,
        note: Some("đã đối chiếu".into()),
        rule_id: RuleId(Uuid::from_u128(5)),
        captured_at: accepted_at.plus_ms(102_000),
        captured_at_text: "23/11/2026 09:15:42 +07:00".into(),
        clock: ClockFacts {
            offset_ms: Some(12),
            rtt_ms: Some(8),
            measured_ago_ms: Some(900),
            source: TimeSource::Workstation,
        },
        case: CaseSeen {
            external_id: "EK-2211-000017".into(),
            msisdn: "0901234567".into(),
            full_name: "Nguyễn Thị Ánh".into(),
            date_of_birth: "1990-05-17".into(),
            id_kind: IdKind::Cccd,
            id_number: ID_NUMBER.into(),
            id_issued_on: "2021-08-02".into(),
            address: None,
            papers: vec![PaperSeen { kind: ImageKind::Portrait, sha256: hex::sha256_hex(PORTRAIT) }],
        },
        capture_method: CaptureMethod::Window,
        live_frame_age_ms: 40,
        video_codec: "VP8".into(),
        dtls_local: "sha-256 AA".into(),
        dtls_remote: "sha-256 BB".into(),
        quality: vec![QualitySample {
            at_ms: 5_000,
            width: 640,
            height: 480,
            fps: 25,
            freezes: 0,
            longest_gap_ms: 48,
            lost: 2,
        }],
        continuity: vec![ContinuityEvent { at_ms: 1_200, kind: ContinuityKind::Connected, connection: 1 }],
        continuity_dropped: 0,
        witness_nonce: Some("ffeeddccbbaa99887766554433221100".into()),
        counter: 7,
        previous_sha256: Some(hex::sha256_hex(b"the one before")),
        pictures: vec![picture(ImageKind::Screenshot, SCREENSHOT), picture(ImageKind::LiveFrame, LIVE_FRAME)],
    }
}

pub fn server_key() -> SigningKey {
    SigningKey::from_bytes(&[2; 32])
}

pub fn receipt() -> Receipt {
    Receipt {
        format: crate::receipt::FORMAT.into(),
        call_id: manifest().call_id,
        assignment: 1,
        manifest_sha256: hex::sha256_hex(b"a statement"),
        workstation_id: manifest().workstation_id,
        key_id: station_key().public().id(),
        counter: 7,
        received_at: manifest().captured_at.plus_ms(1_500),
        standing: VerdictStanding::Counts,
        log: LogPlace { seq: 41, hash: hex::sha256_hex(b"a record") },
    }
}

/// Records of a day: those of the call, among others; and, if there was one, of an outage, ms after the accept.
fn log(manifest_sha256: &str, outage: Option<(i64, i64)>) -> Vec<(u64, i64, String)> {
    let manifest = manifest();
    let (call, accepted) = (manifest.call_id, manifest.accepted_at);
    let fact = |event: &str, at: Timestamp, more: serde_json::Value| {
        let mut fact = serde_json::json!({ "at": at, "event": event, "call": call });
        fact.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
        format!("[{fact}]")
    };
    let taken = serde_json::json!({ "assignment": 1, "agent": manifest.agent_id, "decision": "confirmed",
                                    "manifest_sha256": manifest_sha256, "standing": "counts" });
    let accept = serde_json::json!({ "assignment": 1, "agent": manifest.agent_id, "offer": 1 });
    let outage = outage.map_or_else(
        || "[]".to_owned(),
        |(from, to)| {
            let (from, to) = (accepted.plus_ms(from), accepted.plus_ms(to));
            format!("[{}]", serde_json::json!({ "at": to, "event": "outage", "from": from, "to": to }))
        },
    );
    let texts = [
        ("[]".to_owned(), accepted.plus_ms(-90_000)),
        (fact("call_taken_in", accepted.plus_ms(-60_000), serde_json::json!({})), accepted.plus_ms(-60_000)),
        ("[]".to_owned(), accepted.plus_ms(-30_000)),
        (fact("call_accepted", accepted, accept), accepted),
        (outage, accepted.plus_ms(100_000)),
        (fact("evidence_taken", accepted.plus_ms(103_000), taken), accepted.plus_ms(103_000)),
        ("[]".to_owned(), accepted.plus_ms(104_000)),
    ];
    texts.into_iter().zip(38..).map(|((facts, at), seq)| (seq, at.ms(), facts)).collect()
}

/// A bundle's contents, sound in every part.
pub fn contents() -> Contents {
    contents_of(&manifest())
}

/// The same around another manifest of the same call.
pub fn contents_of(manifest_of: &Manifest) -> Contents {
    contents_with(manifest_of, None)
}

/// The same in a log that tells of an outage.
pub fn contents_with(manifest_of: &Manifest, outage: Option<(i64, i64)>) -> Contents {
    let sealed = seal(manifest_of, &station_key(), &mut rng()).expect("seals");
    let (mut hashes, mut records, mut prev) = (Vec::new(), Vec::new(), [9; 32]);
    for (seq, at_ms, facts) in log(&sealed.manifest_sha256, outage) {
        let hash = record_hash(&prev, seq, at_ms, 3, b"\"tick\"", facts.as_bytes());
        records.push((seq, at_ms, facts, prev));
        hashes.push(hash);
        prev = hash;
    }
    let day = "2026-11-23".to_owned();
    let path = |at: usize| day_root::prove(&hashes, at).expect("record");
    let of_call = records.iter().enumerate().filter(|(_, (_, _, facts, _))| facts != "[]");
    let chain = Chain {
        format: crate::chain::FORMAT.into(),
        records: of_call
            .map(|(at, (seq, at_ms, facts, prev))| ProvenRecord {
                seq: *seq,
                at_ms: *at_ms,
                rules_version: 3,
                input: "\"tick\"".into(),
                facts: facts.clone(),
                prev_hash: hex::encode(prev),
                day: day.clone(),
                path: path(at),
            })
            .collect(),
        receipt: Some(ProvenHash { seq: 42, hash: hex::encode(&hashes[4]), day: day.clone(), path: path(4) }),
    };
    let log = Span { from_seq: 38, to_seq: 44, head_hash: hex::encode(&prev) };
    let root = DayRoot {
        format: day_root::FORMAT.into(),
        day: day.clone(),
        complete: true,
        made_at: manifest().captured_at.plus_ms(86_400_000),
        log,
        audit: Span { from_seq: 1, to_seq: 0, head_hash: hex::encode(&[0; 32]) },
        log_root: hex::encode(&day_root::root_over(&hashes)),
        audit_root: hex::encode(&day_root::root_over(&[])),
        previous_sha256: None,
    };
    let receipt = Receipt {
        manifest_sha256: sealed.manifest_sha256.clone(),
        log: LogPlace { seq: 42, hash: hex::encode(&hashes[4]) },
        ..receipt()
    };
    let enrolment = Enrolment {
        format: crate::enrolment::FORMAT.into(),
        workstation_id: manifest().workstation_id,
        name: "Q3-07".into(),
        public_key: station_key().public(),
        key_id: station_key().public().id(),
        approved_at: manifest().accepted_at.plus_ms(-86_400_000),
        approved_by: "cli:it".into(),
    };
    let witness = Witness {
        format: crate::witness::FORMAT.into(),
        call_id: manifest().call_id,
        assignment: 1,
        nonce: manifest().witness_nonce.expect("asked"),
        sha256: hex::sha256_hex(WITNESS_FRAME),
        bytes: u32::try_from(WITNESS_FRAME.len()).expect("small"),
        received_at: manifest().captured_at.plus_ms(400),
    };
    let picture =
        |kind, bytes: &[u8]| Picture { kind, content_type: "image/jpeg".into(), bytes: bytes.to_vec() };
    Contents {
        envelope: sealed.envelope,
        leaves: Leaves::parse(&sealed.leaves).expect("leaves"),
        pictures: vec![
            picture(ImageKind::Screenshot, SCREENSHOT),
            picture(ImageKind::LiveFrame, LIVE_FRAME),
            picture(ImageKind::Portrait, PORTRAIT),
            picture(ImageKind::WitnessFrame, WITNESS_FRAME),
        ],
        gone: Vec::new(),
        receipt: signed(&receipt),
        enrolment: signed(&enrolment),
        witness: Some(signed(&witness)),
        witness_state: WitnessState::Attached,
        chain,
        day_roots: vec![(day, signed(&root))],
    }
}

pub fn signed(statement: &impl Signed) -> Vec<u8> {
    statement.sign(&server_key()).expect("signs").to_bytes()
}

pub fn packing() -> Packing {
    Packing { exported_at: manifest().captured_at.plus_ms(90_000_000), audit_seq: Some(12) }
}
