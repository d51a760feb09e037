//! The agent's work: verdict after verdict, each measured from the key to the screen's «done».

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use chinhchu_protocol::agent::{AgentActivity, WantedStatus};
use chinhchu_protocol::call::Decision;
use chinhchu_protocol::ids::CallId;
use chinhchu_station::clock::SystemClock;
use chinhchu_station::driver::{Handle, Parts as Station, start};
use chinhchu_station::keys::RunKeyring;
use chinhchu_station::picture::{Account, Command, DeviceState, Picture, VerdictPicture, VideoPlan};
use chinhchu_station::ports::Ports;
use chinhchu_station::settings::{Overrides, Settings};
use serde_json::{Value, json};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::capture::Edge;
use crate::dealer::{self, Dealers};
use crate::parts::{Parts, spread};
use crate::screen::Screen;
use crate::seed::Rng;
use crate::server::Server;

/// Verdicts that count …
const COUNT: usize = 200;
/// … after those that warm up.
const WARM_UP: usize = 10;
/// One call from ring to wrap-up takes no longer.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK: Duration = Duration::from_millis(10);

/// Plays and prints.
pub async fn measure() -> Result<()> {
    let parts = Parts::default();
    tracing_subscriber::registry().with(parts.clone()).init();
    // Beside the build: a disk, not a tmpfs.
    let beside = std::env::current_exe()?.parent().context("a folder")?.to_owned();
    let folder = tempfile::Builder::new().prefix("outbox-bench-").tempdir_in(beside)?;
    let mut rng = Rng::new(7);
    let mut server = Server::new(&folder.path().join("server"), &mut rng);
    let (name, company) = ("hoa", "1");
    let add = ["agent", "add", "--company", company, "--username", name, "--name", "Trần Thị Hoa"];
    let password = text(&server.command(&add).await, "password")?;
    let token = text(&server.command(&["token", "issue", "--company", company]).await, "token")?;
    // IT has approved the workstation beforehand: without, no call comes.
    let enrolment_code = text(&server.command(&["workstation", "invite"]).await, "enrolment_code")?;
    server.start().await;
    let card =
        image::RgbImage::from_fn(640, 400, |x, y| image::Rgb([x, y, x ^ y].map(|v| v.to_le_bytes()[0])));
    let mut drawn = std::io::Cursor::new(Vec::new());
    card.write_to(&mut drawn, image::ImageFormat::Jpeg)?;
    let dealers = Arc::new(Dealers::new(server.base(), drawn.into_inner()));
    // Two calls at a time: one rings as soon as one is over.
    for n in 0..2 {
        tokio::spawn(dealer::work(dealers.clone(), token.clone(), Rng::fork(7, "dealer", n)));
    }
    let edge = Arc::new(Edge::new(Screen::open()?));
    let handle = workstation(&server, folder.path(), &enrolment_code, edge.clone()).await?;
    let mut desk = Desk { handle, account: (name.to_owned(), password), done: None };
    let mut whole_us = Vec::new();
    for n in 0..WARM_UP + COUNT {
        if n == WARM_UP {
            parts.clear();
            whole_us.clear();
        }
        let took = tokio::time::timeout(PATIENCE, desk.verdict()).await.context("a verdict in time")??;
        whole_us.push(u64::try_from(took.as_micros())?);
    }
    let load = std::fs::read_to_string("/proc/loadavg")?;
    let (method, width, height) = edge.last.lock().expect("last").context("a capture")?;
    let report = json!({
        "bench": "outbox", "verdicts": whole_us.len(), "capture": method, "window": format!("{width}x{height}"),
        "key_to_durable_us": spread(&mut whole_us), "parts": parts.spread(),
        "load_1m": load.split(' ').next(), "release": !cfg!(debug_assertions),
    });
    println!("{report}");
    desk.handle.stop();
    server.kill().await;
    Ok(())
}

async fn workstation(
    server: &Server,
    folder: &std::path::Path,
    enrolment_code: &str,
    edge: Arc<Edge>,
) -> Result<Handle> {
    let data = folder.join("data").display().to_string();
    let env = |name: &str| match name {
        "CHINHCHU_DATA" => Some(data.clone()),
        "CHINHCHU_SERVER" => Some(server.base()),
        "CHINHCHU_ENROLMENT_CODE" => Some(enrolment_code.to_owned()),
        _ => None,
    };
    let ports = Ports {
        media: edge.clone(),
        surfaces: edge.clone(),
        capture: edge.clone(),
        ring: edge,
        keyring: Arc::new(RunKeyring::default()),
        clock: Arc::new(SystemClock::new()),
    };
    let settings = Settings::resolve(Overrides::default(), env)?;
    let picture_base = "station://localhost/".to_owned();
    Ok(start(Station { settings, ports, video: VideoPlan::Native, picture_base }).await?)
}

struct Desk {
    handle: Handle,
    account: (String, String),
    /// The call that was decided last.
    done: Option<CallId>,
}

impl Desk {
    /// Works until a verdict may be given, gives it, and waits until it is done.
    async fn verdict(&mut self) -> Result<Duration> {
        let mut pictures = self.handle.picture();
        loop {
            let picture = pictures.borrow_and_update().clone();
            if let Some(call) = self.open_call(&picture) {
                self.done = Some(call);
                break;
            }
            self.act(&picture).await;
            let _ = tokio::time::timeout(LOOK, pictures.changed()).await;
        }
        let key = Command::Verdict { decision: Decision::Confirmed, reason: None, note: None };
        let pressed = Instant::now();
        self.handle.command(key).await?;
        let done = pictures
            .wait_for(|picture| {
                matches!(picture.verdict, VerdictPicture::Sealed { .. } | VerdictPicture::Refused { .. })
            })
            .await?;
        let took = pressed.elapsed();
        ensure!(matches!(done.verdict, VerdictPicture::Sealed { .. }), "refused: {:?}", done.verdict);
        Ok(took)
    }

    fn open_call(&self, picture: &Picture) -> Option<CallId> {
        let AgentActivity::InCall { call, .. } = &picture.view.as_ref()?.activity else { return None };
        let open = picture.verdict == VerdictPicture::Open && Some(call.call_id) != self.done;
        open.then_some(call.call_id)
    }

    async fn act(&self, picture: &Picture) {
        let signed_out = matches!(picture.account, Account::SignedOut { .. });
        let command = match picture.view.as_ref().map(|view| &view.activity) {
            _ if signed_out && picture.devices.camera != DeviceState::Unknown => {
                let (username, password) = self.account.clone();
                Some(Command::SignIn { username, password })
            }
            Some(AgentActivity::Paused { .. }) if picture.wish.is_none() => {
                Some(Command::SetStatus { status: WantedStatus::Available })
            }
            Some(AgentActivity::Ringing { offer, .. }) => {
                let shown = Command::RingShown { call_id: offer.call_id, offer: offer.offer };
                let _ = self.handle.command(shown).await; // Told again at the next look.
                Some(Command::Accept)
            }
            Some(AgentActivity::WrapUp { .. }) => Some(Command::WrapUpDone),
            Some(
                AgentActivity::Paused { .. }
                | AgentActivity::Available { .. }
                | AgentActivity::Connecting { .. }
                | AgentActivity::InCall { .. }
                | AgentActivity::Reconnecting { .. },
            )
            | None => None,
        };
        if let Some(command) = command {
            // What is refused is tried again at the next look.
            let _ = self.handle.command(command).await;
        }
    }
}

fn text(answer: &Value, name: &str) -> Result<String> {
    answer[name].as_str().map(str::to_owned).with_context(|| format!("{name} in {answer}"))
}
