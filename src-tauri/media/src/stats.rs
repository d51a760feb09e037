//! Figures of a call's media, for the screen, the manifest and tests.

use std::time::Duration;

/// A snapshot; counters run over all peer connections of the call.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct MediaStats {
    /// Width of the newest decoded picture.
    pub width: u32,
    /// Height of the newest decoded picture.
    pub height: u32,
    /// Pictures decoded in the last second.
    pub fps: u32,
    /// `H264` or `VP8`, of the picture received.
    pub codec: Option<&'static str>,
    /// Video packets that never arrived.
    pub lost: u64,
    /// Video packets received.
    pub packets: u64,
    /// Pictures decoded.
    pub frames_decoded: u64,
    /// Mean time of decoding a picture.
    pub decode_time: Duration,
    /// Pictures encoded and sent.
    pub frames_sent: u64,
    /// Voice packets decoded, concealed ones included.
    pub voice_packets: u64,
    /// Slowly falling peak of the customer's voice, 0 to 1.
    pub voice_peak: f32,
    /// TURN servers that were named and cannot be used (over TCP or TLS).
    pub relays_left_out: u32,
    /// DTLS fingerprints, known after the first answer.
    pub fingerprints: Option<Fingerprints>,
}

/// DTLS certificate fingerprints, as in SDP (`sha-256 AB:CD:…`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fingerprints {
    /// Of the workstation.
    pub local: String,
    /// Of the customer's page.
    pub remote: String,
}
