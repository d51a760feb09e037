//! `backup` and `restore`: what was named wrongly leaves nothing behind, and a killed command leaves no keys.

use std::path::Path;

use chinhchu_server::store::FILE_NAME;

use crate::audit_trail::stopped;
use crate::edge_cli::{json, run};
use crate::edge_world::World;
use crate::spine_bundle::verdict;

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_from_what_is_no_copy_leaves_no_store_and_can_be_given_again() {
    let world = World::start().await;
    Box::pin(verdict(&world, false)).await;
    let place = tempfile::tempdir().expect("folder");
    let file = |name: &str| place.path().join(name).display().to_string();
    let (copy, keys, text) = (file("copy.db"), file("keys.db"), file("notes.txt"));
    std::fs::write(&text, "no store").expect("written");
    json(world.folder.path(), &["backup", "--out", &copy, "--keys-out", &keys]);
    let before = names(world.folder.path());
    let again = run(world.folder.path(), &["backup", "--out", &file("other.db"), "--keys-out", &keys]);
    assert_eq!(again.status.code(), Some(1), "files that are there are not written over");
    assert!(!Path::new(&file("other.db")).exists());
    assert_eq!(names(world.folder.path()), before, "nothing is left beside the store");
    let folder = stopped(world).await;

    let new = tempfile::tempdir().expect("folder");
    for name in ["installation.key", "signing.key"] {
        std::fs::copy(folder.path().join(name), new.path().join(name)).expect("copied");
    }
    let (empty, nowhere) = (names(new.path()), file("mistyped.db"));
    for (from, apart, why) in [
        (&nowhere, &keys, "there is no file"),
        (&copy, &nowhere, "there is no file"),
        (&text, &keys, "is no file of `backup --out`"),
        (&copy, &text, "is no file of `backup --keys-out`"),
        (&keys, &copy, "is no file of `backup --out`"),
    ] {
        let output = run(new.path(), &["restore", "--from", from, "--keys", apart]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && told.contains(why), "{told}");
        assert_eq!(names(new.path()), empty, "{why}");
    }
    let restored = json(new.path(), &["restore", "--from", &copy, "--keys", &keys]);
    assert_eq!(restored["keys"], 1);
    let second = run(new.path(), &["restore", "--from", &copy]);
    assert!(String::from_utf8_lossy(&second.stderr).contains("there is a store in"));
}

/// SIGKILL in the middle of `backup` leaves the whole store with all keys under a temporary name.
#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_also_removes_the_copy_that_a_killed_backup_left() {
    let world = World::start().await;
    let call = Box::pin(verdict(&world, false)).await.to_string();
    let folder = stopped(world).await;
    let left = folder.path().join("backup-0190a1b2.tmp");
    for command in [
        &["case", "erase", "--call", &call, "--reason", "HS-1"][..],
        &["backup", "--out", "OUT", "--keys-out", "KEYS"],
    ] {
        std::fs::copy(folder.path().join(FILE_NAME), &left).expect("copied");
        let place = folder.path();
        let full = |name: &str| match name {
            "OUT" | "KEYS" => place.join(name).display().to_string(),
            other => other.to_owned(),
        };
        let arguments: Vec<String> = command.iter().map(|name| full(name)).collect();
        json(place, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(!left.exists(), "{command:?}");
    }
}
