//! What still reaches the server, and what must not lie here any more: after a sign-out, a refusal, a restore, a
//! sweep of pieces, an erasure.

use chinhchu_protocol::evidence::Manifest;

use super::line::{OF_HOA, Scene};
use super::server::Fault;
use super::*;

impl Scene {
    /// In a call whose verdict is on the disk, and the server away.
    async fn with_a_verdict() -> Self {
        let mut scene = Self::in_call().await;
        scene.server.refuse_uploads(true);
        scene.desk.confirm().await;
        scene.server.expect("verdict sealed", is_sealed_message, || {}).await;
        scene.desk.until("waits", |picture| picture.outbox.pending == 1).await;
        scene
    }

    async fn wrap_up(&self) {
        let since = chinhchu_protocol::time::Timestamp::from_ms(0);
        self.server.show(AgentActivity::Available { since });
        let free = |picture: &Picture| {
            let activity = picture.view.as_ref().map(|view| &view.activity);
            matches!(activity, Some(AgentActivity::Available { .. }))
        };
        self.desk.until("free", free).await;
    }

    async fn delivered(&self) {
        let is = |picture: &Picture| {
            picture.history.first().is_some_and(|one| matches!(one.upload, UploadState::Delivered { .. }))
        };
        self.desk.until("delivered", is).await;
    }
}

/// I5: the line is away, the agent goes home, and another one works at this desk from now on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i5_a_sign_out_keeps_what_delivers_over_another_sign_in_and_the_end_of_the_program() {
    let mut scene = Scene::with_a_verdict().await;
    scene.wrap_up().await;
    scene.desk.handle.command(Command::SignOut).await.expect("free");
    scene.kept(OF_HOA, true).await;
    scene.kept("session", false).await;
    let command = Command::SignIn { username: "binh".into(), password: "right".into() };
    scene.desk.until("out", |picture| matches!(picture.account, Account::SignedOut { .. })).await;
    scene.desk.handle.command(command).await.expect("taken");
    let is_binh = |picture: &Picture| matches!(&picture.account, Account::SignedIn { agent, .. } if agent.username == "binh");
    scene.desk.until("binh", is_binh).await;
    scene.start_again().await;
    scene.desk.until("binh again", is_binh).await;
    assert_eq!(scene.desk.handle.picture().borrow().outbox.pending, 1);
    scene.server.refuse_uploads(false);
    scene.desk.until("delivered", |picture| picture.outbox.pending == 0).await;
    assert_eq!(scene.server.uploads().len(), 1);
    scene.kept(OF_HOA, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_out_with_nothing_to_deliver_leaves_no_sign_in_behind() {
    let scene = Scene::signed_in().await;
    scene.desk.handle.command(Command::SignOut).await.expect("signed in");
    scene.kept("session", false).await;
    assert!(scene.keyring.get(OF_HOA).expect("keyring").is_none());
}

/// I5: the wrong backup was put back, and later the right one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i5_what_one_server_refused_another_incarnation_of_it_is_given() {
    let scene = Scene::in_call().await;
    scene.server.answer_wrongly(Some(Fault::NotFound));
    scene.desk.confirm().await;
    let refused = |picture: &Picture| {
        picture.history.first().is_some_and(
            |one| matches!(&one.upload, UploadState::Refused { code } if code == "call_not_found"),
        )
    };
    scene.desk.until("refused", refused).await;
    scene.server.answer_wrongly(None);
    scene.server.is_restored();
    scene.delivered().await;
    assert_eq!(scene.server.uploads().len(), 1);
}

/// I5: the server has lost what it had signed for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i5_a_restored_server_gets_delivered_evidence_again() {
    let scene = Scene::in_call().await;
    scene.desk.confirm().await;
    scene.delivered().await;
    assert_eq!(scene.server.uploads().len(), 1);
    scene.server.is_restored();
    let again = async {
        while scene.server.uploads().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), again).await.expect("sent again");
    scene.delivered().await;
}

/// I5: the server names pieces that it cannot read any more (swept, or put back from a backup without pictures).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i5_pieces_that_are_gone_are_sent_anew_with_the_manifest() {
    let scene = Scene::in_call().await;
    scene.desk.edge.enlarge(1_500_000);
    scene.server.sweep();
    scene.desk.confirm().await;
    scene.delivered().await;
    assert_eq!(scene.server.faulty(), 1, "the pictures were missed once");
    assert_eq!(scene.server.uploads()[0][ImageKind::Screenshot.name()].len(), 1_500_000);
}

/// Nobody keeps what the server has erased; and nobody but the server erases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evidence_of_an_erased_case_is_destroyed_on_the_servers_signed_word_alone() {
    let scene = Scene::in_call().await;
    scene.server.answer_wrongly(Some(Fault::ErasedByAnother));
    scene.desk.confirm().await;
    let picture = scene.desk.until("kept", |picture| picture.outbox.state == "receipt_wrong").await;
    assert_eq!((picture.outbox.pending, picture.history.len()), (1, 1));
    scene.server.answer_wrongly(Some(Fault::Erased));
    scene.desk.until("destroyed", |picture| picture.history.is_empty()).await;
    assert_eq!(scene.desk.handle.picture().borrow().outbox.pending, 0);
    assert!(scene.desk.handle.shelf().get(&format!("evidence/{CALL}/1")).is_none());
}

/// A verdict that could not be captured is given again minutes later: the page is asked for a frame of that moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_try_of_a_verdict_asks_the_page_for_a_frame_of_its_own() {
    let mut scene = Scene::in_call().await;
    let mut nonces = Vec::new();
    for fails in [true, false] {
        scene.desk.edge.fail_captures(fails);
        scene.desk.confirm().await;
        let is = |message: &AgentToServer| matches!(message, AgentToServer::Witness { .. });
        let AgentToServer::Witness { nonce, .. } = scene.server.expect("witness", is, || {}).await else {
            panic!("a witness");
        };
        nonces.push(nonce);
        let over = |picture: &Picture| match picture.verdict {
            VerdictPicture::Refused { .. } => fails,
            VerdictPicture::Sealed { .. } => !fails,
            _ => false,
        };
        scene.desk.until("tried", over).await;
    }
    scene.delivered().await;
    let manifest: Manifest = scene.server.opened(&scene.server.uploads()[0]);
    assert_ne!(nonces[0], nonces[1]);
    assert_eq!(manifest.witness_nonce.as_deref(), Some(nonces[1].as_str()));
}
