//! The promises of the store: what was acknowledged is there, what failed left nothing.

use std::time::Duration;

use super::*;

fn open() -> (tempfile::TempDir, Db) {
    let folder = tempfile::tempdir().expect("folder");
    let db = Db::open(folder.path()).expect("store");
    (folder, db)
}

fn put(tx: &Transaction<'_>, name: &str) -> Result<(), StoreError> {
    rows::run(tx, "INSERT INTO meta (name, value) VALUES (?1, '')", [name]).map(|_| ())
}

async fn names(db: &Db) -> Vec<String> {
    db.read(|c| {
        rows::all(c, "SELECT name FROM meta WHERE name <> 'incarnation' ORDER BY name", [], |r| r.get(0))
    })
    .await
    .map_err(|error: StoreError| error)
    .expect("names")
}

#[tokio::test]
async fn a_failed_or_panicking_job_leaves_nothing_and_its_neighbours_stand() {
    let (_folder, db) = open();
    let jobs = (0..200).map(|n| {
        let db = db.clone();
        tokio::spawn(async move {
            db.write(move |tx| -> Result<(), StoreError> {
                put(tx, &format!("n{n:03}"))?;
                match n % 10 {
                    3 => Err(StoreError::Corrupt("on purpose")),
                    7 => panic!("on purpose"),
                    _ => Ok(()),
                }
            })
            .await
            .is_ok()
        })
    });
    let mut kept = 0;
    for job in jobs.collect::<Vec<_>>() {
        kept += usize::from(job.await.expect("task"));
    }
    assert_eq!(kept, 160);
    assert_eq!(names(&db).await.len(), 160);
}

#[tokio::test]
async fn i5_what_was_acknowledged_is_there_after_everything_was_dropped() {
    let (folder, db) = open();
    db.write(|tx| put(tx, "kept")).await.expect("write");
    drop(db);
    let db = Db::open(folder.path()).expect("store");
    assert_eq!(names(&db).await, ["kept"]);
}

#[tokio::test]
async fn a_command_on_the_same_folder_counts_at_once_and_is_noticed() {
    let (folder, db) = open();
    let mut outside = db.changed_outside();
    outside.mark_unchanged();
    let command = Db::open(folder.path()).expect("second process");
    command.write(|tx| put(tx, "by command")).await.expect("write");
    assert_eq!(names(&db).await, ["by command"]);
    tokio::time::timeout(Duration::from_secs(5), outside.changed()).await.expect("in time").expect("open");
}

#[test]
fn only_one_server_may_serve_a_folder() {
    let folder = tempfile::tempdir().expect("folder");
    let lock = ServeLock::take(folder.path()).expect("first");
    assert!(matches!(ServeLock::take(folder.path()), Err(StoreError::Locked)));
    drop(lock);
    ServeLock::take(folder.path()).expect("free again");
}

#[tokio::test]
async fn c1_a_fresh_store_holds_nine_companies_and_who_serves_whom() {
    let (_folder, db) = open();
    let serving: Vec<(String, String)> = db
        .read(|c| {
            rows::all(c, "SELECT home, serving FROM serves ORDER BY home", [], |r| Ok((r.get(0)?, r.get(1)?)))
        })
        .await
        .map_err(|error: StoreError| error)
        .expect("serves");
    let of =
        |home: &str| serving.iter().filter(|(h, _)| h == home).map(|(_, s)| s.as_str()).collect::<Vec<_>>();
    assert_eq!((of("4"), of("6"), of("7"), of("2")), (vec!["1"], vec!["1"], vec!["3"], vec!["2"]));
    assert_eq!(serving.len(), 9);
}

#[tokio::test]
async fn the_log_refuses_change_and_deletion() {
    let (_folder, db) = open();
    db.write(|tx| -> Result<(), StoreError> {
        tx.execute_batch("INSERT INTO log VALUES (1, 0, 0, 1, x'00', x'00', x'00', x'01')")?;
        Ok(())
    })
    .await
    .expect("append");
    for sql in ["UPDATE log SET at_ms = 5", "DELETE FROM log"] {
        let refused: Result<(), StoreError> = db.write(move |tx| Ok(tx.execute_batch(sql)?)).await;
        assert!(refused.is_err(), "{sql}");
    }
}

/// N4: hashes of passwords and the addresses in signals are for the server's account only.
#[cfg(unix)]
#[test]
fn nobody_else_on_the_machine_may_read_a_fresh_store() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().expect("folder");
    let folder = parent.path().join("data");
    let db = Db::open(&folder).expect("opens");
    db.read_blocking(|_| Ok::<_, StoreError>(())).expect("a reader");
    let rights = |path: &std::path::Path| path.metadata().expect("there").permissions().mode() & 0o077;
    assert_eq!(rights(&folder), 0);
    for entry in std::fs::read_dir(&folder).expect("folder") {
        let path = entry.expect("entry").path();
        assert_eq!(rights(&path), 0, "{}", path.display());
    }
}
