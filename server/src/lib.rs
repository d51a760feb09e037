//! The routing server: intake, routing, evidence, results.

pub mod cases;
pub mod clock;
pub mod companies;
pub mod config;
pub mod http;
pub mod intake;
pub mod objects;
pub mod policy;
pub mod store;
pub mod tokens;
