//! Time since the machine started, its sleep included: what was over before the lid was shut must not go on
//! when it is opened. The only place of this crate that knows the operating system's clocks.
//!
//! Linux: `CLOCK_BOOTTIME` (`Instant` is `CLOCK_MONOTONIC` there and stands still while the machine sleeps).
//! Windows: `Instant` is `QueryPerformanceCounter`, which counts standby, hibernation and connected standby.

use std::time::Duration;

/// Time since some fixed moment before the program began; never runs backwards, counts sleep.
#[cfg(target_os = "linux")]
pub fn uptime() -> Duration {
    let at = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let (seconds, nanos) = (u64::try_from(at.tv_sec).unwrap_or(0), u32::try_from(at.tv_nsec).unwrap_or(0));
    Duration::new(seconds, nanos)
}

/// Time since some fixed moment of this run; never runs backwards, counts sleep.
#[cfg(not(target_os = "linux"))]
pub fn uptime() -> Duration {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// The kernel's own count with sleep is `/proc/uptime`; a clock without sleep falls behind it.
    #[test]
    fn it_is_the_kernels_uptime_with_sleep() {
        let text = std::fs::read_to_string("/proc/uptime").expect("proc");
        let kernel: f64 = text.split(' ').next().and_then(|text| text.parse().ok()).expect("seconds");
        let ours = uptime().as_secs_f64();
        assert!((ours - kernel).abs() < 1.0, "{ours} against {kernel}");
    }
}
