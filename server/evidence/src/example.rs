//! A manifest for tests.

use chinhchu_protocol::call::{Decision, ImageKind};
use chinhchu_protocol::case::IdKind;
use chinhchu_protocol::evidence::*;
use chinhchu_protocol::ids::*;
use chinhchu_protocol::time::Timestamp;
use rand::SeedableRng;
use rand::rngs::StdRng;
use uuid::Uuid;

use crate::hex;
use crate::key::SigningKey;
use crate::receipt::{LogPlace, Receipt};

pub const ID_NUMBER: &str = "079190001234";
pub const SCREENSHOT: &[u8] = b"\xff\xd8\xff not really a picture of the screen";
pub const LIVE_FRAME: &[u8] = b"\xff\xd8\xff not really a picture of the customer";
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
