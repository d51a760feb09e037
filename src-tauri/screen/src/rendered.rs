//! Evidence where the desktop forbids capture, or no capture shows what is live: composed from the decoded
//! frames, and saying so in the picture.

use image::imageops::FilterType;
use image::{RgbImage, Rgba, RgbaImage};

use crate::check::CheckError;
use crate::overlay::fill;
use crate::surface::{Placement, Rect, letterbox};
use crate::text::Face;

/// Size of the composed picture.
pub const SIZE: (u32, u32) = (1300, 760);

/// Where the customer's picture lies in it, for [`crate::check::check_capture`].
pub const REMOTE_AREA: Rect = Rect::new(16, 104, 860, 640);

const BANNER: &str = "ẢNH DỰNG TỪ KHUNG HÌNH ĐÃ GIẢI MÃ — KHÔNG PHẢI ẢNH CHỤP MÀN HÌNH";
const GROUND: Rgba<u8> = Rgba([0x20, 0x26, 0x2d, 255]);
const PANEL: Rgba<u8> = Rgba([0x14, 0x17, 0x1a, 255]);
const BANNER_GROUND: Rgba<u8> = Rgba([0xf4, 0xb4, 0x00, 255]);
const BLACK: Rgba<u8> = Rgba([0, 0, 0, 255]);
const WHITE: Rgba<u8> = Rgba([255, 255, 255, 255]);

/// What is composed.
#[derive(Clone, Copy, Debug)]
pub struct RenderedParts<'a> {
    /// The customer, decoded ([`crate::encode::frame_to_rgb`]).
    pub remote: &'a RgbImage,
    /// The agent's own picture.
    pub own: Option<&'a RgbImage>,
    /// ID card's front, as the agent saw it.
    pub id_front: Option<&'a RgbImage>,
    /// Portrait, as the agent saw it.
    pub portrait: Option<&'a RgbImage>,
    /// Why this is no capture.
    pub why: Why,
}

/// Why evidence is rendered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// The desktop allows no capture.
    NotAllowed,
    /// Every capture was refused.
    Refused(CheckError),
}

impl Why {
    fn words(self) -> &'static str {
        match self {
            Self::NotAllowed => "Máy không cho chụp màn hình",
            Self::Refused(CheckError::Uniform) => "Ảnh chụp màn hình chỉ có một màu",
            Self::Refused(CheckError::Foreign) => "Ảnh chụp màn hình bị thứ khác che",
            Self::Refused(CheckError::Stale) => "Ảnh chụp màn hình bị đứng hình",
        }
    }
}

/// Where the customer's picture lies, as a placement.
pub fn remote_placement() -> Placement {
    Placement { rect: REMOTE_AREA, visible: true, holes: Vec::new() }
}

/// Composes the picture; the overlay is burnt in afterwards as into a capture.
pub fn render_evidence(parts: &RenderedParts<'_>) -> RgbaImage {
    let (width, height) = SIZE;
    let mut image = RgbaImage::from_pixel(width, height, GROUND);
    fill(&mut image, (0, 0), (width, 52), BANNER_GROUND);
    Face::new(32).draw(&mut image, (16, 10), BLACK, &Face::new(32).fit(BANNER, width - 32));
    panel(&mut image, REMOTE_AREA, "Khách hàng", Some(parts.remote));
    let (face, why) = (Face::new(28), parts.why.words());
    let right = REMOTE_AREA.right().unsigned_abs();
    face.draw(&mut image, (right - face.width(why), REMOTE_AREA.y.unsigned_abs() - 36), BANNER_GROUND, why);
    let beside = [("Nhân viên", parts.own), ("Giấy tờ", parts.id_front), ("Chân dung", parts.portrait)];
    let mut top = REMOTE_AREA.y;
    for (caption, picture) in beside {
        panel(&mut image, Rect::new(892, top, 392, 176), caption, picture);
        top += 232;
    }
    image
}

/// A caption, and the picture below it with its aspect ratio kept.
fn panel(image: &mut RgbaImage, area: Rect, caption: &str, picture: Option<&RgbImage>) {
    let (Ok(x), Ok(y)) = (u32::try_from(area.x), u32::try_from(area.y)) else { return };
    Face::new(28).draw(image, (x, y.saturating_sub(36)), WHITE, caption);
    fill(image, (x, y), (area.width, area.height), PANEL);
    let Some(picture) = picture else {
        Face::new(28).draw(image, (x + 16, y + 16), WHITE, "Không có");
        return;
    };
    let at = letterbox(picture.width(), picture.height(), area);
    if at.is_empty() {
        return;
    }
    let scaled = image::imageops::resize(picture, at.width, at.height, FilterType::Triangle);
    let (left, top) = (at.x.unsigned_abs(), at.y.unsigned_abs());
    for (column, row, pixel) in scaled.enumerate_pixels() {
        let [red, green, blue] = pixel.0;
        image.put_pixel(left + column, top + row, Rgba([red, green, blue, 255]));
    }
}

#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "drawn test pictures"
)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::I420View;
    use crate::check::{LiveHistory, check_capture};

    fn part(colour: [u8; 3]) -> RgbImage {
        RgbImage::from_pixel(640, 480, image::Rgb(colour))
    }

    #[test]
    fn it_shows_both_sides_and_the_papers_and_says_what_it_is() {
        let (remote, own, card) = (part([200, 0, 0]), part([0, 200, 0]), part([0, 0, 200]));
        let parts = RenderedParts {
            remote: &remote,
            own: Some(&own),
            id_front: Some(&card),
            portrait: None,
            why: Why::NotAllowed,
        };
        let image = render_evidence(&parts);
        assert_eq!(image.dimensions(), SIZE);
        assert_eq!(image.get_pixel(446, 424).0, [200, 0, 0, 255]);
        assert_eq!(image.get_pixel(1088, 192).0, [0, 200, 0, 255]);
        assert_eq!(image.get_pixel(1088, 424).0, [0, 0, 200, 255]);
        let banner = image::imageops::crop_imm(&image, 0, 0, 1300, 52).to_image();
        assert!(banner.pixels().filter(|pixel| **pixel == BLACK).count() > 1000, "the banner has words");
        assert!(Face::new(32).width(BANNER) <= SIZE.0 - 32, "and all of them");
    }

    #[test]
    fn it_says_why_it_is_no_capture_and_each_reason_has_room() {
        let remote = part([200, 0, 0]);
        let of = |why| {
            render_evidence(&RenderedParts {
                remote: &remote,
                own: None,
                id_front: None,
                portrait: None,
                why,
            })
        };
        let reasons = [
            Why::NotAllowed,
            Why::Refused(CheckError::Uniform),
            Why::Refused(CheckError::Foreign),
            Why::Refused(CheckError::Stale),
        ];
        for (n, why) in reasons.into_iter().enumerate() {
            assert!(Face::new(28).width(why.words()) < 600, "beside «Khách hàng»");
            assert!(reasons[..n].iter().all(|other| of(*other) != of(why)));
        }
    }

    #[test]
    fn it_passes_the_same_check_as_a_capture() {
        let luma: Vec<u8> = (0..640 * 480_u32).map(|n| (16 + (n % 640) / 4 + (n / 640) / 8) as u8).collect();
        let chroma = vec![128; 320 * 240];
        let frame = I420View {
            width: 640,
            height: 480,
            y: &luma,
            u: &chroma,
            v: &chroma,
            y_stride: 640,
            uv_stride: 320,
        };
        let now = Instant::now();
        let mut history = LiveHistory::default();
        history.push(frame, now);
        let remote = crate::encode::frame_to_rgb(frame).expect("sound");
        let image = render_evidence(&RenderedParts {
            remote: &remote,
            own: None,
            id_front: None,
            portrait: None,
            why: Why::NotAllowed,
        });
        let later = now + Duration::from_millis(20);
        assert!(check_capture(&image, &remote_placement(), &history, later).is_ok());
    }
}
