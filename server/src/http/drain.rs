//! A refusal must reach a client that is still sending: the rest of the body is read and dropped, within
//! limits, before the connection may close. Without it many clients see a reset instead of the answer.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;

/// More than this is not read for a refused request.
const MAX_DRAINED_BYTES: u64 = 24 * 1024 * 1024;
const MAX_DRAIN_TIME: Duration = Duration::from_secs(5);

type Slot = Arc<Mutex<Option<Body>>>;

/// Middleware: after an error answer, reads what the handler left of the body.
pub async fn drain(request: Request, next: Next) -> Response {
    let slot = Slot::default();
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let on_loan = Lent { body: Some(body), slot: slot.clone() };
    let response = next.run(Request::from_parts(parts, Body::new(on_loan))).await;
    if response.status().is_client_error() || response.status().is_server_error() {
        let left = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(body) = left {
            let _ = tokio::time::timeout(MAX_DRAIN_TIME, read_away(body)).await;
        }
    }
    response
}

async fn read_away(mut body: Body) {
    if body.size_hint().lower() > MAX_DRAINED_BYTES {
        return;
    }
    let mut seen = 0;
    while let Some(Ok(frame)) = body.frame().await {
        seen += frame.data_ref().map_or(0, |data| data.len() as u64);
        if seen > MAX_DRAINED_BYTES {
            return;
        }
    }
}

/// A body that comes back when the handler drops it.
struct Lent {
    body: Option<Body>,
    slot: Slot,
}

impl Drop for Lent {
    fn drop(&mut self) {
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = self.body.take();
    }
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.body.as_mut() {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(HttpBody::size_hint).unwrap_or_default()
    }
}
