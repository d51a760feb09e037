//! The real server on port 0, asked over HTTP. `edge_*` what integrators and operators meet, `spine_*` the
//! switchboard, sockets, agents and evidence.

mod audit_trail;
mod console_agents;
mod console_calls;
mod console_directory;
mod console_evidence;
mod console_people;
mod console_provider;
mod console_review;
mod console_story;
mod console_wallboard;
mod console_world;
mod edge_calls;
mod edge_cli;
mod edge_hostile;
mod edge_intake;
mod edge_policy;
mod edge_tokens;
mod edge_webhooks;
mod edge_world;
mod figures_rows;
mod policy_console;
mod policy_import;
mod policy_matrix;
mod policy_store;
mod settings_companies;
mod settings_systems;
mod spine_bundle;
mod spine_calls;
mod spine_desk;
mod spine_enrol;
mod spine_evidence;
mod spine_faults;
mod spine_late;
mod spine_lost;
#[cfg(unix)] // It stops a process by a signal.
mod spine_pause;
mod spine_person;
mod spine_relay;
mod spine_seal;
mod spine_silence;
mod spine_uploads;
mod spine_witness;
mod spine_world;
mod staffing;
