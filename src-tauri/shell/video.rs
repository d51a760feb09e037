//! Where live pictures go: native surfaces over the page on X11, frames through a loopback socket into the
//! page anywhere else.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use chinhchu_screen::socket::SocketSurfaces;
use chinhchu_screen::{Placement, Rect, VideoSurface};
use chinhchu_station::picture::{CssRect, VideoPlan, VideoStream};
use chinhchu_station::ports::Surfaces;
use chinhchu_station::settings::VideoSetting;
use tauri::{AppHandle, Manager as _};

use super::desktop;
use super::windows::MAIN;

/// Scale of the main window, as bits of an `f64`: asked for by every placement, changed by the desktop.
static SCALE: AtomicU64 = AtomicU64::new(0x3FF0_0000_0000_0000); // 1.0

/// The desktop changed the main window's scale.
pub(crate) fn set_scale(scale: f64) {
    SCALE.store(scale.to_bits(), Ordering::Relaxed);
}

fn scale() -> f64 {
    f64::from_bits(SCALE.load(Ordering::Relaxed))
}

/// Both pictures of the main window.
pub(crate) struct Video {
    remote: Arc<dyn VideoSurface>,
    own: Arc<dyn VideoSurface>,
    remote_placement: Mutex<Placement>,
    plan: VideoPlan,
    /// Keeps the port open.
    _socket: Option<SocketSurfaces>,
}

impl Video {
    /// Takes the best way that works; only `native` insists.
    pub async fn start(app: &AppHandle, setting: VideoSetting) -> anyhow::Result<Self> {
        if let Some(main) = app.get_webview_window(MAIN) {
            set_scale(main.scale_factor().unwrap_or(1.0));
        }
        match setting {
            VideoSetting::Socket => Self::through_the_page().await,
            VideoSetting::Native => native(app),
            VideoSetting::Auto => match native(app) {
                Ok(video) => Ok(video),
                Err(error) => {
                    tracing::info!("no native video, frames go through the page: {error:#}");
                    Self::through_the_page().await
                }
            },
        }
    }

    async fn through_the_page() -> anyhow::Result<Self> {
        let origins = ["tauri://localhost", "http://tauri.localhost", "https://tauri.localhost"];
        let socket = SocketSurfaces::start(origins.map(str::to_owned).to_vec()).await?;
        Ok(Self {
            remote: socket.remote(),
            own: socket.own(),
            remote_placement: Mutex::default(),
            plan: VideoPlan::Socket { url: socket.url(), token: socket.token() },
            _socket: Some(socket),
        })
    }

    /// How the page learns of it.
    pub fn plan(&self) -> VideoPlan {
        self.plan.clone()
    }

    /// The customer's picture.
    pub fn remote(&self) -> &Arc<dyn VideoSurface> {
        &self.remote
    }

    /// The agent's own picture.
    pub fn own(&self) -> &Arc<dyn VideoSurface> {
        &self.own
    }

    /// Where the customer's picture lies, physical pixels, relative to the window's client area.
    pub fn remote_placement(&self) -> Placement {
        self.remote_placement.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Surfaces for Video {
    fn place(&self, stream: VideoStream, rect: Option<CssRect>, holes: Vec<CssRect>) {
        let placement = Placement {
            rect: rect.map(physical).unwrap_or_default(),
            visible: rect.is_some(),
            holes: holes.into_iter().map(physical).collect(),
        };
        match stream {
            VideoStream::Remote => {
                let mut kept = self.remote_placement.lock().unwrap_or_else(PoisonError::into_inner);
                kept.clone_from(&placement);
                self.remote.place(placement);
            }
            VideoStream::Own => self.own.place(placement),
        }
    }

    fn clear(&self) {
        self.remote.clear();
        self.own.clear();
    }
}

/// CSS pixels of the page to physical pixels of the window; edges are rounded, so that neighbours meet.
fn physical(rect: CssRect) -> Rect {
    let scale = scale();
    #[expect(clippy::cast_possible_truncation, reason = "`as` saturates, and screens are smaller than i32")]
    let edge = |css: f64| (css * scale).round() as i32;
    let (left, top) = (edge(rect.x), edge(rect.y));
    let (right, bottom) = (edge(rect.x + rect.width), edge(rect.y + rect.height));
    Rect::new(
        left,
        top,
        right.saturating_sub(left).max(0).unsigned_abs(),
        bottom.saturating_sub(top).max(0).unsigned_abs(),
    )
}

fn native(app: &AppHandle) -> anyhow::Result<Video> {
    let main = app.get_webview_window(MAIN).context("there is no main window")?;
    let [remote, own] = desktop::native_video(&main)?;
    Ok(Video { remote, own, remote_placement: Mutex::default(), plan: VideoPlan::Native, _socket: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn css_pixels_become_physical_ones_without_gaps_between_neighbours() {
        set_scale(1.5);
        let left = physical(CssRect { x: 0.0, y: 0.0, width: 33.3, height: 10.0 });
        let right = physical(CssRect { x: 33.3, y: 0.0, width: 33.3, height: 10.0 });
        assert_eq!(left.right(), right.x);
        assert_eq!(left, Rect::new(0, 0, 50, 15));
        set_scale(1.0);
    }
}
