//! Whether log, audit, day roots and tombstones are what was written: each followed record by record, and held
//! against the roots. Pure: whoever reads a store or an exported file hands the parts in, roots first.
//!
//! What it cannot see: that a whole store was thrown away and written anew by whoever has the server's key. For
//! that, somebody else must have kept a root ([`Checker::expect`]) or a head of the log
//! ([`Checker::expect_record`]): mSale has them all.

use std::collections::{BTreeMap, BTreeSet};

use chinhchu_evidence::day_root::{Span, root_over};
use chinhchu_evidence::signed::{Signed as _, statement_sha256};
use chinhchu_evidence::{DayRoot, Envelope, PublicKey};
use serde::Serialize;

use super::findings::{Break, Part};
use super::{AuditHead, AuditRecord};
use crate::cases::hex;
use crate::cases::tombstones::{Follower, TombstoneError};
use crate::switchboard::{Hash, Head, Record};

/// Breaks listed; more are counted.
const MOST_LISTED: usize = 50;

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Report {
    /// Nothing is broken.
    pub sound: bool,
    /// Records of the log.
    pub log_records: u64,
    /// Hash of the last, hex.
    pub log_head: String,
    /// Records of the audit.
    pub audit_records: u64,
    /// Hash of the last, hex.
    pub audit_head: String,
    /// Day roots.
    pub roots: usize,
    /// Day of the newest.
    pub newest_root_day: Option<String>,
    /// By which somebody else can hold it.
    pub newest_root_sha256: Option<String>,
    /// Records that the root of no day covers yet.
    pub not_yet_rooted: u64,
    /// Whether those were signed when the file was exported.
    pub signed_at_export: bool,
    /// Evidence that was held against log and receipts; none in an exported file, which has ids and hashes only.
    pub evidence: Option<u64>,
    /// Erased calls.
    pub tombstones: u64,
    /// How many breaks there are.
    pub broken: usize,
    /// The first of them.
    pub breaks: Vec<Break>,
    /// Fingerprints of the keys that were trusted.
    pub keys: Vec<String>,
}

/// One of the two chains, followed against the roots.
struct Walk {
    part: Part,
    spans: Vec<(String, Span, String)>,
    next: usize,
    hashes: Vec<Hash>,
    /// Last record under the root of a day.
    rooted: u64,
    last: u64,
    last_hash: Hash,
}

impl Walk {
    fn new(part: Part) -> Self {
        let (spans, hashes, last_hash) = (Vec::new(), Vec::new(), [0; 32]);
        Self { part, spans, next: 0, hashes, rooted: 0, last: 0, last_hash }
    }

    /// A record as stored; its chain is checked elsewhere.
    fn step(&mut self, seq: u64, hash: Hash, breaks: &mut Vec<Break>) {
        self.close_empty(breaks);
        if let Some((_, span, _)) = self.spans.get(self.next) {
            if span.from_seq <= seq && seq <= span.to_seq {
                self.hashes.push(hash);
            }
            if seq >= span.to_seq {
                self.close(hash, breaks);
            }
        }
        (self.last, self.last_hash) = (seq, hash);
    }

    /// Days without records.
    fn close_empty(&mut self, breaks: &mut Vec<Break>) {
        while self.spans.get(self.next).is_some_and(|(_, span, _)| span.count() == 0) {
            self.close(self.last_hash, breaks);
        }
    }

    fn close(&mut self, head: Hash, breaks: &mut Vec<Break>) {
        let Some((day, span, root)) = self.spans.get(self.next) else { return };
        if hex(&root_over(&self.hashes)) != *root || hex(&head) != span.head_hash {
            breaks.push(Break::day_differs(self.part, day, span.from_seq, span.to_seq));
        }
        self.hashes.clear();
        self.next += 1;
    }

    /// Gives how many records no root of a day covers.
    fn finish(&mut self, closed: bool, breaks: &mut Vec<Break>) -> u64 {
        self.close_empty(breaks);
        if let Some((day, span, _)) = self.spans.get(self.next) {
            breaks.push(Break::cut(self.part, day, self.last + 1, span.to_seq));
        }
        let signed = self.spans.last().map_or(0, |(_, span, _)| span.to_seq);
        if closed && self.last > signed {
            breaks.push(Break::added(self.part, signed + 1));
        }
        self.last.saturating_sub(self.rooted)
    }
}

/// Takes the parts and says what is sound. Order: roots, tombstones, audit, log (the last three in any order).
pub struct Checker {
    trusted: Vec<PublicKey>,
    breaks: Vec<Break>,
    newest: Option<(DayRoot, String)>,
    roots: usize,
    seen_roots: BTreeSet<String>,
    log: Walk,
    log_head: Head,
    audit: Walk,
    audit_head: AuditHead,
    follower: Follower,
    stones: u64,
    /// By hash of the line.
    laid: BTreeMap<String, String>,
    /// Hash of the line and number of the audit's record.
    named: BTreeMap<String, u64>,
    /// Roots that the audit says were made: number of the record and day, by hash.
    made: BTreeMap<String, (u64, String)>,
    /// Whether what follows the last day was signed, too: an exported file.
    closed: bool,
    evidence: Option<u64>,
    /// Records of the log that somebody else has kept.
    kept: BTreeMap<u64, String>,
}

impl Checker {
    /// With the server keys that are trusted.
    pub fn new(trusted: Vec<PublicKey>) -> Self {
        Self {
            trusted,
            breaks: Vec::new(),
            newest: None,
            roots: 0,
            seen_roots: BTreeSet::new(),
            log: Walk::new(Part::Log),
            log_head: Head::EMPTY,
            audit: Walk::new(Part::Audit),
            audit_head: AuditHead::EMPTY,
            follower: Follower::default(),
            stones: 0,
            laid: BTreeMap::new(),
            named: BTreeMap::new(),
            made: BTreeMap::new(),
            closed: false,
            evidence: None,
            kept: BTreeMap::new(),
        }
    }

    /// Whose signatures count.
    pub(super) fn trusted(&self) -> &[PublicKey] {
        &self.trusted
    }

    /// The next root, by the day it is stored under.
    pub fn root(&mut self, day: &str, envelope: &[u8]) {
        self.roots += 1;
        let Some((root, sha256)) = self.next_root(day, envelope) else { return };
        if !root.complete || root.day != day {
            self.breaks.push(Break::root_out_of_order(day));
        }
        (self.log.rooted, self.audit.rooted) = (root.log.to_seq, root.audit.to_seq);
        self.newest = Some((root, sha256));
    }

    /// After the roots of days: what was signed, when the file was made, about everything that follows them.
    pub fn rest(&mut self, day: &str, envelope: &[u8]) {
        self.closed = true;
        let Some((root, _)) = self.next_root(day, envelope) else { return };
        if root.complete || root.day != day {
            self.breaks.push(Break::root_out_of_order(day));
        }
    }

    fn next_root(&mut self, day: &str, envelope: &[u8]) -> Option<(DayRoot, String)> {
        let opened = Envelope::parse(envelope).and_then(|envelope| {
            let (root, _) = DayRoot::open_any(&envelope, &self.trusted)?;
            Ok((root, statement_sha256(&envelope)?))
        });
        let Ok((root, sha256)) = opened else {
            self.breaks.push(Break::root_unsigned(day));
            return None;
        };
        let follows = match &self.newest {
            Some((before, hash)) => {
                root.previous_sha256.as_ref() == Some(hash)
                    && root.day > before.day
                    && root.log.from_seq == before.log.to_seq + 1
                    && root.audit.from_seq == before.audit.to_seq + 1
            }
            None => root.previous_sha256.is_none() && root.log.from_seq == 1 && root.audit.from_seq == 1,
        };
        if !follows {
            self.breaks.push(Break::root_out_of_order(day));
        }
        self.log.spans.push((root.day.clone(), root.log.clone(), root.log_root.clone()));
        self.audit.spans.push((root.day.clone(), root.audit.clone(), root.audit_root.clone()));
        self.seen_roots.insert(sha256.clone());
        Some((root, sha256))
    }

    /// A record of the log that somebody else has kept (`log_head` of a `call.result`): before the log.
    pub fn expect_record(&mut self, seq: u64, hash: String) {
        self.kept.insert(seq, hash);
    }

    /// A root that somebody else has kept, by its hash: it must be among those that were handed in.
    pub fn expect(&mut self, sha256: &str) {
        if !self.seen_roots.contains(sha256) {
            self.breaks.push(Break::root_not_held(sha256));
        }
    }

    /// The next line of the tombstones.
    pub fn tombstone(&mut self, line: &str) {
        self.stones += 1;
        match self.follower.follow(line, &self.trusted) {
            Ok(laid) => drop(self.laid.insert(laid.sha256, laid.tombstone.call_id.to_string())),
            Err(
                TombstoneError::Broken(_)
                | TombstoneError::Io(_)
                | TombstoneError::Short(_)
                | TombstoneError::Elsewhere(_),
            ) => {
                self.breaks.push(Break::tombstone_broken(self.stones));
            }
        }
    }

    /// A case whose key is there although a tombstone names it.
    pub fn not_erased(&mut self, call: &str) {
        self.breaks.push(Break::not_erased(call));
    }

    /// Calls that tombstones name.
    pub fn erased_calls(&self) -> impl Iterator<Item = &str> {
        self.laid.values().map(String::as_str)
    }

    /// Something that was found beside the chains.
    pub(super) fn found(&mut self, one: Break) {
        self.breaks.push(one);
    }

    /// How much evidence was looked at.
    pub(super) fn evidence(&mut self, count: u64) {
        self.evidence = Some(count);
    }

    /// The next record of the audit.
    pub fn audit(&mut self, record: &AuditRecord) {
        if !counts(record.seq) {
            self.breaks.push(Break::unreadable("audit"));
            return;
        }
        if let Some(head) = self.audit_head.follow(record) {
            self.audit_head = head;
        } else {
            let missing = record.seq != self.audit_head.seq + 1;
            self.breaks.push(Break::chain(Part::Audit, self.audit_head.seq + 1, missing));
            // Goes on from what is stored, so that one break is told as one.
            self.audit_head = AuditHead { seq: record.seq, at: record.at, hash: record.hash };
        }
        self.audit.step(record.seq, record.hash, &mut self.breaks);
        if record.action.starts_with("case.erased") {
            let detail: serde_json::Value = serde_json::from_slice(&record.detail).unwrap_or_default();
            if let Some(sha256) = detail["tombstone"].as_str() {
                self.named.insert(sha256.to_owned(), record.seq);
            }
        }
        if record.action == "root.made"
            && let Some(day) = record.subject.strip_prefix("day:")
        {
            let detail: serde_json::Value = serde_json::from_slice(&record.detail).unwrap_or_default();
            if let Some(sha256) = detail["sha256"].as_str() {
                self.made.insert(sha256.to_owned(), (record.seq, day.to_owned()));
            }
        }
    }

    /// The next record of the log.
    pub fn log(&mut self, record: &Record) {
        if !counts(record.seq) {
            self.breaks.push(Break::unreadable("log"));
            return;
        }
        if self.kept.get(&record.seq).is_some_and(|hash| *hash == hex(&record.hash)) {
            self.kept.remove(&record.seq);
        }
        if let Ok(head) = self.log_head.follow(record) {
            self.log_head = head;
        } else {
            let missing = record.seq != self.log_head.seq + 1;
            self.breaks.push(Break::chain(Part::Log, self.log_head.seq + 1, missing));
            self.log_head = Head { seq: record.seq, at: record.at, hash: record.hash };
        }
        self.log.step(record.seq, record.hash, &mut self.breaks);
    }

    /// Something that cannot be read at all.
    pub fn unreadable(&mut self, what: &str) {
        self.breaks.push(Break::unreadable(what));
    }

    /// After the last part.
    pub fn finish(mut self) -> Report {
        let not_yet_rooted =
            self.log.finish(self.closed, &mut self.breaks) + self.audit.finish(self.closed, &mut self.breaks);
        for seq in self.kept.keys() {
            self.breaks.push(Break::record_not_held(*seq));
        }
        for (sha256, (seq, day)) in &self.made {
            if !self.seen_roots.contains(sha256) {
                self.breaks.push(Break::root_missing(day, *seq));
            }
        }
        for (sha256, seq) in &self.named {
            if !self.laid.contains_key(sha256) {
                self.breaks.push(Break::tombstone_missing(*seq));
            }
        }
        let broken = self.breaks.len();
        self.breaks.truncate(MOST_LISTED);
        let (newest_root_day, newest_root_sha256) =
            self.newest.map(|(root, sha256)| (root.day, sha256)).unzip();
        Report {
            sound: broken == 0,
            log_records: self.log_head.seq,
            log_head: hex(&self.log_head.hash),
            audit_records: self.audit_head.seq,
            audit_head: hex(&self.audit_head.hash),
            roots: self.roots,
            newest_root_day,
            newest_root_sha256,
            not_yet_rooted,
            signed_at_export: self.closed,
            evidence: self.evidence,
            tombstones: self.stones,
            broken,
            breaks: self.breaks,
            keys: self.trusted.iter().map(PublicKey::fingerprint).collect(),
        }
    }
}

/// A number that a store can have; what is beyond was put there.
fn counts(seq: u64) -> bool {
    i64::try_from(seq).is_ok()
}
