//! The customer's voice: a thread that orders, decodes and hands over to the speaker.

use super::order::{Voice, VoiceOrder};
use super::playout::Playout;
use super::{PACKET_SAMPLES, RATE};
use crate::shared::Shared;
use bytes::Bytes;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Packets that may wait for the thread: 2.5 s.
const QUEUE: usize = 128;
/// Longest Opus packet: 120 ms.
const MOST_SAMPLES: usize = PACKET_SAMPLES * 6;

/// One received packet.
#[derive(Debug)]
pub struct VoicePacket {
    /// RTP sequence number.
    pub sequence: u16,
    /// Opus.
    pub payload: Bytes,
}

/// Starts the thread; it ends when the sender is dropped.
pub fn start(
    shared: Arc<Shared>,
    playout: Playout,
) -> std::io::Result<(SyncSender<VoicePacket>, JoinHandle<()>)> {
    let (sender, packets) = sync_channel(QUEUE);
    let thread = std::thread::Builder::new()
        .name("voice-in".into())
        .spawn(move || run(&packets, &shared, &playout))?;
    Ok((sender, thread))
}

fn run(packets: &Receiver<VoicePacket>, shared: &Shared, playout: &Playout) {
    let Ok(mut decoder) = opus::Decoder::new(RATE, opus::Channels::Mono) else {
        tracing::error!("the Opus decoder does not start");
        return;
    };
    let mut order = VoiceOrder::default();
    let mut samples = vec![0.0; MOST_SAMPLES];
    loop {
        let now = Instant::now();
        let wait =
            order.next_deadline().map_or(Duration::from_secs(1), |at| at.saturating_duration_since(now));
        match packets.recv_timeout(wait) {
            Ok(packet) => order.push(packet.sequence, packet.payload),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        while let Some(voice) = order.pop(Instant::now()) {
            let made = match &voice {
                Voice::Packet(payload) => decoder.decode_float(payload, &mut samples, false),
                // Recovery and concealment must be told how much to make: one packet.
                Voice::Recover(next) => decoder.decode_float(next, &mut samples[..PACKET_SAMPLES], true),
                Voice::Conceal => decoder.decode_float(&[], &mut samples[..PACKET_SAMPLES], false),
            };
            match made {
                Ok(count) => {
                    let sound = samples.get(..count).unwrap_or_default();
                    shared.voice_decoded(peak(sound));
                    playout.push(sound);
                }
                Err(error) => tracing::debug!(%error, "a voice packet cannot be decoded"),
            }
        }
    }
}

fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, sample| sample.abs().max(peak))
}
