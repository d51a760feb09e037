//! Server-sent events of the console: bounded in number and length, and over with the session of who watches.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::problem::ErrorCode;
use futures_util::{Stream, StreamExt as _};

use super::{Person, sql};
use crate::http::{ApiError, App};

/// Streams of the console open at once in this process.
const MAX_STREAMS: usize = 1_024;
/// A page that hears nothing for two of these takes its line for dead. A named event: browsers hide comments.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// A stream ends after this; browsers come back by themselves.
const MAX_LIFE: Duration = Duration::from_mins(30);
/// Ids of ours are shorter.
const MAX_ID: usize = 64;

static OPEN: AtomicUsize = AtomicUsize::new(0);

/// Somebody who watches; one of the places is theirs.
pub struct Watcher {
    person: Person,
    right: Right,
}

impl Watcher {
    /// Takes a place.
    pub fn new(person: Person, right: Right) -> Result<Self, ApiError> {
        let taken = OPEN.fetch_add(1, Ordering::Relaxed);
        let watcher = Self { person, right };
        if taken >= MAX_STREAMS {
            let told = "Too many open streams; ask for the state instead.";
            return Err(ApiError::new(ErrorCode::RateLimited, told).retry_after(10));
        }
        Ok(watcher)
    }

    /// Who watches, as the store knows the person now; none once the session is over or the right is gone.
    pub async fn person(&mut self, app: &App) -> Option<&Person> {
        if !self.person.stands(app).await.ok()? {
            return None;
        }
        let id = self.person.person_id;
        let found = app.db.read(move |connection| sql::person_by_id(connection, id)).await.ok()??;
        (self.person.role, self.person.scope) = (found.role, found.scope);
        self.person.may(self.right).ok()?;
        Some(&self.person)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The answer that carries these events until they end, the server stops, or a stream's longest life is over.
pub fn sse(app: &App, events: impl Stream<Item = Event> + Send + 'static) -> Response {
    let events = events
        .map(Ok::<_, Infallible>)
        .take_until(tokio::time::sleep(MAX_LIFE))
        .take_until(app.hub.closing.clone().cancelled_owned());
    let beat = KeepAlive::new().interval(KEEP_ALIVE).event(Event::default().event("beat").data("{}"));
    let mut response = Sse::new(events).keep_alive(beat).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies such as nginx would hold events back.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// The id of the last event that the browser saw.
pub fn last_event_id(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let id = value.to_str().ok().map(str::trim).filter(|id| id.len() <= MAX_ID);
    let wrong = || {
        ApiError::new(ErrorCode::RequestInvalid, "Last-Event-ID must be the id of an event.")
            .with("last-event-id", "wrong_type")
    };
    id.map(|id| Some(id.to_owned())).ok_or_else(wrong)
}
