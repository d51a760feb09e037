//! One peer connection: answers offers, takes and gives candidates, ends everything it started.

use crate::codec::VideoCodec;
use crate::config::MediaConfig;
use crate::outgoing::{Outgoing, PictureLine, VoiceLine};
use crate::receive::Arrivals;
use crate::sdp::{OfferedVideo, choose_video, fingerprints, with_start_bitrate};
use crate::shared::Shared;
use crate::sound::playout::Playout;
use crate::stats::Fingerprints;
use crate::{engine, receive, send};
use rtc::media_stream::MediaStreamTrack;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_remote::TrackRemote;
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceCandidateInit,
    RTCPeerConnectionIceEvent, RTCPeerConnectionState, RTCSessionDescription,
};
use webrtc::rtp_transceiver::RtpSender;

/// Each step of a negotiation takes milliseconds; this only bounds the impossible.
const STEP: Duration = Duration::from_secs(5);
/// How long closing may take before the tasks are cut off.
const CLOSE: Duration = Duration::from_secs(1);

/// Why an offer was not answered.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// No video codec in common, or no video at all.
    #[error("the offer has no video this build speaks")]
    NoCodec,
    /// The engine refuses; its own words may hold addresses of the page, so they are not shown (I9).
    #[error("the engine refuses")]
    Engine(#[from] webrtc::error::Error),
    /// The engine does not come back.
    #[error("the engine does not answer")]
    Slow,
}

/// What a connection tells.
pub enum PeerEvent {
    /// A candidate of ours.
    Candidate(RTCIceCandidateInit),
    /// Its state.
    State(RTCPeerConnectionState),
    /// A stream of the page has begun.
    Track(Arc<dyn TrackRemote>),
}

/// Events with the number of the connection they belong to.
pub type PeerEvents = mpsc::Sender<(u32, PeerEvent)>;

/// See the module.
pub struct Peer {
    /// The page's number of this connection.
    pub connection: u32,
    /// Our own, by [`Shared::begin_connection`].
    number: u64,
    engine: Arc<dyn PeerConnection>,
    video: OfferedVideo,
    picture: LocalTrack,
    voice: LocalTrack,
    sending: bool,
    tasks: JoinSet<()>,
}

/// A stream of ours.
struct LocalTrack {
    track: Arc<TrackLocalStaticRTP>,
    sender: Arc<dyn RtpSender>,
    ssrc: u32,
}

impl Peer {
    /// Builds a connection for this offer; [`Self::answer`] comes next.
    pub async fn new(
        connection: u32,
        offer: &str,
        config: &MediaConfig,
        shared: &Shared,
        events: PeerEvents,
    ) -> Result<Self, PeerError> {
        let number = shared.begin_connection();
        let video = choose_video(offer).ok_or(PeerError::NoCodec)?;
        let mut media = engine::media_engine(&video)?;
        let registry = engine::interceptors(&mut media)?;
        let builder = PeerConnectionBuilder::new()
            .with_configuration(engine::configuration(config))
            .with_media_engine(media)
            .with_interceptor_registry(registry)
            .with_setting_engine(engine::settings())
            .with_handler(Arc::new(Handler { connection, events }))
            .with_udp_addrs(engine::listen_addresses());
        let engine: Arc<dyn PeerConnection> = Arc::new(Box::pin(bounded(builder.build())).await?);
        let picture = add_track(&engine, RtpCodecKind::Video, engine::video_codec(&video)).await?;
        let voice = add_track(&engine, RtpCodecKind::Audio, engine::opus_codec()).await?;
        Ok(Self { connection, number, engine, video, picture, voice, sending: false, tasks: JoinSet::new() })
    }

    /// The negotiated video codec.
    pub fn codec(&self) -> VideoCodec {
        self.video.codec
    }

    /// Answers an offer of this connection: the first one, or a renegotiation (ICE restart).
    pub async fn answer(&mut self, offer: &str) -> Result<(String, Option<Fingerprints>), PeerError> {
        let remote = RTCSessionDescription::offer(offer.to_owned())?;
        bounded(self.engine.set_remote_description(remote)).await?;
        let answer = bounded(self.engine.create_answer(None)).await?;
        bounded(self.engine.set_local_description(answer.clone())).await?;
        let sdp = with_start_bitrate(&answer.sdp, self.video.payload_type);
        let fingerprints = fingerprints(&sdp, offer);
        Ok((sdp, fingerprints))
    }

    /// Takes a candidate of the page. One that cannot be used (`.local` names) is no error.
    pub async fn add_candidate(&self, candidate: RTCIceCandidateInit) {
        if bounded(self.engine.add_ice_candidate(candidate)).await.is_err() {
            tracing::debug!(connection = self.connection, "a candidate is not usable");
        }
    }

    /// The connection is connected: begin to send, with the payload types that were negotiated.
    pub async fn begin_sending(
        &mut self,
        outgoing: &Outgoing,
        shared: &Arc<Shared>,
    ) -> Result<(), PeerError> {
        if self.sending {
            return Ok(());
        }
        let codec = self.video.codec;
        let picture_type =
            self.picture.payload_type(|mime| VideoCodec::from_mime(mime) == Some(codec)).await?;
        let voice_type = self.voice.payload_type(|mime| mime.eq_ignore_ascii_case("audio/opus")).await?;
        let (picture_line, pictures) = PictureLine::new(self.connection, codec);
        let (voice_line, voices) = VoiceLine::new();
        let key_wanted = Arc::clone(&picture_line.key_wanted);
        let target = send::Target::new(&self.picture.track, self.picture.ssrc, picture_type);
        self.tasks.spawn(send::pictures(target, codec, pictures, Arc::clone(shared)));
        self.tasks.spawn(send::key_requests(Arc::clone(&self.picture.track), key_wanted));
        let target = send::Target::new(&self.voice.track, self.voice.ssrc, voice_type);
        self.tasks.spawn(send::voices(target, voices));
        outgoing.set(Some(picture_line), Some(voice_line));
        self.sending = true;
        Ok(())
    }

    /// A stream of the page has begun: receive it until it ends.
    pub fn receive(&mut self, track: Arc<dyn TrackRemote>, shared: &Arc<Shared>, playout: &Playout) {
        let arrivals = Arrivals { shared: Arc::clone(shared), connection: self.number };
        self.tasks.spawn(receive::receive(track, self.video.codec, arrivals, playout.clone()));
    }

    /// Ends the connection and all its tasks, within about a second.
    pub async fn close(mut self) {
        if !matches!(timeout(CLOSE, self.engine.close()).await, Ok(Ok(()))) {
            tracing::warn!(connection = self.connection, "the engine did not close cleanly");
        }
        let ended = timeout(CLOSE, async { while self.tasks.join_next().await.is_some() {} }).await;
        if ended.is_err() {
            tracing::debug!(connection = self.connection, "tasks are cut off");
            self.tasks.shutdown().await;
        }
    }
}

impl LocalTrack {
    async fn payload_type(&self, wanted: impl Fn(&str) -> bool) -> Result<u8, PeerError> {
        let parameters = bounded(self.sender.get_parameters()).await?;
        parameters
            .rtp_parameters
            .codecs
            .iter()
            .find(|codec| wanted(&codec.rtp_codec.mime_type))
            .map(|codec| codec.payload_type)
            .ok_or(PeerError::NoCodec)
    }
}

async fn add_track(
    engine: &Arc<dyn PeerConnection>,
    kind: RtpCodecKind,
    codec: RTCRtpCodec,
) -> Result<LocalTrack, PeerError> {
    let ssrc = rand::random();
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() },
        codec,
        ..Default::default()
    };
    // One stream for both, so that the page plays them together.
    let name = if kind == RtpCodecKind::Video { "agent-video" } else { "agent-audio" };
    let media = MediaStreamTrack::new("agent".into(), name.into(), name.into(), kind, vec![encoding]);
    let track = Arc::new(TrackLocalStaticRTP::new(media));
    let sender = bounded(engine.add_track(Arc::clone(&track) as Arc<dyn TrackLocal>)).await?;
    Ok(LocalTrack { track, sender, ssrc })
}

async fn bounded<T>(step: impl Future<Output = webrtc::error::Result<T>>) -> Result<T, PeerError> {
    Ok(timeout(STEP, step).await.map_err(|_| PeerError::Slow)??)
}

/// Called on the engine's own task: it must not wait.
struct Handler {
    connection: u32,
    events: PeerEvents,
}

impl Handler {
    fn tell(&self, event: PeerEvent) {
        if self.events.try_send((self.connection, event)).is_err() {
            tracing::warn!(connection = self.connection, "an event of the engine was dropped");
        }
    }
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_candidate(&self, event: RTCPeerConnectionIceEvent) {
        if let Ok(candidate) = event.candidate.to_json() {
            self.tell(PeerEvent::Candidate(candidate));
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.tell(PeerEvent::State(state));
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        self.tell(PeerEvent::Track(track));
    }
}
