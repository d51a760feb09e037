//! How often a capture is tried, and by what way, before evidence is rendered instead: bounded, because a caller
//! waits. A refused capture is taken again (a repaint, or the next frame, is there by then), then the monitor is
//! captured instead of the window; what the desktop does not allow at all is not asked for again.

use std::time::Duration;

use crate::capture::{CaptureError, Captured};
use crate::check::{CheckError, Resemblance};

/// Way of each try, and the pause before it. All pauses together: 400 ms.
const TRIES: [(Way, Duration); 5] = [
    (Way::Window, Duration::ZERO),
    (Way::Window, Duration::from_millis(60)),
    (Way::Window, Duration::from_millis(120)),
    // A driver that composes video by itself leaves it out of the window's own pixels.
    (Way::Monitor, Duration::from_millis(60)),
    (Way::Monitor, Duration::from_millis(160)),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Window,
    Monitor,
}

/// The desktop and the live picture, as the tries need them.
pub trait Stage {
    /// The window, or what stands for it.
    fn window(&mut self) -> Result<Captured, CaptureError>;
    /// The monitor, cut to the window.
    fn monitor(&mut self) -> Result<Captured, CaptureError>;
    /// Whether this shows what is live.
    fn check(&mut self, captured: &Captured) -> Result<Resemblance, CheckError>;
    /// Whether the newest decoded frame is young enough for evidence.
    fn is_live(&mut self) -> bool;
    /// Waits.
    fn pause(&mut self, pause: Duration);
}

/// Why there is no capture.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoCapture {
    /// The customer's picture does not come any more: nothing can be sealed at all.
    #[error("the live picture is stale")]
    NotLive,
    /// The desktop allows none: evidence is rendered.
    #[error("the desktop gives no capture")]
    Desktop(#[source] CaptureError),
    /// None showed what was live: evidence is rendered.
    #[error("no capture shows the live picture")]
    Refused(#[source] CheckError),
}

/// Takes a capture that shows what is live.
pub fn capture_live(stage: &mut impl Stage) -> Result<(Captured, Resemblance), NoCapture> {
    let (mut refused, mut desktop, mut no_window) = (None, CaptureError::NotAllowed, false);
    for (way, pause) in TRIES {
        if no_window && way == Way::Window {
            continue;
        }
        if !pause.is_zero() {
            stage.pause(pause);
        }
        if !stage.is_live() {
            return Err(NoCapture::NotLive);
        }
        let captured = match way {
            Way::Window => stage.window(),
            Way::Monitor => stage.monitor(),
        };
        match captured {
            Ok(captured) => match stage.check(&captured) {
                Ok(resemblance) => return Ok((captured, resemblance)),
                Err(refusal) => {
                    tracing::warn!(method = ?captured.method, code = refusal.code(), "a capture is refused");
                    refused = Some(refusal);
                }
            },
            Err(error) => {
                tracing::warn!(%error, "no capture");
                desktop = error;
                match error {
                    // Asked again, it would hang again.
                    CaptureError::TimedOut | CaptureError::Busy => break,
                    CaptureError::NotAllowed | CaptureError::Broken if way == Way::Monitor => break,
                    CaptureError::NotAllowed | CaptureError::Broken => no_window = true,
                }
            }
        }
    }
    Err(refused.map_or(NoCapture::Desktop(desktop), NoCapture::Refused))
}

#[cfg(test)]
mod tests {
    use image::RgbaImage;

    use super::*;
    use crate::capture::Method;

    /// Plays what the desktop answers, try by try, and writes down what was asked.
    struct Played {
        window: Vec<Result<(), CaptureError>>,
        monitor: Vec<Result<(), CaptureError>>,
        checks: Vec<Result<(), CheckError>>,
        live_for: usize,
        asked: String,
        paused: Duration,
    }

    impl Played {
        fn new(checks: &[Result<(), CheckError>]) -> Self {
            Self {
                window: vec![Ok(()); 9],
                monitor: vec![Ok(()); 9],
                checks: checks.to_vec(),
                live_for: 99,
                asked: String::new(),
                paused: Duration::ZERO,
            }
        }
    }

    fn captured(method: Method) -> Captured {
        Captured { image: RgbaImage::new(1, 1), method }
    }

    impl Stage for Played {
        fn window(&mut self) -> Result<Captured, CaptureError> {
            self.asked.push('w');
            self.window.remove(0).map(|()| captured(Method::Window))
        }

        fn monitor(&mut self) -> Result<Captured, CaptureError> {
            self.asked.push('m');
            self.monitor.remove(0).map(|()| captured(Method::Monitor))
        }

        fn check(&mut self, _captured: &Captured) -> Result<Resemblance, CheckError> {
            let found = Resemblance { correlation: 1.0, difference: 0.0, frame_age_ms: 5 };
            self.checks.remove(0).map(|()| found)
        }

        fn is_live(&mut self) -> bool {
            self.live_for = self.live_for.saturating_sub(1);
            self.live_for > 0
        }

        fn pause(&mut self, pause: Duration) {
            self.paused += pause;
        }
    }

    const FOREIGN: Result<(), CheckError> = Err(CheckError::Foreign);
    const UNIFORM: Result<(), CheckError> = Err(CheckError::Uniform);

    #[test]
    fn a_good_capture_is_taken_at_once() {
        let mut played = Played::new(&[Ok(())]);
        assert!(capture_live(&mut played).is_ok_and(|(captured, _)| captured.method == Method::Window));
        assert_eq!((played.asked.as_str(), played.paused), ("w", Duration::ZERO));
    }

    #[test]
    fn a_refused_capture_is_taken_again_and_then_from_the_monitor() {
        let mut played = Played::new(&[FOREIGN, Ok(())]);
        assert!(capture_live(&mut played).is_ok());
        assert_eq!(played.asked, "ww");
        let mut played = Played::new(&[UNIFORM, UNIFORM, UNIFORM, FOREIGN, Ok(())]);
        assert!(capture_live(&mut played).is_ok_and(|(captured, _)| captured.method == Method::Monitor));
        assert_eq!(played.asked, "wwwmm");
    }

    #[test]
    fn it_ends_within_half_a_second_of_pauses_and_says_why() {
        let mut played = Played::new(&[FOREIGN, FOREIGN, FOREIGN, FOREIGN, UNIFORM]);
        let refused = capture_live(&mut played).map(|_| ());
        assert_eq!(refused, Err(NoCapture::Refused(CheckError::Uniform)));
        assert_eq!(played.asked, "wwwmm");
        assert!(played.paused <= Duration::from_millis(500), "{:?}", played.paused);
    }

    #[test]
    fn what_the_desktop_does_not_allow_is_asked_for_once() {
        let mut played = Played::new(&[]);
        played.window = vec![Err(CaptureError::NotAllowed)];
        played.monitor = vec![Err(CaptureError::NotAllowed)];
        assert_eq!(capture_live(&mut played).map(|_| ()), Err(NoCapture::Desktop(CaptureError::NotAllowed)));
        assert_eq!(played.asked, "wm");
        // A portal that waits for a person would be waited for five times.
        let mut played = Played::new(&[]);
        played.window = vec![Err(CaptureError::TimedOut)];
        assert_eq!(capture_live(&mut played).map(|_| ()), Err(NoCapture::Desktop(CaptureError::TimedOut)));
        assert_eq!(played.asked, "w");
    }

    #[test]
    fn a_customer_whose_picture_stops_meanwhile_is_not_sealed() {
        let mut played = Played { live_for: 2, ..Played::new(&[FOREIGN, FOREIGN]) };
        assert_eq!(capture_live(&mut played).map(|_| ()), Err(NoCapture::NotLive));
        assert_eq!(played.asked, "w");
        let mut played = Played { live_for: 0, ..Played::new(&[]) };
        assert_eq!(capture_live(&mut played).map(|_| ()), Err(NoCapture::NotLive));
        assert_eq!(played.asked, "");
    }
}
