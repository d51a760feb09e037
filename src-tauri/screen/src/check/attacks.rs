//! What may lie where the live picture should be, drawn: customers in a dealer's shop, as a phone's camera sends
//! them, and everything that only looks like it. `margins` says how far both kinds are apart.

use image::Rgba;
use image::imageops::{self, FilterType};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::*;
use crate::scale::{PixelOrder, Scaler};

const SIZE: (u32, u32) = (640, 480);

/// A shop, and somebody in it.
#[derive(Clone, Copy)]
struct Scene {
    shop: u64,
    person: u64,
    /// Pixels by which the head has moved.
    moved: (f32, f32),
    light: f32,
    /// Standard deviation of the camera's noise, and which noise.
    noise: (f32, u64),
}

const CUSTOMER: Scene = Scene { shop: 1, person: 1, moved: (0.0, 0.0), light: 1.0, noise: (2.0, 1) };

struct Frame {
    size: (u32, u32),
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
}

/// What tells one face from another.
struct Face {
    width: f32,
    skin: f32,
    hair: f32,
    eyes: (f32, f32),
    mouth: f32,
    brow: f32,
    shirt: f32,
}

impl Face {
    fn of(person: u64) -> Self {
        let mut random = StdRng::seed_from_u64(person * 7919);
        let mut own = |from: f32, to: f32| random.random_range(from..to);
        let (width, skin, hair) = (own(0.62, 0.80), own(120.0, 175.0), own(20.0, 60.0));
        let eyes = (own(0.22, 0.34), own(-0.24, -0.10));
        let (mouth, brow, shirt) = (own(0.36, 0.52), own(-0.75, -0.45), own(40.0, 200.0));
        Self { width, skin, hair, eyes, mouth, brow, shirt }
    }

    /// Grey at that place around the middle of the face, one unit from chin to brow; none beside it.
    fn grey(&self, x: f32, y: f32) -> Option<f32> {
        let near =
            |cx: f32, cy: f32, rx: f32, ry: f32| ((x - cx) / rx).powi(2) + ((y - cy) / ry).powi(2) < 1.0;
        if near(-self.eyes.0, self.eyes.1, 0.12, 0.055) || near(self.eyes.0, self.eyes.1, 0.12, 0.055) {
            return Some(35.0);
        }
        if near(0.0, self.mouth, 0.22, 0.05) {
            return Some(75.0);
        }
        if near(0.0, 0.0, self.width, 1.0) {
            let side = 25.0 * (x / self.width).abs();
            return Some(if y < self.brow { self.hair } else { self.skin - side });
        }
        near(0.0, 2.1, 1.9, 1.05).then_some(self.shirt)
    }
}

impl Scene {
    fn frame(self) -> Frame {
        self.sized(SIZE)
    }

    fn sized(self, size: (u32, u32)) -> Frame {
        let mut random = StdRng::seed_from_u64(self.shop);
        let shelves: Vec<[f32; 5]> = (0..40)
            .map(|_| {
                let mut own = |from: f32, to: f32| random.random_range(from..to);
                [own(0.0, 1.2), own(0.0, 1.0), own(0.02, 0.25), own(0.02, 0.2), own(30.0, 225.0)]
            })
            .collect();
        let face = Face::of(self.person);
        let mut noise = StdRng::seed_from_u64(self.noise.1);
        let (width, height) = (size.0 as f32, size.1 as f32);
        let mut y = Vec::new();
        for row in 0..size.1 {
            for column in 0..size.0 {
                let (px, py) = (column as f32 / height, row as f32 / height);
                let (dx, dy) = (self.moved.0 / height, self.moved.1 / height);
                let at = ((px - 0.5 * width / height - dx) / 0.30, (py - 0.45 - dy) / 0.30);
                let shop = || {
                    let inside =
                        |b: &&[f32; 5]| px > b[0] && px < b[0] + b[2] && py > b[1] && py < b[1] + b[3];
                    shelves.iter().rev().find(inside).map_or(150.0 - 60.0 * py, |b| b[4])
                };
                let grey = face.grey(at.0, at.1).unwrap_or_else(shop);
                // The sum of three is near enough to a camera's noise.
                let grain: f32 = (0..3).map(|_| noise.random_range(-1.0..1.0_f32)).sum();
                y.push((16.0 + grey * 0.85 * self.light + grain * self.noise.0).clamp(16.0, 235.0) as u8);
            }
        }
        let chroma = (size.0.div_ceil(2) * size.1.div_ceil(2)) as usize;
        Frame { size, y, u: vec![118; chroma], v: vec![138; chroma] }
    }
}

impl Frame {
    fn view(&self) -> I420View<'_> {
        let (width, height) = self.size;
        let (y_stride, uv_stride) = (width as usize, width.div_ceil(2) as usize);
        I420View { width, height, y: &self.y, u: &self.u, v: &self.v, y_stride, uv_stride }
    }

    /// As the surface draws it.
    fn pixels(&self, size: (u32, u32)) -> RgbaImage {
        let mut pixels = RgbaImage::new(size.0, size.1);
        Scaler::new().fill(&self.view(), size, PixelOrder::Rgba, &mut pixels).expect("scaled");
        pixels
    }

    fn on_screen(&self, place: &Placement) -> RgbaImage {
        let at = letterbox(self.size.0, self.size.1, place.rect);
        on_page(&self.pixels((at.width, at.height)), place)
    }
}

fn place() -> Placement {
    Placement { rect: Rect::new(40, 30, 860, 640), visible: true, holes: Vec::new() }
}

/// The workstation's page with that picture where the surface lies.
fn on_page(picture: &RgbaImage, place: &Placement) -> RgbaImage {
    let mut page = RgbaImage::from_fn(1300, 800, |x, y| {
        if (x / 7 + y / 13) % 5 == 0 { Rgba([30, 40, 50, 255]) } else { Rgba([240, 240, 245, 255]) }
    });
    let Rect { x, y, width, height } = place.rect;
    let corner = (x.unsigned_abs(), y.unsigned_abs());
    crate::overlay::fill(&mut page, corner, (width, height), Rgba([0x14, 0x17, 0x1a, 255]));
    let left = i64::from(corner.0) + (i64::from(width) - i64::from(picture.width())) / 2;
    let top = i64::from(corner.1) + (i64::from(height) - i64::from(picture.height())) / 2;
    imageops::replace(&mut page, picture, left, top);
    page
}

/// A call of some seconds: frames of the scene at these ages, with their own noise, oldest first.
struct Call {
    history: LiveHistory,
    now: Instant,
}

impl Call {
    fn of(frames: impl IntoIterator<Item = (u64, Frame)>) -> Self {
        let now = Instant::now() + Duration::from_mins(5);
        let mut history = LiveHistory::default();
        for (age_ms, frame) in frames {
            let at = now.checked_sub(Duration::from_millis(age_ms)).expect("past");
            history.push(frame.view(), at);
        }
        Self { history, now }
    }

    /// Somebody who looks into the camera and moves as people do who sit: the frame of that age.
    fn sitting(age_ms: u64) -> Scene {
        let moved = (age_ms as f32 / 700.0).sin() * 6.0;
        Scene { moved: (moved, moved / 2.0), noise: (2.0, age_ms), ..CUSTOMER }
    }

    fn live() -> Self {
        Self::of((0..12).rev().map(|n| (20 + n * 66, Self::sitting(20 + n * 66).frame())))
    }

    fn check(&self, capture: &RgbaImage) -> Result<Resemblance, CheckError> {
        check_capture(capture, &place(), &self.history, self.now)
    }

    fn shown(&self, frame: &Frame) -> Result<Resemblance, CheckError> {
        self.check(&frame.on_screen(&place()))
    }
}

fn refused(result: Result<Resemblance, CheckError>, what: &str) {
    assert_eq!(result, Err(CheckError::Foreign), "{what}");
}

#[test]
fn the_live_picture_passes_at_every_size_of_frame_and_window() {
    for size in [(160, 120), (320, 240), (640, 480), (640, 360), (480, 640), (1280, 720), (722, 406)] {
        for area in [(860, 640), (333, 251), (1001, 702), (1720, 1281)] {
            let frame = CUSTOMER.sized(size);
            let place = Placement { rect: Rect::new(11, 7, area.0, area.1), ..place() };
            let mut page = RgbaImage::from_pixel(1800, 1300, Rgba([240, 240, 245, 255]));
            let at = letterbox(size.0, size.1, place.rect);
            imageops::replace(&mut page, &frame.pixels((at.width, at.height)), at.x.into(), at.y.into());
            let call = Call::of([(40, CUSTOMER.sized(size))]);
            let result = check_capture(&page, &place, &call.history, call.now);
            assert!(result.is_ok(), "{size:?} in {area:?}: {result:?}");
        }
    }
}

/// A laptop's scaled desktop: the page rounds its place another way than we do, and resizes another way.
#[test]
fn a_picture_a_pixel_off_or_resized_by_the_web_view_passes() {
    let call = Call::live();
    let pixels = Call::sitting(20).frame().pixels(SIZE);
    for (width, height) in [(853, 640), (852, 639), (854, 640)] {
        for filter in [FilterType::Nearest, FilterType::Triangle, FilterType::CatmullRom] {
            let resized = imageops::resize(&pixels, width, height, filter);
            let result = call.check(&on_page(&resized, &place()));
            assert!(result.is_ok(), "{width} × {height} by {filter:?}: {result:?}");
        }
    }
}

/// Colours of a screen with a profile of its own, or a web view that takes another matrix.
#[test]
fn a_screen_with_other_colours_passes() {
    let call = Call::live();
    let mut page = Call::sitting(20).frame().on_screen(&place());
    for pixel in page.pixels_mut() {
        for channel in &mut pixel.0[..3] {
            *channel = (f32::from(*channel) * 0.92 + 9.0) as u8;
        }
    }
    assert!(call.check(&page).is_ok());
}

#[test]
fn another_window_over_ours_is_refused_even_a_small_one() {
    let call = Call::live();
    let live = Call::sitting(20).frame().on_screen(&place());
    let grey = live.get_pixel(470, 330).0;
    for (what, corner, size, colour) in [
        ("half", (40, 30), (430, 640), [250, 250, 250, 255]),
        ("a chat over the face", (340, 220), (250, 200), [250, 250, 250, 255]),
        ("of the face's own grey", (340, 220), (250, 200), grey),
        ("a message in the corner", (620, 40), (270, 90), [30, 30, 30, 255]),
        ("a strip over the eyes", (360, 270), (220, 40), [10, 10, 10, 255]),
    ] {
        let mut covered = live.clone();
        crate::overlay::fill(&mut covered, corner, size, Rgba(colour));
        refused(call.check(&covered), what);
    }
}

#[test]
fn a_mouse_pointer_is_no_other_window() {
    let call = Call::live();
    let mut page = Call::sitting(20).frame().on_screen(&place());
    crate::overlay::fill(&mut page, (500, 300), (14, 22), Rgba([255, 255, 255, 255]));
    assert!(call.check(&page).is_ok());
}

/// The worst of all: same shop, same pose, and somebody else.
#[test]
fn the_customer_before_in_the_same_shop_is_refused() {
    let call = Call::live();
    for person in 2..22 {
        let other = Scene { person, ..Call::sitting(20) };
        refused(call.shown(&other.frame()), &format!("person {person}"));
    }
}

#[test]
fn another_face_laid_over_the_face_is_refused() {
    let call = Call::live();
    let live = Call::sitting(20).frame().on_screen(&place());
    for person in 2..12 {
        let other = Scene { person, ..Call::sitting(20) }.frame().on_screen(&place());
        let (x, y, width, height) = (350, 150, 240, 330);
        let head = imageops::crop_imm(&other, x, y, width, height).to_image();
        let mut mixed = live.clone();
        imageops::replace(&mut mixed, &head, x.into(), y.into());
        refused(call.check(&mixed), &format!("person {person}"));
    }
}

#[test]
fn a_mirrored_a_cropped_and_a_shifted_picture_are_refused() {
    let call = Call::live();
    let pixels = Call::sitting(20).frame().pixels((853, 640));
    refused(call.check(&on_page(&imageops::flip_horizontal(&pixels), &place())), "mirrored");
    refused(call.check(&on_page(&imageops::rotate180(&pixels), &place())), "upside down");
    for percent in [80, 90, 96] {
        let (width, height) = (853 * percent / 100, 640 * percent / 100);
        let crop =
            imageops::crop_imm(&pixels, (853 - width) / 2, (640 - height) / 2, width, height).to_image();
        let zoomed = imageops::resize(&crop, 853, 640, FilterType::Triangle);
        refused(call.check(&on_page(&zoomed, &place())), &format!("{percent} % of it, enlarged"));
        let small = imageops::resize(&pixels, width, height, FilterType::Triangle);
        refused(call.check(&on_page(&small, &place())), &format!("made smaller to {percent} %"));
    }
    let shifted = imageops::crop_imm(&pixels, 12, 0, 841, 640).to_image();
    refused(call.check(&on_page(&shifted, &place())), "shifted");
}

/// The agent sits before a wall of the same grey, in the middle of the picture as the customer does.
#[test]
fn the_agents_own_picture_in_the_place_of_the_customers_is_refused() {
    let call = Call::live();
    refused(call.shown(&Scene { shop: 9, person: 40, ..CUSTOMER }.frame()), "another room");
    refused(call.shown(&Scene { person: 40, ..CUSTOMER }.frame()), "the same room");
}

#[test]
fn another_calls_capture_is_refused() {
    let capture = Scene { shop: 3, person: 5, ..CUSTOMER }.frame().on_screen(&place());
    assert!(Call::of([(40, Scene { shop: 3, person: 5, ..CUSTOMER }.frame())]).check(&capture).is_ok());
    refused(Call::live().check(&capture), "another call");
}

/// A picture that froze while frames kept coming: the person has leant aside a little since, 2 pixels a second.
#[test]
fn a_frozen_picture_is_stale_for_as_long_as_a_minute() {
    let leaning = |age_ms: u64| {
        let moved = (age_ms as f32 / 500.0, 0.0);
        Scene { moved, noise: (2.0, age_ms), ..CUSTOMER }.sized((320, 240))
    };
    let call = Call::of((0..580).rev().map(|n| (n * 100 + 20, leaning(n * 100 + 20))));
    for live_ms in [20, 420, 1_820] {
        let result = call.shown(&leaning(live_ms));
        assert!(result.is_ok(), "{live_ms} ms: {result:?}");
    }
    for frozen_ms in [2_820, 5_020, 9_020, 30_020, 55_020] {
        let result = call.shown(&leaning(frozen_ms));
        assert_eq!(result, Err(CheckError::Stale), "frozen for {frozen_ms} ms");
    }
}

/// Somebody who holds still, or a picture on the wall: the frames differ by noise only, and keep coming.
#[test]
fn a_still_scene_is_not_stale() {
    for noise in [0.0, 2.0, 6.0] {
        let still = |age: u64| Scene { noise: (noise, age), ..CUSTOMER };
        let call = Call::of((0..40).rev().map(|n| (20 + n * 100, still(20 + n * 100).frame())));
        // Whichever of the frames of the last second the capture caught.
        for age in [20, 120, 920] {
            let result = call.shown(&still(age).frame());
            assert!(result.is_ok(), "noise {noise}, shown {age} ms ago: {result:?}");
        }
    }
    // The same still scene of which no frame came for 2.5 s is.
    let call = Call::of((25..40).rev().map(|n| (n * 100, CUSTOMER.frame())));
    assert_eq!(call.shown(&CUSTOMER.frame()), Err(CheckError::Stale));
}

#[test]
fn a_dark_shop_with_a_noisy_camera_passes_and_is_no_excuse() {
    for light in [0.5, 0.2, 0.08, 0.04] {
        let dark = |person, age| Scene { person, light, noise: (8.0, age), ..CUSTOMER };
        let call = Call::of((0..10).rev().map(|n| (20 + n * 66, dark(1, 20 + n * 66).frame())));
        let result = call.shown(&dark(1, 20).frame());
        assert!(result.is_ok(), "light {light}: {result:?}");
        for person in 2..8 {
            let other = call.shown(&Scene { shop: person, ..dark(person, 20) }.frame());
            assert!(other.is_err(), "light {light}, person {person}: {other:?}");
        }
        refused(call.shown(&CUSTOMER.frame()), "the same by daylight");
    }
}

#[test]
fn a_surface_that_was_not_captured_is_uniform_also_beside_a_dark_picture() {
    let empty = on_page(&RgbaImage::from_pixel(853, 640, Rgba([0, 0, 0, 255])), &place());
    assert_eq!(Call::live().check(&empty), Err(CheckError::Uniform));
    let dark = Scene { light: 0.08, ..CUSTOMER };
    assert_eq!(Call::of([(20, dark.frame())]).check(&empty), Err(CheckError::Uniform));
}

#[test]
fn holes_over_more_than_half_of_the_picture_prove_nothing() {
    let call = Call::live();
    let page = Call::sitting(20).frame().on_screen(&place());
    let with = |hole| Placement { holes: vec![hole], ..place() };
    let check = |place: &Placement| check_capture(&page, place, &call.history, call.now);
    assert!(check(&with(Rect::new(40, 30, 860, 200))).is_ok());
    refused(check(&with(Rect::new(40, 30, 860, 400))), "too much is covered");
}

/// The window was made larger, and the page has told its new place, or not yet.
#[test]
fn a_capture_of_another_size_than_the_placement_is_refused() {
    let call = Call::live();
    let smaller = Placement { rect: Rect::new(40, 30, 640, 480), ..place() };
    refused(call.check(&Call::sitting(20).frame().on_screen(&smaller)), "resized in between");
}

/// What stands in `likeness.rs`. Run with `--nocapture` to see it anew.
#[test]
fn margins() {
    let call = Call::live();
    let nearest = |capture: &RgbaImage| {
        let place = place();
        let mut seen = Seen::new(capture, &place);
        call.history
            .frames
            .iter()
            .filter_map(|frame| seen.likeness(frame))
            .min_by(|one, other| one.difference.total_cmp(&other.difference))
            .expect("frames")
    };
    let live = nearest(&Call::sitting(20).frame().on_screen(&place()));
    println!("live: {live:?}");
    assert!(live.difference < 0.5 && live.others == 0, "{live:?}");
    for (what, scene) in [
        ("2 pixels moved", Scene { moved: (2.0, 0.0), ..Call::sitting(20) }),
        ("6 pixels moved", Scene { moved: (14.0, 3.0), ..CUSTOMER }),
    ] {
        println!("{what}: {:?}", nearest(&scene.frame().on_screen(&place())));
    }
    let others: Vec<Likeness> = (2..42)
        .map(|person| nearest(&Scene { person, ..Call::sitting(20) }.frame().on_screen(&place())))
        .collect();
    let least = others.iter().map(|other| other.difference).fold(f32::MAX, f32::min);
    let fewest = others.iter().map(|other| other.others).min().expect("some");
    let most = others.iter().map(|other| other.correlation).fold(0.0, f32::max);
    println!(
        "others in the same shop: least difference {least}, fewest cells {fewest}, correlation up to {most}"
    );
    assert!(least > 6.0 && fewest > 25, "{least} {fewest}");
}
