//! With or without devices: a call starts, says what it has, and ends.

use chinhchu_media::{
    CallMedia, CameraChoice, DeviceReport, Frame, FrameSink, MediaConfig, MediaEvent, Sinks, SoundChoice,
    check_devices,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

#[derive(Default)]
struct Count(AtomicUsize);

impl FrameSink for Count {
    fn push(&self, _frame: &Arc<Frame>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Whatever this machine has: each device is reported once, a picture of the agent (the card, if there is no
/// camera) is shown, and the end is bounded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_systems_devices_or_their_absence_are_told_and_the_call_goes_on() {
    let own = Arc::new(Count::default());
    let sinks = Sinks { remote: Arc::new(Count::default()), own: own.clone() };
    let (tell, mut events) = mpsc::channel(16);
    let config = MediaConfig {
        ice_servers: Vec::new(),
        camera: CameraChoice::Default,
        sound: SoundChoice::Default,
        relay_only: false,
        uptime: || Duration::ZERO,
    };
    let media = CallMedia::start(config, sinks, tell);
    let (mut camera, mut microphone, mut speaker) = (false, false, false);
    while !(camera && microphone && speaker) {
        let event = tokio::time::timeout(Duration::from_secs(10), events.recv()).await;
        match event.expect("devices are told within 10 s").expect("the call runs") {
            MediaEvent::CameraState(report) => {
                println!("camera {report:?}");
                camera = true;
            }
            MediaEvent::MicrophoneState(report) => {
                println!("microphone {report:?}");
                microphone = true;
            }
            MediaEvent::SpeakerState(report) => {
                println!("speaker {report:?}");
                speaker = true;
            }
            other => panic!("no page, and yet {other:?}"),
        }
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    while own.0.load(Ordering::Relaxed) < 3 {
        assert!(Instant::now() < deadline, "no picture of the agent");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let before = Instant::now();
    media.stop().await;
    assert!(before.elapsed() < Duration::from_secs(6));
}

#[test]
fn the_device_check_answers_for_each_device_in_time() {
    let before = Instant::now();
    let checks = check_devices(CameraChoice::Default, SoundChoice::Default);
    assert!(before.elapsed() < Duration::from_secs(10));
    for report in [checks.camera, checks.microphone, checks.speaker, checks.ring] {
        match report {
            DeviceReport::Ok { name } => assert!(!name.is_empty()),
            DeviceReport::Missing => {}
            DeviceReport::Failed { code } => {
                assert!(["camera_busy", "camera_failed", "sound_busy", "sound_failed"].contains(&code));
            }
        }
    }
}
