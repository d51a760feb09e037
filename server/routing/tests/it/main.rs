//! The switchboard as the driver sees it: public functions only.

mod flows;
mod golden;
mod liveness;
mod transitions;
mod walk;
mod world;
