//! Words in pixels, with the one shipped font. Pens move by whole pixels, so that a character looks the same
//! wherever it stands: [`crate::readback`] relies on it.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, GlyphId, PxScale, ScaleFont, point};
use image::{Rgba, RgbaImage};

static FONT_BYTES: &[u8] = include_bytes!("../../../assets/fonts/BeVietnamPro-SemiBold.ttf");

/// Stands for a character that the font lacks.
const UNKNOWN: char = '?';

fn font() -> &'static FontRef<'static> {
    static FONT: OnceLock<FontRef<'static>> = OnceLock::new();
    FONT.get_or_init(|| {
        FontRef::try_from_slice(FONT_BYTES).expect("the shipped font is sound; a test reads it")
    })
}

/// The font at one size: pixels from the highest accent to the lowest tail.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Face {
    px: u32,
}

/// How much ink lies on each pixel of a character's cell, 0 to 1.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    /// To the next pen position.
    pub(crate) width: u32,
    /// The face's line height.
    pub(crate) height: u32,
    /// Rows of `width`; ink that hangs over the sides is left out.
    pub(crate) ink: Vec<f32>,
}

impl Face {
    pub(crate) const fn new(px: u32) -> Self {
        Self { px }
    }

    pub(crate) const fn height(self) -> u32 {
        self.px
    }

    #[expect(clippy::cast_precision_loss, reason = "sizes of text are small")]
    fn scale(self) -> PxScale {
        PxScale::from(self.px as f32)
    }

    fn glyph(character: char) -> GlyphId {
        let id = font().glyph_id(character);
        if id.0 == 0 { font().glyph_id(UNKNOWN) } else { id }
    }

    /// Whole pixels from one pen position to the next.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
    pub(crate) fn advance(self, character: char) -> u32 {
        font().as_scaled(self.scale()).h_advance(Self::glyph(character)).round().max(0.0) as u32
    }

    pub(crate) fn width(self, text: &str) -> u32 {
        text.chars().map(|character| self.advance(character)).sum()
    }

    /// Visits every inked pixel of a character whose cell's upper left corner is at 0,0.
    #[expect(clippy::cast_possible_truncation, reason = "small")]
    fn ink(self, character: char, mut visit: impl FnMut(i32, i32, f32)) {
        let baseline = font().as_scaled(self.scale()).ascent().round();
        let glyph = Self::glyph(character).with_scale_and_position(self.scale(), point(0.0, baseline));
        let Some(outline) = font().outline_glyph(glyph) else { return };
        let corner = outline.px_bounds().min;
        let (left, top) = (corner.x.round() as i32, corner.y.round() as i32);
        outline.draw(|x, y, coverage| {
            visit(left.saturating_add_unsigned(x), top.saturating_add_unsigned(y), coverage.clamp(0.0, 1.0));
        });
    }

    pub(crate) fn cell(self, character: char) -> Cell {
        let (width, height) = (self.advance(character), self.px);
        let mut ink = vec![0.0; width as usize * height as usize];
        self.ink(character, |x, y, coverage| {
            if let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y))
                && x < width
                && y < height
            {
                ink[(y * width + x) as usize] = coverage;
            }
        });
        Cell { width, height, ink }
    }

    /// Draws one line; `x`, `y` is the upper left corner. Returns the width.
    pub(crate) fn draw(self, image: &mut RgbaImage, (x, y): (u32, u32), colour: Rgba<u8>, text: &str) -> u32 {
        let mut pen = x;
        for character in text.chars() {
            self.ink(character, |dx, dy, coverage| {
                if let (Some(x), Some(y)) = (pen.checked_add_signed(dx), y.checked_add_signed(dy))
                    && let Some(pixel) = image.get_pixel_mut_checked(x, y)
                {
                    blend(pixel, colour, coverage);
                }
            });
            pen += self.advance(character);
        }
        pen - x
    }

    /// The text, or as much of its beginning as fits in `width` with «…».
    pub(crate) fn fit(self, text: &str, width: u32) -> String {
        if self.width(text) <= width {
            return text.to_owned();
        }
        let mut room = width.saturating_sub(self.advance('…'));
        let kept: String = text
            .chars()
            .take_while(|character| match room.checked_sub(self.advance(*character)) {
                Some(left) => {
                    room = left;
                    true
                }
                None => false,
            })
            .collect();
        format!("{}…", kept.trim_end())
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bytes")]
fn blend(pixel: &mut Rgba<u8>, colour: Rgba<u8>, coverage: f32) {
    for (below, above) in pixel.0.iter_mut().zip(colour.0) {
        let (from, to) = (f32::from(*below), f32::from(above));
        *below = (from + (to - from) * coverage).round() as u8;
    }
}

/// One line of clean text: precomposed Vietnamese, no control characters, single spaces.
pub(crate) fn clean(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    let composed: String =
        text.nfc().map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c }).collect();
    composed.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every vowel with every tone, and the words of the bar.
    const PANGRAMS: &str = "Do bạch kim rất quý nên sẽ dùng để lắp vô xương. Tâm tưởng tôi tỏ tình tới Tú \
        từ tháng tư, thú thật, tôi thương Tâm thì tôi thì thầm thử Tâm thế thôi. \
        ÀÁẠẢÃÂẦẤẬẨẪĂẰẮẶẲẴÈÉẸẺẼÊỀẾỆỂỄÌÍỊỈĨÒÓỌỎÕÔỒỐỘỔỖƠỜỚỢỞỠÙÚỤỦŨƯỪỨỰỬỮỲÝỴỶỸĐ \
        àáạảãâầấậẩẫăằắặẳẵèéẹẻẽêềếệểễìíịỉĩòóọỏõôồốộổỗơờớợởỡùúụủũưừứựửữỳýỵỷỹđ \
        0123456789/:+-−–—…·«»“”()@._?";

    #[test]
    fn every_vietnamese_character_has_a_glyph_with_ink() {
        let face = Face::new(36);
        for character in PANGRAMS.chars().filter(|c| !c.is_whitespace()) {
            assert_ne!(font().glyph_id(character).0, 0, "no glyph for {character}");
            let ink: f32 = face.cell(character).ink.iter().sum();
            assert!(ink > 1.0, "no ink for {character}");
        }
    }

    #[test]
    fn tone_marks_make_a_difference() {
        let face = Face::new(36);
        let letters = ['a', 'à', 'á', 'ạ', 'ả', 'ã', 'â', 'ầ', 'ấ', 'ậ', 'ẩ', 'ẫ', 'ă', 'd', 'đ', 'ư', 'u'];
        for (n, one) in letters.iter().enumerate() {
            for other in &letters[n + 1..] {
                assert_ne!(face.cell(*one).ink, face.cell(*other).ink, "{one} and {other}");
            }
        }
    }

    #[test]
    fn a_character_that_the_font_lacks_is_a_question_mark() {
        assert_eq!(Face::new(36).cell('汉').ink, Face::new(36).cell('?').ink);
    }

    #[test]
    fn long_text_is_cut_with_an_ellipsis_and_fits() {
        let face = Face::new(25);
        let text = "Khuôn mặt không khớp với ảnh trên giấy tờ";
        let cut = face.fit(text, 200);
        assert!(cut.ends_with('…') && text.starts_with(cut.trim_end_matches('…')) && face.width(&cut) <= 200);
        assert_eq!(face.fit(text, face.width(text)), text);
    }

    #[test]
    fn decomposed_names_are_composed_and_kept_on_one_line() {
        assert_eq!(clean("Nguye\u{302}\u{303}n\r\n\tThi\u{323}  A\u{301}nh "), "Nguyễn Thị Ánh");
    }
}
