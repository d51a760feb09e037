//! Whole-system stories of one verification call: real server, real window, real browser.

mod losses;
mod lost_caller;
mod sandbox;
mod verdicts;
mod who_serves;
