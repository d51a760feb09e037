//! Companies, who serves whom (C1) and every setting: dated data, changed without a restart.
//!
//! A change has a moment from which it holds, who made it and why. It is tried against all that waits before it is
//! taken ([`dated`]), applied at its moment by whoever is there first (the running server within a second, a
//! start, another change; [`changes`], [`keeper`]), and kept with what came of it. The settings of now stand in
//! `companies` and `serves`, where intake, routing and retention read them on use.
//!
//! [`rules`] and [`hours`] what can be set · [`dated`] whether changes hold together · [`changes`] their rows ·
//! [`handover`] who may move calls · [`keeper`] their moments · [`http`], [`words_http`] the console · [`words`] the operator's dated words.

pub mod changes;
pub mod dated;
pub mod handover;
pub mod hours;
pub mod http;
pub mod keeper;
pub mod rules;
pub mod sql;
pub mod words;
pub mod words_http;
