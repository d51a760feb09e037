//! From the bytes of a file to its text, or to the reason why it has none.

use super::fault::Fault;

/// Largest file.
pub const MAX_BYTES: usize = 256 * 1024;

/// Text without its byte order mark.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Text<'a> {
    /// The text.
    pub text: &'a str,
    /// What was odd.
    pub notes: Vec<&'static str>,
}

/// Reads UTF-8, and tells what else it is.
pub fn text(bytes: &[u8]) -> Result<Text<'_>, Fault> {
    if bytes.len() > MAX_BYTES {
        return Err(Fault::of_file("file_too_large"));
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(Fault::of_file("encoding_workbook"));
    }
    let marked = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    if marked || bytes.iter().take(200).filter(|byte| **byte == 0).count() > bytes.len().min(200) / 4 {
        return Err(Fault::of_file("encoding_utf16"));
    }
    let mut notes = Vec::new();
    let body = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(body) => {
            notes.push("byte_order_mark");
            body
        }
        None => bytes,
    };
    let text = std::str::from_utf8(body).map_err(|error| {
        let ends = body.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count();
        Fault::in_line(u32::try_from(ends + 1).unwrap_or(u32::MAX), "encoding_not_utf8")
    })?;
    if text.trim().is_empty() {
        return Err(Fault::of_file("file_empty"));
    }
    if text.contains("\r\n") {
        notes.push("windows_line_ends");
    }
    Ok(Text { text, notes })
}
