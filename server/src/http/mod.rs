//! The public listener: which route goes where, and what holds for all of them (limits, headers, problem
//! responses).

pub mod app;
pub mod problem;

pub use app::App;
pub use problem::ApiError;
