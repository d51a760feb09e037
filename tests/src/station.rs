//! The agent's workstation: the real window, on a desktop of its own, through tauri-driver.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use serde_json::json;

use crate::desktop::Desktop;
use crate::driver::{Window, free_port};
use crate::process::Process;
use crate::programs;

/// A workstation with its window open.
pub struct Station {
    /// The main window's page.
    pub window: Window,
    /// The desktop it stands on.
    pub desktop: Desktop,
    dir: PathBuf,
    driver: Process,
}

impl Station {
    /// Starts a workstation for `server`, whose files lie below `dir`.
    pub async fn start(dir: &Path, server: &str) -> Result<Self> {
        std::fs::create_dir_all(dir)?;
        let desktop = Desktop::start(dir, "1400x1000")?;
        let (driver, window) = open(dir, server, &desktop).await?;
        Ok(Self { window, desktop, dir: dir.to_owned(), driver })
    }

    /// Signs in and becomes available.
    pub async fn sign_in(&self, username: &str, password: &str) -> Result<()> {
        self.window.type_into("username", username).await?;
        self.window.type_into("password", password).await?;
        self.window.click("sign-in").await?;
        self.window.until("signed in", "document.body.dataset.activity !== 'signed_out'").await?;
        if self.window.eval("!!document.querySelector('[data-testid=\"device-check-done\"]')").await?
            == json!(true)
        {
            self.window.click("device-check-done").await?;
        }
        Ok(())
    }

    /// Sẵn sàng.
    pub async fn become_available(&self) -> Result<()> {
        self.window.click("status-available").await?;
        self.window.until_body("activity", "available").await
    }

    /// Gives the verdict through the guarded panel.
    pub async fn decide(&self, confirm: bool, reason: Option<&str>) -> Result<()> {
        self.window.click(if confirm { "verdict-confirm" } else { "verdict-reject" }).await?;
        if let Some(reason) = reason {
            self.window.choose("verdict-reason", reason).await?;
        }
        self.window.click("verdict-submit").await
    }

    /// Operating system id of the driver; the workstation's processes are its descendants.
    pub fn driver_id(&self) -> u32 {
        self.driver.id()
    }

    /// Where its logs are.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

/// How often the drivers may fall over at their own start before it counts as a fault.
const STARTS: u32 = 3;

/// Starts the workstation under tauri-driver. The driver was seen to panic at the first command after its
/// start; that is said and tried again. Whatever happens after the first answer is the product's.
async fn open(dir: &Path, server: &str, desktop: &Desktop) -> Result<(Process, Window)> {
    let mut start = 1;
    loop {
        let (port, native_port) = (free_port()?, free_port()?);
        let mut command = Command::new(programs::tauri_driver()?);
        command.arg(format!("--port={port}")).arg(format!("--native-port={native_port}"));
        command.envs(desktop.environment());
        command
            .env("CHINHCHU_SERVER", server)
            .env("CHINHCHU_PROFILE", "story")
            .env("CHINHCHU_DATA", dir.join("data"))
            .env("CHINHCHU_CAMERA", "synthetic")
            .env("CHINHCHU_SOUND", "none")
            .env("RUST_LOG", std::env::var("RUST_LOG").unwrap_or_else(|_| LOGGED.to_owned()));
        let driver = Process::start("tauri-driver", dir, command, false)?;
        let capabilities = json!({ "tauri:options": { "application": programs::station()? } });
        let opened = async {
            let window = Window::open(port, capabilities).await?;
            window.eval("document.readyState").await?;
            anyhow::Ok(window)
        };
        match opened.await {
            Ok(window) => return Ok((driver, window)),
            Err(error) if start >= STARTS => return Err(error),
            Err(error) => eprintln!("start {start} of the drivers failed: {error:#}\n{}", driver.tail()),
        }
        start += 1;
    }
}

/// What the workstation logs in a story; the media library's own lines would name addresses.
const LOGGED: &str = "info,chinhchu=debug,chinhchu_station=debug,rtc=off,webrtc=off";
