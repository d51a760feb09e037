//! The whole media path against a real browser: H.264 and VP8, both ways, with all that a phone does.

mod browser;

use browser::lossy::Badness;
use browser::turn::Turn;
use browser::{Browser, Call, until};
use chinhchu_media::{CallMedia, CameraChoice, Frame, MediaEvent, SoundChoice};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

const SETUP: Duration = Duration::from_secs(30);
const STEP: Duration = Duration::from_secs(10);
/// One browser at a time: several of them at once starve each other on a small machine.
static TURN: Mutex<()> = Mutex::const_new(());

/// S11, S13: they see and hear each other.
async fn both_see_and_hear(codec: &str) {
    let _turn = TURN.lock().await;
    let call = Call::start(CameraChoice::Synthetic, SoundChoice::Synthetic).await;
    let browser = Browser::open(call.address, codec, 1);
    until("a first decoded picture", SETUP, || call.remote.first_at().is_some()).await;
    println!("{codec}: offer to picture {:?}", call.offer_to_picture());
    println!("{:?}", call.timeline());
    tokio::time::sleep(Duration::from_millis(1500)).await;
    until("25 pictures a second at 640×480", STEP, || {
        let stats = call.stats();
        stats.fps >= 25 && (stats.width, stats.height) == (640, 480)
    })
    .await;
    let first = call.remote.last().expect("picture");
    until("the picture moves", STEP, || call.remote.last().is_some_and(|last| last.y != first.y)).await;
    assert!(is_chromiums_camera(&first), "the customer's picture is Chromium's green test picture");
    let own = call.own.last().expect("own picture");
    assert!(!is_chromiums_camera(&own), "the agent's test picture is told apart from it");

    until("the page decodes our picture", STEP, || {
        let report = call.report();
        report.video_decoded > 30 && report.video_width == 640
    })
    .await;
    assert_eq!(call.report().codec, format!("video/{codec}"));
    assert_eq!(call.stats().codec.map(str::to_lowercase), Some(codec.to_lowercase()));
    until("the page hears our tone", STEP, || call.report().voice_energy > 0.001).await;
    until("we hear the page's beep", STEP, || {
        let stats = call.stats();
        stats.voice_packets > 50 && stats.voice_peak > 0.01
    })
    .await;
    assert!(call.with_media(CallMedia::media_age).expect("media") < Duration::from_millis(500));
    let (_, age) = call.with_media(CallMedia::latest_remote).expect("picture");
    assert!(age < Duration::from_millis(500), "{age:?}");
    let fingerprints = call.stats().fingerprints.expect("fingerprints");
    assert!(fingerprints.local.starts_with("sha-256 ") && fingerprints.remote.starts_with("sha-256 "));
    assert_ne!(fingerprints.local, fingerprints.remote);
    assert!(call.events().contains(&MediaEvent::Connected) && call.events().contains(&MediaEvent::Flowing));
    assert!(call.stop_media().await < Duration::from_secs(3), "stop is bounded");
    browser.kill().await;
    call.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h264_both_ways() {
    both_see_and_hear("H264").await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vp8_both_ways() {
    both_see_and_hear("VP8").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_killed_and_opened_again_is_seen_again() {
    let _turn = TURN.lock().await;
    let call = Call::start(CameraChoice::None, SoundChoice::None).await;
    let first = Browser::open(call.address, "H264", 1);
    until("a first decoded picture", SETUP, || call.remote.first_at().is_some()).await;
    until("the page decodes the card of an agent without a camera", STEP, || call.report().video_decoded > 3)
        .await;
    let fingerprints = call.stats().fingerprints.expect("fingerprints");
    first.kill().await;
    until("the media is reported as stalled", STEP, || call.events().contains(&MediaEvent::Stalled)).await;
    assert!(call.with_media(CallMedia::media_age).expect("media") >= Duration::from_secs(2));
    call.forget();
    let second = Browser::open(call.address, "H264", 2);
    until("a picture of the new page", SETUP, || call.remote.first_at().is_some()).await;
    until("the new page decodes our picture", STEP, || call.report().video_decoded > 3).await;
    until("the media flows again", STEP, || call.events().contains(&MediaEvent::Flowing)).await;
    assert_ne!(call.stats().fingerprints.expect("fingerprints").remote, fingerprints.remote);
    second.kill().await;
    call.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ice_restart_of_the_page_keeps_the_picture() {
    let _turn = TURN.lock().await;
    let call = Call::start(CameraChoice::Synthetic, SoundChoice::None).await;
    let browser = Browser::open(call.address, "H264", 1);
    until("a first decoded picture", SETUP, || call.remote.first_at().is_some()).await;
    let answers = || {
        let is_answer =
            |event: &MediaEvent| format!("{event:?}").starts_with("Signal(Answer { connection: 1");
        call.events().iter().filter(|event| is_answer(event)).count()
    };
    assert_eq!(answers(), 1);
    call.restart_ice();
    until("the second offer of the same connection is answered", STEP, || answers() == 2).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = call.stats().frames_decoded;
    until("pictures go on", STEP, || call.stats().frames_decoded > before + 30).await;
    let sent = call.report().video_decoded;
    until("ours go on too", STEP, || call.report().video_decoded > sent + 10).await;
    browser.kill().await;
    call.end().await;
}

/// F3: the page's last resort. What the connection before has shown is not live any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_connection_of_the_same_page_shows_a_picture_of_its_own() {
    let _turn = TURN.lock().await;
    let call = Call::start(CameraChoice::Synthetic, SoundChoice::None).await;
    let browser = Browser::open(call.address, "H264", 1);
    until("a first decoded picture", SETUP, || call.remote.first_at().is_some()).await;
    call.forget();
    let before = Instant::now();
    call.reconnect();
    until("the old picture is not live", STEP, || call.with_media(CallMedia::latest_remote).is_none()).await;
    until("a picture of the new connection", STEP, || call.remote.first_at().is_some()).await;
    println!("new connection: picture after {:?}", before.elapsed());
    until("the page decodes ours", STEP, || call.report().video_decoded > 10).await;
    browser.kill().await;
    call.end().await;
}

/// The agent's program is killed in a call and started again: an ICE restart of the page finds a fresh engine,
/// with another certificate, and need not wait for a new connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workstation_started_again_answers_an_ice_restart_of_the_old_connection() {
    let _turn = TURN.lock().await;
    let call = Call::start(CameraChoice::Synthetic, SoundChoice::None).await;
    let browser = Browser::open(call.address, "H264", 1);
    until("a first decoded picture", SETUP, || call.report().video_decoded > 5).await;
    call.restart_workstation().await;
    call.forget();
    let before = Instant::now();
    call.restart_ice();
    until("a picture in the new run", STEP, || call.remote.first_at().is_some()).await;
    println!("workstation started again: picture {:?} after the ICE restart", before.elapsed());
    let seen = call.report().video_decoded;
    until("the page decodes ours again", STEP, || call.report().video_decoded > seen + 10).await;
    browser.kill().await;
    call.end().await;
}

/// Behind firewalls: everything through TURN over UDP, at both ends; an ICE restart gets relays of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_ends_meet_through_turn_alone_also_after_an_ice_restart_and_a_new_connection() {
    let _turn = TURN.lock().await;
    let relay = Turn::start().await;
    let mut config = browser::config(CameraChoice::Synthetic, SoundChoice::Synthetic);
    config.relay_only = true;
    config.ice_servers = vec![relay.server()];
    let call = Call::start_with(config, None).await;
    let browser = Browser::open_through(call.address, "H264", 1, &[relay.server()]);
    until("a first decoded picture", SETUP, || call.remote.first_at().is_some()).await;
    println!("relayed: offer to picture {:?}", call.offer_to_picture());
    until("the page decodes ours", STEP, || call.report().video_decoded > 10 && call.report().relayed).await;
    assert_eq!(call.stats().relays_left_out, 1, "TURN over TCP is left out and counted");
    let own: Vec<String> = call.own_candidates();
    assert!(!own.is_empty() && own.iter().all(|candidate| candidate.contains(" typ relay ")), "{own:?}");

    for (what, again) in
        [("ICE restart", Call::restart_ice as fn(&Call)), ("new connection", Call::reconnect)]
    {
        let known = call.own_candidates().len();
        again(&call);
        until("relays of its own", STEP, || call.own_candidates().len() > known).await;
        let (decoded, seen) = (call.stats().frames_decoded, call.report().video_decoded);
        until("pictures go on", STEP, || call.stats().frames_decoded > decoded + 30).await;
        until("ours too", STEP, || call.report().video_decoded != seen && call.report().relayed).await;
        println!("{what} through TURN: done");
    }
    browser.kill().await;
    call.end().await;
}

/// 5 % loss each way and a round trip of 80 ms cost single pictures, not the call.
async fn a_bad_network_is_borne(codec: &str) {
    let _turn = TURN.lock().await;
    let badness = Badness { loss: 0.05, delay: Duration::from_millis(40) };
    let call = Call::start_over(CameraChoice::Synthetic, SoundChoice::Synthetic, Some(badness)).await;
    let browser = Browser::open(call.address, codec, 1);
    until("a first decoded picture", SETUP, || call.remote.first_at().is_some()).await;
    println!("{codec}, bad network: offer to picture {:?}", call.offer_to_picture());
    tokio::time::sleep(Duration::from_secs(2)).await;
    call.remote.clear();
    let (before, seen_before) = (call.stats(), call.report().video_decoded);
    tokio::time::sleep(Duration::from_secs(10)).await;
    let (after, seen) = (call.stats(), call.report().video_decoded - seen_before);
    let decoded = after.frames_decoded - before.frames_decoded;
    let lost = after.lost - before.lost;
    let gap = call.remote.longest_gap();
    println!(
        "{codec}: 10 s, {decoded} decoded, page {seen}, {lost} packets lost for good, longest gap {gap:?}"
    );
    assert!(decoded > 200, "{decoded} pictures in 10 s");
    assert!(gap < Duration::from_millis(1500), "{gap:?} without a picture");
    assert!(seen > 150, "the page saw {seen} pictures in 10 s");
    assert!(call.report().voice_energy > 0.001 && after.voice_peak > 0.01);
    browser.kill().await;
    call.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h264_over_a_bad_network() {
    a_bad_network_is_borne("H264").await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vp8_over_a_bad_network() {
    a_bad_network_is_borne("VP8").await;
}

/// Green all over: far from our warm figure.
fn is_chromiums_camera(frame: &Frame) -> bool {
    let mean = |plane: &[u8]| plane.iter().map(|&value| u64::from(value)).sum::<u64>() / plane.len() as u64;
    mean(&frame.v) < 110
}
