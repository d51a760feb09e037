//! Whole-system stories of one verification call: real server, real window, real browser.

mod approval;
mod console;
mod console_directory;
mod console_erase;
mod console_evidence;
mod console_settings;
mod console_webhooks;
mod console_workstations;
mod foreign;
mod late;
mod losses;
mod lost_agent;
mod lost_caller;
mod on_disk;
mod outbox;
mod redirect;
mod relayed;
mod sandbox;
mod server_away;
mod twice;
mod verdicts;
mod who_serves;
