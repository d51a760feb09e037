//! Every refusal leaves the server as `application/problem+json` with a stable code (contract.md, Errors).
//! Texts never repeat what the caller sent: it may be personal data (I9).

use std::fmt::Display;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::problem::{ErrorCode, Problem};

/// A refusal on its way out. Handlers return `Result<_, ApiError>`.
#[derive(Debug)]
pub struct ApiError {
    problem: Box<Problem>,
    retry_after_s: Option<u32>,
}

impl ApiError {
    /// A problem with a sentence that says what to do about it.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { problem: Box::new(Problem::new(code, detail)), retry_after_s: None }
    }

    /// Names one faulty field.
    #[must_use]
    pub fn with(mut self, field: impl Into<String>, code: impl Into<String>) -> Self {
        *self.problem = self.problem.with(field, code);
        self
    }

    /// Adds `Retry-After`, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// A fault of ours: the cause goes to the log, never outside.
    pub fn internal(cause: impl Display) -> Self {
        tracing::error!(%cause, "internal error");
        Self::new(ErrorCode::Internal, "The server failed; tell the operator the request id.")
    }

    /// Something we need is away; the cause goes to the log.
    pub fn unavailable(cause: impl Display) -> Self {
        tracing::error!(%cause, "unavailable");
        Self::new(ErrorCode::Unavailable, "Not available now; try again.").retry_after(2)
    }

    /// No such call, or another company's: the two are never told apart.
    pub fn call_not_found() -> Self {
        Self::new(ErrorCode::CallNotFound, "There is no such call for this credential.")
    }

    /// The key of the case, or its pictures, were destroyed.
    pub fn case_erased() -> Self {
        Self::new(ErrorCode::CaseErased, "The case was erased, on demand or at the end of its time.")
    }

    /// A valid credential of the wrong kind.
    pub fn forbidden(detail: &str) -> Self {
        Self::new(ErrorCode::Forbidden, detail)
    }

    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        self.problem.code
    }

    /// The body, for sockets.
    pub fn into_problem(self) -> Problem {
        *self.problem
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self { problem: Box::new(problem), retry_after_s: None }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&*self.problem).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
