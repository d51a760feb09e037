//! `PUT /v1/agent/calls/{call_id}/assignments/{n}/evidence`.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::multipart::{Field, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use bytes::{Bytes, BytesMut};
use chinhchu_protocol::call::ImageKind;
use chinhchu_protocol::evidence::{
    EvidenceReceipt, MAX_ENVELOPE_BYTES, MAX_EVIDENCE_PICTURE_BYTES, MAX_LEAVES_BYTES,
};
use chinhchu_protocol::problem::{ErrorCode, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::upload::{self, Parts};
use crate::agents::Delivery;
use crate::http::{ApiError, App};

/// Two pictures, the manifest and what multipart adds.
const MAX_BODY: usize = 2 * MAX_EVIDENCE_PICTURE_BYTES + MAX_ENVELOPE_BYTES + MAX_LEAVES_BYTES + 16 * 1024;

/// The upload of evidence.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(put_evidence))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .routes(routes!(super::read::held))
        .merge(super::chunks::routes())
        .merge(super::witness::routes())
}

/// Upload evidence; the same manifest again gives the same receipt. Parts: `envelope`, `leaves`, then
/// `screenshot` and `live_frame`, unless they came whole in chunks.
#[utoipa::path(put, path = "/v1/agent/calls/{call_id}/assignments/{n}/evidence", tag = "agent",
    params(("call_id" = String, Path), ("n" = u32, Path)),
    responses((status = 200, body = EvidenceReceipt), (status = "4XX", body = Problem)))]
async fn put_evidence(
    State(app): State<App>,
    delivery: Delivery,
    Path((call, assignment)): Path<(String, String)>,
    body: Result<Multipart, MultipartRejection>,
) -> Result<Json<EvidenceReceipt>, ApiError> {
    let (call, assignment) = super::chunks::place(&call, &assignment)?;
    let parts = read(body.map_err(|_| malformed())?).await?;
    Ok(Json(upload::take(&app, &delivery, call, assignment, parts).await?))
}

async fn read(mut body: Multipart) -> Result<Parts, ApiError> {
    let (mut envelope, mut leaves) = (None, None);
    let mut pictures = BTreeMap::new();
    while let Some(field) = body.next_field().await.map_err(|error| of_multipart(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "envelope" {
            let bytes = whole(field, MAX_ENVELOPE_BYTES, ErrorCode::BodyTooLarge).await?;
            if envelope.replace(bytes).is_some() {
                return Err(fault("envelope", "repeated"));
            }
        } else if name == "leaves" {
            let bytes = whole(field, MAX_LEAVES_BYTES, ErrorCode::BodyTooLarge).await?;
            if leaves.replace(bytes).is_some() {
                return Err(fault("leaves", "repeated"));
            }
        } else if let Some(kind) = ImageKind::parse(&name) {
            let bytes = whole(field, MAX_EVIDENCE_PICTURE_BYTES, ErrorCode::PictureTooLarge).await?;
            if pictures.insert(kind, bytes).is_some() {
                return Err(fault(kind.name(), "repeated"));
            }
        } else {
            return Err(fault("part", "unknown_value"));
        }
    }
    let envelope = envelope.ok_or_else(|| fault("envelope", "missing"))?;
    let leaves = leaves.ok_or_else(|| fault("leaves", "missing"))?;
    Ok(Parts { envelope, leaves, pictures })
}

async fn whole(mut field: Field<'_>, limit: usize, code: ErrorCode) -> Result<Bytes, ApiError> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| of_multipart(&error))? {
        if bytes.len() + chunk.len() > limit {
            return Err(ApiError::new(code, "A part is too large."));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

fn of_multipart(error: &axum::extract::multipart::MultipartError) -> ApiError {
    if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::new(ErrorCode::BodyTooLarge, "The upload is too large.")
    } else {
        malformed()
    }
}

fn malformed() -> ApiError {
    ApiError::new(
        ErrorCode::BodyMalformed,
        "Send multipart/form-data: envelope, leaves, screenshot, live_frame.",
    )
}

fn fault(field: &str, code: &str) -> ApiError {
    ApiError::new(ErrorCode::EvidenceInvalid, "The upload has faults.").with(field, code)
}
