use image::Rgba;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::*;
use crate::scale::{PixelOrder, Scaler};

const SIZE: (u32, u32) = (320, 240);

struct Frame {
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
}

impl Frame {
    fn from_luma(luma: impl FnMut(u32, u32) -> u8) -> Self {
        let mut luma = luma;
        let y = (0..SIZE.1).flat_map(|y| (0..SIZE.0).map(move |x| (x, y))).map(|(x, y)| luma(x, y)).collect();
        Self { y, u: vec![120; 160 * 120], v: vec![136; 160 * 120] }
    }

    /// A head before a shop: `seed` another person and place, `shift` a movement in pixels.
    fn person(seed: u64, shift: f32, light: f32) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let blobs: Vec<(f32, f32, f32, f32)> = (0..8)
            .map(|_| {
                (
                    random.random_range(0.0..320.0),
                    random.random_range(0.0..240.0),
                    random.random_range(20.0..90.0),
                    random.random_range(-90.0..90.0),
                )
            })
            .collect();
        let mut noise = StdRng::seed_from_u64(seed + 1000);
        Self::from_luma(|x, y| {
            let mut value = 110.0;
            for (cx, cy, radius, height) in &blobs {
                let (dx, dy) = (x as f32 - cx - shift, y as f32 - cy);
                value += height * (-(dx * dx + dy * dy) / (radius * radius)).exp();
            }
            let value = 16.0 + (value.clamp(0.0, 219.0) + noise.random_range(-3.0..3.0)) * light;
            value.clamp(16.0, 235.0) as u8
        })
    }

    fn view(&self) -> I420View<'_> {
        I420View {
            width: 320,
            height: 240,
            y: &self.y,
            u: &self.u,
            v: &self.v,
            y_stride: 320,
            uv_stride: 160,
        }
    }
}

fn live() -> Placement {
    Placement { rect: Rect::new(40, 30, 700, 480), visible: true, holes: Vec::new() }
}

/// A window with a page and the frame where the surface lies, scaled as the surface does.
fn window(frame: Option<&Frame>) -> RgbaImage {
    let mut page = RgbaImage::from_fn(1000, 600, |x, y| {
        if (x / 7 + y / 13) % 5 == 0 { Rgba([30, 40, 50, 255]) } else { Rgba([240, 240, 245, 255]) }
    });
    crate::overlay::fill(&mut page, (40, 30), (700, 480), Rgba([0x14, 0x17, 0x1a, 255]));
    if let Some(frame) = frame {
        let at = letterbox(320, 240, live().rect);
        let mut pixels = RgbaImage::new(at.width, at.height);
        let size = (at.width, at.height);
        Scaler::new().fill(&frame.view(), size, PixelOrder::Rgba, &mut pixels).expect("scaled");
        image::imageops::replace(&mut page, &pixels, at.x.into(), at.y.into());
    }
    page
}

/// Frames with their age at the capture, oldest first.
fn history(frames: &[(&Frame, u64)], now: Instant) -> LiveHistory {
    let mut history = LiveHistory::default();
    for (frame, age_ms) in frames {
        history.push(frame.view(), now.checked_sub(Duration::from_millis(*age_ms)).expect("past"));
    }
    history
}

fn now() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

#[test]
fn a_capture_of_the_live_frame_passes_and_tells_its_age() {
    let now = now();
    let (before, live_frame) = (Frame::person(1, 30.0, 1.0), Frame::person(1, 0.0, 1.0));
    let history = history(&[(&before, 700), (&live_frame, 40)], now);
    let result = check_capture(&window(Some(&live_frame)), &live(), &history, now).expect("passes");
    assert!(result.correlation > 0.98, "{result:?}");
    assert_eq!(result.frame_age_ms, 40);
}

#[test]
fn one_of_the_few_frames_before_passes_too() {
    let now = now();
    let (shown, newer) = (Frame::person(1, 0.0, 1.0), Frame::person(1, 60.0, 1.0));
    let history = history(&[(&shown, 90), (&newer, 5)], now);
    let result = check_capture(&window(Some(&shown)), &live(), &history, now).expect("passes");
    assert_eq!(result.frame_age_ms, 90);
}

#[test]
fn foreign_pictures_are_refused() {
    let now = now();
    for seed in 0..20 {
        let live_frame = Frame::person(seed, 0.0, 1.0);
        let history = history(&[(&live_frame, 10)], now);
        let foreign = window(Some(&Frame::person(seed + 100, 0.0, 1.0)));
        assert_eq!(check_capture(&foreign, &live(), &history, now), Err(CheckError::Foreign), "seed {seed}");
    }
}

#[test]
fn a_window_over_the_live_picture_is_refused() {
    let now = now();
    let live_frame = Frame::person(3, 0.0, 1.0);
    let mut capture = window(Some(&live_frame));
    crate::overlay::fill(&mut capture, (60, 60), (500, 300), Rgba([250, 250, 250, 255]));
    let history = history(&[(&live_frame, 10)], now);
    assert_eq!(check_capture(&capture, &live(), &history, now), Err(CheckError::Foreign));
}

#[test]
fn a_menu_that_was_reported_as_a_hole_does_no_harm() {
    let now = now();
    let live_frame = Frame::person(3, 0.0, 1.0);
    let mut capture = window(Some(&live_frame));
    crate::overlay::fill(&mut capture, (60, 60), (300, 200), Rgba([250, 250, 250, 255]));
    let placement = Placement { holes: vec![Rect::new(60, 60, 300, 200)], ..live() };
    let history = history(&[(&live_frame, 10)], now);
    assert!(check_capture(&capture, &placement, &history, now).is_ok());
}

#[test]
fn shifted_times_are_stale() {
    let now = now();
    let (old, live_frame) = (Frame::person(4, 0.0, 1.0), Frame::person(4, 90.0, 1.0));
    // The picture on the screen froze 3 s ago while frames kept coming.
    let frozen = history(&[(&old, 3000), (&live_frame, 20)], now);
    assert_eq!(check_capture(&window(Some(&old)), &live(), &frozen, now), Err(CheckError::Stale));
    // No frame came for 2.1 s; 1.9 s is still live.
    let late = history(&[(&live_frame, 2100)], now);
    assert_eq!(check_capture(&window(Some(&live_frame)), &live(), &late, now), Err(CheckError::Stale));
    let in_time = history(&[(&live_frame, 1900)], now);
    assert!(check_capture(&window(Some(&live_frame)), &live(), &in_time, now).is_ok());
    let none = LiveHistory::default();
    assert_eq!(check_capture(&window(Some(&live_frame)), &live(), &none, now), Err(CheckError::Stale));
}

#[test]
fn one_colour_is_uniform_wherever_it_is() {
    let now = now();
    let live_frame = Frame::person(5, 0.0, 1.0);
    let history = history(&[(&live_frame, 10)], now);
    for colour in [[0, 0, 0, 255], [255, 255, 255, 255], [20, 23, 26, 255]] {
        let flat = RgbaImage::from_pixel(1000, 600, Rgba(colour));
        assert_eq!(check_capture(&flat, &live(), &history, now), Err(CheckError::Uniform));
    }
    // The page was captured, the video surface was not.
    assert_eq!(check_capture(&window(None), &live(), &history, now), Err(CheckError::Uniform));
    assert_eq!(check_capture(&RgbaImage::new(0, 0), &live(), &history, now), Err(CheckError::Uniform));
}

#[test]
fn a_dark_shop_is_no_fault() {
    let now = now();
    for (seed, light) in [(6, 0.3), (7, 0.12), (8, 0.05), (9, 0.03)] {
        let dark = Frame::person(seed, 0.0, light);
        let history = history(&[(&dark, 10)], now);
        let result = check_capture(&window(Some(&dark)), &live(), &history, now);
        assert!(result.is_ok(), "light {light}: {result:?}");
        // …but darkness is no excuse for another picture.
        let foreign = window(Some(&Frame::person(seed + 100, 0.0, 1.0)));
        assert_eq!(check_capture(&foreign, &live(), &history, now), Err(CheckError::Foreign));
    }
}

/// An agent must be able to reject a customer who covers the camera.
#[test]
fn a_covered_camera_can_be_captured_as_such() {
    let now = now();
    let black = Frame::from_luma(|_, _| 16);
    let history = history(&[(&black, 10)], now);
    let mut frame = Frame::from_luma(|_, _| 16);
    frame.u.fill(128);
    frame.v.fill(128);
    let shown = check_capture(&window(Some(&frame)), &live(), &history, now);
    assert_eq!(shown.expect("passes").correlation, 0.0);
    let lively = window(Some(&Frame::person(1, 0.0, 1.0)));
    assert_eq!(check_capture(&lively, &live(), &history, now), Err(CheckError::Foreign));
}

#[test]
fn a_surface_outside_the_capture_proves_nothing() {
    let now = now();
    let live_frame = Frame::person(10, 0.0, 1.0);
    let history = history(&[(&live_frame, 10)], now);
    let aside = Placement { rect: Rect::new(900, 500, 700, 480), ..live() };
    assert_eq!(check_capture(&window(Some(&live_frame)), &aside, &history, now), Err(CheckError::Foreign));
}

#[test]
fn memory_is_bounded_and_forgotten_at_the_end_of_a_call() {
    let now = now();
    let mut history = LiveHistory::default();
    let frame = Frame::from_luma(|x, _| (16 + x % 200) as u8);
    for n in 0..300 {
        history.push(frame.view(), now + Duration::from_millis(n));
    }
    assert_eq!(history.frames.len(), MOST_FRAMES);
    history.push(frame.view(), now + Duration::from_secs(7));
    assert_eq!(history.frames.len(), 1);
    history.clear();
    assert!(history.frames.is_empty());
}

/// A saturated green whose red and blue lie below zero: the screen clips them, so the grey read back from it
/// is not the luma that came. The shade changes over the picture, and the clipping with it.
#[test]
fn a_picture_of_colours_that_no_screen_can_show_passes() {
    let mut frame = Frame::from_luma(|x, _| if x < 160 { 150 } else { 110 });
    for (at, (u, v)) in frame.u.iter_mut().zip(&mut frame.v).enumerate() {
        // Within one half of equal luma only the chroma changes; what is shown differs all the same.
        (*u, *v) = if (at / 160) % 40 < 20 { (43, 21) } else { (128, 128) };
    }
    let now = now();
    let history = history(&[(&frame, 20)], now);
    let result = check_capture(&window(Some(&frame)), &live(), &history, now);
    assert!(result.is_ok_and(|found| found.correlation > 0.98), "{result:?}");
}
