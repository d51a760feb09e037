//! The line to the server: HTTPS for sign-in, cases, pictures and evidence ([`api`]), one WebSocket for
//! everything live ([`socket`], got by [`dial`], watched by [`alive`]). Both trust what the operating system
//! trusts, and one extra root if set.

mod alive;
pub mod api;
mod dial;
mod offset;
pub mod socket;
mod tls;

pub use self::tls::{TlsError, client_config};
