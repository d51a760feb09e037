//! People of the console, as administrators keep them.
//!
//! [`keep`] the changes, each with its entry in the audit, for the command line too · [`list`] lists · [`http`]
//! the routes. Nobody limited to a company or partner has the right for any of it ([`super::rights`]).

pub mod http;
pub mod keep;
pub mod list;
