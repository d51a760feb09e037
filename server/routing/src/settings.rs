//! What a company can set, and the defaults: the only place where these figures stand.
//!
//! A call takes the settings of its **home** company (waiting, decline, times of the call); an agent takes
//! those of the company that **employs** it (ring, wrap-up, missed rings, choice of the agent). Overflow is set
//! by the company that **serves** the call, and so are opening hours. A change counts from the next deadline that is set, never for one
//! that already runs.

use std::collections::BTreeMap;

use chinhchu_protocol::ids::CompanyCode;
use serde::{Deserialize, Serialize};

use crate::hours::Hours;

/// Settings of one company. Missing fields in JSON take their defaults; fields that version 1 of the rules
/// did not know are not written while they have them, so that old logs keep their bytes.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// How long a workstation rings before the call goes to the next agent (F5).
    pub ring_timeout_ms: u32,
    /// How long a workstation has to confirm that it rings (I7).
    pub ring_confirm_ms: u32,
    /// How long a call waits for an agent before it ends `no_agent`.
    pub max_wait_ms: u32,
    /// How many calls of the company may wait; more are refused at intake (`queue_full`).
    pub max_queue_len: u32,
    /// Whether *decline* ends the call (F2, the plan) or redirects it like *pass* (F5).
    pub decline_ends: bool,
    /// How long an agent wraps up after a call before it is available by itself.
    pub wrap_up_ms: u32,
    /// After how many missed rings in a row the agent is paused; 0 never pauses.
    pub pause_after_missed: u32,
    /// How long the page may take from intake to *ready* before the call is cancelled.
    pub preparing_ms: u32,
    /// How long media may take from accept to the first packet both ways.
    pub connecting_ms: u32,
    /// How long a lost side has to come back, from the last sign of life (F3, F4).
    pub reconnect_ms: u32,
    /// How long a call goes on when the server hears neither side.
    pub unwitnessed_ms: u32,
    /// How long an ended conversation waits for its evidence before the call ends `failed`, and how long
    /// an ended call is remembered whose verdict may still arrive.
    pub evidence_ms: u32,
    /// Longest call, from accept.
    pub max_call_ms: u32,
    /// How long an agent who passed or missed a call is spared it, even when nobody else is available.
    pub reoffer_after_ms: u32,
    /// Which of the company's free agents is asked first.
    #[serde(skip_serializing_if = "is_default")]
    pub selection: Selection,
    /// What an agent's skills mean to the calls that the company's agents take.
    #[serde(skip_serializing_if = "is_default")]
    pub skills: SkillRule,
    /// Weights by which the company's calls are shared among partners; `""` stands for its own staff. Empty:
    /// not shared. Who is not named is asked when nobody of a named partner is free.
    #[serde(skip_serializing_if = "is_default")]
    pub partner_shares: BTreeMap<String, u32>,
    /// After how long in line agents of which other companies may take the calls that this one serves, too.
    #[serde(skip_serializing_if = "is_default")]
    pub overflow: Vec<OverflowStep>,
    /// When the calls that the company serves are taken in; none: always.
    #[serde(skip_serializing_if = "is_default")]
    pub hours: Option<Box<Hours>>,
    /// Whether calls that wait at closing time are served until their longest wait; otherwise they end then.
    #[serde(skip_serializing_if = "is_true")]
    pub serve_queue_after_close: bool,
}

/// Which of several free agents is asked first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// Who is idle for the longest time.
    #[default]
    LongestIdle,
    /// Who has accepted the fewest calls since the sign-in; of these, the longest idle.
    LeastCalls,
    /// Who was asked the longest ago; of those never asked, the longest idle.
    RoundRobin,
}

/// What skills mean.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkillRule {
    /// Nothing.
    #[default]
    Off,
    /// Who has them is asked first, others after.
    Prefer,
    /// Who does not have them is not asked.
    Require,
}

/// One step of an overflow.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct OverflowStep {
    /// Time in line.
    pub after_ms: u32,
    /// Whose agents may take the call from then on, too.
    pub to: CompanyCode,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands the field over so")]
fn is_true(value: &bool) -> bool {
    *value
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ring_timeout_ms: 20_000,
            ring_confirm_ms: 2_000,
            max_wait_ms: 600_000,
            max_queue_len: 200,
            decline_ends: true,
            wrap_up_ms: 20_000,
            pause_after_missed: 3,
            preparing_ms: 300_000,
            connecting_ms: 30_000,
            reconnect_ms: 15_000,
            unwitnessed_ms: 120_000,
            evidence_ms: 86_400_000,
            max_call_ms: 1_800_000,
            reoffer_after_ms: 5_000,
            selection: Selection::LongestIdle,
            skills: SkillRule::Off,
            partner_shares: BTreeMap::new(),
            overflow: Vec::new(),
            hours: None,
            serve_queue_after_close: true,
        }
    }
}

/// How long an ended call that awaits nothing is remembered, so that a repeated message is told apart from
/// a stranger's.
pub const ENDED_MEMORY_MS: i64 = 60_000;

/// How many recent handling times a company keeps to reckon the expected wait from.
pub const HANDLING_SAMPLES: usize = 50;

/// How many agents an offer lists as considered; the rest is counted only.
pub const MAX_CONSIDERED: usize = 24;
