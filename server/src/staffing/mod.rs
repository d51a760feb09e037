//! How many agents are needed (C3): the crate `chinhchu-staffing`, asked by console and command line, and fed with
//! the calls that this installation has had.

mod answer;
pub mod http;
mod past;

pub use answer::{day, interval};
pub use past::read;

use chinhchu_staffing::Fault;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum StaffingError {
    /// A figure that makes no sense.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
}
