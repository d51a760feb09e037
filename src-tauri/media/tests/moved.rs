//! The network of both ends gets another address in mid-call (Wi-Fi → mobile, a VPN that comes up): an ICE
//! restart of the page must find the workstation where it is now, not where it was.
//!
//! Runs in a network namespace of its own: the test starts itself again inside, where it may change addresses.
#![cfg(target_os = "linux")]

mod browser;

use browser::{Browser, Call, until};
use chinhchu_media::{CameraChoice, SoundChoice};
use std::process::Command;
use std::time::{Duration, Instant};

const SETUP: Duration = Duration::from_secs(30);
const STEP: Duration = Duration::from_secs(15);
/// The page's patience with a restart that brings nothing.
const AGAIN: Duration = Duration::from_millis(2_500);
const INSIDE: &str = "MEDIA_TEST_INSIDE";

fn ip(arguments: &str) {
    let done = Command::new("ip").args(arguments.split(' ')).status().expect("ip runs");
    assert!(done.success(), "ip {arguments}");
}

#[test]
fn an_ice_restart_finds_a_workstation_whose_address_has_changed() {
    if std::env::var_os(INSIDE).is_none() {
        let done = Command::new("unshare")
            .args(["--map-root-user", "--net", "--fork", "--kill-child"])
            .arg(std::env::current_exe().expect("this test"))
            .args(["--exact", "an_ice_restart_finds_a_workstation_whose_address_has_changed", "--nocapture"])
            .env(INSIDE, "1")
            .status()
            .expect("this test needs unshare (util-linux) and network namespaces");
        assert!(done.success(), "failed inside the namespace");
        return;
    }
    ip("link set lo up");
    ip("link add cable type veth peer name far");
    ip("link set far up");
    ip("address add 10.98.0.1/24 dev cable");
    ip("link set cable up");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
    runtime.block_on(moved());
}

async fn moved() {
    let call = Call::start(CameraChoice::Synthetic, SoundChoice::None).await;
    let browser = Browser::open(call.address, "H264", 1);
    until("a first decoded picture", SETUP, || call.remote.first_at().is_some()).await;
    until("the page decodes ours", STEP, || call.report().video_decoded > 10).await;
    let old = |candidate: &String| candidate.contains(" 10.98.0.1 ");
    assert!(call.own_candidates().iter().any(old), "{:?}", call.own_candidates());

    ip("address del 10.98.0.1/24 dev cable");
    ip("address add 10.98.0.2/24 dev cable");
    until("the media stalls", STEP, || {
        call.with_media(chinhchu_media::CallMedia::media_age).is_some_and(|age| age > Duration::from_secs(2))
    })
    .await;
    call.forget();
    let before = Instant::now();
    let mut restarts = 0;
    until("a picture over the new address", STEP, || {
        // The browser may see its own new address later than it is there, and then gathers the old one only:
        // the page asks again (recovery.ts), and so does this test.
        if before.elapsed() >= AGAIN * restarts {
            call.restart_ice();
            restarts += 1;
        }
        call.remote.first_at().is_some()
    })
    .await;
    println!("moved: picture {:?} after the first of {restarts} ICE restarts", before.elapsed());
    let new = |candidate: &String| candidate.contains(" 10.98.0.2 ");
    assert!(call.own_candidates().iter().any(new), "{:?}", call.own_candidates());
    assert!(!call.own_candidates().iter().any(old), "the old address is not told again");
    until("the page decodes ours", STEP, || call.report().video_decoded > 10).await;
    browser.kill().await;
    call.end().await;
}
