//! Requests as integrators and workstations send them: again and again until there is an answer that counts.

use std::io::Cursor;
use std::time::Duration;

use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::line::Backoff;
use crate::seed::Rng;

/// A stopped server answers nothing: the client gives up and comes again.
const LIMIT: Duration = Duration::from_secs(4);

pub fn client() -> Client {
    Client::builder().timeout(LIMIT).connect_timeout(Duration::from_secs(2)).build().expect("client")
}

/// Sends until the answer is neither «not reached» nor «not now».
pub async fn insist(rng: &mut Rng, mut request: impl FnMut() -> RequestBuilder) -> (StatusCode, Vec<u8>) {
    let mut backoff = Backoff::default();
    loop {
        if let Ok(answer) = request().send().await {
            let status = answer.status();
            let later = status.is_server_error()
                || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
            if !later && let Some(body) = whole(answer).await {
                return (status, body);
            }
        }
        backoff.pause(rng).await;
    }
}

/// The body, if it arrived whole: half an answer is none.
async fn whole(answer: Response) -> Option<Vec<u8>> {
    answer.bytes().await.ok().map(|bytes| bytes.to_vec())
}

pub fn json_of(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| json!(String::from_utf8_lossy(body)))
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// A picture that nobody else has.
pub fn picture(rng: &mut Rng, side: u32) -> Vec<u8> {
    let image = image::RgbImage::from_fn(side, side, |x, y| {
        let [r, g, b, ..] = rng.next().to_le_bytes();
        // Blocks of noise on a slope, so that it compresses like a picture.
        if (x / 8 + y / 8) % 3 == 0 {
            image::Rgb([r, g, b])
        } else {
            image::Rgb([x, y, x ^ y].map(|v| v.to_le_bytes()[0]))
        }
    });
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, image::ImageFormat::Jpeg).expect("encode");
    out.into_inner()
}

fn part(bytes: &[u8], content_type: &str) -> Part {
    Part::bytes(bytes.to_vec()).file_name("file").mime_str(content_type).expect("mime")
}

/// The multipart of `POST /v1/calls`.
pub fn intake_form(case: &[u8], pictures: &[(&'static str, Vec<u8>)]) -> Form {
    let form = Form::new().part("case", part(case, "application/json"));
    pictures.iter().fold(form, |form, (kind, bytes)| form.part(*kind, part(bytes, "image/jpeg")))
}

/// The multipart of an evidence upload: envelope and leaves first.
pub fn evidence_form(envelope: &[u8], leaves: &[u8], pictures: &[(&'static str, Vec<u8>)]) -> Form {
    let form = Form::new().part("envelope", part(envelope, "application/json"));
    let form = form.part("leaves", part(leaves, "application/json"));
    pictures.iter().fold(form, |form, (kind, bytes)| form.part(*kind, part(bytes, "image/jpeg")))
}

/// A case as eKYC sends it.
pub fn case(external_id: &str, rng: &mut Rng) -> Vec<u8> {
    let number = rng.between(1_000_000, 9_999_999);
    let case = json!({
        "external_id": external_id,
        "dealer": {"account": "dl.hcm.0123", "name": "ĐL Quận 3"},
        "subscriber": {"msisdn": format!("090{number}"), "payment": "prepaid", "sub_type": "MC", "customer_type": "individual"},
        "customer": {"full_name": "Nguyễn Thị Ánh", "date_of_birth": "1990-05-17", "id_kind": "cccd",
                     "id_number": format!("07919{number}"), "id_issued_on": "2021-08-02", "address": "Quận 3"},
        "consent": {"given_at": "2026-11-23T09:15:00+07:00", "text_version": "2026-04"}
    });
    serde_json::to_vec(&case).expect("json")
}
