//! How much is drawn for a second look: dated data, changed by whoever runs the installation, never by who reviews.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::console::Page;
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::console::review::{ReviewSetting, ReviewSettingGiven};
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_protocol::time::Timestamp;
use serde_json::json;

use super::sql;
use super::work::is_code;
use crate::audit::{self, Entry};
use crate::companies;
use crate::console::Person;
use crate::console::calls::store_away;
use crate::console::session::http::NO_STORE;
use crate::http::{ApiError, App};
use crate::store::StoreError;

const MAX_REASONS: usize = 32;
const MAX_REASON: usize = 200;

/// How much is drawn, and was, and will be: newest first, at most 500.
#[utoipa::path(get, path = "/v1/console/reviews/settings", tag = "console",
    responses((status = 200, body = Page<ReviewSetting>), (status = "4XX", body = Problem)))]
pub async fn list(State(app): State<App>, person: Person) -> Result<Response, ApiError> {
    person.may(Right::Review).or_else(|_| person.may(Right::PolicyRead))?;
    let mut items = app.db.read(sql::settings).await.map_err(store_away)?;
    items.retain(|one| one.company.as_ref().is_none_or(|company| person.scope.sees_company(company)));
    Ok((NO_STORE, Json(Page { items, next: None })).into_response())
}

/// Change how much is drawn, from now or a later moment on.
#[utoipa::path(put, path = "/v1/console/reviews/settings", tag = "console",
    request_body = ReviewSettingGiven,
    responses((status = 200, body = ReviewSetting), (status = "4XX", body = Problem)))]
pub async fn set(
    State(app): State<App>,
    person: Person,
    body: Result<Json<ReviewSettingGiven>, JsonRejection>,
) -> Result<Response, ApiError> {
    person.may(Right::PolicyWrite)?;
    let Json(given) = body.map_err(|_| ApiError::new(ErrorCode::BodyMalformed, "Send a setting as JSON."))?;
    let now = app.clock.now();
    check(&given, now)?;
    if let Some(company) = given.company.clone() {
        let exists = app.db.read(move |connection| companies::sql::exists(connection, &company)).await;
        if !exists.map_err(store_away)? {
            return Err(ApiError::new(ErrorCode::RequestInvalid, "Correct the named fields.")
                .with("company", "unknown_value"));
        }
    }
    let setting = ReviewSetting {
        company: given.company,
        share_per_mille: given.share_per_mille,
        all_of_reasons: given.all_of_reasons,
        valid_from: given.valid_from.unwrap_or(now),
        changed_by: person.actor(),
        change_reason: given.reason,
    };
    let stored = app.db.write(move |tx| {
        sql::insert_setting(tx, &setting, now)?;
        let subject = setting.company.as_ref().map_or("reviews".to_owned(), |code| format!("company:{code}"));
        let detail = json!({
            "share_per_mille": setting.share_per_mille,
            "all_of_reasons": setting.all_of_reasons,
            "valid_from": setting.valid_from,
            "reason": setting.change_reason,
        });
        let actor = person.actor();
        let entry =
            Entry { actor: &actor, action: "review.settings_changed", subject: &subject, detail: &detail };
        audit::append(tx, now, &entry)?;
        Ok::<_, StoreError>(setting)
    });
    Ok((NO_STORE, Json(stored.await.map_err(store_away)?)).into_response())
}

fn check(given: &ReviewSettingGiven, now: Timestamp) -> Result<(), ApiError> {
    let mut problem = Problem::new(ErrorCode::RequestInvalid, "Correct the named fields.");
    if given.share_per_mille > 1_000 {
        problem = problem.with("share_per_mille", "out_of_range");
    }
    if given.all_of_reasons.len() > MAX_REASONS || !given.all_of_reasons.iter().all(|code| is_code(code)) {
        problem = problem.with("all_of_reasons", "not_a_code");
    }
    // What was drawn is drawn: nobody changes afterwards what should have been.
    if given.valid_from.is_some_and(|from| from < now) {
        problem = problem.with("valid_from", "in_the_past");
    }
    if given.reason.is_empty() || given.reason.chars().count() > MAX_REASON {
        problem = problem.with("reason", "out_of_range");
    }
    if problem.errors.is_empty() { Ok(()) } else { Err(problem.into()) }
}
