//! The agent's voice: a thread that collects 20 ms of sound, encodes it and hands it to the sender.
//!
//! Without a microphone it sends silence, which Opus reduces to almost nothing (DTX).

use super::device::{OpenStream, record};
use super::{HERTZ, PACKET_SAMPLES, RATE, SoundError};
use crate::config::SoundChoice;
use crate::devices::DeviceReport;
use crate::outgoing::Outgoing;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Bits per second of the voice.
const BITRATE: i32 = 32_000;
/// Loss the redundancy is made for, per cent.
const EXPECTED_LOSS: i32 = 10;
/// One packet.
const PACKET_TIME: Duration = Duration::from_millis(20);
/// Blocks of a microphone that may wait.
const QUEUE: usize = 64;
/// A packet of at most this size is DTX: it need not be sent.
const DTX_BYTES: usize = 2;

/// Starts the thread; it ends soon after `stop` is set.
pub fn start(
    choice: SoundChoice,
    outgoing: Arc<Outgoing>,
    stop: Arc<AtomicBool>,
    report: impl Fn(DeviceReport) + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("voice-out".into()).spawn(move || run(choice, &outgoing, &stop, &report))
}

fn run(choice: SoundChoice, outgoing: &Outgoing, stop: &AtomicBool, report: &dyn Fn(DeviceReport)) {
    let mut encoder = match encoder() {
        Ok(encoder) => encoder,
        Err(error) => {
            tracing::error!(%error, "the Opus encoder does not start");
            report(DeviceReport::Failed { code: "sound_failed" });
            return;
        }
    };
    let mut source = Source::open(choice, report);
    let mut block = [0.0; PACKET_SAMPLES];
    let mut packet = [0_u8; 1500];
    let mut due = Instant::now();
    let mut number = 0_u32;
    while !stop.load(Ordering::Relaxed) {
        // After a pause of the machine the pace starts anew instead of catching up.
        let now = Instant::now();
        due += PACKET_TIME;
        if now.saturating_duration_since(due) > PACKET_TIME * 5 {
            due = now;
        }
        source.fill(&mut block, due, report);
        number = number.wrapping_add(1);
        let Some(voice) = outgoing.voice() else { continue };
        match encoder.encode_float(&block, &mut packet) {
            Ok(size) if size > DTX_BYTES => {
                voice.send(Bytes::copy_from_slice(&packet[..size]), number);
            }
            Ok(_dtx) => {}
            Err(error) => tracing::debug!(%error, "voice cannot be encoded"),
        }
    }
}

fn encoder() -> Result<opus::Encoder, opus::Error> {
    let mut encoder = opus::Encoder::new(RATE, opus::Channels::Mono, opus::Application::Voip)?;
    encoder.set_bitrate(opus::Bitrate::Bits(BITRATE))?;
    encoder.set_inband_fec(true)?;
    encoder.set_packet_loss_perc(EXPECTED_LOSS)?;
    encoder.set_dtx(true)?;
    encoder.set_complexity(5)?;
    Ok(encoder)
}

/// Where the samples come from.
#[cfg_attr(windows, expect(clippy::large_enum_variant, reason = "there is one, and it stays where it is"))]
enum Source {
    Microphone { blocks: Receiver<Result<Vec<f32>, SoundError>>, waiting: VecDeque<f32>, _stream: OpenStream },
    Silence,
    Tone { phase: f32 },
}

impl Source {
    fn open(choice: SoundChoice, report: &dyn Fn(DeviceReport)) -> Self {
        match choice {
            SoundChoice::None => {
                report(DeviceReport::Missing);
                Self::Silence
            }
            SoundChoice::Synthetic => {
                report(DeviceReport::Ok { name: String::from("synthetic") });
                Self::Tone { phase: 0.0 }
            }
            SoundChoice::Default => Self::open_microphone(report),
        }
    }

    fn open_microphone(report: &dyn Fn(DeviceReport)) -> Self {
        let (sender, blocks) = sync_channel(QUEUE);
        let failure = sender.clone();
        // A full queue means that this thread is late: newer sound replaces nothing, it is dropped.
        let sink = move |samples: &[f32]| drop(sender.try_send(Ok(samples.to_vec())));
        match record(sink, move |error| drop(failure.try_send(Err(error)))) {
            Ok(stream) => {
                report(DeviceReport::Ok { name: stream.name.clone() });
                Self::Microphone { blocks, waiting: VecDeque::new(), _stream: stream }
            }
            Err(error) => {
                report(error.report());
                Self::Silence
            }
        }
    }

    /// Fills one packet; waits for a microphone, or until `due`.
    fn fill(&mut self, block: &mut [f32], due: Instant, report: &dyn Fn(DeviceReport)) {
        let lost = match self {
            Self::Microphone { blocks, waiting, .. } => match fill_from(blocks, waiting, block) {
                Ok(()) => return,
                Err(error) => error,
            },
            Self::Silence => {
                block.fill(0.0);
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                return;
            }
            Self::Tone { phase } => {
                for sample in block.iter_mut() {
                    *phase = (*phase + 440.0 * std::f32::consts::TAU / HERTZ) % std::f32::consts::TAU;
                    *sample = phase.sin() * 0.25;
                }
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                return;
            }
        };
        report(lost.report());
        block.fill(0.0);
        *self = Self::Silence;
    }
}

/// Takes samples of the microphone; one that says nothing for a while is answered with silence.
fn fill_from(
    blocks: &Receiver<Result<Vec<f32>, SoundError>>,
    waiting: &mut VecDeque<f32>,
    block: &mut [f32],
) -> Result<(), SoundError> {
    while waiting.len() < block.len() {
        match blocks.recv_timeout(PACKET_TIME * 5) {
            Ok(samples) => waiting.extend(samples?),
            Err(RecvTimeoutError::Timeout) => waiting.resize(block.len(), 0.0),
            Err(RecvTimeoutError::Disconnected) => return Err(SoundError::Failed),
        }
    }
    let count = block.len();
    for (target, sample) in block.iter_mut().zip(waiting.drain(..count)) {
        *target = sample;
    }
    Ok(())
}
