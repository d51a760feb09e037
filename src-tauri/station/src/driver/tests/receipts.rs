//! Wrong, cut and foreign answers of the server, and a line that breaks in the middle: the record stays until a
//! receipt proves that the server has exactly it.

use super::server::{FULL_NAME, Fault};
use super::*;

async fn sealed(server: &mut Server, folder: &std::path::Path) -> Desk {
    let desk = Desk::start(server, folder, Arc::new(RunKeyring::default())).await;
    desk.sign_in().await;
    desk.to_open_verdict(server).await;
    desk.confirm().await;
    desk
}

fn is_delivered(picture: &Picture) -> bool {
    picture.history.first().is_some_and(|entry| matches!(entry.upload, UploadState::Delivered { .. }))
}

/// I5.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_cut_and_foreign_receipts_keep_the_record_until_a_true_one_comes() {
    for (fault, state) in [
        (Fault::OtherManifest, "receipt_wrong"),
        (Fault::Forged, "receipt_wrong"),
        (Fault::Cut, "receipt_wrong"),
        (Fault::NotApproved, "not_approved"),
    ] {
        let folder = tempfile::tempdir().expect("tempdir");
        let mut server = Server::start().await;
        server.answer_wrongly(Some(fault));
        let desk = sealed(&mut server, folder.path()).await;
        let picture = desk.until("kept", |picture| picture.outbox.state == state).await;
        assert_eq!(picture.outbox.pending, 1, "{fault:?}");
        assert!(!is_delivered(&picture) && server.faulty() > 0);
        server.answer_wrongly(None);
        desk.until("delivered", is_delivered).await;
        assert_eq!(server.uploads().len(), 1);
    }
}

/// The office line breaks in the middle of a large picture: what has arrived is not sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_upload_goes_on_where_the_server_stands() {
    let folder = tempfile::tempdir().expect("tempdir");
    let mut server = Server::start().await;
    let desk = Desk::start(&server, folder.path(), Arc::new(RunKeyring::default())).await;
    desk.edge.enlarge(1_500_000);
    desk.sign_in().await;
    desk.to_open_verdict(&mut server).await;
    server.cut_chunks_after(4);
    desk.confirm().await;
    desk.until("delivered", is_delivered).await;
    let uploads = server.uploads();
    assert_eq!(uploads[0][ImageKind::Screenshot.name()].len(), 1_500_000);
    let offsets = server.chunk_offsets();
    let chunk = 256 * 1024;
    let of_one: Vec<usize> = (0..6).map(|n| n * chunk).collect();
    assert_eq!(offsets, [of_one.clone(), of_one].concat(), "each part once, in order");
    assert_eq!(server.misplaced_chunks(), 0, "it asks first where the server stands");
}

/// I9: pictures, names and notes, as they were and as UTF-16, in whatever lies in the profile's folder.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_the_customer_is_readable_in_the_profiles_folder() {
    let folder = tempfile::tempdir().expect("tempdir");
    let mut server = Server::start().await;
    server.refuse_uploads(true);
    let desk = sealed(&mut server, folder.path()).await;
    desk.until("waits", |picture| picture.outbox.state == "waiting_for_network").await;
    let mut bytes = Vec::new();
    let mut folders = vec![folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("folder") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                bytes.extend(std::fs::read(path).expect("file"));
            }
        }
    }
    assert!(bytes.len() > 20_000, "it was really read");
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(holds(CALL.to_string().as_bytes()), "ids are readable");
    for text in [FULL_NAME, "KHÔNG LỘ", "0900000000", "000000000000", "1990-01-01", edge::SCREEN, edge::FRAME]
    {
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(!holds(text.as_bytes()) && !holds(&utf16), "{text}");
    }
}

/// What a manifest says of the call around the verdict.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_manifest_holds_challenge_case_papers_quality_continuity_witness_and_clock() {
    let folder = tempfile::tempdir().expect("tempdir");
    let mut server = Server::start().await;
    let desk = Desk::start(&server, folder.path(), Arc::new(RunKeyring::default())).await;
    desk.sign_in().await;
    desk.until("clock measured", |picture| picture.link.clock_offset_ms.is_some()).await;
    desk.to_open_verdict(&mut server).await;
    desk.confirm().await;
    let witness = |message: &AgentToServer| matches!(message, AgentToServer::Witness { .. });
    let AgentToServer::Witness { nonce, assignment, .. } = server.expect("witness", witness, || {}).await
    else {
        panic!("a witness");
    };
    let picture = desk.until("delivered", is_delivered).await;
    let manifest = server.opened(&server.uploads()[0]);
    assert_eq!((assignment, manifest.witness_nonce), (1, Some(nonce)));
    assert_eq!(manifest.challenge, "c".repeat(32));
    assert_eq!(manifest.case.full_name, FULL_NAME);
    assert_eq!(manifest.case.papers[0].sha256, "1d".repeat(32), "as eKYC sent it");
    assert_eq!((manifest.quality[0].width, manifest.quality[0].fps), (640, 30));
    assert!(manifest.continuity.iter().any(|event| event.connection == 1), "{:?}", manifest.continuity);
    assert!(manifest.elapsed_ms < 20_000);
    // The played server's clock stands at 1970: ours is off by decades, and its time counts.
    assert!(picture.link.clock_is_off);
    assert_eq!(manifest.clock.source, chinhchu_protocol::evidence::TimeSource::Server);
    assert!(manifest.captured_at.ms().abs() < 60_000, "{:?}", manifest.captured_at);
    let burnt = desk.edge.burnt().expect("burnt");
    assert_eq!(burnt.date_time, manifest.captured_at_text);
    assert!(burnt.date_time.ends_with("(giờ máy chủ)"), "{}", burnt.date_time);
}
