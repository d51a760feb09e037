//! What a dealer does besides waiting for the verdict.

use std::time::Duration;

use crate::seed::Rng;
use crate::world::Pace;

/// How this dealer behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manner {
    Patient,
    HangsUp {
        after: Duration,
        in_call: bool,
    },
    Cancels {
        after: Duration,
    },
    /// Network away for a short time (F3), perhaps with a page opened anew.
    Drops {
        after: Duration,
        away: Duration,
        reopened: bool,
    },
    /// Gone for good (F4).
    Leaves {
        after: Duration,
    },
    NeverReady,
    /// Opens the page a second time beside the first, perhaps on another telephone.
    Twice {
        after: Duration,
        other_device: bool,
    },
}

impl Manner {
    pub fn draw(rng: &mut Rng, pace: Pace) -> Self {
        let after = rng.ms(100, 2_500);
        match rng.between(1, 100) {
            1..=8 => Self::HangsUp { after, in_call: rng.percent(50) },
            9..=13 => Self::Cancels { after },
            14..=30 => Self::Drops { after, away: rng.ms(100, 1_500), reopened: rng.percent(40) },
            31..=34 if pace == Pace::Quick => Self::Leaves { after },
            35..=36 if pace == Pace::Quick => Self::NeverReady,
            37..=46 => Self::Twice { after, other_device: rng.percent(50) },
            _ => Self::Patient,
        }
    }
}
