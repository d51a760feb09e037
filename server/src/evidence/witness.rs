//! The witness frame: at the verdict the page takes a picture with its own camera, which comes by another way
//! than the workstation's pictures. The workstation asks at each try of a verdict, and a new question takes the place of
//! an older one and of its answer, until evidence is taken; the page sends, once; the server signs what came and when.

use std::io::Cursor;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::StatusCode;
use chinhchu_evidence::signed::Signed;
use chinhchu_evidence::witness::{FORMAT, Witness};
use chinhchu_protocol::call::ImageKind;
use chinhchu_protocol::caller::MAX_WITNESS_BYTES;
use chinhchu_protocol::evidence::CHALLENGE_HEX;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_protocol::time::Timestamp;
use image::{ImageFormat, ImageReader};
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::cases::{self, NewPicture, hex};
use crate::http::{ApiError, App};
use crate::objects::Keys;
use crate::store::{StoreError, rows};
use crate::tokens::Credential;

/// What comes later is no witness of the moment.
const LATEST_MS: i64 = 2 * 60 * 1000;
/// No camera of a page has more.
const MAX_SIDE: u32 = 8_192;

/// A row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredWitness {
    /// Assignment it belongs to.
    pub assignment: u32,
    /// As the workstation made it.
    pub nonce: String,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// Hash of the picture, once it is here.
    pub sha256: Option<[u8; 32]>,
    /// What the server signed then (DSSE, JSON).
    pub statement: Option<String>,
}

/// Whether a text can be a nonce.
pub fn is_nonce(text: &str) -> bool {
    text.len() == CHALLENGE_HEX && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The workstation asks. Asked again (another try of the verdict, minutes later perhaps), the newest question holds and
/// an older answer is dropped: it shows an older moment. Once evidence is taken, nothing changes any more.
pub fn ask(
    tx: &Connection,
    call: CallId,
    assignment: u32,
    nonce: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO witnesses (call_id, assignment, nonce, asked_ms) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (call_id, assignment)
               DO UPDATE SET nonce = excluded.nonce, asked_ms = excluded.asked_ms, received_ms = NULL,
                             sha256 = NULL, statement = NULL
               WHERE nonce <> excluded.nonce AND NOT EXISTS (
                 SELECT 1 FROM evidence e
                 WHERE e.call_id = witnesses.call_id AND e.assignment = witnesses.assignment)";
    let id = call.0.as_bytes();
    if rows::run(tx, sql, params![id, assignment, nonce, now.ms()])? == 0 {
        return Ok(());
    }
    let kind = ImageKind::WitnessFrame.name();
    let doom = "INSERT OR IGNORE INTO doomed_objects (object_id, doomed_ms)
                SELECT object_id, ?4 FROM pictures WHERE call_id = ?1 AND assignment = ?2 AND kind = ?3";
    rows::run(tx, doom, params![id, assignment, kind, now.ms()])?;
    let drop = "DELETE FROM pictures WHERE call_id = ?1 AND assignment = ?2 AND kind = ?3";
    rows::run(tx, drop, params![id, assignment, kind])?;
    Ok(())
}

/// The nonce that the page has not answered yet.
pub fn wanted(connection: &Connection, call: CallId, assignment: u32) -> Result<Option<String>, StoreError> {
    let found = of(connection, call, assignment)?;
    Ok(found.filter(|witness| witness.sha256.is_none()).map(|witness| witness.nonce))
}

/// What is known of an assignment's witness frame.
pub fn of(
    connection: &Connection,
    call: CallId,
    assignment: u32,
) -> Result<Option<StoredWitness>, StoreError> {
    let sql = "SELECT * FROM witnesses WHERE call_id = ?1 AND assignment = ?2";
    rows::first(connection, sql, params![call.0.as_bytes(), assignment], stored)
}

fn of_nonce(connection: &Connection, call: CallId, nonce: &str) -> Result<Option<StoredWitness>, StoreError> {
    let sql = "SELECT * FROM witnesses WHERE call_id = ?1 AND nonce = ?2";
    rows::first(connection, sql, params![call.0.as_bytes(), nonce], stored)
}

fn stored(row: &rusqlite::Row<'_>) -> rusqlite::Result<StoredWitness> {
    Ok(StoredWitness {
        assignment: row.get("assignment")?,
        nonce: row.get("nonce")?,
        asked_at: rows::time(row, "asked_ms")?,
        sha256: row.get("sha256")?,
        statement: row.get("statement")?,
    })
}

/// The page's route.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(send)).layer(DefaultBodyLimit::max(MAX_WITNESS_BYTES))
}

#[derive(serde::Deserialize)]
struct Asked {
    nonce: String,
}

/// The page's own picture of the verdict's moment. The same picture again changes nothing.
#[utoipa::path(post, path = "/v1/caller/witness", tag = "agent",
    security(("call_token" = [])),
    params(("nonce" = String, Query, description = "As the socket asked")),
    request_body(content = Vec<u8>, content_type = "image/jpeg"),
    responses((status = 204), (status = "4XX", body = Problem)))]
async fn send(
    State(app): State<App>,
    credential: Credential,
    Query(asked): Query<Asked>,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, ApiError> {
    let Credential::Call { call_id: call } = credential else {
        return Err(ApiError::forbidden("This needs the call's own token."));
    };
    let body = body.map_err(|_| ApiError::new(ErrorCode::PictureTooLarge, "At most 1 MiB."))?;
    let sha256: [u8; 32] = Sha256::digest(&body).into();
    let keys = app.keys.clone();
    let read = app.db.read(move |connection| {
        let key = cases::sql::read_key(connection, &keys, call)?;
        Ok(key.zip(of_nonce(connection, call, &asked.nonce)?))
    });
    let found = read.await.map_err(|error: StoreError| ApiError::unavailable(error))?;
    let nothing = || ApiError::new(ErrorCode::NotFound, "Nobody has asked for this picture.");
    let (key, witness) = found.ok_or_else(nothing)?;
    match witness.sha256 {
        Some(before) if before == sha256 => return Ok(StatusCode::NO_CONTENT),
        Some(_) => return Err(ApiError::new(ErrorCode::EvidenceConflict, "The picture is here already.")),
        None => {}
    }
    if app.clock.now().ms_since(witness.asked_at) > LATEST_MS {
        return Err(ApiError::new(ErrorCode::CallEnded, "Too late for this picture."));
    }
    let (width, height) = size(&body)?;
    let bytes = u32::try_from(body.len()).unwrap_or(u32::MAX);
    let object = app.objects.put(&key, vec![body]).await.map_err(ApiError::unavailable)?;
    let object_id = object.into_iter().next().ok_or_else(|| ApiError::internal("no object was written"))?;
    let picture = NewPicture {
        kind: ImageKind::WitnessFrame,
        object_id,
        display_object_id: None,
        sha256,
        content_type: "image/jpeg",
        display_type: None,
        bytes,
        width,
        height,
    };
    let (keys, now) = (app.keys.clone(), app.clock.now());
    let kept = app.db.write(move |tx| keep(tx, &keys, call, &witness, &picture, now)).await;
    kept.map_err(|error: StoreError| ApiError::unavailable(error))?;
    Ok(StatusCode::NO_CONTENT)
}

fn keep(
    tx: &Connection,
    keys: &Keys,
    call: CallId,
    witness: &StoredWitness,
    picture: &NewPicture,
    now: Timestamp,
) -> Result<(), StoreError> {
    let statement = Witness {
        format: FORMAT.to_owned(),
        call_id: call,
        assignment: witness.assignment,
        nonce: witness.nonce.clone(),
        sha256: hex(&picture.sha256),
        bytes: picture.bytes,
        received_at: now,
    };
    let envelope = statement.sign(keys.signing()).map_err(|_| StoreError::Corrupt("a witness statement"))?;
    let sql = "UPDATE witnesses SET received_ms = ?3, sha256 = ?4, statement = ?5
               WHERE call_id = ?1 AND assignment = ?2 AND sha256 IS NULL AND nonce = ?6";
    let id = call.0.as_bytes();
    let text = envelope.to_value().to_string();
    let first =
        rows::run(tx, sql, params![id, witness.assignment, now.ms(), picture.sha256, text, witness.nonce])?;
    // Another answer, or a newer question, was faster: it stands, and this object is swept.
    if first == 1 {
        cases::sql::insert_picture(tx, call, witness.assignment, picture, now)?;
    }
    Ok(())
}

fn size(body: &Bytes) -> Result<(u32, u32), ApiError> {
    let unreadable = || ApiError::new(ErrorCode::PictureUnreadable, "Send a JPEG.");
    let reader = ImageReader::new(Cursor::new(body)).with_guessed_format().map_err(|_| unreadable())?;
    if reader.format() != Some(ImageFormat::Jpeg) {
        return Err(ApiError::new(ErrorCode::PictureUnsupported, "Send a JPEG."));
    }
    match reader.into_dimensions() {
        Ok((width, height)) if width <= MAX_SIDE && height <= MAX_SIDE => Ok((width, height)),
        Ok(_) => Err(ApiError::new(ErrorCode::PictureTooLarge, "Too many pixels.")),
        Err(_) => Err(unreadable()),
    }
}
