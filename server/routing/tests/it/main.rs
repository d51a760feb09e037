//! The switchboard as the driver sees it: public functions only.

mod choice;
mod dice;
mod duty;
mod flows;
mod golden;
mod golden_log;
mod hours;
mod liveness;
mod overflow;
mod queue;
mod sessions;
mod transitions;
mod verdicts;
mod walk;
mod world;
