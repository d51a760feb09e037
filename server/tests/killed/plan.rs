//! What is done to the server, drawn from the seed: so many kills, and when.

use crate::seed::Rng;
use crate::world::Point;

/// How the process goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Death {
    /// SIGKILL after a time.
    After { ms: u64 },
    /// SIGKILL some microseconds after a client did something, or was answered.
    At { point: Point, us: u64 },
    /// SIGKILL in the middle of a start: so long after the process began, whether it listens or not.
    InStart { ms: u64 },
    /// SIGTERM, then SIGKILL into the drain.
    InDrain { ms: u64, drain_ms: u64 },
    /// SIGTERM, and it may end by itself.
    Drained { ms: u64 },
    /// SIGKILL while a command works on the same folder; the command is killed too, or not.
    WithCommand { ms: u64, kill_command: bool },
    /// SIGSTOP, some time later SIGKILL, without ever going on.
    WhileStopped { ms: u64, stopped_ms: u64 },
}

/// What comes before the death.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// Nothing happens for so long: every restart gives all who are away their full time, so without a calm
    /// nobody is ever lost.
    pub calm_ms: Option<u64>,
    /// SIGSTOP for so long, then SIGCONT.
    pub pause_ms: Option<u64>,
    /// All clients may come back first.
    pub settle: bool,
    pub death: Death,
    /// No server for so long.
    pub away_ms: u64,
}

const POINTS: [Point; 12] = [
    Point::IntakeSent,
    Point::IntakeTaken,
    Point::PageReady,
    Point::Rings,
    Point::AcceptSent,
    Point::Accepted,
    Point::SignalSent,
    Point::Sealed,
    Point::UploadSent,
    Point::UploadTaken,
    Point::CancelSent,
    Point::WrapUp,
];

/// `times` deaths.
pub fn plan(seed: u64, times: u32) -> Vec<Step> {
    let mut rng = Rng::fork(seed, "plan", 0);
    (0..times).map(|n| step(&mut rng, n, times)).collect()
}

fn step(rng: &mut Rng, n: u32, times: u32) -> Step {
    let ms = if rng.percent(30) { rng.between(0, 300) } else { rng.between(300, 2_500) };
    let death = match rng.between(1, 100) {
        1..=30 => Death::After { ms },
        31..=65 => {
            let index = usize::try_from(rng.between(0, 11)).expect("index");
            let most = if rng.percent(60) { 4_000 } else { 60_000 };
            Death::At { point: POINTS[index], us: rng.between(0, most) }
        }
        66..=76 => Death::InStart { ms: rng.between(5, 250) },
        77..=84 => Death::InDrain { ms, drain_ms: rng.between(0, 60) },
        85..=88 => Death::Drained { ms },
        89..=95 => Death::WithCommand { ms, kill_command: rng.percent(40) },
        _ => Death::WhileStopped { ms, stopped_ms: rng.between(100, 1_500) },
    };
    // A pause of the machine: short ones often, one that looks like a suspend now and then.
    let pause_ms = match rng.between(1, 100) {
        1..=8 => Some(rng.between(50, 1_200)),
        9..=11 if times > 50 => Some(rng.between(2_500, 8_000)),
        _ => None,
    };
    // Mostly a supervisor is quick; sometimes nobody is there.
    let away_ms = match rng.between(1, 100) {
        1..=70 => rng.between(0, 250),
        71..=95 => rng.between(250, 1_500),
        _ if times > 50 => rng.between(3_000, 20_000),
        _ => rng.between(250, 1_500),
    };
    let calm_ms = (times > 50 && n % 33 == 32).then(|| rng.between(20_000, 30_000));
    Step { calm_ms, pause_ms, settle: n.is_multiple_of(3) || rng.percent(35), death, away_ms }
}

#[test]
fn the_same_seed_gives_the_same_plan() {
    assert_eq!(plan(7, 300), plan(7, 300));
    assert_ne!(plan(7, 300), plan(8, 300));
}
