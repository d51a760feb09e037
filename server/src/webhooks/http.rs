//! `/v1/console/webhooks…`: endpoints, test messages, deliveries and sending them again. Who sees only some
//! companies has only the endpoints that are those companies' own.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::console::Page;
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::console::systems::{
    ConsoleDelivery, ConsoleWebhook, DeliveryState, ResendRequest, Resent, WebhookAdded, WebhookAudience,
    WebhookPinged, WebhookRequest,
};
use chinhchu_protocol::ids::{CompanyCode, DeliveryId, WebhookId};
use chinhchu_protocol::problem::{ErrorCode, Problem};
use serde::Deserialize;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::deliveries::{self, Cursor, Filter, LONGEST_MS, ResendError};
use super::sql::{self, WebhookListed};
use super::wanted;
use crate::audit::{self, Entry};
use crate::companies;
use crate::console::{Person, Scope, asked};
use crate::http::{ApiError, App};
use crate::store::StoreError;

const NO_STORE: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

/// The routes of webhooks.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(remove))
        .routes(routes!(ping))
        .routes(routes!(list_deliveries))
        .routes(routes!(resend))
        .routes(routes!(resend_period))
}

/// Every endpoint. At most 500: one part.
#[utoipa::path(get, path = "/v1/console/webhooks", tag = "console",
    responses((status = 200, body = Page<ConsoleWebhook>), (status = "4XX", body = Problem)))]
async fn list(State(app): State<App>, person: Person) -> Result<Json<Page<ConsoleWebhook>>, ApiError> {
    person.may(Right::WebhooksRead)?;
    let whole = person.may(Right::Webhooks).is_ok();
    let (scope, read) = (person.scope, app.db.clone());
    let items = read.read(move |c| {
        let mut items = Vec::new();
        let counts = deliveries::counts(c)?;
        for webhook in sql::list(c)?.into_iter().filter(|one| sees(&scope, one.company.as_ref())) {
            let id = webhook.webhook_id;
            let given_up = counts.iter().find(|(of, ..)| *of == id).map_or(0, |(_, _, given_up)| *given_up);
            let last = deliveries::last_delivered(c, id)?;
            let mut shown = shown(webhook, given_up, last);
            if !whole {
                shown.url = wanted::origin(&shown.url);
            }
            items.push(shown);
        }
        Ok::<_, StoreError>(items)
    });
    Ok(Json(Page { items: items.await.map_err(asked::store_away)?, next: None }))
}

/// Add an endpoint. The answer holds the secret of its signatures, this once.
#[utoipa::path(post, path = "/v1/console/webhooks", tag = "console", request_body = WebhookRequest,
    responses((status = 201, body = WebhookAdded), (status = "4XX", body = Problem)))]
async fn add(
    State(app): State<App>,
    person: Person,
    body: Result<Json<WebhookRequest>, JsonRejection>,
) -> Result<Response, ApiError> {
    person.may(Right::Webhooks)?;
    let request = asked::body(body)?;
    let events = checked(&app, &person.scope, &request).await?;
    let secret = sql::fresh_secret(&rand::random());
    let webhook = WebhookListed {
        webhook_id: WebhookId(app.clock.new_id()),
        url: request.url,
        audience: wanted::name(request.audience).to_owned(),
        company: request.company,
        events,
        created_at: app.clock.now(),
        waiting: 0,
    };
    let (stored, signing, keys, actor) = (webhook.clone(), secret.clone(), app.keys.clone(), person.actor());
    let written = app.db.write(move |tx| {
        if !sql::insert(tx, &keys, &stored, &signing)? {
            return Ok(false);
        }
        // Without the address: it may hold a secret.
        let detail = json!({ "for": stored.audience, "company": stored.company, "events": stored.events });
        let subject = format!("webhook:{}", stored.webhook_id);
        let entry = Entry { actor: &actor, action: "webhook.added", subject: &subject, detail: &detail };
        audit::append(tx, stored.created_at, &entry).map(|_| true)
    });
    if !written.await.map_err(|error: StoreError| asked::store_away(error))? {
        return Err(asked::invalid("company", "too_many"));
    }
    let answer = WebhookAdded { webhook: shown(webhook, 0, None), secret };
    Ok((StatusCode::CREATED, NO_STORE, Json(answer)).into_response())
}

/// Every fault of a new endpoint; its events, if there is none.
async fn checked(app: &App, scope: &Scope, request: &WebhookRequest) -> Result<Vec<String>, ApiError> {
    let mut refusal = ApiError::new(ErrorCode::RequestInvalid, "See each fault in `errors`.");
    let mut wrong = false;
    let mut fault = |error: ApiError, field: &str, code: &str| {
        wrong = true;
        error.with(field, code)
    };
    if !wanted::is_safe_from_afar(&request.url, app.config.listen.ip()) {
        refusal = fault(refusal, "url", "not_safe");
    }
    let company = request.company.clone();
    let known = match company {
        None => scope.companies.is_none(),
        Some(code) if !scope.sees_company(&code) => false,
        Some(code) => {
            let read = app.db.read(move |c| companies::sql::exists(c, &code)).await;
            read.map_err(asked::store_away)?
        }
    };
    if !known {
        refusal = fault(refusal, "company", "no_such_company");
    }
    let events = wanted::events(request.events.as_deref().unwrap_or_default());
    match &events {
        None => refusal = fault(refusal, "events", "unknown_value"),
        Some(events) if !wanted::roots_fit(events, request.audience, request.company.as_ref()) => {
            refusal = fault(refusal, "events", "roots_for_msale_of_all");
        }
        Some(_) => {}
    }
    match events {
        Some(events) if !wrong => Ok(events),
        Some(_) | None => Err(refusal),
    }
}

/// Remove an endpoint; what still waits for it is not sent.
#[utoipa::path(delete, path = "/v1/console/webhooks/{webhook_id}", tag = "console",
    params(("webhook_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = Problem)))]
async fn remove(State(app): State<App>, person: Person, path: Path<String>) -> Result<StatusCode, ApiError> {
    person.may(Right::Webhooks)?;
    let id: WebhookId = asked::id(path)?;
    own(&app, &person.scope, id).await?;
    let (actor, now) = (person.actor(), app.clock.now());
    let removed = app.db.write(move |tx| {
        let removed = sql::remove(tx, id, now)?;
        if removed {
            let (subject, detail) = (format!("webhook:{id}"), json!({}));
            let entry =
                Entry { actor: &actor, action: "webhook.removed", subject: &subject, detail: &detail };
            audit::append(tx, now, &entry)?;
        }
        Ok::<_, StoreError>(removed)
    });
    if removed.await.map_err(asked::store_away)? { Ok(StatusCode::NO_CONTENT) } else { Err(asked::nothing()) }
}

/// Send a signed test message (`test.ping`, no data); follow it in the deliveries.
#[utoipa::path(post, path = "/v1/console/webhooks/{webhook_id}/ping", tag = "console",
    params(("webhook_id" = String, Path)),
    responses((status = 202, body = WebhookPinged), (status = "4XX", body = Problem)))]
async fn ping(
    State(app): State<App>,
    person: Person,
    path: Path<String>,
) -> Result<(StatusCode, Json<WebhookPinged>), ApiError> {
    person.may(Right::Webhooks)?;
    let id: WebhookId = asked::id(path)?;
    own(&app, &person.scope, id).await?;
    let (keys, actor, now) = (app.keys.clone(), person.actor(), app.clock.now());
    let written = app.db.write(move |tx| {
        let delivery = deliveries::ping(tx, &keys, id, now)?;
        if let Some(delivery) = delivery {
            let (subject, detail) = (format!("webhook:{id}"), json!({ "delivery": delivery }));
            let entry = Entry { actor: &actor, action: "webhook.pinged", subject: &subject, detail: &detail };
            audit::append(tx, now, &entry)?;
        }
        Ok::<_, StoreError>(delivery)
    });
    let delivery_id = written.await.map_err(asked::store_away)?.ok_or_else(asked::nothing)?;
    app.switchboard.tell_deliveries();
    Ok((StatusCode::ACCEPTED, Json(WebhookPinged { delivery_id })))
}

/// Deliveries, newest first. Never their bodies.
#[utoipa::path(get, path = "/v1/console/webhooks/deliveries", tag = "console",
    params(("state" = Option<DeliveryState>, Query), ("webhook" = Option<String>, Query),
           ("call" = Option<String>, Query), ("after" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = Page<ConsoleDelivery>), (status = "4XX", body = Problem)))]
async fn list_deliveries(
    State(app): State<App>,
    person: Person,
    query: Result<Query<DeliveriesQuery>, QueryRejection>,
) -> Result<Json<Page<ConsoleDelivery>>, ApiError> {
    person.may(Right::WebhooksRead)?;
    let query = asked::query(query)?;
    let limit = asked::limit(query.limit.as_deref())?;
    let state = query
        .state
        .as_deref()
        .map(|text| state(text).ok_or_else(|| asked::invalid("state", "unknown_value")));
    let filter = Filter {
        state: state.transpose()?,
        webhook: asked::value("webhook", query.webhook.as_deref())?,
        call: asked::value("call", query.call.as_deref())?,
        companies: person.scope.companies_json(),
        before: asked::value::<Cursor>("after", query.after.as_deref())?,
    };
    let read = app.db.read(move |c| deliveries::list(c, &filter, limit + 1)).await;
    let items = read.map_err(asked::store_away)?;
    Ok(Json(asked::page(items, limit, |last| Cursor::after(last).to_string())))
}

/// Send one again, whatever became of it, under its own `webhook-id`.
#[utoipa::path(post, path = "/v1/console/webhooks/deliveries/{delivery_id}/resend", tag = "console",
    params(("delivery_id" = String, Path)),
    responses((status = 200, body = ConsoleDelivery), (status = "4XX", body = Problem)))]
async fn resend(
    State(app): State<App>,
    person: Person,
    path: Path<String>,
) -> Result<Json<ConsoleDelivery>, ApiError> {
    person.may(Right::Webhooks)?;
    let id: DeliveryId = asked::id(path)?;
    let (actor, scope, now) = (person.actor(), person.scope, app.clock.now());
    let resend = move |tx: &rusqlite::Transaction<'_>| {
        deliveries::resend(tx, id, |company| sees(&scope, company), &actor, now)
    };
    let again = app.db.write(resend).await.map_err(|error| match error {
        ResendError::NoDelivery => asked::nothing(),
        ResendError::Dropped => asked::invalid("delivery_id", "webhook_removed"),
        ResendError::Erased => ApiError::case_erased(),
        ResendError::Store(error) => asked::store_away(error),
    })?;
    app.switchboard.tell_deliveries();
    Ok(Json(again))
}

/// Send everything again that was given up in a period of at most 31 days; at most 1,000 at once.
#[utoipa::path(post, path = "/v1/console/webhooks/deliveries/resend", tag = "console",
    request_body = ResendRequest,
    responses((status = 200, body = Resent), (status = "4XX", body = Problem)))]
async fn resend_period(
    State(app): State<App>,
    person: Person,
    body: Result<Json<ResendRequest>, JsonRejection>,
) -> Result<Json<Resent>, ApiError> {
    person.may(Right::Webhooks)?;
    let ResendRequest { from, to, webhook_id } = asked::body(body)?;
    if !(1..=LONGEST_MS).contains(&to.ms_since(from)) {
        return Err(asked::invalid("to", "out_of_range"));
    }
    let (actor, companies, now) = (person.actor(), person.scope.companies_json(), app.clock.now());
    let resend = move |tx: &rusqlite::Transaction<'_>| {
        deliveries::resend_period(tx, (from, to), webhook_id, companies.as_deref(), &actor, now)
    };
    let done = app.db.write(resend).await.map_err(asked::store_away)?;
    app.switchboard.tell_deliveries();
    Ok(Json(done))
}

#[derive(Deserialize)]
struct DeliveriesQuery {
    state: Option<String>,
    webhook: Option<String>,
    call: Option<String>,
    after: Option<String>,
    limit: Option<String>,
}

/// A state by its name.
pub fn state(text: &str) -> Option<DeliveryState> {
    serde_json::from_value(json!(text)).ok()
}

fn sees(scope: &Scope, company: Option<&CompanyCode>) -> bool {
    match (company, &scope.companies) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(company), Some(_)) => scope.sees_company(company),
    }
}

async fn own(app: &App, scope: &Scope, id: WebhookId) -> Result<(), ApiError> {
    let all = app.db.read(sql::list).await.map_err(asked::store_away)?;
    let found = all.into_iter().find(|one| one.webhook_id == id && sees(scope, one.company.as_ref()));
    found.map(drop).ok_or_else(asked::nothing)
}

fn shown(
    webhook: WebhookListed,
    given_up: u32,
    last_delivered_at: Option<chinhchu_protocol::time::Timestamp>,
) -> ConsoleWebhook {
    let WebhookListed { webhook_id, url, audience, company, events, created_at, waiting } = webhook;
    let audience = wanted::audience(&audience).unwrap_or(WebhookAudience::Msale);
    ConsoleWebhook {
        webhook_id,
        url,
        audience,
        company,
        events,
        created_at,
        waiting,
        given_up,
        last_delivered_at,
    }
}
