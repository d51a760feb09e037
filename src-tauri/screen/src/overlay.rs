//! Burns date, time, call, agent, verdict and company into an evidence picture (S15).
//!
//! The bar is appended below the picture as extra rows, so that nothing of the picture is hidden and the
//! words are legible on any picture. The layout depends on the width of the picture alone:
//! [`crate::readback`] finds the date and time again by it.

use image::{Rgba, RgbaImage};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::text::{Face, clean};

/// Narrower, the words would not fit.
pub const MIN_WIDTH: u32 = 720;

const BACKGROUND: Rgba<u8> = Rgba([0x0e, 0x16, 0x20, 0xff]);
const MARGIN: Rgba<u8> = Rgba([0x14, 0x17, 0x1a, 0xff]);
const WHITE: Rgba<u8> = Rgba([0xff, 0xff, 0xff, 0xff]);
const LABEL: Rgba<u8> = Rgba([0xb8, 0xc4, 0xd2, 0xff]);
const NOTICE: Rgba<u8> = Rgba([0xf4, 0xb4, 0x00, 0xff]);
const CONFIRMED: Rgba<u8> = Rgba([0x0f, 0x6b, 0x3a, 0xff]);
const REJECTED: Rgba<u8> = Rgba([0xa3, 0x1c, 0x1c, 0xff]);

/// What the bar says. Texts that are too long are cut with «…».
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OverlayText {
    /// [`date_time_text`], never cut; what follows in brackets (whose time it is) stands apart, by the agent.
    pub date_time: String,
    /// The call's id.
    pub call_id: String,
    /// Agent's name.
    pub agent_name: String,
    /// Agent's id or sign-in name.
    pub agent_id: String,
    /// What was decided.
    pub verdict: OverlayVerdict,
    /// Company, such as `Công ty 1`.
    pub company: String,
}

/// What was decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OverlayVerdict {
    /// «XÁC NHẬN».
    Confirmed,
    /// «TỪ CHỐI — reason».
    Rejected {
        /// Vietnamese words of the reason.
        reason: String,
    },
}

/// `23/11/2026 09:15:42 +07:00`: the moment in that zone.
pub fn date_time_text(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%d/%m/%Y %H:%M:%S %:z").to_string()
}

/// Appends the bar below the picture. A picture narrower than [`MIN_WIDTH`] gets a dark margin at its right.
pub fn burn(image: &mut RgbaImage, lines: &OverlayText) {
    let width = image.width().max(MIN_WIDTH);
    let layout = Layout::for_width(width);
    let top = image.height();
    let mut whole = RgbaImage::from_pixel(width, top + layout.height(), MARGIN);
    let (from, to) = (image.width() as usize * 4, width as usize * 4);
    if from > 0 {
        for (source, target) in image.chunks_exact(from).zip(whole.chunks_exact_mut(to)) {
            target[..from].copy_from_slice(source);
        }
    }
    fill(&mut whole, (0, top), (width, layout.height()), BACKGROUND);
    draw_lines(&mut whole, layout, top, lines);
    *image = whole;
}

/// Where everything stands in the bar; all in pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    width: u32,
    scale: u32,
}

impl Layout {
    /// Larger pictures have larger words, in whole steps.
    pub(crate) fn for_width(width: u32) -> Self {
        Self { width, scale: ((width + 650) / 1300).clamp(1, 6) }
    }

    pub(crate) const fn height(self) -> u32 {
        128 * self.scale
    }

    pub(crate) const fn date_face(self) -> Face {
        Face::new(38 * self.scale)
    }

    /// Upper left corner of the date and time, in the bar.
    pub(crate) const fn date_corner(self) -> (u32, u32) {
        (self.padding(), 14 * self.scale)
    }

    const fn small_face(self) -> Face {
        Face::new(26 * self.scale)
    }

    /// A long reason is set smaller before it is cut.
    fn verdict_face(self, words: &str, room: u32) -> Face {
        let sizes = [38, 32, 26, 22, 19].map(|px| Face::new(px * self.scale));
        let [.., smallest] = sizes;
        sizes.into_iter().find(|face| face.width(words) <= room).unwrap_or(smallest)
    }

    const fn padding(self) -> u32 {
        16 * self.scale
    }

    const fn second_line(self) -> u32 {
        62 * self.scale
    }

    const fn third_line(self) -> u32 {
        92 * self.scale
    }

    const fn stripe(self) -> u32 {
        5 * self.scale
    }
}

/// Ink and paper of the date and time.
pub(crate) const DATE_COLOURS: (Rgba<u8>, Rgba<u8>) = (WHITE, BACKGROUND);

fn draw_lines(image: &mut RgbaImage, layout: Layout, top: u32, lines: &OverlayText) {
    let (verdict, verdict_colour) = match &lines.verdict {
        OverlayVerdict::Confirmed => ("XÁC NHẬN".to_owned(), CONFIRMED),
        OverlayVerdict::Rejected { reason } => (format!("TỪ CHỐI — {}", clean(reason)), REJECTED),
    };
    fill(image, (0, top), (layout.width, layout.stripe()), verdict_colour);

    let (face, small, padding) = (layout.date_face(), layout.small_face(), layout.padding());
    let (x, y) = layout.date_corner();
    let (date_time, whose) = lines.date_time.split_once(" (").unwrap_or((&lines.date_time, ""));
    let used = face.draw(image, (x, top + y), WHITE, date_time);
    let room = layout.width.saturating_sub(x + used + 4 * padding);
    let words = layout.verdict_face(&verdict, room);
    let verdict = words.fit(&verdict, room);
    let chip = words.width(&verdict) + 2 * padding;
    let chip_x = layout.width.saturating_sub(padding + chip);
    fill(image, (chip_x, top + y), (chip, face.height()), verdict_colour);
    let lower = (face.height() - words.height()) / 2;
    words.draw(image, (chip_x + padding, top + y + lower), WHITE, &verdict);

    let company = small.fit(&clean(&lines.company), layout.width / 4);
    let company_x = layout.width.saturating_sub(padding + small.width(&company));
    let second = top + layout.second_line();
    small.draw(image, (company_x, second), WHITE, &company);
    let room = company_x.saturating_sub(2 * padding);
    labelled(image, small, (padding, second), room, "Cuộc gọi", &[&clean(&lines.call_id)]);

    // The id says who it was; a long name gives way to it.
    let id = format!("({})", clean(&lines.agent_id));
    let third = top + layout.third_line();
    let whose = small.fit(&sentence(&clean(whose.trim_end_matches(')'))), layout.width / 3);
    let whose_x = layout.width.saturating_sub(padding + small.width(&whose));
    small.draw(image, (whose_x, third), NOTICE, &whose);
    let room = whose_x.saturating_sub(2 * padding);
    labelled(image, small, (padding, third), room, "Nhân viên", &[&clean(&lines.agent_name), &id]);
}

/// With a capital letter.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// A label, then the words in `room`; when they don't fit, they are set smaller, and then the first is cut first.
fn labelled(image: &mut RgbaImage, face: Face, (x, y): (u32, u32), room: u32, label: &str, words: &[&str]) {
    let mut pen = x + face.draw(image, (x, y), LABEL, label) + face.advance(' ');
    let right = x + room;
    let line = words.join(" ");
    let [normal, smaller, smallest] = [26, 23, 20].map(|px| Face::new(face.height() * px / 26));
    let fits = |face: &Face| pen + face.width(&line) <= right;
    let face = [normal, smaller].into_iter().find(fits).unwrap_or(smallest);
    let (gap, y) = (face.advance(' '), y + (normal.height() - face.height()) * 2 / 3);
    for (n, word) in words.iter().enumerate() {
        let later: u32 = words[n + 1..].iter().map(|word| face.width(word) + gap).sum();
        let left = right.saturating_sub(pen + later).max(4 * gap);
        let left = left.min(right.saturating_sub(pen));
        pen += face.draw(image, (pen, y), WHITE, &face.fit(word, left)) + gap;
    }
}

/// A filled rectangle, cut at the picture's edges.
pub(crate) fn fill(image: &mut RgbaImage, (x, y): (u32, u32), (width, height): (u32, u32), colour: Rgba<u8>) {
    let (right, bottom) = ((x + width).min(image.width()), (y + height).min(image.height()));
    if x >= right {
        return;
    }
    let line = colour.0.repeat((right - x) as usize);
    let stride = image.width() as usize * 4;
    for row in y..bottom {
        let start = row as usize * stride + x as usize * 4;
        image.as_flat_samples_mut().samples[start..start + line.len()].copy_from_slice(&line);
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
    use super::*;

    fn lines(verdict: OverlayVerdict) -> OverlayText {
        OverlayText {
            date_time: "23/11/2026 09:15:42 +07:00".into(),
            call_id: "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071".into(),
            agent_name: "Nguyễn Thị Hương Giang".into(),
            agent_id: "019ab3c4-0000-7000-8000-000000000001".into(),
            verdict,
            company: "Công ty 1".into(),
        }
    }

    #[test]
    fn the_moment_is_written_in_the_zone_given() {
        let at: Timestamp = "2026-11-23T02:15:42.987Z".parse().expect("moment");
        let zone = |hours| TimeZone::fixed(jiff::tz::offset(hours));
        assert_eq!(date_time_text(at, &zone(7)), "23/11/2026 09:15:42 +07:00");
        assert_eq!(date_time_text(at, &zone(-5)), "22/11/2026 21:15:42 -05:00");
        assert_eq!(date_time_text(at, &TimeZone::UTC), "23/11/2026 02:15:42 +00:00");
    }

    /// S15: the bar never hides the customer's face.
    #[test]
    fn nothing_of_the_picture_is_hidden() {
        for (width, height) in [(1300, 800), (400, 300), (2600, 1600)] {
            let picture = RgbaImage::from_fn(width, height, |x, y| {
                Rgba([(x % 251) as u8, (y % 241) as u8, ((x + y) % 239) as u8, 255])
            });
            let mut burnt = picture.clone();
            burn(&mut burnt, &lines(OverlayVerdict::Confirmed));
            assert!(burnt.width() >= MIN_WIDTH && burnt.height() > height);
            let kept = image::imageops::crop_imm(&burnt, 0, 0, width, height).to_image();
            assert_eq!(kept, picture);
        }
    }

    #[test]
    fn the_same_words_give_the_same_pixels_and_others_give_others() {
        let burnt = |lines: &OverlayText| {
            let mut image = RgbaImage::from_pixel(1300, 10, WHITE);
            burn(&mut image, lines);
            image
        };
        let first = lines(OverlayVerdict::Confirmed);
        assert_eq!(burnt(&first), burnt(&first));
        let rejected = OverlayVerdict::Rejected { reason: "Khuôn mặt không khớp".into() };
        let others = [
            OverlayText { verdict: rejected, ..first.clone() },
            OverlayText { call_id: "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072".into(), ..first.clone() },
            OverlayText { agent_name: "Nguyễn Thị Hường Giang".into(), ..first.clone() },
            OverlayText { agent_id: "019ab3c4-0000-7000-8000-000000000002".into(), ..first.clone() },
            OverlayText { company: "Công ty 2".into(), ..first.clone() },
            OverlayText { date_time: "23/11/2026 09:15:43 +07:00".into(), ..first.clone() },
        ];
        for other in others {
            assert_ne!(burnt(&first), burnt(&other), "{other:?}");
        }
    }

    /// S15: a clock that is off does not date the evidence, and the picture says whose time it is.
    #[test]
    fn the_servers_time_is_drawn_as_such_and_read_back_all_the_same() {
        let own = lines(OverlayVerdict::Confirmed);
        let servers =
            OverlayText { date_time: format!("{} (giờ máy chủ)", own.date_time), ..own.clone() };
        for width in [MIN_WIDTH, 1300, 2600] {
            let burnt = |lines: &OverlayText| {
                let mut image = RgbaImage::from_pixel(width, 4, WHITE);
                burn(&mut image, lines);
                image
            };
            let (one, other) = (burnt(&own), burnt(&servers));
            let notice = |image: &RgbaImage| image.pixels().filter(|pixel| **pixel == NOTICE).count();
            assert!(notice(&one) == 0 && notice(&other) > 100, "{width}");
            let rgb = image::DynamicImage::ImageRgba8(other).to_rgb8();
            assert_eq!(crate::readback::read_date_time(&rgb), Some(own.date_time.clone()), "{width}");
        }
    }

    /// Names and reasons as long as they come: nothing of them is cut in a window of usual width.
    #[test]
    fn long_vietnamese_names_and_every_reason_of_a_rejection_fit() {
        let defaults = include_str!("../../../server/src/store/migrations/0002_defaults.sql");
        let words = |line: &str| line.rsplit('\'').nth(1).unwrap_or_default().to_owned();
        let reasons: Vec<String> =
            defaults.lines().filter(|line| line.contains("'reject'")).map(words).collect();
        assert!(reasons.len() >= 5, "{reasons:?}");
        let layout = Layout::for_width(1280);
        let date = layout.date_face().width("23/11/2026 09:15:42 +07:00");
        for reason in &reasons {
            let (room, verdict) = (1280 - date - 5 * layout.padding(), format!("TỪ CHỐI — {reason}"));
            assert!(layout.verdict_face(&verdict, room).width(&verdict) <= room, "{reason}");
        }
        let name = "Công Tằng Tôn Nữ Nguyễn Thị Huyền Phương Quỳnh";
        let drawn = |name: &str| {
            let mut image = RgbaImage::from_pixel(1280, 4, WHITE);
            let own = lines(OverlayVerdict::Confirmed);
            burn(&mut image, &OverlayText { agent_name: name.into(), agent_id: "quynh.ctt".into(), ..own });
            image
        };
        assert_ne!(drawn(name), drawn(&name.replace("Quỳnh", "Quýnh")), "the last word is there");
    }

    #[test]
    fn overlong_and_odd_words_leave_the_date_alone() {
        let long = "Rất dài ".repeat(200);
        let mut odd = lines(OverlayVerdict::Rejected { reason: long.clone() });
        odd.agent_name.clone_from(&long);
        odd.agent_id = "\u{0}\n汉字😀".repeat(50);
        odd.company = long;
        odd.call_id = String::new();
        for width in [1, MIN_WIDTH, 1300, 4000] {
            let mut image = RgbaImage::from_pixel(width, 4, WHITE);
            burn(&mut image, &odd);
            let rgb = image::DynamicImage::ImageRgba8(image).to_rgb8();
            assert_eq!(crate::readback::read_date_time(&rgb), Some(odd.date_time.clone()), "{width}");
        }
    }

    /// WCAG 1.4.6 asks for 7 : 1.
    #[test]
    fn every_word_stands_out_from_its_ground() {
        let luminance = |colour: Rgba<u8>| -> f32 {
            let linear = |v: u8| {
                let v = f32::from(v) / 255.0;
                if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.0722 * linear(colour[2])
        };
        for (ink, paper) in [
            (WHITE, BACKGROUND),
            (LABEL, BACKGROUND),
            (NOTICE, BACKGROUND),
            (WHITE, CONFIRMED),
            (WHITE, REJECTED),
        ] {
            let (ink, paper) = (luminance(ink), luminance(paper));
            assert!((ink + 0.05) / (paper + 0.05) > 6.5, "{ink} on {paper}");
        }
    }
}
