//! Agents and partners in the console (C2): kept, taken over from a CSV file, signed out.
//!
//! [`keep`] the changes, each with its entry in the audit, for the command line too · [`import`] the CSV file ·
//! [`list`] lists and what agents do now · [`http`] the routes.

pub mod http;
pub mod import;
pub mod import_http;
pub mod keep;
pub mod list;
