//! The customer and the dealer's phone: real Chromium with its fake camera, through chromedriver.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use crate::driver::{PATIENCE, Window, free_port};
use crate::place::Place;
use crate::process::Process;

/// Where a browser keeps what it downloads, below its folder.
const DOWNLOADS: &str = "downloads";

/// A phone with the call page on it.
pub struct Customer {
    /// The page.
    pub window: Window,
    dir: PathBuf,
    place: Place,
    driver: Process,
}

impl Customer {
    /// Starts a browser of its own, whose files lie below `dir`.
    pub async fn start(dir: &Path, place: &Place) -> Result<Self> {
        let (driver, window) = open(dir, place).await?;
        Ok(Self { window, dir: dir.to_owned(), place: place.clone(), driver })
    }

    /// A file that the page gave the browser to keep, once it is there whole: its path. There must be one only.
    pub async fn downloaded(&self) -> Result<PathBuf> {
        let folder = self.dir.join(DOWNLOADS);
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            let entries = std::fs::read_dir(&folder).map(Iterator::collect::<std::io::Result<Vec<_>>>);
            let found: Vec<PathBuf> = match entries {
                Ok(entries) => entries?.into_iter().map(|entry| entry.path()).collect(),
                Err(_) => Vec::new(),
            };
            // The browser writes to a name of its own first.
            let whole = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "zip");
            match &found[..] {
                [file] if whole(file) => return Ok(file.clone()),
                _ if tokio::time::Instant::now() > until => bail!("no one file was downloaded: {found:?}"),
                _ => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// SIGKILL to the whole browser: the phone's system ends apps so, when it wants their memory.
    pub fn kill(&mut self) -> Result<()> {
        self.driver.kill()
    }

    /// Starts the browser again, with what it had kept and no page.
    pub async fn start_again(&mut self) -> Result<()> {
        (self.driver, self.window) = open(&self.dir, &self.place).await?;
        Ok(())
    }

    /// Starts the browser again, with what it had kept, and opens an address.
    pub async fn open_again(&mut self, url: &str) -> Result<()> {
        self.start_again().await?;
        self.window.goto(url).await
    }

    /// Goes through consent and the camera check into the queue.
    pub async fn enter_queue(&self, call_screen_url: &str) -> Result<()> {
        self.window.goto(call_screen_url).await?;
        self.pass_checks().await
    }

    /// Walks the sandbox (S1–S11) as the dealer does, up to the queue, and gives the call's id. The call
    /// screen stays open in the sandbox's phone frame.
    pub async fn walk_sandbox_to_queue(&self, server: &str) -> Result<String> {
        let page = &self.window;
        page.goto(&format!("{server}/sandbox/")).await?;
        for step in
            ["fill-sample", "save-customer", "open-ekyc", "compare", "scan", "call-button", "dealer-confirm"]
        {
            page.click(step).await.with_context(|| format!("the sandbox's step {step}"))?;
        }
        let id = "document.querySelector('[data-testid=\"call-id\"]')?.textContent";
        let call_id = page.until("the call's id", id).await?.as_str().unwrap_or_default().to_owned();
        page.click("open-call-screen").await?;
        page.until_shown("call-screen").await?;
        page.client().enter_frame(0).await?;
        self.pass_checks().await?;
        page.client().enter_parent_frame().await?;
        Ok(call_id)
    }

    /// Consent, unless the case carries it, and the camera check.
    async fn pass_checks(&self) -> Result<()> {
        let page = &self.window;
        page.until("the call page asks", "['consent', 'camera'].includes(document.body.dataset.state)")
            .await?;
        if page.eval("document.body.dataset.state === 'consent'").await? == json!(true) {
            page.click("consent-agree").await?;
        }
        page.click("camera-start").await?;
        page.click("camera-ok").await?;
        let script = "['waiting','offering','connecting','in_call'].includes(document.body.dataset.state)";
        page.until("the call is in the queue", script).await.map(|_| ())
    }
}

async fn open(dir: &Path, place: &Place) -> Result<(Process, Window)> {
    std::fs::create_dir_all(dir)?;
    let port = free_port()?;
    let mut command = place.program("chromedriver")?;
    command.arg(format!("--port={port}"));
    let driver = Process::start("chromedriver", dir, command, false)?;
    let window = Window::open(place.door(port)?, capabilities(dir)).await?;
    Ok((driver, window))
}

fn capabilities(dir: &Path) -> serde_json::Value {
    let profile = dir.join("chromium");
    json!({
        "browserName": "chrome",
        // A server in a network of its own has a certificate of its own.
        "acceptInsecureCerts": true,
        "goog:chromeOptions": {
            "binary": "/usr/bin/chromium",
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-dev-shm-usage", "--lang=vi",
                "--use-fake-device-for-media-stream=fps=30", "--use-fake-ui-for-media-stream",
                "--autoplay-policy=no-user-gesture-required",
                "--disable-features=WebRtcHideLocalIpsWithMdns",
                "--window-size=1280,900",
                format!("--user-data-dir={}", profile.display()),
            ],
            "prefs": { "download.default_directory": dir.join(DOWNLOADS), "download.prompt_for_download": false },
        },
    })
}
