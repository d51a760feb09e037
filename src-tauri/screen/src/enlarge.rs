//! Bilinear enlargement of one plane. Each source row is widened once, and two of them are blended for every
//! row of the result: measured half the time of a general resizer, and enlarging is the usual case in a call.

#![cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "the X11 surface needs it"))]

/// Rows that were widened already; kept between frames for their memory.
#[derive(Default)]
pub(crate) struct Enlarger {
    columns: Vec<Tap>,
    upper: Vec<u8>,
    lower: Vec<u8>,
}

/// A place between two neighbours: `first`, and how much of 256 the next one counts.
#[derive(Clone, Copy)]
struct Tap {
    first: usize,
    weight: u16,
}

impl Enlarger {
    /// Whether this is for it: at least two pixels each way, and nothing gets smaller.
    pub(crate) fn takes(from: (u32, u32), to: (u32, u32)) -> bool {
        from.0 >= 2 && from.1 >= 2 && to.0 >= from.0 && to.1 >= from.1
    }

    /// Both planes tightly packed, sizes as [`Enlarger::takes`] wants them.
    pub(crate) fn fill(&mut self, source: &[u8], from: (u32, u32), target: &mut [u8], to: (u32, u32)) {
        let (from_width, to_width) = (from.0 as usize, to.0 as usize);
        self.columns.clear();
        self.columns.extend((0..to.0).map(|x| tap(x, to.0, from.0)));
        self.upper.resize(to_width, 0);
        self.lower.resize(to_width, 0);
        let row = |n: usize| &source[n * from_width..(n + 1) * from_width];
        // Which source row `upper` holds; `lower` holds the one after.
        let mut held = None;
        for (y, out) in (0..to.1).zip(target.chunks_exact_mut(to_width)) {
            let Tap { first, weight } = tap(y, to.1, from.1);
            if held != Some(first) {
                if held == first.checked_sub(1) && held.is_some() {
                    std::mem::swap(&mut self.upper, &mut self.lower);
                } else {
                    widen(row(first), &self.columns, &mut self.upper);
                }
                widen(row(first + 1), &self.columns, &mut self.lower);
                held = Some(first);
            }
            for ((out, upper), lower) in out.iter_mut().zip(&self.upper).zip(&self.lower) {
                *out = blend(*upper, *lower, weight);
            }
        }
    }
}

fn widen(row: &[u8], columns: &[Tap], out: &mut [u8]) {
    for (out, tap) in out.iter_mut().zip(columns) {
        if let Some([left, right]) = row.get(tap.first..tap.first + 2) {
            *out = blend(*left, *right, tap.weight);
        }
    }
}

/// At most 255 · 256 + 128: fits 16 bits, so that eight and more are done at once.
fn blend(one: u8, other: u8, weight: u16) -> u8 {
    ((u16::from(one) * (256 - weight) + u16::from(other) * weight + 128) >> 8) as u8
}

/// Where the centre of pixel `n` of `to` lies among the centres of `from` pixels (at least two).
#[expect(clippy::cast_possible_truncation, reason = "below 256, and below the number of pixels")]
fn tap(n: u32, to: u32, from: u32) -> Tap {
    let (n, to, from) = (u64::from(n), u64::from(to), u64::from(from));
    let last = (from - 1) * 256;
    let place = ((2 * n + 1) * from * 128 / to).saturating_sub(128).min(last);
    let first = (place / 256).min(from - 2);
    Tap { first: first as usize, weight: (place - first * 256) as u16 }
}

#[cfg(test)]
mod tests {
    use fast_image_resize::images::{TypedImage, TypedImageRef};
    use fast_image_resize::pixels::U8;
    use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
    use rand::rngs::StdRng;
    use rand::{Rng as _, SeedableRng as _};

    use super::*;

    #[test]
    fn it_equals_a_general_resizer() {
        let mut random = StdRng::seed_from_u64(7);
        let sizes = [((64, 48), (96, 72)), ((2, 2), (7, 5)), ((33, 17), (33, 18)), ((20, 30), (61, 30))];
        let mut enlarger = Enlarger::default();
        for (from, to) in sizes {
            let source: Vec<u8> = (0..from.0 * from.1).map(|_| random.random()).collect();
            let mut ours = vec![0; (to.0 * to.1) as usize];
            enlarger.fill(&source, from, &mut ours, to);
            let mut theirs = vec![0; ours.len()];
            let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
            let source = TypedImageRef::<U8>::from_buffer(from.0, from.1, &source).expect("source");
            let mut target = TypedImage::<U8>::from_buffer(to.0, to.1, &mut theirs).expect("target");
            Resizer::new().resize_typed(&source, &mut target, &options).expect("resized");
            for (n, (one, other)) in ours.iter().zip(&theirs).enumerate() {
                assert!(one.abs_diff(*other) <= 3, "{from:?} to {to:?}, pixel {n}: {one}, {other}");
            }
        }
    }

    #[test]
    fn it_takes_only_what_it_can() {
        assert!(Enlarger::takes((640, 480), (960, 720)) && Enlarger::takes((640, 480), (640, 481)));
        assert!(!Enlarger::takes((640, 480), (960, 400)) && !Enlarger::takes((1, 480), (960, 720)));
    }
}
