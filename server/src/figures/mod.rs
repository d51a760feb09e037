//! What happened to calls and offers, as rows to count (C4).
//!
//! [`call`] and [`offer`] fold facts into one row each, purely · [`given`] what the log does not hold: dealer,
//! subscriber type, reason · [`project`] feeds facts to the rows, in the transaction that writes the facts ·
//! [`rebuild`] brings the rows up to the log's end, or makes them anew from its beginning · [`sql`] the rows.
//!
//! The rows are a picture of the log: the same facts always give the same rows, however often they are made
//! anew. Wall time counts; a span in which no server ran is part of a caller's wait.

pub mod ask;
pub mod call;
pub mod columns;
pub mod days;
pub mod duty;
pub mod duty_rows;
pub mod given;
pub mod http;
pub mod kept;
pub mod measure;
pub mod offer;
pub mod pack;
pub mod period;
pub mod project;
pub mod rebuild;
pub mod reconcile;
pub mod report;
pub mod sort;
pub mod sql;
pub mod stats;
pub mod table;
pub mod tally;
pub mod trial;
pub mod words;
pub mod xlsx;

pub use call::{CallFigures, EvidenceState};
pub use given::Given;
pub use offer::{OfferFigures, Outcome};
