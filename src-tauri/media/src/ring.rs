//! The ring tone: synthesised, played on a chosen device until dropped.
//!
//! I7: a ring counts as heard only when the sound system has really taken samples.

use crate::config::SoundChoice;
use crate::devices::DeviceReport;
use crate::sound::device::{output_names, play};
use crate::sound::{HERTZ, RATE, SoundError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

/// How long a device may take to begin; the ring must be confirmed within 2 s.
const BEGIN: Duration = Duration::from_millis(1500);
/// One round of the tone: two strokes, then silence.
const ROUND: u32 = RATE * 2;
/// Volume, of 1.
const VOLUME: f32 = 0.3;

/// A ring in progress; dropping it ends the sound.
#[derive(Debug)]
pub struct Ring {
    stop: Arc<AtomicBool>,
}

impl Ring {
    /// Starts to ring on the named output device, or on the default one. Waits at most 1.5 s for the first
    /// samples to be taken by the device: `Ok` means that sound really started (I7), `Missing` that there
    /// is no device (confirm the ring as `visual`), `Failed` that there is one that does not play.
    pub async fn start(sound: SoundChoice, device: Option<String>) -> (Self, DeviceReport) {
        let ring = Self { stop: Arc::new(AtomicBool::new(false)) };
        match sound {
            SoundChoice::None | SoundChoice::Synthetic => return (ring, DeviceReport::Missing),
            SoundChoice::Default => {}
        }
        let (begun, mut reports) = mpsc::channel(4);
        let stop = Arc::clone(&ring.stop);
        let started = std::thread::Builder::new()
            .name("ring".into())
            .spawn(move || run(device.as_deref(), &stop, &begun));
        if let Err(error) = started {
            tracing::error!(%error, "the ring thread does not start");
            return (ring, DeviceReport::Failed { code: "sound_failed" });
        }
        let report = match tokio::time::timeout(BEGIN, reports.recv()).await {
            Ok(Some(report)) => report,
            Ok(None) | Err(_) => DeviceReport::Failed { code: "sound_failed" },
        };
        (ring, report)
    }

    /// Ends the sound.
    pub fn stop(self) {}
}

impl Drop for Ring {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Names of the output devices a ring can be played on. May take a second: not on an async thread.
pub fn devices() -> Vec<String> {
    output_names()
}

fn run(device: Option<&str>, stop: &AtomicBool, begun: &mpsc::Sender<DeviceReport>) {
    let (taken, first_sample) = std::sync::mpsc::sync_channel::<Result<(), SoundError>>(2);
    let failure = taken.clone();
    let mut at = 0_u32;
    let source = move || {
        if at == 0 {
            let _ = taken.try_send(Ok(()));
        }
        let sample = tone(at % ROUND);
        // Zero only once: the first sample is what tells that the device plays.
        at = at.wrapping_add(1).max(1);
        sample
    };
    let stream = match play(device, source, move |error| {
        let _ = failure.try_send(Err(error));
    }) {
        Ok(stream) => stream,
        Err(error) => {
            drop(begun.try_send(error.report()));
            return;
        }
    };
    let report = match first_sample.recv_timeout(BEGIN) {
        Ok(Ok(())) => DeviceReport::Ok { name: stream.name.clone() },
        Ok(Err(error)) => error.report(),
        Err(_) => DeviceReport::Failed { code: "sound_failed" },
    };
    drop(begun.try_send(report));
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Sample number `at` of a round: a bell of three partials, struck twice.
fn tone(at: u32) -> f32 {
    let stroke = RATE * 2 / 5;
    if at >= stroke * 2 {
        return 0.0;
    }
    let time = f32::from(u16::try_from(at % stroke).unwrap_or(u16::MAX)) / HERTZ;
    let attack = (time * 200.0).min(1.0);
    let decay = (-time * 6.0).exp();
    let bell: f32 = [(880.0, 0.6), (1320.0, 0.3), (2640.0, 0.1)]
        .into_iter()
        .map(|(hertz, part)| (time * hertz * std::f32::consts::TAU).sin() * part)
        .sum();
    bell * attack * decay * VOLUME
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tone_is_heard_twice_and_then_pauses() {
        let energy = |from: u32, to: u32| (from..to).map(|at| tone(at).powi(2)).sum::<f32>();
        assert!(energy(0, RATE / 5) > 10.0);
        assert!(energy(RATE * 2 / 5, RATE * 3 / 5) > 10.0);
        assert!(energy(RATE, ROUND) < f32::EPSILON);
        assert!((0..ROUND).all(|at| tone(at).abs() <= VOLUME));
    }

    #[tokio::test]
    async fn without_sound_the_ring_is_visual_and_says_so_i7() {
        let (ring, report) = Ring::start(SoundChoice::None, None).await;
        assert_eq!(report, DeviceReport::Missing);
        ring.stop();
    }

    #[tokio::test]
    async fn a_device_that_does_not_exist_is_told_as_missing_in_time_i7() {
        let before = std::time::Instant::now();
        let (_ring, report) = Ring::start(SoundChoice::Default, Some("no such device".into())).await;
        assert_eq!(report, DeviceReport::Missing);
        assert!(before.elapsed() < Duration::from_secs(2));
    }
}
