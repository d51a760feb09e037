//! Where the agent's picture comes from: a real camera, a drawn test picture, or a drawn card.

mod card;
#[cfg(windows)]
mod com;
mod device;
mod drawing;
mod test_picture;

pub use card::NoCameraCard;
pub use device::{DeviceCamera, check as check_camera};
pub use test_picture::TestPicture;

use crate::config::CameraChoice;
use crate::devices::DeviceReport;
use crate::frame::Frame;
use std::time::{Duration, Instant};

/// Pictures a second of a camera and of the test picture.
pub const CAMERA_FPS: u32 = 30;
/// Pictures a second of the card.
pub const CARD_FPS: u32 = 5;

/// A source of pictures, used by one thread.
pub trait Camera {
    /// The next picture; waits for it, at most about a second.
    fn next(&mut self) -> Result<Frame, CameraError>;
    /// Pictures a second, for the encoder.
    fn fps(&self) -> u32;
}

/// Why there is no picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CameraError {
    /// No camera is connected.
    #[error("no camera")]
    Missing,
    /// Another program holds it.
    #[error("the camera is in use")]
    Busy,
    /// It fails.
    #[error("the camera fails")]
    Failed,
}

impl CameraError {
    /// As it is told to the outside.
    pub fn report(self) -> DeviceReport {
        match self {
            Self::Missing => DeviceReport::Missing,
            Self::Busy => DeviceReport::Failed { code: "camera_busy" },
            Self::Failed => DeviceReport::Failed { code: "camera_failed" },
        }
    }
}

/// Opens what is wanted; when that fails, the card, and the report says why.
pub fn open(choice: CameraChoice) -> (Box<dyn Camera>, DeviceReport) {
    match choice {
        CameraChoice::Synthetic => {
            let name = String::from("synthetic");
            (Box::new(Paced::new(CAMERA_FPS, TestPicture::new(640, 480))), DeviceReport::Ok { name })
        }
        CameraChoice::None => (card(), DeviceReport::Missing),
        CameraChoice::Default => match DeviceCamera::open() {
            Ok((camera, name)) => (Box::new(camera), DeviceReport::Ok { name }),
            Err(error) => (card(), error.report()),
        },
    }
}

/// The «no camera» card as a camera.
pub fn card() -> Box<dyn Camera> {
    Box::new(Paced::new(CARD_FPS, NoCameraCard::new(640, 480)))
}

/// A picture that is drawn anew for every number.
pub trait Drawn {
    /// Picture number `index`.
    fn draw(&mut self, index: u32, at: Instant) -> Frame;
}

/// Draws pictures at a steady pace.
struct Paced<D> {
    drawn: D,
    fps: u32,
    index: u32,
    due: Option<Instant>,
}

impl<D> Paced<D> {
    fn new(fps: u32, drawn: D) -> Self {
        Self { drawn, fps, index: 0, due: None }
    }
}

impl<D: Drawn> Camera for Paced<D> {
    fn next(&mut self) -> Result<Frame, CameraError> {
        let interval = Duration::from_secs(1) / self.fps;
        let now = Instant::now();
        let due = self.due.map_or(now, |due| due + interval);
        // After a pause of the machine the pace starts anew instead of catching up.
        let due = if now.saturating_duration_since(due) > interval * 4 { now } else { due };
        std::thread::sleep(due.saturating_duration_since(now));
        self.due = Some(due);
        self.index = self.index.wrapping_add(1);
        Ok(self.drawn.draw(self.index, Instant::now()))
    }

    fn fps(&self) -> u32 {
        self.fps
    }
}
