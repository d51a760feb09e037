//! What integrators ask about a call: its state, its changes, its pictures; and that it be cancelled.

pub mod events;
pub mod http;
pub mod images;
pub mod sql;
