//! Reads the multipart of `POST /v1/calls` as a stream, with a limit on everything: bytes in all, bytes a
//! part, parts, time. Nothing is judged here but what belongs to the multipart itself.

use std::collections::BTreeMap;

use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::http::StatusCode;
use bytes::{Bytes, BytesMut};
use chinhchu_protocol::call::ImageKind;
use chinhchu_protocol::problem::{ErrorCode, FieldError};
use sha2::{Digest, Sha256};

use super::case::MAX_CASE_BYTES;
use super::picture::MAX_PICTURE_BYTES;
use super::walk::{Faults, plain_name};
use crate::http::ApiError;

/// Largest body of an intake.
pub const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;
/// More parts than this are not read.
const MAX_PARTS: usize = 16;

/// What was sent, by name.
#[derive(Default)]
pub struct Parts {
    /// The case's bytes.
    pub case: Option<Bytes>,
    /// Pictures of the intake.
    pub pictures: BTreeMap<ImageKind, Bytes>,
    /// Unknown and repeated parts.
    pub faults: Vec<FieldError>,
}

impl Parts {
    /// Tells the same parts from others: case bytes and pictures count, boundary, order and labels don't.
    pub fn sha256(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let named = self.pictures.iter().map(|(kind, bytes)| (kind.name(), bytes));
        for (name, bytes) in self.case.iter().map(|bytes| ("case", bytes)).chain(named) {
            hash.update(name.as_bytes());
            hash.update([0]);
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        }
        hash.finalize().into()
    }
}

/// Reads every part.
pub async fn read(mut multipart: Multipart) -> Result<Parts, ApiError> {
    let mut parts = Parts::default();
    let mut faults = Faults::default();
    for _ in 0..MAX_PARTS {
        let Some(mut field) = multipart.next_field().await.map_err(|error| refused(&error))? else {
            parts.faults = faults.into_list();
            return Ok(parts);
        };
        let name = field.name().unwrap_or("").to_owned();
        let kind = intake_kind(&name);
        let (limit, repeated) = match kind {
            Some(kind) => (MAX_PICTURE_BYTES, parts.pictures.contains_key(&kind)),
            None if name == "case" => (MAX_CASE_BYTES, parts.case.is_some()),
            None => {
                faults.add(plain_name(&name), "unknown_part");
                skip(&mut field).await?;
                continue;
            }
        };
        if repeated {
            faults.add(name, "repeated_part");
            skip(&mut field).await?;
            continue;
        }
        let bytes = take(&mut field, limit).await?.ok_or_else(|| too_large(kind))?;
        match kind {
            Some(kind) => {
                parts.pictures.insert(kind, bytes);
            }
            None => parts.case = Some(bytes),
        }
    }
    Err(ApiError::new(ErrorCode::BodyMalformed, "Too many parts."))
}

fn intake_kind(name: &str) -> Option<ImageKind> {
    match ImageKind::parse(name)? {
        kind @ (ImageKind::IdFront | ImageKind::IdBack | ImageKind::Portrait) => Some(kind),
        ImageKind::Screenshot | ImageKind::LiveFrame | ImageKind::WitnessFrame => None,
    }
}

/// `None` as soon as the part is over its limit.
async fn take(field: &mut Field<'_>, limit: usize) -> Result<Option<Bytes>, ApiError> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| refused(&error))? {
        if bytes.len() + chunk.len() > limit {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes.freeze()))
}

async fn skip(field: &mut Field<'_>) -> Result<(), ApiError> {
    while field.chunk().await.map_err(|error| refused(&error))?.is_some() {}
    Ok(())
}

fn too_large(kind: Option<ImageKind>) -> ApiError {
    match kind {
        Some(kind) => ApiError::new(ErrorCode::PictureTooLarge, "A picture may have 5 MiB.")
            .with(kind.name(), "too_large"),
        None => ApiError::new(ErrorCode::BodyTooLarge, "The case may have 64 KiB.").with("case", "too_large"),
    }
}

/// A multipart that cannot be read, or a body over its limit.
pub fn refused(error: &MultipartError) -> ApiError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => body_too_large(),
        _ => ApiError::new(ErrorCode::BodyMalformed, "Send multipart/form-data with complete parts."),
    }
}

fn body_too_large() -> ApiError {
    ApiError::new(ErrorCode::BodyTooLarge, "A call may have 16 MiB in all.")
}
