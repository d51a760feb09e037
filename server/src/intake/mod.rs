//! Takes a call in (S10): token, key, case and pictures, each checked before anything is stored.

pub mod case;
pub mod format;
pub mod picture;
pub mod walk;
