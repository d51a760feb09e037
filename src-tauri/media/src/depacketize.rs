//! RTP payloads of H.264 (RFC 6184: single NAL, STAP-A, FU-A) and VP8 (RFC 7741).

use crate::codec::VideoCodec;

/// What one payload tells about its picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PayloadKind {
    /// May be the first packet of a picture.
    pub starts_picture: bool,
    /// Certainly the beginning of a key frame: parameter sets (H.264), or the frame's header (VP8).
    pub starts_key: bool,
}

const NAL_SPS: u8 = 7;
const NAL_STAP_A: u8 = 24;
const NAL_FU_A: u8 = 28;
const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// Looks into a payload.
pub fn inspect(codec: VideoCodec, payload: &[u8]) -> PayloadKind {
    match codec {
        VideoCodec::H264 => inspect_h264(payload),
        VideoCodec::Vp8 => inspect_vp8(payload),
    }
}

/// Appends a payload to the picture, as the decoder wants it.
pub fn append(codec: VideoCodec, payload: &[u8], picture: &mut Vec<u8>) {
    match codec {
        VideoCodec::H264 => append_h264(payload, picture),
        VideoCodec::Vp8 => {
            if let Some(size) = vp8_descriptor_len(payload) {
                picture.extend_from_slice(payload.get(size..).unwrap_or_default());
            }
        }
    }
}

fn inspect_h264(payload: &[u8]) -> PayloadKind {
    let Some(&first) = payload.first() else { return PayloadKind::default() };
    match first & 0x1f {
        NAL_STAP_A => PayloadKind {
            starts_picture: true,
            starts_key: stap_a(payload).any(|nal| nal.first().is_some_and(|byte| byte & 0x1f == NAL_SPS)),
        },
        NAL_FU_A => PayloadKind {
            starts_picture: payload.get(1).is_some_and(|header| header & 0x80 != 0),
            starts_key: false,
        },
        nal_type => PayloadKind { starts_picture: true, starts_key: nal_type == NAL_SPS },
    }
}

fn append_h264(payload: &[u8], picture: &mut Vec<u8>) {
    let Some(&first) = payload.first() else { return };
    match first & 0x1f {
        NAL_STAP_A => {
            for nal in stap_a(payload) {
                picture.extend_from_slice(&START_CODE);
                picture.extend_from_slice(nal);
            }
        }
        NAL_FU_A => {
            let Some(&header) = payload.get(1) else { return };
            if header & 0x80 != 0 {
                picture.extend_from_slice(&START_CODE);
                picture.push((first & 0xe0) | (header & 0x1f));
            }
            picture.extend_from_slice(payload.get(2..).unwrap_or_default());
        }
        _single => {
            picture.extend_from_slice(&START_CODE);
            picture.extend_from_slice(payload);
        }
    }
}

/// The NAL units of a STAP-A; a truncated one ends the list.
fn stap_a(payload: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = payload.get(1..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (size, tail) = rest.split_first_chunk::<2>()?;
        let (nal, tail) = tail.split_at_checked(usize::from(u16::from_be_bytes(*size)))?;
        rest = tail;
        Some(nal)
    })
}

fn inspect_vp8(payload: &[u8]) -> PayloadKind {
    let Some(size) = vp8_descriptor_len(payload) else { return PayloadKind::default() };
    // S bit set and partition 0: the first packet of a frame (RFC 7741, 4.2).
    let starts = payload.first().is_some_and(|byte| byte & 0x17 == 0x10);
    // Inverse key frame flag of the VP8 payload header (RFC 7741, 4.3).
    let key = starts && payload.get(size).is_some_and(|byte| byte & 0x01 == 0);
    PayloadKind { starts_picture: starts, starts_key: key }
}

/// Length of the VP8 payload descriptor; `None` if it is cut short.
fn vp8_descriptor_len(payload: &[u8]) -> Option<usize> {
    let first = *payload.first()?;
    if first & 0x80 == 0 {
        return Some(1);
    }
    let extension = *payload.get(1)?;
    let mut size = 2;
    if extension & 0x80 != 0 {
        size += if payload.get(size)? & 0x80 != 0 { 2 } else { 1 };
    }
    if extension & 0x40 != 0 {
        size += 1;
    }
    if extension & 0x30 != 0 {
        size += 1;
    }
    (size <= payload.len()).then_some(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stap_a_with_parameter_sets_starts_a_key_frame() {
        let payload = [0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xce];
        let kind = inspect(VideoCodec::H264, &payload);
        assert!(kind.starts_key && kind.starts_picture);
        let mut picture = Vec::new();
        append(VideoCodec::H264, &payload, &mut picture);
        assert_eq!(picture, [0, 0, 0, 1, 0x67, 0x42, 0, 0, 0, 1, 0x68, 0xce]);
    }

    #[test]
    fn fu_a_is_joined_with_one_start_code() {
        let mut picture = Vec::new();
        append(VideoCodec::H264, &[0x7c, 0x85, 1, 2], &mut picture);
        append(VideoCodec::H264, &[0x7c, 0x45, 3], &mut picture);
        assert_eq!(picture, [0, 0, 0, 1, 0x65, 1, 2, 3]);
        assert!(inspect(VideoCodec::H264, &[0x7c, 0x85, 1]).starts_picture);
        assert!(!inspect(VideoCodec::H264, &[0x7c, 0x45, 3]).starts_picture);
    }

    #[test]
    fn vp8_descriptor_is_cut_off_in_all_its_lengths() {
        for (payload, size) in [
            (vec![0x10, 9], 1),
            (vec![0x90, 0x80, 0x05, 9], 3),
            (vec![0x90, 0x80, 0x85, 0x01, 9], 4),
            (vec![0x90, 0xe0, 0x85, 0x01, 7, 0x20, 9], 6),
        ] {
            let mut picture = Vec::new();
            append(VideoCodec::Vp8, &payload, &mut picture);
            assert_eq!(picture, [9], "{size}");
            assert_eq!(vp8_descriptor_len(&payload), Some(size));
        }
    }

    #[test]
    fn truncated_payloads_are_harmless() {
        for codec in [VideoCodec::H264, VideoCodec::Vp8] {
            for payload in [&[][..], &[0x78], &[0x78, 0], &[0x78, 9, 9, 1], &[0x7c], &[0x90], &[0x90, 0x80]] {
                let _ = inspect(codec, payload);
                append(codec, payload, &mut Vec::new());
            }
        }
    }
}
