//! A network of its own for one story: every player in a Linux network namespace, the server's in the middle,
//! from which cables go to the others and which forwards between them. Nothing of it touches the machine's own
//! network. Needs root, as continuous integration has it; without, a story that wants a network fails and
//! says so.
//!
//! ```text
//! caller 10.9.1.2 ──wlan──┐                        ┌──wlan── agent 10.9.2.2
//!        10.9.101.2 ─rmnet┤  server 10.9.0.1       │
//!                         └──(forwards, or not)────┘
//! ```
//!
//! The harness itself stays outside and reaches in through doors ([`host::Host::door`]).

pub mod host;
mod ip;
mod sweep;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Result, ensure};

use host::Host;
use ip::{in_namespace, ip};

/// Where the server listens: reachable from every namespace, whatever cable is in use.
pub const SERVER_ADDRESS: &str = "10.9.0.1";

/// Whether packets may go from one player to another without the server's help.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Between {
    /// The one in the middle forwards.
    Direct,
    /// It does not: only a relay can help.
    Nothing,
}

/// A laid network; taken up when dropped, with everything that still runs in it.
pub struct Network {
    server: Arc<Host>,
    hosts: Vec<Arc<Host>>,
}

static LAID: AtomicU32 = AtomicU32::new(0);

impl Network {
    /// Lays a network of a server and these hosts.
    pub fn lay(hosts: &[&str], between: Between) -> Result<Self> {
        ensure!(
            ip::is_root(),
            "this story needs network namespaces, and so root: run `cargo xtask test` as root (in a container)"
        );
        sweep::leftovers();
        let number = LAID.fetch_add(1, Ordering::Relaxed);
        let name = |host: &str| format!("{}{}-{number}-{host}", sweep::PREFIX, std::process::id());
        let server = Host::add(&name("server"))?;
        let mut network = Self { server: Arc::new(server), hosts: Vec::new() };
        network.set_up_the_middle(between)?;
        for (index, host) in (1_u8..).zip(hosts) {
            let host = Host::add(&name(host))?.with_cables_to(network.server.namespace(), index)?;
            network.hosts.push(Arc::new(host));
        }
        Ok(network)
    }

    /// The server's place.
    pub fn server(&self) -> &Arc<Host> {
        &self.server
    }

    /// The host with this number, in the order of [`Self::lay`].
    pub fn host(&self, index: usize) -> Arc<Host> {
        Arc::clone(&self.hosts[index])
    }

    fn set_up_the_middle(&self, between: Between) -> Result<()> {
        let middle = self.server.namespace();
        ip(&["-n", middle, "addr", "add", &format!("{SERVER_ADDRESS}/32"), "dev", "lo"])?;
        // With the filter on, a host whose route is gone is not heard either: a cut both ways.
        let set = format!(
            "echo {} > /proc/sys/net/ipv4/ip_forward && echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter",
            u8::from(between == Between::Direct),
        );
        in_namespace(middle, &["sh", "-c", &set])
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for host in self.hosts.iter().chain([&self.server]) {
            sweep::remove(host.namespace());
        }
    }
}
