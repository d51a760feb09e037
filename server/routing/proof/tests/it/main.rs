//! The proof's tests.

mod day;
