//! The routing server: intake, routing, evidence, results.
//!
//! How a call flows through the modules:
//!
//! | step | where |
//! |---|---|
//! | `POST /v1/calls`: token, case, pictures (S8–S10) | [`tokens`], [`intake`], [`objects`], [`cases`], [`policy`] |
//! | one input, its facts and side rows, one transaction | [`switchboard`], over [`store`] |
//! | page and workstation, each with its view (S11–S14) | [`sockets`], [`views`], [`agents`] |
//! | verdict and evidence (S15) | [`evidence`] |
//! | what all of it came to, in figures (C4) | [`figures`] |
//! | result to eKYC and mSale (S16) | [`calls`] (polling, events), [`webhooks`] |
//! | the operator's own people, by role and company | [`console`] |
//! | how all of it is served and started | [`http`], [`run`], [`config`], [`cli`]; [`sandbox`] plays the operator |

pub mod agents;
pub mod audit;
pub mod calls;
pub mod cases;
pub mod cli;
pub mod clock;
pub mod companies;
pub mod config;
pub mod console;
pub mod evidence;
pub mod figures;
pub mod http;
pub mod intake;
pub mod objects;
pub mod openapi;
pub mod policy;
pub mod retention;
pub mod run;
pub mod sandbox;
pub mod sockets;
pub mod staffing;
pub mod store;
pub mod switchboard;
pub mod tokens;
pub mod views;
pub mod webhooks;
pub mod workstations;
