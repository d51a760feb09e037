//! A new socket, as soon as one can be had. In a call a new attempt starts every second at the latest, beside
//! those that still hang in a network that is gone; otherwise one after the other, with growing pauses, so that
//! a thousand workstations do not come back at the same moment.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error as WsError;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode, Uri, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};
use tokio_util::sync::CancellationToken;

use super::alive::{LOOK_EVERY_MS, Sleep};
use super::socket::LinkConfig;
use crate::outbox::backoff::pause_ms;

/// One attempt, in a call and otherwise.
const URGENT_TIMEOUT: Duration = Duration::from_secs(2);
const CALM_TIMEOUT: Duration = Duration::from_secs(5);
/// Between the starts of two attempts in a call, at the most; a quarter less by chance.
const URGENT_EVERY_MS: u64 = 1_000;
const FIRST_PAUSE_MS: u64 = 250;
const LONGEST_PAUSE_MS: u64 = 5_000;
/// Of one name, and between the starts of their attempts.
const MOST_ADDRESSES: usize = 8;
const STAGGER: Duration = Duration::from_millis(200);
/// Attempts that hang side by side.
const MOST_ATTEMPTS: usize = 3;

/// An open socket.
pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What dialing came to.
pub enum Dialed {
    /// Open.
    Open(Box<Socket>),
    /// The server does not know the session any more.
    Unauthorized,
    /// Not wanted any more.
    Stopped,
}

/// Dials until a socket is open. `failures`, also of sockets that broke at once, make pauses, which grow when calm;
/// `held_ms` is how long the socket before was open.
pub async fn dial(config: &LinkConfig, failures: &mut u32, held_ms: u64, stop: &CancellationToken) -> Dialed {
    let mut urgent = config.urgent.clone();
    let mut sleep = Sleep::new(config.clock.now().mono_ms);
    let mut attempts = FuturesUnordered::new();
    let first_pause_ms = first_pause_ms(*urgent.borrow(), *failures, held_ms);
    let mut next_mono_ms = config.clock.now().mono_ms + first_pause_ms;
    loop {
        let is_urgent = *urgent.borrow_and_update();
        let now = config.clock.now().mono_ms;
        let room = attempts.len() < if is_urgent { MOST_ATTEMPTS } else { 1 };
        if room && now >= next_mono_ms {
            attempts.push(attempt(config, is_urgent));
            next_mono_ms = now + later_ms(is_urgent, *failures);
            *failures = failures.saturating_add(1);
        }
        let wait_ms = next_mono_ms.saturating_sub(now).clamp(1, LOOK_EVERY_MS);
        tokio::select! {
            () = stop.cancelled() => return Dialed::Stopped,
            Some(ended) = attempts.next() => match ended {
                Ended::Open(socket) => return Dialed::Open(socket),
                Ended::Unauthorized => return Dialed::Unauthorized,
                // When calm, the pause counts from the end of the attempt.
                Ended::Failed if !*urgent.borrow() => {
                    let pause = later_ms(false, failures.saturating_sub(1));
                    next_mono_ms = config.clock.now().mono_ms + pause;
                    tracing::debug!(pause_ms = pause, failures = *failures, "no line to the server");
                }
                Ended::Failed => {}
            },
            // A call has begun, or ended: the other pace holds from here. The sender lives with the driver.
            Ok(()) = urgent.changed() => next_mono_ms = next_mono_ms.min(config.clock.now().mono_ms),
            () = tokio::time::sleep(Duration::from_millis(wait_ms)) => {}
        }
        if sleep.slept(config.clock.now().mono_ms) {
            attempts.clear();
            (next_mono_ms, *failures) = (0, 0);
        }
    }
}

/// In a call none after a socket that had held, and the usual pace from opening to opening where the server takes
/// sockets only to close them; otherwise a moment of chance, or the pause that has grown.
fn first_pause_ms(urgent: bool, failures: u32, held_ms: u64) -> u64 {
    match (urgent, failures) {
        (true, 0) => 0,
        (true, _) => later_ms(true, failures).saturating_sub(held_ms),
        (false, 0) => FIRST_PAUSE_MS - pause_ms(0, rand::random(), FIRST_PAUSE_MS, FIRST_PAUSE_MS),
        (false, _) => later_ms(false, failures - 1),
    }
}

fn later_ms(urgent: bool, failures: u32) -> u64 {
    if urgent {
        pause_ms(0, rand::random(), URGENT_EVERY_MS, URGENT_EVERY_MS)
    } else {
        pause_ms(failures, rand::random(), FIRST_PAUSE_MS, LONGEST_PAUSE_MS)
    }
}

enum Ended {
    Open(Box<Socket>),
    Unauthorized,
    Failed,
}

async fn attempt(config: &LinkConfig, urgent: bool) -> Ended {
    let patience = if urgent { URGENT_TIMEOUT } else { CALM_TIMEOUT };
    match tokio::time::timeout(patience, connect(config)).await {
        Ok(Ok(socket)) => Ended::Open(Box::new(socket)),
        Ok(Err(error)) if is_unauthorized(&error) => Ended::Unauthorized,
        Ok(Err(_)) | Err(_) => Ended::Failed,
    }
}

async fn connect(config: &LinkConfig) -> Result<Socket, WsError> {
    let mut request = config.url.as_str().into_client_request()?;
    let bearer = HeaderValue::try_from(format!("Bearer {}", config.token))
        .map_err(|error| WsError::HttpFormat(error.into()))?;
    request.headers_mut().insert(header::AUTHORIZATION, bearer);
    let limits = WebSocketConfig::default()
        .max_message_size(Some(chinhchu_protocol::MAX_FRAME_BYTES * 4))
        .max_frame_size(Some(chinhchu_protocol::MAX_FRAME_BYTES * 4))
        .write_buffer_size(0)
        .max_write_buffer_size(1024 * 1024);
    let connector = Connector::Rustls(config.tls.clone());
    let stream = reach(addresses(request.uri()).await?).await?;
    stream.set_nodelay(true)?;
    let (socket, _) = client_async_tls_with_config(request, stream, Some(limits), Some(connector)).await?;
    Ok(socket)
}

async fn addresses(uri: &Uri) -> std::io::Result<Vec<SocketAddr>> {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("wss") { 443 } else { 80 });
    Ok(tokio::net::lookup_host((host, port)).await?.take(MOST_ADDRESSES).collect())
}

/// The first that answers. One that swallows everything (IPv6 in many an office) must not hold the others up: each
/// starts a little after the one before (RFC 8305).
async fn reach(addresses: Vec<SocketAddr>) -> std::io::Result<TcpStream> {
    let mut attempts: FuturesUnordered<_> = (0_u32..)
        .zip(addresses)
        .map(|(place, address)| async move {
            tokio::time::sleep(STAGGER * place).await;
            TcpStream::connect(address).await
        })
        .collect();
    let mut last = std::io::Error::from(std::io::ErrorKind::NotFound);
    while let Some(ended) = attempts.next().await {
        match ended {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn is_unauthorized(error: &WsError) -> bool {
    matches!(error, WsError::Http(response) if response.status() == StatusCode::UNAUTHORIZED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_call_only_a_socket_that_had_held_is_replaced_without_a_pause() {
        assert_eq!(first_pause_ms(true, 0, 0), 0);
        for failures in [1, 2, 40] {
            assert!((750..=URGENT_EVERY_MS).contains(&first_pause_ms(true, failures, 0)));
            assert!((350..=600).contains(&first_pause_ms(true, failures, 400)), "from opening to opening");
            assert_eq!(first_pause_ms(true, failures, URGENT_EVERY_MS), 0);
        }
        assert!(first_pause_ms(false, 0, 0) < FIRST_PAUSE_MS);
        assert!(first_pause_ms(false, 40, 0) > URGENT_EVERY_MS);
    }

    #[tokio::test]
    async fn an_address_where_nobody_listens_does_not_hide_the_one_where_somebody_does() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let nobody = free.local_addr().expect("address");
        drop(free);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let somebody = listener.local_addr().expect("address");
        let stream = reach(vec![nobody, somebody]).await.expect("reached");
        assert_eq!(stream.peer_addr().expect("peer"), somebody);
        assert!(reach(vec![nobody]).await.is_err() && reach(Vec::new()).await.is_err());
    }

    #[tokio::test]
    async fn host_and_port_are_taken_from_the_url_also_of_ipv6() {
        for (url, expected) in [
            ("ws://127.0.0.1:8080/v1", "127.0.0.1:8080"),
            ("wss://127.0.0.1/v1", "127.0.0.1:443"),
            ("ws://[::1]/v1", "[::1]:80"),
        ] {
            let found = addresses(&url.parse().expect("uri")).await.expect("addresses");
            assert_eq!(found, [expected.parse::<SocketAddr>().expect("address")], "{url}");
        }
    }
}
