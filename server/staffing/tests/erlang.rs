//! C3: known values, and Erlang A against a chain that is played, not reckoned.

use chinhchu_staffing::plan::{self, Profile};
use chinhchu_staffing::{Fault, Load, Target, assess, needed};

const TARGET: Target = Target { service_level: 0.8, within_s: 20.0, most_occupancy: 1.0, shrinkage: 0.0 };
/// 10 erlangs.
const PLAIN: Load = Load { calls: 100.0, per_s: 1_800.0, handle_s: 180.0, patience_s: None };

#[track_caller]
fn near(value: f64, expected: f64, by: f64) {
    assert!((value - expected).abs() <= by, "{value} for {expected}");
}

#[test]
fn c3_erlang_c_gives_the_known_values() {
    let at = |agents| assess(&PLAIN, &TARGET, agents).expect("in bounds");
    near(at(14).probability_of_wait, 0.174_131_9, 5e-8);
    near(at(14).service_level, 0.888_35, 5e-6);
    near(at(14).mean_wait_s.expect("stable"), 7.835_937, 5e-7);
    near(at(14).occupancy, 0.714_285_7, 5e-8);
    near(at(11).probability_of_wait, 0.682_118_2, 5e-8);
    near(at(11).service_level, 0.389_613_8, 5e-8);
    near(at(13).service_level, 0.795_595, 5e-7);
    assert_eq!(at(10).mean_wait_s, None, "as many agents as work: the line grows without end");
}

#[test]
fn c3_fourteen_are_needed_and_twenty_on_the_roster() {
    let found = needed(&PLAIN, &Target { shrinkage: 0.3, ..TARGET }).expect("in reach");
    assert_eq!((found.agents, found.agents_scheduled), (14, 20));
    let calm = needed(&PLAIN, &Target { most_occupancy: 0.6, ..TARGET }).expect("in reach");
    assert_eq!(calm.agents, 17, "busy at most 60 %: 10 ÷ 0.6");
}

#[test]
fn c3_erlang_a_gives_the_known_values() {
    let load = Load { calls: 48.0, per_s: 60.0, handle_s: 60.0, patience_s: Some(120.0) };
    let it = assess(&load, &TARGET, 50).expect("in bounds");
    near(it.abandonment, 0.030_91, 5e-6);
    near(it.mean_wait_s.expect("patient"), 3.709, 5e-4);
    // Calls leave as fast by patience as by service: a Poisson number of callers.
    let load = Load { calls: 600.0, per_s: 60.0, handle_s: 60.0 / 60.0, patience_s: Some(1.0) };
    near(assess(&load, &TARGET, 10).expect("in bounds").probability_of_wait, 0.542_070_3, 5e-8);
}

/// Who never hangs up is Erlang C.
#[test]
fn c3_erlang_a_with_endless_patience_is_erlang_c() {
    let patient = Load { patience_s: Some(86_400.0), ..PLAIN };
    for agents in [11, 12, 14, 20] {
        let (a, c) = (assess(&patient, &TARGET, agents), assess(&PLAIN, &TARGET, agents));
        let (a, c) = (a.expect("in bounds"), c.expect("in bounds"));
        near(a.service_level, c.service_level, 0.02);
        near(a.probability_of_wait, c.probability_of_wait, 0.02);
    }
}

/// The share answered in time against callers who really come, wait, hang up: another way to the same figures.
#[test]
fn c3_erlang_a_agrees_with_a_played_queue() {
    for (agents, patience_s, within_s) in
        [(9, 60.0, 20.0), (12, 120.0, 10.0), (14, 30.0, 20.0), (5, 45.0, 60.0)]
    {
        let load = Load { patience_s: Some(patience_s), ..PLAIN };
        let target = Target { within_s, ..TARGET };
        let it = assess(&load, &target, agents).expect("in bounds");
        let played = play(&load, within_s, agents as usize, 400_000);
        near(it.service_level, played.in_time, 0.006);
        near(it.service_level_excluding_abandoned, played.in_time / (1.0 - played.gone_in_time), 0.006);
        near(it.abandonment, played.gone, 0.006);
        near(it.mean_wait_s.expect("patient"), played.mean_wait_s, 0.02 * played.mean_wait_s + 0.05);
    }
}

struct Played {
    in_time: f64,
    gone_in_time: f64,
    gone: f64,
    mean_wait_s: f64,
}

/// First come, first served: a caller is served when an agent is free before the patience ends.
fn play(load: &Load, within_s: f64, agents: usize, calls: u32) -> Played {
    let mut state = 0x5eed_u64;
    let mut exp = move |mean: f64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let share = (f64::from(u32::try_from(state >> 32).expect("32 bits")) + 1.0) / 4_294_967_297.0;
        -share.ln() * mean
    };
    let mut free_at = vec![0.0_f64; agents];
    let (mut now, mut sums) = (0.0, [0.0_f64; 4]);
    for _ in 0..calls {
        now += exp(load.per_s / load.calls);
        let (patience, handle) = (exp(load.patience_s.expect("patience")), exp(load.handle_s));
        let first = (0..agents).min_by(|a, b| free_at[*a].total_cmp(&free_at[*b])).expect("agents");
        let wait = (free_at[first] - now).max(0.0);
        if wait <= patience {
            free_at[first] = now + wait + handle;
            sums[0] += f64::from(u8::from(wait <= within_s));
        } else {
            sums[1] += f64::from(u8::from(patience <= within_s));
            sums[2] += 1.0;
        }
        sums[3] += wait.min(patience);
    }
    let [in_time, gone_in_time, gone, mean_wait_s] = sums.map(|sum| sum / f64::from(calls));
    Played { in_time, gone_in_time, gone, mean_wait_s }
}

/// More agents never make it worse, and nothing is ever outside 0 to 1, up to pools of thousands.
#[test]
fn c3_figures_stay_sound_from_nobody_to_thousands() {
    for calls in [0.0, 0.5, 30.0, 3_000.0, 40_000.0] {
        for patience_s in [None, Some(5.0), Some(300.0), Some(1_800.0)] {
            let load = Load { calls, per_s: 1_800.0, handle_s: 180.0, patience_s };
            let mut before = -1.0;
            for agents in [0, 1, 3, 10, 299, 301, 320, 3_999, 4_050, 4_400, 20_000] {
                let it = match assess(&load, &TARGET, agents) {
                    Ok(it) => it,
                    Err(fault) => {
                        assert_eq!(fault, Fault { field: "patience", code: "out_of_range" });
                        continue;
                    }
                };
                for share in [it.service_level, it.service_level_excluding_abandoned, it.probability_of_wait]
                {
                    assert!((0.0..=1.0).contains(&share), "{load:?}, {agents}: {it:?}");
                }
                for share in [it.occupancy, it.abandonment] {
                    assert!((0.0..=1.0).contains(&share), "{load:?}, {agents}: {it:?}");
                }
                assert!(it.service_level >= before - 1e-9, "{load:?}, {agents}: {it:?}");
                assert!(it.mean_wait_s.is_none_or(|wait| wait >= 0.0 && wait.is_finite()), "{it:?}");
                before = it.service_level;
            }
        }
    }
}

#[test]
fn a_figure_out_of_bounds_is_named() {
    let fault = |load: Load, target: Target| needed(&load, &target).expect_err("refused").field;
    assert_eq!(fault(Load { calls: -1.0, ..PLAIN }, TARGET), "calls");
    assert_eq!(fault(Load { calls: f64::NAN, ..PLAIN }, TARGET), "calls");
    assert_eq!(fault(Load { per_s: 1.0, ..PLAIN }, TARGET), "per");
    assert_eq!(fault(Load { handle_s: 0.0, ..PLAIN }, TARGET), "aht");
    assert_eq!(fault(Load { patience_s: Some(0.0), ..PLAIN }, TARGET), "patience");
    assert_eq!(fault(PLAIN, Target { service_level: 1.0, ..TARGET }), "service_level");
    assert_eq!(fault(PLAIN, Target { shrinkage: 1.0, ..TARGET }), "shrinkage");
    assert_eq!(fault(PLAIN, Target { within_s: -1.0, ..TARGET }), "within");
    assert_eq!(fault(PLAIN, Target { most_occupancy: 0.0, ..TARGET }), "occupancy");
}

#[test]
fn c3_a_day_is_planned_by_half_hours_in_vietnams_time() {
    let profile = Profile::even(16, 36).expect("08:00 to 18:00");
    let plan =
        plan::day(&profile, 2_000.0, 180.0, None, &Target { shrinkage: 0.3, ..TARGET }).expect("in reach");
    assert_eq!(plan.slots.len(), 48);
    assert_eq!(plan.slots[15].needs.agents, 0);
    // 2,000 calls in 20 half hours: 100 each, as above.
    assert_eq!((plan.slots[16].from_minute, plan.slots[16].needs.agents), (480, 14));
    assert_eq!((plan.peak_agents, plan.peak_scheduled), (14, 20));
    near(plan.agent_hours, 140.0, 1e-9);
    near(plan.scheduled_hours, 200.0, 1e-9);
    assert_eq!(Profile::even(36, 16).err().map(|fault| fault.field), Some("open"));
    assert_eq!(Profile::new(&[1.0; 47]).err().map(|fault| fault.field), Some("profile"));
    assert!(Profile::new(&[0.0; 48]).is_err());
}

/// 153 × 360 ÷ 1800 = 30.6 and 130 × 180 ÷ 1800 = 13: what binary fractions leave behind the comma is no agent more.
#[test]
fn c3_a_limit_that_is_met_exactly_is_met() {
    let of = |calls: f64, handle_s: f64| Load { calls, handle_s, ..PLAIN };
    let calm = |most_occupancy: f64| Target { service_level: 0.01, most_occupancy, ..TARGET };
    assert_eq!(needed(&of(153.0, 360.0), &calm(0.85)).expect("in reach").agents, 36);
    assert_eq!(needed(&of(96.0, 360.0), &calm(0.8)).expect("in reach").agents, 24);
    assert_eq!(assess(&of(130.0, 180.0), &TARGET, 13).expect("in bounds").mean_wait_s, None);
}
