//! `/v1/console/calls…`: calls of the person's companies (or partner), searched, shown, followed live, and, with a
//! right of their own and a record of every look, their case and pictures.
//!
//! [`filter`] what is asked for · [`ways`] how it is found · [`sql`] rows · [`shown`] one call · [`case`] what identifies the customer. A number is searched by
//! its keyed hash, in a body, never in a URL; every such search stands in the audit, without the number.

pub mod case;
pub mod filter;
pub mod shown;
pub mod sql;
mod ways;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::console::Page;
use chinhchu_protocol::console::calls::{CallFilter, CallListed, CallShown};
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_protocol::time::Timestamp;
use futures_util::stream;
use serde_json::json;
use tokio::sync::watch;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::session::http::NO_STORE;
use super::stream::{Watcher, last_event_id, sse};
use super::{Person, Scope};
use crate::audit::{self, Entry};
use crate::http::{ApiError, App};
use crate::store::StoreError;

/// A call is told at most this often.
const PAUSE_MS: i64 = 250;

/// Routes of this module.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(search))
        .routes(routes!(read))
        .routes(routes!(events))
        .merge(case::routes())
}

/// Calls, newest first. Every field of `CallFilter` but `msisdn` and `external_id` is a parameter.
#[utoipa::path(get, path = "/v1/console/calls", tag = "console",
    params(
        ("from" = Option<String>, Query, description = "Taken in not before (RFC 3339)"),
        ("to" = Option<String>, Query, description = "Taken in before (RFC 3339)"),
        ("state" = Option<String>, Query), ("end_reason" = Option<String>, Query),
        ("decision" = Option<String>, Query), ("reason" = Option<String>, Query),
        ("evidence" = Option<String>, Query), ("home" = Option<String>, Query),
        ("serving" = Option<String>, Query), ("dealer" = Option<String>, Query),
        ("agent" = Option<String>, Query), ("partner" = Option<String>, Query),
        ("payment" = Option<String>, Query), ("sub_type" = Option<String>, Query),
        ("sort" = Option<String>, Query, description = "`newest` or `oldest`"),
        ("after" = Option<String>, Query), ("limit" = Option<u32>, Query, description = "1 to 100"),
    ),
    responses((status = 200, body = Page<CallListed>), (status = "4XX", body = Problem)))]
async fn list(
    State(app): State<App>,
    person: Person,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    person.may(Right::CallsRead)?;
    let wanted = filter::of_query(query.as_deref().unwrap_or(""))?;
    let scope = person.scope;
    let read = app.db.read(move |connection| sql::list(connection, &scope, &wanted)).await;
    Ok((NO_STORE, Json(read.map_err(store_away)?)).into_response())
}

/// The same by a body, in which a subscriber's number or eKYC's id may stand, too.
#[utoipa::path(post, path = "/v1/console/calls/search", tag = "console", request_body = CallFilter,
    responses((status = 200, body = Page<CallListed>), (status = "4XX", body = Problem)))]
async fn search(
    State(app): State<App>,
    person: Person,
    body: Result<Json<serde_json::Value>, JsonRejection>,
) -> Result<Response, ApiError> {
    person.may(Right::CallsRead)?;
    // The text of the rejection may repeat the number.
    let Json(body) = body.map_err(|_| ApiError::new(ErrorCode::BodyMalformed, "Send a filter as JSON."))?;
    let wanted = filter::of_body(&body, &app.keys)?;
    let (actor, scope, now) = (person.actor(), person.scope, app.clock.now());
    let found = if wanted.of_person() {
        app.db
            .write(move |tx| {
                let found = sql::list(tx, &scope, &wanted)?;
                let detail = json!({ "by": wanted.by(), "found": found.items.len() });
                let entry =
                    Entry { actor: &actor, action: "calls.searched", subject: "calls", detail: &detail };
                audit::append(tx, now, &entry)?;
                Ok::<_, StoreError>(found)
            })
            .await
    } else {
        app.db.read(move |connection| sql::list(connection, &scope, &wanted)).await
    };
    Ok((NO_STORE, Json(found.map_err(store_away)?)).into_response())
}

/// A call: where it stands, whom it was offered to, who had it. No case data.
#[utoipa::path(get, path = "/v1/console/calls/{call_id}", tag = "console",
    params(("call_id" = String, Path, description = "Our id of the call")),
    responses((status = 200, body = CallShown), (status = 404, body = Problem), (status = "4XX", body = Problem)))]
async fn read(State(app): State<App>, person: Person, Path(id): Path<String>) -> Result<Response, ApiError> {
    person.may(Right::CallsRead)?;
    let (call, _) = known(&app, &person.scope, &id).await?;
    let (_, shown) = shown::call(&app, &person.scope, call).await?;
    Ok((NO_STORE, Json(shown)).into_response())
}

/// The same as it changes, for whoever watches a running call. Events named `call`; `data` is the body of
/// GET /v1/console/calls/{call_id}, the id the log's record. Ends with the session.
#[utoipa::path(get, path = "/v1/console/calls/{call_id}/events", tag = "console",
    params(("call_id" = String, Path, description = "Our id of the call"),
           ("Last-Event-ID" = Option<String>, Header, description = "Id of the last event seen")),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = "4XX", body = Problem)))]
async fn events(
    State(app): State<App>,
    person: Person,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    person.may(Right::CallsRead)?;
    let (call, _) = known(&app, &person.scope, &id).await?;
    let seen = last_event_id(&headers)?;
    let watcher = Watcher::new(person, Right::CallsRead)?;
    let changes = app.switchboard.topics().call(call);
    let start = Following { app: app.clone(), watcher, call, seen, changes };
    let told = stream::unfold(start, |mut following| async move {
        let event = following.next().await?;
        Some((event, following))
    });
    Ok(sse(&app, told))
}

struct Following {
    app: App,
    watcher: Watcher,
    call: CallId,
    seen: Option<String>,
    changes: watch::Receiver<u64>,
}

impl Following {
    async fn next(&mut self) -> Option<Event> {
        loop {
            self.changes.mark_unchanged();
            let person = self.watcher.person(&self.app).await?;
            // A change of rights may have taken the call away.
            known(&self.app, &person.scope, &self.call.to_string()).await.ok()?;
            let (seq, shown) = shown::call(&self.app, &person.scope, self.call).await.ok()?;
            let id = seq.to_string();
            if self.seen.as_deref() != Some(id.as_str()) {
                let data = serde_json::to_string(&shown).ok()?;
                self.seen = Some(id.clone());
                return Some(Event::default().event("call").id(id).data(data));
            }
            self.wait().await?;
        }
    }

    /// Until something happens in the call; looks at the session now and then, too.
    async fn wait(&mut self) -> Option<()> {
        let now = self.app.clock.now();
        tokio::select! {
            changed = self.changes.changed() => changed.ok()?,
            () = self.app.clock.sleep_until(now.plus_ms(SESSION_MS)) => {}
        }
        self.app.clock.sleep_until(pause(now, self.app.clock.now())).await;
        Some(())
    }
}

/// A session that was ended stops a stream within this.
const SESSION_MS: i64 = 1_000;

fn pause(waited_since: Timestamp, now: Timestamp) -> Timestamp {
    now.max(waited_since.plus_ms(PAUSE_MS))
}

/// The call, if it exists for the person: home and serving company. Otherwise 404, whoever asks.
pub async fn known(app: &App, scope: &Scope, id: &str) -> Result<(CallId, sql::Line), ApiError> {
    let call: CallId = id.parse().map_err(|_| ApiError::call_not_found())?;
    let scope = scope.clone();
    let read = app.db.read(move |connection| sql::seen(connection, &scope, call)).await;
    let line = read.map_err(store_away)?.ok_or_else(ApiError::call_not_found)?;
    Ok((call, line))
}

/// The store cannot answer.
pub fn store_away(error: StoreError) -> ApiError {
    ApiError::unavailable(error)
}
