//! Manifests and pictures for tests of the outbox and of what stands on it.

use chinhchu_evidence::key::SigningKey;
use chinhchu_protocol::call::Decision;
use chinhchu_protocol::case::IdKind;
use chinhchu_protocol::evidence::{CaptureMethod, CaseSeen, ClockFacts, MANIFEST_FORMAT, TimeSource};
use chinhchu_protocol::ids::{CallId, CompanyCode, RuleId, SessionId, WorkstationId};
use uuid::Uuid;

use super::*;

pub(crate) const AGENT: AgentId = AgentId(Uuid::from_u128(1));
pub(crate) const STATION: WorkstationId = WorkstationId(Uuid::from_u128(3));
pub(crate) const NOTE: &str = "ghi chú không ai được đọc trên đĩa";

pub(crate) fn signing_key() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

pub(crate) fn signer() -> String {
    signing_key().public().id().to_string()
}

pub(crate) fn key(call: u128) -> CallKey {
    CallKey { call_id: CallId(Uuid::from_u128(call)), assignment: 1 }
}

pub(crate) fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

pub(crate) fn manifest(call: u128, link: &ChainLink) -> Manifest {
    Manifest {
        format: MANIFEST_FORMAT.into(),
        call_id: key(call).call_id,
        assignment: 1,
        challenge: "00112233445566778899aabbccddeeff".into(),
        accepted_at: at(0),
        elapsed_ms: 0,
        company: CompanyCode("1".into()),
        agent_id: AGENT,
        session_id: SessionId(Uuid::from_u128(2)),
        workstation_id: STATION,
        program: "test".into(),
        decision: Decision::Confirmed,
        reason: None,
        note: Some(NOTE.into()),
        rule_id: RuleId(Uuid::from_u128(4)),
        captured_at: at(1_000),
        captured_at_text: "01/01/1970 07:00:01 +07:00".into(),
        clock: ClockFacts {
            offset_ms: None,
            rtt_ms: None,
            measured_ago_ms: None,
            source: TimeSource::Workstation,
        },
        case: CaseSeen {
            external_id: "E".into(),
            msisdn: "0900000000".into(),
            full_name: "NGUYỄN VĂN KHÔNG ĐỌC ĐƯỢC".into(),
            date_of_birth: "1990-01-01".into(),
            id_kind: IdKind::Cccd,
            id_number: "000000000000".into(),
            id_issued_on: "2021-01-01".into(),
            address: None,
            papers: Vec::new(),
        },
        capture_method: CaptureMethod::Window,
        live_frame_age_ms: 20,
        video_codec: "VP8".into(),
        dtls_local: "sha-256 AA".into(),
        dtls_remote: "sha-256 BB".into(),
        quality: Vec::new(),
        continuity: Vec::new(),
        continuity_dropped: 0,
        witness_nonce: None,
        counter: link.counter,
        previous_sha256: link.previous_sha256.clone(),
        pictures: Vec::new(),
    }
}

/// Pictures of so many bytes each.
pub(crate) fn to_seal(call: u128, link: &ChainLink, bytes: usize) -> ToSeal {
    let manifest = manifest(call, link);
    let sealed =
        chinhchu_evidence::manifest::seal(&manifest, &signing_key(), &mut rand::rng()).expect("seals");
    let picture = |kind| PictureBytes { kind, content_type: "image/png".into(), bytes: vec![7; bytes] };
    let pictures = vec![picture(ImageKind::Screenshot), picture(ImageKind::LiveFrame)];
    ToSeal { manifest, sealed, pictures, sealed_at: at(1_000) }
}

pub(crate) fn try_seal_blank(outbox: &Outbox, signer: &str, call: u128) -> Result<Sealed, OutboxError> {
    outbox.seal(signer, |link| Ok(to_seal(call, &link, 4_000)))
}

pub(crate) fn seal_blank(outbox: &Outbox, signer: &str, call: u128) -> Sealed {
    try_seal_blank(outbox, signer, call).expect("sealed")
}
