//! Streams with known faults, and seeded random ones.

use super::*;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

const FIRST_TIMESTAMP: u32 = 90_000;

/// Packets of VP8 pictures; every `key_every`th is a key frame; the payload names the picture.
fn stream(first: u16, pictures: u32, packets_each: u32, key_every: u32) -> Vec<MediaPacket> {
    let mut sequence = first;
    let mut all = Vec::new();
    for picture in 0..pictures {
        for index in 0..packets_each {
            let descriptor = if index == 0 { 0x10 } else { 0x00 };
            let inter = u8::from(picture % key_every != 0);
            let body = [descriptor, inter, picture.to_le_bytes()[0], index.to_le_bytes()[0]];
            all.push(MediaPacket {
                sequence,
                timestamp: FIRST_TIMESTAMP + picture * 3000,
                marker: index + 1 == packets_each,
                payload: Bytes::copy_from_slice(&body),
            });
            sequence = sequence.wrapping_add(1);
        }
    }
    all
}

fn assembler() -> Assembler {
    Assembler::new(VideoCodec::Vp8)
}

/// Number of the picture, from its payload.
fn number(picture: &EncodedPicture) -> u8 {
    picture.data[1]
}

fn pop_all(assembler: &mut Assembler, now: Instant) -> Vec<u8> {
    std::iter::from_fn(|| assembler.pop(now)).map(|picture| number(&picture)).collect()
}

fn push_all<'a>(assembler: &mut Assembler, packets: impl IntoIterator<Item = &'a MediaPacket>) {
    for packet in packets {
        assembler.push(packet.clone());
    }
}

#[test]
fn a_clean_stream_gives_each_picture_with_its_last_packet() {
    let (mut assembler, now) = (assembler(), Instant::now());
    let mut shown = Vec::new();
    for packet in stream(10, 5, 3, 100) {
        let last = packet.marker;
        assembler.push(packet);
        let out = pop_all(&mut assembler, now);
        assert_eq!(out.len(), usize::from(last), "not one packet later");
        shown.extend(out);
    }
    assert_eq!(shown, [0, 1, 2, 3, 4]);
    assert!(!assembler.poll_key_request(now));
    assert_eq!(assembler.counts(), AssemblerCounts { packets: 15, lost: 0, useless: 0 });
}

#[test]
fn the_data_of_a_picture_is_joined_in_order() {
    let (mut assembler, now) = (assembler(), Instant::now());
    push_all(&mut assembler, stream(1, 1, 3, 100).iter().rev());
    let picture = assembler.pop(now).expect("picture");
    assert_eq!(picture.data, [0, 0, 0, 0, 0, 1, 0, 0, 2]);
    assert!(picture.key);
}

#[test]
fn sequence_numbers_wrap_around() {
    let (mut assembler, now) = (assembler(), Instant::now());
    push_all(&mut assembler, &stream(65_530, 6, 3, 100));
    assert_eq!(pop_all(&mut assembler, now), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn a_late_packet_inside_the_window_costs_no_picture() {
    let (mut assembler, now) = (assembler(), Instant::now());
    let mut packets = stream(100, 4, 3, 100);
    let late = packets.remove(4);
    push_all(&mut assembler, &packets);
    assert_eq!(pop_all(&mut assembler, now), [0]);
    assert_eq!(assembler.next_deadline(), Some(now + REORDER_WINDOW));
    assembler.push(late);
    assert_eq!(pop_all(&mut assembler, now + REORDER_WINDOW / 2), [1, 2, 3]);
    assert_eq!(assembler.next_deadline(), None);
    assert!(!assembler.poll_key_request(now + REORDER_WINDOW));
    assert_eq!(assembler.counts().lost, 0);
}

#[test]
fn a_lost_packet_asks_for_a_key_frame_and_skips_until_it_comes() {
    let (mut assembler, now) = (assembler(), Instant::now());
    let mut packets = stream(100, 9, 3, 6);
    packets.remove(4);
    let (before_key, from_key) = packets.split_at(17);
    push_all(&mut assembler, before_key);
    assert_eq!(pop_all(&mut assembler, now), [0]);
    assert!(!assembler.poll_key_request(now), "it may still come");
    let later = now + REORDER_WINDOW;
    assert_eq!(pop_all(&mut assembler, later), [0_u8; 0], "nothing decodable");
    assert!(assembler.poll_key_request(later));
    assert!(!assembler.poll_key_request(later), "asked once");
    assert_eq!(assembler.next_deadline(), Some(later + KEY_REQUEST_INTERVAL));
    assert!(assembler.poll_key_request(later + KEY_REQUEST_INTERVAL), "asked again when it does not come");
    push_all(&mut assembler, from_key);
    assert_eq!(pop_all(&mut assembler, later), [6, 7, 8]);
    assert!(!assembler.poll_key_request(later + KEY_REQUEST_INTERVAL * 3));
    assert_eq!(assembler.counts().lost, 1);
}

#[test]
fn a_whole_key_frame_behind_a_gap_ends_the_wait_at_once() {
    let (mut assembler, now) = (assembler(), Instant::now());
    let mut packets = stream(100, 5, 3, 3);
    packets.remove(4);
    push_all(&mut assembler, &packets);
    assert_eq!(pop_all(&mut assembler, now), [0, 3, 4]);
    assert!(!assembler.poll_key_request(now));
}

#[test]
fn after_a_cut_a_key_frame_is_asked_for_at_once() {
    let (mut assembler, now) = (assembler(), Instant::now());
    let packets = stream(100, 60, 3, 50);
    push_all(&mut assembler, &packets[..9]);
    assert_eq!(pop_all(&mut assembler, now), [0, 1, 2]);
    // Pictures 3 to 29 were sent into the cut.
    push_all(&mut assembler, &packets[90..91]);
    assert_eq!(pop_all(&mut assembler, now), [0_u8; 0]);
    assert!(assembler.poll_key_request(now));
    assert!(!assembler.poll_key_request(now), "asked once");
    push_all(&mut assembler, &packets[91..]);
    assert_eq!(pop_all(&mut assembler, now)[0], 50);
    assert!(!assembler.poll_key_request(now + KEY_REQUEST_INTERVAL));
}

#[test]
fn a_camera_that_paused_lost_nothing() {
    let (mut assembler, now) = (assembler(), Instant::now());
    let mut packets = stream(100, 6, 3, 100);
    for packet in &mut packets[9..] {
        packet.timestamp += 450_000;
    }
    let late = packets.remove(13);
    push_all(&mut assembler, &packets);
    assert_eq!(pop_all(&mut assembler, now), [0, 1, 2, 3]);
    assert!(!assembler.poll_key_request(now));
    assembler.push(late);
    assert_eq!(pop_all(&mut assembler, now), [4, 5]);
}

#[test]
fn a_stream_that_begins_in_the_middle_waits_for_a_key_frame() {
    let (mut assembler, now) = (assembler(), Instant::now());
    let packets = stream(100, 8, 3, 6);
    push_all(&mut assembler, &packets[4..15]);
    let later = now + REORDER_WINDOW;
    assert_eq!(pop_all(&mut assembler, now), [0_u8; 0]);
    assert_eq!(pop_all(&mut assembler, later), [0_u8; 0]);
    assert!(assembler.poll_key_request(later));
    push_all(&mut assembler, &packets[15..]);
    assert_eq!(pop_all(&mut assembler, later), [6, 7]);
}

#[test]
fn duplicates_and_packets_that_were_given_up_change_nothing() {
    let (mut assembler, now) = (assembler(), Instant::now());
    let packets = stream(100, 3, 2, 100);
    push_all(&mut assembler, &packets[..3]);
    push_all(&mut assembler, &packets[2..3]);
    assert_eq!(pop_all(&mut assembler, now), [0]);
    push_all(&mut assembler, &packets[..2]);
    push_all(&mut assembler, &packets[3..]);
    assert_eq!(pop_all(&mut assembler, now), [1, 2]);
    assert_eq!(assembler.counts(), AssemblerCounts { packets: 6, lost: 0, useless: 3 });
}

#[test]
fn padding_between_pictures_is_no_gap() {
    let (mut assembler, now) = (assembler(), Instant::now());
    let packets = stream(100, 1, 2, 100);
    push_all(&mut assembler, &packets);
    for sequence in 102..110 {
        let padding = MediaPacket { payload: Bytes::new(), sequence, marker: false, ..packets[1].clone() };
        assembler.push(padding);
    }
    let mut rest = stream(110, 2, 2, 100);
    for packet in &mut rest {
        packet.timestamp += 3000;
    }
    push_all(&mut assembler, &rest);
    assert_eq!(pop_all(&mut assembler, now).len(), 3);
}

#[test]
fn a_jump_of_the_sender_is_a_new_stream() {
    let (mut assembler, now) = (assembler(), Instant::now());
    push_all(&mut assembler, &stream(100, 2, 3, 100));
    assert_eq!(pop_all(&mut assembler, now), [0, 1]);
    push_all(&mut assembler, &stream(30_000, 3, 3, 100));
    assert_eq!(pop_all(&mut assembler, now), [0, 1, 2]);
}

#[test]
fn a_picture_that_never_ends_is_bounded() {
    let (mut assembler, now) = (assembler(), Instant::now());
    let mut endless = stream(0, 1, 2900, 1);
    endless[2899].marker = false;
    push_all(&mut assembler, &endless);
    assert!(assembler.packets.len() <= MAX_PACKETS);
    assert!(assembler.poll_key_request(now));
}

/// Any mixture of loss, reordering and duplicates: pictures stay in order, whole, never twice, and no
/// picture is shown between a loss and the next key frame. The seed is printed; it replays the run.
#[test]
fn random_faults_never_show_a_broken_picture() {
    for seed in 0..200_u64 {
        let mut random = StdRng::seed_from_u64(seed);
        let packets = stream(random.random(), 60, 4, 8);
        let lost: Vec<bool> = packets.iter().map(|_| random.random_bool(0.04)).collect();
        let mut sent: Vec<(usize, MediaPacket)> = Vec::new();
        for (index, packet) in packets.iter().enumerate().filter(|(index, _)| !lost[*index]) {
            sent.push((index, packet.clone()));
            if random.random_bool(0.05) {
                sent.push((index + 2, packet.clone()));
            }
        }
        // Reordering over a few places, far less than the window.
        for chunk in sent.chunks_mut(5) {
            chunk.shuffle(&mut random);
        }
        let (mut assembler, start) = (assembler(), Instant::now());
        let mut shown: Vec<u8> = Vec::new();
        for (index, packet) in sent {
            let now = start + Duration::from_millis(8) * u32::try_from(index).expect("index");
            assembler.push(packet);
            while let Some(picture) = assembler.pop(now) {
                assert_eq!(picture.data.len(), 12, "seed {seed}: a picture with a hole");
                shown.push(number(&picture));
            }
        }
        let end = start + Duration::from_mins(1);
        shown.extend(pop_all(&mut assembler, end));
        assert!(shown.is_sorted_by(|a, b| a < b), "seed {seed}: {shown:?}");
        for pair in shown.windows(2) {
            assert!(
                pair[1] == pair[0] + 1 || pair[1] % 8 == 0,
                "seed {seed}: {pair:?} skips to no key frame"
            );
        }
        let whole = |key: u8| (0..4).all(|index| !lost[usize::from(key) * 4 + index]);
        for key in (0..60_u8).step_by(8).filter(|&key| whole(key)) {
            assert!(shown.contains(&key), "seed {seed}: key frame {key} arrived whole and was not shown");
        }
    }
}
