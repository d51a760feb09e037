//! The objects of one picture of a call.

use chinhchu_protocol::call::ImageKind;
use chinhchu_protocol::ids::CallId;
use rusqlite::{Connection, params};

use crate::cases::hex;
use crate::objects::ObjectId;
use crate::store::{StoreError, rows};

/// Where the bytes of a picture lie.
pub struct PictureObjects {
    /// As sent or captured.
    pub original: (ObjectId, String),
    /// Upright copy without metadata.
    pub display: Option<(ObjectId, String)>,
}

/// Finds the picture that the call shows: several assignments may have left one of the same kind.
pub fn picture(
    connection: &Connection,
    call: CallId,
    kind: ImageKind,
    sha256: &str,
) -> Result<Option<PictureObjects>, StoreError> {
    let found = rows::all(
        connection,
        "SELECT * FROM pictures WHERE call_id = ?1 AND kind = ?2",
        params![call.0.as_bytes(), kind.name()],
        |row| {
            let hash: [u8; 32] = row.get("sha256")?;
            let copy: Option<[u8; 16]> = row.get("display_object_id")?;
            let copy_type: Option<String> = row.get("display_type")?;
            let display = copy.zip(copy_type).map(|(id, kind)| (ObjectId(uuid::Uuid::from_bytes(id)), kind));
            let original = (ObjectId(rows::id(row, "object_id")?), row.get("content_type")?);
            Ok((hex(&hash), PictureObjects { original, display }))
        },
    )?;
    Ok(found.into_iter().find(|(hash, _)| hash == sha256).map(|(_, objects)| objects))
}
