//! Which picture format bytes are, by the bytes alone: a label is only the sender's belief.

/// What the first bytes say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Taken.
    Jpeg,
    /// Taken.
    Png,
    /// Taken.
    Webp,
    /// A format that we know and do not take.
    Other,
    /// Nothing known.
    Unknown,
}

/// Reads the format.
pub fn sniff(bytes: &[u8]) -> Format {
    if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        Format::Jpeg
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Format::Png
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP".as_slice()) {
        Format::Webp
    } else if is_known_other(bytes) {
        Format::Other
    } else {
        Format::Unknown
    }
}

fn is_known_other(bytes: &[u8]) -> bool {
    const STARTS: [&[u8]; 13] = [
        b"GIF87a",
        b"GIF89a",
        b"II*\0",
        b"MM\0*",
        b"%PDF-",
        b"8BPS\0\x01",
        b"RIFF",
        b"\xFF\x0A",
        b"\0\0\0\x0CJXL ",
        b"\0\0\0\x0CjP  ",
        b"\0\0\x01\0",
        b"qoif",
        b"<svg",
    ];
    // ISO base media: HEIC, AVIF and films. `BM` alone could begin a text: its reserved bytes must be zero.
    let iso_media = bytes.get(4..8) == Some(b"ftyp".as_slice());
    let bitmap = bytes.starts_with(b"BM") && bytes.get(6..10) == Some([0; 4].as_slice());
    iso_media || bitmap || STARTS.iter().any(|start| bytes.starts_with(start))
}

/// Width and height of a JPEG that is there to its end; `None` if a segment is broken or the end is missing.
///
/// Decoders fill what is missing of a truncated JPEG with grey: as evidence that would be worth nothing.
pub fn jpeg_size_if_whole(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    let mut size = None;
    loop {
        let marker = next_marker(bytes, &mut at)?;
        match marker {
            0xD9 => return size,
            0x01 | 0xD0..=0xD8 => {}
            _ => {
                let length = usize::from(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
                let segment = bytes.get(at + 2..at + length.max(2))?;
                if is_start_of_frame(marker) {
                    let number = |i: usize| {
                        Some(u32::from(u16::from_be_bytes([*segment.get(i)?, *segment.get(i + 1)?])))
                    };
                    size = Some((number(3)?, number(1)?));
                }
                at += length.max(2);
                if marker == 0xDA {
                    at = end_of_scan(bytes, at)?;
                }
            }
        }
    }
}

/// Reads `FF xx`, skipping fill bytes.
fn next_marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    if *bytes.get(*at)? != 0xFF {
        return None;
    }
    while *bytes.get(*at)? == 0xFF {
        *at += 1;
    }
    *at += 1;
    bytes.get(*at - 1).copied()
}

/// SOF0–SOF15 without DHT, JPG and DAC.
fn is_start_of_frame(marker: u8) -> bool {
    (0xC0..=0xCF).contains(&marker) && !matches!(marker, 0xC4 | 0xC8 | 0xCC)
}

/// The next marker that is neither stuffing nor a restart.
fn end_of_scan(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.windows(2)
        .position(|pair| pair[0] == 0xFF && !matches!(pair[1], 0 | 0xFF | 0xD0..=0xD7))
        .map(|offset| from + offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_formats_that_are_not_taken_are_told_from_unknown_bytes() {
        let heic = b"\0\0\0\x18ftypheic\0\0\0\0";
        let bitmap = b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0";
        for known in [b"GIF89a\x01\0".as_slice(), b"II*\0\x08", b"%PDF-1.7", heic, bitmap] {
            assert_eq!(sniff(known), Format::Other);
        }
        for unknown in [b"BMW is a car, not a bitmap".as_slice(), b"", b"\xFF\xD8", b"hello"] {
            assert_eq!(sniff(unknown), Format::Unknown);
        }
    }
}
