//! Shows that the switchboard keeps its invariants I1 to I8: model check, simulated day, mutants.

pub mod board;
pub mod day;
pub mod dice;
pub mod model;
pub mod mutant;
pub mod names;
pub mod oracle;
pub mod rule;
pub mod trace;

pub use board::Board;
pub use oracle::Oracle;
pub use rule::{Broken, Rule};
