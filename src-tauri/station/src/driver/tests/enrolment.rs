//! Whether the workstation may verify: approval, revocation, lost keys, damaged files, second windows.

use chinhchu_protocol::workstation::WorkstationState;

use super::*;
use crate::picture::EnrolmentState;

fn stands(state: EnrolmentState) -> impl Fn(&Picture) -> bool {
    move |picture| picture.workstation.state == state
}

async fn available(desk: &Desk) -> Result<(), Refusal> {
    desk.handle.command(Command::SetStatus { status: WantedStatus::Available }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_workstation_waits_for_approval_and_learns_of_it_at_once() {
    let folder = tempfile::tempdir().expect("tempdir");
    let server = Server::start().await;
    server.approve_nobody();
    let desk = Desk::start(&server, folder.path(), Arc::new(RunKeyring::default())).await;
    desk.sign_in().await;
    let picture = desk.until("pending", stands(EnrolmentState::Pending)).await;
    let key = server.key().expect("told");
    assert_eq!(picture.workstation.fingerprint, Some(key.fingerprint()), "what IT compares");
    assert!(!server.names()[0].is_empty());
    assert_eq!(available(&desk).await, Err(Refusal::WorkstationNotApproved));
    server.decide(WorkstationState::Approved);
    desk.until("approved", stands(EnrolmentState::Approved)).await;
    assert_eq!(available(&desk).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_one_time_code_approves_at_once_and_a_wrong_one_waits_like_none() {
    for (code, state, error) in [
        (server::CODE, EnrolmentState::Approved, None),
        ("wrong", EnrolmentState::Pending, Some("enrolment_code_invalid")),
    ] {
        let folder = tempfile::tempdir().expect("tempdir");
        let server = Server::start().await;
        server.approve_nobody();
        let desk = Desk::with_code(&server, folder.path(), Some(code)).await;
        desk.sign_in().await;
        let picture = desk.until("answered", stands(state)).await;
        assert_eq!(picture.workstation.error.as_deref(), error);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_key_takes_no_calls_and_a_new_one_begins() {
    let folder = tempfile::tempdir().expect("tempdir");
    let server = Server::start().await;
    let desk = Desk::start(&server, folder.path(), Arc::new(RunKeyring::default())).await;
    desk.sign_in().await;
    desk.until("approved", stands(EnrolmentState::Approved)).await;
    let old = server.key().expect("told");
    assert_eq!(desk.handle.command(Command::RenewKey).await, Err(Refusal::NoRenewal));
    server.decide(WorkstationState::Revoked);
    desk.until("revoked", stands(EnrolmentState::Revoked)).await;
    assert_eq!(available(&desk).await, Err(Refusal::WorkstationRevoked));
    server.approve_nobody();
    desk.handle.command(Command::RenewKey).await.expect("renewed");
    desk.until("pending", stands(EnrolmentState::Pending)).await;
    assert_ne!(server.key().expect("told"), old);
}

/// The keyring was emptied: nothing is said in the old key's name any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_keyring_means_a_new_key_and_the_old_stream_is_said_closed() {
    let folder = tempfile::tempdir().expect("tempdir");
    let mut server = Server::start().await;
    let desk = Desk::start(&server, folder.path(), Arc::new(RunKeyring::default())).await;
    desk.sign_in().await;
    desk.to_open_verdict(&mut server).await;
    desk.confirm().await;
    desk.until("delivered", |picture| picture.outbox.pending == 0 && !picture.history.is_empty()).await;
    let old = server.key().expect("told").id().to_string();
    desk.handle.stop();
    server.show(AgentActivity::Available { since: chinhchu_protocol::time::Timestamp::from_ms(0) });
    server.approve_nobody();
    let desk = Desk::start(&server, folder.path(), Arc::new(RunKeyring::default())).await;
    desk.sign_in().await;
    let picture = desk.until("pending", stands(EnrolmentState::Pending)).await;
    let closed = picture.workstation.closed.clone().expect("told");
    assert_eq!((closed.key_id, closed.last, closed.why.as_str()), (old, Some(1), "key_lost"));
    server.decide(WorkstationState::Approved);
    let picture = desk.until("approved", stands(EnrolmentState::Approved)).await;
    assert_eq!(picture.workstation.closed, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enrolment_that_fails_is_tried_again_and_says_so_meanwhile() {
    let folder = tempfile::tempdir().expect("tempdir");
    let server = Server::start().await;
    server.enrol_not(1);
    let desk = Desk::start(&server, folder.path(), Arc::new(RunKeyring::default())).await;
    desk.sign_in().await;
    let picture = desk.until("failed", stands(EnrolmentState::Failed)).await;
    assert_eq!(picture.workstation.error.as_deref(), Some("unavailable"));
    desk.until("approved", stands(EnrolmentState::Approved)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_servers_key_at_the_same_address_is_not_believed() {
    let folder = tempfile::tempdir().expect("tempdir");
    let keyring: Arc<dyn Keyring> = Arc::new(RunKeyring::default());
    let server = Server::start().await;
    let desk = Desk::start(&server, folder.path(), keyring.clone()).await;
    desk.sign_in().await;
    desk.until("approved", stands(EnrolmentState::Approved)).await;
    desk.handle.command(Command::SignOut).await.expect("signed out");
    server.change_key();
    desk.sign_in().await;
    let picture = desk.until("failed", stands(EnrolmentState::Failed)).await;
    assert_eq!(picture.workstation.error.as_deref(), Some("server_key_changed"));
    assert_eq!(available(&desk).await, Err(Refusal::WorkstationNotApproved));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_window_of_the_profile_does_nothing_and_says_why() {
    let folder = tempfile::tempdir().expect("tempdir");
    let keyring: Arc<dyn Keyring> = Arc::new(RunKeyring::default());
    let server = Server::start().await;
    let first = Desk::start(&server, folder.path(), keyring.clone()).await;
    first.sign_in().await;
    let second = Desk::start(&server, folder.path(), keyring).await;
    second.until("devices", |picture| picture.devices.camera != DeviceState::Unknown).await;
    let picture = second.handle.picture().borrow().clone();
    assert_eq!(picture.account, Account::SignedOut { error: Some("profile_in_use".into()) });
    assert_eq!(picture.outbox.state, "in_use");
    let command = Command::SignIn { username: "hoa".into(), password: "right".into() };
    assert_eq!(second.handle.command(command).await, Err(Refusal::ProfileInUse));
    assert_eq!(server.sockets(), 1, "the first window's line is its own");
}

/// The file is damaged: nothing happens to it until a person says so; then a new one, with a new key, begins.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_outbox_takes_no_calls_until_it_is_set_aside_and_the_new_key_approved() {
    let folder = tempfile::tempdir().expect("tempdir");
    let keyring: Arc<dyn Keyring> = Arc::new(RunKeyring::default());
    let mut server = Server::start().await;
    let desk = Desk::start(&server, folder.path(), keyring.clone()).await;
    desk.sign_in().await;
    desk.until("approved", stands(EnrolmentState::Approved)).await;
    let old = server.key().expect("told");
    desk.handle.command(Command::SignOut).await.expect("signed out");
    desk.handle.stop();
    let profile = folder.path().join("default");
    let junk = vec![0x5A; 40_000];
    // The program that had it must be gone first.
    desk.gone(&profile).await;
    std::fs::write(profile.join("outbox.sqlite"), &junk).expect("damaged");

    let desk = Desk::start(&server, folder.path(), keyring).await;
    desk.until("damaged", |picture| picture.outbox.state == "damaged" && picture.outbox.can_begin_anew).await;
    desk.sign_in().await;
    assert_eq!(available(&desk).await, Err(Refusal::OutboxDamaged));
    server.approve_nobody();
    desk.handle.command(Command::BeginNewOutbox).await.expect("damaged");
    let picture = desk
        .until("pending", |picture| {
            picture.outbox.state == "empty" && stands(EnrolmentState::Pending)(picture)
        })
        .await;
    assert_eq!(picture.outbox.set_aside, 1);
    let closed = picture.workstation.closed.clone().expect("told");
    assert_eq!((closed.key_id, closed.why.as_str()), (old.id().to_string(), "outbox_lost"));
    let aside = std::fs::read_dir(&profile).expect("folder").find_map(|entry| {
        let path = entry.expect("entry").path();
        path.to_string_lossy().contains("outbox-damaged-").then_some(path)
    });
    assert_eq!(std::fs::read(aside.expect("set aside")).expect("file"), junk, "untouched");
    server.decide(WorkstationState::Approved);
    desk.until("approved", stands(EnrolmentState::Approved)).await;
    desk.to_open_verdict(&mut server).await;
    desk.confirm().await;
    desk.until("delivered", |picture| picture.outbox.pending == 0 && !picture.history.is_empty()).await;
    assert_eq!(server.opened(&server.uploads()[0]).counter, 1);
}
