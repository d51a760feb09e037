//! How many agents a pool needs (C3). Pure: figures in, figures out; no store, no clock, no randomness but a seed.
//!
//! Three ways, from quick to true:
//! - [`erlang`]: one interval, calls that come at random, one pool. Erlang C: nobody hangs up. Erlang A: callers
//!   have patience, spread exponentially.
//! - [`plan`]: a day of half hours, each by Erlang; what [`fit`] reads from a past period can be put in.
//! - [`replay`]: the calls of the past through the real routing core, with its queue, rings and limits.
//!
//! Service level is *answered within T ÷ offered*; the second definition, *÷ (offered − abandoned within T)*,
//! stands beside it (C4). Times are seconds, shares are from 0 to 1.

pub mod erlang;
mod fault;
pub mod fit;
pub mod plan;
pub mod replay;

pub use erlang::{Assessment, Load, Target, assess, needed};
pub use fault::Fault;
