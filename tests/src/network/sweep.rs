//! Taking networks up again, also those of an earlier run that was killed. Only namespaces whose name says
//! that this harness made them are touched, and only processes that run inside those.

use std::path::Path;
use std::process::{Command, Stdio};

use super::ip;

/// Every namespace of the harness is called so, then the id of the process that made it.
pub const PREFIX: &str = "chinhchu-";

/// Ends what runs in a namespace and removes it.
pub fn remove(namespace: &str) {
    let inside = ip::told(&["netns", "pids", namespace]);
    let inside: Vec<&str> = inside.split_whitespace().collect();
    if !inside.is_empty() {
        // Those that have just ended by themselves are none of our concern.
        let _ = Command::new("kill").arg("-KILL").args(inside).stderr(Stdio::null()).status();
    }
    let _ = Command::new("ip").args(["netns", "del", namespace]).stderr(Stdio::null()).status();
}

/// Removes what runs left behind whose process is gone.
pub fn leftovers() {
    for line in ip::told(&["netns", "list"]).lines() {
        let name = line.split_whitespace().next().unwrap_or_default();
        if maker(name).is_some_and(|maker| !Path::new(&format!("/proc/{maker}")).exists()) {
            eprintln!("an earlier run left {name} behind: removed");
            remove(name);
        }
    }
}

fn maker(namespace: &str) -> Option<u32> {
    namespace.strip_prefix(PREFIX)?.split('-').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::maker;

    #[test]
    fn only_the_harness_own_namespaces_have_a_maker() {
        assert_eq!(maker("chinhchu-4711-0-caller"), Some(4711));
        assert_eq!(maker("chinhchu-office"), None);
        assert_eq!(maker("vpn"), None);
    }
}
