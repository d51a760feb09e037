//! One player's place in a network: a namespace with two cables (Wi-Fi and mobile), of which one is in use.

use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context as _, Result};

use super::ip::ip;
use crate::door::Doors;

/// All that can be reached. No default route: browsers would wait for name servers that never answer.
const EVERYWHERE: &str = "10.9.0.0/16";

/// Which cable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Uplink {
    /// `10.9.N.2`.
    Wifi,
    /// `10.9.(100+N).2`.
    Mobile,
}

/// A namespace.
pub struct Host {
    namespace: String,
    /// The namespace in the middle and the number of this one there; none for the middle itself.
    cables: Option<(String, u8)>,
    doors: Doors,
    in_use: Mutex<Uplink>,
}

impl Host {
    /// Makes a namespace with nothing but loopback.
    pub(super) fn add(namespace: &str) -> Result<Self> {
        ip(&["netns", "add", namespace])?;
        ip(&["-n", namespace, "link", "set", "lo", "up"])?;
        let doors = Doors::into(namespace)?;
        Ok(Self { namespace: namespace.to_owned(), cables: None, doors, in_use: Mutex::new(Uplink::Wifi) })
    }

    /// Lays both cables; Wi-Fi is in use.
    pub(super) fn with_cables_to(mut self, middle: &str, index: u8) -> Result<Self> {
        self.cables = Some((middle.to_owned(), index));
        for uplink in [Uplink::Wifi, Uplink::Mobile] {
            let (ours, theirs) = (uplink.interface(), uplink.far_interface(index));
            let own = &self.namespace;
            ip(&[
                "link", "add", ours, "netns", own, "type", "veth", "peer", "name", &theirs, "netns", middle,
            ])?;
            ip(&["-n", middle, "addr", "add", &format!("{}/24", uplink.gateway(index)), "dev", &theirs])?;
            ip(&["-n", middle, "link", "set", &theirs, "up"])?;
        }
        self.plug(Uplink::Wifi)?;
        Ok(self)
    }

    /// The namespace's name.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// A program that will run here.
    pub fn program(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespace, program]);
        command
    }

    /// A port on the machine's own loopback that leads to `target` (`127.0.0.1:1234`) in here.
    pub fn door(&self, target: &str) -> Result<u16> {
        self.doors.open(target)
    }

    /// Pulls the cable in use: its address goes, and the system here notices at once.
    pub fn pull(&self) -> Result<()> {
        let interface = self.uplink()?.interface();
        ip(&["-n", &self.namespace, "addr", "flush", "dev", interface])?;
        ip(&["-n", &self.namespace, "link", "set", interface, "down"])
    }

    /// Puts a cable in; it is the one in use from now on.
    pub fn plug(&self, uplink: Uplink) -> Result<()> {
        let (_, index) = self.cables()?;
        let (own, interface) = (&self.namespace, uplink.interface());
        ip(&["-n", own, "link", "set", interface, "up"])?;
        ip(&["-n", own, "addr", "replace", &format!("{}/24", uplink.address(*index)), "dev", interface])?;
        let gateway = uplink.gateway(*index);
        ip(&["-n", own, "route", "replace", EVERYWHERE, "via", &gateway, "dev", interface])?;
        *self.in_use.lock().map_err(|_| anyhow::anyhow!("a story has panicked"))? = uplink;
        Ok(())
    }

    /// From here on packets to and from here vanish on the way, and nobody is told: a dead spot.
    pub fn hush(&self) -> Result<()> {
        self.in_the_middle("add")
    }

    /// Ends [`Self::hush`].
    pub fn unhush(&self) -> Result<()> {
        self.in_the_middle("del")
    }

    fn in_the_middle(&self, what: &str) -> Result<()> {
        let (middle, index) = self.cables()?;
        let address = format!("{}/32", self.uplink()?.address(*index));
        ip(&["-n", middle, "route", what, "blackhole", &address])
    }

    fn uplink(&self) -> Result<Uplink> {
        Ok(*self.in_use.lock().map_err(|_| anyhow::anyhow!("a story has panicked"))?)
    }

    fn cables(&self) -> Result<&(String, u8)> {
        self.cables.as_ref().context("the one in the middle has no cable of its own")
    }
}

impl Uplink {
    fn interface(self) -> &'static str {
        match self {
            Self::Wifi => "wlan",
            Self::Mobile => "rmnet",
        }
    }

    fn far_interface(self, index: u8) -> String {
        match self {
            Self::Wifi => format!("wifi{index}"),
            Self::Mobile => format!("mobile{index}"),
        }
    }

    fn net(self, index: u8) -> String {
        match self {
            Self::Wifi => format!("10.9.{index}"),
            Self::Mobile => format!("10.9.{}", 100 + index),
        }
    }

    fn address(self, index: u8) -> String {
        format!("{}.2", self.net(index))
    }

    fn gateway(self, index: u8) -> String {
        format!("{}.1", self.net(index))
    }
}
