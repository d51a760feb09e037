//! Building the programs that people run: screens first, because the programs carry them inside.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::root::{cargo, root, run, target};
use crate::tools;

/// The built programs.
pub struct Programs {
    /// The routing server.
    pub server: PathBuf,
    /// The workstation.
    pub station: PathBuf,
    /// The player of the demo.
    pub demo: PathBuf,
    /// tauri-driver.
    pub tauri_driver: PathBuf,
}

/// Builds all of them in the debug profile, or in release.
pub fn build(release: bool) -> Result<Programs> {
    screens()?;
    let mut build = cargo();
    build.args(["build", "--locked", "--workspace", "--bins", "--features", "chinhchu/custom-protocol"]);
    if release {
        build.arg("--release");
    }
    run(&mut build)?;
    let dir = target().join(if release { "release" } else { "debug" });
    Ok(Programs {
        server: dir.join("chinhchu-server"),
        station: dir.join("chinhchu"),
        demo: dir.join("chinhchu-demo"),
        tauri_driver: tools::tauri_driver()?,
    })
}

/// Installs the screens' packages if the lock file changed, and builds ui/dist.
pub fn screens() -> Result<()> {
    let ui = root().join("ui");
    let lock = std::fs::read(ui.join("package-lock.json"))?;
    let stamp = ui.join("node_modules/.installed-lock");
    if std::fs::read(&stamp).ok().as_ref() != Some(&lock) {
        run(npm().args(["ci", "--no-audit", "--no-fund"]))?;
        std::fs::write(&stamp, &lock)?;
    }
    run(npm().args(["run", "--silent", "build"]))
}

/// npm in the folder of the screens.
pub fn npm() -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(root().join("ui"));
    command
}

impl Programs {
    /// Tells a child where the programs are.
    pub fn tell(&self, command: &mut Command) {
        command
            .env("CHINHCHU_SERVER_BIN", &self.server)
            .env("CHINHCHU_STATION_BIN", &self.station)
            .env("CHINHCHU_TAURI_DRIVER", &self.tauri_driver);
    }
}
