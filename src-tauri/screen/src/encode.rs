//! Evidence pictures as bytes, and decoded frames as pixels.
//!
//! JPEG of quality 90: the capture without chroma subsampling, so that coloured small print stays legible; the
//! decoded frame with it, because its chroma came at half the size. Both are encoded side by side. Each picture is
//! uploaded and kept for years, and encoded once; measured by `examples/encode_bench.rs`.

use image::{RgbImage, RgbaImage};
use jpeg_encoder::{ColorType, Encoder, EncodingError, SamplingFactor};
use yuv::{YuvRange, YuvStandardMatrix};

use crate::scale::planar_image;
use crate::surface::I420View;

/// JPEG quality of evidence.
pub const QUALITY: u8 = 90;

/// An encoded picture.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Encoded {
    /// The file.
    pub bytes: Vec<u8>,
    /// `image/jpeg` or `image/png`.
    pub content_type: &'static str,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// Why a picture could not be encoded.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The encoder refused it.
    #[error("the picture could not be encoded")]
    Encoder(#[source] EncodingError),
    /// The frame's planes do not hold what its sizes promise.
    #[error("the frame is broken")]
    BrokenFrame,
    /// JPEG ends at 65,535 pixels a side.
    #[error("the picture is too large")]
    TooLarge,
    /// The encoding thread broke.
    #[error("encoding broke off")]
    Broken,
}

/// The burnt capture and the decoded frame, each on a thread of its own.
pub fn encode_both(
    capture: &RgbaImage,
    frame: I420View<'_>,
) -> (Result<Encoded, EncodeError>, Result<Encoded, EncodeError>) {
    std::thread::scope(|scope| {
        let beside = scope.spawn(move || encode_frame(frame));
        let capture = encode_capture(capture);
        (capture, beside.join().unwrap_or(Err(EncodeError::Broken)))
    })
}

/// The burnt capture. The alpha of a screen says nothing.
pub fn encode_capture(image: &RgbaImage) -> Result<Encoded, EncodeError> {
    encode(image.as_raw(), image.dimensions(), ColorType::Rgba, SamplingFactor::F_1_1)
}

/// The decoded frame at full size.
pub fn encode_frame(frame: I420View<'_>) -> Result<Encoded, EncodeError> {
    let image = frame_to_rgb(frame)?;
    encode(image.as_raw(), image.dimensions(), ColorType::Rgb, SamplingFactor::F_2_2)
}

/// The decoded frame as pixels.
pub fn frame_to_rgb(frame: I420View<'_>) -> Result<RgbImage, EncodeError> {
    if !frame.is_sound() {
        return Err(EncodeError::BrokenFrame);
    }
    let mut image = RgbImage::new(frame.width, frame.height);
    let planar = planar_image(&frame).ok_or(EncodeError::BrokenFrame)?;
    let stride = frame.width * 3;
    yuv::yuv420_to_rgb(&planar, &mut image, stride, YuvRange::Limited, YuvStandardMatrix::Bt601)
        .map_err(|_| EncodeError::BrokenFrame)?;
    Ok(image)
}

fn encode(
    pixels: &[u8],
    (width, height): (u32, u32),
    colours: ColorType,
    sampling: SamplingFactor,
) -> Result<Encoded, EncodeError> {
    let side = |side: u32| u16::try_from(side).map_err(|_| EncodeError::TooLarge);
    let mut bytes = Vec::with_capacity(512 * 1024);
    let mut encoder = Encoder::new(&mut bytes, QUALITY);
    encoder.set_sampling_factor(sampling);
    encoder.encode(pixels, side(width)?, side(height)?, colours).map_err(EncodeError::Encoder)?;
    Ok(Encoded { bytes, content_type: "image/jpeg", width, height })
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgba};

    use super::*;

    #[test]
    fn a_capture_survives_encoding_with_its_colours() {
        let image = RgbaImage::from_fn(161, 97, |x, _| {
            if x < 80 { Rgba([200, 30, 40, 0]) } else { Rgba([10, 120, 220, 255]) }
        });
        let encoded = encode_capture(&image).expect("encoded");
        assert_eq!((encoded.width, encoded.height, encoded.content_type), (161, 97, "image/jpeg"));
        let decoded =
            image::load_from_memory_with_format(&encoded.bytes, ImageFormat::Jpeg).expect("jpeg").to_rgb8();
        assert_eq!(decoded.dimensions(), (161, 97));
        for (x, colour) in [(10, [200, 30, 40]), (150, [10, 120, 220])] {
            let seen = decoded.get_pixel(x, 50).0;
            assert!(seen.iter().zip(colour).all(|(a, b)| a.abs_diff(b) < 6), "{seen:?}");
        }
    }

    #[test]
    fn a_frame_keeps_its_size_and_a_broken_one_is_refused() {
        let y = vec![81; 65 * 33];
        let (u, v) = (vec![90; 33 * 17], vec![240; 33 * 17]);
        let frame = I420View { width: 65, height: 33, y: &y, u: &u, v: &v, y_stride: 65, uv_stride: 33 };
        let rgb = frame_to_rgb(frame).expect("sound");
        let [red, green, blue] = rgb.get_pixel(64, 32).0;
        assert!(red > 245 && green < 10 && blue < 10);
        assert_eq!(encode_frame(frame).expect("encoded").width, 65);
        let short = I420View { u: &u[..100], ..frame };
        assert!(matches!(encode_frame(short), Err(EncodeError::BrokenFrame)));
    }
}
