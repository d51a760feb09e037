//! Whom to trust.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use thiserror::Error;

/// Why TLS cannot be set up.
#[derive(Debug, Error)]
pub enum TlsError {
    /// `CHINHCHU_CA` cannot be read.
    #[error("the file of CHINHCHU_CA cannot be read as PEM certificates")]
    ExtraRoot,
    /// The operating system's store or the extra root is refused.
    #[error("TLS cannot be set up")]
    Rustls(#[source] rustls::Error),
}

/// The operating system's verifier, with one extra root for installations with an own authority.
pub fn client_config(extra_root: Option<&Path>) -> Result<Arc<rustls::ClientConfig>, TlsError> {
    let extra: Vec<CertificateDer<'static>> = match extra_root {
        None => Vec::new(),
        Some(path) => {
            let pem = CertificateDer::pem_file_iter(path).map_err(|_| TlsError::ExtraRoot)?;
            let certificates: Result<Vec<_>, _> = pem.collect();
            certificates.map_err(|_| TlsError::ExtraRoot)?
        }
    };
    if extra_root.is_some() && extra.is_empty() {
        return Err(TlsError::ExtraRoot);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Rustls)?;
    let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(extra, provider)
        .map_err(TlsError::Rustls)?;
    // "dangerous" names the door, not what goes through it: this is the full platform verifier.
    let config = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    Ok(Arc::new(config.with_no_client_auth()))
}
