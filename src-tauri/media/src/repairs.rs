//! No repairs of what was lost in a cut. The library's generator asks for every missing packet it can count (512),
//! and the page sends repairs before anything new: the key frame that ends a cut would wait behind pictures that
//! nobody shows any more.

use crate::assemble::CUT;
use rtc::interceptor::{Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtp::header::Header;
use rtc::sansio::Protocol;
use rtc::shared::error::Error;
use std::collections::HashMap;
use std::time::Instant;

/// Around the generator: after a cut it begins anew with the packet that came.
pub struct Repairs<G> {
    generator: G,
    streams: HashMap<u32, Stream>,
}

struct Stream {
    info: StreamInfo,
    /// Sequence number and timestamp of the newest packet.
    newest: Option<(u16, u32)>,
}

impl<G: Interceptor> Repairs<G> {
    /// Around this generator.
    pub fn new(generator: G) -> Self {
        Self { generator, streams: HashMap::new() }
    }

    fn look_at(&mut self, header: &Header) {
        let Some(stream) = self.streams.get_mut(&header.ssrc) else { return };
        if stream.comes_after_a_cut(header) {
            self.generator.unbind_remote_stream(&stream.info);
            self.generator.bind_remote_stream(&stream.info);
        }
    }
}

impl Stream {
    /// Notes a packet.
    fn comes_after_a_cut(&mut self, header: &Header) -> bool {
        let now = (header.sequence_number, header.timestamp);
        let Some((sequence, timestamp)) = self.newest else {
            self.newest = Some(now);
            return false;
        };
        let ahead = now.0.wrapping_sub(sequence).cast_signed();
        if ahead > 0 {
            self.newest = Some(now);
        }
        ahead > 1 && now.1.wrapping_sub(timestamp).cast_signed() > CUT
    }
}

impl<G: Interceptor> Protocol<TaggedPacket, TaggedPacket, ()> for Repairs<G> {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtp(rtp) = &packet.message.packet {
            self.look_at(&rtp.header);
        }
        self.generator.handle_read(packet)
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.generator.poll_read()
    }

    fn handle_write(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        self.generator.handle_write(packet)
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.generator.poll_write()
    }

    fn handle_event(&mut self, event: ()) -> Result<(), Error> {
        self.generator.handle_event(event)
    }

    fn poll_event(&mut self) -> Option<()> {
        self.generator.poll_event()
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        self.generator.handle_timeout(now)
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        self.generator.poll_timeout()
    }

    fn close(&mut self) -> Result<(), Error> {
        self.generator.close()
    }
}

impl<G: Interceptor> Interceptor for Repairs<G> {
    fn bind_local_stream(&mut self, info: &StreamInfo) {
        self.generator.bind_local_stream(info);
    }

    fn unbind_local_stream(&mut self, info: &StreamInfo) {
        self.generator.unbind_local_stream(info);
    }

    fn bind_remote_stream(&mut self, info: &StreamInfo) {
        self.streams.insert(info.ssrc, Stream { info: info.clone(), newest: None });
        self.generator.bind_remote_stream(info);
    }

    fn unbind_remote_stream(&mut self, info: &StreamInfo) {
        self.streams.remove(&info.ssrc);
        self.generator.unbind_remote_stream(info);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtc::interceptor::{AttributedPacket, NackGeneratorBuilder, RTCPFeedback};
    use rtc::rtcp::transport_feedbacks::transport_layer_nack::{NackPair, TransportLayerNack};
    use rtc::shared::TransportContext;
    use std::time::Duration;

    const SSRC: u32 = 7;
    const PICTURE: u32 = 3_000;

    fn repairs() -> Repairs<impl Interceptor> {
        let mut repairs = Repairs::new(NackGeneratorBuilder::new().build());
        let feedback = RTCPFeedback { typ: "nack".into(), parameter: String::new() };
        repairs.bind_remote_stream(&StreamInfo {
            ssrc: SSRC,
            rtcp_feedback: vec![feedback],
            ..StreamInfo::default()
        });
        repairs
    }

    /// What is asked for when these packets (sequence number, timestamp) have come.
    fn asked(packets: &[(u16, u32)]) -> Vec<u16> {
        let (mut repairs, now) = (repairs(), Instant::now());
        for &(sequence_number, timestamp) in packets {
            let header = Header { ssrc: SSRC, sequence_number, timestamp, ..Header::default() };
            let packet = rtc::rtp::Packet { header, ..rtc::rtp::Packet::default() };
            let message = AttributedPacket::new(Packet::Rtp(packet));
            let tagged = TaggedPacket { now, transport: TransportContext::default(), message };
            repairs.handle_read(tagged).expect("taken");
        }
        repairs.handle_timeout(now + Duration::from_secs(1)).expect("in time");
        let mut asked = Vec::new();
        while let Some(packet) = repairs.poll_write() {
            let Packet::Rtcp(all) = packet.message.packet else { continue };
            for nack in all.iter().filter_map(|one| one.as_any().downcast_ref::<TransportLayerNack>()) {
                asked.extend(nack.nacks.iter().flat_map(NackPair::packet_list));
            }
        }
        asked
    }

    #[test]
    fn what_was_lost_on_the_way_is_asked_for() {
        assert_eq!(asked(&[(1, 0), (2, PICTURE), (5, 3 * PICTURE), (6, 3 * PICTURE)]), [3, 4]);
    }

    #[test]
    fn what_was_lost_in_a_cut_is_not() {
        let back = 5 * 90_000;
        assert_eq!(asked(&[(1, 0), (3, PICTURE), (90, back), (91, back), (93, back + PICTURE)]), [92]);
        let wrapped = u32::MAX.wrapping_add(back);
        assert_eq!(asked(&[(u16::MAX, u32::MAX), (60, wrapped), (62, wrapped)]), [61]);
    }

    #[test]
    fn a_pause_of_the_camera_and_a_late_packet_are_no_cut() {
        let later = 5 * 90_000;
        assert_eq!(asked(&[(1, 0), (4, PICTURE), (5, later), (3, PICTURE), (7, later + PICTURE)]), [2, 6]);
    }
}
