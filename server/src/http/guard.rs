//! What holds for every request: a request id, a limit on header lines, security headers, a problem response
//! instead of an empty error or a panic.

use std::any::Any;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::problem::ErrorCode;
use tracing::Instrument as _;

use super::{ApiError, App};

/// More header lines than this are refused; a browser sends about 20.
pub const MAX_HEADER_LINES: usize = 100;

/// Name of the header that finds an answer's lines in the log.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Outermost middleware: names the request, logs it by its route (never its path: it may hold ids), counts it.
pub async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = app.clock.new_id();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let begun = Instant::now();
    let span = tracing::info_span!("request", request_id = %id);
    async move {
        let mut response = next.run(request).await;
        let ms = begun.elapsed().as_secs_f64() * 1000.0;
        let status = response.status().as_u16();
        tracing::info!(method = method_name(&method), route, status, ms, "answered");
        let labels =
            [("route", route), ("method", method_name(&method).to_owned()), ("status", status.to_string())];
        metrics::counter!("chinhchu_http_requests_total", &labels).increment(1);
        metrics::histogram!("chinhchu_http_seconds", &labels[..1]).record(ms / 1000.0);
        if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        response
    }
    .instrument(span)
    .await
}

/// Anybody can make methods up: they share one name, so that figures stay few.
fn method_name(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

/// Refuses a flood of headers with a problem response; the listener itself stops far larger ones.
pub async fn limit_headers(request: Request, next: Next) -> Response {
    if request.headers().len() > MAX_HEADER_LINES {
        return ApiError::new(ErrorCode::HeadersTooLarge, "A request may have 100 header lines.")
            .into_response();
    }
    next.run(request).await
}

/// Security headers; a page's own policy, set by [`super::pages`], stays.
pub async fn secure(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    set(HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if app.config.tls.is_some() || app.public_url.starts_with("https://") {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}

/// Gives errors of the framework (404, 405, 413, extractor failures) the shape of all others.
pub async fn as_problem(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/problem+json"));
    if !(status.is_client_error() || status.is_server_error()) || is_problem {
        return response;
    }
    let mut problem = match problem_for(status) {
        Some(error) => error.into_response(),
        None => return response,
    };
    if let Some(allow) = response.headers().get(header::ALLOW) {
        problem.headers_mut().insert(header::ALLOW, allow.clone());
    }
    problem
}

fn problem_for(status: StatusCode) -> Option<ApiError> {
    let (code, detail) = match status {
        StatusCode::NOT_FOUND => (ErrorCode::NotFound, "There is nothing at this address."),
        StatusCode::METHOD_NOT_ALLOWED => (ErrorCode::MethodNotAllowed, "See the Allow header."),
        StatusCode::PAYLOAD_TOO_LARGE => (ErrorCode::BodyTooLarge, "The body is over its limit."),
        StatusCode::REQUEST_TIMEOUT => (ErrorCode::RequestTimeout, "The body did not arrive in time."),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => (ErrorCode::HeadersTooLarge, "Send fewer headers."),
        StatusCode::SERVICE_UNAVAILABLE => return Some(ApiError::unavailable("not available")),
        status if status.is_server_error() => return Some(ApiError::internal("a handler failed")),
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            (ErrorCode::BodyMalformed, "The request cannot be read.")
        }
        // 401, 403, 426 and the like are made by our own handlers or by the WebSocket upgrade.
        _ => return None,
    };
    Some(ApiError::new(code, detail))
}

/// A panic is a bug; the client learns nothing of it but the request id. Its text may hold a value, so the log
/// has its place only (see the hook in [`crate::cli`]).
pub fn panicked(_panic: Box<dyn Any + Send + 'static>) -> Response<Body> {
    ApiError::internal("a handler panicked").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_that_somebody_made_up_make_no_new_figures() {
        assert_eq!(method_name(&Method::PUT), "PUT");
        for made_up in ["AAA1", "get", "TRACE"] {
            assert_eq!(method_name(&Method::from_bytes(made_up.as_bytes()).expect("method")), "other");
        }
    }
}
