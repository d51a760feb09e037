use image::{ImageEncoder, Rgb, RgbImage};

use super::*;

fn drawn(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([(x % 251) as u8, (y % 241) as u8, ((x * y) % 239) as u8]))
}

fn encoded(image: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, format).expect("encode");
    out.into_inner()
}

fn fault(bytes: &[u8]) -> PictureFault {
    check(bytes).err().expect("not taken")
}

#[test]
fn jpeg_png_and_webp_are_taken_whatever_their_label() {
    for (format, content_type) in [
        (ImageFormat::Jpeg, "image/jpeg"),
        (ImageFormat::Png, "image/png"),
        (ImageFormat::WebP, "image/webp"),
    ] {
        let checked = check(&encoded(&drawn(64, 48), format)).expect("taken");
        assert_eq!((checked.content_type, checked.width, checked.height), (content_type, 64, 48));
        let display = image::load_from_memory_with_format(&checked.display, ImageFormat::Jpeg).expect("JPEG");
        assert_eq!((display.width(), display.height()), (64, 48));
    }
}

#[test]
fn a_cmyk_jpeg_is_taken_in_its_colours() {
    let checked = check(include_bytes!("../../data/test/cmyk.jpg")).expect("taken");
    let display = image::load_from_memory(&checked.display).expect("JPEG").into_rgb8();
    let [r, g, b] = display.get_pixel(display.width() / 2, display.height() / 2).0;
    assert!(r > 150 && g < 110 && b < 110, "the fixture is red, got {r} {g} {b}");
}

#[test]
fn a_picture_cut_short_is_unreadable() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let bytes = encoded(&drawn(200, 200), format);
        for part in [bytes.len() / 2, bytes.len() * 9 / 10] {
            assert_eq!(fault(&bytes[..part]), PictureFault::Unreadable, "{format:?} cut at {part}");
        }
    }
}

#[test]
fn text_named_jpg_and_empty_bytes_are_unreadable_and_a_gif_is_unsupported() {
    assert_eq!(fault(b"this is no picture"), PictureFault::Unreadable);
    assert_eq!(fault(b""), PictureFault::Unreadable);
    assert_eq!(fault(b"GIF89a\x01\0\x01\0\0\0\0;"), PictureFault::Unsupported);
}

/// A bomb: few bytes, 900 million pixels.
#[test]
fn a_picture_of_30000_by_30000_pixels_is_too_large_and_never_decoded() {
    let mut jpeg = encoded(&drawn(16, 16), ImageFormat::Jpeg);
    let sof = jpeg.windows(2).position(|w| w == [0xFF, 0xC0]).expect("SOF0");
    jpeg[sof + 5..sof + 9].copy_from_slice(&[0x75, 0x30, 0x75, 0x30]);
    assert_eq!(fault(&jpeg), PictureFault::TooLarge);

    let mut png = encoded(&drawn(16, 16), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]);
    let crc = png_crc(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    assert_eq!(fault(&png), PictureFault::TooLarge);
}

fn png_crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 },
        )
    })
}

#[test]
fn more_than_5_mib_is_too_large() {
    assert_eq!(fault(&vec![0xFF; MAX_PICTURE_BYTES + 1]), PictureFault::TooLarge);
}

#[test]
fn the_display_copy_is_upright_small_and_without_metadata() {
    let mut out = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut out, 90);
    // Exif with one tag: orientation 6 (turn clockwise).
    let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    encoder.set_exif_metadata(exif.to_vec()).expect("exif");
    let image = drawn(2000, 1000);
    encoder.write_image(&image, 2000, 1000, image::ExtendedColorType::Rgb8).expect("encode");

    let checked = check(&out).expect("taken");
    assert_eq!((checked.width, checked.height), (2000, 1000));
    let display = image::load_from_memory(&checked.display).expect("JPEG");
    assert_eq!((display.width(), display.height()), (800, 1600));
    assert!(!checked.display.windows(4).any(|w| w == b"Exif"));
}

#[tokio::test]
async fn work_for_a_client_that_has_hung_up_still_holds_its_place() {
    let checker = PictureChecker::new(1);
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (started, begun) = tokio::sync::oneshot::channel();
    let asked = tokio::spawn({
        let checker = checker.clone();
        async move {
            let work = move || {
                started.send(()).expect("the test waits");
                released.recv()
            };
            checker.held(work).await
        }
    });
    begun.await.expect("begun");
    asked.abort();
    assert!(asked.await.is_err(), "the client has hung up");
    assert_eq!(checker.places.available_permits(), 0);
    release.send(()).expect("the work goes on");
    drop(checker.places.acquire().await.expect("free again"));
}
