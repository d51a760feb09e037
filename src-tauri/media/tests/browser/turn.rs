//! A real TURN server on loopback, with credentials as the routing server mints them.

use base64::Engine;
use chinhchu_protocol::signal::IceServer;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use std::net::UdpSocket;
use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncBufReadExt, BufReader};

/// A running coturn; killed when dropped.
pub struct Turn {
    port: u16,
    secret: String,
    _process: tokio::process::Child,
    _folder: tempfile::TempDir,
}

impl Turn {
    /// Starts it and waits until it answers.
    pub async fn start() -> Self {
        let free = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("address").port();
        drop(free);
        let secret = format!("{:032x}", rand::random::<u128>());
        let folder = tempfile::tempdir().expect("folder");
        let file = |name: &str| folder.path().join(name).display().to_string();
        let mut process = tokio::process::Command::new("turnserver")
            .args(["-n", "--use-auth-secret", "--realm=test", "--no-cli", "--no-tls", "--no-dtls"])
            .args(["--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--allow-loopback-peers"])
            .args(["--log-file=stdout", "--simple-log", "--fingerprint"])
            .arg(format!("--listening-port={port}"))
            .arg(format!("--static-auth-secret={secret}"))
            .arg(format!("--userdb={}", file("users")))
            .arg(format!("--pidfile={}", file("pid")))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("this test needs a TURN server: install the package coturn");
        let mut lines = BufReader::new(process.stdout.take().expect("stdout")).lines();
        while let Some(line) = lines.next_line().await.expect("log") {
            if line.contains("UDP listener opened") {
                break;
            }
        }
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { port, secret, _process: process, _folder: folder }
    }

    /// The server with fresh credentials; beside it what this workstation cannot use.
    pub fn server(&self) -> IceServer {
        let expires = SystemTime::now().duration_since(UNIX_EPOCH).expect("time").as_secs() + 600;
        let username = format!("{expires}:{:016x}", rand::random::<u64>());
        let mut mac = Hmac::<Sha1>::new_from_slice(self.secret.as_bytes()).expect("any length");
        mac.update(username.as_bytes());
        let credential = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
        let port = self.port;
        IceServer {
            urls: vec![
                format!("turn:127.0.0.1:{port}?transport=udp"),
                format!("turn:127.0.0.1:{port}?transport=tcp"),
            ],
            username: Some(username),
            credential: Some(credential),
        }
    }
}
