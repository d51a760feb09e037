//! What is read from, and written into, session descriptions as text.

use crate::codec::VideoCodec;
use crate::stats::Fingerprints;
use std::collections::HashMap;

/// Start of the page's bandwidth estimate in kbit/s. Chromium's own start of 300 kbit/s spreads the first
/// key frame over about 200 ms.
const START_KBPS: u32 = 1500;

/// The video codec of an offer that this build speaks best.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OfferedVideo {
    /// The codec.
    pub codec: VideoCodec,
    /// As numbered by the offer.
    pub payload_type: u8,
    /// As described by the offer.
    pub fmtp: String,
    /// Number of the retransmission stream, if offered.
    pub rtx: Option<u8>,
}

/// Chooses the video codec: H.264 before VP8, whatever the page's order (H.264's codec ships everywhere).
pub fn choose_video(offer: &str) -> Option<OfferedVideo> {
    let mut names: HashMap<u8, &str> = HashMap::new();
    let mut fmtps: HashMap<u8, &str> = HashMap::new();
    let mut order: Vec<u8> = Vec::new();
    let mut in_video = false;
    for line in offer.lines() {
        if let Some(media) = line.strip_prefix("m=") {
            in_video = media.starts_with("video ") && order.is_empty();
            if in_video {
                order = media.split(' ').skip(3).filter_map(|number| number.parse().ok()).collect();
            }
        } else if in_video && let Some((number, value)) = numbered(line, "a=rtpmap:") {
            names.insert(number, value);
        } else if in_video && let Some((number, value)) = numbered(line, "a=fmtp:") {
            fmtps.insert(number, value);
        }
    }
    let fmtp = |number: u8| fmtps.get(&number).copied().unwrap_or_default();
    let rtx_of = |number: u8| {
        order.iter().copied().find(|other| {
            names.get(other).is_some_and(|name| name.to_ascii_lowercase().starts_with("rtx/"))
                && fmtp(*other).split(';').any(|part| part.trim() == format!("apt={number}"))
        })
    };
    VideoCodec::SUPPORTED.iter().find_map(|&codec| {
        let payload_type = order.iter().copied().find(|number| {
            let name = names.get(number).and_then(|name| name.split('/').next()).unwrap_or_default();
            VideoCodec::from_mime(&format!("video/{name}")) == Some(codec) && usable(codec, fmtp(*number))
        })?;
        let rtx = rtx_of(payload_type);
        Some(OfferedVideo { codec, payload_type, fmtp: fmtp(payload_type).to_owned(), rtx })
    })
}

/// H.264 is sent as constrained baseline in several packets a picture: other variants do not fit.
fn usable(codec: VideoCodec, fmtp: &str) -> bool {
    match codec {
        VideoCodec::Vp8 => true,
        VideoCodec::H264 => {
            let fmtp = fmtp.to_ascii_lowercase();
            let mut parts = fmtp.split(';').map(str::trim);
            fmtp.contains("packetization-mode=1") && parts.any(|part| part.starts_with("profile-level-id=42"))
        }
    }
}

fn numbered<'a>(line: &'a str, prefix: &str) -> Option<(u8, &'a str)> {
    let (number, value) = line.strip_prefix(prefix)?.split_once(' ')?;
    Some((number.parse().ok()?, value.trim()))
}

/// Both DTLS fingerprints of a negotiation.
pub fn fingerprints(local: &str, remote: &str) -> Option<Fingerprints> {
    let first = |sdp: &str| {
        sdp.lines().find_map(|line| line.strip_prefix("a=fingerprint:")).map(|value| value.trim().to_owned())
    };
    Some(Fingerprints { local: first(local)?, remote: first(remote)? })
}

/// Tells Chromium in the answer where its bandwidth estimate may start.
pub fn with_start_bitrate(answer: &str, payload_type: u8) -> String {
    let parameter = format!("x-google-start-bitrate={START_KBPS}");
    let fmtp = format!("a=fmtp:{payload_type} ");
    let rtpmap = format!("a=rtpmap:{payload_type} ");
    let has_fmtp = answer.lines().any(|line| line.starts_with(&fmtp));
    let mut out = String::with_capacity(answer.len() + 64);
    for line in answer.lines() {
        out.push_str(line);
        if line.starts_with(&fmtp) {
            out.push(';');
            out.push_str(&parameter);
        }
        out.push_str("\r\n");
        if !has_fmtp && line.starts_with(&rtpmap) {
            out.push_str(&fmtp);
            out.push_str(&parameter);
            out.push_str("\r\n");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = "v=0\r\na=fingerprint:sha-256 AA:BB\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n\
        a=rtpmap:111 opus/48000/2\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 104 105 108\r\n\
        a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n\
        a=rtpmap:102 H264/90000\r\n\
        a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f\r\n\
        a=rtpmap:104 H264/90000\r\n\
        a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n\
        a=rtpmap:105 rtx/90000\r\na=fmtp:105 apt=104\r\n";

    #[test]
    fn h264_with_several_packets_a_picture_is_chosen_before_vp8() {
        let video = choose_video(OFFER).expect("video");
        assert_eq!((video.codec, video.payload_type, video.rtx), (VideoCodec::H264, 104, Some(105)));
        assert!(video.fmtp.contains("42e01f"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn vp8_is_chosen_when_there_is_no_usable_h264() {
        let offer = OFFER.replace("packetization-mode=1", "packetization-mode=0");
        let video = choose_video(&offer).expect("video");
        assert_eq!((video.codec, video.payload_type, video.rtx), (VideoCodec::Vp8, 96, Some(97)));
    }

    #[test]
    fn an_offer_without_a_known_codec_is_refused() {
        assert_eq!(choose_video("v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 45\r\na=rtpmap:45 AV1/90000\r\n"), None);
        assert_eq!(choose_video("not an sdp"), None);
    }

    #[test]
    fn the_start_bitrate_is_added_with_and_without_other_parameters() {
        let h264 = with_start_bitrate("a=rtpmap:104 H264/90000\r\na=fmtp:104 a=1\r\n", 104);
        assert_eq!(h264, "a=rtpmap:104 H264/90000\r\na=fmtp:104 a=1;x-google-start-bitrate=1500\r\n");
        let vp8 = with_start_bitrate("a=rtpmap:96 VP8/90000\r\n", 96);
        assert_eq!(vp8, "a=rtpmap:96 VP8/90000\r\na=fmtp:96 x-google-start-bitrate=1500\r\n");
    }
}
