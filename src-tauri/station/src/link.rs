//! The line to the server: HTTPS for sign-in, cases, pictures and evidence ([`api`]), one WebSocket for
//! everything live ([`socket`]). Both trust what the operating system trusts, and one extra root if set.

pub mod api;
pub mod socket;
mod tls;

pub use self::tls::{TlsError, client_config};
