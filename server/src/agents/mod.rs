//! Agents: who they are, their sign-ins, and what they may see of the call they have.
//!
//! [`password`] argon2id · [`names`] what names may look like · [`session`] sign-in and out · [`case`] the case and its pictures · [`figures`] an agent's day · [`http`] the
//! routes · [`sql`] the rows.

pub mod attempts;
pub mod case;
pub mod figures;
pub mod http;
pub mod names;
pub mod password;
pub mod session;
pub mod sql;

pub use session::{AgentSession, AtWork, Delivery, SESSION_LIFE_MS};
