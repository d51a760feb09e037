//! The whole system as stories: the real server, the real workstation window through tauri-driver under
//! Xvfb with a real keyring, and real Chromium as the customer. Fakes stand only at the hardware edge: the
//! browser's fake camera and microphone, the workstation's drawn camera.
//!
//! Reading order: [`stage`] puts everything up · [`server`], [`station`], [`customer`] are the three
//! players · [`network`] has a namespace for each, [`cable`] is a mere forwarder, both can be cut ·
//! [`explained`] is what the log says · [`evidence`] looks at the pictures · [`readable`] reads a disk as a thief
//! would · [`full_disk`] is a small one.
//!
//! Stories are run by `cargo xtask test`, which builds the programs and says where they are.

pub mod cable;
pub mod clock;
pub mod console;
pub mod cost;
pub mod customer;
pub mod desktop;
pub mod door;
pub mod driver;
pub mod evidence;
pub mod explained;
#[path = "../../src-tauri/station/tests/killed/full_disk.rs"]
pub mod full_disk;
pub mod network;
pub mod pictures;
pub mod place;
pub mod process;
pub mod programs;
pub mod readable;
pub mod relay;
pub mod resume;
pub mod sample;
pub mod server;
pub mod serving;
pub mod stage;
pub mod station;
