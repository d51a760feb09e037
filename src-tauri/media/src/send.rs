//! The agent's pictures and voice as RTP.

use crate::codec::VideoCodec;
use crate::key_requests::asks_for_key;
use crate::outgoing::{OutPicture, OutVoice};
use crate::shared::Shared;
use bytes::Bytes;
use rtc::rtp;
use rtc::rtp::codec::h264::H264Payloader;
use rtc::rtp::codec::vp8::Vp8Payloader;
use rtc::rtp::packetizer::Payloader;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_local::{TrackLocal, TrackLocalEvent};

/// Payload of a packet at most: leaves room for headers, SRTP, TURN and tunnels in 1,280 bytes.
const MTU: usize = 1150;
/// Samples of a voice packet at 48 kHz.
const VOICE_STEP: u32 = 960;

/// Where packets go, and how they are numbered.
pub struct Target {
    track: Arc<TrackLocalStaticRTP>,
    header: rtp::Header,
    first_timestamp: u32,
}

impl Target {
    /// Random first sequence number and timestamp (RFC 3550, 5.1).
    pub fn new(track: &Arc<TrackLocalStaticRTP>, ssrc: u32, payload_type: u8) -> Self {
        let header = rtp::Header {
            version: 2,
            payload_type,
            ssrc,
            sequence_number: rand::random(),
            ..Default::default()
        };
        Self { track: Arc::clone(track), header, first_timestamp: rand::random() }
    }

    /// Sends one packet; false when the connection is gone.
    async fn write(&mut self, payload: Bytes, timestamp: u32, marker: bool) -> bool {
        let mut header = self.header.clone();
        header.timestamp = self.first_timestamp.wrapping_add(timestamp);
        header.marker = marker;
        self.header.sequence_number = self.header.sequence_number.wrapping_add(1);
        self.track.write_rtp(rtp::Packet { header, payload }).await.is_ok()
    }
}

/// Sends pictures until the line or the connection ends.
pub async fn pictures(
    mut target: Target,
    codec: VideoCodec,
    mut line: mpsc::Receiver<OutPicture>,
    shared: Arc<Shared>,
) {
    let mut payloader: Box<dyn Payloader> = match codec {
        VideoCodec::H264 => Box::new(H264Payloader::default()),
        VideoCodec::Vp8 => Box::new(vp8_payloader()),
    };
    let started = Instant::now();
    while let Some(picture) = line.recv().await {
        let Ok(payloads) = payloader.payload(MTU, &picture.data) else {
            tracing::warn!("a picture cannot be cut into packets");
            continue;
        };
        let taken = picture.taken_at.saturating_duration_since(started);
        let timestamp = rtp_time(taken);
        let last = payloads.len().saturating_sub(1);
        for (index, payload) in payloads.into_iter().enumerate() {
            if !target.write(payload, timestamp, index == last).await {
                return;
            }
        }
        shared.picture_sent();
    }
}

/// 90 kHz; it wraps around by design (RFC 3550, 5.1).
fn rtp_time(since_start: Duration) -> u32 {
    let ticks = since_start.as_micros() * 90 / 1000;
    u32::try_from(ticks % (1 << 32)).unwrap_or(0)
}

/// With picture numbers: the page tells a lost picture from a skipped one by them.
fn vp8_payloader() -> Vp8Payloader {
    let mut payloader = Vp8Payloader::default();
    payloader.enable_picture_id = true;
    payloader
}

/// Sends voice until the line or the connection ends.
pub async fn voices(mut target: Target, mut line: mpsc::Receiver<OutVoice>) {
    let mut previous = None;
    while let Some(voice) = line.recv().await {
        // The marker tells the first packet after a silence (RFC 7587, 4.2).
        let marker = previous != Some(voice.number.wrapping_sub(1));
        previous = Some(voice.number);
        if !target.write(voice.data, voice.number.wrapping_mul(VOICE_STEP), marker).await {
            return;
        }
    }
}

/// Notes key frame requests of the page.
pub async fn key_requests(track: Arc<TrackLocalStaticRTP>, wanted: Arc<AtomicBool>) {
    while let Some(event) = track.poll().await {
        if let TrackLocalEvent::OnRtcpPacket(packets) = event
            && packets.iter().any(|packet| asks_for_key(packet.as_ref()))
        {
            wanted.store(true, Ordering::Relaxed);
        }
    }
}
