//! The agent's picture: a thread that takes pictures, shows them, and encodes them while connected.

use crate::camera::{self, Camera};
use crate::config::CameraChoice;
use crate::devices::DeviceReport;
use crate::encode::{Encoder, encoder};
use crate::frame::Frame;
use crate::outgoing::{Outgoing, PictureLine};
use crate::shared::Shared;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Key frames at most this often, however often the page asks.
const KEY_INTERVAL: Duration = Duration::from_millis(250);

/// Starts the thread; it ends with the picture after `stop` is set.
pub fn start(
    choice: CameraChoice,
    shared: Arc<Shared>,
    outgoing: Arc<Outgoing>,
    stop: Arc<AtomicBool>,
    report: impl Fn(DeviceReport) + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new()
        .name("picture-out".into())
        .spawn(move || run(choice, &shared, &outgoing, &stop, &report))
}

fn run(
    choice: CameraChoice,
    shared: &Shared,
    outgoing: &Outgoing,
    stop: &AtomicBool,
    report: &dyn Fn(DeviceReport),
) {
    let (mut camera, opened) = camera::open(choice);
    report(opened);
    let mut encoding = Encoding::default();
    while !stop.load(Ordering::Relaxed) {
        let frame = match camera.next() {
            Ok(frame) => Arc::new(frame),
            Err(error) => {
                report(error.report());
                camera = camera::card();
                continue;
            }
        };
        shared.sinks.own.push(&frame);
        match outgoing.picture() {
            Some(line) => encoding.send(&line, &frame, camera.as_ref()),
            None => encoding = Encoding::default(),
        }
    }
}

/// The encoder of the connection of the moment.
#[derive(Default)]
struct Encoding {
    running: Option<(u32, Box<dyn Encoder>)>,
    key_sent_at: Option<Instant>,
}

impl Encoding {
    fn send(&mut self, line: &PictureLine, frame: &Frame, camera: &dyn Camera) {
        if self.running.as_ref().is_none_or(|(connection, _)| *connection != line.connection) {
            self.key_sent_at = None;
            self.running = match encoder(line.codec, camera.fps()) {
                Ok(fresh) => Some((line.connection, fresh)),
                Err(error) => {
                    tracing::error!(%error, "the encoder does not start");
                    None
                }
            };
        }
        let Some((_, encoder)) = &mut self.running else { return };
        let may = self.key_sent_at.is_none_or(|at| at.elapsed() >= KEY_INTERVAL);
        let key = may && line.key_wanted.swap(false, Ordering::Relaxed);
        match encoder.encode(frame, key) {
            Ok(Some(data)) => {
                if line.send(data, frame.at) && key {
                    self.key_sent_at = Some(frame.at);
                }
            }
            // The rate control left the picture out; a key frame that was asked for is still owed.
            Ok(None) if key => line.key_wanted.store(true, Ordering::Relaxed),
            Ok(None) => {}
            Err(error) => {
                tracing::debug!(%error, "a picture was not encoded");
                self.running = None;
                line.key_wanted.store(true, Ordering::Relaxed);
            }
        }
    }
}
