//! The agent's workstation: the real window, on a desktop of its own, through tauri-driver.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use crate::cost;
use crate::desktop::Desktop;
use crate::driver::{PATIENCE, Window, free_port};
use crate::place::Place;
use crate::process::Process;
use crate::programs;
use crate::server::Server;

/// Where a workstation stands and which server it is for.
#[derive(Clone)]
pub struct Seat {
    /// Base URL of the server.
    pub server: String,
    /// Whom to trust beside the system's authorities.
    pub extra_root: Option<PathBuf>,
    /// Where it runs.
    pub place: Place,
    /// Program and arguments through which the workstation is started; empty: none.
    pub through: Vec<String>,
    /// More of its environment.
    pub environment: Vec<(String, String)>,
}

impl Seat {
    /// On loopback.
    pub fn here(server: &str) -> Self {
        Self::at(server, None, Place::Here)
    }

    /// At a place.
    pub fn at(server: &str, extra_root: Option<PathBuf>, place: Place) -> Self {
        Self { server: server.to_owned(), extra_root, place, through: Vec::new(), environment: Vec::new() }
    }
}

/// A workstation with its window open.
pub struct Station {
    /// The main window's page.
    pub window: Window,
    /// The desktop it stands on.
    pub desktop: Desktop,
    dir: PathBuf,
    seat: Seat,
    driver: Process,
}

/// Another window beside a workstation's; ends when dropped.
pub struct SecondWindow {
    /// Its page.
    pub window: Window,
    _driver: Process,
}

impl Station {
    /// Starts a workstation whose files lie below `dir`.
    pub async fn start(dir: &Path, seat: &Seat) -> Result<Self> {
        std::fs::create_dir_all(dir)?;
        let desktop = Desktop::start(dir, "1400x1000")?;
        let (driver, window) = open(dir, seat, &desktop).await?;
        Ok(Self { window, desktop, dir: dir.to_owned(), seat: seat.clone(), driver })
    }

    /// The program once more on this desktop, as by a second double click on its icon.
    pub fn second_program(&self) -> Result<Process> {
        let mut command = self.seat.place.program(programs::station()?)?;
        prepare(&mut command, &self.dir, &self.seat, &self.desktop);
        Process::start("second", &self.dir, command, false)
    }

    /// A second window on the same profile for which this is different in its environment.
    pub async fn second_window(&self, environment: &[(&str, String)]) -> Result<SecondWindow> {
        let mut seat = self.seat.clone();
        seat.environment.push(("CHINHCHU_DATA".to_owned(), self.dir.join("data").display().to_string()));
        seat.environment.extend(environment.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let dir = self.dir.join("second-window");
        std::fs::create_dir_all(&dir)?;
        let (driver, window) = open(&dir, &seat, &self.desktop).await?;
        Ok(SecondWindow { window, _driver: driver })
    }

    /// SIGKILL to the workstation and its window; the desktop and what is on disk stay.
    pub fn kill(&mut self) -> Result<()> {
        self.driver.kill()
    }

    /// Starts the workstation again on its desktop, with its data.
    pub async fn open_again(&mut self) -> Result<()> {
        (self.driver, self.window) = open(&self.dir, &self.seat, &self.desktop).await?;
        Ok(())
    }

    /// Closes the window as its agent does, and waits until the program has ended by itself.
    pub async fn quit(&mut self) -> Result<()> {
        let process = self.process()?;
        self.window.eval("void window.__TAURI_INTERNALS__.invoke('leave')").await?;
        let until = tokio::time::Instant::now() + PATIENCE;
        while cost::descendant(self.driver.id(), "chinhchu") == Some(process) {
            ensure!(tokio::time::Instant::now() < until, "the workstation does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.driver.kill()
    }

    /// The outbox on its disk.
    pub fn outbox(&self) -> PathBuf {
        self.dir.join("data/story/outbox.sqlite")
    }

    /// Holds the workstation's process (SIGSTOP): nothing of it moves, its sockets stay open. The window
    /// cannot be asked until [`Self::let_go`].
    pub fn hold(&self) -> Result<()> {
        self.send("-STOP")
    }

    /// Ends [`Self::hold`].
    pub fn let_go(&self) -> Result<()> {
        self.send("-CONT")
    }

    fn send(&self, signal: &str) -> Result<()> {
        let process = self.process()?;
        let status = Command::new("kill").args([signal, &process.to_string()]).status()?;
        ensure!(status.success(), "kill {signal} failed");
        Ok(())
    }

    /// Operating system id of the workstation itself.
    pub fn process(&self) -> Result<u32> {
        cost::descendant(self.driver.id(), "chinhchu").context("the workstation is gone")
    }

    /// What the workstation has logged so far.
    pub fn log(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&std::fs::read(self.dir.join("tauri-driver.log"))?).into_owned())
    }

    /// Signs in and leaves the check of the devices.
    pub async fn sign_in(&self, username: &str, password: &str) -> Result<()> {
        self.window.type_into("username", username).await?;
        self.window.type_into("password", password).await?;
        self.window.click("sign-in").await?;
        self.window.until("signed in", "document.body.dataset.activity !== 'signed_out'").await?;
        self.leave_device_check().await
    }

    /// If it is there: after a sign-in, and after a start that was not quick enough to remember it.
    pub async fn leave_device_check(&self) -> Result<()> {
        if self.window.eval("!!document.querySelector('[data-testid=\"device-check-done\"]')").await?
            == json!(true)
        {
            self.window.click("device-check-done").await?;
        }
        Ok(())
    }

    /// After the first sign-in: IT approves the workstation by the fingerprint on its screen, which changes at
    /// that moment.
    pub async fn be_approved(&self, server: &Server) -> Result<()> {
        self.window.until_shown("fingerprint").await?;
        let shown = "document.querySelector('[data-testid=\"fingerprint\"]').dataset.value";
        let shown = self.window.eval(shown).await?;
        server.approve_workstation(shown.as_str().context("no fingerprint on the screen")?)?;
        let gone = "!document.querySelector('[data-testid=\"enrolment\"]')";
        self.window.until("approved", gone).await.map(|_| ())
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
async fn open(dir: &Path, seat: &Seat, desktop: &Desktop) -> Result<(Process, Window)> {
    let mut start = 1;
    loop {
        let (port, native_port) = (free_port()?, free_port()?);
        let mut command = match seat.through.split_first() {
            None => seat.place.program(programs::tauri_driver()?)?,
            Some((first, rest)) => {
                let mut through = seat.place.program(first)?;
                through.args(rest).arg(programs::tauri_driver()?);
                through
            }
        };
        command.arg(format!("--port={port}")).arg(format!("--native-port={native_port}"));
        prepare(&mut command, dir, seat, desktop);
        let driver = Process::start("tauri-driver", dir, command, false)?;
        let capabilities = json!({ "tauri:options": { "application": programs::station()? } });
        let opened = async {
            let window = Window::open(seat.place.door(port)?, capabilities).await?;
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

/// What the workstation finds in its environment.
fn prepare(command: &mut Command, dir: &Path, seat: &Seat, desktop: &Desktop) {
    command.envs(desktop.environment());
    command
        .env("CHINHCHU_SERVER", &seat.server)
        .env("CHINHCHU_PROFILE", "story")
        .env("CHINHCHU_DATA", dir.join("data"))
        .env("CHINHCHU_CAMERA", "synthetic")
        .env("CHINHCHU_SOUND", "none")
        .env("RUST_LOG", std::env::var("RUST_LOG").unwrap_or_else(|_| LOGGED.to_owned()));
    if let Some(root) = &seat.extra_root {
        command.env("CHINHCHU_CA", root);
    }
    command.envs(seat.environment.iter().cloned());
}

/// What the workstation logs in a story; the media library's own lines would name addresses.
const LOGGED: &str = "info,chinhchu=debug,chinhchu_station=debug,rtc=off,webrtc=off";
