//! S15, truth of the capture: what lies over the workstation's window at the verdict does not become evidence.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use chinhchu_stories::desktop::Desktop;
use chinhchu_stories::driver::PATIENCE;
use chinhchu_stories::evidence;
use chinhchu_stories::server::{Created, text};
use chinhchu_stories::stage::Stage;
use image::RgbImage;
use serde_json::Value;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    ConnectionExt as _, CreateGCAux, CreateWindowAux, EventMask, Rectangle, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::verdicts::accept_and_see;

/// Nothing of ours has these colours.
const MAGENTA: u32 = 0x00ff_00ff;
const VIOLET: u32 = 0x0060_00a0;

/// Said by the workstation of a capture that shows another picture.
const REFUSED: &str = "a capture is refused";

#[test]
fn s15_a_capture_of_another_window_is_refused_taken_again_and_at_last_rendered_and_says_so() -> Result<()> {
    Stage::play(async |stage| {
        let station = stage.agent_on_duty("1", "hoa", "Trần Thị Hoa").await?;
        let (_customer, created) = stage.customer_in_queue("1", "vp8").await?;
        accept_and_see(stage, &station, &created).await?;
        let _foreign = ForeignWindow::over(&station.desktop)?;
        station.decide(true, None).await?;
        station.window.until_shown("verdict-sealed").await?;
        let log = station.log()?;
        ensure!(refusals(&log) >= 2, "the foreign capture was not taken again:\n{log}");
        ensure!(log.contains("capture_foreign"), "refused for another reason:\n{log}");
        // The agent is told at once, and again in the history.
        station.window.until_shown("rendered").await?;
        station.window.until_attribute("upload-state", "data-state", "delivered").await?;
        let (manifest, screenshot) = evidence_of(stage, &created).await?;
        ensure!(manifest["capture_method"] == "rendered", "{manifest}");
        is_ours(&screenshot, &manifest)
    })
}

#[test]
fn s15_a_window_that_is_gone_at_the_next_try_costs_no_capture() -> Result<()> {
    Stage::play(async |stage| {
        let station = stage.agent_on_duty("1", "hoa", "Trần Thị Hoa").await?;
        let (_customer, created) = stage.customer_in_queue("1", "h264").await?;
        accept_and_see(stage, &station, &created).await?;
        let foreign = ForeignWindow::over(&station.desktop)?;
        let log = station.dir().join("tauri-driver.log");
        let gone = tokio::task::spawn_blocking(move || {
            // Somebody clicks a message away while the verdict is being captured.
            let refused = || std::fs::read_to_string(&log).is_ok_and(|log| refusals(&log) > 0);
            let until = std::time::Instant::now() + PATIENCE;
            while !refused() {
                ensure!(std::time::Instant::now() < until, "no capture was refused");
                std::thread::sleep(Duration::from_millis(1));
            }
            foreign.go()
        });
        station.decide(true, None).await?;
        gone.await??;
        station.window.until_attribute("upload-state", "data-state", "delivered").await?;
        let (manifest, screenshot) = evidence_of(stage, &created).await?;
        let method = text(&manifest, "capture_method")?;
        ensure!(method == "window" || method == "monitor", "{manifest}");
        is_ours(&screenshot, &manifest)
    })
}

/// How often a capture was refused.
fn refusals(log: &str) -> usize {
    log.matches(REFUSED).count()
}

async fn evidence_of(stage: &Stage, created: &Created) -> Result<(Value, RgbImage)> {
    let held = stage.server.evidence(created).await?;
    ensure!(held.len() == 1, "one manifest is expected: {held:?}");
    let screenshot = evidence::decode(&stage.server.image(created, "screenshot").await?)?;
    Ok((held[0]["manifest"].clone(), screenshot))
}

/// Both people, the right time, and nothing of the window that lay above.
fn is_ours(screenshot: &RgbImage, manifest: &Value) -> Result<()> {
    evidence::ensure_shows_both(screenshot)?;
    ensure!(
        evidence::burnt_in_time(screenshot)? == text(manifest, "captured_at_text")?,
        "the times differ: {manifest}"
    );
    let foreign = screenshot.pixels().filter(|pixel| {
        let [r, g, b] = pixel.0;
        r > 200 && g < 60 && b > 200
    });
    ensure!(foreign.count() == 0, "the foreign window is in the evidence");
    Ok(())
}

/// A window of another program over the whole display; drawn in two colours, so that it is not uniform.
struct ForeignWindow {
    display: RustConnection,
    window: u32,
    stop: Arc<AtomicBool>,
    painter: Option<std::thread::JoinHandle<()>>,
}

impl ForeignWindow {
    fn over(desktop: &Desktop) -> Result<Self> {
        let (display, screen) = x11rb::connect(Some(desktop.display()))?;
        let root = &display.setup().roots[screen];
        let (window, gc) = (display.generate_id()?, display.generate_id()?);
        let aux = CreateWindowAux::new()
            .background_pixel(MAGENTA)
            // No window manager puts it elsewhere.
            .override_redirect(1)
            .event_mask(EventMask::EXPOSURE);
        let (width, height) = (root.width_in_pixels, root.height_in_pixels);
        display.create_window(
            root.root_depth,
            window,
            root.root,
            0,
            0,
            width,
            height,
            0,
            WindowClass::INPUT_OUTPUT,
            root.root_visual,
            &aux,
        )?;
        display.create_gc(gc, window, &CreateGCAux::new().foreground(VIOLET))?;
        display.map_window(window)?;
        let stripes: Vec<Rectangle> = (0_i16..i16::try_from(height)? / 40)
            .map(|n| Rectangle { x: 0, y: n * 40, width, height: 20 })
            .collect();
        display.poly_fill_rectangle(window, gc, &stripes)?;
        display.sync()?;
        let stop = Arc::new(AtomicBool::new(false));
        let mut foreign = Self { display, window, stop, painter: None };
        foreign.stay_on_top(desktop.display())?;
        Ok(foreign)
    }

    /// Whatever is raised meanwhile, it is above.
    fn stay_on_top(&mut self, display: &str) -> Result<()> {
        let (connection, _) = x11rb::connect(Some(display))?;
        let (window, stop) = (self.window, self.stop.clone());
        let above = x11rb::protocol::xproto::ConfigureWindowAux::new()
            .stack_mode(x11rb::protocol::xproto::StackMode::ABOVE);
        self.painter = Some(std::thread::spawn(move || {
            while !stop.load(Ordering::Acquire) {
                let raised = connection.configure_window(window, &above).is_ok() && connection.sync().is_ok();
                if !raised {
                    return;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }));
        Ok(())
    }

    /// Gone from the screen when this returns.
    fn go(mut self) -> Result<()> {
        self.stop.store(true, Ordering::Release);
        if let Some(painter) = self.painter.take() {
            painter.join().ok().context("the painter of the foreign window broke")?;
        }
        self.display.destroy_window(self.window)?;
        Ok(self.display.sync()?)
    }
}

impl Drop for ForeignWindow {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
    }
}
