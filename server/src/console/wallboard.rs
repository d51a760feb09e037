//! `GET /v1/console/wallboard` and `/wallboard/events`: how the lines and the agents stand now.
//!
//! One picture of the whole installation is drawn in a second, by the first who asks in it ([`board`], from the
//! switchboard's newest state, and [`sql`], figures that are counted seldom); everybody else of that second shares
//! it. What a person sees of it ([`view`]) is drawn once per scope. A watcher is sent a picture only if it differs
//! from the one before: it holds times, never ages. Its id is a hash of what it shows, so that a stream is resumed
//! after a restart, or on another replica, without a picture twice.

mod board;
mod sql;
mod view;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::console::live::Wallboard;
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::problem::Problem;
use chinhchu_protocol::time::Timestamp;
use futures_util::stream;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::stream::{Watcher, last_event_id, sse};
use super::{Person, Scope};
use crate::http::{ApiError, App};
use crate::store::StoreError;

pub use board::Board;
pub use sql::{ANSWER_WITHIN_MS, Counted};
pub use view::Rendered;

#[cfg(test)]
mod tests;

const SECOND_MS: i64 = 1_000;
/// Counting may take this part of the time at most: a slow count is used the longer.
const COUNT_SHARE: i64 = 20;

/// Routes of this module.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(now)).routes(routes!(events))
}

/// How the person's lines and agents stand now.
#[utoipa::path(get, path = "/v1/console/wallboard", tag = "console",
    responses((status = 200, body = Wallboard), (status = "4XX", body = Problem)))]
async fn now(State(app): State<App>, person: Person) -> Result<Response, ApiError> {
    person.may(Right::Wallboard)?;
    let shown = app.console.wall.shown(&app, &person.scope).await?;
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, shown.json.clone()).into_response())
}

/// The same as it changes, at most once a second. Events named `wallboard`; `data` is the body of
/// GET /v1/console/wallboard. Ends with the session.
#[utoipa::path(get, path = "/v1/console/wallboard/events", tag = "console",
    params(("Last-Event-ID" = Option<String>, Header, description = "Id of the last event seen")),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = "4XX", body = Problem)))]
async fn events(State(app): State<App>, person: Person, headers: HeaderMap) -> Result<Response, ApiError> {
    person.may(Right::Wallboard)?;
    let seen = last_event_id(&headers)?;
    let watcher = Watcher::new(person, Right::Wallboard)?;
    let start = Watching { app: app.clone(), watcher, seen, next: app.clock.now() };
    let pictures = stream::unfold(start, |mut watching| async move {
        let event = watching.next().await?;
        Some((event, watching))
    });
    Ok(sse(&app, pictures))
}

struct Watching {
    app: App,
    watcher: Watcher,
    /// Id of the last picture sent.
    seen: Option<String>,
    next: Timestamp,
}

impl Watching {
    /// The next picture that differs; none once the session is over.
    async fn next(&mut self) -> Option<Event> {
        loop {
            self.app.clock.sleep_until(self.next).await;
            // All watchers look in the same moment of a second, so that they share one picture.
            let now = self.app.clock.now();
            self.next = Timestamp::from_ms((now.ms() / SECOND_MS + 1) * SECOND_MS);
            let person = self.watcher.person(&self.app).await?;
            let shown = self.app.console.wall.shown(&self.app, &person.scope).await.ok()?;
            if self.seen.as_deref() != Some(shown.id.as_str()) {
                self.seen = Some(shown.id.clone());
                let event = Event::default().event("wallboard").id(&shown.id);
                return Some(event.data(&*shown.json));
            }
        }
    }
}

/// The picture of this second, shared by all who look.
#[derive(Default)]
pub struct Wall {
    newest: tokio::sync::Mutex<Option<Arc<Drawn>>>,
    drawn: AtomicU64,
}

/// One picture of the whole installation, with what was drawn of it for each scope.
struct Drawn {
    board: Board,
    counted: Arc<Counted>,
    shown: Mutex<Vec<(Scope, Arc<Rendered>)>>,
}

impl Wall {
    /// How many pictures of the installation were drawn: one in a second at most, however many watch.
    pub fn pictures(&self) -> u64 {
        self.drawn.load(Ordering::Relaxed)
    }

    /// What is to be seen within a scope, not older than a second.
    async fn shown(&self, app: &App, scope: &Scope) -> Result<Arc<Rendered>, ApiError> {
        let drawn = self.drawn(app).await?;
        if let Some(partner) = &scope.partner {
            drawn.counted.of_partner(app, partner).await.map_err(store_away)?;
        }
        let mut shown = drawn.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, rendered)) = shown.iter().find(|(of, _)| of == scope) {
            return Ok(rendered.clone());
        }
        let rendered = Arc::new(view::render(&drawn.board, &drawn.counted, scope).map_err(store_away)?);
        shown.push((scope.clone(), rendered.clone()));
        Ok(rendered)
    }

    async fn drawn(&self, app: &App) -> Result<Arc<Drawn>, ApiError> {
        let mut newest = self.newest.lock().await;
        let now = app.clock.now();
        if let Some(drawn) = &*newest
            && drawn.board.at.ms() / SECOND_MS == now.ms() / SECOND_MS
        {
            return Ok(drawn.clone());
        }
        let counted = match &*newest {
            Some(drawn) if drawn.counted.serves(now) => drawn.counted.clone(),
            Some(_) | None => Arc::new(Counted::take(app, now).await.map_err(store_away)?),
        };
        let snapshot = app.switchboard.snapshot();
        let read = app.db.read(move |connection| {
            let partners = sql::partners_of_live_calls(connection)?;
            Ok::<_, StoreError>(Board::draw(now, &snapshot.state, &snapshot.rows, &partners))
        });
        let board = read.await.map_err(store_away)?;
        let drawn = Arc::new(Drawn { board, counted, shown: Mutex::default() });
        self.drawn.fetch_add(1, Ordering::Relaxed);
        *newest = Some(drawn.clone());
        Ok(drawn)
    }
}

fn store_away(error: StoreError) -> ApiError {
    ApiError::unavailable(error)
}
