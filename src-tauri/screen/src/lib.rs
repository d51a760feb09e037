//! Pictures on the agent's screen and from it: the live video in the window (S14), and the evidence
//! picture of the verdict with date and time burnt in (S15).
//!
//! Nothing here knows of calls, servers or Tauri: texts, window ids, frames and times are arguments.
//! Reading order: [`surface`] what a video picture on the screen is · [`x11`] and [`socket`] its two bodies ·
//! [`capture`] pixels of the own window, [`rendered`] the stand-in where the desktop forbids that ·
//! [`check`] whether a capture shows what was live, [`attempts`] how often it is tried · [`overlay`] burns the bar in, [`readback`] reads the
//! date and time out of it again · [`encode`] bytes for the manifest.

mod enlarge;
mod frame;
mod scale;
mod text;
mod timing;

pub mod attempts;
pub mod capture;
pub mod check;
pub mod encode;
pub mod overlay;
pub mod readback;
pub mod rendered;
pub mod socket;
pub mod surface;
#[cfg(target_os = "linux")]
pub mod x11;

pub use surface::{I420View, Placement, Rect, SurfaceStats, VideoSurface};
