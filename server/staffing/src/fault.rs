//! What cannot be reckoned with, by its field.

use serde::Serialize;

/// A figure that makes no sense.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error, Serialize)]
#[error("{field}: {code}")]
pub struct Fault {
    /// Which.
    pub field: &'static str,
    /// Why: `out_of_range`, `out_of_reach`, `too_many`, `missing`.
    pub code: &'static str,
}

impl Fault {
    pub(crate) const fn new(field: &'static str, code: &'static str) -> Self {
        Self { field, code }
    }
}

/// Within bounds, both included; not a number is never.
pub(crate) fn within(field: &'static str, value: f64, from: f64, to: f64) -> Result<f64, Fault> {
    if value >= from && value <= to { Ok(value) } else { Err(Fault::new(field, "out_of_range")) }
}
