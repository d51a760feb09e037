//! Burns a sample bar under a picture and writes it as PNG, to be looked at:
//! `cargo run -p chinhchu-screen --example burn_example -- OUT.png [IN.png]`.
#![allow(clippy::cast_possible_truncation, reason = "drawn sample pictures")]

use chinhchu_screen::check::CheckError;
use chinhchu_screen::overlay::{OverlayText, OverlayVerdict, burn, date_time_text};
use chinhchu_screen::readback::read_date_time;
use chinhchu_screen::rendered::{RenderedParts, Why, render_evidence};
use image::{DynamicImage, Rgb, RgbImage};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().ok_or("usage: burn_example OUT.png [IN.png]")?;
    let mut picture = if let Some(path) = arguments.next() {
        image::open(path)?.to_rgba8()
    } else {
        let remote = RgbImage::from_fn(640, 480, |x, y| Rgb([(x / 3) as u8, (y / 2) as u8, 120]));
        let own = RgbImage::from_fn(640, 480, |x, y| Rgb([90, (x / 3) as u8, (y / 2) as u8]));
        let why = Why::Refused(CheckError::Foreign);
        let (own, id_front, portrait) = (Some(&own), None, None);
        render_evidence(&RenderedParts { remote: &remote, own, id_front, portrait, why })
    };
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(7));
    burn(
        &mut picture,
        &OverlayText {
            date_time: format!("{} (giờ máy chủ)", date_time_text("2026-11-23T02:15:42Z".parse()?, &zone)),
            call_id: "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071".into(),
            agent_name: "Công Tằng Tôn Nữ Nguyễn Thị Huyền Phương Quỳnh Hường Giang".into(),
            agent_id: "congtangtonnu.huyenphuongquynhhuonggiang".into(),
            verdict: OverlayVerdict::Rejected {
                reason: "Khuôn mặt không khớp với ảnh trên giấy tờ".into()
            },
            company: "Công ty 1".into(),
        },
    );
    picture.save(&out)?;
    let read = read_date_time(&DynamicImage::ImageRgba8(picture).to_rgb8());
    println!("read back: {read:?}");
    Ok(())
}
