//! Who was erased stays erased, also before any server has started on a copy that was put back, and where the list
//! of erased calls is not the newest.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chinhchu_server::cases::tombstones::FILE_NAME as TOMBSTONES;
use chinhchu_server::store::FILE_NAME;
use rusqlite::Connection;

use crate::audit_trail::{copy_of, stopped, two_calls, until, verdict as checked};
use crate::edge_cli::{json, run};
use crate::edge_world::World;
use crate::spine_bundle::verdict;

fn keys_left(folder: &Path) -> i64 {
    let c = Connection::open(folder.join(FILE_NAME)).expect("store");
    let sql = "SELECT count(*) FROM cases WHERE key_wrapped IS NOT NULL";
    c.query_row(sql, [], |row| row.get(0)).expect("count")
}

/// Files of the folder that hold these bytes.
fn holding(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("folder") {
        let entry = entry.expect("entry");
        let holds = |text: Vec<u8>| text.windows(bytes.len()).any(|some| some == bytes);
        if entry.path().is_file() && std::fs::read(entry.path()).is_ok_and(holds) {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    found
}

/// Not in a freed page, not in the write-ahead log: whoever has the disk and `installation.key` opens nothing.
#[tokio::test]
async fn after_an_erasure_the_key_of_the_case_is_nowhere_in_the_folder() {
    let world = World::start_by_hand().await;
    let (first, _) = two_calls(&world).await;
    let folder = world.folder.path();
    let c = Connection::open(folder.join(FILE_NAME)).expect("store");
    let id = first.parse::<chinhchu_protocol::ids::CallId>().expect("id");
    let row = "SELECT key_wrapped, case_sealed FROM cases WHERE call_id = ?1";
    let (key, case): (Vec<u8>, Vec<u8>) =
        c.query_row(row, [id.0.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?))).expect("case");
    drop(c);
    assert!(!holding(folder, &key).is_empty());
    json(folder, &["case", "erase", "--call", &first, "--reason", "HS-1"]);
    // A reader of the running server may have been in the way: its keeper empties the log within half a minute.
    world.clock.advance(Duration::from_secs(31));
    until("no trace", async || holding(world.folder.path(), &key).is_empty()).await;
    assert_eq!(holding(world.folder.path(), &case), Vec::<String>::new());
}

/// A start that is to fail: what it says.
fn refused_start(folder: &Path, more: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chinhchu-server"));
    command
        .env_remove("CHINHCHU_DATA")
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder)
        .args(more);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("runs");
    let since = Instant::now();
    while child.try_wait().expect("waits").is_none() {
        if since.elapsed() > Duration::from_secs(20) {
            child.kill().expect("killed");
            panic!("the server serves");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().expect("output");
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_hands_out_who_was_erased_even_before_a_server_starts_on_the_older_copy() {
    let world = World::start().await;
    let call = Box::pin(verdict(&world, false)).await.to_string();
    let place = tempfile::tempdir().expect("folder");
    let file = |name: &str| place.path().join(name).display().to_string();
    let (copy, keys) = (file("copy.db"), file("keys.db"));
    json(world.folder.path(), &["backup", "--out", &copy, "--keys-out", &keys]);
    let older = copy_of(world.folder.path());
    json(world.folder.path(), &["case", "erase", "--call", &call, "--reason", "HS-1"]);
    let folder = stopped(world).await;
    let evidence = folder.path().join("evidence").display().to_string();
    let list = folder.path().join(TOMBSTONES);

    // The whole folder, copied with other tools; the list is the newest.
    std::fs::copy(&list, older.path().join(TOMBSTONES)).expect("copied");
    assert_eq!(keys_left(older.path()), 1);
    let export = |data: &Path| {
        let out = file("evidence.zip");
        let output = run(data, &["evidence", "export", &call, "--out", &out, "--evidence", &evidence]);
        assert!(!Path::new(&out).exists());
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, told) = export(older.path());
    assert!(code == Some(1) && told.contains("was erased"), "{told}");

    // `restore` erases again by itself.
    let new = tempfile::tempdir().expect("folder");
    for name in ["installation.key", "signing.key", TOMBSTONES] {
        std::fs::copy(folder.path().join(name), new.path().join(name)).expect("copied");
    }
    let restored = json(new.path(), &["restore", "--from", &copy, "--keys", &keys]);
    assert_eq!((&restored["keys"], &restored["erased_again"]), (&1.into(), &1.into()));
    assert_eq!(keys_left(new.path()), 0);
    assert_eq!(export(new.path()).0, Some(1));
    let (code, found) = checked(new.path(), &[]);
    assert_eq!(code, Some(0), "{found}");
}

#[tokio::test]
async fn a_list_of_erased_calls_that_is_older_gone_or_elsewhere_stops_start_and_erasure() {
    let world = World::start().await;
    let (first, second) = two_calls(&world).await;
    let erase =
        |folder: &Path, call: &str| run(folder, &["case", "erase", "--call", call, "--reason", "HS-1"]);
    assert_eq!(erase(world.folder.path(), &first).status.code(), Some(0));
    let older = std::fs::read(world.folder.path().join(TOMBSTONES)).expect("list");
    assert_eq!(erase(world.folder.path(), &second).status.code(), Some(0));
    let folder = stopped(world).await;

    for list in [Some(older), None] {
        let copy = copy_of(folder.path());
        match &list {
            Some(bytes) => std::fs::write(copy.path().join(TOMBSTONES), bytes).expect("written"),
            None => std::fs::remove_file(copy.path().join(TOMBSTONES)).expect("removed"),
        }
        let told = refused_start(copy.path(), &[]);
        assert!(told.contains("lacks line 2"), "{told}");
        assert_eq!(checked(copy.path(), &[]).1["breaks"][0]["code"], "tombstone_missing");
    }
    // A third call cannot be erased onto a new list, which would hide that the old one is gone.
    let copy = copy_of(folder.path());
    std::fs::remove_file(copy.path().join(TOMBSTONES)).expect("removed");
    let c = Connection::open(copy.path().join(FILE_NAME)).expect("store");
    c.execute("UPDATE cases SET destroyed_ms = NULL", []).expect("as if there were one");
    drop(c);
    let told = erase(copy.path(), &second);
    assert!(String::from_utf8_lossy(&told.stderr).contains("lacks line 2"), "{told:?}");
    assert!(!copy.path().join(TOMBSTONES).exists());

    // The last server had its list on another disk: without its name nothing is believed to be the list.
    let copy = copy_of(folder.path());
    let disk = tempfile::tempdir().expect("folder");
    let elsewhere = disk.path().join("list.jsonl").display().to_string();
    std::fs::rename(copy.path().join(TOMBSTONES), &elsewhere).expect("moved");
    let c = Connection::open(copy.path().join(FILE_NAME)).expect("store");
    let sql = "INSERT INTO meta (name, value) VALUES ('tombstones', ?1) ON CONFLICT (name) DO UPDATE SET value = ?1";
    c.execute(sql, [&elsewhere]).expect("noted");
    drop(c);
    let told = refused_start(copy.path(), &[]);
    assert!(told.contains("--tombstones") && told.contains("list.jsonl"), "{told}");
    assert_eq!(checked(copy.path(), &[]).0, Some(0), "commands look where it was noted");
}

/// New keys in the place of lost ones would open no case and sign what nobody believes.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_has_lost_a_key_is_neither_served_nor_given_a_new_one() {
    let world = World::start().await;
    Box::pin(verdict(&world, false)).await;
    let folder = stopped(world).await;
    for name in ["installation.key", "signing.key"] {
        let copy = copy_of(folder.path());
        std::fs::remove_file(copy.path().join(name)).expect("removed");
        let told = refused_start(copy.path(), &[]);
        assert!(told.contains(&format!("has lost its {name}")), "{told}");
        for args in [&["key", "show"][..], &["audit", "root"], &["audit", "export", "--out", "/nowhere/a"]] {
            assert_eq!(run(copy.path(), args).status.code(), Some(1), "{args:?}");
        }
        assert!(!copy.path().join(name).exists());
    }
    let empty = tempfile::tempdir().expect("folder");
    assert_eq!(run(empty.path(), &["key", "show"]).status.code(), Some(1));
    assert_eq!(
        std::fs::read_dir(empty.path()).expect("folder").count(),
        0,
        "nobody is handed a key of nobody"
    );
}
