//! Company tokens (S8–S10) and service credentials: opaque, 256 random bits, only their SHA-256 stored.
//!
//! A company token may live on a dealer's phone: it makes calls, reads their states and cancels them. Case
//! data and pictures need the call's own token or a service credential.
//!
//! [`secret`] how they look · [`sql`] where they lie · [`auth`] who is asking · [`http`] issue, list, revoke;
//! [`console`] the same for the operator's own people.

pub mod auth;
pub mod console;
pub mod http;
pub mod secret;
pub mod sql;

pub use auth::Credential;
