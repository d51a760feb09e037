//! `GET /v1/policy/decision` (P3).

use axum::Json;
use axum::extract::{RawQuery, State};
use chinhchu_protocol::case::{CustomerType, Payment};
use chinhchu_protocol::policy::{Channel, PolicyDecision};
use chinhchu_protocol::problem::{ErrorCode, Problem};
use jiff::civil::Date;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::sql::{NoRule, rule_on};
use super::{decide, vietnam_day, words};
use crate::http::{ApiError, App};
use crate::intake::walk::read_date;
use crate::tokens::Credential;
use crate::tokens::auth::store_away;

/// Routes of this module.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(decision))
}

/// What is asked, checked. Shared with the command line.
pub struct Question {
    /// Prepaid or postpaid.
    pub payment: Payment,
    /// Needed for prepaid.
    pub sub_type: Option<String>,
    /// Whose subscription.
    pub customer_type: CustomerType,
    /// Who asks.
    pub channel: Channel,
    /// On which day, in Vietnam.
    pub day: Date,
}

/// May this channel activate this subscriber, and what does it need for that?
#[utoipa::path(
    get, path = "/v1/policy/decision", tag = "policy",
    security(("company_token" = []), ("service_credential" = [])),
    params(
        ("payment" = Payment, Query, description = "`prepaid` or `postpaid`"),
        ("sub_type" = Option<String>, Query, description = "Subscriber type of the catalogue; not needed for postpaid"),
        ("customer_type" = CustomerType, Query, description = "`individual`, `vi2` or `enterprise`"),
        ("channel" = Channel, Query, description = "`msale`, `tcqlkh`, `dthgd` or `cskh`"),
        ("at" = Option<String>, Query, description = "RFC 3339 moment or `YYYY-MM-DD` (Vietnam); now if missing"),
    ),
    responses(
        (status = 200, description = "The decision and its rule", body = PolicyDecision),
        (status = 404, description = "`sub_type_unknown`, `policy_not_in_force`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`request_invalid`", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn decision(
    State(app): State<App>,
    credential: Credential,
    RawQuery(query): RawQuery,
) -> Result<Json<PolicyDecision>, ApiError> {
    match credential {
        Credential::Company { .. } | Credential::Service { .. } => {}
        Credential::Call { .. } => {
            return Err(ApiError::forbidden("This needs a company token or a service credential."));
        }
    }
    let question = read_question(query.as_deref().unwrap_or(""), vietnam_day(app.clock.now()))?;
    let channel = question.channel;
    let held = app
        .db
        .read(move |c| {
            let customers = words::customers_of(question.customer_type);
            rule_on(c, question.payment, question.sub_type.as_deref(), customers, question.day)
        })
        .await
        .map_err(store_away)?
        .map_err(no_rule)?;
    Ok(Json(decide::decide(&held.entry, channel)))
}

/// The problem that goes with a missing rule.
pub fn no_rule(why: NoRule) -> ApiError {
    match why {
        NoRule::SubTypeUnknown => {
            ApiError::new(ErrorCode::SubTypeUnknown, "The catalogue has no such subscriber type.")
        }
        NoRule::NotInForce => ApiError::new(ErrorCode::PolicyNotInForce, "No rule held on that day."),
    }
}

/// Reads the query and names every fault in it.
pub fn read_question(query: &str, today: Date) -> Result<Question, ApiError> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let get = |name: &str| {
        pairs.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    };
    let mut problem = Problem::new(ErrorCode::RequestInvalid, "Correct the named parameters.");
    let payment = choice(&mut problem, "payment", get("payment"));
    let customer_type = choice(&mut problem, "customer_type", get("customer_type"));
    let channel = choice(&mut problem, "channel", get("channel"));
    let sub_type = get("sub_type").map(str::to_owned);
    if payment == Some(Payment::Prepaid) && sub_type.is_none() {
        problem = problem.with("sub_type", "missing");
    }
    let day = match get("at") {
        None => Some(today),
        Some(text) => read_day(text),
    };
    if day.is_none() {
        problem = problem.with("at", "not_a_time");
    }
    match (payment, customer_type, channel, day) {
        (Some(payment), Some(customer_type), Some(channel), Some(day)) if problem.errors.is_empty() => {
            Ok(Question { payment, sub_type, customer_type, channel, day })
        }
        (_, _, _, _) => Err(problem.into()),
    }
}

fn choice<T: serde::de::DeserializeOwned>(
    problem: &mut Problem,
    field: &str,
    value: Option<&str>,
) -> Option<T> {
    let Some(text) = value else {
        *problem = problem.clone().with(field, "missing");
        return None;
    };
    let found = serde_json::from_value(serde_json::Value::String(text.to_owned())).ok();
    if found.is_none() {
        *problem = problem.clone().with(field, "unknown_value");
    }
    found
}

/// A day, or the day of a moment in Vietnam. An unescaped `+` of an offset arrives as a space.
fn read_day(text: &str) -> Option<Date> {
    read_date(text).or_else(|| text.replace(' ', "+").parse().ok().map(vietnam_day))
}
