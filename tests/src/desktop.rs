//! An agent's desktop of its own: X display, window manager, session bus and keyring, all real.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::process::Process;

/// A running desktop; everything in it ends when dropped.
pub struct Desktop {
    dir: PathBuf,
    home: PathBuf,
    display: String,
    bus: String,
    // Dropped in this order: the display goes last.
    keyring: Process,
    _bus: Process,
    _window_manager: Process,
    _display: Process,
}

impl Desktop {
    /// Puts up a desktop whose home lies below `dir`.
    pub fn start(dir: &Path, size: &str) -> Result<Self> {
        let home = dir.join("home");
        let runtime = dir.join("runtime");
        std::fs::create_dir_all(&home)?;
        std::fs::create_dir_all(&runtime)?;
        private(&runtime)?;

        let mut xvfb = Command::new("Xvfb");
        xvfb.args(["-displayfd", "1", "-screen", "0", &format!("{size}x24"), "-nolisten", "tcp"]);
        let mut xvfb = Process::start("xvfb", dir, xvfb, true)?;
        let display = format!(":{}", xvfb.first_line()?.trim());

        let mut bus = Command::new("dbus-daemon");
        // A path rather than an abstract name, so that programs in another namespace find it too.
        bus.args(["--session", "--nofork", "--nopidfile", "--print-address=1"])
            .arg(format!("--address=unix:path={}", runtime.join("bus").display()))
            .env("XDG_RUNTIME_DIR", &runtime);
        let mut bus = Process::start("dbus", dir, bus, true)?;
        let address = bus.first_line()?.trim().to_owned();

        let mut openbox = Command::new("openbox");
        openbox.env("DISPLAY", &display).env("HOME", &home);
        let openbox = Process::start("openbox", dir, openbox, false)?;
        let keyring = start_keyring(dir, &home, &address)?;

        Ok(Self {
            dir: dir.to_owned(),
            home,
            display,
            bus: address,
            keyring,
            _bus: bus,
            _window_manager: openbox,
            _display: xvfb,
        })
    }

    /// What a program on this desktop must have in its environment.
    pub fn environment(&self) -> Vec<(String, String)> {
        let runtime = self.home.with_file_name("runtime");
        [
            ("DISPLAY", self.display.clone()),
            ("DBUS_SESSION_BUS_ADDRESS", self.bus.clone()),
            ("HOME", self.home.display().to_string()),
            ("XDG_RUNTIME_DIR", runtime.display().to_string()),
            ("GSETTINGS_BACKEND", "memory".to_owned()),
            ("NO_AT_BRIDGE", "1".to_owned()),
            ("GDK_BACKEND", "x11".to_owned()),
            ("TZ", "Asia/Ho_Chi_Minh".to_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }

    /// The X display's name, such as `:99`.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// The keyring's content is gone, as after a reset of the user's password; no program may be using it.
    pub fn lose_keyring(&mut self) -> Result<()> {
        self.keyring.kill()?;
        std::fs::rename(self.keyrings(), self.lost_keyrings()).context("there was no keyring to lose")?;
        self.keyring = start_keyring(&self.dir, &self.home, &self.bus)?;
        Ok(())
    }

    /// What [`Self::lose_keyring`] lost is there again, and what was kept since is not.
    pub fn find_keyring(&mut self) -> Result<()> {
        self.keyring.kill()?;
        std::fs::remove_dir_all(self.keyrings())?;
        std::fs::rename(self.lost_keyrings(), self.keyrings())?;
        self.keyring = start_keyring(&self.dir, &self.home, &self.bus)?;
        Ok(())
    }

    fn keyrings(&self) -> PathBuf {
        self.home.join(".local/share/keyrings")
    }

    fn lost_keyrings(&self) -> PathBuf {
        self.dir.join("lost-keyrings")
    }

    /// The whole display as a PNG, by ImageMagick's `import`, for a person to look at.
    pub fn screenshot(&self, path: &Path) -> Result<()> {
        let status = Command::new("import")
            .args(["-window", "root"])
            .arg(path)
            .env("DISPLAY", &self.display)
            .status()
            .context("import (ImageMagick) is not installed")?;
        ensure!(status.success(), "import failed");
        Ok(())
    }
}

fn start_keyring(dir: &Path, home: &Path, bus: &str) -> Result<Process> {
    // The daemon reads the password of the keyring from stdin up to its end, so it is started through a
    // file rather than with Process's closed stdin.
    let password = dir.join("keyring-password");
    std::fs::File::create(&password)?.write_all(b"story")?;
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "exec gnome-keyring-daemon --foreground --unlock --components=secrets < \"$0\""])
        .arg(&password)
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", dir.join("runtime"))
        .env("XDG_DATA_HOME", home.join(".local/share"))
        .env("DBUS_SESSION_BUS_ADDRESS", bus);
    Process::start("keyring", dir, shell, false)
}

fn private(dir: &Path) -> Result<()> {
    let status = Command::new("chmod").arg("700").arg(dir).stdout(Stdio::null()).status()?;
    ensure!(status.success(), "chmod failed");
    Ok(())
}
