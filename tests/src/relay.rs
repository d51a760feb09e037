//! A real TURN relay: coturn with the configuration that is shipped, filled in for a story's network.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use crate::driver::PATIENCE;
use crate::network::SERVER_ADDRESS;
use crate::network::host::Host;
use crate::process::Process;

/// What `chinhchu-server serve --turn-url` must be given.
pub const TURN_URL: &str = "turn:10.9.0.1:3478?transport=udp";

const SHIPPED: &str = include_str!("../../packaging/coturn/turnserver.conf");

/// A running relay; ends when dropped.
pub struct Relay {
    process: Process,
    host: Arc<Host>,
}

impl Relay {
    /// Starts coturn at the server's place in the network; its files lie in `dir`.
    pub fn start(dir: &Path, host: &Arc<Host>, secret: &str) -> Result<Self> {
        std::fs::create_dir_all(dir)?;
        let file = dir.join("turnserver.conf");
        let own = [
            format!("listening-ip={SERVER_ADDRESS}"),
            format!("relay-ip={SERVER_ADDRESS}"),
            format!("static-auth-secret={secret}"),
            // The players' addresses, and the relay's own, are private ones here.
            "allowed-peer-ip=10.9.0.0-10.9.255.255".to_owned(),
            // Says what it grants; the shipped configuration tells nothing of single sessions.
            "verbose".to_owned(),
            format!("pidfile={}", dir.join("pid").display()),
            format!("userdb={}", dir.join("db").display()),
        ];
        std::fs::write(&file, format!("{SHIPPED}\n{}\n", own.join("\n")))?;
        let mut command = host.program("turnserver");
        command.arg("-c").arg(&file);
        let mut process = Process::start("turnserver", dir, command, false)?;
        let until = Instant::now() + PATIENCE;
        while !process.output()?.contains("Total General servers") {
            ensure!(process.is_running() && Instant::now() < until, "coturn:\n{}", process.tail());
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Self { process, host: Arc::clone(host) })
    }

    /// How many relayed addresses were given out so far.
    pub fn allocations(&self) -> Result<usize> {
        Ok(self.process.output()?.matches("ALLOCATE processed, success").count())
    }

    /// What the relay logged.
    pub fn output(&self) -> Result<String> {
        self.process.output()
    }

    /// Whether coturn's own client may relay with this name and password.
    pub async fn takes(&self, username: &str, password: &str) -> Result<bool> {
        let mut client = tokio::process::Command::from(self.host.program("turnutils_uclient"));
        client.args(["-u", username, "-w", password, "-y", "-c", "-n", "1", "-m", "1", SERVER_ADDRESS]);
        let output = tokio::time::timeout(PATIENCE, client.kill_on_drop(true).output()).await??;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(
            output.status.success() || said.contains("Cannot complete Allocation"),
            "turnutils_uclient failed otherwise: {said}"
        );
        Ok(output.status.success())
    }
}

/// The password that belongs to a name, reckoned here anew.
pub fn password(secret: &str, username: &str) -> Result<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).ok().context("a key")?;
    mac.update(username.as_bytes());
    Ok(base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes()))
}
