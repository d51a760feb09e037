//! The workstation without its window.

pub mod picture;
