//! The media of one assignment of a call.

use crate::config::{MediaConfig, Sinks, SoundChoice};
use crate::devices::DeviceReport;
use crate::frame::Frame;
use crate::outgoing::Outgoing;
use crate::quality::QualitySpan;
use crate::shared::Shared;
use crate::sound::device::{OpenStream, play};
use crate::sound::playout::Playout;
use crate::sound::voice_out;
use crate::stats::MediaStats;
use crate::{own_picture, session};
use chinhchu_protocol::signal::Signal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Signals of the page that may wait; a browser sends about a dozen for a connection.
const SIGNALS: usize = 256;
/// How long [`CallMedia::stop`] waits for the connections, and then for the threads.
const STOP: Duration = Duration::from_secs(3);

/// What the outside must know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MediaEvent {
    /// To be sent to the page, in order.
    Signal(Signal),
    /// A peer connection is connected (again).
    Connected,
    /// Media packets arrive (again).
    Flowing,
    /// No media packet for 2 s.
    Stalled,
    /// The agent's camera.
    CameraState(DeviceReport),
    /// The agent's microphone.
    MicrophoneState(DeviceReport),
    /// The agent's speaker.
    SpeakerState(DeviceReport),
    /// This peer connection cannot go on; an ICE restart or a new `connection` of the page can still help.
    Failed {
        /// Stable code: `offer_refused`, `peer_failed`, `ice_failed`.
        code: &'static str,
    },
}

/// The media of one assignment of a call; holds the peer connection.
///
/// Dropping it ends everything too, but nobody waits for the end then: prefer [`CallMedia::stop`].
pub struct CallMedia {
    shared: Arc<Shared>,
    signals: mpsc::Sender<Signal>,
    session: JoinHandle<()>,
    workers: Workers,
}

/// Threads that own devices.
struct Workers {
    stop: Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl CallMedia {
    /// Opens devices and waits for the page's offer. Must be called inside a tokio runtime.
    pub fn start(config: MediaConfig, sinks: Sinks, events: mpsc::Sender<MediaEvent>) -> Self {
        let shared = Arc::new(Shared::new(sinks, config.uptime));
        let outgoing = Arc::new(Outgoing::default());
        let playout = Playout::default();
        let workers = Workers::start(&config, &shared, &outgoing, &playout, &events);
        let (signals, incoming) = mpsc::channel(SIGNALS);
        let task = session::run(config, Arc::clone(&shared), outgoing, playout, incoming, events);
        Self { shared, signals, session: tokio::spawn(task), workers }
    }

    /// A signal of the page, in the order of its numbers. Never blocks.
    pub fn signal(&self, signal: Signal) {
        if self.signals.try_send(signal).is_err() {
            tracing::warn!("a signal of the page was dropped: too many wait");
        }
    }

    /// The newest picture of the customer at full size, and how long ago it was decoded, sleep included. None
    /// while a new connection has not shown any: what an old one showed is not live.
    pub fn latest_remote(&self) -> Option<(Arc<Frame>, Duration)> {
        self.shared.latest_remote()
    }

    /// Time since the last media packet (video or audio) of the page; `None` before the first.
    pub fn media_age(&self) -> Option<Duration> {
        self.shared.media_age()
    }

    /// Figures of this moment.
    pub fn stats(&self) -> MediaStats {
        self.shared.stats()
    }

    /// The customer's video since it was asked before; none before the first picture.
    pub fn quality(&self) -> Option<QualitySpan> {
        self.shared.quality()
    }

    /// Ends everything: peer connection, devices, tasks and threads. About 50 ms, at most 6 s.
    pub async fn stop(mut self) {
        self.workers.stop.store(true, Ordering::Relaxed);
        drop(self.signals);
        if tokio::time::timeout(STOP, &mut self.session).await.is_err() {
            tracing::warn!("the connections did not end in time and are cut off");
            self.session.abort();
        }
        self.workers.join().await;
    }
}

impl Workers {
    fn start(
        config: &MediaConfig,
        shared: &Arc<Shared>,
        outgoing: &Arc<Outgoing>,
        playout: &Playout,
        events: &mpsc::Sender<MediaEvent>,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let camera = own_picture::start(
            config.camera,
            Arc::clone(shared),
            Arc::clone(outgoing),
            Arc::clone(&stop),
            tell(events, MediaEvent::CameraState),
        );
        let voice = voice_out::start(
            config.sound,
            Arc::clone(outgoing),
            Arc::clone(&stop),
            tell(events, MediaEvent::MicrophoneState),
        );
        let speaker = start_speaker(
            config.sound,
            playout.clone(),
            Arc::clone(&stop),
            tell(events, MediaEvent::SpeakerState),
        );
        let threads = [camera, voice, speaker]
            .into_iter()
            .filter_map(|started| {
                started.inspect_err(|error| tracing::error!(%error, "a media thread does not start")).ok()
            })
            .collect();
        Self { stop, threads }
    }

    /// Waits for the threads; a device that hangs keeps its thread, and this says so.
    async fn join(&self) {
        let deadline = tokio::time::Instant::now() + STOP;
        while self.threads.iter().any(|thread| !thread.is_finished()) {
            if tokio::time::Instant::now() >= deadline {
                tracing::warn!("a device does not let go of its thread");
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn tell(
    events: &mpsc::Sender<MediaEvent>,
    event: fn(DeviceReport) -> MediaEvent,
) -> impl Fn(DeviceReport) + Send + 'static {
    let events = events.clone();
    move |report| {
        if events.try_send(event(report)).is_err() {
            tracing::warn!("nobody takes the reports of the devices");
        }
    }
}

/// The speaker has a thread of its own, because opening a sound device may take long.
fn start_speaker(
    choice: SoundChoice,
    playout: Playout,
    stop: Arc<AtomicBool>,
    report: impl Fn(DeviceReport) + Send + 'static,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name("speaker".into()).spawn(move || {
        let (failures, failed) = std::sync::mpsc::sync_channel(1);
        let stream: Option<OpenStream> = match choice {
            SoundChoice::None | SoundChoice::Synthetic => {
                report(DeviceReport::Missing);
                None
            }
            SoundChoice::Default => {
                match play(
                    None,
                    move || playout.next(),
                    move |error| {
                        let _ = failures.try_send(error);
                    },
                ) {
                    Ok(stream) => {
                        report(DeviceReport::Ok { name: stream.name.clone() });
                        Some(stream)
                    }
                    Err(error) => {
                        report(error.report());
                        None
                    }
                }
            }
        };
        if stream.is_none() {
            return;
        }
        while !stop.load(Ordering::Relaxed) {
            if let Ok(error) = failed.recv_timeout(Duration::from_millis(50)) {
                report(error.report());
                return;
            }
        }
    })
}
