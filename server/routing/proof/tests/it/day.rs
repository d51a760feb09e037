//! Simulated days. A failure prints its seed; `SEED=… cargo test -p chinhchu-proof day` replays it.

use chinhchu_proof::day::{Day, Plan};
use chinhchu_routing::Switchboard;

/// Runs a day with the real switchboard; panics with what was lately heard of who is concerned.
fn run(plan: Plan) -> Day<Switchboard> {
    let mut day = Day::new(plan, Switchboard::default());
    if let Err(broken) = day.run() {
        let told = day.told(&broken);
        panic!("{broken}\n{broken:?}\nSEED={} replays it: {plan:?}\n{told}", plan.seed);
    }
    day
}

fn seed_from_env() -> Option<u64> {
    std::env::var("SEED").ok().and_then(|text| text.parse().ok())
}

#[test]
fn i1_to_i8_hold_on_small_days() {
    if let Some(seed) = seed_from_env() {
        println!("{}", run(Plan::small_day(seed)).report);
        return;
    }
    for seed in 0..10 {
        let day = run(Plan::small_day(seed));
        if seed == 0 {
            println!("{}", day.report);
        }
    }
}

#[test]
fn i1_to_i8_hold_on_a_day_of_100_000_calls() {
    let percent = std::env::var("PERCENT").ok().and_then(|text| text.parse().ok()).unwrap_or(100);
    let plan = Plan::whole_day(seed_from_env().unwrap_or(2_026)).part(percent);
    println!("seed {}", plan.seed);
    println!("{}", run(plan).report);
}
