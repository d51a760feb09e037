//! The manifest of a verdict (S15, N6): what was decided, when, on whose screen, over which pictures, in which
//! call. It is signed as it is worded; the hash is that of the signed statement.

mod moment;

use chinhchu_evidence::key::SigningKey;
use chinhchu_evidence::manifest;
use chinhchu_protocol::agent::AgentCase;
use chinhchu_protocol::evidence::{
    CaptureMethod, CaseSeen, EvidencePicture, MANIFEST_FORMAT, Manifest, PaperSeen,
};
use chinhchu_protocol::ids::WorkstationId;
use sha2::{Digest, Sha256};

pub use self::moment::{CLOCK_TOLERANCE_MS, Moment, ServerClock, clamped, is_off};
use crate::outbox::{ChainLink, OutboxError, PictureBytes, ToSeal};
use crate::ports::CapturedPicture;
use crate::session::VerdictOrder;

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
    /// What was decided, and in which call.
    pub order: VerdictOrder,
    /// What the capture knows.
    pub facts: CaptureFacts,
    /// Where it was captured.
    pub workstation_id: WorkstationId,
    /// When it was captured.
    pub moment: Moment,
    /// What the page was asked to witness with; none if it could not be asked.
    pub witness_nonce: Option<String>,
    /// The pictures.
    pub pictures: Vec<CapturedPicture>,
}

impl Evidence {
    /// Words the manifest for its place in the chain, and signs it.
    pub fn to_seal(self, link: ChainLink, key: &SigningKey) -> Result<ToSeal, OutboxError> {
        let Self { order, facts, workstation_id, moment, witness_nonce, pictures } = self;
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
            challenge: order.challenge,
            accepted_at: order.accepted_at,
            elapsed_ms: moment.elapsed_ms,
            company: order.company,
            agent_id: order.agent.agent_id,
            session_id: order.session_id,
            workstation_id,
            program: concat!("chinhchu ", env!("CARGO_PKG_VERSION")).to_owned(),
            decision: order.decision,
            reason: order.reason,
            note: order.note,
            rule_id: order.rule_id,
            captured_at: moment.captured_at,
            captured_at_text: moment.text,
            clock: moment.clock,
            case: order.case,
            capture_method: facts.method,
            live_frame_age_ms: facts.live_frame_age_ms,
            video_codec: facts.video_codec,
            dtls_local: facts.dtls_local,
            dtls_remote: facts.dtls_remote,
            quality: order.record.quality,
            continuity: order.record.continuity,
            continuity_dropped: order.record.continuity_dropped,
            witness_nonce,
            counter: link.counter,
            previous_sha256: link.previous_sha256,
            pictures: listed.collect(),
        };
        let sealed = manifest::seal(&manifest, key, &mut rand::rng()).map_err(|error| {
            tracing::error!(?error, "the manifest cannot be signed");
            OutboxError::Chain
        })?;
        let pictures = pictures
            .into_iter()
            .map(|picture| PictureBytes {
                kind: picture.kind,
                content_type: picture.content_type.to_owned(),
                bytes: picture.bytes,
            })
            .collect();
        Ok(ToSeal { manifest, sealed, pictures, sealed_at: moment.own })
    }
}

/// The case as the agent had it before her.
pub fn case_seen(case: &AgentCase, papers: Vec<PaperSeen>) -> CaseSeen {
    let (case, customer) = (&case.case, &case.case.customer);
    CaseSeen {
        external_id: case.external_id.clone(),
        msisdn: case.subscriber.msisdn.clone(),
        full_name: customer.full_name.clone(),
        date_of_birth: customer.date_of_birth.clone(),
        id_kind: customer.id_kind,
        id_number: customer.id_number.clone(),
        id_issued_on: customer.id_issued_on.clone(),
        address: customer.address.clone(),
        papers,
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
