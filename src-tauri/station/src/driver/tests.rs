//! The driver against a real HTTP and WebSocket server on loopback; only the hardware's edge is played.

mod deliveries;
mod edge;
mod enrolment;
mod line;
mod receipts;
mod server;

use std::sync::Arc;
use std::time::Duration;

use chinhchu_protocol::agent::{AgentActivity, AgentToServer, RingProof, WantedStatus};
use chinhchu_protocol::call::{Decision, ImageKind};
use chinhchu_protocol::signal::Signal;

use self::edge::Edge;
use self::server::{CALL, Server};
use super::*;
use crate::evidence::hex_sha256;
use crate::keys::{Keyring, RunKeyring};
use crate::picture::{Account, DeviceState, LinkState, UploadState, VerdictPicture};
use crate::settings::Overrides;

struct Desk {
    handle: Handle,
    edge: Edge,
}

impl Desk {
    async fn start(server: &Server, folder: &std::path::Path, keyring: Arc<dyn Keyring>) -> Self {
        Self::start_with(server, folder, keyring, None).await
    }

    async fn with_code(server: &Server, folder: &std::path::Path, code: Option<&str>) -> Self {
        Self::start_with(server, folder, Arc::new(RunKeyring::default()), code).await
    }

    async fn start_with(
        server: &Server,
        folder: &std::path::Path,
        keyring: Arc<dyn Keyring>,
        code: Option<&str>,
    ) -> Self {
        let env = |name: &str| match name {
            "CHINHCHU_DATA" => Some(folder.display().to_string()),
            // How full this machine is changes nothing here.
            "CHINHCHU_DISK_RESERVE_MIB" => Some("0".to_owned()),
            _ => None,
        };
        let overrides = Overrides {
            server: Some(server.url.clone()),
            enrolment_code: code.map(str::to_owned),
            ..Overrides::default()
        };
        let settings = Settings::resolve(overrides, env).expect("settings");
        let edge = Edge::default();
        let parts = Parts {
            settings,
            ports: edge.ports(keyring),
            video: VideoPlan::Native,
            picture_base: "station://localhost/".into(),
        };
        Self { handle: start(parts).await.expect("starts"), edge }
    }

    async fn until(&self, what: &str, is: impl Fn(&Picture) -> bool) -> Arc<Picture> {
        let mut picture = self.handle.picture();
        let wait = picture.wait_for(|picture| is(picture));
        let found = tokio::time::timeout(Duration::from_secs(20), wait).await;
        found.unwrap_or_else(|_| panic!("never: {what}")).expect("driver runs").clone()
    }

    /// The outbox was let go by this program, which has ended.
    async fn gone(&self, profile: &std::path::Path) {
        let path = profile.join("outbox.sqlite");
        let open = || {
            let file = rusqlite::Connection::open(&path).expect("opens");
            file.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).is_ok()
        };
        for _ in 0..200 {
            if open() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("never: the outbox let go");
    }

    async fn sign_in(&self) {
        // Before the kept session is looked for, a sign-in would race with it.
        self.until("devices", |picture| picture.devices.camera != crate::picture::DeviceState::Unknown).await;
        let command = Command::SignIn { username: "hoa".into(), password: "right".into() };
        self.handle.command(command).await.expect("taken");
        self.until("line up", |picture| picture.link.state == LinkState::Up).await;
    }

    async fn to_open_verdict(&self, server: &mut Server) {
        server.show(server::ringing());
        server
            .expect(
                "rang",
                |message| matches!(message, AgentToServer::Rang { proof: RingProof::Sound, .. }),
                || {
                    let shown = Command::RingShown { call_id: CALL, offer: 1 };
                    let handle = self.handle.clone();
                    tokio::spawn(async move { handle.command(shown).await });
                },
            )
            .await;
        self.handle.command(Command::Accept).await.expect("rings");
        server.expect("accept", |message| matches!(message, AgentToServer::Accept { .. }), || {}).await;
        server.show(server::in_call());
        server.signal(1, Signal::Offer { connection: 1, sdp: "v=0".into() });
        server
            .expect(
                "answer",
                |message| {
                    matches!(message, AgentToServer::Signal { n: 1, signal: Signal::Answer { .. }, .. })
                },
                || {},
            )
            .await;
        self.until("verdict open", |picture| picture.verdict == VerdictPicture::Open).await;
    }

    async fn confirm(&self) {
        let verdict =
            Command::Verdict { decision: Decision::Confirmed, reason: None, note: Some("x".into()) };
        self.handle.command(verdict).await.expect("open");
    }
}

fn is_sealed_message(message: &AgentToServer) -> bool {
    matches!(message, AgentToServer::VerdictSealed { .. })
}

/// F1, N1–N6, I5: the whole way of one call through the workstation.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_goes_from_ring_to_delivered_evidence() {
    let folder = tempfile::tempdir().expect("tempdir");
    let mut server = Server::start().await;
    let desk = Desk::start(&server, folder.path(), Arc::new(RunKeyring::default())).await;
    desk.sign_in().await;
    desk.to_open_verdict(&mut server).await;
    let picture = desk.handle.picture().borrow().clone();
    let case = picture.case.as_ref().expect("case");
    assert!(case.images[0].url.starts_with("station://localhost/case/id_front?of="));
    assert_eq!(desk.handle.shelf().get("/case/id_front").expect("picture").1.as_ref(), b"id front");
    assert!(desk.handle.shelf().get("/case/../outbox.sqlite").is_none());

    desk.confirm().await;
    server.expect("verdict sealed", is_sealed_message, || {}).await;
    let picture = desk
        .until("delivered", |picture| {
            picture.history.first().is_some_and(|entry| matches!(entry.upload, UploadState::Delivered { .. }))
        })
        .await;
    assert!(matches!(picture.verdict, VerdictPicture::Sealed { .. }));
    assert!(!desk.edge.media_runs(), "caller and agent part");
    let uploads = server.uploads();
    assert_eq!(uploads.len(), 1);
    let manifest = server.opened(&uploads[0]);
    assert_eq!((manifest.counter, manifest.previous_sha256), (1, None));
    for picture in &manifest.pictures {
        assert_eq!(picture.sha256, hex_sha256(&uploads[0][picture.kind.name()]));
    }
    let burnt = desk.edge.burnt().expect("burnt");
    assert_eq!(burnt.date_time, manifest.captured_at_text, "what is drawn is what the manifest says");
    let shown = desk.handle.shelf().get(&format!("evidence/{CALL}/1")).expect("evidence");
    assert_eq!(shown.1.as_ref(), uploads[0][ImageKind::Screenshot.name()].as_slice());
}

/// I5: the server is away between verdict and upload, and the program is killed as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verdict_sealed_while_the_server_fails_arrives_after_a_restart_once() {
    let folder = tempfile::tempdir().expect("tempdir");
    let keyring: Arc<dyn Keyring> = Arc::new(RunKeyring::default());
    let mut server = Server::start().await;
    let desk = Desk::start(&server, folder.path(), keyring.clone()).await;
    desk.sign_in().await;
    desk.to_open_verdict(&mut server).await;
    server.refuse_uploads(true);
    desk.confirm().await;
    desk.until("waits", |picture| picture.outbox.state == "waiting_for_network").await;
    assert_eq!(desk.handle.picture().borrow().outbox.pending, 1);
    desk.handle.stop();

    server.refuse_uploads(false);
    let desk = Desk::start(&server, folder.path(), keyring).await;
    // The kept session is resumed without a password; the server still shows the call.
    desk.until("signed in again", |picture| matches!(picture.account, Account::SignedIn { .. })).await;
    server.expect("told again", is_sealed_message, || {}).await;
    desk.until("delivered", |picture| picture.outbox.pending == 0 && !picture.history.is_empty()).await;
    assert_eq!(server.uploads().len(), 1);
    assert!(!desk.edge.media_runs(), "the call is not opened again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_and_an_ended_session_are_told_by_their_codes() {
    let folder = tempfile::tempdir().expect("tempdir");
    let server = Server::start().await;
    let desk = Desk::start(&server, folder.path(), Arc::new(RunKeyring::default())).await;
    desk.until("devices", |picture| picture.devices.camera != crate::picture::DeviceState::Unknown).await;
    let command = Command::SignIn { username: "hoa".into(), password: "wrong".into() };
    desk.handle.command(command).await.expect("taken");
    let out = |code: &str| Account::SignedOut { error: Some(code.to_owned()) };
    desk.until("refused", |picture| picture.account == out("sign_in_failed")).await;
    desk.sign_in().await;
    server.close_session();
    desk.until("closed", |picture| picture.account == out("signed_in_elsewhere")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_line_comes_back_by_itself_and_what_was_wished_meanwhile_is_said() {
    let folder = tempfile::tempdir().expect("tempdir");
    let mut server = Server::start().await;
    let desk = Desk::start(&server, folder.path(), Arc::new(RunKeyring::default())).await;
    desk.sign_in().await;
    server.cut();
    desk.until("line away", |picture| picture.link.state == LinkState::Connecting).await;
    let status = WantedStatus::Paused { reason: "break".into() };
    desk.handle.command(Command::SetStatus { status: status.clone() }).await.expect("signed in");
    server
        .expect("wish", |message| *message == AgentToServer::SetStatus { status: status.clone() }, || {})
        .await;
    desk.until("line up", |picture| picture.link.state == LinkState::Up).await;
    let activity = |picture: &Picture| picture.view.as_ref().map(|view| view.activity.clone());
    assert!(matches!(activity(&desk.handle.picture().borrow()), Some(AgentActivity::Available { .. })));
}

/// Without a keyring a kill would cost every verdict that was not delivered: none can be given, and the screen says
/// so. What an earlier run has sealed stays as it is, with the count of its key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i5_without_a_keyring_no_call_comes_and_the_outbox_is_not_touched() {
    let folder = tempfile::tempdir().expect("tempdir");
    let server = Server::start().await;
    let desk = Desk::start(&server, folder.path(), Arc::new(edge::NoKeyring)).await;
    desk.sign_in().await;
    let picture = desk.handle.picture().borrow().clone();
    let Account::SignedIn { warning, .. } = &picture.account else { panic!("signed in") };
    assert_eq!(warning.as_deref(), Some("keyring_unavailable"));
    assert_eq!(picture.outbox.state, "no_keyring");
    let available = Command::SetStatus { status: WantedStatus::Available };
    assert_eq!(desk.handle.command(available).await, Err(Refusal::KeyringUnavailable));
    assert!(!folder.path().join("default/outbox.sqlite").exists(), "nothing is kept under a key of this run");
}

/// In another session of the same user neither the first window nor its keyring can be seen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_window_without_a_keyring_finds_out_that_it_is_the_second() {
    let folder = tempfile::tempdir().expect("tempdir");
    let server = Server::start().await;
    let first = Desk::start(&server, folder.path(), Arc::new(RunKeyring::default())).await;
    first.until("open", |picture| picture.outbox.state == "empty").await;
    let second = Desk::start(&server, folder.path(), Arc::new(edge::NoKeyring)).await;
    let picture = second.handle.picture().borrow().clone();
    assert_eq!(picture.account, Account::SignedOut { error: Some("profile_in_use".into()) });
    assert_eq!(picture.outbox.state, "in_use");
}
