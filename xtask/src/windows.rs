//! The workspace checked for Windows, from any machine: clippy (or `cargo check`) for x86_64-pc-windows-gnu.
//!
//! Nothing runs here that was built; [`toolchain`] finds or makes the compiler. The target folder is one of its
//! own inside the given one, because another compiler writes into it.

mod toolchain;

use anyhow::Result;

use self::toolchain::Toolchain;
use crate::{programs, root, system};

/// The target. The GNU one, because its linker and C library are free packages of every distribution.
const TARGET: &str = "x86_64-pc-windows-gnu";

/// Checks programs, libraries and tests of the workspace, warnings denied.
pub fn check(no_install: bool) -> Result<()> {
    if cfg!(windows) {
        eprintln!("this is Windows: the ordinary clippy is the check for it");
        return Ok(());
    }
    system::provide(false, no_install)?;
    programs::screens()?; // The window carries them inside.
    let toolchain = Toolchain::provide(no_install)?;
    root::run(&mut toolchain.lint(&[
        "--quiet",
        "--locked",
        "--workspace",
        // They stand on X displays and Linux's network namespaces.
        "--exclude",
        "chinhchu-stories",
        "--all-targets",
        "--features",
        "chinhchu/custom-protocol",
        "--target",
        TARGET,
        // Nothing of it is run but macros and build scripts: to optimise those costs more than it saves.
        "--config",
        "profile.dev.package.\"*\".opt-level=0",
        "--config",
        "profile.dev.debug=false",
    ]))
}
