//! The erasure: of calls named one by one, with a reason and their number typed, so that nobody destroys more than
//! was looked at. It cannot be undone.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::console::cases::{CaseErase, CaseErased, CasesErased, EraseOutcome, TombstoneShown};
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::problem::Problem;

use super::{demand_of, found};
use crate::cases::demand::{self, Outcome};
use crate::cases::erase::EraseError;
use crate::cases::tombstones::Laid;
use crate::console::session::http::NO_STORE;
use crate::console::{Person, asked};
use crate::http::{ApiError, App};
use crate::store::StoreError;

const MOST: usize = 100;

/// Destroy the keys of these cases for good. Held and running calls are left and named; erased ones are told as they
/// are. A call that is not the person's refuses all (404).
#[utoipa::path(post, path = "/v1/console/cases/erase", tag = "console", request_body = CaseErase,
    responses((status = 200, body = CasesErased), (status = "4XX", body = Problem),
              (status = 503, description = "Also: the list of erased calls is damaged or away", body = Problem)))]
pub async fn erase(
    State(app): State<App>,
    person: Person,
    body: Result<Json<CaseErase>, JsonRejection>,
) -> Result<Response, ApiError> {
    person.may(Right::CaseErase)?;
    let wanted = asked::body(body)?;
    let calls = named(&wanted)?;
    let demand = demand_of(&person, &wanted.reason)?;
    let (scope, looked) = (person.scope.clone(), calls.clone());
    let all = app.db.read(move |connection| {
        for call in looked {
            if found::seen(connection, &scope, call)?.is_none() {
                return Ok(false);
            }
        }
        Ok::<_, StoreError>(true)
    });
    if !all.await.map_err(asked::store_away)? {
        return Err(ApiError::call_not_found());
    }
    let (keys, tombstones, now) = (app.keys.clone(), app.config.tombstones(), app.clock.now());
    let done = app.db.write(move |tx| demand::erase(tx, (&keys, &tombstones), &calls, &demand, now));
    let done = done.await.map_err(|error| match error {
        EraseError::Store(error) => asked::store_away(error),
        EraseError::Tombstones(error) => {
            tracing::error!(%error, "nothing can be erased until the list of erased calls is whole");
            ApiError::unavailable(error)
        }
    })?;
    // Files and the write-ahead log go at once, not only at the keeper's next look.
    app.destroyed.notify_one();
    let items = done.into_iter().map(|(call_id, outcome)| told(call_id, outcome)).collect();
    Ok((NO_STORE, Json(CasesErased { items })).into_response())
}

fn named(wanted: &CaseErase) -> Result<Vec<CallId>, ApiError> {
    if wanted.calls.is_empty() || wanted.calls.len() > MOST {
        return Err(asked::invalid("calls", if wanted.calls.is_empty() { "missing" } else { "too_many" }));
    }
    let mut calls: Vec<CallId> = Vec::with_capacity(wanted.calls.len());
    for text in &wanted.calls {
        let call = text.parse().map_err(|_| ApiError::call_not_found())?;
        if calls.contains(&call) {
            return Err(asked::invalid("calls", "repeated"));
        }
        calls.push(call);
    }
    if usize::try_from(wanted.confirm) != Ok(calls.len()) {
        return Err(asked::invalid("confirm", "mismatch"));
    }
    Ok(calls)
}

fn told(call_id: CallId, outcome: Outcome) -> CaseErased {
    let (outcome, tombstone) = match outcome {
        Outcome::Erased(laid) => (EraseOutcome::Erased, Some(laid)),
        Outcome::ErasedBefore(laid) => (EraseOutcome::ErasedBefore, laid),
        Outcome::Expired => (EraseOutcome::Expired, None),
        Outcome::Held => (EraseOutcome::Held, None),
        Outcome::Running => (EraseOutcome::Running, None),
    };
    let shown = |Laid { tombstone, sha256 }: Laid| TombstoneShown {
        n: tombstone.n,
        sha256,
        erased_at: tombstone.erased_at,
    };
    CaseErased { call_id, outcome, tombstone: tombstone.map(shown) }
}
