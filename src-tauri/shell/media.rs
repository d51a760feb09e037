//! The station's media port on `chinhchu_media`: one call at a time, its pictures to the surfaces.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chinhchu_media::{
    CallMedia, CameraChoice, DeviceReport, Frame, FrameSink, MediaConfig, MediaEvent, Sinks, SoundChoice,
    check_devices,
};
use chinhchu_protocol::signal::{IceServer, Signal};
use chinhchu_screen::check::LiveHistory;
use chinhchu_screen::{I420View, VideoSurface};
use chinhchu_station::picture::{DeviceState, DevicesPicture};
use chinhchu_station::ports::{Media, QualityNow};
use chinhchu_station::session::{CallKey, MediaInput, MediaSnapshot};
use chinhchu_station::settings::{CameraSetting, Settings, SoundSetting};
use tokio::sync::mpsc;

use super::video::Video;

/// Events of media that may wait; signals of one negotiation are a few dozen.
const EVENTS: usize = 128;

/// Media of calls.
pub(crate) struct CallPort {
    camera: CameraChoice,
    sound: SoundChoice,
    video: Arc<Video>,
    running: Mutex<Option<Running>>,
}

struct Running {
    key: CallKey,
    media: CallMedia,
    remote: Arc<RemoteSink>,
    own: Arc<OwnSink>,
    /// Frames that the surface had shown when the call began.
    shown_before: u64,
    lost_and_received: (u64, u64),
}

/// What evidence needs of the live call.
pub(crate) struct Live {
    /// Newest decoded frame of the customer.
    pub frame: Arc<Frame>,
    /// How long ago it was decoded, the machine's sleep included.
    pub frame_age: Duration,
    /// Newest own frame.
    pub own: Option<Arc<Frame>>,
    /// The last decoded frames, to compare a capture with.
    pub history: Arc<Mutex<LiveHistory>>,
    /// `H264` or `VP8`.
    pub codec: &'static str,
    /// DTLS fingerprints, own and the page's.
    pub fingerprints: (String, String),
}

impl CallPort {
    pub fn new(settings: &Settings, video: Arc<Video>) -> Self {
        let camera = match settings.camera {
            CameraSetting::Default => CameraChoice::Default,
            CameraSetting::Synthetic => CameraChoice::Synthetic,
            CameraSetting::None => CameraChoice::None,
        };
        Self { camera, sound: sound_choice(settings.sound), video, running: Mutex::new(None) }
    }

    /// The live call, frozen; none before the first frame.
    pub fn live(&self, key: CallKey) -> Option<Live> {
        let running = self.lock();
        let running = running.as_ref().filter(|running| running.key == key)?;
        let (frame, frame_age) = running.media.latest_remote()?;
        let stats = running.media.stats();
        let fingerprints = stats.fingerprints?;
        Some(Live {
            frame,
            frame_age,
            own: running.own.latest.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            history: running.remote.history.clone(),
            codec: stats.codec?,
            fingerprints: (fingerprints.local, fingerprints.remote),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Media for CallPort {
    fn start(&self, key: CallKey, ice_servers: Vec<IceServer>, events: mpsc::Sender<(CallKey, MediaInput)>) {
        let remote = Arc::new(RemoteSink { surface: self.video.remote().clone(), history: Arc::default() });
        let own = Arc::new(OwnSink { surface: self.video.own().clone(), latest: Mutex::default() });
        let sinks = Sinks { remote: remote.clone(), own: own.clone() };
        let config = MediaConfig {
            ice_servers,
            camera: self.camera,
            sound: self.sound,
            relay_only: false,
            uptime: chinhchu_station::clock::uptime,
        };
        let (sender, mut receiver) = mpsc::channel(EVENTS);
        let media = CallMedia::start(config, sinks, sender);
        tokio::spawn(async move {
            while let Some(event) = receiver.recv().await {
                if events.send((key, input(event))).await.is_err() {
                    return;
                }
            }
        });
        let shown_before = self.video.remote().stats().shown;
        let running = Running { key, media, remote, own, shown_before, lost_and_received: (0, 0) };
        if let Some(old) = self.lock().replace(running) {
            tokio::spawn(old.media.stop());
        }
    }

    fn signal(&self, key: CallKey, signal: Signal) {
        if let Some(running) = self.lock().as_ref().filter(|running| running.key == key) {
            running.media.signal(signal);
        }
    }

    fn stop(&self, key: CallKey) {
        if let Some(old) = self.lock().take_if(|running| running.key == key) {
            tokio::spawn(old.media.stop());
        }
    }

    fn snapshot(&self, key: CallKey) -> Option<MediaSnapshot> {
        let mut running = self.lock();
        let running = running.as_mut().filter(|running| running.key == key)?;
        let stats = running.media.stats();
        let (lost_before, received_before) = running.lost_and_received;
        running.lost_and_received = (stats.lost, stats.packets);
        let lost = stats.lost.saturating_sub(lost_before);
        let sent = lost + stats.packets.saturating_sub(received_before);
        // A frame counts as seen once it was on the screen, not once it was decoded (N4).
        let shown = self.video.remote().stats().shown.saturating_sub(running.shown_before);
        Some(MediaSnapshot {
            age_ms: running.media.media_age().map(|age| u32::try_from(age.as_millis()).unwrap_or(u32::MAX)),
            frames_decoded: stats.frames_decoded.min(shown),
            width: stats.width,
            height: stats.height,
            fps: stats.fps,
            lost_permille: u32::try_from((lost * 1_000).checked_div(sent).unwrap_or(0)).unwrap_or(u32::MAX),
            codec: stats.codec.map(str::to_owned),
            relays_left_out: stats.relays_left_out,
        })
    }

    fn quality(&self, key: CallKey) -> Option<QualityNow> {
        let running = self.lock();
        let running = running.as_ref().filter(|running| running.key == key)?;
        let span = running.media.quality()?;
        Some(QualityNow {
            width: span.width,
            height: span.height,
            fps: span.fps,
            freezes: span.freezes,
            longest_gap_ms: u32::try_from(span.longest_gap.as_millis()).unwrap_or(u32::MAX),
            lost: u32::try_from(span.lost).unwrap_or(u32::MAX),
        })
    }

    fn check_devices(&self) -> DevicesPicture {
        let checks = check_devices(self.camera, self.sound);
        DevicesPicture {
            camera: device(checks.camera),
            microphone: device(checks.microphone),
            speaker: device(checks.speaker),
            ring: device(checks.ring),
        }
    }
}

/// The customer's pictures: onto the screen, and remembered small for the check of a capture.
struct RemoteSink {
    surface: Arc<dyn VideoSurface>,
    history: Arc<Mutex<LiveHistory>>,
}

impl FrameSink for RemoteSink {
    fn push(&self, frame: &Arc<Frame>) {
        self.surface.push(view(frame));
        self.history.lock().unwrap_or_else(PoisonError::into_inner).push(view(frame), frame.at);
    }
}

/// The agent's own picture.
struct OwnSink {
    surface: Arc<dyn VideoSurface>,
    latest: Mutex<Option<Arc<Frame>>>,
}

impl FrameSink for OwnSink {
    fn push(&self, frame: &Arc<Frame>) {
        self.surface.push(view(frame));
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(frame.clone());
    }
}

/// A decoded frame as the screen crate takes it.
pub(crate) fn view(frame: &Frame) -> I420View<'_> {
    I420View {
        width: frame.width,
        height: frame.height,
        y: &frame.y,
        u: &frame.u,
        v: &frame.v,
        y_stride: frame.y_stride,
        uv_stride: frame.uv_stride,
    }
}

pub(crate) fn sound_choice(setting: SoundSetting) -> SoundChoice {
    match setting {
        SoundSetting::Default => SoundChoice::Default,
        SoundSetting::None => SoundChoice::None,
    }
}

fn input(event: MediaEvent) -> MediaInput {
    match event {
        MediaEvent::Signal(signal) => MediaInput::Signal(signal),
        MediaEvent::Connected => MediaInput::Connected,
        MediaEvent::Flowing => MediaInput::Flowing,
        MediaEvent::Stalled => MediaInput::Stalled,
        MediaEvent::CameraState(report) => MediaInput::Camera(device(report)),
        MediaEvent::MicrophoneState(report) => MediaInput::Microphone(device(report)),
        MediaEvent::SpeakerState(report) => MediaInput::Speaker(device(report)),
        MediaEvent::Failed { code } => MediaInput::Failed { code },
    }
}

fn device(report: DeviceReport) -> DeviceState {
    match report {
        DeviceReport::Ok { name } => DeviceState::Ok { name },
        DeviceReport::Missing => DeviceState::Missing,
        DeviceReport::Failed { code } => DeviceState::Failed { code: code.to_owned() },
    }
}
