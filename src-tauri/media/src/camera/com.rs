//! COM for every thread that touches a camera on Windows.
//!
//! nokhwa initialises COM only on the first thread that asks it anything, and the check of the devices runs on
//! another thread than a call. While the process takes part in COM as a whole, any thread may use it.
#![expect(unsafe_code, reason = "one Win32 call without a safe face")]

use std::sync::Once;

use windows_sys::Win32::System::Com::CoIncrementMTAUsage;

/// Lets all threads use COM from now on; never taken back.
pub fn provide() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let mut cookie = std::ptr::null_mut();
        // SAFETY: the cookie is ours; without it being given back the use never ends, which is meant.
        let result = unsafe { CoIncrementMTAUsage(&raw mut cookie) };
        if result < 0 {
            tracing::warn!(result, "COM is not available: a camera may not open");
        }
    });
}
