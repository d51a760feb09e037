//! `serve`: settings, log, listener, signals; then [`crate::run`].

use std::io::Write as _;
use std::net::TcpListener;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use super::oidc::OidcArgs;
use super::settings::{Settings, Text, Texts, check, gather};
use super::turn::TurnSettings;
use super::{CliError, Globals};
use crate::config::Config;

#[derive(Args)]
pub struct ServeArgs {
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// Folder of the pictures [default: DIR/evidence]
    #[arg(long, value_name = "DIR")]
    evidence: Option<PathBuf>,
    /// Signed list of the calls that were erased, best on another disk [default: DIR/tombstones.jsonl]
    #[arg(long, value_name = "FILE")]
    tombstones: Option<PathBuf>,
    /// Certificate chain, PEM; a phone's camera needs TLS, here or in a proxy
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate, PEM
    #[arg(long, value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// How dealers reach this server, such as https://calls.example.vn [default: the listening address]
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Prometheus figures at /metrics here; a port alone means loopback [default: off]
    #[arg(long, value_name = "[ADDR:]PORT")]
    metrics_listen: Option<String>,
    /// A proxy whose X-Forwarded-For is believed; repeat for more
    #[arg(long, value_name = "IP")]
    trusted_proxy: Vec<String>,
    /// STUN or TURN for pages and workstations: stun:HOST or turn:HOST,USER,SECRET; repeat for more
    #[arg(long, value_name = "SERVER")]
    ice_server: Vec<String>,
    /// TURN relay whose credentials this server makes: turn:HOST:PORT?transport=udp; repeat for more. The
    /// secret comes from CHINHCHU_TURN_SECRET, or a file
    #[arg(long, value_name = "URL")]
    turn_url: Vec<String>,
    /// File with the secret shared with the TURN relay (its static-auth-secret)
    #[arg(long, value_name = "FILE")]
    turn_secret_file: Option<PathBuf>,
    #[command(flatten)]
    oidc: OidcArgs,
    /// Serve the sandbox at /sandbox/ too, where mSale and eKYC are played; loopback only
    #[arg(long)]
    sandbox: bool,
}

impl ServeArgs {
    fn settings(&self) -> Settings {
        let some = |list: &Vec<String>| (!list.is_empty()).then(|| Texts::Many(list.clone()));
        Settings {
            data: None,
            listen: self.listen.clone(),
            evidence: self.evidence.clone(),
            tombstones: self.tombstones.clone(),
            tls_cert: self.tls_cert.clone(),
            tls_key: self.tls_key.clone(),
            public_url: self.public_url.clone(),
            metrics_listen: self.metrics_listen.clone().map(Text::Text),
            trusted_proxy: some(&self.trusted_proxy),
            ice_server: some(&self.ice_server),
            sandbox: self.sandbox.then_some(true),
            oidc: self.oidc.settings(),
            turn: TurnSettings::of_flags(&self.turn_url, self.turn_secret_file.as_ref()),
        }
    }
}

pub fn run(globals: &Globals, args: &ServeArgs) -> Result<(), CliError> {
    let config = check(gather(globals, &args.settings())?)?;
    log_to_stderr();
    let listener =
        TcpListener::bind(config.listen).with_context(|| format!("listen on {}", config.listen))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(listener, config))
}

async fn serve(listener: TcpListener, config: Config) -> Result<(), CliError> {
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    let server = crate::run::start(listener, config, stop).await?;
    // The only line on stdout: scripts wait for it.
    let mut stdout = std::io::stdout();
    writeln!(stdout, "listening on {}", server.base_url())?;
    stdout.flush()?;
    Ok(server.wait().await?)
}

/// JSON lines; `RUST_LOG` chooses what.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // Fails only if something logs already.
    let _ = tracing_subscriber::fmt().json().with_writer(std::io::stderr).with_env_filter(filter).try_init();
    // The text of a panic may hold a value, and so a person's data (I9): only its place is logged.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "panic");
    }));
}

/// SIGTERM or Ctrl-C: drain and end.
async fn stop_on_signal(stop: CancellationToken) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            },
            Err(_) => {
                let _ = tokio::signal::ctrl_c().await;
            }
        }
    }
    #[cfg(not(unix))]
    {
        let _ = tokio::signal::ctrl_c().await;
    }
    tracing::info!("stopping");
    stop.cancel();
}
