//! What handlers of the console share about what they are asked: limits of lists, values of a query, bodies.
//! Each fault is named by its field; nothing that was sent is repeated.

use std::str::FromStr;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query};
use chinhchu_protocol::console::Page;
use chinhchu_protocol::problem::ErrorCode;

use crate::http::ApiError;
pub use crate::tokens::auth::store_away;

/// Items of a part of a list, where none was asked for.
pub const USUAL: u32 = 50;
/// Most items of a part of a list.
pub const MOST: u32 = 200;

/// `?limit=`.
pub fn limit(wanted: Option<&str>) -> Result<u32, ApiError> {
    match value::<u32>("limit", wanted)? {
        None => Ok(USUAL),
        Some(limit) if (1..=MOST).contains(&limit) => Ok(limit),
        Some(_) => Err(invalid("limit", "out_of_range")),
    }
}

/// A value of a query.
pub fn value<T: FromStr>(field: &str, wanted: Option<&str>) -> Result<Option<T>, ApiError> {
    wanted.map(|text| text.parse().map_err(|_| invalid(field, "unknown_value"))).transpose()
}

/// The whole query.
pub fn query<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, ApiError> {
    query.map(|Query(query)| query).map_err(|_| invalid("query", "unreadable"))
}

/// The body. The text of a rejection may repeat what was sent.
pub fn body<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, ApiError> {
    body.map(|Json(body)| body).map_err(|rejection| {
        if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
            return ApiError::new(ErrorCode::BodyTooLarge, "The body is over its limit.");
        }
        ApiError::new(ErrorCode::BodyMalformed, "Send the JSON that the documentation describes.")
    })
}

/// An id of the path; what cannot be one names nothing.
pub fn id<T: FromStr>(Path(text): Path<String>) -> Result<T, ApiError> {
    text.parse().map_err(|_| nothing())
}

/// One fault.
pub fn invalid(field: impl Into<String>, code: impl Into<String>) -> ApiError {
    ApiError::new(ErrorCode::RequestInvalid, "See each fault in `errors`.").with(field, code)
}

/// There is no such thing, or it is another's.
pub fn nothing() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "There is no such thing.")
}

/// A part of a list of which one more than `limit` was read; the cursor is made of the last one given.
pub fn page<T>(mut items: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Page<T> {
    let limit = limit as usize;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(cursor);
    Page { items, next }
}
