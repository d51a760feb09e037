//! The page's pictures and voice: from the engine's track to decoder threads.

use crate::assemble::{Assembler, EncodedPicture, MediaPacket};
use crate::codec::VideoCodec;
use crate::decode::{Decoder, decoder};
use crate::live::{Live, News};
use crate::shared::Shared;
use crate::sound::playout::Playout;
use crate::sound::voice_in::{self, VoicePacket};
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtp_transceiver::rtp_sender::RtpCodecKind;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};

/// Pictures that may wait for the decoder: one second.
const DECODE_QUEUE: usize = 30;
/// How long an ended stream waits for its decoder thread.
const JOIN: Duration = Duration::from_millis(500);

/// Where one connection notes what arrives on it.
#[derive(Clone)]
pub struct Arrivals {
    /// Of the call.
    pub shared: Arc<Shared>,
    /// By [`Shared::begin_connection`].
    pub connection: u64,
}

impl Arrivals {
    fn packet(&self) {
        self.shared.media_arrived(self.connection);
    }
}

/// Receives one stream until it ends.
pub async fn receive(track: Arc<dyn TrackRemote>, codec: VideoCodec, arrivals: Arrivals, playout: Playout) {
    match track.kind().await {
        RtpCodecKind::Video => receive_video(&track, codec, arrivals).await,
        RtpCodecKind::Audio => receive_voice(&track, arrivals, playout).await,
        _other => tracing::debug!("a stream of unknown kind is ignored"),
    }
}

async fn receive_video(track: &Arc<dyn TrackRemote>, codec: VideoCodec, arrivals: Arrivals) {
    let shared = Arc::clone(&arrivals.shared);
    let (faults, mut decode_faults) = mpsc::channel(4);
    let (pictures, thread) = match start_decoder(codec, arrivals.clone(), faults) {
        Ok(started) => started,
        Err(error) => {
            tracing::error!(%error, "the decoder thread does not start");
            return;
        }
    };
    let mut assembler = Assembler::new(codec);
    let mut media_ssrc = 0;
    loop {
        let deadline = assembler.next_deadline().map(tokio::time::Instant::from_std);
        let wait = async {
            match deadline {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            event = track.poll() => match event {
                Some(TrackRemoteEvent::OnRtpPacket(packet)) => {
                    arrivals.packet();
                    media_ssrc = packet.header.ssrc;
                    assembler.push(media_packet(packet));
                }
                Some(TrackRemoteEvent::OnEnded) | None => break,
                Some(_other) => continue,
            },
            () = wait => {}
            Some(()) = decode_faults.recv() => assembler.require_key(),
        }
        let now = Instant::now();
        while let Some(picture) = assembler.pop(now) {
            if pictures.try_send(picture).is_err() {
                assembler.require_key();
            }
        }
        if assembler.poll_key_request(now) {
            let request = PictureLossIndication { sender_ssrc: 0, media_ssrc };
            if track.write_rtcp(vec![Box::new(request)]).await.is_err() {
                break;
            }
        }
        shared.video_counts(assembler.counts());
    }
    shared.video_stream_ended();
    drop(pictures);
    join(thread).await;
}

fn media_packet(packet: rtc::rtp::Packet) -> MediaPacket {
    MediaPacket {
        sequence: packet.header.sequence_number,
        timestamp: packet.header.timestamp,
        marker: packet.header.marker,
        payload: packet.payload,
    }
}

fn start_decoder(
    codec: VideoCodec,
    arrivals: Arrivals,
    faults: mpsc::Sender<()>,
) -> std::io::Result<(SyncSender<EncodedPicture>, JoinHandle<()>)> {
    let (sender, pictures) = sync_channel(DECODE_QUEUE);
    let thread = std::thread::Builder::new()
        .name("picture-in".into())
        .spawn(move || decode_all(codec, &pictures, &arrivals, &faults))?;
    Ok((sender, thread))
}

fn decode_all(
    codec: VideoCodec,
    pictures: &Receiver<EncodedPicture>,
    arrivals: &Arrivals,
    faults: &mpsc::Sender<()>,
) {
    let mut running: Option<Box<dyn Decoder>> = None;
    let mut live = Live::default();
    while let Ok(picture) = pictures.recv() {
        let started = Instant::now();
        let result = match &mut running {
            Some(decoder) => decoder.decode(&picture.data, started),
            // A fresh decoder after a fault: it needs a key frame anyway.
            empty if picture.key => {
                decoder(codec).and_then(|fresh| empty.insert(fresh).decode(&picture.data, started))
            }
            _waits_for_key => continue,
        };
        match result {
            Ok(Some(mut frame)) => {
                let took = started.elapsed();
                frame.at = Instant::now();
                arrivals.shared.picture_decoded(arrivals.connection, &Arc::new(frame), codec, took);
                match live.decoded(picture.timestamp, Instant::now()) {
                    Some(News::Begins) => tracing::info!("the first picture of a stream"),
                    Some(News::Again(gap)) => {
                        tracing::info!(gap_ms = gap.as_millis(), "the picture is live again");
                    }
                    None => {}
                }
            }
            Ok(None) => {}
            Err(error) => {
                tracing::debug!(%error, "a picture was not decoded");
                running = None;
                // A full channel means that the fault is known already.
                let _ = faults.try_send(());
            }
        }
    }
}

async fn receive_voice(track: &Arc<dyn TrackRemote>, arrivals: Arrivals, playout: Playout) {
    let (packets, thread) = match voice_in::start(Arc::clone(&arrivals.shared), playout) {
        Ok(started) => started,
        Err(error) => {
            tracing::error!(%error, "the voice thread does not start");
            return;
        }
    };
    while let Some(event) = track.poll().await {
        match event {
            TrackRemoteEvent::OnRtpPacket(packet) => {
                arrivals.packet();
                let voice = VoicePacket { sequence: packet.header.sequence_number, payload: packet.payload };
                if !voice.payload.is_empty() && packets.try_send(voice).is_err() {
                    tracing::debug!("the voice thread is late, a packet was dropped");
                }
            }
            TrackRemoteEvent::OnEnded => break,
            _other => {}
        }
    }
    drop(packets);
    join(thread).await;
}

/// Waits for a thread whose queue has been closed; it ends after the picture at hand.
async fn join(thread: JoinHandle<()>) {
    let deadline = tokio::time::Instant::now() + JOIN;
    while !thread.is_finished() && tokio::time::Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
