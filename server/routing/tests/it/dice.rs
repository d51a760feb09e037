//! Chance with a seed, and what it makes of settings, skills and partners.

use std::collections::BTreeMap;

use chinhchu_protocol::case::CustomerType;
use chinhchu_routing::settings::{OverflowStep, Selection, SkillRule};
use chinhchu_routing::{Settings, Skills};

use crate::world::company;

/// SplitMix64: a few lines, the same everywhere.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to `n` - 1.
    pub fn below(&mut self, n: u32) -> u32 {
        u32::try_from(self.roll() % u64::from(n)).expect("less than n")
    }

    pub fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        if from.is_empty() {
            None
        } else {
            from.get(self.below(u32::try_from(from.len()).expect("few")) as usize).copied()
        }
    }
}

/// Another choice of the agent, and another overflow.
pub fn richer(dice: &mut Dice, settings: &Settings) -> Settings {
    let overflow = match dice.below(3) {
        0 => vec![],
        1 => vec![OverflowStep { after_ms: [0, 3_000][dice.below(2) as usize], to: company("2") }],
        // To a company without agents, to itself, and twice.
        _ => ["4", "1", "2", "1"]
            .iter()
            .map(|code| OverflowStep { after_ms: dice.below(60_000), to: company(code) })
            .collect(),
    };
    let weights = [("", 1), ("MFS", 3), ("none", 0)].map(|(name, weight)| (name.to_owned(), weight));
    Settings {
        selection: [Selection::LongestIdle, Selection::LeastCalls, Selection::RoundRobin]
            [dice.below(3) as usize],
        skills: [SkillRule::Off, SkillRule::Prefer, SkillRule::Require][dice.below(3) as usize],
        partner_shares: if dice.one_in(3) { weights.into() } else { BTreeMap::new() },
        overflow,
        ..settings.clone()
    }
}

pub fn skills(dice: &mut Dice) -> Skills {
    let languages: &[&str] = [&[][..], &["vi"], &["vi", "en"]][dice.below(3) as usize];
    let customer_types = if dice.one_in(3) { vec![CustomerType::Individual] } else { vec![] };
    Skills {
        customer_types: customer_types.into_iter().collect(),
        languages: languages.iter().map(|&tag| tag.to_owned()).collect(),
    }
}

pub fn partner(dice: &mut Dice) -> Option<String> {
    dice.one_in(2).then(|| "MFS".to_owned())
}
