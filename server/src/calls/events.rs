//! `GET /v1/calls/{id}/events`: server-sent events of the same changes that polling shows. Every event holds
//! the whole body; its id is the number of the log's record, for `Last-Event-ID`.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::problem::{ErrorCode, Problem};
use futures_util::{StreamExt as _, future};

use super::http::known_call;
use crate::http::{ApiError, App};
use crate::tokens::Credential;

/// Streams open at once in this process.
const MAX_STREAMS: usize = 4_096;
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A stream ends after this; clients come back by themselves, with a credential that is checked again.
const MAX_LIFE: Duration = Duration::from_mins(30);

static OPEN: AtomicUsize = AtomicUsize::new(0);

/// The changes of a call, as they come. Resumable by `Last-Event-ID`.
#[utoipa::path(
    get, path = "/v1/calls/{call_id}/events", tag = "eKYC",
    security(("company_token" = []), ("service_credential" = []), ("call_token" = [])),
    params(
        ("call_id" = String, Path, description = "Our id of the call"),
        ("Last-Event-ID" = Option<String>, Header, description = "Id of the last event seen"),
    ),
    responses(
        (status = 200, description = "Events named `call`; `data` is the body of GET /v1/calls/{call_id}", content_type = "text/event-stream", body = String),
        (status = 404, description = "`call_not_found`", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "`case_erased`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn events(
    State(app): State<App>,
    credential: Credential,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (call_id, _) = known_call(&app, &credential, &id).await?;
    let after = last_event_id(&headers)?;
    let place = Place::take()?;
    let changes = app.switchboard.watch_call(call_id, after);
    let stream = changes
        .take_while(|item| future::ready(item.is_ok()))
        .filter_map(move |item| {
            let _held = &place;
            future::ready(item.ok().and_then(|(seq, body)| {
                let data = serde_json::to_string(&body).ok()?;
                Some(Ok::<_, Infallible>(Event::default().id(seq.to_string()).event("call").data(data)))
            }))
        })
        .take_until(tokio::time::sleep(MAX_LIFE))
        .take_until(app.hub.closing.clone().cancelled_owned());
    let mut response = Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies such as nginx would hold events back.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

fn last_event_id(headers: &HeaderMap) -> Result<u64, ApiError> {
    let Some(value) = headers.get("last-event-id") else { return Ok(0) };
    value.to_str().ok().and_then(|text| text.trim().parse().ok()).ok_or_else(|| {
        ApiError::new(ErrorCode::RequestInvalid, "Last-Event-ID must be the id of an event.")
            .with("last-event-id", "wrong_type")
    })
}

/// One of the streams that may be open.
struct Place;

impl Place {
    fn take() -> Result<Self, ApiError> {
        let taken = OPEN.fetch_add(1, Ordering::Relaxed);
        let place = Self;
        if taken >= MAX_STREAMS {
            return Err(
                ApiError::new(ErrorCode::RateLimited, "Too many open streams; poll instead.").retry_after(10)
            );
        }
        Ok(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}
