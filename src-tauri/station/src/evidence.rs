//! The manifest of a verdict (S15, N6): what was decided, when, on whose screen, over which pictures. The
//! hash is taken over the exact bytes that are kept and sent, never over re-written JSON.

use chinhchu_protocol::case::IdKind;
use chinhchu_protocol::evidence::{
    CaptureMethod, CaseSeen, ClockFacts, EvidencePicture, MANIFEST_FORMAT, Manifest, TimeSource,
};
use chinhchu_protocol::ids::WorkstationId;
use chinhchu_protocol::time::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use crate::outbox::{ChainLink, PictureBytes, ToSeal};
use crate::ports::CapturedPicture;
use crate::session::VerdictOrder;

/// The moment of the capture, as burnt into the picture: `23/11/2026 09:15:42 +07:00`.
pub fn captured_at_text(at: Timestamp, zone: &TimeZone) -> String {
    jiff::Timestamp::from(at).to_zoned(zone.clone()).strftime("%d/%m/%Y %H:%M:%S %:z").to_string()
}

/// A workstation's clock may differ from the server's by so much, ms; beyond, evidence carries the server's time.
pub const CLOCK_TOLERANCE_MS: u32 = 2_000;

/// Whether a clock with this offset is not to be believed.
pub const fn is_off(offset_ms: i32) -> bool {
    offset_ms.unsigned_abs() > CLOCK_TOLERANCE_MS
}

/// What the capture itself knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaptureFacts {
    /// How.
    pub method: CaptureMethod,
    /// Age of the newest decoded frame, ms.
    pub live_frame_age_ms: u32,
    /// `H264` or `VP8`.
    pub video_codec: String,
    /// DTLS fingerprint of the workstation.
    pub dtls_local: String,
    /// DTLS fingerprint of the page.
    pub dtls_remote: String,
}

/// Everything that goes into one manifest, save its place in the chain.
pub struct Evidence {
    /// What was decided.
    pub order: VerdictOrder,
    /// What the capture knows.
    pub facts: CaptureFacts,
    /// Where it was captured.
    pub workstation_id: WorkstationId,
    /// The moment.
    pub captured_at: Timestamp,
    /// The moment as drawn.
    pub captured_at_text: String,
    /// The pictures.
    pub pictures: Vec<CapturedPicture>,
}

impl Evidence {
    /// Words the manifest for its place in the chain.
    pub fn to_seal(self, link: ChainLink) -> ToSeal {
        let Self { order, facts, workstation_id, captured_at, captured_at_text, pictures } = self;
        let listed = pictures.iter().map(|picture| EvidencePicture {
            kind: picture.kind,
            sha256: hex_sha256(&picture.bytes),
            content_type: picture.content_type.to_owned(),
            bytes: u32::try_from(picture.bytes.len()).unwrap_or(u32::MAX),
            width: picture.width,
            height: picture.height,
        });
        let manifest = Manifest {
            format: MANIFEST_FORMAT.to_owned(),
            call_id: order.key.call_id,
            assignment: order.key.assignment,
            challenge: String::new(), // Not known here yet; the server refuses it.
            accepted_at: captured_at,
            elapsed_ms: 0,
            company: order.company,
            agent_id: order.agent.agent_id,
            session_id: order.session_id,
            workstation_id,
            program: concat!("chinhchu ", env!("CARGO_PKG_VERSION")).to_owned(),
            decision: order.decision,
            reason: order.reason,
            note: order.note,
            rule_id: order.rule_id,
            captured_at,
            captured_at_text,
            clock: ClockFacts {
                offset_ms: order.clock_offset_ms,
                rtt_ms: None,
                measured_ago_ms: None,
                source: TimeSource::Workstation,
            },
            case: not_seen_yet(),
            capture_method: facts.method,
            live_frame_age_ms: facts.live_frame_age_ms,
            video_codec: facts.video_codec,
            dtls_local: facts.dtls_local,
            dtls_remote: facts.dtls_remote,
            quality: Vec::new(),
            continuity: Vec::new(),
            continuity_dropped: 0,
            witness_nonce: None,
            counter: link.counter,
            previous_sha256: link.previous_sha256,
            pictures: listed.collect(),
        };
        let pictures = pictures
            .into_iter()
            .map(|picture| PictureBytes {
                kind: picture.kind,
                content_type: picture.content_type.to_owned(),
                bytes: picture.bytes,
            })
            .collect();
        ToSeal { manifest, pictures }
    }
}

/// The case does not come here yet.
fn not_seen_yet() -> CaseSeen {
    CaseSeen {
        external_id: String::new(),
        msisdn: String::new(),
        full_name: String::new(),
        date_of_birth: String::new(),
        id_kind: IdKind::Cccd,
        id_number: String::new(),
        id_issued_on: String::new(),
        address: None,
        papers: Vec::new(),
    }
}

/// SHA-256, lower-case hex.
pub fn hex_sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // Writing into a String cannot fail.
        text
    })
}
