//! The line in a call: dead sockets, a server that is away, the machine's sleep, a program that is started again.

use std::time::Instant;

use chinhchu_protocol::evidence::VerdictStanding;

use super::*;

/// The kept sign-in of hoa, once it is over.
pub(super) const OF_HOA: &str = "session-of-00000000-0000-0000-0000-000000000001";

pub(super) struct Scene {
    folder: tempfile::TempDir,
    pub(super) keyring: Arc<dyn Keyring>,
    pub(super) server: Server,
    pub(super) desk: Desk,
}

impl Scene {
    pub(super) async fn signed_in() -> Self {
        let folder = tempfile::tempdir().expect("tempdir");
        let keyring: Arc<dyn Keyring> = Arc::new(RunKeyring::default());
        let server = Server::start().await;
        let desk = Desk::start(&server, folder.path(), keyring.clone()).await;
        desk.sign_in().await;
        Self { folder, keyring, server, desk }
    }

    pub(super) async fn in_call() -> Self {
        let mut scene = Self::signed_in().await;
        scene.desk.to_open_verdict(&mut scene.server).await;
        scene
    }

    /// Until the keyring has, or has no more, an entry.
    pub(super) async fn kept(&self, entry: &str, is_there: bool) {
        let wait = async {
            while self.keyring.get(entry).expect("keyring").is_some() != is_there {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), wait).await;
        waited.unwrap_or_else(|_| panic!("never: {entry} {is_there}"));
    }

    /// The program ends and is started again.
    pub(super) async fn start_again(&mut self) {
        self.desk.handle.stop();
        self.desk = Desk::start(&self.server, self.folder.path(), self.keyring.clone()).await;
    }
}

fn rings(picture: &Picture) -> bool {
    let activity = picture.view.as_ref().map(|view| &view.activity);
    matches!(activity, Some(AgentActivity::Ringing { .. }))
}

/// A socket bound to a network that is gone stays open for TCP: in a call another one takes its place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_call_a_silent_line_is_found_and_replaced_while_the_call_goes_on() {
    let scene = Scene::in_call().await;
    let before = Instant::now();
    scene.server.hush();
    scene.server.socket(2).await;
    let took = before.elapsed();
    assert!(took >= Duration::from_millis(900) && took < Duration::from_secs(5), "{took:?}");
    scene.desk.until("line up", |picture| picture.link.state == LinkState::Up).await;
    assert!(scene.desk.edge.media_runs(), "I8");
    println!("silent line replaced after {took:?}");
}

/// A line that died unnoticed is found by the ring that still came over it, in time for the answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_on_a_dead_line_reaches_the_server_within_the_ring() {
    let mut scene = Scene::signed_in().await;
    scene.server.show(server::ringing());
    scene.desk.until("ring", rings).await;
    scene.server.hush();
    let before = Instant::now();
    scene.desk.handle.command(Command::Accept).await.expect("rings");
    let accept = |message: &AgentToServer| matches!(message, AgentToServer::Accept { .. });
    scene.server.expect("accept", accept, || {}).await;
    assert!(before.elapsed() < Duration::from_secs(5), "{:?}", before.elapsed());
}

/// After a sleep nothing that was open is trusted, and nobody waits for a pause to be over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_sleep_of_the_machine_the_line_is_a_new_one_at_once() {
    let scene = Scene::signed_in().await;
    let before = Instant::now();
    scene.desk.edge.sleep(3_600_000);
    scene.server.socket(2).await;
    assert!(before.elapsed() < Duration::from_secs(10), "{:?}", before.elapsed());

    // Asleep while there was no server, in the middle of a long pause between two attempts.
    scene.server.go_away(true);
    scene.server.cut();
    let enough = scene.server.tried() + 5;
    scene.server.tries(enough, Duration::from_secs(30)).await;
    scene.server.go_away(false);
    let before = Instant::now();
    scene.desk.edge.sleep(3_600_000);
    scene.server.socket(3).await;
    assert!(before.elapsed() < Duration::from_millis(3_500), "{:?}", before.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_server_is_away_in_a_call_it_is_tried_every_second() {
    let scene = Scene::in_call().await;
    scene.server.go_away(true);
    let first = scene.server.tried();
    scene.server.cut();
    scene.server.tries(first + 5, Duration::from_secs(12)).await;
    scene.server.go_away(false);
    scene.server.socket(2).await;
    assert!(scene.desk.edge.media_runs(), "I8");
}

/// A server that is up and takes nobody (queue full, store refusing) is not stormed by every call at hand.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_call_a_server_that_closes_every_socket_at_once_is_tried_every_second_and_no_faster() {
    let scene = Scene::in_call().await;
    scene.server.slam(true);
    let (first, before) = (scene.server.tried(), Instant::now());
    scene.server.cut();
    scene.server.tries(first + 4, Duration::from_secs(20)).await;
    assert!(before.elapsed() >= Duration::from_secs(2), "{:?}", before.elapsed());
    scene.server.slam(false);
    scene.server.socket(2).await;
    scene.desk.until("line up", |picture| picture.link.state == LinkState::Up).await;
    assert!(scene.desk.edge.media_runs(), "I8");
}

/// The program was killed in a call: with the session of the keyring it is back in it by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_started_again_is_back_in_its_call_without_a_password() {
    let mut scene = Scene::in_call().await;
    let before = Instant::now();
    scene.start_again().await;
    scene.desk.until("the call", |picture| picture.case.is_some()).await;
    println!("back in the call after {:?}", before.elapsed());
    assert!(before.elapsed() < Duration::from_secs(5) && scene.desk.edge.media_runs());
    let beats = |message: &AgentToServer| matches!(message, AgentToServer::Heartbeat { assignment: 1, .. });
    scene.server.expect("heartbeats of the same assignment", beats, || {}).await;
}

/// Signed in elsewhere while this program was not there to hear it: told, forgotten, not tried again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ended_meanwhile_says_why_and_is_forgotten() {
    for (why, code) in [("signed_in_elsewhere", "signed_in_elsewhere"), ("forced", "signed_out_by_force")] {
        let out = |code: Option<&str>| Account::SignedOut { error: code.map(str::to_owned) };
        let mut scene = Scene::in_call().await;
        scene.server.close_quietly(why);
        scene.server.cut();
        scene.desk.until("told", |picture| picture.account == out(Some(code))).await;
        assert!(!scene.desk.edge.media_runs());
        let tried = scene.server.tried();
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        assert_eq!(scene.server.tried(), tried, "it does not come back by itself");
        scene.start_again().await;
        scene.desk.until("devices", |picture| picture.devices.camera != DeviceState::Unknown).await;
        assert_eq!(scene.desk.handle.picture().borrow().account, out(None));

        let mut scene = Scene::in_call().await;
        scene.server.close_quietly(why);
        scene.start_again().await;
        scene.desk.until("told at the start", |picture| picture.account == out(Some(code))).await;
    }
}

/// I5, I8: sealed while the server is away; the call has moved on meanwhile, and the screen and the history say so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verdict_that_came_too_late_is_delivered_once_and_shown_as_such() {
    for (standing, name) in [(VerdictStanding::Superseded, "superseded"), (VerdictStanding::Late, "late")] {
        let scene = Scene::in_call().await;
        scene.server.go_away(true);
        scene.server.refuse_uploads(true);
        scene.server.judge_verdicts(standing);
        scene.server.cut();
        scene.desk.until("line away", |picture| picture.link.state == LinkState::Connecting).await;
        scene.desk.confirm().await;
        let sealed = |picture: &Picture| matches!(picture.verdict, VerdictPicture::Sealed { .. });
        scene.desk.until("sealed without the server", sealed).await;
        scene.server.refuse_uploads(false);
        scene.server.go_away(false);
        let shown = |upload: &UploadState| matches!(upload, UploadState::Delivered { standing, .. } if standing == name);
        let told = |picture: &Picture| {
            let on_screen =
                matches!(&picture.verdict, VerdictPicture::Sealed { entry, .. } if shown(&entry.upload));
            on_screen && picture.history.iter().any(|entry| shown(&entry.upload))
        };
        scene.desk.until("told", told).await;
        assert_eq!(scene.server.uploads().len(), 1);
    }
}

/// F1, I5: the core could not take a frame; the socket lives on, and on it the same is said again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_could_not_take_is_said_again_on_the_same_socket() {
    let mut scene = Scene::signed_in().await;
    scene.server.take_not(1);
    scene.server.show(server::ringing());
    scene.desk.until("ring", rings).await;
    scene.desk.handle.command(Command::Accept).await.expect("rings");
    let accept = |message: &AgentToServer| matches!(message, AgentToServer::Accept { .. });
    scene.server.expect("accept", accept, || {}).await;
    scene.server.expect("accept again", accept, || {}).await;

    scene.server.show(server::in_call());
    scene.desk.until("verdict open", |picture| picture.verdict == VerdictPicture::Open).await;
    scene.server.take_not(2);
    scene.desk.confirm().await;
    for told in ["told", "told again", "told once more"] {
        scene.server.expect(told, is_sealed_message, || {}).await;
    }
    assert_eq!(scene.server.sockets(), 1);
}

/// The window is closed right after the verdict key: what was decided is on the disk, and delivered next time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_the_window_in_a_seal_loses_no_verdict() {
    let mut scene = Scene::in_call().await;
    scene.desk.edge.slow_down(400);
    scene.desk.confirm().await;
    let before = Instant::now();
    scene.desk.handle.close().await;
    assert!(before.elapsed() >= Duration::from_millis(200), "it waits for the seal");
    scene.desk = Desk::start(&scene.server, scene.folder.path(), scene.keyring.clone()).await;
    let delivered = |picture: &Picture| {
        picture.history.first().is_some_and(|entry| matches!(entry.upload, UploadState::Delivered { .. }))
    };
    scene.desk.until("delivered", delivered).await;
    // An upload that the end cut off is sent again: the same to the byte, which the server takes once.
    let uploads = scene.server.uploads();
    assert!(uploads.iter().all(|upload| upload["envelope"] == uploads[0]["envelope"]));
}

/// Forced out while the program was down, with a verdict still in the outbox: the server takes it by the old sign-in,
/// which is kept for that, over any number of starts, and no longer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_that_ended_while_the_program_was_down_still_delivers_its_evidence_and_is_then_forgotten() {
    let mut scene = Scene::in_call().await;
    scene.server.refuse_uploads(true);
    scene.desk.confirm().await;
    scene.server.expect("verdict sealed", is_sealed_message, || {}).await;
    scene.desk.until("waits", |picture| picture.outbox.pending == 1).await;
    scene.server.close_quietly("forced");
    for error in [Some("signed_out_by_force".to_owned()), None] {
        scene.start_again().await;
        let out = Account::SignedOut { error };
        scene.desk.until("out", |picture| picture.account == out && picture.outbox.pending == 1).await;
        scene.kept("session", false).await;
    }
    scene.kept(OF_HOA, true).await;
    scene.server.refuse_uploads(false);
    scene.desk.until("delivered", |picture| picture.outbox.pending == 0).await;
    assert_eq!(scene.server.uploads().len(), 1);
    scene.kept(OF_HOA, false).await;
}

/// The next shift signs in at the same desk before the last one's verdict was delivered: it is delivered all the
/// same, by the sign-in of who gave it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i5_who_signs_in_next_does_not_hold_up_the_evidence_of_who_was_there_before() {
    let mut scene = Scene::in_call().await;
    scene.server.refuse_uploads(true);
    scene.desk.confirm().await;
    scene.server.expect("verdict sealed", is_sealed_message, || {}).await;
    scene.desk.until("waits", |picture| picture.outbox.pending == 1).await;
    scene.server.close_session();
    scene.desk.until("signed out", |picture| matches!(picture.account, Account::SignedOut { .. })).await;
    let command = Command::SignIn { username: "binh".into(), password: "right".into() };
    scene.desk.handle.command(command).await.expect("taken");
    let is_binh = |picture: &Picture| matches!(&picture.account, Account::SignedIn { agent, .. } if agent.username == "binh");
    scene.desk.until("signed in", is_binh).await;
    scene.server.refuse_uploads(false);
    scene.desk.until("delivered", |picture| picture.outbox.pending == 0).await;
    assert_eq!(scene.server.uploads().len(), 1);
}

/// The account was signed in elsewhere with a verdict still in the outbox: the server takes it all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outbox_goes_on_delivering_after_its_session_has_ended() {
    let mut scene = Scene::in_call().await;
    scene.server.refuse_uploads(true);
    scene.desk.confirm().await;
    scene.server.expect("verdict sealed", is_sealed_message, || {}).await;
    scene.server.close_session();
    let out = Account::SignedOut { error: Some("signed_in_elsewhere".into()) };
    scene.desk.until("signed out", |picture| picture.account == out).await;
    scene.desk.until("waits", |picture| picture.outbox.pending == 1).await;
    scene.server.refuse_uploads(false);
    scene.desk.until("delivered", |picture| picture.outbox.pending == 0).await;
    assert_eq!(scene.server.uploads().len(), 1);
}
