//! Pictures of evidence in pieces, for lines that break: each piece is sealed under the case's key and kept a
//! day. The upload of the manifest then leaves out what is here whole.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use bytes::BytesMut;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::workstation::{ChunkHeld, ChunkTaken, ChunksHeld, MAX_CHUNK_BYTES, MAX_CHUNKS_BYTES};
use rusqlite::{Connection, params};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::upload;
use crate::agents::Delivery;
use crate::cases::hex;
use crate::http::{ApiError, App};
use crate::objects::{CaseKey, KEEP_PENDING_MS, ObjectError, ObjectId};
use crate::store::{StoreError, rows};

/// A piece that is here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Piece {
    /// Of the whole picture.
    pub sha256: [u8; 32],
    /// Where it begins.
    pub start: u64,
    /// How long it is.
    pub bytes: u64,
    /// Where it lies.
    pub object: ObjectId,
}

/// Uploads in pieces.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(put_chunk))
        .layer(DefaultBodyLimit::max(MAX_CHUNK_BYTES))
        .routes(routes!(get_chunks))
}

/// One piece of a picture, raw; `offset` is what the server holds already. A wrong one is told with what it
/// holds (field `received`).
#[utoipa::path(put, path = "/v1/agent/calls/{call_id}/assignments/{n}/evidence/chunks/{sha256}/{offset}", tag = "agent",
    params(("call_id" = String, Path), ("n" = u32, Path), ("sha256" = String, Path), ("offset" = u64, Path)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = ChunkTaken), (status = "4XX", body = Problem)))]
async fn put_chunk(
    State(app): State<App>,
    delivery: Delivery,
    Path((call, assignment, sha256, offset)): Path<(String, String, String, String)>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<ChunkTaken>, ApiError> {
    let (call, assignment) = place(&call, &assignment)?;
    let fault = |field, code| ApiError::new(ErrorCode::RequestInvalid, "Not a chunk.").with(field, code);
    let sha256 = chinhchu_evidence::hex::decode(&sha256).ok_or_else(|| fault("sha256", "unknown_value"))?;
    let offset: u64 = offset.parse().map_err(|_| fault("offset", "unknown_value"))?;
    let body = body.map_err(|_| ApiError::new(ErrorCode::BodyTooLarge, "At most 256 KiB a chunk."))?;
    if body.is_empty() {
        return Err(fault("body", "missing"));
    }
    let key = upload::may_upload(&app, &delivery, call, assignment).await?;
    let bytes = u64::try_from(body.len()).unwrap_or(u64::MAX);
    let read = app.db.read(move |c| fits(c, call, assignment, sha256, offset, bytes)).await;
    told(read)?;
    let objects = app.objects.put(&key, vec![body]).await.map_err(ApiError::unavailable)?;
    let object = objects.into_iter().next().ok_or_else(|| ApiError::internal("no object was written"))?;
    let (piece, now) = (Piece { sha256, start: offset, bytes, object }, app.clock.now());
    let written = app.db.write(move |tx| {
        let verdict = fits(tx, call, assignment, sha256, offset, bytes)?;
        if verdict.is_ok() {
            insert(tx, call, assignment, &piece, now)?;
        }
        Ok(verdict)
    });
    told(written.await)?;
    Ok(Json(ChunkTaken { received: offset + bytes }))
}

/// How far each picture has come.
#[utoipa::path(get, path = "/v1/agent/calls/{call_id}/assignments/{n}/evidence/chunks", tag = "agent",
    params(("call_id" = String, Path), ("n" = u32, Path)),
    responses((status = 200, body = ChunksHeld), (status = "4XX", body = Problem)))]
async fn get_chunks(
    State(app): State<App>,
    delivery: Delivery,
    Path((call, assignment)): Path<(String, String)>,
) -> Result<Json<ChunksHeld>, ApiError> {
    let (call, assignment) = place(&call, &assignment)?;
    upload::may_upload(&app, &delivery, call, assignment).await?;
    let read = app.db.read(move |c| Ok((all(c, call, assignment)?, taken(c, call, assignment)?))).await;
    let (pieces, taken) = read.map_err(|error: StoreError| ApiError::unavailable(error))?;
    let mut hashes: Vec<[u8; 32]> = pieces.iter().map(|piece| piece.sha256).collect();
    hashes.dedup();
    let held = hashes.into_iter().map(|hash| (hash, received(&pieces, hash))).chain(taken);
    let held = held.map(|(hash, received)| ChunkHeld { sha256: hex(&hash), received });
    Ok(Json(ChunksHeld { chunks: held.collect() }))
}

/// Call and assignment of a path.
pub fn place(call: &str, assignment: &str) -> Result<(CallId, u32), ApiError> {
    let call = call.parse().map_err(|_| ApiError::call_not_found())?;
    Ok((call, assignment.parse().map_err(|_| ApiError::call_not_found())?))
}

/// Why a piece is not taken.
enum Wrong {
    Offset(u64),
    TooMuch,
}

fn fits(
    connection: &Connection,
    call: CallId,
    assignment: u32,
    sha256: [u8; 32],
    offset: u64,
    bytes: u64,
) -> Result<Result<(), Wrong>, StoreError> {
    let pieces = all(connection, call, assignment)?;
    let whole = taken(connection, call, assignment)?.into_iter().find(|(taken, _)| *taken == sha256);
    let here = whole.map_or_else(|| received(&pieces, sha256), |(_, bytes)| bytes);
    if here != offset {
        return Ok(Err(Wrong::Offset(here)));
    }
    let held: u64 = pieces.iter().map(|piece| piece.bytes).sum();
    Ok(if held + bytes > MAX_CHUNKS_BYTES { Err(Wrong::TooMuch) } else { Ok(()) })
}

fn told(verdict: Result<Result<(), Wrong>, StoreError>) -> Result<(), ApiError> {
    match verdict.map_err(|error: StoreError| ApiError::unavailable(error))? {
        Ok(()) => Ok(()),
        Err(Wrong::Offset(here)) => {
            let error = ApiError::new(ErrorCode::ChunkOffset, "Go on where the server stands.");
            Err(error.with("received", here.to_string()))
        }
        Err(Wrong::TooMuch) => {
            Err(ApiError::new(ErrorCode::BodyTooLarge, "At most 24 MiB of chunks for one assignment."))
        }
    }
}

/// Bytes of a picture that are here from its beginning without a gap.
fn received(pieces: &[Piece], sha256: [u8; 32]) -> u64 {
    pieces
        .iter()
        .filter(|piece| piece.sha256 == sha256)
        .fold(0, |end, piece| if piece.start == end { end + piece.bytes } else { end })
}

/// Pictures that were taken with their manifest, with their bytes: of these nothing more is wanted, also when the
/// receipt was lost on its way.
fn taken(connection: &Connection, call: CallId, assignment: u32) -> Result<Vec<([u8; 32], u64)>, StoreError> {
    let sql = "SELECT DISTINCT pictures.sha256, pictures.bytes FROM pictures JOIN evidence USING (call_id, assignment)
               WHERE call_id = ?1 AND assignment = ?2";
    rows::all(connection, sql, params![call.0.as_bytes(), assignment], |row| {
        Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
    })
}

/// Every piece of an assignment, by picture, in order.
pub fn all(connection: &Connection, call: CallId, assignment: u32) -> Result<Vec<Piece>, StoreError> {
    let sql = "SELECT sha256, start, bytes, object_id FROM evidence_chunks
               WHERE call_id = ?1 AND assignment = ?2 ORDER BY sha256, start";
    rows::all(connection, sql, params![call.0.as_bytes(), assignment], |row| {
        Ok(Piece {
            sha256: row.get("sha256")?,
            start: row.get::<_, i64>("start")?.cast_unsigned(),
            bytes: row.get::<_, i64>("bytes")?.cast_unsigned(),
            object: ObjectId(rows::id(row, "object_id")?),
        })
    })
}

fn insert(
    tx: &Connection,
    call: CallId,
    assignment: u32,
    piece: &Piece,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO evidence_chunks (call_id, assignment, sha256, start, bytes, object_id, created_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let (start, bytes) = (piece.start.cast_signed(), piece.bytes.cast_signed());
    let (id, object) = (call.0.as_bytes(), piece.object.0.as_bytes());
    rows::run(tx, sql, params![id, assignment, piece.sha256, start, bytes, object, now.ms()])?;
    Ok(())
}

/// The evidence is here whole: its pieces are no longer needed. Their objects are swept, as pending ones.
pub fn forget(tx: &Connection, call: CallId, assignment: u32) -> Result<(), StoreError> {
    let sql = "DELETE FROM evidence_chunks WHERE call_id = ?1 AND assignment = ?2";
    rows::run(tx, sql, params![call.0.as_bytes(), assignment])?;
    Ok(())
}

/// Removes the rows of pieces whose objects are about to be swept.
pub fn sweep(tx: &Connection, now: Timestamp) -> Result<usize, StoreError> {
    let before = now.plus_ms(-KEEP_PENDING_MS);
    rows::run(tx, "DELETE FROM evidence_chunks WHERE created_ms < ?1", [before.ms()])
}

/// A picture put together; none if it is not here whole.
pub async fn gather(
    app: &App,
    key: &CaseKey,
    pieces: &[Piece],
    sha256: [u8; 32],
    size: u64,
) -> Result<Option<Bytes>, ApiError> {
    if received(pieces, sha256) != size || size > MAX_CHUNKS_BYTES {
        return Ok(None);
    }
    let mut whole = BytesMut::new();
    for piece in pieces.iter().filter(|piece| piece.sha256 == sha256) {
        match app.objects.get(key, piece.object).await {
            Ok(bytes) => whole.extend_from_slice(&bytes),
            // Swept meanwhile: it has to be sent again.
            Err(ObjectError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(ApiError::unavailable(error)),
        }
    }
    Ok(Some(whole.freeze()))
}
