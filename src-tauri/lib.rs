//! The agent's workstation: the window around the station.
//!
//! `chinhchu_station` decides and keeps, `chinhchu_media` sees and hears, `chinhchu_screen` shows and
//! captures; [`shell`] gives them a window, and is the only place that knows Tauri.

mod shell;

use std::process::ExitCode;

use chinhchu_station::settings::{Overrides, Settings};
use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::shell::desktop;

/// Chính Chủ: the agent's workstation for verifying a SIM's buyer by video call.
#[derive(Parser, Debug)]
#[command(name = "chinhchu", version)]
struct Arguments {
    /// The routing server, such as https://verify.example.vn [env: CHINHCHU_SERVER]
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Own data, keyring entries and window: two agents on one machine [env: CHINHCHU_PROFILE]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// One-time code of IT that approves this workstation at once [env: CHINHCHU_ENROLMENT_CODE]
    #[arg(long, value_name = "CODE")]
    enrolment_code: Option<String>,
    /// Start without showing the window; a ring or the tray brings it up
    #[arg(long)]
    background: bool,
}

/// Runs the workstation until it is quit.
pub fn run() -> ExitCode {
    // Before anything is in memory that a crash could leave on the disk.
    #[cfg(target_os = "linux")]
    let leaves_no_core = chinhchu_station::core_dump::forbid();
    desktop::join_console();
    let arguments = Arguments::parse();
    // The WebRTC crates tell every packet; what they have to say is in our own lines.
    let quiet = "info,chinhchu=debug,rtc=off,webrtc=off,webrtc_ice=off,zbus=warn,tracing=warn";
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(quiet));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
    #[cfg(target_os = "linux")]
    if !leaves_no_core {
        tracing::warn!(
            "the system does not let core dumps be switched off: a crash may leave memory on the disk"
        );
    }
    let overrides = Overrides {
        server: arguments.server,
        profile: arguments.profile,
        enrolment_code: arguments.enrolment_code,
    };
    let settings = match Settings::of_this_machine(overrides) {
        Ok(settings) => settings,
        Err(error) => {
            desktop::tell(&error.to_string());
            return ExitCode::from(2);
        }
    };
    if let Some(trouble) = desktop::web_view_trouble() {
        desktop::tell(trouble);
        return ExitCode::FAILURE;
    }
    match shell::run(settings, arguments.background) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            desktop::start_again(&error);
            desktop::tell(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
