//! Companies and who serves whom (C1): data, changed without a restart.

pub mod rules;
pub mod sql;
