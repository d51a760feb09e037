//! A crash leaves no memory behind: in it are faces, papers and both keys, and a core file, or whoever the kernel hands it
//! to (apport, systemd-coredump), keeps it unencrypted.
//!
//! Linux only: on Windows a crash is kept only where an administrator has asked for it (WER `LocalDumps`).

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files need a page at least, so less makes none; and 1 is the one limit that also keeps the kernel from handing the
/// memory to a program (core(5), `fs/coredump.c`), which 0 does not.
const NONE: u64 = 1;

/// From now on neither this process nor any that it starts, such as those of the web view, leaves its memory behind;
/// says whether that holds. Cannot be taken back.
pub fn forbid() -> bool {
    let now = getrlimit(Resource::Core);
    // Where even the hard limit is less, it cannot be raised: then there are no files at least.
    let most = now.maximum.map_or(NONE, |hard| hard.min(NONE));
    setrlimit(Resource::Core, Rlimit { current: Some(most), maximum: Some(most) }).is_ok()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    const CHILD: &str = "CHINHCHU_TEST_CORE";

    /// In a process of its own, for the limit cannot be taken back; what that one starts is asked.
    #[test]
    fn a_process_that_forbids_it_and_its_children_leave_no_core() {
        if std::env::var_os(CHILD).is_some() {
            assert!(forbid() && forbid(), "also twice");
            let limits = Command::new("cat").arg("/proc/self/limits").output().expect("cat");
            print!("{}", String::from_utf8_lossy(&limits.stdout));
            return;
        }
        let mut child = Command::new(std::env::current_exe().expect("this"));
        let name = "core_dump::tests::a_process_that_forbids_it_and_its_children_leave_no_core";
        let told = child.env(CHILD, "1").args([name, "--exact", "--nocapture"]).output().expect("starts");
        let told = String::from_utf8_lossy(&told.stdout).into_owned();
        let line = told.lines().find(|line| line.contains("Max core file size")).expect("limits");
        let limits: Vec<&str> = line.split_whitespace().filter(|word| word.parse::<u64>().is_ok()).collect();
        let hard = getrlimit(Resource::Core).maximum;
        let expected = if hard == Some(0) { "0" } else { "1" };
        assert_eq!(limits, [expected; 2], "{line}");
    }
}
