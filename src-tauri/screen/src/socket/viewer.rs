//! One connection of the page: origin, token, then frames and acknowledgements.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use subtle::ConstantTimeEq as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message as Ws;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::http::header::ORIGIN;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

use super::Door;
use super::stream::Stream;

/// Frames sent and not yet acknowledged.
const MOST_IN_FLIGHT: usize = 2;
/// What a page may send at once: a token, an acknowledgement.
const LARGEST_TEXT: usize = 1024;
/// For the handshake and the token; then for one frame to leave.
const PATIENCE: Duration = Duration::from_secs(5);

/// Serves one connection until either side leaves.
pub(super) async fn serve(tcp: TcpStream, door: &Door) {
    // A frame is one message; waiting for more would only add to its age.
    let _ = tcp.set_nodelay(true);
    let Ok(Some((mut socket, stream))) = timeout(PATIENCE, welcome(tcp, door)).await else { return };
    let number = stream.enter();
    show(&mut socket, &stream, number).await;
    let _ = timeout(PATIENCE, socket.close(None)).await;
}

/// Handshake with a known origin and stream, then the token.
async fn welcome(tcp: TcpStream, door: &Door) -> Option<(WebSocketStream<TcpStream>, Arc<Stream>)> {
    let mut stream = None;
    let config =
        WebSocketConfig::default().max_message_size(Some(LARGEST_TEXT)).max_frame_size(Some(LARGEST_TEXT));
    #[expect(clippy::result_large_err, reason = "the library's own signature")]
    let check = |request: &Request, response: Response| {
        let origin = request.headers().get(ORIGIN).and_then(|origin| origin.to_str().ok());
        if !origin.is_some_and(|origin| door.origins.iter().any(|known| known == origin)) {
            return Err(refusal(StatusCode::FORBIDDEN));
        }
        stream = door.stream(request.uri().query()).map(Arc::clone);
        if stream.is_none() || request.uri().path() != "/" {
            return Err(refusal(StatusCode::NOT_FOUND));
        }
        Ok(response)
    };
    let mut socket = accept_hdr_async_with_config(tcp, check, Some(config)).await.ok()?;
    let stream = stream?;
    let first = socket.next().await?.ok()?;
    let expected = door.token();
    let fits = matches!(&first, Ws::Text(text) if bool::from(text.as_bytes().ct_eq(expected.as_bytes())));
    if !fits {
        tracing::warn!("a page with a wrong token was turned away from the video socket");
        let _ = socket.close(None).await;
        return None;
    }
    Some((socket, stream))
}

fn refusal(status: StatusCode) -> ErrorResponse {
    let mut response = ErrorResponse::new(None);
    *response.status_mut() = status;
    response
}

/// Sends frames as long as the page draws them.
async fn show(socket: &mut WebSocketStream<TcpStream>, stream: &Stream, number: u64) {
    let mut in_flight: VecDeque<(u32, Option<Instant>)> = VecDeque::new();
    let mut last = None;
    loop {
        let has_room = in_flight.len() < MOST_IN_FLIGHT;
        tokio::select! {
            message = stream.next(number, last, has_room) => {
                let Some(message) = message else { return };
                last = Some(message.seq);
                in_flight.push_back((message.seq, message.pushed));
                let sent = timeout(PATIENCE, socket.send(Ws::Binary(message.bytes))).await;
                if !matches!(sent, Ok(Ok(()))) {
                    return;
                }
            }
            received = socket.next() => {
                let text = match received {
                    Some(Ok(Ws::Text(text))) => text,
                    Some(Ok(Ws::Ping(_) | Ws::Pong(_))) => continue,
                    Some(Ok(Ws::Binary(_) | Ws::Close(_) | Ws::Frame(_)) | Err(_)) | None => return,
                };
                let Ok(Ack { ack }) = serde_json::from_str(&text) else { return };
                // A page that leaves out a frame acknowledges the ones before with it.
                let Some(place) = in_flight.iter().position(|(seq, _)| *seq == ack) else { continue };
                for (_, pushed) in in_flight.drain(..=place) {
                    if let Some(pushed) = pushed {
                        stream.drawn(pushed);
                    }
                }
            }
        }
    }
}

#[derive(serde::Deserialize)]
struct Ack {
    ack: u32,
}
