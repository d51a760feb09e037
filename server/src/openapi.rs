//! The contract as OpenAPI 3.1, generated from the handlers: `/openapi.json`, and `/docs` for people (one
//! plain page, nothing loaded from elsewhere).

mod docs;

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;

use crate::http::App;
use crate::{agents, calls, console, evidence, figures, intake, policy, staffing, tokens, workstations};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Chính Chủ",
        description = "Verifies by video call that a SIM's buyer is who the papers say. \
                       Errors are `application/problem+json` with a stable `code` (see /docs/errors)."
    ),
    tags(
        (name = "eKYC", description = "Make calls, follow them, fetch pictures"),
        (name = "mSale", description = "Company tokens"),
        (name = "policy", description = "Which subscribers need a call"),
        (name = "agent", description = "The workstation; not for integrators"),
        (name = "console", description = "The operator's own people; by cookie, see docs/people.md")
    ),
    components(schemas(chinhchu_protocol::webhook::WebhookEvent))
)]
struct Document;

/// The documented routes with their document.
pub fn api() -> OpenApiRouter<App> {
    let mut document = Document::openapi();
    let components = document.components.get_or_insert_default();
    for (name, text) in [
        ("company_token", "Company token `cct_…`, issued to mSale; may live on a dealer's phone"),
        ("service_credential", "Service credential `csc_…` of mSale, eKYC's server or another channel"),
        ("call_token", "Opens one call; in the 201 and its replay only"),
    ] {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(text)).build();
        components.add_security_scheme(name, SecurityScheme::Http(scheme));
    }
    let mut api = OpenApiRouter::with_openapi(document)
        .merge(intake::http::routes())
        .merge(calls::http::routes())
        .merge(tokens::http::routes())
        .merge(policy::http::routes())
        .merge(agents::http::routes())
        .merge(workstations::http::routes())
        .merge(evidence::http::routes())
        .merge(figures::reconcile::http::routes())
        .merge(console::routes())
        .merge(staffing::http::routes());
    console::document::describe(api.get_openapi_mut());
    api
}

/// Serves the document.
pub fn routes(document: &utoipa::openapi::OpenApi) -> Router<App> {
    let json = serde_json::to_value(document).unwrap_or_default();
    let (page, errors, text) = (docs::page(&json), docs::errors(), json.to_string());
    Router::new()
        .route(
            "/openapi.json",
            get(async move || ([(header::CONTENT_TYPE, "application/json")], text).into_response()),
        )
        .route("/docs", get(async move || docs::html(page)))
        .route("/docs/errors", get(async move || docs::html(errors)))
}
