//! Synced before it is told (I5), proven where a killed process proves nothing: the kernel says how many pages of the
//! outbox it has not written to the disk yet. What it holds back is lost when the power is.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::AsRawFd as _;
use std::path::Path;

use super::tests_support::{at, seal_blank, signer, to_seal};
use super::{Closing, Limits, Outbox, OutboxError};
use crate::keys::OutboxKey;

/// One number on every architecture that Chính Chủ runs on; libc does not name it yet.
const SYS_CACHESTAT: libc::c_long = 451;

/// `struct cachestat_range` of linux/mman.h; length 0 is up to the end.
#[repr(C)]
struct Range {
    offset: u64,
    length: u64,
}

/// `struct cachestat`.
#[repr(C)]
#[derive(Default)]
struct Pages {
    cached: u64,
    dirty: u64,
    in_writeback: u64,
    evicted: u64,
    recently_evicted: u64,
}

/// Pages of the file that are in memory and not on the disk; none if the kernel (before 6.5) cannot tell.
#[expect(unsafe_code, reason = "cachestat(2) has no safe binding yet")]
fn unwritten(path: &Path) -> Option<u64> {
    let file = File::open(path).expect("file");
    let (range, mut pages) = (Range { offset: 0, length: 0 }, Pages::default());
    // SAFETY: both structs have the kernel's layout and live during the call; the descriptor is open.
    let answer =
        unsafe { libc::syscall(SYS_CACHESTAT, file.as_raw_fd(), &raw const range, &raw mut pages, 0) };
    (answer == 0).then_some(pages.dirty + pages.in_writeback)
}

fn of_outbox(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).expect("folder");
    files.filter_map(|file| unwritten(&file.expect("entry").path())).sum()
}

/// Somebody knows that this cannot be tried on this machine (a list, by commas).
fn untried(what: &str) -> bool {
    std::env::var("CHINHCHU_TEST_UNTRIED").is_ok_and(|all| all.split(',').any(|one| one == what))
}

/// On a disk: a tmpfs has none to write to.
fn folder_on_a_disk() -> Option<tempfile::TempDir> {
    let folder = tempfile::tempdir_in(std::env::current_exe().expect("this").parent().expect("a folder"))
        .expect("folder");
    let probe = folder.path().join("probe");
    let mut file = File::create(&probe).expect("file");
    file.write_all(&vec![1; 40_000]).expect("written");
    let before = unwritten(&probe)?;
    file.sync_all().expect("synced");
    let after = unwritten(&probe)?;
    std::fs::remove_file(&probe).expect("removed");
    // A file system whose pages are always, or never, dirty tells nothing.
    (before > 0 && after == 0).then_some(folder)
}

#[test]
fn i5_nothing_of_a_sealed_verdict_is_only_in_memory_when_it_is_told() {
    let Some(folder) = folder_on_a_disk() else {
        // Nothing was tried: that is no success, unless somebody has said that it may be so here.
        assert!(
            untried("cachestat"),
            "this kernel (before 6.5) or file system does not tell what is written; to run without this test: \
             CHINHCHU_TEST_UNTRIED=cachestat"
        );
        return;
    };
    let limits = Limits { free_bytes: 0, ..Limits::DEFAULT };
    let path = folder.path().join("outbox.sqlite");
    let outbox = Outbox::open_with(&path, &OutboxKey::random(), limits).expect("opens");
    outbox.begin_chain(&signer(), Closing::KeyLost, at(0)).expect("begins");
    for call in 1..=6 {
        let seen = std::cell::Cell::new(0);
        let sealed = if call < 4 {
            seal_blank(&outbox, &signer(), call);
            Ok(())
        } else {
            // Larger than SQLite keeps in memory: it writes before the end, and must sync all the same.
            let make = |link| Ok::<_, OutboxError>(to_seal(call, &link, 3_000_000));
            outbox.seal_timed(&signer(), make, || seen.set(of_outbox(folder.path()))).map(|_| ())
        };
        sealed.expect("sealed");
        assert_eq!(of_outbox(folder.path()), 0, "verdict {call}: pages that only memory has");
        // The probe sees what is not synced yet.
        assert!(call < 4 || seen.get() > 0, "verdict {call} was on the disk before it was synced");
    }
}

/// Carrying 4 MiB over takes tens of milliseconds: no agent waits for it.
#[test]
fn the_log_is_carried_over_between_verdicts_and_not_at_the_end_of_one() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("outbox.sqlite");
    let limits = Limits { free_bytes: 0, ..Limits::DEFAULT };
    let outbox = Outbox::open_with(&path, &OutboxKey::random(), limits).expect("opens");
    outbox.begin_chain(&signer(), Closing::KeyLost, at(0)).expect("begins");
    let length = |path: &Path| std::fs::metadata(path).expect("file").len();
    let seal = |call| {
        outbox.seal(&signer(), |link| Ok(to_seal(call, &link, 500_000))).expect("sealed");
        outbox.carry_log_over().expect("carried over");
        length(&path)
    };
    let short: Vec<u64> = (1..=3).map(seal).collect();
    assert!(short.iter().all(|length| *length < 1_000_000), "{short:?}");
    outbox.seal(&signer(), |link| Ok(to_seal(4, &link, 1_000_000))).expect("sealed");
    assert!(length(&path) < 1_000_000, "while an agent waited");
    outbox.carry_log_over().expect("carried over");
    assert!(length(&path) > 5_000_000, "{}", length(&path));
    // From its beginning again: it does not grow for ever.
    let log = length(&path.with_extension("sqlite-wal"));
    seal(5);
    assert_eq!(length(&path.with_extension("sqlite-wal")), log);
}
