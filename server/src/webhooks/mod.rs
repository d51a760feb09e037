//! Results pushed to mSale and eKYC, signed the Standard Webhooks way (S16).
//!
//! What is to be told is written by [`crate::switchboard::outgoing`] in the transaction of its fact; here it
//! is sent afterwards, at least once, with the same `webhook-id` at every try, until it is acknowledged.
//!
//! [`sql`] endpoints and deliveries · [`sender`] the worker · [`plan`] when to try again · [`wanted`] what an
//! endpoint may be · [`deliveries`] listed and sent again by a person · [`http`] the console.

pub mod deliveries;
pub mod http;
pub mod plan;
pub mod sender;
pub mod sql;
pub mod wanted;
