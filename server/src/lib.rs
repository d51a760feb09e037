//! The routing server: intake, routing, evidence, results.

pub mod config;
pub mod http;
pub mod intake;
pub mod store;
