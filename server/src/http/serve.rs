//! Listeners: plain HTTP or TLS by rustls, with limits below the reach of handlers.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_util::sync::CancellationToken;

use crate::config::TlsFiles;

/// Time for the head of a request.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// Header lines that are read at all; fewer are allowed (see [`super::guard::MAX_HEADER_LINES`]).
const HEADER_LINES_READ: usize = 4_096;
/// Running requests may end within this after the stop.
const DRAIN_TIME: Duration = Duration::from_secs(10);
const H2_STREAMS: u32 = 128;

/// What can be wrong with the certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The chain cannot be read.
    #[error("the certificate file cannot be read as PEM")]
    Certificate,
    /// The key cannot be read.
    #[error("the key file cannot be read as PEM")]
    Key,
    /// They do not fit, or rustls does not take them.
    #[error("certificate and key are not usable: {0}")]
    Rustls(#[from] rustls::Error),
}

/// Reads certificate and key.
pub fn tls(files: &TlsFiles) -> Result<RustlsConfig, TlsError> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&files.cert)
        .and_then(Iterator::collect)
        .map_err(|_| TlsError::Certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|_| TlsError::Key)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(config)))
}

/// Serves until `stop`, then lets running requests end.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<RustlsConfig>,
    stop: CancellationToken,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let handle = Handle::new();
    tokio::spawn({
        let handle = handle.clone();
        async move {
            stop.cancelled().await;
            handle.graceful_shutdown(Some(DRAIN_TIME));
        }
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    if let Some(tls) = tls {
        let mut server = axum_server::from_tcp_rustls(listener, tls)?.handle(handle);
        limit(server.http_builder());
        server.serve(service).await
    } else {
        let mut server = axum_server::from_tcp(listener)?.handle(handle);
        limit(server.http_builder());
        server.serve(service).await
    }
}

fn limit(builder: &mut hyper_util::server::conn::auto::Builder<hyper_util::rt::TokioExecutor>) {
    builder
        .http1()
        .timer(hyper_util::rt::TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_headers(HEADER_LINES_READ);
    builder.http2().timer(hyper_util::rt::TokioTimer::new()).max_concurrent_streams(H2_STREAMS);
}
