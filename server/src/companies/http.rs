//! `/v1/console/companies…`: what holds, what is to come, what held; and changes of it.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use chinhchu_protocol::console::Page;
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::console::settings::{
    AgentSelection, ChangeState, Company, CompanyChange, CompanyChangeRequest, CompanySettings, CompanyThen,
    OpenSpan, OpeningHours, OverflowTo, SkillUse,
};
use chinhchu_protocol::ids::{ChangeId, CompanyCode};
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::Settings;
use chinhchu_routing::hours::{Hours, Span};
use chinhchu_routing::settings::{Selection, SkillRule};
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::changes::{self, Ask, ChangeError, Held};
use super::dated::SERVED_BY;
use super::handover;
use super::rules::{Fault, Rules};
use crate::console::{Person, Scope, asked};
use crate::http::{ApiError, App};
use crate::store::{StoreError, rows};

/// The routes of companies.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show, change))
        .routes(routes!(history))
        .routes(routes!(then))
        .routes(routes!(withdraw))
}

/// Every company of the person, with its settings and what is to come. At most 1,000: one part.
#[utoipa::path(get, path = "/v1/console/companies", tag = "console",
    responses((status = 200, body = Page<Company>), (status = "4XX", body = Problem)))]
async fn list(State(app): State<App>, person: Person) -> Result<Json<Page<Company>>, ApiError> {
    person.may(Right::CompaniesRead)?;
    let items = companies(&app, person.scope).await?;
    Ok(Json(Page { items, next: None }))
}

/// One company.
#[utoipa::path(get, path = "/v1/console/companies/{code}", tag = "console", params(("code" = String, Path)),
    responses((status = 200, body = Company), (status = "4XX", body = Problem)))]
async fn show(
    State(app): State<App>,
    person: Person,
    Path(code): Path<String>,
) -> Result<Json<Company>, ApiError> {
    person.may(Right::CompaniesRead)?;
    let code = CompanyCode(code);
    person.scope.company(&code)?;
    one(&app, person.scope, &code).await
}

/// Change settings, at once or from a moment on. What is not named stays; null takes the default again.
#[utoipa::path(patch, path = "/v1/console/companies/{code}", tag = "console", params(("code" = String, Path)),
    request_body = CompanyChangeRequest,
    responses((status = 200, body = CompanyChange), (status = "4XX", body = Problem)))]
async fn change(
    State(app): State<App>,
    person: Person,
    Path(code): Path<String>,
    body: Result<Json<CompanyChangeRequest>, JsonRejection>,
) -> Result<Json<CompanyChange>, ApiError> {
    person.may(Right::CompaniesWrite)?;
    let company = CompanyCode(code);
    person.scope.company(&company)?;
    let wanted = asked::body(body)?;
    named_are_seen(&person.scope, &wanted.changes)?;
    let (id, now) = (ChangeId(app.clock.new_id()), app.clock.now());
    let ask = Ask {
        company,
        changes: wanted.changes,
        effective_at: wanted.effective_at,
        reason: wanted.reason,
        actor: person.actor(),
    };
    let scope = person.scope;
    let made = app.db.write(move |tx| {
        handover::may_propose(tx, &scope, &ask, now)?;
        changes::propose(tx, &ask, id, now)
    });
    let made = made.await.map_err(refused)?;
    tell(&app).await;
    tracing::info!(change_id = %id, at_once = made.state == ChangeState::Applied, "settings changed");
    Ok(Json(made))
}

/// The changes of a company, newest first.
#[utoipa::path(get, path = "/v1/console/companies/{code}/history", tag = "console",
    params(("code" = String, Path), ("after" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = Page<CompanyChange>), (status = "4XX", body = Problem)))]
async fn history(
    State(app): State<App>,
    person: Person,
    Path(code): Path<String>,
    query: Result<Query<HistoryQuery>, QueryRejection>,
) -> Result<Json<Page<CompanyChange>>, ApiError> {
    person.may(Right::CompaniesRead)?;
    let code = CompanyCode(code);
    person.scope.company(&code)?;
    let query = asked::query(query)?;
    let (limit, before) =
        (asked::limit(query.limit.as_deref())?, asked::value("after", query.after.as_deref())?);
    exists(&app, &code).await?;
    let read = app.db.read(move |c| changes::history(c, &code, before, limit + 1)).await;
    let page = asked::page(read.map_err(asked::store_away)?, limit, |(seq, _)| seq.to_string());
    Ok(Json(Page { items: page.items.into_iter().map(|(_, change)| change).collect(), next: page.next }))
}

/// What held for a company at a moment, or what is planned for one that lies ahead.
#[utoipa::path(get, path = "/v1/console/companies/{code}/at", tag = "console", params(("code" = String, Path), ("at" = String, Query)),
    responses((status = 200, body = CompanyThen), (status = "4XX", body = Problem)))]
async fn then(
    State(app): State<App>,
    person: Person,
    Path(code): Path<String>,
    query: Result<Query<ThenQuery>, QueryRejection>,
) -> Result<Json<CompanyThen>, ApiError> {
    person.may(Right::CompaniesRead)?;
    let company = CompanyCode(code);
    person.scope.company(&company)?;
    let at: Option<Timestamp> = asked::value("at", asked::query(query)?.at.as_deref())?;
    let at = at.ok_or_else(|| asked::invalid("at", "missing"))?;
    let wanted = company.clone();
    let now = app.clock.now();
    let read = app.db.read(move |c| changes::then(c, &wanted, at, now)).await.map_err(asked::store_away)?;
    let Held { holding, since, change_id, planned } = read.ok_or_else(asked::nothing)?;
    let settings = settings_of(&holding.settings).map_err(asked::store_away)?;
    Ok(Json(CompanyThen { company, at, served_by: holding.served_by, settings, since, change_id, planned }))
}

/// Take a change back that waits for its moment.
#[utoipa::path(delete, path = "/v1/console/companies/{code}/changes/{change_id}", tag = "console", params(("code" = String, Path), ("change_id" = String, Path)),
    responses((status = 200, body = CompanyChange), (status = "4XX", body = Problem)))]
async fn withdraw(
    State(app): State<App>,
    person: Person,
    Path((code, change)): Path<(String, String)>,
) -> Result<Json<CompanyChange>, ApiError> {
    person.may(Right::CompaniesWrite)?;
    let code = CompanyCode(code);
    person.scope.company(&code)?;
    let id: ChangeId = asked::id(Path(change))?;
    let (actor, now) = (person.actor(), app.clock.now());
    let scope = person.scope;
    let done = app.db.write(move |tx| {
        handover::may_withdraw(tx, &scope, &code, id)?;
        changes::withdraw(tx, &code, id, &actor, now)
    });
    let done = done.await.map_err(refused)?;
    tell(&app).await;
    Ok(Json(done))
}

#[derive(Deserialize)]
struct HistoryQuery {
    after: Option<String>,
    limit: Option<String>,
}

#[derive(Deserialize)]
struct ThenQuery {
    at: Option<String>,
}

/// Tells the switchboard; if that fails, the keeper does, within half a minute.
async fn tell(app: &App) {
    if let Err(error) = app.switchboard.configure().await {
        tracing::warn!(%error, "changed settings are told a little later");
    }
}

/// Who sees only some companies must not give work to others, or take theirs.
fn named_are_seen(scope: &Scope, changes: &Map<String, Value>) -> Result<(), ApiError> {
    let served_by = changes.get(SERVED_BY).and_then(Value::as_str).into_iter();
    let overflow = changes.get("overflow").and_then(Value::as_array).into_iter().flatten();
    let named = served_by.map(|code| (SERVED_BY, code));
    let named = named.chain(overflow.filter_map(|step| Some(("overflow", step["to"].as_str()?))));
    for (field, code) in named {
        if !scope.sees_company(&CompanyCode(code.to_owned())) {
            return Err(asked::invalid(field, "no_such_company"));
        }
    }
    Ok(())
}

fn refused(error: ChangeError) -> ApiError {
    match error {
        ChangeError::NoCompany => ApiError::new(ErrorCode::NotFound, "There is no such company."),
        ChangeError::NoChange => ApiError::new(ErrorCode::NotFound, "There is no such change."),
        ChangeError::Faults(faults) => {
            with_faults(ErrorCode::RequestInvalid, "See each fault in `errors`.", &faults)
        }
        ChangeError::Conflict { change, faults } => {
            let told = format!("The change {change}, which waits, would become impossible.");
            with_faults(ErrorCode::ChangeConflict, &told, &faults)
        }
        ChangeError::NotPending => {
            ApiError::new(ErrorCode::ChangeNotPending, "It was applied, withdrawn or refused before.")
        }
        ChangeError::Elsewhere => {
            ApiError::forbidden("The calls are, or would be, taken by a company that is not yours.")
        }
        ChangeError::TooMany => asked::invalid("changes", "too_many_pending"),
        ChangeError::Store(error) => asked::store_away(error),
    }
}

/// A refusal that names each fault.
pub fn with_faults(code: ErrorCode, told: &str, faults: &[Fault]) -> ApiError {
    faults.iter().fold(ApiError::new(code, told), |error, fault| error.with(fault.field.clone(), fault.code))
}

async fn exists(app: &App, code: &CompanyCode) -> Result<(), ApiError> {
    let code = code.clone();
    let found = app.db.read(move |c| super::sql::exists(c, &code)).await.map_err(asked::store_away)?;
    if found { Ok(()) } else { Err(ApiError::new(ErrorCode::NotFound, "There is no such company.")) }
}

async fn one(app: &App, scope: Scope, code: &CompanyCode) -> Result<Json<Company>, ApiError> {
    let found = companies(app, scope).await?.into_iter().find(|company| company.code == *code);
    found.map(Json).ok_or_else(|| ApiError::new(ErrorCode::NotFound, "There is no such company."))
}

async fn companies(app: &App, scope: Scope) -> Result<Vec<Company>, ApiError> {
    let now = app.clock.now();
    let mut found = app.db.read(move |c| drawn(c, now)).await.map_err(asked::store_away)?;
    found.retain(|company| scope.sees_company(&company.code));
    for company in &mut found {
        // What another company does is not told beyond its code.
        company.serves.retain(|code| scope.sees_company(code));
    }
    Ok(found)
}

fn drawn(connection: &Connection, now: Timestamp) -> Result<Vec<Company>, StoreError> {
    let world = changes::world(connection)?;
    let mut pending = changes::waiting(connection)?;
    let sql = "SELECT company, count(*) FROM agents WHERE disabled_ms IS NULL GROUP BY company";
    let agents: Vec<(String, u32)> = rows::all(connection, sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let named = super::sql::list(connection)?;
    let mut drawn = Vec::new();
    for listed in named {
        let Some(holding) = world.get(&listed.code) else { continue };
        let rules: Rules = serde_json::from_value(holding.settings.clone())?;
        let hours = rules.routing.hours.as_ref();
        let open = hours.is_none_or(|hours| hours.is_open(now));
        let (own, rest) = pending.into_iter().partition(|change| change.company == listed.code);
        pending = rest;
        drawn.push(Company {
            serves: world
                .iter()
                .filter(|(_, one)| one.served_by.as_ref() == Some(&listed.code))
                .map(|(home, _)| home.clone())
                .collect(),
            agents: agents.iter().find(|(code, _)| *code == listed.code.0).map_or(0, |(_, count)| *count),
            open,
            opens_at: hours.filter(|_| !open).and_then(|hours| hours.opens_at(now)),
            closes_at: hours.filter(|_| open).and_then(|hours| hours.closes_at(now)),
            set: set(&holding.settings)?,
            settings: shown(rules),
            pending: own,
            code: listed.code,
            name: listed.name,
            served_by: listed.served_by,
        });
    }
    Ok(drawn)
}

/// Names of the settings that differ from the defaults.
fn set(settings: &Value) -> Result<Vec<String>, StoreError> {
    let usual: Rules = serde_json::from_value(Value::Object(Map::new()))?;
    let (usual, own) = (serde_json::to_value(shown(usual))?, serde_json::to_value(settings_of(settings)?)?);
    let own = own.as_object().into_iter().flatten();
    Ok(own.filter(|(name, value)| usual[name.as_str()] != **value).map(|(name, _)| name.clone()).collect())
}

fn settings_of(settings: &Value) -> Result<CompanySettings, StoreError> {
    Ok(shown(serde_json::from_value(settings.clone())?))
}

/// Every setting on the wire.
fn shown(rules: Rules) -> CompanySettings {
    let Rules { intake, routing, retention } = rules;
    let Settings {
        ring_timeout_ms,
        ring_confirm_ms,
        max_wait_ms,
        max_queue_len,
        decline_ends,
        wrap_up_ms,
        pause_after_missed,
        preparing_ms,
        connecting_ms,
        reconnect_ms,
        unwitnessed_ms,
        evidence_ms,
        max_call_ms,
        reoffer_after_ms,
        selection,
        skills,
        partner_shares,
        overflow,
        hours,
        serve_queue_after_close,
    } = routing;
    CompanySettings {
        require_consent: intake.require_consent,
        require_biometric_match: intake.require_biometric_match,
        ring_timeout_ms,
        ring_confirm_ms,
        max_wait_ms,
        max_queue_len,
        decline_ends,
        wrap_up_ms,
        pause_after_missed,
        preparing_ms,
        connecting_ms,
        reconnect_ms,
        unwitnessed_ms,
        evidence_ms,
        max_call_ms,
        reoffer_after_ms,
        selection: match selection {
            Selection::LongestIdle => AgentSelection::LongestIdle,
            Selection::LeastCalls => AgentSelection::LeastCalls,
            Selection::RoundRobin => AgentSelection::RoundRobin,
        },
        skills: match skills {
            SkillRule::Off => SkillUse::Off,
            SkillRule::Prefer => SkillUse::Prefer,
            SkillRule::Require => SkillUse::Require,
        },
        partner_shares,
        overflow: overflow
            .into_iter()
            .map(|step| OverflowTo { after_ms: step.after_ms, to: step.to })
            .collect(),
        hours: hours.map(|hours| hours_shown(*hours)),
        serve_queue_after_close,
        retention_pictures_days: retention.retention_pictures_days,
        retention_case_days: retention.retention_case_days,
    }
}

fn hours_shown(hours: Hours) -> OpeningHours {
    let spans = |spans: Vec<Span>| -> Vec<OpenSpan> {
        spans.into_iter().map(|Span { from, to }| OpenSpan { from, to }).collect()
    };
    OpeningHours {
        weekly: hours.weekly.into_iter().map(spans).collect(),
        holidays: hours.holidays.into_iter().map(|(day, open)| (day.to_string(), spans(open))).collect(),
    }
}
