//! What waits to be played: a little stock against jitter, never so much that the voice lags.

use super::RATE;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Stock that is built up before playing starts (again): 40 ms.
const PREFILL: usize = RATE as usize / 25;
/// More than this is cut: 200 ms.
const MOST: usize = RATE as usize / 5;

/// Shared by the decoding thread and the sound system's thread.
#[derive(Clone, Debug, Default)]
pub struct Playout {
    inner: Arc<Mutex<Stock>>,
}

#[derive(Debug, Default)]
struct Stock {
    samples: VecDeque<f32>,
    playing: bool,
}

impl Playout {
    /// Adds decoded sound.
    pub fn push(&self, samples: &[f32]) {
        let mut stock = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        stock.samples.extend(samples);
        if stock.samples.len() > MOST {
            // Back to the prefill: one cut is heard less than a lasting delay.
            let surplus = stock.samples.len() - PREFILL;
            stock.samples.drain(..surplus);
        }
        if stock.samples.len() >= PREFILL {
            stock.playing = true;
        }
    }

    /// The next sample, silence when the stock is used up.
    pub fn next(&self) -> f32 {
        let mut stock = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if !stock.playing {
            return 0.0;
        }
        let sample = stock.samples.pop_front();
        if sample.is_none() {
            stock.playing = false;
        }
        sample.unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn playing_waits_for_a_stock_and_never_lags() {
        let playout = Playout::default();
        playout.push(&[1.0; 960]);
        assert!(playout.next().abs() < f32::EPSILON, "one packet is no stock yet");
        playout.push(&[1.0; 960]);
        assert!((playout.next() - 1.0).abs() < f32::EPSILON);
        for _ in 0..50 {
            playout.push(&[0.5; 960]);
        }
        let waiting = (0..RATE).take_while(|_| playout.next().abs() > 0.0).count();
        assert!(waiting <= MOST, "{waiting} samples waited");
        assert!(playout.next().abs() < f32::EPSILON, "used up: silence until there is a stock again");
    }
}
