//! A bad network between page and workstation: a UDP proxy that loses (seeded) and delays packets.
//!
//! The page learns the proxy's address instead of the workstation's, the workstation learns nothing of the
//! page: it sees the proxy as a peer-reflexive candidate.

use chinhchu_protocol::signal::Signal;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

/// How bad it is, each way.
#[derive(Clone, Copy, Debug)]
pub struct Badness {
    pub loss: f64,
    pub delay: Duration,
}

/// Running proxies; they end when this is dropped.
#[derive(Default)]
pub struct Lossy {
    tasks: JoinSet<()>,
}

impl Lossy {
    /// Puts a proxy in front of a candidate of the workstation; `None` for those that have none (IPv6).
    pub async fn hide(&mut self, signal: &Signal, badness: Badness) -> Option<Signal> {
        let Signal::Candidate { connection, candidate, sdp_mid, sdp_m_line_index } = signal else {
            return Some(signal.clone());
        };
        let mut parts: Vec<String> = candidate.split(' ').map(str::to_owned).collect();
        let target: SocketAddr = format!("{}:{}", parts.get(4)?, parts.get(5)?).parse().ok()?;
        let front = UdpSocket::bind((target.ip(), 0)).await.ok()?;
        let back = UdpSocket::bind((target.ip(), 0)).await.ok()?;
        parts[5] = front.local_addr().ok()?.port().to_string();
        self.tasks.spawn(forward(front, back, target, badness));
        Some(Signal::Candidate {
            connection: *connection,
            candidate: parts.join(" "),
            sdp_mid: sdp_mid.clone(),
            sdp_m_line_index: *sdp_m_line_index,
        })
    }
}

async fn forward(front: UdpSocket, back: UdpSocket, target: SocketAddr, badness: Badness) {
    let (front, back) = (Arc::new(front), Arc::new(back));
    let mut random = StdRng::seed_from_u64(7);
    let mut page = None;
    let (mut from_page, mut from_station) = ([0_u8; 2048], [0_u8; 2048]);
    loop {
        let (socket, to, packet) = tokio::select! {
            Ok((size, from)) = front.recv_from(&mut from_page) => {
                page = Some(from);
                (Arc::clone(&back), target, from_page[..size].to_vec())
            }
            Ok((size, _)) = back.recv_from(&mut from_station) => match page {
                Some(page) => (Arc::clone(&front), page, from_station[..size].to_vec()),
                None => continue,
            },
            else => return,
        };
        if random.random_bool(badness.loss) {
            continue;
        }
        tokio::spawn(async move {
            tokio::time::sleep(badness.delay).await;
            drop(socket.send_to(&packet, to).await);
        });
    }
}
