//! The proof's tests.

mod day;
mod mutants;
