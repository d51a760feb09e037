//! The case of a call and its pictures: the only place where a person's data is stored, sealed under the
//! case's own key.

pub mod demand;
pub mod erase;
pub mod find;
pub mod sql;
pub mod tombstones;

use chinhchu_protocol::call::{ImageKind, ImageRef};
use chinhchu_protocol::case::Case;
use chinhchu_protocol::ids::{CallId, CompanyCode};
use chinhchu_protocol::policy::CallPolicy;
use chinhchu_protocol::time::Timestamp;

use crate::objects::{CaseKey, ObjectId};

/// A case as stored, opened.
#[derive(Clone, Debug)]
pub struct StoredCase {
    /// The call.
    pub call_id: CallId,
    /// Home company.
    pub company: CompanyCode,
    /// As eKYC sent it.
    pub case: Case,
    /// The rule that held at intake.
    pub policy: CallPolicy,
    /// When it was taken in.
    pub created_at: Timestamp,
    /// The case's own key.
    pub key: CaseKey,
}

/// A picture whose objects are durable already ([`crate::objects::Objects::put`]).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewPicture {
    /// Which picture.
    pub kind: ImageKind,
    /// The bytes as sent or captured.
    pub object_id: ObjectId,
    /// Upright copy without metadata.
    pub display_object_id: Option<ObjectId>,
    /// SHA-256 of the bytes as sent or captured.
    pub sha256: [u8; 32],
    /// `image/jpeg`, `image/png` or `image/webp`.
    pub content_type: &'static str,
    /// Type of the display copy.
    pub display_type: Option<&'static str>,
    /// Size of the bytes as sent or captured.
    pub bytes: u32,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// A picture as stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredPicture {
    /// Which picture.
    pub kind: ImageKind,
    /// 0 for the intake's; evidence carries its assignment.
    pub assignment: u32,
    /// The bytes as sent or captured.
    pub object_id: ObjectId,
    /// Upright copy without metadata.
    pub display_object_id: Option<ObjectId>,
    /// SHA-256 of the bytes as sent or captured.
    pub sha256: [u8; 32],
    /// Type of the bytes.
    pub content_type: String,
    /// Type of the display copy.
    pub display_type: Option<String>,
}

impl StoredPicture {
    /// As integrators see it.
    pub fn image_ref(&self, call: CallId) -> ImageRef {
        self.image_ref_at(&format!("/v1/calls/{call}/images/{}", self.kind.name()))
    }

    /// As the agent's workstation fetches it.
    pub fn agent_image_ref(&self, call: CallId) -> ImageRef {
        self.image_ref_at(&format!("/v1/agent/calls/{call}/images/{}", self.kind.name()))
    }

    fn image_ref_at(&self, url: &str) -> ImageRef {
        ImageRef {
            kind: self.kind,
            sha256: hex(&self.sha256),
            content_type: self.content_type.clone(),
            url: url.to_owned(),
        }
    }
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
