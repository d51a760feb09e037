//! The public listener: which route goes where, and what holds for all of them (limits, headers, problem
//! responses).
//!
//! [`router`] every route · [`app`] what handlers share · [`problem`] refusals · [`guard`] headers, limits,
//! panics · [`drain`] bodies of refused requests · [`rate`] and [`client`] who may ask how often ·
//! [`pages`] screens · [`serve`] plain and TLS listeners · [`health`] probes and figures.

pub mod app;
pub mod client;
pub mod drain;
pub mod guard;
pub mod health;
pub mod pages;
pub mod problem;
pub mod rate;
pub mod router;
pub mod serve;

pub use app::App;
pub use problem::ApiError;
