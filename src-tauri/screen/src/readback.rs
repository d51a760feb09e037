//! Reads the burnt-in date and time back from the pixels (S15), so that a story can prove that the picture
//! itself, and not only the manifest, says when it was taken.
//!
//! The characters of the shipped font are drawn at the bar's size and compared with the pixels, place by
//! place. What is not clearly one character is not read at all.

use image::RgbImage;

use crate::overlay::{DATE_COLOURS, Layout, MIN_WIDTH};
use crate::text::{Cell, Face};

/// What stands where: `d` a digit, `s` a sign, anything else itself.
const PATTERN: &str = "dd/dd/dddd dd:dd:dd sdd:dd";

/// Pixels (at scale 1) that the bar may lie off its place.
const SLACK: i32 = 6;

/// Largest mean squared difference of ink (0 to 1) between a character and the pixels. JPEG of quality 85
/// stays below 0.005; the nearest wrong digit is above 0.03.
const LARGEST_DIFFERENCE: f32 = 0.02;

/// How much worse the second best character must be.
const CLEAR_MARGIN: f32 = 2.0;

/// The date and time in the bar of a burnt picture (PNG, or JPEG of quality 85 and more), exactly as drawn;
/// `None` if it cannot be read with certainty.
pub fn read_date_time(image: &RgbImage) -> Option<String> {
    if image.width() < MIN_WIDTH {
        return None;
    }
    let layout = Layout::for_width(image.width());
    let bar_top = i32::try_from(image.height().checked_sub(layout.height())?).ok()?;
    let (x, y) = layout.date_corner();
    let (x, y) = (i32::try_from(x).ok()?, bar_top + i32::try_from(y).ok()?);
    let reader = Reader::new(layout.date_face());

    if let Some(text) = reader.read(image, x, y) {
        return Some(text);
    }
    // A picture that was cut or moved a little: its first digit fixes the place.
    let mut best = (f32::MAX, 0, 0);
    for dy in -SLACK..=SLACK {
        for dx in -SLACK..=SLACK {
            let (_, difference) = reader.best('d', image, x + dx, y + dy)?;
            if difference < best.0 {
                best = (difference, dx, dy);
            }
        }
    }
    reader.read(image, x + best.1, y + best.2)
}

struct Reader {
    cells: Vec<(char, Cell)>,
}

impl Reader {
    fn new(face: Face) -> Self {
        let cells = "0123456789/: +-".chars().map(|character| (character, face.cell(character))).collect();
        Self { cells }
    }

    fn read(&self, image: &RgbImage, mut x: i32, y: i32) -> Option<String> {
        let mut text = String::new();
        for place in PATTERN.chars() {
            let (cell, difference) = self.best(place, image, x, y)?;
            let (character, cell) = &self.cells[cell];
            if difference > LARGEST_DIFFERENCE {
                return None;
            }
            text.push(*character);
            x = x.checked_add_unsigned(cell.width)?;
        }
        Some(text)
    }

    /// The character that fits the place best, and by how much it differs; a doubtful one differs totally.
    fn best(&self, place: char, image: &RgbImage, x: i32, y: i32) -> Option<(usize, f32)> {
        let fits = |character: char| match place {
            'd' => character.is_ascii_digit(),
            's' => matches!(character, '+' | '-'),
            fixed => character == fixed,
        };
        let mut found: Vec<(usize, f32)> = self
            .cells
            .iter()
            .enumerate()
            .filter(|(_, (character, _))| fits(*character))
            .map(|(n, (_, cell))| (n, difference(cell, image, x, y)))
            .collect();
        found.sort_by(|one, other| one.1.total_cmp(&other.1));
        let best = *found.first()?;
        let doubtful = found.get(1).is_some_and(|second| second.1 < best.1 * CLEAR_MARGIN);
        Some(if doubtful { (best.0, 1.0) } else { best })
    }
}

/// Mean squared difference of ink between the cell and the pixels at that place.
#[expect(clippy::cast_precision_loss, reason = "a cell has a few thousand pixels")]
fn difference(cell: &Cell, image: &RgbImage, x: i32, y: i32) -> f32 {
    let mut sum = 0.0;
    for row in 0..cell.height {
        for column in 0..cell.width {
            let ink = cell.ink[(row * cell.width + column) as usize];
            let (x, y) = (x.saturating_add_unsigned(column), y.saturating_add_unsigned(row));
            let seen = match (u32::try_from(x), u32::try_from(y)) {
                (Ok(x), Ok(y)) => image.get_pixel_checked(x, y).map_or(0.5, |pixel| ink_of(pixel.0)),
                _ => 0.5,
            };
            sum += (ink - seen) * (ink - seen);
        }
    }
    sum / (cell.width * cell.height).max(1) as f32
}

/// 0 the bar's ground, 1 the colour of the words.
fn ink_of(pixel: [u8; 3]) -> f32 {
    let (ink, paper) = DATE_COLOURS;
    let (ink, paper) = (grey([ink[0], ink[1], ink[2]]), grey([paper[0], paper[1], paper[2]]));
    ((grey(pixel) - paper) / (ink - paper)).clamp(0.0, 1.0)
}

fn grey([red, green, blue]: [u8; 3]) -> f32 {
    0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)
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
    use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
    use image::{DynamicImage, Rgba, RgbaImage};
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use rand::rngs::StdRng;
    use rand::{Rng as _, SeedableRng as _};

    use super::*;
    use crate::overlay::{OverlayText, OverlayVerdict, burn, date_time_text};

    fn burnt(width: u32, date_time: &str, verdict: OverlayVerdict) -> RgbImage {
        let mut image =
            RgbaImage::from_fn(width, 60, |x, y| Rgba([(x * 7) as u8, (y * 11) as u8, (x ^ y) as u8, 255]));
        burn(
            &mut image,
            &OverlayText {
                date_time: date_time.into(),
                call_id: "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071".into(),
                agent_name: "Trần Văn Bình".into(),
                agent_id: "binh.tv".into(),
                verdict,
                company: "Công ty 3".into(),
            },
        );
        DynamicImage::ImageRgba8(image).to_rgb8()
    }

    fn through_jpeg(image: &RgbImage, quality: u8) -> RgbImage {
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(image).expect("encoded");
        let decoder = JpegDecoder::new(std::io::Cursor::new(bytes)).expect("jpeg");
        DynamicImage::from_decoder(decoder).expect("decoded").to_rgb8()
    }

    fn random_times(seed: u64, count: usize) -> Vec<String> {
        let mut random = StdRng::seed_from_u64(seed);
        (0..count)
            .map(|_| {
                let at = Timestamp::from_second(random.random_range(0..7_258_118_400)).expect("in range");
                let minutes = random.random_range(-48..=56) * 15;
                let offset = jiff::tz::Offset::from_seconds(minutes * 60).expect("in range");
                date_time_text(at, &TimeZone::fixed(offset))
            })
            .collect()
    }

    #[test]
    fn what_was_burnt_is_read_back() {
        for text in random_times(1, 25) {
            for width in [720, 1300] {
                let image = burnt(width, &text, OverlayVerdict::Confirmed);
                assert_eq!(read_date_time(&image), Some(text.clone()), "width {width}");
            }
        }
        for (width, text) in [2560, 3840].into_iter().zip(random_times(2, 2)) {
            let image = burnt(width, &text, OverlayVerdict::Rejected { reason: "Ảnh mờ".into() });
            assert_eq!(read_date_time(&image), Some(text), "width {width}");
        }
    }

    #[test]
    fn jpeg_of_quality_85_and_more_is_read_back() {
        for (n, text) in random_times(3, 28).into_iter().enumerate() {
            let quality = [85, 88, 90, 95][n % 4];
            let image = through_jpeg(&burnt(1300, &text, OverlayVerdict::Confirmed), quality);
            assert_eq!(read_date_time(&image), Some(text), "quality {quality}");
        }
    }

    #[test]
    fn a_bar_that_lies_a_few_pixels_off_is_read_back() {
        let text = "23/11/2026 09:15:42 +07:00";
        let image = burnt(1300, text, OverlayVerdict::Confirmed);
        let higher = image::imageops::crop_imm(&image, 0, 0, 1300, image.height() - 4).to_image();
        assert_eq!(read_date_time(&higher).as_deref(), Some(text));
        let aside = image::imageops::crop_imm(&image, 3, 0, 1297, image.height()).to_image();
        assert_eq!(read_date_time(&aside).as_deref(), Some(text));
    }

    /// Where [`LARGEST_DIFFERENCE`] comes from.
    #[test]
    fn characters_differ_more_from_each_other_than_jpeg_does_from_them() {
        let text = "23/11/2026 09:15:48 +07:00";
        let image = through_jpeg(&burnt(1300, text, OverlayVerdict::Confirmed), 85);
        let layout = Layout::for_width(1300);
        let reader = Reader::new(layout.date_face());
        let (x, y) = layout.date_corner();
        let (mut x, y) = (x as i32, (image.height() - layout.height() + y) as i32);
        for (character, place) in text.chars().zip(PATTERN.chars()) {
            for (other, cell) in &reader.cells {
                let difference = difference(cell, &image, x, y);
                if *other == character {
                    assert!(difference < 0.005, "{character}: {difference}");
                } else if matches!(place, 'd' | 's')
                    && other.is_ascii_digit() == (place == 'd')
                    && *other != ' '
                {
                    assert!(difference > 0.03, "{character} as {other}: {difference}");
                }
            }
            x += layout.date_face().advance(character) as i32;
        }
    }

    #[test]
    fn nothing_is_read_where_nothing_certain_stands() {
        let text = "23/11/2026 09:15:42 +07:00";
        let whole = burnt(1300, text, OverlayVerdict::Confirmed);
        assert_eq!(read_date_time(&RgbImage::new(1300, 928)), None, "black");
        assert_eq!(read_date_time(&RgbImage::new(10, 10)), None, "tiny");
        let cut = image::imageops::crop_imm(&whole, 0, 0, 1300, whole.height() - 100).to_image();
        assert_eq!(read_date_time(&cut), None, "cut off");
        // One digit wiped out.
        let mut wiped = whole.clone();
        let layout = Layout::for_width(1300);
        let (x, y) = layout.date_corner();
        let x = x + layout.date_face().width("23/11/2026 09:15:4");
        let top = wiped.height() - layout.height() + y;
        for row in top..top + layout.date_face().height() {
            for column in x..x + layout.date_face().advance('2') {
                wiped.put_pixel(column, row, image::Rgb([0x0e, 0x16, 0x20]));
            }
        }
        assert_eq!(read_date_time(&wiped), None, "a digit wiped out");
        assert_eq!(read_date_time(&burnt(1300, "23/11/2026 09:15", OverlayVerdict::Confirmed)), None);
    }
}
