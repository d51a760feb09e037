//! A bundle: everything about one assignment of a call, in one file that verifies offline. `docs/evidence.md`
//! lists the files in it; [`crate::verify`] reads it.

use chinhchu_protocol::call::ImageKind;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::chain::Chain;
use crate::container::{self, Entry};
use crate::dsse;
use crate::fault::Fault;
use crate::hex;
use crate::key::SigningKey;
use crate::leaves::Leaves;
use crate::manifest;
use crate::signed::Signed;
use crate::verify;

/// `format` of the list of parts.
pub const FORMAT: &str = "chinhchu-bundle/1";
/// The signed list of parts.
pub const INDEX: &str = "bundle.dsse.json";
/// The workstation's signed statement.
pub const MANIFEST: &str = "manifest.dsse.json";
/// Its fields.
pub const LEAVES: &str = "leaves.json";
/// The server's receipt.
pub const RECEIPT: &str = "receipt.dsse.json";
/// The approval of the workstation's key.
pub const ENROLMENT: &str = "enrolment.dsse.json";
/// The server's word about the witness frame.
pub const WITNESS: &str = "witness.dsse.json";
/// The call's records of the log.
pub const CHAIN: &str = "chain.json";
/// Folder of the pictures.
pub const PICTURES: &str = "pictures/";
/// Folder of the days' roots.
pub const DAY_ROOTS: &str = "day-roots/";

/// What the server signs about a bundle: what was packed, what was left out, for whom it was made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// [`FORMAT`].
    pub format: String,
    /// The call.
    pub call_id: CallId,
    /// Its assignment.
    pub assignment: u32,
    /// When, by the clock of the machine that exported.
    pub exported_at: Timestamp,
    /// Number of the audit's record of this export; null where none is written.
    pub audit_seq: Option<u64>,
    /// What was left out: names of fields, and `picture:<kind>`.
    pub hidden: Vec<String>,
    /// Pictures that the server no longer keeps: their time was over.
    pub gone: Vec<String>,
    /// Whether there is a witness frame, or why not.
    pub witness: WitnessState,
    /// Every other file of the bundle, in order of names.
    pub parts: Vec<IndexPart>,
}

/// A file of the bundle.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexPart {
    /// Its name.
    pub name: String,
    /// Of its bytes, hex.
    pub sha256: String,
}

/// Whether there is a witness frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WitnessState {
    /// In the bundle (its picture may be hidden).
    Attached,
    /// The workstation asked for none.
    NotAsked,
    /// Asked for, but the caller's page never sent it.
    NeverArrived,
}

impl Signed for Index {
    const TYPE: &'static str = dsse::BUNDLE;
    const FORMAT: &'static str = FORMAT;

    fn format(&self) -> &str {
        &self.format
    }
}

/// A picture to be packed.
#[derive(Clone)]
pub struct Picture {
    /// Which.
    pub kind: ImageKind,
    /// `image/jpeg`, `image/png` or `image/webp`.
    pub content_type: String,
    /// Exact bytes, as hashed in the manifest.
    pub bytes: Vec<u8>,
}

/// Everything that goes into a bundle, before anything is hidden.
pub struct Contents {
    /// The workstation's envelope, exact bytes.
    pub envelope: Vec<u8>,
    /// All leaves.
    pub leaves: Leaves,
    /// Pictures of the verdict and of the case, and the witness frame.
    pub pictures: Vec<Picture>,
    /// Pictures that are no longer kept.
    pub gone: Vec<ImageKind>,
    /// Exact bytes.
    pub receipt: Vec<u8>,
    /// Exact bytes.
    pub enrolment: Vec<u8>,
    /// Exact bytes; `None` goes with a state other than attached.
    pub witness: Option<Vec<u8>>,
    /// Why there is none.
    pub witness_state: WitnessState,
    /// The call's records.
    pub chain: Chain,
    /// Day and envelope of each root that the records need.
    pub day_roots: Vec<(String, Vec<u8>)>,
}

/// Who packs, and when.
#[derive(Clone, Copy)]
pub struct Packing {
    /// By the clock of the machine that exports.
    pub exported_at: Timestamp,
    /// Number of the audit's record.
    pub audit_seq: Option<u64>,
}

/// Packs a bundle. `hide` names fields (`case.id_number`, or `case` for all of it) and pictures
/// (`picture:portrait`).
pub fn write(
    contents: &Contents,
    hide: &[&str],
    packing: Packing,
    key: &SigningKey,
) -> Result<Vec<u8>, Fault> {
    let (pictures, fields): (Vec<&str>, Vec<&str>) =
        hide.iter().copied().partition(|name| name.starts_with("picture:"));
    let left_out = |kind: ImageKind| pictures.iter().any(|name| name[8..] == *kind.name());
    if !pictures.iter().all(|name| contents.pictures.iter().any(|one| one.kind.name() == &name[8..])) {
        return Err(Fault::NoSuchLeaf);
    }
    let leaves = manifest::withhold(&contents.leaves, &fields)?;
    let claimed = manifest::claimed(&contents.envelope)?;

    let mut entries = vec![
        Entry::new(MANIFEST, contents.envelope.clone()),
        Entry::new(LEAVES, leaves.to_bytes()?),
        Entry::new(RECEIPT, contents.receipt.clone()),
        Entry::new(ENROLMENT, contents.enrolment.clone()),
        Entry::new(CHAIN, contents.chain.to_bytes()?),
    ];
    entries.extend(contents.witness.iter().map(|bytes| Entry::new(WITNESS, bytes.clone())));
    for (day, envelope) in &contents.day_roots {
        entries.push(Entry::new(day_root_name(day), envelope.clone()));
    }
    // What no shown field names (its own was hidden, too) would prove nothing, and show what should not be seen.
    let proven = |kind| kind == ImageKind::WitnessFrame || verify::names(&leaves, kind);
    let packed = contents.pictures.iter().filter(|picture| !left_out(picture.kind) && proven(picture.kind));
    for picture in packed {
        let name = picture_name(picture.kind, &picture.content_type)?;
        entries.push(Entry::new(name, picture.bytes.clone()));
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));

    let mut hidden: Vec<String> = leaves.withheld().map(str::to_owned).collect();
    hidden.extend(pictures.iter().map(|name| (*name).to_owned()));
    hidden.sort();
    hidden.dedup();
    let index = Index {
        format: FORMAT.to_owned(),
        call_id: claimed.call_id,
        assignment: claimed.assignment,
        exported_at: packing.exported_at,
        audit_seq: packing.audit_seq,
        hidden,
        gone: contents.gone.iter().map(|kind| format!("picture:{}", kind.name())).collect(),
        witness: contents.witness_state,
        parts: entries
            .iter()
            .map(|entry| IndexPart { name: entry.name.clone(), sha256: hex::sha256_hex(&entry.bytes) })
            .collect(),
    };
    entries.push(Entry::new(INDEX, index.sign(key)?.to_bytes()));
    container::write(&entries)
}

/// By which name a report speaks of a file.
pub fn part_of(file: &str) -> String {
    let stem = |name: &str| name.split('.').next().unwrap_or(name).to_owned();
    match file {
        INDEX => "bundle".to_owned(),
        MANIFEST => "manifest".to_owned(),
        LEAVES => "leaves".to_owned(),
        RECEIPT => "receipt".to_owned(),
        ENROLMENT => "enrolment".to_owned(),
        WITNESS => "witness".to_owned(),
        CHAIN => "chain".to_owned(),
        _ => match (file.strip_prefix(PICTURES), file.strip_prefix(DAY_ROOTS)) {
            (Some(picture), _) => format!("picture:{}", stem(picture)),
            (_, Some(day)) => format!("day-root:{}", stem(day)),
            (None, None) => format!("file:{file}"),
        },
    }
}

/// Name of a picture's file.
pub fn picture_name(kind: ImageKind, content_type: &str) -> Result<String, Fault> {
    let extension = match content_type {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/webp" => "webp",
        _ => return Err(Fault::NotABundle),
    };
    Ok(format!("{PICTURES}{}.{extension}", kind.name()))
}

/// Which picture a file of the bundle is, if its name is one that [`picture_name`] gives.
pub fn picture_kind(file: &str) -> Option<ImageKind> {
    let (kind, extension) = file.strip_prefix(PICTURES)?.split_once('.')?;
    ["jpg", "png", "webp"].contains(&extension).then(|| ImageKind::parse(kind)).flatten()
}

/// Whether a bundle has files of this name at all. What else is in one was put there to be taken for evidence.
pub fn belongs(file: &str) -> bool {
    let fixed = [INDEX, MANIFEST, LEAVES, RECEIPT, ENROLMENT, WITNESS, CHAIN].contains(&file);
    fixed || file.starts_with(DAY_ROOTS) || picture_kind(file).is_some()
}

/// Name of a day root's file.
pub fn day_root_name(day: &str) -> String {
    format!("{DAY_ROOTS}{day}.dsse.json")
}
