//! System packages: which are needed, which are missing, and installing them on Debian and its children.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::root::run;

/// Needed to build.
const BUILD: &[&str] = &[
    "build-essential",
    "pkg-config",
    "cmake",
    "nasm",
    "clang",
    "libclang-dev",
    "libwebkit2gtk-4.1-dev",
    "libvpx-dev",
    "libasound2-dev",
    "libpipewire-0.3-dev",
    "libxcb1-dev",
    "libxrandr-dev",
    "libdbus-1-dev",
    "libwayland-dev",
    "libegl-dev",
    "libgbm-dev",
];

/// Needed to play the whole system without a person: display, keyring, browser and their
/// drivers, a network of its own, a relay.
const PLAY: &[&str] = &[
    "xvfb",
    "xauth",
    "openbox",
    "dbus",
    "gnome-keyring",
    "webkit2gtk-driver",
    "chromium",
    "chromium-driver",
    "imagemagick",
    "iproute2",
    "coturn",
];

/// Makes sure that the packages to build (and, if `play`, to run whole stories) are there.
pub fn provide(play: bool, no_install: bool) -> Result<()> {
    if !is_debian() {
        eprintln!("not a Debian system: install the counterparts of these yourself: {}", BUILD.join(" "));
        return Ok(());
    }
    let wanted: Vec<&str> = BUILD.iter().chain(if play { PLAY } else { &[] }).copied().collect();
    install(&wanted, no_install)
}

/// Whether packages can be had from apt.
pub fn is_debian() -> bool {
    Path::new("/usr/bin/dpkg-query").exists()
}

/// Installs those of the packages that are missing, and says which; with `no_install` it fails instead.
pub fn install(wanted: &[&'static str], no_install: bool) -> Result<()> {
    let missing: Vec<&str> = wanted.iter().copied().filter(|package| !is_installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("missing system packages: {}", missing.join(" "));
    if no_install {
        bail!(
            "not installing them, as asked by --no-install; install them with: apt-get install {}",
            missing.join(" ")
        );
    }
    run(&mut apt(&["update", "-qq"]))?;
    let mut install = apt(&["install", "-y", "-qq", "--no-install-recommends"]);
    run(install.args(&missing))
}

fn is_installed(package: &str) -> bool {
    query(package, "${Status}").is_some_and(|status| status.ends_with("ok installed"))
}

/// Version of an installed package.
pub fn version(package: &str) -> Option<String> {
    query(package, "${Version}").filter(|version| !version.is_empty())
}

fn query(package: &str, field: &str) -> Option<String> {
    let mut query = Command::new("dpkg-query");
    query.args(["-W", "-f", field, package]).stderr(Stdio::null());
    String::from_utf8(query.output().ok()?.stdout).ok()
}

fn apt(arguments: &[&str]) -> Command {
    let mut command = if is_root() { Command::new("env") } else { Command::new("sudo") };
    command.arg("DEBIAN_FRONTEND=noninteractive").arg("apt-get");
    command.args(["-o", "DPkg::Lock::Timeout=120"]).args(arguments);
    command
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|answer| answer.stdout.trim_ascii() == b"0")
}
