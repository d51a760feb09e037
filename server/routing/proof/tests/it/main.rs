//! The proof's tests.

mod day;
mod model;
mod mutants;
