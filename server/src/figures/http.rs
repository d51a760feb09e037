//! `/v1/console/reports…`: the figures for the console and for files.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::console::figures::{Report, ReportBy, Trial};
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::problem::Problem;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::period::Period;
use super::report::{self, Asked, MAX_FILE_ROWS};
use super::{ask, days, reconcile, table, trial, xlsx};
use crate::console::{Person, asked};
use crate::http::{ApiError, App};

/// Routes of this module.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(reports))
        .routes(routes!(reports_csv))
        .routes(routes!(reports_xlsx))
        .routes(routes!(trials))
        .merge(reconcile::http::console_routes())
}

/// A report (C4): calls of a period in rows. What each figure means stands in docs/reports.md. A partner's
/// people see their partner's part of each call only.
#[utoipa::path(
    get, path = "/v1/console/reports", tag = "console",
    params(
        ("from" = String, Query, description = "First day `YYYY-MM-DD` or hour `YYYY-MM-DDTHH`, of Vietnam"),
        ("to" = String, Query, description = "Last day or hour; it belongs to the period. At most 366 days"),
        ("by" = Option<ReportBy>, Query, description = "What the rows are; `total` if missing"),
        ("within_s" = Option<u32>, Query, description = "T of the service level, s; 20 if missing"),
        ("price_per_call" = Option<u64>, Query, description = "Đồng for an answered call"),
        ("price_per_agent_hour" = Option<u64>, Query, description = "Đồng for an hour on duty"),
        ("home" = Option<String>, Query, description = "Only calls of this home company"),
        ("serving" = Option<String>, Query, description = "Only calls that this company serves"),
        ("dealer" = Option<String>, Query, description = "Only calls of this dealer's account"),
        ("partner" = Option<String>, Query, description = "Only the part of this partner's agents; empty: the companies' own"),
        ("agent" = Option<String>, Query, description = "Only the part of this agent (its id)"),
        ("limit" = Option<u32>, Query, description = "Rows; 1,000 at most"),
        ("after" = Option<String>, Query, description = "`next` of the answer before"),
    ),
    responses(
        (status = 200, description = "The figures", body = Report),
        (status = 403, description = "`forbidden`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`request_invalid`", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn reports(
    State(app): State<App>,
    person: Person,
    RawQuery(query): RawQuery,
) -> Result<Json<Report>, ApiError> {
    Ok(Json(made(&app, within(&person, query)?).await?))
}

/// The same as CSV (UTF-8 with a byte order mark; no text of it is a formula). No cursor: up to 100,000 rows.
#[utoipa::path(
    get, path = "/v1/console/reports.csv", tag = "console",
    responses(
        (status = 200, description = "The figures; parameters as of `/v1/console/reports`", body = String, content_type = "text/csv"),
        (status = 422, description = "`request_invalid`", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn reports_csv(
    State(app): State<App>,
    person: Person,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let asked = Asked { limit: MAX_FILE_ROWS, ..within(&person, query)? };
    let report = made(&app, asked).await?;
    let bytes = table::csv(&table::of(&report)).map_err(ApiError::internal)?;
    Ok(file(&report, "csv", "text/csv; charset=utf-8", bytes))
}

/// The same as a workbook for Excel, with a sheet of definitions.
#[utoipa::path(
    get, path = "/v1/console/reports.xlsx", tag = "console",
    responses(
        (status = 200, description = "The figures; parameters as of `/v1/console/reports`", content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (status = 422, description = "`request_invalid`", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn reports_xlsx(
    State(app): State<App>,
    person: Person,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let asked = Asked { limit: MAX_FILE_ROWS, ..within(&person, query)? };
    let report = made(&app, asked).await?;
    let (report, bytes) = tokio::task::spawn_blocking(move || {
        let bytes = xlsx::workbook(&report);
        (report, bytes)
    })
    .await
    .map_err(ApiError::internal)?;
    let mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(file(&report, "xlsx", mime, bytes.map_err(ApiError::internal)?))
}

/// The evaluation of a trial (C4): partners side by side, with confidence intervals and corrected comparisons.
#[utoipa::path(
    get, path = "/v1/console/reports/trial", tag = "console",
    params(
        ("from" = String, Query, description = "First day"),
        ("to" = String, Query, description = "Last day"),
        ("within_s" = Option<u32>, Query, description = "T of the service level, s; 20 if missing"),
        ("price_per_call" = Option<u64>, Query, description = "Đồng for an answered call"),
        ("price_per_agent_hour" = Option<u64>, Query, description = "Đồng for an hour on duty"),
    ),
    responses(
        (status = 200, description = "The evaluation", body = Trial),
        (status = 403, description = "`forbidden`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`request_invalid`", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn trials(
    State(app): State<App>,
    person: Person,
    RawQuery(query): RawQuery,
) -> Result<Json<Trial>, ApiError> {
    let asked = within(&person, query)?;
    let (now, packs) = (app.clock.now(), app.console.packs.clone());
    let read = app.db.read(move |connection| trial::make(connection, &packs, &asked, now)).await;
    let (trial, fresh) = read.map_err(asked::store_away)?;
    days::keep(&app.db, fresh).await.map_err(asked::store_away)?;
    Ok(Json(trial))
}

/// What is asked for, within what the person sees.
fn within(person: &Person, query: Option<String>) -> Result<Asked, ApiError> {
    person.may(Right::Reports)?;
    let pairs = serde_urlencoded::from_str(&query.unwrap_or_default());
    let pairs: Vec<(String, String)> = pairs.unwrap_or_default();
    let mut asked = ask::read(&pairs.into_iter().collect())?;
    let scope = &person.scope;
    asked.filter.companies =
        scope.companies.as_ref().map(|codes| codes.iter().map(|code| code.0.clone()).collect());
    if let Some(own) = &scope.partner {
        if asked.filter.partner.as_ref().is_some_and(|wanted| wanted != own) {
            return Err(asked::nothing());
        }
        asked.filter.partner = Some(own.clone());
    }
    Ok(asked)
}

async fn made(app: &App, asked: Asked) -> Result<Report, ApiError> {
    let (now, packs) = (app.clock.now(), app.console.packs.clone());
    let read = app.db.read(move |connection| report::make(connection, &packs, &asked, now)).await;
    let (report, fresh) = read.map_err(asked::store_away)?;
    days::keep(&app.db, fresh).await.map_err(asked::store_away)?;
    Ok(report)
}

fn file(report: &Report, ending: &str, mime: &'static str, bytes: Vec<u8>) -> Response {
    let (first, last) = Period { from: report.from, to: report.to }.names();
    let Report { partner, agent, home, serving, dealer, .. } = report;
    // What is left out stands in the workbook; a name must not look as if it were all.
    let part = if [partner, agent, home, serving, dealer].iter().any(|filter| filter.is_some()) {
        "-co-loc"
    } else {
        ""
    };
    let name = format!("attachment; filename=\"bao-cao-{}-{first}-{last}{part}.{ending}\"", report.by.name());
    let headers = [
        (header::CONTENT_TYPE, mime.to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, bytes).into_response()
}
