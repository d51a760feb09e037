//! Packs what the store holds about one assignment into a bundle that verifies offline: for the command line's
//! `evidence export`, and for the console's export and its view of the seals.
//!
//! [`gather`] takes it together · [`roots`] the signed roots under which the call's records stand.

mod gather;
mod roots;

use chinhchu_evidence::bundle::{self, Packing};
use chinhchu_evidence::leaves::Leaf;
use chinhchu_evidence::{Fault, Report, manifest, verify};
use chinhchu_protocol::call::ImageKind;

use crate::objects::{Keys, Objects};
use crate::store::StoreError;

pub use gather::{Held, assignment, gather};

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No such call.
    #[error("there is no such call")]
    NoCall,
    /// It left no evidence, or none of that assignment.
    #[error("the server holds no evidence of that call or assignment")]
    NoEvidence,
    /// The case was erased.
    #[error("the key of this call's case was destroyed: its evidence cannot be read any more")]
    Erased,
    /// Of the first form.
    #[error("this evidence is of the time before manifests were signed")]
    Unsigned,
    /// Its workstation was never approved.
    #[error("the workstation's key has no approval")]
    NoApproval,
    /// The log has no record of it.
    #[error("the log does not tell of this call")]
    NotInLog,
    /// A record stands under no root.
    #[error("no root covers record {0} of the log")]
    NoRoot(u64),
    /// A field or picture that is to be hidden is not there; these are.
    #[error("no such field or picture; there are {0}")]
    NoSuchName(String),
    /// A field that is always shown.
    #[error("{} say what the evidence is of and are always shown", manifest::ALWAYS_SHOWN.join(", "))]
    MustBeShown,
    /// The parts do not fit together.
    #[error("the bundle cannot be packed: {0}")]
    Fault(Fault),
}

/// The names of the API lead to the fields of the manifest.
pub fn leaf_name(name: &str) -> String {
    match name.strip_prefix("customer.").or_else(|| name.strip_prefix("subscriber.")) {
        Some(field) => format!("case.{field}"),
        None => name.to_owned(),
    }
}

impl Held {
    /// Reads the pictures' files. One that cannot be read is left out: the check then says that it is missing.
    pub async fn read_pictures(&mut self, objects: &Objects) {
        for stored in std::mem::take(&mut self.pictures) {
            match objects.get(&self.key, stored.object_id).await {
                Ok(bytes) => self.contents.pictures.push(gather::picture(&stored, bytes.into())),
                Err(error) => tracing::error!(%error, kind = stored.kind.name(), "a picture cannot be read"),
            }
        }
    }

    /// Of the names that are to be hidden (as [`leaf_name`] gives them) those that are there to be hidden: a picture
    /// that is no longer kept is hidden already.
    pub fn to_hide<'a>(&self, hide: &'a [String]) -> Vec<&'a str> {
        hide.iter().map(String::as_str).filter(|name| !self.is_gone(name)).collect()
    }

    /// Pictures that were packed and on which hidden fields of the case may be read: the screen shows the case beside
    /// the video.
    pub fn may_still_show(&self, hidden: &[&str], packed: &Report) -> Vec<String> {
        let of_case = |name: &&str| *name == "case" || name.starts_with("case.");
        if !hidden.iter().any(of_case) {
            return Vec::new();
        }
        let shows = [ImageKind::Screenshot, ImageKind::IdFront, ImageKind::IdBack];
        let pictures = self.contents.pictures.iter().filter(|picture| shows.contains(&picture.kind));
        let names = pictures.map(|picture| format!("picture:{}", picture.kind.name()));
        let there = |name: &String| packed.parts.iter().any(|one| one.part == *name && one.code == "sound");
        names.filter(there).collect()
    }

    fn is_gone(&self, name: &str) -> bool {
        let kind = name.strip_prefix("picture:");
        kind.is_some_and(|kind| self.contents.gone.iter().any(|gone| gone.name() == kind))
    }

    /// Packs a bundle and checks it as anybody would who trusts the server's key.
    pub fn pack(&self, hide: &[&str], packing: Packing, keys: &Keys) -> Result<(Vec<u8>, Report), PackError> {
        let packed = bundle::write(&self.contents, hide, packing, keys.signing());
        let packed = packed.map_err(|fault| self.not_packed(fault))?;
        let report = verify(&packed[..], &[keys.signing().public()]);
        Ok((packed, report))
    }

    fn not_packed(&self, fault: Fault) -> PackError {
        match fault {
            Fault::NoSuchLeaf => {
                let contents = &self.contents;
                let fields = contents.leaves.iter().map(Leaf::name).map(str::to_owned);
                let pictures = contents.pictures.iter().map(|one| format!("picture:{}", one.kind.name()));
                PackError::NoSuchName(fields.chain(pictures).collect::<Vec<_>>().join(", "))
            }
            Fault::MustBeShown => PackError::MustBeShown,
            other => PackError::Fault(other),
        }
    }
}

/// The faulty parts of a report.
pub fn faulty(report: &Report) -> Vec<&str> {
    report.parts.iter().filter(|part| !part.ok).map(|part| part.part.as_str()).collect()
}
