//! Erlang C and Erlang A of one interval.
//!
//! Erlang A is reckoned from the chain of states (n callers in the system): below N agents n leave at n·μ, above
//! at N·μ + (n − N)·θ. What a caller who finds k others waiting still has to wait is a sum of exponential times of
//! rates Nμ, Nμ + θ, …, Nμ + kθ; with Y = e^(−θ·wait) that is a Beta(Nμ/θ, k + 1), so that the share answered
//! within T is an incomplete beta function, summed here term by term (all positive, nothing cancels).

use serde::Serialize;

use crate::fault::{Fault, within};

/// More agents than any pool has: the search ends here.
pub const MOST_AGENTS: u32 = 20_000;
/// States rarer than that against the most frequent one are as good as never taken: e^−40.
const NEGLIGIBLE_LN: f64 = -40.0;
/// Callers who would wait if nobody answered: what is reckoned state by state ends here.
const MOST_WAITING: f64 = 50_000.0;

/// What division leaves behind the comma by rounding: 30.6 ÷ 36 is 0.85, and no more.
const ROUNDING: f64 = 1e-9;

/// What comes to a pool.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Load {
    /// Calls in the interval.
    pub calls: f64,
    /// Length of the interval.
    pub per_s: f64,
    /// Mean handling time of a call: from accept to the end of the wrap-up.
    pub handle_s: f64,
    /// Mean patience of callers; `None`: nobody hangs up (Erlang C).
    pub patience_s: Option<f64>,
}

impl Load {
    /// Every figure within its bounds.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), Fault> {
        within("calls", self.calls, 0.0, 100_000.0)?;
        within("per", self.per_s, 60.0, 86_400.0)?;
        within("aht", self.handle_s, 1.0, 14_400.0)?;
        if let Some(patience) = self.patience_s {
            within("patience", patience, 1.0, 86_400.0)?;
            within("patience", self.calls / self.per_s * patience, 0.0, MOST_WAITING)?;
        }
        if self.erlangs() > f64::from(MOST_AGENTS) / 2.0 {
            return Err(Fault::new("calls", "out_of_range"));
        }
        Ok(())
    }

    /// Agents that would be busy all the time if nobody waited.
    pub fn erlangs(&self) -> f64 {
        self.calls / self.per_s * self.handle_s
    }
}

/// What is wanted.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Target {
    /// Share answered in time.
    pub service_level: f64,
    /// What «in time» is.
    pub within_s: f64,
    /// Agents are not to be busier than that; 1: no limit.
    pub most_occupancy: f64,
    /// Share of paid time in which an agent is not at the calls: breaks, training, leave.
    pub shrinkage: f64,
}

impl Target {
    /// Every figure within its bounds.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), Fault> {
        within("service_level", self.service_level, 0.01, 0.999)?;
        within("within", self.within_s, 0.0, 3_600.0)?;
        within("occupancy", self.most_occupancy, 0.1, 1.0)?;
        within("shrinkage", self.shrinkage, 0.0, 0.9)?;
        Ok(())
    }

    /// So many on the roster that so many are at the calls.
    pub fn scheduled(&self, agents: u32) -> u32 {
        let exact = f64::from(agents) / (1.0 - self.shrinkage);
        // 14 ÷ 0.7 is 20 and not 21: what the division leaves behind the comma by rounding does not count.
        let whole = (exact - ROUNDING).ceil();
        // From 0 to 20,000 ÷ 0.1: fits.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 200,000, whole")]
        let whole = whole as u32;
        whole
    }

    /// Whether so much is answered in time and agents are no busier than they may be.
    pub fn is_reached(&self, service_level: f64, occupancy: f64) -> bool {
        service_level >= self.service_level - ROUNDING && occupancy <= self.most_occupancy + ROUNDING
    }
}

/// How it goes with so many agents.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Assessment {
    /// At the calls.
    pub agents: u32,
    /// On the roster, with shrinkage.
    pub agents_scheduled: u32,
    /// Answered within T ÷ offered.
    pub service_level: f64,
    /// Answered within T ÷ (offered − abandoned within T).
    pub service_level_excluding_abandoned: f64,
    /// Share of callers who wait at all.
    pub probability_of_wait: f64,
    /// Mean wait of all callers, those who hang up included; `None`: it grows without end.
    pub mean_wait_s: Option<f64>,
    /// Share of the time that an agent is busy.
    pub occupancy: f64,
    /// Share of callers who hang up.
    pub abandonment: f64,
}

/// How it goes with so many agents.
///
/// # Errors
/// A figure out of its bounds.
pub fn assess(load: &Load, target: &Target, agents: u32) -> Result<Assessment, Fault> {
    load.check()?;
    target.check()?;
    if agents > MOST_AGENTS {
        return Err(Fault::new("agents", "out_of_range"));
    }
    Ok(reckon(load, target, agents))
}

/// The fewest agents that reach the target.
///
/// # Errors
/// A figure out of its bounds, or a target that no number of agents reaches.
pub fn needed(load: &Load, target: &Target) -> Result<Assessment, Fault> {
    load.check()?;
    target.check()?;
    let enough = |agents: u32| {
        let it = reckon(load, target, agents);
        target.is_reached(it.service_level, it.occupancy)
    };
    // More agents never make it worse: found by halving.
    let (mut few, mut many) = (0_u32, 1_u32);
    if enough(0) {
        return Ok(reckon(load, target, 0));
    }
    while !enough(many) {
        few = many;
        many = many.saturating_mul(2);
        if many > MOST_AGENTS {
            return Err(Fault::new("service_level", "out_of_reach"));
        }
    }
    while many - few > 1 {
        let middle = few + (many - few) / 2;
        if enough(middle) { many = middle } else { few = middle }
    }
    Ok(reckon(load, target, many))
}

fn reckon(load: &Load, target: &Target, agents: u32) -> Assessment {
    let figures = match load.patience_s {
        _ if load.calls == 0.0 => Figures::IDLE,
        None => erlang_c(load, target.within_s, agents),
        Some(patience_s) => erlang_a(load, patience_s, target.within_s, agents),
    };
    Assessment {
        agents,
        agents_scheduled: target.scheduled(agents),
        service_level: figures.in_time.clamp(0.0, 1.0),
        service_level_excluding_abandoned: figures.in_time_of_patient.clamp(0.0, 1.0),
        probability_of_wait: figures.wait.clamp(0.0, 1.0),
        mean_wait_s: figures.mean_wait_s,
        occupancy: figures.occupancy.clamp(0.0, 1.0),
        abandonment: figures.abandonment.clamp(0.0, 1.0),
    }
}

struct Figures {
    in_time: f64,
    in_time_of_patient: f64,
    wait: f64,
    mean_wait_s: Option<f64>,
    occupancy: f64,
    abandonment: f64,
}

impl Figures {
    /// Nobody calls: nobody waits.
    const IDLE: Self = Self {
        in_time: 1.0,
        in_time_of_patient: 1.0,
        wait: 0.0,
        mean_wait_s: Some(0.0),
        occupancy: 0.0,
        abandonment: 0.0,
    };
    /// Fewer agents than work: the line grows as long as the interval goes on.
    const SWAMPED: Self = Self {
        in_time: 0.0,
        in_time_of_patient: 0.0,
        wait: 1.0,
        mean_wait_s: None,
        occupancy: 1.0,
        abandonment: 0.0,
    };
}

fn erlang_c(load: &Load, within_s: f64, agents: u32) -> Figures {
    let (a, n) = (load.erlangs(), f64::from(agents));
    if n - a <= ROUNDING {
        return Figures::SWAMPED;
    }
    let mut blocked = 1.0;
    for k in 1..=agents {
        let carried = a * blocked;
        blocked = carried / (f64::from(k) + carried);
    }
    let wait = n * blocked / (n - a * (1.0 - blocked));
    let in_time = 1.0 - wait * (-(n - a) * within_s / load.handle_s).exp();
    Figures {
        in_time,
        in_time_of_patient: in_time,
        wait,
        mean_wait_s: Some(wait * load.handle_s / (n - a)),
        occupancy: a / n,
        abandonment: 0.0,
    }
}

fn erlang_a(load: &Load, patience_s: f64, within_s: f64, agents: u32) -> Figures {
    let (lambda, mu, theta) = (load.calls / load.per_s, 1.0 / load.handle_s, 1.0 / patience_s);
    let n = f64::from(agents);
    let states = States::of(lambda, mu, theta, agents);
    let wait: f64 = states.waiting.iter().sum();
    let mean_queue: f64 = (0_u32..).zip(&states.waiting).map(|(k, p)| f64::from(k) * p).sum();
    let abandonment = theta * mean_queue / lambda;

    let mut in_time = states.below;
    let mut gone_in_time = 0.0;
    if agents > 0 && within_s > 0.0 {
        let x = (-theta * within_s).exp();
        let c = n * mu / theta;
        let (mut longer, mut served_later) = (Tail::new(c, x), Tail::new(c + 1.0, x));
        for (k, p) in (0_u32..).zip(&states.waiting) {
            // Served at all: c ÷ (c + k + 1); of these later than T: the tail.
            let served = c / (c + f64::from(k) + 1.0);
            let late = served * served_later.next(k);
            let still_there = longer.next(k) * x;
            let answered = served - late;
            in_time += p * answered;
            gone_in_time += p * (1.0 - still_there - answered).max(0.0);
        }
    } else if agents == 0 {
        gone_in_time = wait * (1.0 - (-theta * within_s).exp());
    }
    Figures {
        in_time,
        in_time_of_patient: if gone_in_time < 1.0 { in_time / (1.0 - gone_in_time) } else { 0.0 },
        wait,
        mean_wait_s: Some(mean_queue / lambda),
        occupancy: if agents == 0 { 1.0 } else { lambda * (1.0 - abandonment) / (n * mu) },
        abandonment,
    }
}

/// How likely the states are.
struct States {
    /// Somebody is free.
    below: f64,
    /// All are busy and `k` wait, by `k`.
    waiting: Vec<f64>,
}

impl States {
    /// From the state «all busy, nobody waits» down and up, as logarithms (no factorials, nothing overflows), then
    /// scaled by the sum.
    fn of(lambda: f64, mu: f64, theta: f64, agents: u32) -> Self {
        let mut down = Vec::new();
        let mut ln = 0.0;
        for k in (1..=agents).rev() {
            ln += (f64::from(k) * mu / lambda).ln();
            down.push(ln);
        }
        let (mut up, mut ln, mut most) = (vec![0.0], 0.0_f64, down.iter().copied().fold(0.0, f64::max));
        let full = f64::from(agents) * mu;
        for k in 1_u32.. {
            let leaving = full + f64::from(k) * theta;
            ln += (lambda / leaving).ln();
            most = most.max(ln);
            up.push(ln);
            if leaving > lambda && ln < most + NEGLIGIBLE_LN {
                break;
            }
        }
        let weight = |ln: &f64| (ln - most).exp();
        let below: f64 = down.iter().map(weight).sum();
        let mut waiting: Vec<f64> = up.iter().map(weight).collect();
        let all = below + waiting.iter().sum::<f64>();
        for weight in &mut waiting {
            *weight /= all;
        }
        Self { below: below / all, waiting }
    }
}

/// The incomplete beta function I_x(c, k + 1) for k = 0, 1, 2, …, each from the one before.
struct Tail {
    c: f64,
    ln_rest: f64,
    ln_term: f64,
    sum: f64,
}

impl Tail {
    fn new(c: f64, x: f64) -> Self {
        Self { c, ln_rest: (1.0 - x).ln(), ln_term: c * x.ln(), sum: 0.0 }
    }

    fn next(&mut self, k: u32) -> f64 {
        if k > 0 {
            // As a logarithm, so that a first term too small for a number does not make all others nothing.
            let k = f64::from(k);
            self.ln_term += ((self.c + k - 1.0) / k).ln() + self.ln_rest;
        }
        self.sum += self.ln_term.exp();
        self.sum.min(1.0)
    }
}
