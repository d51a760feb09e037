//! `stop()` ends all it started. Alone in its process, because it counts threads.
#![cfg(target_os = "linux")]

mod browser;

use browser::{Browser, Call, until};
use chinhchu_media::{CameraChoice, SoundChoice};
use std::sync::Mutex;
use std::time::Duration;

/// One after the other: each counts the threads of the process.
static TURN: Mutex<()> = Mutex::new(());
const SETUP: Duration = Duration::from_secs(30);
const STEP: Duration = Duration::from_secs(10);

#[test]
fn stop_leaves_no_task_and_no_thread_behind() {
    let _turn = TURN.lock();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
    runtime.block_on(async {
        let call = Call::start(CameraChoice::Synthetic, SoundChoice::Synthetic).await;
        let browser = Browser::open(call.address, "H264", 1);
        until("a first decoded picture", SETUP, || call.remote.first_at().is_some()).await;
        until("our media threads run", STEP, || media_threads() >= 4).await;
        call.stop_media().await;
        assert_eq!(media_threads(), 0, "threads are left");
        browser.kill().await;
        call.end().await;
        let metrics = tokio::runtime::Handle::current().metrics();
        until("no task is left", STEP, || metrics.num_alive_tasks() == 0).await;
    });
}

/// A caller in a bad place reconnects again and again: nothing may pile up.
#[test]
fn twenty_new_connections_leave_nothing_behind() {
    const TIMES: usize = 20;
    let _turn = TURN.lock();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
    runtime.block_on(async {
        let call = Call::start(CameraChoice::Synthetic, SoundChoice::Synthetic).await;
        let browser = Browser::open(call.address, "H264", 1);
        let metrics = tokio::runtime::Handle::current().metrics();
        let mut first = None;
        for round in 0..=TIMES {
            until("a picture", SETUP, || call.remote.first_at().is_some()).await;
            until("the page decodes ours", STEP, || call.report().video_decoded > 2).await;
            // The connection before ends beside this one.
            let quiet = || (media_threads(), open_files(), metrics.num_alive_tasks());
            match first {
                None => first = Some(settled(quiet).await),
                Some((threads, files, tasks)) => {
                    let what = format!("as much as at first in round {round}");
                    until(&what, STEP, || {
                        let now = quiet();
                        now.0 <= threads && now.1 <= files + 2 && now.2 <= tasks + 2
                    })
                    .await;
                }
            }
            if round < TIMES {
                call.forget();
                call.reconnect();
            }
        }
        println!("threads, files, tasks after the first: {first:?}");
        browser.kill().await;
        call.end().await;
    });
}

/// What stays the same for a while.
async fn settled(look: impl Fn() -> (usize, usize, usize)) -> (usize, usize, usize) {
    let mut last = look();
    let mut same = 0;
    while same < 20 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let now = look();
        same = if now == last { same + 1 } else { 0 };
        last = now;
    }
    last
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("files").count()
}

#[test]
fn dropping_a_call_ends_its_tasks_and_threads_too() {
    let _turn = TURN.lock();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
    runtime.block_on(async {
        let (events, _kept) = tokio::sync::mpsc::channel(64);
        let sink = std::sync::Arc::new(browser::Pictures::default());
        let sinks = chinhchu_media::Sinks { remote: sink.clone(), own: sink };
        let config = chinhchu_media::MediaConfig {
            ice_servers: Vec::new(),
            camera: CameraChoice::None,
            sound: SoundChoice::None,
            relay_only: false,
            uptime: browser::uptime,
        };
        drop(chinhchu_media::CallMedia::start(config, sinks, events));
        let metrics = tokio::runtime::Handle::current().metrics();
        until("no task is left", STEP, || metrics.num_alive_tasks() == 0).await;
        until("no thread is left", STEP, || media_threads() == 0).await;
    });
}

/// Threads of this process that carry a name of ours.
fn media_threads() -> usize {
    let names = ["picture-in", "picture-out", "voice-in", "voice-out", "speaker"];
    std::fs::read_dir("/proc/self/task")
        .expect("tasks")
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok())
        .filter(|name| names.contains(&name.trim()))
        .count()
}
