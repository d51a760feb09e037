//! The server's receipts as they came by on one line: what it has acknowledged, and what of it was passed on as it was.
//! Read without the code of either program.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use crate::books::Key;
use crate::forgery::find;

/// What the server has signed for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Acknowledged {
    pub key: Key,
    pub manifest_sha256: String,
    /// Where the server's log says so.
    pub log_seq: u64,
    pub log_hash: String,
}

/// All that came by.
#[derive(Default)]
pub struct Receipts {
    /// Newest last, whole answers: for who brings an earlier one again.
    pub answers: Vec<Vec<u8>>,
    /// By the bytes of their bodies.
    given: BTreeMap<Vec<u8>, Acknowledged>,
    passed: BTreeSet<String>,
}

impl Receipts {
    /// The server has answered; no receipt: nothing.
    pub fn came(&mut self, answer: &[u8]) {
        if let Some((body, acknowledged)) = body(answer).and_then(|body| Some((body, read(body)?))) {
            self.given.insert(body.to_vec(), acknowledged);
            self.answers.push(answer.to_vec());
        }
    }

    /// This goes to the workstation. Only what is the server's to the byte settles anything.
    pub fn goes_on(&mut self, answer: &[u8]) {
        if let Some(known) = body(answer).and_then(|body| self.given.get(body)) {
            self.passed.insert(known.manifest_sha256.clone());
        }
    }

    /// Manifests whose receipt was passed on.
    pub fn passed(&self) -> BTreeSet<String> {
        self.passed.clone()
    }

    /// Everything that the server has acknowledged.
    pub fn acknowledged(&self) -> BTreeSet<Acknowledged> {
        self.given.values().cloned().collect()
    }
}

fn body(answer: &[u8]) -> Option<&[u8]> {
    let is_good = answer.starts_with(b"HTTP/1.1 200");
    is_good.then(|| find(answer, b"\r\n\r\n").map(|at| &answer[at + 4..])).flatten()
}

fn read(body: &[u8]) -> Option<Acknowledged> {
    let receipt: Value = serde_json::from_slice(body).ok()?;
    let payload = BASE64.decode(receipt["envelope"]["payload"].as_str()?).ok()?;
    let statement: Value = serde_json::from_slice(&payload).ok()?;
    let assignment = u32::try_from(statement["assignment"].as_u64()?).ok()?;
    Some(Acknowledged {
        key: (statement["call_id"].as_str()?.parse().ok()?, assignment),
        manifest_sha256: statement["manifest_sha256"].as_str()?.to_owned(),
        log_seq: statement["log"]["seq"].as_u64()?,
        log_hash: statement["log"]["hash"].as_str()?.to_owned(),
    })
}
