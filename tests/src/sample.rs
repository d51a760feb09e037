//! A made-up case with drawn pictures: no real person anywhere.

use anyhow::Result;
use image::{ImageFormat, Rgb, RgbImage};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

/// The customer's name in [`case`]; tests look for it where it must not be.
pub const CUSTOMER_NAME: &str = "Nguyễn Thị Mẫu";

/// The case as eKYC would send it.
pub fn case() -> Value {
    json!({
        "external_id": "EK-2211-000017",
        "dealer": {"account": "dl.hcm.0123", "name": "ĐL Quận 3"},
        "subscriber": {"msisdn": "0901234567", "payment": "prepaid", "sub_type": "MC", "customer_type": "individual"},
        "customer": {
            "full_name": CUSTOMER_NAME, "date_of_birth": "1990-05-17", "id_kind": "cccd",
            "id_number": "079190001234", "id_issued_on": "2021-08-02", "address": "Số 1 đường Mẫu, Quận 3",
        },
    })
}

/// The multipart body of `POST /v1/calls`.
pub fn parts() -> Result<Form> {
    let case = Part::text(case().to_string()).mime_str("application/json")?;
    Ok(Form::new()
        .part("case", case)
        .part("id_front", picture([70, 110, 160])?)
        .part("id_back", picture([160, 110, 70])?)
        .part("portrait", picture([120, 120, 120])?))
}

fn picture(colour: [u8; 3]) -> Result<Part> {
    let bytes = jpeg(640, 400, colour)?;
    Ok(Part::bytes(bytes).file_name("picture.jpg").mime_str("image/jpeg")?)
}

/// A drawn JPEG: a face-like oval on a gradient of one colour.
pub fn jpeg(width: u32, height: u32, colour: [u8; 3]) -> Result<Vec<u8>> {
    let drawn = RgbImage::from_fn(width, height, |x, y| {
        let shade = |c: u8| u8::try_from((u32::from(c) + x * 60 / width).min(255)).unwrap_or(u8::MAX);
        let (dx, dy) = (x.abs_diff(width / 2) * 3, y.abs_diff(height / 2) * 2);
        let inside = dx * dx + dy * dy < height * height / 2;
        if inside { Rgb([225, 190, 160]) } else { Rgb(colour.map(shade)) }
    });
    let mut bytes = Vec::new();
    drawn.write_to(&mut std::io::Cursor::new(&mut bytes), ImageFormat::Jpeg)?;
    Ok(bytes)
}
