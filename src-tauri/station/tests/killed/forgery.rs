//! Receipts that prove nothing, made as well as somebody between workstation and server could make them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chinhchu_evidence::key::SigningKey;
use chinhchu_evidence::receipt::{FORMAT, LogPlace, Receipt};
use chinhchu_evidence::signed::Signed as _;
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::time::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Of nobody that the workstation knows.
const FOREIGN_KEY: [u8; 32] = [0x77; 32];

/// A receipt for exactly this upload, right in everything but the key; none if it has no manifest.
pub fn receipt_for(upload: &[u8]) -> Option<String> {
    let from = find(upload, b"{\"payload")?;
    let envelope: Value = serde_json::Deserializer::from_slice(&upload[from..]).into_iter().next()?.ok()?;
    let bytes = BASE64.decode(envelope["payload"].as_str()?).ok()?;
    let statement: Value = serde_json::from_slice(&bytes).ok()?;
    let text = |name: &str| statement[name].as_str().map(str::to_owned);
    let number = |name: &str| statement[name].as_u64().and_then(|number| u32::try_from(number).ok());
    let digest = Sha256::digest(&bytes);
    let manifest_sha256 = digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let receipt = Receipt {
        format: FORMAT.into(),
        call_id: text("call_id")?.parse().ok()?,
        assignment: number("assignment")?,
        manifest_sha256: manifest_sha256.clone(),
        workstation_id: text("workstation_id")?.parse().ok()?,
        key_id: serde_json::from_value(statement["key_id"].clone()).ok()?,
        counter: number("counter")?,
        received_at: Timestamp::from_ms(1_764_000_000_000),
        standing: VerdictStanding::Counts,
        log: LogPlace { seq: 1, hash: "ab".repeat(32) },
    };
    let envelope = receipt.sign(&SigningKey::from_bytes(&FOREIGN_KEY)).ok()?.to_value();
    let answer = json!({
        "call_id": receipt.call_id, "assignment": receipt.assignment, "manifest_sha256": manifest_sha256,
        "received_at": receipt.received_at, "standing": receipt.standing, "envelope": envelope,
    });
    Some(answer.to_string())
}

/// The server's own receipt with one bit of the signature changed.
pub fn with_other_signature(answer: &[u8]) -> Option<Vec<u8>> {
    let body = &answer[find(answer, b"\r\n\r\n")? + 4..];
    let mut receipt: Value = serde_json::from_slice(body).ok()?;
    let signature = receipt["envelope"]["signatures"][0]["sig"].as_str()?;
    let mut bytes = BASE64.decode(signature).ok()?;
    *bytes.last_mut()? ^= 1;
    receipt["envelope"]["signatures"][0]["sig"] = json!(BASE64.encode(bytes));
    Some(said("200 OK", &receipt.to_string()))
}

/// The first hex digit of the hash that the receipt names is another one.
pub fn with_other_hash(answer: &[u8]) -> Vec<u8> {
    let mut other = answer.to_vec();
    let name = b"\"manifest_sha256\":\"";
    if let Some(at) = find(answer, name) {
        let digit = &mut other[at + name.len()];
        *digit = if *digit == b'0' { b'1' } else { b'0' };
    }
    other
}

/// A whole answer of HTTP.
pub fn said(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}");
    format!("{head}\r\nconnection: close\r\n\r\n{body}").into_bytes()
}

/// Where it begins.
pub fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
