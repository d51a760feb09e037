//! A real Chromium as the customer: a page on loopback that offers, and what it reports.
#![allow(
    dead_code,
    missing_docs,
    clippy::unwrap_used,
    reason = "shared by a test and a benchmark, each uses a part"
)]

pub mod lossy;
pub mod turn;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::{Html, IntoResponse};
use axum::routing::any;
use chinhchu_media::{
    CallMedia, CameraChoice, Frame, FrameSink, MediaConfig, MediaEvent, MediaStats, Sinks, SoundChoice,
};
use chinhchu_protocol::signal::{IceServer, Signal};
use lossy::{Badness, Lossy};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;
use url::Url;

const CHROMIUM: &str = "/usr/bin/chromium";

/// What the page reported last.
#[derive(Clone, Debug, Default)]
pub struct PageReport {
    pub video_decoded: u64,
    pub video_width: u64,
    pub voice_packets: u64,
    pub voice_energy: f64,
    pub codec: String,
    /// The path goes through TURN at both ends.
    pub relayed: bool,
}

/// Pictures that arrived at a sink.
#[derive(Default)]
pub struct Pictures {
    inner: Mutex<Vec<(Instant, Arc<Frame>)>>,
    longest_gap: Mutex<Duration>,
}

impl FrameSink for Pictures {
    fn push(&self, frame: &Arc<Frame>) {
        let mut inner = self.inner.lock().expect("pictures");
        // The first one stays: it tells when the picture came.
        if inner.len() >= 4 {
            inner.remove(1);
        }
        let now = Instant::now();
        if let Some((previous, _)) = inner.last() {
            let mut longest = self.longest_gap.lock().expect("gap");
            *longest = now.saturating_duration_since(*previous).max(*longest);
        }
        inner.push((now, Arc::clone(frame)));
    }
}

impl Pictures {
    pub fn first_at(&self) -> Option<Instant> {
        self.inner.lock().expect("pictures").first().map(|(at, _)| *at)
    }

    pub fn last(&self) -> Option<Arc<Frame>> {
        self.inner.lock().expect("pictures").last().map(|(_, frame)| Arc::clone(frame))
    }

    /// Longest time without a new picture.
    pub fn longest_gap(&self) -> Duration {
        *self.longest_gap.lock().expect("gap")
    }

    pub fn clear(&self) {
        *self.longest_gap.lock().expect("gap") = Duration::ZERO;
        self.inner.lock().expect("pictures").clear();
    }
}

/// The server of the page, and the workstation's media behind it.
pub struct Call {
    pub remote: Arc<Pictures>,
    pub own: Arc<Pictures>,
    pub address: SocketAddr,
    page: Arc<Page>,
    server: JoinHandle<()>,
    pump: JoinHandle<()>,
    again: (MediaConfig, Sinks, mpsc::Sender<MediaEvent>),
}

/// Settings without TURN.
pub fn config(camera: CameraChoice, sound: SoundChoice) -> MediaConfig {
    MediaConfig { ice_servers: Vec::new(), camera, sound, relay_only: false, uptime }
}

/// Tests do not sleep with the machine.
pub fn uptime() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

struct Page {
    media: Mutex<Option<CallMedia>>,
    commands: broadcast::Sender<String>,
    offered_at: Mutex<Option<Instant>>,
    marks: Mutex<Vec<(Instant, String)>>,
    report: Mutex<PageReport>,
    events: Mutex<Vec<MediaEvent>>,
    badness: Option<Badness>,
}

impl Page {
    fn mark(&self, name: &str) {
        self.marks.lock().expect("marks").push((Instant::now(), name.to_owned()));
    }
}

impl Call {
    pub async fn start(camera: CameraChoice, sound: SoundChoice) -> Self {
        Self::start_over(camera, sound, None).await
    }

    /// Over a bad network.
    pub async fn start_over(camera: CameraChoice, sound: SoundChoice, badness: Option<Badness>) -> Self {
        Self::start_with(config(camera, sound), badness).await
    }

    /// With any settings.
    pub async fn start_with(config: MediaConfig, badness: Option<Badness>) -> Self {
        // RUST_LOG shows what the engine does; without it nothing is logged.
        let filter = tracing_subscriber::EnvFilter::from_default_env();
        drop(tracing_subscriber::fmt().with_env_filter(filter).with_test_writer().try_init());
        let (remote, own) = (Arc::new(Pictures::default()), Arc::new(Pictures::default()));
        let sinks = Sinks { remote: remote.clone(), own: own.clone() };
        let (tell, events) = mpsc::channel(256);
        let media = CallMedia::start(config.clone(), sinks.clone(), tell.clone());
        let page = Arc::new(Page {
            media: Mutex::new(Some(media)),
            commands: broadcast::channel(64).0,
            offered_at: Mutex::default(),
            marks: Mutex::default(),
            report: Mutex::default(),
            events: Mutex::default(),
            badness,
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listener");
        let address = listener.local_addr().expect("address");
        let router = Router::new()
            .route("/", any(|| async { Html(include_str!("page.html")) }))
            .route("/socket", any(socket))
            .with_state(Arc::clone(&page));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("server") });
        let pump = tokio::spawn(pump(events, Arc::clone(&page)));
        Self { remote, own, address, page, server, pump, again: (config, sinks, tell) }
    }

    /// The workstation's program is killed and started again, in the same call.
    pub async fn restart_workstation(&self) {
        self.stop_media().await;
        let (config, sinks, tell) = self.again.clone();
        *self.page.media.lock().expect("media") = Some(CallMedia::start(config, sinks, tell));
    }

    /// Asks the page for a new peer connection.
    pub fn reconnect(&self) {
        self.page.commands.send(r#"{"kind":"reconnect"}"#.into()).expect("a page listens");
    }

    pub fn with_media<T>(&self, look: impl FnOnce(&CallMedia) -> T) -> T {
        look(self.page.media.lock().expect("media").as_ref().expect("running"))
    }

    pub fn stats(&self) -> MediaStats {
        self.with_media(CallMedia::stats)
    }

    pub fn report(&self) -> PageReport {
        self.page.report.lock().expect("report").clone()
    }

    pub fn events(&self) -> Vec<MediaEvent> {
        self.page.events.lock().expect("events").clone()
    }

    /// Asks the page for an ICE restart.
    pub fn restart_ice(&self) {
        self.page.commands.send(r#"{"kind":"restart"}"#.into()).expect("a page listens");
    }

    /// The candidates that the workstation has told so far.
    pub fn own_candidates(&self) -> Vec<String> {
        let candidate = |event: MediaEvent| match event {
            MediaEvent::Signal(Signal::Candidate { candidate, .. }) if !candidate.is_empty() => {
                Some(candidate)
            }
            _other => None,
        };
        self.events().into_iter().filter_map(candidate).collect()
    }

    /// Forgets what was seen of an earlier page.
    pub fn forget(&self) {
        self.remote.clear();
        *self.page.offered_at.lock().expect("offered") = None;
        *self.page.report.lock().expect("report") = PageReport::default();
        self.page.marks.lock().expect("marks").clear();
        self.page.events.lock().expect("events").clear();
    }

    /// From the arrival of the page's offer to the first decoded picture.
    pub fn offer_to_picture(&self) -> Option<Duration> {
        let offered = (*self.page.offered_at.lock().expect("offered"))?;
        Some(self.remote.first_at()?.saturating_duration_since(offered))
    }

    /// What happened when, in ms after the offer.
    pub fn timeline(&self) -> Vec<(u128, String)> {
        let offered = self.page.offered_at.lock().expect("offered").unwrap_or_else(Instant::now);
        let marks = self.page.marks.lock().expect("marks");
        marks
            .iter()
            .map(|(at, name)| (at.saturating_duration_since(offered).as_millis(), name.clone()))
            .collect()
    }

    /// Ends the media; the time it took.
    pub async fn stop_media(&self) -> Duration {
        let media = self.page.media.lock().expect("media").take().expect("running");
        let before = Instant::now();
        media.stop().await;
        before.elapsed()
    }

    pub async fn end(self) {
        if self.page.media.lock().expect("media").is_some() {
            self.stop_media().await;
        }
        self.server.abort();
        self.pump.abort();
    }
}

/// Events of the media: signals to the page, everything to the list.
async fn pump(mut events: mpsc::Receiver<MediaEvent>, page: Arc<Page>) {
    let mut lossy = Lossy::default();
    while let Some(event) = events.recv().await {
        if let MediaEvent::Signal(signal) = &event {
            page.mark(if matches!(signal, Signal::Answer { .. }) { "answered" } else { "own candidate" });
            let seen = match page.badness {
                Some(badness) => lossy.hide(signal, badness).await,
                None => Some(signal.clone()),
            };
            if let Some(signal) = seen {
                drop(page.commands.send(serde_json::to_string(&signal).expect("json")));
            }
        } else {
            page.mark(&format!("{event:?}"));
        }
        page.events.lock().expect("events").push(event);
    }
}

async fn socket(upgrade: WebSocketUpgrade, State(page): State<Arc<Page>>) -> impl IntoResponse {
    upgrade.on_upgrade(|socket| serve(socket, page))
}

async fn serve(mut socket: WebSocket, page: Arc<Page>) {
    let mut commands = page.commands.subscribe();
    loop {
        tokio::select! {
            Ok(text) = commands.recv() => {
                if socket.send(Message::Text(text.into())).await.is_err() {
                    return;
                }
            }
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => take(&page, text.as_str()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
        }
    }
}

fn take(page: &Page, text: &str) {
    let value: Value = serde_json::from_str(text).expect("json of the page");
    match value["kind"].as_str() {
        Some("stats") => {
            *page.report.lock().expect("report") = PageReport {
                video_decoded: value["video_decoded"].as_u64().unwrap_or(0),
                video_width: value["video_width"].as_u64().unwrap_or(0),
                voice_packets: value["voice_packets"].as_u64().unwrap_or(0),
                voice_energy: value["voice_energy"].as_f64().unwrap_or(0.0),
                codec: value["codec"].as_str().unwrap_or("").to_owned(),
                relayed: value["relayed"].as_bool().unwrap_or(false),
            };
        }
        Some("mark") => page.mark(value["name"].as_str().unwrap_or("?")),
        _signal => {
            let signal: Signal = serde_json::from_value(value).expect("a signal");
            if let Signal::Offer { sdp, .. } = &signal {
                page.offered_at.lock().expect("offered").get_or_insert_with(Instant::now);
                tracing::trace!(%sdp, "offer");
            } else if page.badness.is_some() {
                return;
            } else {
                page.mark("page candidate");
            }
            if let Some(media) = page.media.lock().expect("media").as_ref() {
                media.signal(signal);
            }
        }
    }
}

/// A running browser; killed when dropped.
pub struct Browser {
    process: tokio::process::Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Opens the page, which offers at once.
    pub fn open(address: SocketAddr, codec: &str, connection: u32) -> Self {
        Self::open_through(address, codec, connection, &[])
    }

    /// Opens the page, which offers at once; with servers it uses nothing but them.
    pub fn open_through(address: SocketAddr, codec: &str, connection: u32, servers: &[IceServer]) -> Self {
        let mut page = Url::parse(&format!("http://{address}/")).expect("url");
        page.query_pairs_mut().append_pair("codec", codec).append_pair("connection", &connection.to_string());
        if !servers.is_empty() {
            page.query_pairs_mut().append_pair("ice", &serde_json::to_string(servers).expect("json"));
        }
        assert!(
            Path::new(CHROMIUM).exists(),
            "this test needs {CHROMIUM} as the customer's browser: install the package chromium"
        );
        let profile = tempfile::tempdir().expect("profile folder");
        let mut command = tokio::process::Command::new(CHROMIUM);
        #[cfg(unix)]
        command.process_group(0);
        let process = command
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-default-apps",
                "--allow-loopback-in-peer-connection",
                "--mute-audio",
                "--autoplay-policy=no-user-gesture-required",
                "--use-fake-device-for-media-stream=fps=30",
                "--use-fake-ui-for-media-stream",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(page.as_str())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromium starts");
        Self { process, _profile: profile }
    }

    /// Kills the browser, as a phone does with a page.
    pub async fn kill(mut self) {
        self.process.kill().await.expect("kill");
    }
}

/// Waits until something is true; panics with the name of it after the time.
pub async fn until(what: &str, within: Duration, mut is: impl FnMut() -> bool) {
    let deadline = Instant::now() + within;
    while !is() {
        assert!(Instant::now() < deadline, "not within {within:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
