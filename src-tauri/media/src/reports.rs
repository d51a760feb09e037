//! The reports of what arrived say nothing of what was sent into a cut. A browser takes such a packet for lost on
//! the way, sends it again by itself, and before anything new: the picture would be late by up to 2 s, with
//! nothing asked for (its early loss detection, seen with Chromium 156).

use rtc::interceptor::{Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp::transport_feedbacks::transport_layer_cc::{
    PacketStatusChunk, SymbolTypeTcc, TransportLayerCc,
};
use rtc::sansio::Protocol;
use rtc::shared::error::Error;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Voice alone is 50 packets a second: without any for so long, the path was cut.
const CUT: Duration = Duration::from_millis(700);
/// Packets kept between two polls of the chain; it is polled after every packet.
const MOST: usize = 1024;

/// Belongs first in the chain (next to the network): it must see every report.
#[derive(Default)]
pub struct Reports {
    inbound: VecDeque<TaggedPacket>,
    outbound: VecDeque<TaggedPacket>,
    newest: Option<Instant>,
    /// A cut is over, and the report that tells of it has not gone out.
    after_a_cut: bool,
}

impl Reports {
    fn arrived(&mut self, now: Instant) {
        let before = self.newest.replace(now);
        self.after_a_cut |= before.is_some_and(|before| now.saturating_duration_since(before) > CUT);
    }
}

/// Lets a report begin with the first packet that came.
fn begin_with_what_came(report: &mut TransportLayerCc) {
    let mut missing = 0_u16;
    let chunks = report.packet_chunks.iter().take_while(|chunk| match chunk {
        PacketStatusChunk::RunLengthChunk(run)
            if run.packet_status_symbol == SymbolTypeTcc::PacketNotReceived =>
        {
            missing = missing.wrapping_add(run.run_length);
            true
        }
        _others => false,
    });
    let runs = chunks.count();
    report.packet_chunks.drain(..runs);
    report.base_sequence_number = report.base_sequence_number.wrapping_add(missing);
    report.packet_status_count = report.packet_status_count.saturating_sub(missing);
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Reports {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, packet: TaggedPacket) -> Result<(), Self::Error> {
        if matches!(packet.message.packet, Packet::Rtp(_)) {
            self.arrived(packet.now);
        }
        if self.inbound.len() < MOST {
            self.inbound.push_back(packet);
        }
        Ok(())
    }

    fn poll_read(&mut self) -> Option<Self::Rout> {
        self.inbound.pop_front()
    }

    fn handle_write(&mut self, mut packet: TaggedPacket) -> Result<(), Self::Error> {
        if self.after_a_cut
            && let Packet::Rtcp(all) = &mut packet.message.packet
        {
            for one in all {
                if let Some(report) = one.as_any().downcast_ref::<TransportLayerCc>() {
                    let mut report = report.clone();
                    begin_with_what_came(&mut report);
                    *one = Box::new(report);
                    self.after_a_cut = false;
                }
            }
        }
        if self.outbound.len() < MOST {
            self.outbound.push_back(packet);
        }
        Ok(())
    }

    fn poll_write(&mut self) -> Option<Self::Wout> {
        self.outbound.pop_front()
    }
}

impl Interceptor for Reports {
    fn bind_local_stream(&mut self, _info: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _info: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _info: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _info: &StreamInfo) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtc::interceptor::AttributedPacket;
    use rtc::rtcp::transport_feedbacks::transport_layer_cc::{RunLengthChunk, StatusChunkTypeTcc};
    use rtc::shared::TransportContext;

    fn tagged(now: Instant, packet: Packet) -> TaggedPacket {
        TaggedPacket { now, transport: TransportContext::default(), message: AttributedPacket::new(packet) }
    }

    fn run(packet_status_symbol: SymbolTypeTcc, run_length: u16) -> PacketStatusChunk {
        let type_tcc = StatusChunkTypeTcc::RunLengthChunk;
        PacketStatusChunk::RunLengthChunk(RunLengthChunk { type_tcc, packet_status_symbol, run_length })
    }

    /// 300 packets missing, then 4 there, the first of them after `pause`: what reports say, twice.
    fn reported(pause: Duration) -> Vec<(u16, u16, usize)> {
        let (mut reports, start) = (Reports::default(), Instant::now());
        for now in [start, start + pause] {
            let packet = tagged(now, Packet::Rtp(rtc::rtp::Packet::default()));
            reports.handle_read(packet).expect("taken");
            assert!(reports.poll_read().is_some(), "passed on");
        }
        let report = TransportLayerCc {
            base_sequence_number: 65_500,
            packet_status_count: 304,
            packet_chunks: vec![
                run(SymbolTypeTcc::PacketNotReceived, 300),
                run(SymbolTypeTcc::PacketReceivedSmallDelta, 4),
            ],
            ..TransportLayerCc::default()
        };
        let mut said = Vec::new();
        for _ in 0..2 {
            let packet = tagged(start + pause, Packet::Rtcp(vec![Box::new(report.clone())]));
            reports.handle_write(packet).expect("taken");
            let Some(Packet::Rtcp(all)) = reports.poll_write().map(|packet| packet.message.packet) else {
                panic!("passed on");
            };
            let one = all[0].as_any().downcast_ref::<TransportLayerCc>().expect("a report");
            said.push((one.base_sequence_number, one.packet_status_count, one.packet_chunks.len()));
        }
        said
    }

    #[test]
    fn the_first_report_after_a_cut_begins_with_what_came() {
        assert_eq!(reported(Duration::from_secs(5)), [(264, 4, 1), (65_500, 304, 2)]);
    }

    #[test]
    fn what_was_lost_on_the_way_is_reported() {
        assert_eq!(reported(Duration::from_millis(200)), [(65_500, 304, 2), (65_500, 304, 2)]);
    }
}
