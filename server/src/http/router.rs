//! Every route of the public listener.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Router, routing::get};
use chinhchu_protocol::problem::ErrorCode;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

use super::{ApiError, App, drain, guard, health, pages};
use crate::sandbox::{self, Msale};
use crate::{openapi, sockets};

/// Largest body of an endpoint that does not set its own limit.
const DEFAULT_BODY_BYTES: usize = 64 * 1024;

/// Puts all routes together.
pub fn router(app: App, sandbox: Option<Arc<Msale>>) -> Router {
    let (api, document) = openapi::api().split_for_parts();
    let mut router = Router::new()
        .merge(api)
        .merge(sockets::routes())
        .merge(health::routes())
        .merge(pages::routes())
        .merge(openapi::routes(&document));
    if let Some(msale) = sandbox {
        router = router.merge(sandbox::routes(msale));
    }
    let layers = ServiceBuilder::new()
        .layer(from_fn_with_state(app.clone(), guard::observe))
        .layer(from_fn_with_state(app.clone(), guard::secure))
        .layer(from_fn(drain::drain))
        .layer(from_fn(guard::as_problem))
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(from_fn(guard::limit_headers))
        .layer(DefaultBodyLimit::max(DEFAULT_BODY_BYTES));
    router.fallback(get(nothing_here)).layer(layers).with_state(app)
}

async fn nothing_here() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "There is nothing at this address.")
}
