//! Screens in the browser: the call page, the console and, with `--sandbox`, the sandbox. Built by `ui/`, embedded
//! in a release server, read from `ui/dist` by a debug one.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use chinhchu_protocol::problem::ErrorCode;

use super::{ApiError, App};

include!(concat!(env!("OUT_DIR"), "/screens.rs"));

/// The call page films; the sandbox holds it in a frame.
const CAMERA: &str = "camera=(self), microphone=(self), autoplay=(self), geolocation=()";
/// The console needs none.
const NO_DEVICES: &str = "camera=(), microphone=(), geolocation=()";
/// Nothing but our own files and interface, in nobody's frame; pictures of evidence may be held in memory.
const CONSOLE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    style-src-attr 'unsafe-inline'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; \
    frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// `/call/{id}#token` the call screen (S11), `/console/` the console, `/pages/…` what they load.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/call/{call_id}", get(call_screen))
        .route("/console", get(async || axum::response::Redirect::permanent("/console/")))
        .route("/console/", get(console_screen))
        .route("/console/{*screen}", get(console_screen))
        .route("/pages/caller/{*path}", get(caller_file))
        .route("/pages/console/{*path}", get(console_file))
}

/// The sandbox's screens; only with `--sandbox`.
pub fn sandbox_routes() -> Router<App> {
    Router::new()
        .route("/sandbox/", get(sandbox_screen))
        .route("/sandbox", get(async || axum::response::Redirect::permanent("/sandbox/")))
        .route("/pages/sandbox/{*path}", get(sandbox_file))
}

/// The same page for every call: which one it opens stands in the fragment, which never reaches a server.
async fn call_screen(State(app): State<App>) -> Result<Response, ApiError> {
    screen("caller/index.html", &content_policy(&app.public_url), CAMERA).await
}

/// One page for every screen of the console: it reads from its own address which one is meant.
async fn console_screen() -> Result<Response, ApiError> {
    screen("console/index.html", CONSOLE_POLICY, NO_DEVICES).await
}

async fn sandbox_screen(State(app): State<App>) -> Result<Response, ApiError> {
    screen("sandbox/index.html", &content_policy(&app.public_url), CAMERA).await
}

async fn caller_file(Path(path): Path<String>) -> Result<Response, ApiError> {
    asset(&format!("caller/{path}")).await
}

async fn console_file(Path(path): Path<String>) -> Result<Response, ApiError> {
    asset(&format!("console/{path}")).await
}

async fn sandbox_file(Path(path): Path<String>) -> Result<Response, ApiError> {
    asset(&format!("sandbox/{path}")).await
}

async fn screen(name: &str, content: &str, devices: &'static str) -> Result<Response, ApiError> {
    let bytes = file(name).await.ok_or_else(|| {
        tracing::error!(name, "the screens were not built");
        ApiError::new(ErrorCode::Unavailable, "The screens were not built: run `npm run build` in ui/.")
            .retry_after(60)
    })?;
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let policy = HeaderValue::from_str(content).map_err(ApiError::internal)?;
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(HeaderName::from_static("permissions-policy"), HeaderValue::from_static(devices));
    Ok(response)
}

/// Scripts from here only. Old web views do not take `'self'` for sockets: their address is named.
fn content_policy(public_url: &str) -> String {
    let socket = public_url.replacen("http", "ws", 1);
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; \
         img-src 'self' blob: data:; media-src 'self' blob:; font-src 'self'; connect-src 'self' {socket}; \
         frame-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
    )
}

async fn asset(name: &str) -> Result<Response, ApiError> {
    let nothing = || ApiError::new(ErrorCode::NotFound, "There is nothing at this address.");
    let bytes = file(name).await.ok_or_else(nothing)?;
    // Names under assets/ hold a hash of their content.
    let cache = if name.contains("/assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let types = [(header::CONTENT_TYPE, content_type(name)), (header::CACHE_CONTROL, cache)];
    Ok((types, bytes).into_response())
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, end)| end) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

/// A built file; names that could leave the folder are nothing.
async fn file(name: &str) -> Option<Bytes> {
    if name.split('/').any(|part| part.is_empty() || part.starts_with('.') || part.contains('\\')) {
        return None;
    }
    if let Some((_, bytes)) = FILES.iter().find(|(known, _)| *known == name) {
        return Some(Bytes::from_static(bytes));
    }
    from_folder(name).await
}

#[cfg(debug_assertions)]
async fn from_folder(name: &str) -> Option<Bytes> {
    let dist = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/dist");
    tokio::fs::read(dist.join(name)).await.ok().map(Bytes::from)
}

#[cfg(not(debug_assertions))]
async fn from_folder(_name: &str) -> Option<Bytes> {
    None
}
