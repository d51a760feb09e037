//! What the workstation sealed, and what the server signed about it.

use chinhchu_protocol::call::ImageKind;
use chinhchu_protocol::evidence::{EvidencePicture, PaperSeen};
use serde_json::Value;

use super::{Check, Finding};
use crate::bundle::{self, Index, WitnessState};
use crate::container::Entry;
use crate::enrolment::Enrolment;
use crate::fault::Fault;
use crate::hex;
use crate::leaves::{Leaf, Leaves};
use crate::manifest::{self, OpenedStatement};
use crate::receipt::Receipt;
use crate::witness::Witness;

/// What every verdict shows.
const OF_EVERY_VERDICT: [ImageKind; 2] = [ImageKind::Screenshot, ImageKind::LiveFrame];

/// A witness frame that came later than this, or as much earlier, is remarked.
const SOON_MS: i64 = 10_000;
/// And beyond this it is none of the moment: the server takes none later than two minutes after it was asked for, and
/// clocks may be half a minute apart.
const MOMENT_MS: i64 = 150_000;

impl Check<'_> {
    pub(super) fn enrolment(&mut self) -> Option<Enrolment> {
        let enrolment: Enrolment = self.open(bundle::ENROLMENT)?;
        if enrolment.public_key.id() == enrolment.key_id {
            return Some(enrolment);
        }
        self.note("enrolment", Finding::OtherEvidence);
        None
    }

    /// The statement, under the enrolled key.
    pub(super) fn manifest(
        &mut self,
        enrolment: Option<&Enrolment>,
        index: Option<&Index>,
    ) -> Option<OpenedStatement> {
        let Some(entry) = self.entry(bundle::MANIFEST) else {
            self.note("manifest", Finding::Missing);
            return None;
        };
        let Some(enrolment) = enrolment else {
            self.note("manifest", Finding::NotChecked);
            return None;
        };
        let opened = match manifest::open_statement(&entry.bytes, &enrolment.public_key) {
            Ok(opened) => opened,
            Err(fault) => {
                self.note("manifest", Finding::of_signature(fault));
                return None;
            }
        };
        let statement = &opened.statement;
        if statement.workstation_id != enrolment.workstation_id {
            self.note("enrolment", Finding::OtherEvidence);
            return None;
        }
        let of_index = |index: &Index| (index.call_id, index.assignment);
        if index.is_some_and(|index| of_index(index) != (statement.call_id, statement.assignment)) {
            self.note("bundle", Finding::OtherEvidence);
        }
        self.note("manifest", Finding::Sound);
        Some(opened)
    }

    /// The fields, if they are the signed ones.
    pub(super) fn leaves(
        &mut self,
        opened: Option<&OpenedStatement>,
        index: Option<&Index>,
    ) -> Option<Leaves> {
        let Some(entry) = self.entry(bundle::LEAVES) else {
            self.note("leaves", Finding::Missing);
            return None;
        };
        let leaves = Leaves::parse(&entry.bytes);
        let (Some(opened), Ok(leaves)) = (opened, leaves.as_ref()) else {
            let finding = if leaves.is_err() { Finding::Unreadable } else { Finding::NotChecked };
            self.note("leaves", finding);
            return None;
        };
        if let Err(fault) = opened.fits(leaves) {
            let finding =
                if fault == Fault::RootDiffers { Finding::NotSigned } else { Finding::of_signature(fault) };
            self.note("leaves", finding);
            return None;
        }
        let said = |name: &str| index.is_some_and(|index| index.hidden.iter().any(|hidden| hidden == name));
        let mut hidden = leaves.withheld().peekable();
        let finding = if hidden.peek().is_none() {
            Finding::Sound
        } else if hidden.all(said) {
            Finding::PartlyHidden
        } else {
            Finding::Missing
        };
        self.note("leaves", finding);
        finding.is_sound().then(|| leaves.clone())
    }

    /// Every picture that a field names is here, hidden or gone; and no other is.
    pub(super) fn pictures(&mut self, leaves: Option<&Leaves>, index: Option<&Index>) {
        let named = leaves.map(named_pictures).unwrap_or_default();
        let hidden = |leaves: &Leaves| leaves.withheld().any(|name| name.starts_with("pictures."));
        for kind in OF_EVERY_VERDICT.map(ImageKind::name) {
            let no_field = !named.iter().any(|picture| picture.kind == kind);
            if no_field && leaves.is_some_and(|leaves| !hidden(leaves)) {
                self.note(&format!("picture:{kind}"), Finding::Missing);
            }
        }
        for picture in &named {
            let part = format!("picture:{}", picture.kind);
            let file = self.file_of(&picture.kind).map(|entry| entry.bytes.as_slice());
            let listed = |list: &[String]| list.contains(&part);
            let finding = match file {
                // A second one beside it would be taken for signed, too.
                Some(_) if self.files_of(&picture.kind).count() > 1 => Finding::NotSigned,
                Some(bytes) if hex::sha256_hex(bytes) == picture.sha256 && picture.measures(bytes) => {
                    Finding::Sound
                }
                Some(_) => Finding::NotSigned,
                None if index.is_some_and(|index| listed(&index.hidden)) => Finding::Withheld,
                None if index.is_some_and(|index| listed(&index.gone)) => Finding::Gone,
                None => Finding::Missing,
            };
            self.note(&part, finding);
        }
        for entry in &self.container.entries {
            let Some(file) = entry.name.strip_prefix(bundle::PICTURES) else { continue };
            let kind = file.split('.').next().unwrap_or(file);
            if kind != "witness_frame" && !named.iter().any(|picture| picture.kind == kind) {
                let finding = if leaves.is_some() { Finding::NotSigned } else { Finding::NotChecked };
                self.note(&format!("picture:{kind}"), finding);
            }
        }
    }

    fn file_of(&self, kind: &str) -> Option<&Entry> {
        self.files_of(kind).next()
    }

    fn files_of(&self, kind: &str) -> impl Iterator<Item = &Entry> {
        let stem = format!("{}{kind}.", bundle::PICTURES);
        self.container.entries.iter().filter(move |entry| entry.name.starts_with(&stem))
    }

    pub(super) fn receipt(&mut self, opened: Option<&OpenedStatement>) -> Option<Receipt> {
        let receipt: Receipt = self.open(bundle::RECEIPT)?;
        let Some(opened) = opened else {
            self.note("receipt", Finding::NotChecked);
            return None;
        };
        let statement = &opened.statement;
        let same = receipt.manifest_sha256 == opened.manifest_sha256
            && receipt.call_id == statement.call_id
            && receipt.assignment == statement.assignment
            && receipt.workstation_id == statement.workstation_id
            && receipt.key_id == statement.key_id
            && receipt.counter == statement.counter;
        if same {
            return Some(receipt);
        }
        self.note("receipt", Finding::OtherEvidence);
        None
    }

    pub(super) fn approval(&mut self, enrolment: Option<&Enrolment>, receipt: Option<&Receipt>) {
        let (Some(enrolment), Some(receipt)) = (enrolment, receipt) else { return };
        if enrolment.approved_at > receipt.received_at {
            self.note("enrolment", Finding::ApprovedLater);
        }
        self.fact("workstation_name", &enrolment.name);
        self.fact("workstation_key", &enrolment.public_key.fingerprint());
    }

    pub(super) fn witness(
        &mut self,
        opened: Option<&OpenedStatement>,
        leaves: Option<&Leaves>,
        index: Option<&Index>,
    ) {
        let asked = leaves.and_then(|leaves| leaves.get("witness_nonce"));
        let state = index.map(|index| index.witness);
        if self.entry(bundle::WITNESS).is_none() {
            let finding = match (state, &asked) {
                // None: the field is hidden.
                (Some(WitnessState::NotAsked), Some(Value::Null) | None) => Finding::NotAsked,
                (Some(WitnessState::NeverArrived), Some(Value::String(_)) | None) => Finding::NeverArrived,
                (Some(_) | None, _) => Finding::Missing,
            };
            self.note("witness", finding);
            if self.file_of("witness_frame").is_some() {
                self.note("picture:witness_frame", Finding::NotChecked);
            }
            return;
        }
        let witness: Option<Witness> = self.open(bundle::WITNESS);
        let (Some(witness), Some(opened), Some(leaves)) = (witness, opened, leaves) else {
            self.note("witness", Finding::NotChecked);
            self.note("picture:witness_frame", Finding::NotChecked);
            return;
        };
        let statement = &opened.statement;
        let same = (witness.call_id, witness.assignment) == (statement.call_id, statement.assignment)
            && asked.is_none_or(|asked| asked == Value::String(witness.nonce.clone()));
        let after = super::log::after_capture_ms(leaves, witness.received_at);
        self.note(
            "witness",
            match after.map(i64::abs) {
                _ if !same => Finding::OtherEvidence,
                Some(apart) if apart > MOMENT_MS => Finding::WitnessOfAnotherMoment,
                Some(apart) if apart > SOON_MS => Finding::WitnessApart,
                Some(_) | None => Finding::Sound,
            },
        );
        self.witness_picture(&witness, index);
        if let Some(after) = after {
            self.fact("witness_after_ms", &after);
        }
    }

    fn witness_picture(&mut self, witness: &Witness, index: Option<&Index>) {
        let part = "picture:witness_frame";
        let listed = |list: &[String]| list.iter().any(|name| name == part);
        let finding = match self.file_of("witness_frame") {
            Some(_) if self.files_of("witness_frame").count() > 1 => Finding::NotSigned,
            Some(entry) if hex::sha256_hex(&entry.bytes) == witness.sha256 => Finding::Sound,
            Some(_) => Finding::NotSigned,
            None if index.is_some_and(|index| listed(&index.hidden)) => Finding::Withheld,
            None if index.is_some_and(|index| listed(&index.gone)) => Finding::Gone,
            None => Finding::Missing,
        };
        self.note(part, finding);
    }
}

/// Whether a field that is shown names a picture of this kind.
pub(crate) fn names(leaves: &Leaves, kind: ImageKind) -> bool {
    named_pictures(leaves).iter().any(|picture| picture.kind == kind.name())
}

/// A picture that a field names.
struct Named {
    kind: String,
    sha256: String,
    bytes: Option<u32>,
}

impl Named {
    fn measures(&self, bytes: &[u8]) -> bool {
        self.bytes.is_none_or(|length| usize::try_from(length) == Ok(bytes.len()))
    }
}

fn named_pictures(leaves: &Leaves) -> Vec<Named> {
    let shown = leaves.iter().filter_map(|leaf| match leaf {
        Leaf::Shown(leaf) => Some(leaf),
        Leaf::Withheld(_) => None,
    });
    let named = shown.filter_map(|leaf| {
        if leaf.name.starts_with("pictures.") {
            let picture: EvidencePicture = serde_json::from_str(&leaf.value).ok()?;
            let kind = picture.kind.name().to_owned();
            Some(Named { kind, sha256: picture.sha256, bytes: Some(picture.bytes) })
        } else if leaf.name.starts_with("case.papers.") {
            let paper: PaperSeen = serde_json::from_str(&leaf.value).ok()?;
            Some(Named { kind: paper.kind.name().to_owned(), sha256: paper.sha256, bytes: None })
        } else {
            None
        }
    });
    named.collect()
}
