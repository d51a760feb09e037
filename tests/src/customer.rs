//! The customer and the dealer's phone: real Chromium with its fake camera, through chromedriver.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use serde_json::json;

use crate::driver::{Window, free_port};
use crate::process::Process;

/// A phone with the call page on it.
pub struct Customer {
    /// The page.
    pub window: Window,
    _driver: Process,
}

impl Customer {
    /// Starts a browser of its own, whose files lie below `dir`.
    pub async fn start(dir: &Path) -> Result<Self> {
        std::fs::create_dir_all(dir)?;
        let port = free_port()?;
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}"));
        let driver = Process::start("chromedriver", dir, command, false)?;
        let profile = dir.join("chromium");
        let window = Window::open(port, capabilities(&profile)).await?;
        Ok(Self { window, _driver: driver })
    }

    /// Goes through consent and the camera check into the queue.
    pub async fn enter_queue(&self, call_screen_url: &str) -> Result<()> {
        self.window.goto(call_screen_url).await?;
        self.window.click("consent-agree").await?;
        self.window.click("camera-start").await?;
        self.window.click("camera-ok").await?;
        let script = "['waiting','offering','connecting','in_call'].includes(document.body.dataset.state)";
        self.window.until("the call is in the queue", script).await?;
        Ok(())
    }
}

fn capabilities(profile: &Path) -> serde_json::Value {
    json!({
        "browserName": "chrome",
        "goog:chromeOptions": {
            "binary": "/usr/bin/chromium",
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-dev-shm-usage", "--lang=vi",
                "--use-fake-device-for-media-stream=fps=30", "--use-fake-ui-for-media-stream",
                "--autoplay-policy=no-user-gesture-required",
                "--disable-features=WebRtcHideLocalIpsWithMdns",
                "--window-size=420,900",
                format!("--user-data-dir={}", profile.display()),
            ],
        },
    })
}
