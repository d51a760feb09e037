//! Probes, and figures for Prometheus on a listener of their own.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::{ApiError, App};
use crate::store::StoreError;

/// `/healthz` the process answers · `/readyz` the store does too.
pub fn routes() -> Router<App> {
    Router::new().route("/healthz", get(async || "ok\n")).route("/readyz", get(ready))
}

async fn ready(State(app): State<App>) -> Result<&'static str, ApiError> {
    app.db
        .read(|c| Ok::<_, StoreError>(c.query_row("SELECT 1", [], |_| Ok(()))?))
        .await
        .map_err(ApiError::unavailable)?;
    Ok("ready\n")
}

/// Starts counting; once per process. `None` if something counts already (tests start many servers).
pub fn install_recorder() -> Option<PrometheusHandle> {
    PrometheusBuilder::new().install_recorder().ok()
}

/// The router of the metrics listener.
pub fn metrics_router(handle: PrometheusHandle) -> Router {
    Router::new().route(
        "/metrics",
        get(move || {
            let text = handle.render();
            async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response() }
        }),
    )
}
