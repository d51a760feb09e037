//! What is simulated: how many calls and agents, when, and how much goes wrong.

use chinhchu_routing::hours::{Hours, Span};
use chinhchu_routing::settings::{OverflowStep, Selection, SkillRule};
use chinhchu_routing::{Needs, Settings, Skills};

use crate::dice::Dice;
use crate::names;

/// Who runs agents, and how many in a hundred (C1).
pub const STAFFED: [(usize, usize); 6] = [(1, 30), (2, 14), (3, 24), (5, 10), (8, 12), (9, 10)];
/// Home company, and who serves it (C1).
pub const SERVING: [(usize, usize); 9] =
    [(1, 1), (2, 2), (3, 3), (4, 1), (5, 5), (6, 1), (7, 3), (8, 8), (9, 9)];

/// A day to simulate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Replays the same day.
    pub seed: u64,
    /// How many calls come.
    pub calls: usize,
    /// How many agents there are.
    pub agents: usize,
    /// From the first call to the last, ms.
    pub length_ms: i64,
    /// How often the server is killed.
    pub kills: usize,
    /// How often the server's machine is paused, or its clock jumps.
    pub pauses: usize,
    /// Every so many facts go through JSON on their way to the fold.
    pub json_every: usize,
}

impl Plan {
    /// A day of 100,000 calls and 2,000 agents.
    pub fn whole_day(seed: u64) -> Self {
        let (kills, pauses) = (40, 20);
        Self { seed, calls: 100_000, agents: 2_000, length_ms: 14 * 3_600_000, kills, pauses, json_every: 25 }
    }

    /// Such a share of a day, at its pace: `percent` of the calls, the length and the incidents.
    #[must_use]
    pub fn part(self, percent: usize) -> Self {
        let share = |count: usize| (count * percent).div_ceil(100);
        let length_ms = self.length_ms * i64::try_from(percent).unwrap_or(100) / 100;
        let (kills, pauses) = (share(self.kills), share(self.pauses));
        Self { calls: share(self.calls), length_ms, kills, pauses, ..self }
    }

    /// A small day: a few thousand calls with more going wrong.
    pub fn small_day(seed: u64) -> Self {
        let (kills, pauses) = (30, 15);
        Self { seed, calls: 1_500, agents: 60, length_ms: 5 * 3_600_000, kills, pauses, json_every: 1 }
    }

    /// Settings of a company: most have the defaults, some differ.
    pub fn settings(company: usize) -> Settings {
        let usual = Settings::default();
        match company {
            2 => {
                let selection = Selection::LeastCalls;
                // The day begins at 07:00: closed over noon, and who waits then is sent away.
                let hours =
                    Some(every_day(&[(7 * 60 + 20, 9 * 60), (9 * 60 + 45, 11 * 60), (12 * 60, 19 * 60)]));
                let serve_queue_after_close = false;
                Settings {
                    decline_ends: false,
                    evidence_ms: 600_000,
                    selection,
                    hours,
                    serve_queue_after_close,
                    ..usual
                }
            }
            3 => {
                Settings { pause_after_missed: 2, max_wait_ms: 240_000, skills: SkillRule::Require, ..usual }
            }
            5 => {
                let overflow = vec![step(15_000, 1), step(40_000, 9)];
                Settings {
                    ring_timeout_ms: 12_000,
                    reoffer_after_ms: 0,
                    max_queue_len: 12,
                    overflow,
                    ..usual
                }
            }
            8 => {
                let (evidence_ms, max_call_ms, skills) = (600_000, 240_000, SkillRule::Prefer);
                let hours = Some(every_day(&[(6 * 60, 10 * 60 + 30), (11 * 60, 26 * 60)]));
                Settings { wrap_up_ms: 5_000, evidence_ms, max_call_ms, skills, hours, ..usual }
            }
            9 => {
                let selection = Selection::RoundRobin;
                Settings { pause_after_missed: 0, reoffer_after_ms: 30_000, selection, ..usual }
            }
            _ => usual,
        }
    }

    /// One customer in eight speaks English.
    pub fn needs(call: usize) -> Needs {
        let language = (call % 8 == 3).then(|| "en".to_owned());
        Needs { language, ..Needs::default() }
    }

    /// Half of the agents speak both languages (they have no entry), the others one.
    pub fn skills(agent: usize) -> Skills {
        let languages = match agent % 4 {
            0 | 1 => Vec::new(),
            2 => vec!["vi".to_owned()],
            _ => vec!["en".to_owned(), "vi".to_owned()],
        };
        Skills { languages: languages.into_iter().collect(), ..Skills::default() }
    }

    /// Every third agent is employed by a partner (C2).
    pub fn partner(agent: usize) -> Option<String> {
        agent.is_multiple_of(3).then(|| "partner".to_owned())
    }

    /// When a call comes: two peaks a day, at the middle of the morning and of the afternoon.
    pub fn arrival_ms(&self, dice: &mut Dice) -> i64 {
        let whole = dice.between(0, self.length_ms);
        let peak = |dice: &mut Dice, at: i64| {
            let spread = self.length_ms / 7;
            self.length_ms * at / 100
                + i64::midpoint(dice.between(-spread, spread), dice.between(-spread, spread))
        };
        match dice.below(10) {
            0..4 => whole,
            4..7 => peak(dice, 28),
            _ => peak(dice, 68),
        }
    }

    /// When an agent's shift begins and ends: four overlapping shifts.
    pub fn shift_ms(&self, agent: usize, dice: &mut Dice) -> (i64, i64) {
        let start = self.length_ms * [0, 15, 40, 58][agent % 4] / 100;
        let length = self.length_ms * [48, 38, 45, 48][agent % 4] / 100;
        let late = dice.between(-120_000, 300_000);
        ((start + late).max(0), start + late + length)
    }
}

fn step(after_ms: u32, to: usize) -> OverflowStep {
    OverflowStep { after_ms, to: names::company(to) }
}

fn every_day(spans: &[(u16, u16)]) -> Box<Hours> {
    let spans: Vec<Span> = spans.iter().map(|(from, to)| Span { from: *from, to: *to }).collect();
    Box::new(Hours { weekly: std::array::from_fn(|_| spans.clone()), ..Hours::default() })
}
