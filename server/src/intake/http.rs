//! `POST /v1/calls`.

use axum::Json;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chinhchu_protocol::call::{CallBody, CallCreated, ImageKind};
use chinhchu_protocol::case::Case;
use chinhchu_protocol::ids::{CallId, CompanyCode};
use chinhchu_protocol::problem::{ErrorCode, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::case::read_case;
use super::parts::{self, MAX_BODY_BYTES, Parts};
use super::picture::Checked;
use super::{key, walk};
use crate::cases::NewPicture;
use crate::companies;
use crate::http::{ApiError, App};
use crate::objects::CaseKey;
use crate::policy::sql::{NoRule, rule_on, sub_types};
use crate::policy::{Held, vietnam_day, words};
use crate::switchboard::{Intake, TakeInError, Taken};
use crate::tokens::Credential;
use crate::tokens::auth::store_away;

/// Tells a replayed answer from a first one.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Routes of this module.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(take_in)).layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

/// The multipart, as documented.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "documentation of the multipart's parts")]
struct IntakeParts {
    /// The case, JSON, at most 64 KiB.
    case: Case,
    /// Front of the ID card: JPEG, PNG or WebP by its bytes, at most 5 MiB, 40 million pixels, 12,000 a side.
    #[schema(value_type = String, format = Binary)]
    id_front: Vec<u8>,
    /// Back of the ID card; the same limits.
    #[schema(value_type = Option<String>, format = Binary)]
    id_back: Option<Vec<u8>>,
    /// Portrait; the same limits.
    #[schema(value_type = String, format = Binary)]
    portrait: Vec<u8>,
}

/// Make a call (S10). Idempotent by `Idempotency-Key`: the same key and parts give the same call.
#[utoipa::path(
    post, path = "/v1/calls", tag = "eKYC", security(("company_token" = [])),
    params(("Idempotency-Key" = String, Header, description = "1–128 visible ASCII characters, fresh for every new call")),
    request_body(content = IntakeParts, content_type = "multipart/form-data"),
    responses(
        (status = 201, description = "Taken in", body = CallCreated),
        (status = 200, description = "Taken in before; `Idempotent-Replayed: true`", body = CallCreated),
        (status = 409, description = "`idempotency_conflict`", body = Problem, content_type = "application/problem+json"),
        (status = "4XX", description = "Refused; nothing was stored", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn take_in(
    State(app): State<App>,
    credential: Credential,
    request: Request,
) -> Result<Response, ApiError> {
    let company = credential.company()?.clone();
    app.limits.company.take(&company.0, app.clock.now())?;
    let idempotency_key = key::read(request.headers())?;
    let _place = app.pictures.enter().ok_or_else(|| ApiError::unavailable("too many intakes at once"))?;
    let parts = tokio::time::timeout(app.config.intake_time, read_parts(request)).await.map_err(|_| {
        ApiError::new(ErrorCode::RequestTimeout, "The body did not arrive in time; send it again.")
    })??;
    let parts_sha256 = parts.sha256();
    let before = app.switchboard.replay(&company, &idempotency_key, parts_sha256).await;
    if let Some(body) = before.map_err(not_taken)? {
        return Ok(answer(&app, &body, true));
    }
    let (case, policy) = check_case(&app, &company, &parts).await?;
    let checked = check_pictures(&app, parts.pictures).await?;
    let call_id = CallId(app.clock.new_id());
    let taken = store(&app, company, idempotency_key, parts_sha256, case, policy, call_id, checked).await?;
    match taken {
        Taken::Created(body) => {
            tracing::info!(call = %body.call_id, company = %body.company, "call taken in");
            Ok(answer(&app, &body, false))
        }
        Taken::Replayed(body) => Ok(answer(&app, &body, true)),
    }
}

async fn read_parts(request: Request) -> Result<Parts, ApiError> {
    let multipart = Multipart::from_request(request, &())
        .await
        .map_err(|_| ApiError::new(ErrorCode::BodyMalformed, "Send multipart/form-data with a boundary."))?;
    parts::read(multipart).await
}

/// Case, part names and policy: every fault at once.
async fn check_case(app: &App, company: &CompanyCode, parts: &Parts) -> Result<(Case, Held), ApiError> {
    let today = vietnam_day(app.clock.now());
    let known = app.db.read(sub_types).await.map_err(store_away)?;
    let mut faults = parts.faults.clone();
    let case = match &parts.case {
        None => {
            faults.push(chinhchu_protocol::problem::FieldError {
                field: "case".to_owned(),
                code: "missing".to_owned(),
            });
            None
        }
        Some(bytes) => match read_case(bytes, today, &|code| known.contains(code)) {
            Ok(case) => Some(case),
            Err(list) => {
                faults.extend(list);
                None
            }
        },
    };
    let Some(case) = case.filter(|_| faults.is_empty()) else {
        let mut problem = Problem::new(ErrorCode::CaseInvalid, "Correct the named fields and send again.");
        problem.errors = faults;
        problem.errors.truncate(walk::MAX_FAULTS);
        return Err(problem.into());
    };
    wanted_by_company(app, company, &case).await?;
    missing_pictures(parts)?;
    let subscriber = case.subscriber.clone();
    let held = app
        .db
        .read(move |c| {
            let customers = words::customers_of(subscriber.customer_type);
            rule_on(c, subscriber.payment, subscriber.sub_type.as_deref(), customers, today)
        })
        .await
        .map_err(store_away)?
        .map_err(|why| {
            let (told, code) = match why {
                NoRule::SubTypeUnknown => ("The catalogue has no such subscriber type.", "unknown_value"),
                NoRule::NotInForce => ("No rule holds for this subscriber today.", "not_in_force"),
            };
            ApiError::new(ErrorCode::CaseInvalid, told).with("subscriber.sub_type", code)
        })?;
    Ok((case, held))
}

/// What the company's settings require beyond the contract.
async fn wanted_by_company(app: &App, company: &CompanyCode, case: &Case) -> Result<(), ApiError> {
    let code = company.clone();
    let rules = app.db.read(move |c| companies::sql::intake_rules(c, &code)).await.map_err(store_away)?;
    if rules.require_biometric_match && case.biometric_match.is_none() {
        return Err(ApiError::new(ErrorCode::CaseInvalid, "This company's cases carry a biometric match.")
            .with("biometric_match", "missing"));
    }
    if rules.require_consent && case.consent.is_none() {
        return Err(ApiError::new(ErrorCode::ConsentMissing, "This company's cases carry the consent.")
            .with("consent", "missing"));
    }
    Ok(())
}

fn missing_pictures(parts: &Parts) -> Result<(), ApiError> {
    let mut problem = Problem::new(ErrorCode::PictureMissing, "Send id_front and portrait.");
    for kind in [ImageKind::IdFront, ImageKind::Portrait] {
        if !parts.pictures.contains_key(&kind) {
            problem = problem.with(kind.name(), "missing");
        }
    }
    if problem.errors.is_empty() { Ok(()) } else { Err(problem.into()) }
}

struct CheckedPicture {
    kind: ImageKind,
    original: Bytes,
    checked: Checked,
}

async fn check_pictures(
    app: &App,
    pictures: std::collections::BTreeMap<ImageKind, Bytes>,
) -> Result<Vec<CheckedPicture>, ApiError> {
    let mut list = Vec::with_capacity(pictures.len());
    for (kind, original) in pictures {
        let checked = app.pictures.check(original.clone()).await.map_err(|fault| {
            let what = fault.code().name().trim_start_matches("picture_");
            ApiError::new(fault.code(), format!("The picture is {fault}.")).with(kind.name(), what)
        })?;
        list.push(CheckedPicture { kind, original, checked });
    }
    Ok(list)
}

#[expect(clippy::too_many_arguments, reason = "each is one column of the new call")]
async fn store(
    app: &App,
    company: CompanyCode,
    idempotency_key: String,
    parts_sha256: [u8; 32],
    case: Case,
    policy: Held,
    call_id: CallId,
    checked: Vec<CheckedPicture>,
) -> Result<Taken, ApiError> {
    let received_at = app.clock.now();
    let case_key = CaseKey::generate();
    let pictures = make_durable(app, &case_key, checked).await?;
    let intake = Intake {
        call_id,
        company,
        idempotency_key,
        parts_sha256,
        case,
        case_key,
        pictures,
        policy,
        received_at,
    };
    app.switchboard.take_in(intake).await.map_err(not_taken)
}

/// Originals and display copies, on disk before any fact names them.
async fn make_durable(
    app: &App,
    key: &CaseKey,
    checked: Vec<CheckedPicture>,
) -> Result<Vec<NewPicture>, ApiError> {
    let mut bodies = Vec::with_capacity(checked.len() * 2);
    let mut pictures = Vec::with_capacity(checked.len());
    for CheckedPicture { kind, original, checked } in checked {
        let bytes = u32::try_from(original.len()).map_err(ApiError::internal)?;
        bodies.push(original);
        bodies.push(Bytes::from(checked.display));
        pictures.push((kind, bytes, checked.sha256, checked.content_type, checked.width, checked.height));
    }
    let ids = app.objects.put(key, bodies).await.map_err(ApiError::unavailable)?;
    Ok(pictures
        .into_iter()
        .zip(ids.chunks_exact(2))
        .map(|((kind, bytes, sha256, content_type, width, height), ids)| NewPicture {
            kind,
            object_id: ids[0],
            display_object_id: Some(ids[1]),
            sha256,
            content_type,
            display_type: Some("image/jpeg"),
            bytes,
            width,
            height,
        })
        .collect())
}

fn not_taken(error: TakeInError) -> ApiError {
    match error {
        TakeInError::IdempotencyConflict => {
            ApiError::new(ErrorCode::IdempotencyConflict, "Use a fresh key for another call.")
        }
        TakeInError::QueueFull => {
            ApiError::new(ErrorCode::QueueFull, "As many calls wait as may; try again later.").retry_after(30)
        }
        TakeInError::Refused(refusal) => ApiError::unavailable(refusal),
        TakeInError::Unavailable(cause) => ApiError::unavailable(cause),
    }
}

/// 201, or 200 for a replay: the only two answers that hold the call's secrets.
fn answer(app: &App, body: &CallBody, replayed: bool) -> Response {
    let call_token = app.keys.call_token(body.call_id, body.created_at);
    let created = CallCreated {
        call_id: body.call_id,
        external_id: body.external_id.clone(),
        state: body.state,
        call_screen_url: format!("{}/call/{}#{call_token}", app.public_url, body.call_id),
        call_token,
        created_at: body.created_at,
        queue: body.queue,
        policy: body.policy,
    };
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    if replayed {
        return (StatusCode::OK, no_store, [(REPLAYED, "true")], Json(created)).into_response();
    }
    let location = [(header::LOCATION, format!("/v1/calls/{}", body.call_id))];
    (StatusCode::CREATED, no_store, location, Json(created)).into_response()
}
