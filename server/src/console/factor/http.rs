//! The second step of a sign-in, and setting it up.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::console::account::{
    FactorConfirm, FactorOffer, FactorSet, FactorShown, PasswordAgain, RecoveryCodes,
};
use chinhchu_protocol::console::people::{Me, SecondFactor};
use chinhchu_protocol::ids::PersonId;
use chinhchu_protocol::problem::{ErrorCode, Problem};
use rusqlite::Transaction;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{fresh, recovery_codes, recovery_hash, sql, step_of};
use crate::console::account::{again, read};
use crate::console::person::Arrived;
use crate::console::session::failures::{self, Step};
use crate::console::session::http::{NO_STORE, answer};
use crate::console::session::{self, Begun, LIFE_MS, fresh_token, note, over};
use crate::console::sql::{Way, end_sessions};
use crate::http::{ApiError, App};
use crate::store::StoreError;
use crate::tokens::secret::hash;

const MAX_BODY: usize = 8 * 1024;

/// `/session/second-factor`, `/me/second-factor`, `/me/recovery-codes`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(offer, confirm))
        .routes(routes!(renew_recovery_codes))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

/// What became of a step that was tried, inside the transaction that used it up.
enum Tried {
    Wrong,
    Done,
}

/// Why nothing of it is kept.
#[derive(Debug, thiserror::Error)]
enum FactorError {
    #[error("the session has ended meanwhile")]
    SessionOver,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<FactorError> for ApiError {
    fn from(error: FactorError) -> Self {
        match error {
            FactorError::SessionOver => over(),
            FactorError::Store(error) => Self::unavailable(error),
        }
    }
}

/// Show the second factor, or a recovery code. Sets another cookie.
#[utoipa::path(post, path = "/v1/console/session/second-factor", tag = "console", request_body = FactorShown,
    responses((status = 200, body = Me), (status = "4XX", body = Problem)))]
async fn show(
    State(app): State<App>,
    arrived: Arrived,
    body: Result<Json<FactorShown>, JsonRejection>,
) -> Result<Response, ApiError> {
    let shown = read(body)?;
    match arrived.factor {
        SecondFactor::Wanted => {}
        SecondFactor::ToSetUp => return Err(missing()),
        SecondFactor::On | SecondFactor::Off => return Err(ApiError::forbidden("It was shown already.")),
    }
    let person = &arrived.found.person;
    let (id, session_id, now) = (person.person_id, arrived.found.session_id, app.clock.now());
    attempt(&app, id)?;
    let by = match shown {
        FactorShown::Code(code) => {
            let sealed = person.totp_sealed.as_deref().ok_or_else(missing)?;
            match step_of(&app.keys, id, sealed, &code, now).map_err(ApiError::internal)? {
                Some(step) => By::Step(step),
                None => return Err(not_it(&app, id)),
            }
        }
        FactorShown::RecoveryCode(code) => By::Recovery(recovery_hash(id, &code)),
    };
    let before = app.console.failures.untold(id);
    let token = fresh_token();
    let token_hash = hash(&token);
    let tried = app.db.write(move |tx| {
        let used = match by {
            By::Step(step) => sql::use_step(tx, id, step)?,
            By::Recovery(hash) => sql::use_recovery_code(tx, id, hash, now)?,
        };
        if !used {
            return Ok(Tried::Wrong);
        }
        if !sql::promote(tx, session_id, token_hash, now.plus_ms(LIFE_MS), now)? {
            return Err(FactorError::SessionOver);
        }
        if matches!(by, By::Recovery(_)) {
            note(tx, id, "person.recovery_code_used", &json!({}), now)?;
        }
        session::signed_in(tx, id, Way::Password, before, now)?;
        Ok(Tried::Done)
    });
    match tried.await? {
        Tried::Wrong => return Err(not_it(&app, id)),
        Tried::Done => {}
    }
    app.console.factors.clear(&id.to_string());
    app.console.failures.over(id);
    answer(&app, StatusCode::OK, &Begun { token, session_id }).await
}

#[derive(Clone, Copy)]
enum By {
    Step(u64),
    Recovery([u8; 32]),
}

/// Ask for a new second factor: a secret for an authenticator app. The one in use stays until the new one has
/// shown its first code; whoever has one gives the password again.
#[utoipa::path(post, path = "/v1/console/me/second-factor", tag = "console", request_body = PasswordAgain,
    responses((status = 200, body = FactorOffer), (status = "4XX", body = Problem)))]
async fn offer(
    State(app): State<App>,
    arrived: Arrived,
    body: Result<Json<PasswordAgain>, JsonRejection>,
) -> Result<Response, ApiError> {
    let request = read(body)?;
    match arrived.factor {
        SecondFactor::ToSetUp => {}
        SecondFactor::On => {
            arrived.whole()?;
            again(&app, &arrived.found.person, request.password).await?;
        }
        SecondFactor::Wanted => return Err(missing()),
        SecondFactor::Off => return Err(of_the_directory()),
    }
    let person = &arrived.found.person;
    let id = person.person_id;
    let (sealed, offer) = fresh(&app.keys, id, &person.username).map_err(ApiError::internal)?;
    let written = app.db.write(move |tx| sql::set_next(tx, id, &sealed)).await;
    written.map_err(|error: StoreError| ApiError::unavailable(error))?;
    Ok((NO_STORE, Json(offer)).into_response())
}

/// Show the first code of the new second factor: it is in use from now on. Gives recovery codes, ends the other
/// sessions, sets another cookie.
#[utoipa::path(put, path = "/v1/console/me/second-factor", tag = "console", request_body = FactorConfirm,
    responses((status = 200, body = FactorSet), (status = "4XX", body = Problem)))]
async fn confirm(
    State(app): State<App>,
    arrived: Arrived,
    body: Result<Json<FactorConfirm>, JsonRejection>,
) -> Result<Response, ApiError> {
    let FactorConfirm { code } = read(body)?;
    let first = match arrived.factor {
        SecondFactor::ToSetUp => true,
        SecondFactor::On => {
            arrived.whole()?;
            false
        }
        SecondFactor::Wanted => return Err(missing()),
        SecondFactor::Off => return Err(of_the_directory()),
    };
    let (id, session_id, now) = (arrived.found.person.person_id, arrived.found.session_id, app.clock.now());
    attempt(&app, id)?;
    let sealed = app.db.read(move |connection| sql::next(connection, id)).await;
    let sealed = sealed.map_err(|error: StoreError| ApiError::unavailable(error))?.ok_or_else(missing)?;
    let step = step_of(&app.keys, id, &sealed, &code, now).map_err(ApiError::internal)?.ok_or_else(wrong)?;
    let (token, (codes, hashes)) = (fresh_token(), recovery_codes(id));
    let before = app.console.failures.untold(id);
    let token_hash = hash(&token);
    let tried = app.db.write(move |tx: &Transaction<'_>| {
        if !sql::adopt_next(tx, id, &sealed, step, now)? {
            return Ok(Tried::Wrong);
        }
        sql::set_recovery_codes(tx, id, &hashes)?;
        end_sessions(tx, id, Some(session_id), "second_factor_set", now)?;
        if !sql::promote(tx, session_id, token_hash, now.plus_ms(LIFE_MS), now)? {
            return Err(FactorError::SessionOver);
        }
        note(tx, id, "person.second_factor_set", &json!({}), now)?;
        if first {
            session::signed_in(tx, id, Way::Password, before, now)?;
        }
        Ok(Tried::Done)
    });
    match tried.await? {
        Tried::Wrong => return Err(wrong()),
        Tried::Done => {}
    }
    app.console.factors.clear(&id.to_string());
    if first {
        app.console.failures.over(id);
    }
    let (me, cookie) = session::http::arrival(&app, &Begun { token, session_id }).await?;
    let set = FactorSet { me, recovery_codes: codes };
    let mut response = (NO_STORE, Json(set)).into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Make new recovery codes; the older ones do not work any more.
#[utoipa::path(post, path = "/v1/console/me/recovery-codes", tag = "console", request_body = PasswordAgain,
    responses((status = 200, body = RecoveryCodes), (status = "4XX", body = Problem)))]
async fn renew_recovery_codes(
    State(app): State<App>,
    arrived: Arrived,
    body: Result<Json<PasswordAgain>, JsonRejection>,
) -> Result<Response, ApiError> {
    let request = read(body)?;
    match arrived.factor {
        SecondFactor::On => arrived.whole()?,
        SecondFactor::Wanted | SecondFactor::ToSetUp => return Err(missing()),
        SecondFactor::Off => return Err(of_the_directory()),
    };
    again(&app, &arrived.found.person, request.password).await?;
    let (id, now) = (arrived.found.person.person_id, app.clock.now());
    let (recovery_codes, hashes) = recovery_codes(id);
    let written = app.db.write(move |tx| {
        sql::set_recovery_codes(tx, id, &hashes)?;
        note(tx, id, "person.recovery_codes_made", &json!({}), now)
    });
    written.await.map_err(|error: StoreError| ApiError::unavailable(error))?;
    Ok((NO_STORE, Json(RecoveryCodes { recovery_codes })).into_response())
}

/// Takes one try of a person's second factor.
fn attempt(app: &App, person: PersonId) -> Result<(), ApiError> {
    app.console.factors.take(&person.to_string(), app.clock.now()).map_err(|seconds| {
        ApiError::new(ErrorCode::RateLimited, "Too many wrong codes; wait.").retry_after(seconds)
    })
}

/// A wrong second step of a sign-in: its password was right.
fn not_it(app: &App, person: PersonId) -> ApiError {
    failures::note_wrong(app, Some(person), Step::SecondFactor);
    wrong()
}

fn wrong() -> ApiError {
    ApiError::new(
        ErrorCode::SecondFactorWrong,
        "Not the code of now, or one that was used; wait for the next.",
    )
}

fn missing() -> ApiError {
    ApiError::new(ErrorCode::SecondFactorMissing, "Set the second factor up, or enter its code, first.")
}

fn of_the_directory() -> ApiError {
    ApiError::forbidden("The directory has signed you in: the second factor is its own.")
}
