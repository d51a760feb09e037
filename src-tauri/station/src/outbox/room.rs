//! How much may wait, and how much must stay free on the disk: calls stop before a verdict would not fit.

use std::path::Path;

/// The bounds of one outbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// No further call is taken with this many undelivered verdicts …
    pub pending: u32,
    /// … or this many bytes of them …
    pub bytes: u64,
    /// … or less than this free on the disk, bytes; 0 does not look.
    pub free_bytes: u64,
}

impl Limits {
    /// Of free space: one evidence at its largest lies in SQLite's log and in the file for a moment (twice 24
    /// MiB), and the rest is for the system.
    pub const DEFAULT: Self =
        Self { pending: 200, bytes: 2 * 1024 * 1024 * 1024, free_bytes: 128 * 1024 * 1024 };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What is left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Room {
    /// No further verdict fits; `full` or `disk_full`.
    pub full: Option<&'static str>,
    /// It soon will be so: `outbox_filling`, `disk_filling`.
    pub warning: Option<&'static str>,
}

impl Limits {
    /// `free`: on the disk, if that is known.
    pub fn room(&self, pending: u32, bytes: u64, free: Option<u64>) -> Room {
        let short = |factor: u64| free.is_some_and(|free| free < self.free_bytes.saturating_mul(factor));
        let full = if short(1) {
            Some("disk_full")
        } else if pending >= self.pending || bytes >= self.bytes {
            Some("full")
        } else {
            None
        };
        // 80 % of what may wait; of the disk five times what must stay free.
        let warning = if short(5) {
            Some("disk_filling")
        } else if u64::from(pending) * 5 >= u64::from(self.pending) * 4 || bytes / 4 >= self.bytes / 5 {
            Some("outbox_filling")
        } else {
            None
        };
        Room { full, warning: warning.filter(|_| full.is_none()) }
    }
}

/// Free bytes where this file lies, for this user.
pub(super) fn free_bytes(path: &Path) -> Option<u64> {
    let folder = path.parent()?;
    let free = fs4::available_space(folder);
    free.inspect_err(|error| tracing::warn!(?error, "the free space of the disk cannot be read")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { pending: 10, bytes: 1_000, free_bytes: 100 };

    #[test]
    fn it_warns_at_four_fifths_and_stops_at_the_limit() {
        let room = |pending, bytes, free| {
            let Room { full, warning } = LIMITS.room(pending, bytes, free);
            (full, warning)
        };
        assert_eq!(room(7, 799, Some(500)), (None, None));
        assert_eq!(room(8, 0, None), (None, Some("outbox_filling")));
        assert_eq!(room(0, 800, Some(500)), (None, Some("outbox_filling")));
        assert_eq!(room(10, 0, Some(500)), (Some("full"), None));
        assert_eq!(room(0, 1_000, Some(500)), (Some("full"), None));
        assert_eq!(room(0, 0, Some(499)), (None, Some("disk_filling")));
        assert_eq!(room(10, 0, Some(99)), (Some("disk_full"), None));
    }
}
