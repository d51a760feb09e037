//! The routing server: intake, routing, evidence, results.

pub mod agents;
pub mod calls;
pub mod cases;
pub mod cli;
pub mod clock;
pub mod companies;
pub mod config;
pub mod evidence;
pub mod http;
pub mod intake;
pub mod objects;
pub mod openapi;
pub mod policy;
pub mod run;
pub mod sandbox;
pub mod sockets;
pub mod store;
pub mod switchboard;
pub mod tokens;
pub mod views;
pub mod webhooks;
