//! `/v1/console/staffing…`. Reckoning is done off the runtime's threads, one day at a time: a replay takes seconds.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, State};
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::console::staffing::{
    StaffingAnswer, StaffingDay, StaffingDayQuestion, StaffingPast, StaffingQuestion,
};
use chinhchu_protocol::ids::CompanyCode;
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::vietnam::DAY_MS;
use chinhchu_routing::Settings;
use chinhchu_staffing::Fault;
use chinhchu_staffing::fit::PastCall;
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::past;
use crate::companies;
use crate::console::Person;
use crate::http::{ApiError, App};
use crate::intake::walk::read_date;
use crate::policy::vietnam_midnight;
use crate::store::StoreError;
use crate::tokens::auth::store_away;

const MAX_BODY: usize = 16 * 1024;
/// Longest period that is read.
const MAX_DAYS: i32 = 366;
static ONE_DAY_AT_A_TIME: Semaphore = Semaphore::const_new(1);

/// Routes of this module.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(interval)).routes(routes!(day)).layer(DefaultBodyLimit::max(MAX_BODY))
}

/// How many agents one interval needs: Erlang C, with a patience Erlang A.
#[utoipa::path(post, path = "/v1/console/staffing", tag = "console", request_body = StaffingQuestion,
    responses((status = 200, body = StaffingAnswer), (status = "4XX", body = Problem)))]
async fn interval(
    person: Person,
    body: Result<Json<StaffingQuestion>, JsonRejection>,
) -> Result<Json<StaffingAnswer>, ApiError> {
    person.may(Right::Staffing)?;
    let Json(question) = body.map_err(|_| malformed())?;
    let answer = off_runtime(move || super::interval(&question)).await?;
    Ok(Json(answer))
}

/// How many agents a day needs, half hour by half hour: from figures given, from a past period, or by replaying
/// that period through the switchboard. `rate_limited` while another day is being reckoned.
#[utoipa::path(post, path = "/v1/console/staffing/day", tag = "console", request_body = StaffingDayQuestion,
    responses((status = 200, body = StaffingDay), (status = "4XX", body = Problem)))]
async fn day(
    State(app): State<App>,
    person: Person,
    body: Result<Json<StaffingDayQuestion>, JsonRejection>,
) -> Result<Json<StaffingDay>, ApiError> {
    person.may(Right::Staffing)?;
    let Json(question) = body.map_err(|_| malformed())?;
    let past = match &question.past {
        None => None,
        Some(past) => Some(read(&app, &person, past).await?),
    };
    let _one = ONE_DAY_AT_A_TIME.try_acquire().map_err(|_| {
        ApiError::new(ErrorCode::RateLimited, "Another day is being reckoned.").retry_after(2)
    })?;
    let answer = off_runtime(move || {
        super::day(&question, past.as_ref().map(|(calls, settings)| (calls.as_slice(), settings)))
    });
    Ok(Json(answer.await?))
}

async fn read(
    app: &App,
    person: &Person,
    past: &StaffingPast,
) -> Result<(Vec<PastCall>, Settings), ApiError> {
    person.scope.company(&past.pool)?;
    if person.scope.partner.is_some() {
        // The pool's calls are not the partner's alone.
        return Err(ApiError::forbidden("A partner's people cannot read the calls of a whole pool."));
    }
    let (from, to) = period(&past.from, &past.to).map_err(of_fault)?;
    let pool: CompanyCode = past.pool.clone();
    let read = app.db.read(move |connection| {
        if !companies::sql::exists(connection, &pool)? {
            return Ok(None);
        }
        let settings = companies::sql::settings(connection, &pool)?;
        Ok::<_, StoreError>(Some((past::read(connection, &pool, from, to)?, settings)))
    });
    let found = read.await.map_err(|error: StoreError| store_away(error))?;
    found.ok_or_else(|| ApiError::new(ErrorCode::NotFound, "There is no such company."))
}

/// Days of Vietnam, both included.
pub fn period(from: &str, to: &str) -> Result<(Timestamp, Timestamp), Fault> {
    let day = |field, text: &str| read_date(text).ok_or(Fault { field, code: "not_a_day" });
    let (first, last) = (day("from", from)?, day("to", to)?);
    let days = (last - first).get_days();
    if !(0..MAX_DAYS).contains(&days) {
        return Err(Fault { field: "to", code: "out_of_range" });
    }
    Ok((vietnam_midnight(first), vietnam_midnight(last).plus_ms(DAY_MS)))
}

async fn off_runtime<T: Send + 'static>(
    reckon: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(reckon).await.map_err(ApiError::internal)?.map_err(of_fault)
}

fn malformed() -> ApiError {
    ApiError::new(ErrorCode::RequestInvalid, "Send the question as JSON; see /docs.")
}

fn of_fault(fault: Fault) -> ApiError {
    ApiError::new(ErrorCode::RequestInvalid, "Correct the named figure.").with(fault.field, fault.code)
}
