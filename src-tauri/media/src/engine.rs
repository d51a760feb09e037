//! Settings of the WebRTC engine: codecs, feedback, chain of interceptors, ICE.

use crate::codec::VideoCodec;
use crate::config::MediaConfig;
use crate::key_requests::KeyRequests;
use crate::repairs::Repairs;
use crate::reports::Reports;
use crate::sdp::OfferedVideo;
use chinhchu_protocol::signal::IceServer;
use rtc::ice::mdns::MulticastDnsMode;
use rtc::interceptor::{NackGeneratorBuilder, NackResponderBuilder, Slot};
use rtc::peer_connection::configuration::media_engine::{
    MIME_TYPE_H264, MIME_TYPE_OPUS, MIME_TYPE_RTX, MIME_TYPE_VP8,
};
use rtc::peer_connection::transport::RTCDtlsRole;
use rtc::rtp_transceiver::rtp_sender::{RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RtpCodecKind};
use std::time::Duration;
use webrtc::error::Result;
use webrtc::peer_connection::{
    MediaEngine, RTCConfiguration, RTCConfigurationBuilder, RTCIceServer, RTCIceTransportPolicy, Registry,
    SettingEngine, SettingEngineBuilder, configure_rtcp_reports, configure_simulcast_extension_headers,
    configure_twcc_receiver_only,
};

/// Repairs are asked for this often and this many times. The generator never sees a repair that came by
/// RTX, so without a limit it would ask for ever.
const NACK_INTERVAL: Duration = Duration::from_millis(60);
const NACKS_PER_PACKET: u16 = 4;
/// Repairs are given for so many packets back: about a second, more than any repair takes. After a cut of seconds
/// the library's own 1,024 would fill a slow line with pictures nobody waits for.
const REPAIRABLE: u16 = 128;
/// `disconnected` after, `failed` after that, and how often the path is tried while nothing flows.
const ICE_DISCONNECTED: Duration = Duration::from_secs(2);
const ICE_FAILED: Duration = Duration::from_secs(13);
const ICE_KEEPALIVE: Duration = Duration::from_secs(1);
/// A path is tried this often, and this many times (10 s) before it counts as dead: a phone that changes
/// its network may need seconds.
const ICE_CHECK: Duration = Duration::from_millis(50);
const ICE_CHECKS: u16 = 200;
/// Before every interceptor of the library, next to the network.
const FIRST_SLOT: usize = 500;
/// Behind every interceptor of the library.
const LAST_SLOT: usize = 14_000;

/// Codecs: exactly the one chosen from the offer, with its retransmissions, and Opus.
pub fn media_engine(video: &OfferedVideo) -> Result<MediaEngine> {
    let mut engine = MediaEngine::default();
    let opus = RTCRtpCodecParameters { rtp_codec: opus_codec(), payload_type: 111 };
    engine.register_codec(opus, RtpCodecKind::Audio)?;
    let parameters =
        RTCRtpCodecParameters { rtp_codec: video_codec(video), payload_type: video.payload_type };
    engine.register_codec(parameters, RtpCodecKind::Video)?;
    if let Some(payload_type) = video.rtx {
        let rtp_codec = RTCRtpCodec {
            mime_type: MIME_TYPE_RTX.to_owned(),
            clock_rate: 90_000,
            channels: 0,
            sdp_fmtp_line: format!("apt={}", video.payload_type),
            rtcp_feedback: Vec::new(),
        };
        engine.register_codec(RTCRtpCodecParameters { rtp_codec, payload_type }, RtpCodecKind::Video)?;
    }
    Ok(engine)
}

/// Opus as it is negotiated.
pub fn opus_codec() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_OPUS.to_owned(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: String::from("minptime=10;useinbandfec=1"),
        rtcp_feedback: Vec::new(),
    }
}

/// The video codec as it is negotiated.
pub fn video_codec(video: &OfferedVideo) -> RTCRtpCodec {
    let mime_type = match video.codec {
        VideoCodec::H264 => MIME_TYPE_H264,
        VideoCodec::Vp8 => MIME_TYPE_VP8,
    };
    let feedback = |typ: &str, parameter: &str| RTCPFeedback { typ: typ.into(), parameter: parameter.into() };
    RTCRtpCodec {
        mime_type: mime_type.to_owned(),
        clock_rate: 90_000,
        channels: 0,
        sdp_fmtp_line: video.fmtp.clone(),
        rtcp_feedback: vec![feedback("ccm", "fir"), feedback("nack", ""), feedback("nack", "pli")],
    }
}

/// The chain, built by hand: the library's default asks for repairs without end.
pub fn interceptors(engine: &mut MediaEngine) -> Result<Registry> {
    configure_simulcast_extension_headers(engine)?;
    let registry = configure_twcc_receiver_only(Registry::new(), engine)?;
    let nack = NackGeneratorBuilder::new()
        .with_interval(NACK_INTERVAL)
        .with_max_nacks_per_packet(NACKS_PER_PACKET)
        .build();
    Ok(configure_rtcp_reports(registry)
        .with(Slot::NackGenerator, Repairs::new(nack))
        .with(Slot::NackResponder, NackResponderBuilder::new().with_size(REPAIRABLE).build())
        .with(Slot::Custom(FIRST_SLOT), Reports::default())
        .with(Slot::Custom(LAST_SLOT), KeyRequests::default()))
}

/// ICE and DTLS. No multicast DNS: it fails on machines without a multicast route, and peer-reflexive
/// candidates do its work. The page is the DTLS client: this library holds its own `ClientHello` back until
/// its next timer (up to 200 ms), while a browser sends one as soon as it has a path. An ICE restart binds and
/// gathers anew: the workstation's own address, and its relays, may be others than before.
pub fn settings() -> SettingEngine {
    SettingEngineBuilder::new()
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .with_answering_dtls_role(RTCDtlsRole::Server)
        .with_ice_connection_attempts(Some(ICE_CHECK), Some(ICE_CHECKS))
        .with_discard_local_candidates_during_ice_restart(true)
        .with_ice_timeouts(Some(ICE_DISCONNECTED), Some(ICE_FAILED), Some(ICE_KEEPALIVE))
        .build()
}

/// STUN and TURN. What this library cannot do ([`left_out`]) is not named to it.
pub fn configuration(config: &MediaConfig) -> RTCConfiguration {
    let servers = config
        .ice_servers
        .iter()
        .filter_map(|server| {
            let urls: Vec<String> = server.urls.iter().filter(|url| supported(url)).cloned().collect();
            (!urls.is_empty()).then(|| RTCIceServer {
                urls,
                username: server.username.clone().unwrap_or_default(),
                credential: server.credential.clone().unwrap_or_default(),
            })
        })
        .collect();
    let policy = if config.relay_only { RTCIceTransportPolicy::Relay } else { RTCIceTransportPolicy::All };
    RTCConfigurationBuilder::new().with_ice_servers(servers).with_ice_transport_policy(policy).build()
}

/// How many of the servers' URLs cannot be used: TURN over TCP or TLS, or of no known kind.
pub fn left_out(servers: &[IceServer]) -> u32 {
    let unusable = servers.iter().flat_map(|server| &server.urls).filter(|url| !supported(url)).count();
    u32::try_from(unusable).unwrap_or(u32::MAX)
}

/// Where to listen: every interface; on a machine without a network, this machine alone.
pub fn listen_addresses() -> Vec<String> {
    let networked = rtc::shared::ifaces::ifaces()
        .is_ok_and(|all| all.iter().filter_map(|one| one.addr).any(|addr| !addr.ip().is_loopback()));
    if networked {
        vec![String::from("0.0.0.0:0"), String::from("[::]:0")]
    } else {
        vec![String::from("127.0.0.1:0")]
    }
}

fn supported(url: &str) -> bool {
    let url = url.to_ascii_lowercase();
    (url.starts_with("stun:") || url.starts_with("turn:")) && !url.contains("transport=tcp")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turn_over_tcp_and_tls_is_left_out() {
        for (url, expected) in [
            ("stun:a:3478", true),
            ("turn:a:3478", true),
            ("turn:a:3478?transport=udp", true),
            ("turn:a:3478?transport=tcp", false),
            ("turns:a:5349", false),
        ] {
            assert_eq!(supported(url), expected, "{url}");
        }
        let urls = ["turn:a:3478?transport=udp", "turn:a:3478?transport=tcp", "turns:a:5349"];
        let urls = urls.map(str::to_owned).to_vec();
        assert_eq!(left_out(&[IceServer { urls, username: None, credential: None }]), 2);
    }
}
