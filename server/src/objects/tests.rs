//! Pictures are durable before they are named, and nothing unnamed stays.

use std::time::Duration;

use super::*;

struct Place {
    folder: tempfile::TempDir,
    db: Db,
    clock: Clock,
    objects: Objects,
}

fn open() -> Place {
    let folder = tempfile::tempdir().expect("folder");
    let db = Db::open(folder.path()).expect("store");
    let clock = Clock::manual(Timestamp::from_ms(1_700_000_000_000));
    let objects = Objects::open(folder.path().join("evidence"), db.clone(), clock.clone()).expect("objects");
    Place { folder, db, clock, objects }
}

fn files(place: &Place) -> usize {
    let shards = std::fs::read_dir(place.folder.path().join("evidence")).expect("folder");
    shards.map(|shard| std::fs::read_dir(shard.expect("shard").path()).expect("shard").count()).sum()
}

#[tokio::test]
async fn an_object_reads_back_with_its_key_only_and_is_not_readable_on_disk() {
    let place = open();
    let key = CaseKey::generate();
    let ids = place.objects.put(&key, vec![Bytes::from_static(b"picture of somebody")]).await.expect("put");
    assert_eq!(place.objects.get(&key, ids[0]).await.expect("get"), "picture of somebody");
    assert!(matches!(place.objects.get(&CaseKey::generate(), ids[0]).await, Err(ObjectError::Seal(_))));
    let raw = place.objects.folder.read(ids[0]).expect("file");
    assert!(!raw.windows(7).any(|window| window == b"picture"));
}

#[tokio::test]
async fn an_object_that_no_transaction_named_is_swept_after_a_day_and_a_named_one_stays() {
    let place = open();
    let key = CaseKey::generate();
    let ids =
        place.objects.put(&key, vec![Bytes::from_static(b"a"), Bytes::from_static(b"b")]).await.expect("put");
    let named = ids[0];
    place.db.write(move |tx| sql::name(tx, named)).await.expect("named");
    assert_eq!(place.objects.sweep(place.clock.now()).await.expect("sweep"), 0);
    place.clock.advance(Duration::from_secs(24 * 60 * 60 + 1));
    assert_eq!(place.objects.sweep(place.clock.now()).await.expect("sweep"), 1);
    assert_eq!(files(&place), 1);
    place.objects.get(&key, named).await.expect("the named one is there");
    let orphan = ids[1];
    assert!(place.db.write(move |tx| sql::name(tx, orphan)).await.is_err(), "a swept object cannot be named");
}

#[tokio::test]
async fn a_file_that_was_being_written_at_a_crash_is_gone_after_the_next_start() {
    let place = open();
    let tmp = place.folder.path().join("evidence/tmp/half");
    std::fs::write(&tmp, b"half").expect("write");
    Objects::open(place.folder.path().join("evidence"), place.db.clone(), place.clock.clone())
        .expect("objects");
    assert!(!tmp.exists());
}

/// A command that exports must not cost the server what it is just writing.
#[tokio::test]
async fn reading_beside_the_server_removes_nothing() {
    let place = open();
    let key = CaseKey::generate();
    let ids = place.objects.put(&key, vec![Bytes::from_static(b"a")]).await.expect("put");
    let tmp = place.folder.path().join("evidence/tmp/half");
    std::fs::write(&tmp, b"half").expect("write");
    let folder = place.folder.path().join("evidence");
    let beside = Objects::beside(folder, place.db.clone(), place.clock.clone());
    assert_eq!(beside.get(&key, ids[0]).await.expect("get"), "a");
    assert!(beside.has(ids[0]) && !beside.has(ObjectId(Uuid::from_u128(1))) && tmp.exists());
}

#[test]
fn a_call_token_opens_its_own_call_only_and_survives_a_restart() {
    let folder = tempfile::tempdir().expect("folder");
    let keys = Keys::open(folder.path()).expect("keys");
    let (call, other) = (
        chinhchu_protocol::ids::CallId(Uuid::from_u128(1)),
        chinhchu_protocol::ids::CallId(Uuid::from_u128(2)),
    );
    let at = Timestamp::from_ms(5);
    let token = keys.call_token(call, at);
    let keys = Keys::open(folder.path()).expect("keys again");
    assert_eq!(Keys::call_of_token(&token), Some(call));
    assert!(keys.call_token_fits(&token, call, at));
    assert!(!keys.call_token_fits(&token, other, at));
    assert!(!keys.call_token_fits(&token, call, Timestamp::from_ms(6)));
    assert_eq!(Keys::call_of_token("nonsense"), None);
}

#[cfg(unix)]
#[test]
fn the_installation_key_is_readable_by_its_account_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("folder");
    Keys::open(folder.path()).expect("keys");
    let mode = std::fs::metadata(folder.path().join("installation.key")).expect("file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
