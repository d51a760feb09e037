//! A real TURN server on loopback, with credentials as the routing server mints them.

use base64::Engine;
use chinhchu_protocol::signal::IceServer;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use std::net::UdpSocket;
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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
        let process = tokio::process::Command::new("turnserver")
            .args(["-n", "--use-auth-secret", "--realm=test", "--no-cli", "--no-tls", "--no-dtls"])
            .args(["--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--allow-loopback-peers"])
            .args(["--log-file=stdout", "--simple-log", "--fingerprint"])
            .arg(format!("--listening-port={port}"))
            .arg(format!("--static-auth-secret={secret}"))
            .arg(format!("--userdb={}", file("users")))
            .arg(format!("--pidfile={}", file("pid")))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("this test needs a TURN server: install the package coturn");
        answers(port).await;
        Self { port, secret, _process: process, _folder: folder }
    }

    /// The server with fresh credentials; beside it what this workstation cannot use.
    #[expect(clippy::disallowed_methods, reason = "coturn compares with the present")]
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

/// Asks for a binding (RFC 8489, 5) until there is an answer.
async fn answers(port: u16) {
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let mut request = vec![0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42];
    request.extend_from_slice(&[7; 12]);
    let mut answer = [0; 512];
    for _ in 0..100 {
        // Refused while it is not there yet.
        drop(socket.send_to(&request, ("127.0.0.1", port)).await);
        let heard = tokio::time::timeout(Duration::from_millis(200), socket.recv_from(&mut answer)).await;
        match heard {
            Ok(Ok(_)) => return,
            Ok(Err(_)) => tokio::time::sleep(Duration::from_millis(100)).await,
            Err(_elapsed) => {}
        }
    }
    panic!("the TURN server does not answer");
}
