//! Proves that bytes are a picture, and makes the upright display copy without metadata.
//!
//! Sizes are read before anything is decoded, and the decoder's memory is bounded: a small file can
//! claim to be a very large picture.

use std::io::Cursor;
use std::sync::Arc;

use chinhchu_protocol::problem::ErrorCode;
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage};
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::format::{Format, jpeg_size_if_whole, sniff};

/// Largest picture, bytes.
pub const MAX_PICTURE_BYTES: usize = 5 * 1024 * 1024;
/// Most pixels of a picture.
pub const MAX_PIXELS: u64 = 40_000_000;
/// Longest side of a picture.
pub const MAX_SIDE: u32 = 12_000;
/// Longest side of the display copy.
const DISPLAY_SIDE: u32 = 1600;
const DISPLAY_QUALITY: u8 = 85;
/// Memory that one decoding may take.
const DECODER_BYTES: u64 = 512 * 1024 * 1024;

/// Why bytes were not taken as a picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PictureFault {
    /// More bytes or pixels than allowed.
    #[error("too large: at most 5 MiB, 40 million pixels, 12,000 a side")]
    TooLarge,
    /// A known format that is not taken.
    #[error("send JPEG, PNG or WebP")]
    Unsupported,
    /// No known format, truncated or broken.
    #[error("broken, or no picture at all")]
    Unreadable,
}

impl PictureFault {
    /// The stable code on the wire.
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::TooLarge => ErrorCode::PictureTooLarge,
            Self::Unsupported => ErrorCode::PictureUnsupported,
            Self::Unreadable => ErrorCode::PictureUnreadable,
        }
    }
}

/// A picture that was decoded from end to end.
pub struct Checked {
    /// `image/jpeg`, `image/png` or `image/webp`, by the bytes.
    pub content_type: &'static str,
    /// Pixels as stored, before turning.
    pub width: u32,
    /// Pixels as stored, before turning.
    pub height: u32,
    /// Of the bytes as sent.
    pub sha256: [u8; 32],
    /// JPEG, upright, at most 1,600 pixels a side, without metadata.
    pub display: Vec<u8>,
}

/// Decodes pictures off the async threads, a few at a time.
#[derive(Clone)]
pub struct PictureChecker {
    places: Arc<Semaphore>,
    intakes: Arc<Semaphore>,
}

/// More intakes at once are told to come back: each may hold 16 MiB.
const INTAKES_AT_ONCE: usize = 64;

impl PictureChecker {
    /// At most `at_once` pictures are decoded at the same time.
    pub fn new(at_once: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(at_once.max(1))),
            intakes: Arc::new(Semaphore::new(INTAKES_AT_ONCE)),
        }
    }

    /// A place for one intake; none if all are taken.
    pub fn enter(&self) -> Option<OwnedSemaphorePermit> {
        self.intakes.clone().try_acquire_owned().ok()
    }

    /// Checks one picture. A decoder that panics means unreadable bytes, not a broken server. The place is
    /// taken until the work is done, even if the client has hung up.
    pub async fn check(&self, bytes: bytes::Bytes) -> Result<Checked, PictureFault> {
        self.held(move || check(&bytes)).await.unwrap_or(Err(PictureFault::Unreadable))
    }

    /// Runs work that holds a place; none if it panicked.
    async fn held<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let place = self.places.clone().acquire_owned().await.ok()?;
        let task = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        task.await.ok()
    }
}

/// Checks one picture. Blocking: decoding takes tens of milliseconds.
pub fn check(bytes: &[u8]) -> Result<Checked, PictureFault> {
    if bytes.len() > MAX_PICTURE_BYTES {
        return Err(PictureFault::TooLarge);
    }
    let (format, content_type) = match sniff(bytes) {
        Format::Jpeg => (ImageFormat::Jpeg, "image/jpeg"),
        Format::Png => (ImageFormat::Png, "image/png"),
        Format::Webp => (ImageFormat::WebP, "image/webp"),
        Format::Other => return Err(PictureFault::Unsupported),
        Format::Unknown => return Err(PictureFault::Unreadable),
    };
    if format == ImageFormat::Jpeg {
        let (width, height) = jpeg_size_if_whole(bytes).ok_or(PictureFault::Unreadable)?;
        within_limits(width, height)?;
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(Limits::no_limits());
    let mut decoder = reader.into_decoder().map_err(|_| PictureFault::Unreadable)?;
    let (width, height) = decoder.dimensions();
    within_limits(width, height)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODER_BYTES);
    decoder.set_limits(limits).map_err(|_| PictureFault::TooLarge)?;
    let image = DynamicImage::from_decoder(decoder).map_err(|_| PictureFault::Unreadable)?;
    let display = display_copy(image, orientation(bytes)).ok_or(PictureFault::Unreadable)?;
    Ok(Checked { content_type, width, height, sha256: Sha256::digest(bytes).into(), display })
}

fn within_limits(width: u32, height: u32) -> Result<(), PictureFault> {
    if width == 0 || height == 0 {
        return Err(PictureFault::Unreadable);
    }
    let pixels = u64::from(width) * u64::from(height);
    if width > MAX_SIDE || height > MAX_SIDE || pixels > MAX_PIXELS {
        return Err(PictureFault::TooLarge);
    }
    Ok(())
}

/// How the camera was held; upright if the picture does not say.
fn orientation(bytes: &[u8]) -> Orientation {
    let exif = exif::Reader::new().continue_on_error(true).read_from_container(&mut Cursor::new(bytes));
    let exif = match exif {
        Ok(exif) => exif,
        Err(error) => match error.distill_partial_result(|_| {}) {
            Ok(exif) => exif,
            Err(_) => return Orientation::NoTransforms,
        },
    };
    exif.get_field(exif::Tag::Orientation, exif::In::PRIMARY)
        .and_then(|field| field.value.get_uint(0))
        .and_then(|value| u8::try_from(value).ok())
        .and_then(Orientation::from_exif)
        .unwrap_or(Orientation::NoTransforms)
}

fn display_copy(image: DynamicImage, orientation: Orientation) -> Option<Vec<u8>> {
    let small = if image.width().max(image.height()) > DISPLAY_SIDE {
        image.thumbnail(DISPLAY_SIDE, DISPLAY_SIDE)
    } else {
        image
    };
    let mut upright = DynamicImage::ImageRgb8(on_white(small));
    upright.apply_orientation(orientation);
    let mut out = Vec::new();
    upright.write_with_encoder(JpegEncoder::new_with_quality(&mut out, DISPLAY_QUALITY)).ok()?;
    Some(out)
}

/// A transparent scan shows as paper, not as black.
fn on_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let rgba = image.into_rgba8();
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let [r, g, b, a] = rgba.get_pixel(x, y).0;
        let mix = |c: u8| {
            let value = (u32::from(c) * u32::from(a) + 255 * (255 - u32::from(a))) / 255;
            u8::try_from(value).unwrap_or(u8::MAX)
        };
        Rgb([mix(r), mix(g), mix(b)])
    })
}

#[cfg(test)]
#[path = "picture_tests.rs"]
mod tests;
