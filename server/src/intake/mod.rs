//! Takes a call in (S10): token, key, case and pictures, each checked before anything is stored.
//!
//! Order of the checks: token, key, multipart, case and policy (all faults at once), pictures. Pictures are
//! made durable only when nothing is left to refuse but the queue's limit.
//!
//! [`http`] the endpoint · [`parts`] the multipart · [`case`] and [`walk`] the case · [`picture`] and
//! [`format`] the pictures · [`key`] the idempotency key.

pub mod case;
pub mod format;
pub mod http;
pub mod key;
pub mod parts;
pub mod picture;
pub mod walk;
