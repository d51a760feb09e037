//! The switchboard as the driver sees it: public functions only.

mod flows;
mod golden;
mod golden_log;
mod liveness;
mod queue;
mod sessions;
mod transitions;
mod verdicts;
mod walk;
mod world;
