//! Checks a bundle, offline, against the server keys that the verifier trusts.
//!
//! Every part is checked on its own, as far as the parts it rests on hold, so that the report can name the one
//! that was touched. A part that rests on a faulty one is never called sound.

use std::io::Read;

use crate::bundle::{self, Index};
use crate::container::{self, Container, Entry, MAX_BYTES};
use crate::dsse::Envelope;
use crate::fault::Fault;
use crate::hex;
use crate::key::PublicKey;
use crate::manifest::OpenedStatement;
use crate::report::Report;
use crate::signed::Signed;

mod finding;
mod log;
mod sealed;

pub use finding::Finding;
pub(crate) use sealed::names;

use log::Roots;

/// Checks a bundle.
pub fn verify(reader: impl Read, trusted: &[PublicKey]) -> Report {
    verify_with(reader, trusted, &[])
}

/// As [`verify`], and each of the hashes that somebody else has `known` all along (of the evidence, as in
/// `call.result`; of the root of a day, as in `audit.root`) must name a part of this bundle.
pub fn verify_with(reader: impl Read, trusted: &[PublicKey], known: &[String]) -> Report {
    let mut bytes = Vec::new();
    let whole = reader.take(MAX_BYTES + 1).read_to_end(&mut bytes).is_ok();
    let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_BYTES);
    let container = if whole && fits { container::read(&bytes) } else { Err(Fault::NotABundle) };
    let Ok(container) = container else {
        return Report::new(vec![("container".to_owned(), Finding::NotABundle)], Vec::new());
    };
    let mut check = Check { trusted, container: &container, known, found: Vec::new(), facts: Vec::new() };
    check.all();
    Report::new(check.found, check.facts)
}

/// A check under way.
struct Check<'a> {
    trusted: &'a [PublicKey],
    container: &'a Container,
    known: &'a [String],
    found: Vec<(String, Finding)>,
    facts: Vec<(&'static str, String)>,
}

impl<'a> Check<'a> {
    fn all(&mut self) {
        let around = if self.container.canonical { Finding::Sound } else { Finding::Altered };
        self.note("container", around);
        for entry in &self.container.entries {
            if !entry.intact() {
                self.note(&bundle::part_of(&entry.name), Finding::Damaged);
            }
            // Also if the list names it: whoever has the server's key could sign for anything.
            if !bundle::belongs(&entry.name) {
                self.note(&bundle::part_of(&entry.name), Finding::NotListed);
            }
        }
        let index = self.index();
        let enrolment = self.enrolment();
        let opened = self.manifest(enrolment.as_ref(), index.as_ref());
        let leaves = self.leaves(opened.as_ref(), index.as_ref());
        self.pictures(leaves.as_ref(), index.as_ref());
        let receipt = self.receipt(opened.as_ref());
        self.approval(enrolment.as_ref(), receipt.as_ref());
        self.witness(opened.as_ref(), leaves.as_ref(), index.as_ref());
        let roots = self.day_roots();
        let accepted = self.chain(&roots, opened.as_ref(), leaves.as_ref(), receipt.as_ref());
        self.time(leaves.as_ref(), receipt.as_ref(), accepted);
        self.tell(opened.as_ref(), leaves.as_ref(), index.as_ref());
        self.known(opened.as_ref(), &roots);
    }

    /// What somebody else has kept is in here.
    fn known(&mut self, opened: Option<&OpenedStatement>, roots: &Roots) {
        for sha256 in self.known {
            let evidence = opened.is_some_and(|opened| opened.manifest_sha256 == *sha256);
            let here = evidence || roots.values().any(|root| root.sha256 == *sha256);
            self.note(&format!("known:{sha256}"), if here { Finding::Sound } else { Finding::NotHere });
        }
    }

    /// Notes what was found of a part; the first fault of a part stays.
    fn note(&mut self, part: &str, finding: Finding) {
        match self.found.iter_mut().find(|(name, _)| name == part) {
            Some((_, before)) if before.is_sound() && *before != finding => {
                // A remark is not lost to a later «sound».
                if finding != Finding::Sound {
                    *before = finding;
                }
            }
            Some(_) => {}
            None => self.found.push((part.to_owned(), finding)),
        }
    }

    fn fact(&mut self, name: &'static str, value: &impl ToString) {
        self.facts.push((name, value.to_string()));
    }

    fn entry(&self, name: &str) -> Option<&'a Entry> {
        self.container.entries.iter().find(|entry| entry.name == name)
    }

    /// Opens a statement of the server; notes what is wrong with it.
    fn open<S: Signed>(&mut self, file: &str) -> Option<S> {
        let part = bundle::part_of(file);
        let Some(entry) = self.entry(file) else {
            self.note(&part, Finding::Missing);
            return None;
        };
        let opened = Envelope::parse(&entry.bytes).and_then(|envelope| S::open_any(&envelope, self.trusted));
        match opened {
            Ok((statement, _)) => {
                self.note(&part, Finding::Sound);
                Some(statement)
            }
            Err(fault) => {
                self.note(&part, Finding::of_signature(fault));
                None
            }
        }
    }

    fn index(&mut self) -> Option<Index> {
        let index: Index = self.open(bundle::INDEX)?;
        for part in &index.parts {
            match self.entry(&part.name) {
                None => self.note(&bundle::part_of(&part.name), Finding::Missing),
                Some(entry) if hex::sha256_hex(&entry.bytes) != part.sha256 => {
                    self.note(&bundle::part_of(&part.name), Finding::NotAsPacked);
                }
                Some(_) => {}
            }
        }
        for entry in &self.container.entries {
            let listed =
                entry.name == bundle::INDEX || index.parts.iter().any(|part| part.name == entry.name);
            if !listed {
                self.note(&bundle::part_of(&entry.name), Finding::NotListed);
            }
        }
        self.fact("exported_at", &index.exported_at);
        if !index.hidden.is_empty() {
            self.fact("hidden", &index.hidden.join(", "));
        }
        Some(index)
    }
}

#[cfg(test)]
mod tests;
