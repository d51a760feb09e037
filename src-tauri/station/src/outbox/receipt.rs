//! Whether a receipt proves that the server has exactly this evidence. Only then may the record ever be deleted; or if
//! the server has signed that the case is erased.

use chinhchu_evidence::dsse::Envelope;
use chinhchu_evidence::erased::Erased;
use chinhchu_evidence::key::PublicKey;
use chinhchu_evidence::receipt::Receipt;
use chinhchu_evidence::signed::Signed as _;
use chinhchu_protocol::evidence::EvidenceReceipt;
use chinhchu_protocol::ids::WorkstationId;
use thiserror::Error;

use super::{Delivered, Parcel};
use crate::session::CallKey;

/// Why it proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum ReceiptFault {
    /// Not an envelope, not the server's signature, or not a receipt.
    #[error("the receipt is not signed by the server")]
    Unsigned,
    /// Signed, for something else.
    #[error("the receipt is for something else")]
    Foreign,
    /// What is signed differs from what stands beside it.
    #[error("the receipt contradicts itself")]
    Contradiction,
}

/// Checks a receipt against the server's key and the parcel it is for.
pub fn check(
    receipt: EvidenceReceipt,
    parcel: &About,
    server_key: &PublicKey,
) -> Result<Delivered, ReceiptFault> {
    let envelope = Envelope::of_value(&receipt.envelope).map_err(|_| ReceiptFault::Unsigned)?;
    let signed = Receipt::open(&envelope, server_key).map_err(|_| ReceiptFault::Unsigned)?;
    let is_for = (signed.call_id, signed.assignment) == (parcel.key.call_id, parcel.key.assignment)
        && signed.manifest_sha256 == parcel.manifest_sha256
        && signed.workstation_id == parcel.workstation_id
        && signed.key_id.to_string() == parcel.signer
        && signed.counter == parcel.counter;
    if !is_for {
        return Err(ReceiptFault::Foreign);
    }
    let says_the_same = (receipt.call_id, receipt.assignment) == (signed.call_id, signed.assignment)
        && receipt.manifest_sha256 == signed.manifest_sha256
        && receipt.received_at == signed.received_at
        && receipt.standing == signed.standing;
    if !says_the_same {
        return Err(ReceiptFault::Contradiction);
    }
    Ok(Delivered { receipt, log_seq: signed.log.seq })
}

/// Whether the server has signed that the case of this very assignment is erased.
pub fn is_erased(word: Option<&str>, key: CallKey, server_key: &PublicKey) -> bool {
    let envelope = word.and_then(|word| Envelope::parse(word.as_bytes()).ok());
    let said = envelope.and_then(|envelope| Erased::open(&envelope, server_key).ok());
    said.is_some_and(|said| (said.call_id, said.assignment) == (key.call_id, key.assignment))
}

/// What a receipt has to be for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct About {
    /// Which assignment.
    pub key: CallKey,
    /// Which manifest.
    pub manifest_sha256: String,
    /// Whose.
    pub workstation_id: WorkstationId,
    /// Under which key.
    pub signer: String,
    /// Its number there.
    pub counter: u32,
}

impl About {
    /// What a receipt for this parcel must say.
    pub fn parcel(parcel: &Parcel, workstation_id: WorkstationId) -> Self {
        Self {
            key: parcel.key,
            manifest_sha256: parcel.manifest_sha256.clone(),
            workstation_id,
            signer: parcel.signer.clone(),
            counter: parcel.counter,
        }
    }
}

#[cfg(test)]
mod tests {
    use chinhchu_evidence::key::SigningKey;
    use chinhchu_evidence::receipt::{FORMAT, LogPlace};
    use chinhchu_protocol::evidence::VerdictStanding;
    use chinhchu_protocol::ids::CallId;
    use chinhchu_protocol::time::Timestamp;
    use uuid::Uuid;

    use super::*;

    fn server() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn signer() -> SigningKey {
        SigningKey::from_bytes(&[5; 32])
    }

    fn about() -> About {
        About {
            key: CallKey { call_id: CallId(Uuid::from_u128(1)), assignment: 2 },
            manifest_sha256: "ab".repeat(32),
            workstation_id: WorkstationId(Uuid::from_u128(3)),
            signer: signer().public().id().to_string(),
            counter: 4,
        }
    }

    fn statement() -> Receipt {
        let About { key, manifest_sha256, workstation_id, counter, .. } = about();
        Receipt {
            format: FORMAT.into(),
            call_id: key.call_id,
            assignment: key.assignment,
            manifest_sha256,
            workstation_id,
            key_id: signer().public().id(),
            counter,
            received_at: Timestamp::from_ms(9_000),
            standing: VerdictStanding::Counts,
            log: LogPlace { seq: 11, hash: "cd".repeat(32) },
        }
    }

    fn answer(statement: &Receipt, key: &SigningKey) -> EvidenceReceipt {
        EvidenceReceipt {
            call_id: statement.call_id,
            assignment: statement.assignment,
            manifest_sha256: statement.manifest_sha256.clone(),
            received_at: statement.received_at,
            standing: statement.standing,
            envelope: statement.sign(key).expect("signs").to_value(),
        }
    }

    #[test]
    fn the_servers_own_receipt_for_exactly_this_is_taken() {
        let taken = check(answer(&statement(), &server()), &about(), &server().public()).expect("good");
        assert_eq!(taken.log_seq, 11);
    }

    #[test]
    fn a_receipt_for_anything_else_is_refused() {
        let changes: [fn(&mut Receipt); 6] = [
            |s| s.call_id = CallId(Uuid::from_u128(9)),
            |s| s.assignment = 1,
            |s| s.manifest_sha256 = "00".repeat(32),
            |s| s.workstation_id = WorkstationId(Uuid::from_u128(9)),
            |s| s.key_id = server().public().id(),
            |s| s.counter = 5,
        ];
        for (n, change) in changes.into_iter().enumerate() {
            let mut other = statement();
            change(&mut other);
            let judged = check(answer(&other, &server()), &about(), &server().public());
            assert_eq!(judged, Err(ReceiptFault::Foreign), "change {n}");
        }
    }

    #[test]
    fn a_forged_a_cut_and_a_missing_signature_are_refused() {
        let forged = answer(&statement(), &signer());
        assert_eq!(check(forged, &about(), &server().public()), Err(ReceiptFault::Unsigned));
        for envelope in [serde_json::Value::Null, serde_json::json!({}), serde_json::json!("x")] {
            let cut = EvidenceReceipt { envelope, ..answer(&statement(), &server()) };
            assert_eq!(check(cut, &about(), &server().public()), Err(ReceiptFault::Unsigned));
        }
        let mut flipped = answer(&statement(), &server());
        let sig = flipped.envelope["signatures"][0]["sig"].as_str().expect("sig").to_owned();
        let first = if sig.starts_with('A') { "B" } else { "A" };
        flipped.envelope["signatures"][0]["sig"] = format!("{first}{}", &sig[1..]).into();
        assert_eq!(check(flipped, &about(), &server().public()), Err(ReceiptFault::Unsigned));
    }

    #[test]
    fn what_stands_beside_the_signature_must_be_what_is_signed() {
        let said = |receipt| check(receipt, &about(), &server().public());
        let good = answer(&statement(), &server());
        let later = EvidenceReceipt { received_at: Timestamp::from_ms(1), ..good.clone() };
        assert_eq!(said(later), Err(ReceiptFault::Contradiction));
        let standing = EvidenceReceipt { standing: VerdictStanding::Superseded, ..good };
        assert_eq!(said(standing), Err(ReceiptFault::Contradiction));
    }
}
