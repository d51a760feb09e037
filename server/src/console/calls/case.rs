//! What identifies the customer: the case as eKYC sent it, and the pictures. Nobody looks unseen: the record of
//! the look is written in the transaction that reads.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chinhchu_protocol::call::{ImageKind, ImageRef};
use chinhchu_protocol::console::calls::CallCase;
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::problem::{ErrorCode, Problem};
use rusqlite::{Connection, params};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{known, store_away};
use crate::calls::images::picture_response;
use crate::cases::{self, StoredPicture};
use crate::console::Person;
use crate::console::session::http::NO_STORE;
use crate::http::{ApiError, App};
use crate::objects::CaseKey;
use crate::store::{StoreError, rows};
use crate::{evidence, switchboard};

/// Routes of this module.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read)).routes(routes!(image))
}

/// The case. Every look is recorded.
#[utoipa::path(get, path = "/v1/console/calls/{call_id}/case", tag = "console",
    params(("call_id" = String, Path, description = "Our id of the call")),
    responses((status = 200, body = CallCase), (status = 410, description = "`case_erased`", body = Problem),
              (status = "4XX", body = Problem)))]
async fn read(State(app): State<App>, person: Person, Path(id): Path<String>) -> Result<Response, ApiError> {
    person.may(Right::EvidenceRead)?;
    let (call, _) = known(&app, &person.scope, &id).await?;
    let (keys, actor, now) = (app.keys.clone(), person.actor(), app.clock.now());
    let found = app.db.write(move |tx| {
        let Some(stored) = cases::sql::read(tx, &keys, call)? else { return Ok(None) };
        cases::sql::log_access(tx, call, &actor, "case", now)?;
        let verdict = switchboard::sql::call(tx, call)?.and_then(|row| row.verdict);
        let words = match verdict {
            Some(verdict) => evidence::sql::words(tx, &stored.key, call, verdict.assignment)?,
            None => None,
        };
        let images = cases::sql::pictures(tx, call, None)?;
        Ok::<_, StoreError>(Some(CallCase {
            call_id: call,
            case: stored.case,
            note: words.and_then(|words| words.note),
            images: images.iter().map(|picture| image_ref(call, picture)).collect(),
        }))
    });
    let case = found.await.map_err(store_away)?.ok_or_else(ApiError::case_erased)?;
    Ok((NO_STORE, Json(case)).into_response())
}

/// Where the console fetches a picture.
pub fn image_ref(call: CallId, picture: &StoredPicture) -> ImageRef {
    let (kind, n) = (picture.kind.name(), picture.assignment);
    let url = format!("/v1/console/calls/{call}/images/{kind}?assignment={n}");
    ImageRef { url, ..picture.image_ref(call) }
}

/// A picture: its bytes as sent or captured, or with `?display=1` the upright copy without metadata. Without an
/// assignment, the one whose verdict counts. Every look is recorded.
#[utoipa::path(get, path = "/v1/console/calls/{call_id}/images/{kind}", tag = "console",
    params(("call_id" = String, Path, description = "Our id of the call"), ("kind" = ImageKind, Path),
           ("assignment" = Option<u32>, Query, description = "0: the intake's"),
           ("display" = Option<String>, Query, description = "`1`: the upright copy without metadata")),
    responses((status = 200, content_type = "image/*", body = String),
              (status = 410, description = "`case_erased`", body = Problem), (status = "4XX", body = Problem)))]
async fn image(
    State(app): State<App>,
    person: Person,
    Path((id, kind)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    person.may(Right::EvidenceRead)?;
    let (call, _) = known(&app, &person.scope, &id).await?;
    let kind = ImageKind::parse(&kind).ok_or_else(no_picture)?;
    let (assignment, display) = asked(query.as_deref().unwrap_or(""))?;
    let (keys, actor, now) = (app.keys.clone(), person.actor(), app.clock.now());
    let found = app.db.write(move |tx| {
        let Some(key) = cases::sql::read_key(tx, &keys, call)? else { return Ok(Found::Erased) };
        let Some(picture) = picture(tx, call, kind, assignment)? else {
            let gone = cases::erase::pictures_destroyed(tx, call)?;
            return Ok(if gone { Found::Erased } else { Found::Nothing });
        };
        cases::sql::log_access(tx, call, &actor, kind.name(), now)?;
        Ok::<_, StoreError>(Found::Picture(key, Box::new(picture)))
    });
    match found.await.map_err(store_away)? {
        Found::Erased => Err(ApiError::case_erased()),
        Found::Nothing => Err(no_picture()),
        Found::Picture(key, picture) => {
            let (bytes, content_type) = load(&app, &key, *picture, display).await?;
            Ok(picture_response(bytes, &content_type))
        }
    }
}

enum Found {
    Picture(CaseKey, Box<StoredPicture>),
    Nothing,
    Erased,
}

/// Assignment and whether the display copy is wanted.
fn asked(query: &str) -> Result<(Option<u32>, bool), ApiError> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let get = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let wrong = |_| {
        ApiError::new(ErrorCode::RequestInvalid, "The assignment is a number.")
            .with("assignment", "wrong_type")
    };
    let assignment = get("assignment").map(str::parse).transpose().map_err(wrong)?;
    Ok((assignment, get("display") == Some("1")))
}

fn picture(
    connection: &Connection,
    call: CallId,
    kind: ImageKind,
    assignment: Option<u32>,
) -> Result<Option<StoredPicture>, StoreError> {
    let assignment = match (kind, assignment) {
        (_, Some(assignment)) => Some(assignment),
        (ImageKind::IdFront | ImageKind::IdBack | ImageKind::Portrait, None) => Some(0),
        (ImageKind::Screenshot | ImageKind::LiveFrame | ImageKind::WitnessFrame, None) => {
            let row = switchboard::sql::call(connection, call)?;
            row.and_then(|row| row.verdict).map(|verdict| verdict.assignment)
        }
    };
    let Some(assignment) = assignment else { return Ok(None) };
    let sql = "SELECT * FROM pictures WHERE call_id = ?1 AND assignment = ?2 AND kind = ?3";
    rows::first(connection, sql, params![call.0.as_bytes(), assignment, kind.name()], cases::sql::picture)
}

async fn load(
    app: &App,
    key: &CaseKey,
    picture: StoredPicture,
    display: bool,
) -> Result<(Bytes, String), ApiError> {
    let copy = picture.display_object_id.zip(picture.display_type).filter(|_| display);
    let (object, content_type) = copy.unwrap_or((picture.object_id, picture.content_type));
    let bytes = app.objects.get(key, object).await.map_err(ApiError::internal)?;
    Ok((bytes, content_type))
}

fn no_picture() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "The call has no such picture (yet).")
}
