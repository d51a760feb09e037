//! The workstation without its window: no Tauri, no display, no codecs, no pixels.
//!
//! [`session`] decides (pure) · [`driver`] runs it · [`link`] talks to the server · [`outbox`] keeps verdicts
//! until the server has them · [`evidence`] words the manifest, [`signing`] holds the key that signs it · [`ports`] is what the window, the media and
//! the operating system must provide · [`picture`] is what the screens see and may ask for · `core_dump` keeps crashes
//! from leaving memory behind (Linux).

pub mod clock;
#[cfg(target_os = "linux")]
pub mod core_dump;
pub mod driver;
pub mod evidence;
pub mod keys;
pub mod link;
pub mod outbox;
pub mod picture;
pub mod ports;
pub mod session;
pub mod settings;
pub mod signing;
