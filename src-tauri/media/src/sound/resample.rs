//! Linear resampling of mono sound; good enough for voice, and no delay.
#![expect(clippy::cast_possible_truncation, reason = "a position between two samples fits f32")]

/// Turns a stream of one rate into a stream of another.
#[derive(Clone, Debug)]
pub struct Resampler {
    /// Input samples for each output sample.
    step: f64,
    /// Position of the next output sample behind `last`, in input samples.
    position: f64,
    last: f32,
}

impl Resampler {
    /// From one rate to another, in samples a second.
    pub fn new(from: u32, to: u32) -> Self {
        Self { step: f64::from(from.max(1)) / f64::from(to.max(1)), position: 1.0, last: 0.0 }
    }

    /// Takes one input sample, gives none, one or more output samples.
    pub fn push(&mut self, sample: f32, mut out: impl FnMut(f32)) {
        while self.position <= 1.0 {
            let fraction = self.position as f32;
            out(self.last + (sample - self.last) * fraction);
            self.position += self.step;
        }
        self.position -= 1.0;
        self.last = sample;
    }

    /// Takes as many input samples as one output sample needs.
    pub fn pull(&mut self, mut input: impl FnMut() -> f32, next: &mut f32) -> f32 {
        while self.position > 1.0 {
            self.last = *next;
            *next = input();
            self.position -= 1.0;
        }
        let sample = self.last + (*next - self.last) * self.position as f32;
        self.position += self.step;
        sample
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(rate: u32, count: u32) -> Vec<f32> {
        let step = 440.0 * std::f64::consts::TAU / f64::from(rate);
        (0..count).map(|index| (f64::from(index) * step).sin() as f32).collect()
    }

    /// Zero crossings upwards: the frequency.
    fn periods(samples: &[f32]) -> usize {
        samples.windows(2).filter(|pair| pair[0] <= 0.0 && pair[1] > 0.0).count()
    }

    #[test]
    fn a_second_stays_a_second_and_a_tone_stays_a_tone() {
        for (from, to) in [(44_100, 48_000), (48_000, 44_100), (16_000, 48_000), (48_000, 48_000)] {
            let mut resampler = Resampler::new(from, to);
            let mut out = Vec::new();
            for sample in sine(from, from) {
                resampler.push(sample, |sample| out.push(sample));
            }
            assert!(out.len().abs_diff(to as usize) <= 2, "{from} to {to}: {}", out.len());
            assert!(periods(&out).abs_diff(440) <= 1, "{from} to {to}: {}", periods(&out));
        }
    }

    #[test]
    fn pulling_gives_the_same_tone() {
        for (from, to) in [(48_000, 44_100), (48_000, 96_000)] {
            let mut resampler = Resampler::new(from, to);
            let mut input = sine(from, 48_010).into_iter();
            let mut next = 0.0;
            let out: Vec<f32> =
                (0..to).map(|_| resampler.pull(|| input.next().unwrap_or(0.0), &mut next)).collect();
            assert!(periods(&out).abs_diff(440) <= 1, "{from} to {to}: {}", periods(&out));
        }
    }
}
