//! Evidence of a verdict (S15, S16): taken whole, made durable, then told to the routing core.
//!
//! The same manifest again gives the same receipt; another one for the same assignment is refused (I5).
//! [`check`] what must fit · [`http`] the upload · [`read`] what is held · [`sql`] the rows · [`upload`] the order of things.

pub mod check;
pub mod http;
pub mod read;
pub mod sql;
pub mod upload;
