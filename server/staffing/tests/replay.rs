//! C3: the past read, and replayed through the real routing core.

use chinhchu_routing::Settings;
use chinhchu_staffing::fit::{PastCall, fit};
use chinhchu_staffing::plan::SLOTS;
use chinhchu_staffing::replay::{self, Past};
use chinhchu_staffing::{Load, Target, assess};

/// 2026-11-02 00:00 in Vietnam.
const MIDNIGHT: i64 = 1_793_552_400_000;
const TARGET: Target = Target { service_level: 0.8, within_s: 20.0, most_occupancy: 1.0, shrinkage: 0.0 };

fn call(at_ms: i64, handled_ms: u32) -> PastCall {
    PastCall { queued_ms: MIDNIGHT + at_ms, waited_ms: 0, handled_ms: Some(handled_ms), hung_up: false }
}

/// Calls of many days from 08:00 to 12:00, 100 in each half hour at random, handled 180 s in the mean.
fn random_days(days: i64) -> Vec<PastCall> {
    let mut state = 7_u64;
    let mut exp = move |mean: f64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let share = (f64::from(u32::try_from(state >> 32).expect("32 bits")) + 1.0) / 4_294_967_297.0;
        -share.ln() * mean
    };
    let mut calls = Vec::new();
    for day in 0..days {
        let mut at_s = 8.0 * 3_600.0;
        loop {
            at_s += exp(18.0);
            if at_s >= 12.0 * 3_600.0 {
                break;
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a day")]
            calls.push(call(day * 86_400_000 + (at_s * 1_000.0) as i64, (exp(180.0) * 1_000.0) as u32));
        }
    }
    calls
}

fn settings() -> Settings {
    Settings { max_queue_len: 10_000, max_wait_ms: 7_200_000, ..Settings::default() }
}

fn mornings(agents: u32) -> [u32; SLOTS] {
    let mut roster = [0; SLOTS];
    roster[16..26].fill(agents);
    roster
}

#[test]
fn a_past_period_gives_profile_handling_time_and_patience() {
    let mut calls = vec![call(8 * 3_600_000, 100_000), call(8 * 3_600_000 + 1_800_000, 200_000)];
    calls.push(PastCall {
        queued_ms: MIDNIGHT + 86_399_999,
        waited_ms: 30_000,
        handled_ms: None,
        hung_up: true,
    });
    calls.push(PastCall {
        queued_ms: MIDNIGHT + 86_400_000,
        waited_ms: 10_000,
        handled_ms: None,
        hung_up: false,
    });
    let fitted = fit(&calls).expect("calls");
    assert_eq!((fitted.calls, fitted.days), (4, 2));
    assert_eq!(fitted.handle_s, Some(150.0));
    assert_eq!(fitted.patience_s, Some(40.0), "40 s of waiting, one who hung up");
    let shares: Vec<_> = [0, 16, 17, 47].map(|slot: usize| fitted.profile[slot]).into();
    assert_eq!(shares, [0.25; 4]);
    assert_eq!(fit(&[]).err().map(|fault| fault.field), Some("calls"));
}

/// With calls at random the real core behaves as Erlang C says (the ring takes no time here, as in Erlang).
#[test]
fn c3_a_replay_agrees_with_erlang_where_erlang_holds() {
    let calls = random_days(20);
    let settings = settings();
    let past = Past { calls: &calls, patience_s: None, settings: &settings, pick_up_ms: 0, seed: 1 };
    let outcome = replay::run(&past, &TARGET, &mornings(14)).expect("in bounds");
    let load = Load { calls: 100.0, per_s: 1_800.0, handle_s: 180.0, patience_s: None };
    let erlang = assess(&load, &TARGET, 14).expect("in bounds");
    // Each morning begins empty: a little better than the steady state.
    assert!(
        (outcome.service_level - erlang.service_level).abs() < 0.03,
        "{} {erlang:?}",
        outcome.service_level
    );
    let occupancy: f64 = outcome.slots[17..24].iter().map(|slot| slot.occupancy).sum::<f64>() / 7.0;
    assert!((occupancy - erlang.occupancy).abs() < 0.04, "{occupancy} {erlang:?}");
    let offered: u32 = outcome.slots.iter().map(|slot| slot.offered).sum();
    let answered: u32 = outcome.slots.iter().map(|slot| slot.answered).sum();
    assert_eq!((offered as usize, answered), (calls.len(), offered), "nobody is forgotten");
}

#[test]
fn c3_what_a_replay_finds_reaches_the_target_and_one_agent_fewer_does_not() {
    let calls = random_days(3);
    let settings = settings();
    let past = Past { calls: &calls, patience_s: None, settings: &settings, pick_up_ms: 2_000, seed: 1 };
    let found = replay::needed(&past, &TARGET, &mornings(5)).expect("in bounds");
    assert!(found.reached, "{found:?}");
    let agents: Vec<u32> = found.outcome.slots.iter().map(|slot| slot.agents).collect();
    let agents: [u32; SLOTS] = agents.try_into().expect("48");
    let again = replay::run(&past, &TARGET, &agents).expect("in bounds");
    assert_eq!(again, found.outcome, "the same for the same seed");
    assert!(again.slots.iter().all(|slot| slot.service_level() >= 0.8));
    assert!(!found.cut_short);
    for slot in (0..SLOTS).filter(|slot| agents[*slot] > 0) {
        let mut fewer = agents;
        fewer[slot] -= 1;
        let worse = replay::run(&past, &TARGET, &fewer).expect("in bounds");
        assert!(worse.slots.iter().any(|slot| slot.service_level() < 0.8), "{slot}: one fewer does");
    }
}

/// The same load the whole day needs the same agents the whole day: the search does not tire after midnight.
#[test]
fn c3_an_even_day_needs_the_same_agents_in_every_half_hour() {
    let calls: Vec<PastCall> = (0..960).map(|n| call(n * 90_000, 900_000)).collect();
    let settings = settings();
    let past = Past { calls: &calls, patience_s: None, settings: &settings, pick_up_ms: 3_000, seed: 1 };
    let found = replay::needed(&past, &TARGET, &[14; SLOTS]).expect("in bounds");
    assert!(found.reached && !found.cut_short, "{} runs", found.runs);
    let agents: Vec<u32> = found.outcome.slots.iter().map(|slot| slot.agents).collect();
    assert!(agents.iter().all(|agents| (10..=11).contains(agents)), "{agents:?}");
    // 10.03 erlangs, ring included.
    let slot = found.outcome.slots[30];
    let busy = 20.0 * 903.0 / 1_800.0 / f64::from(slot.agents);
    assert!((slot.occupancy - busy.min(1.0)).abs() < 0.02, "{slot:?}");
}

/// Agents are counted on the days with calls alone, as often as the calls are.
#[test]
fn c3_occupancy_is_that_of_the_days_with_calls() {
    let of_day = |day: i64| (0..960).map(move |n| call(day * 86_400_000 + n * 90_000, 900_000));
    // Friday and Monday: nobody calls between them.
    let calls: Vec<PastCall> = of_day(4).chain(of_day(7)).collect();
    let settings = settings();
    let past = Past { calls: &calls, patience_s: None, settings: &settings, pick_up_ms: 0, seed: 1 };
    let outcome = replay::run(&past, &TARGET, &[20; SLOTS]).expect("in bounds");
    for slot in [1, 20, 47] {
        assert!((outcome.slots[slot].occupancy - 0.5).abs() < 0.01, "{:?}", outcome.slots[slot]);
    }
}

/// Opening hours of today say nothing about calls that were taken in before.
#[test]
fn c3_hours_of_today_close_nobody_out_of_the_past() {
    let calls = random_days(2);
    let closed = Settings { hours: Some(Box::default()), serve_queue_after_close: false, ..settings() };
    let open = settings();
    let found = |settings: &Settings| {
        let past = Past { calls: &calls, patience_s: None, settings, pick_up_ms: 0, seed: 1 };
        replay::needed(&past, &TARGET, &mornings(14)).expect("in bounds")
    };
    assert_eq!(found(&closed).outcome, found(&open).outcome);
}

/// A target that no number of agents reaches is said to be so, without thousands of them.
#[test]
fn c3_where_more_agents_do_not_help_none_are_added() {
    // The ring alone takes longer than what is in time.
    let calls: Vec<PastCall> = (0..100).map(|n| call(8 * 3_600_000 + n * 18_000, 180_000)).collect();
    let settings = settings();
    let past = Past { calls: &calls, patience_s: None, settings: &settings, pick_up_ms: 3_000, seed: 1 };
    let target = Target { within_s: 2.0, ..TARGET };
    let found = replay::needed(&past, &target, &mornings(5)).expect("in bounds");
    assert!(!found.reached && !found.cut_short, "{} runs", found.runs);
    // 10.2 erlangs, ring included: fewer would let callers wait, more would be of no use.
    let slot = found.outcome.slots[16];
    assert!((11..=12).contains(&slot.agents) && slot.answered == 100, "{slot:?}");
    let most = found.outcome.slots.iter().map(|slot| slot.agents).max();
    assert!(most <= Some(12), "{most:?}");
}

/// Who hung up then hangs up again, when the wait is as long; who was answered has patience of his own.
#[test]
fn c3_callers_hang_up_in_a_replay() {
    let mut calls: Vec<PastCall> = (0..40).map(|n| call(8 * 3_600_000 + n * 1_000, 600_000)).collect();
    calls.push(PastCall {
        queued_ms: MIDNIGHT + 8 * 3_600_000 + 50_000,
        waited_ms: 30_000,
        handled_ms: None,
        hung_up: true,
    });
    let settings = settings();
    let past = Past { calls: &calls, patience_s: Some(60.0), settings: &settings, pick_up_ms: 0, seed: 1 };
    let outcome = replay::run(&past, &TARGET, &mornings(2)).expect("in bounds");
    let slot = outcome.slots[16];
    assert_eq!(slot.offered, 41);
    assert!(slot.abandoned >= 30 && slot.answered + slot.abandoned == 41, "{slot:?}");
    let alone = replay::run(&past, &TARGET, &mornings(60)).expect("in bounds");
    assert_eq!((alone.slots[16].answered_in_time, alone.slots[16].abandoned), (41, 0));
}

#[test]
fn what_cannot_be_replayed_is_refused() {
    let settings = settings();
    let many = vec![call(0, 1_000); replay::MOST_CALLS + 1];
    let past = |calls| Past { calls, patience_s: None, settings: &settings, pick_up_ms: 0, seed: 1 };
    let code = |calls, agents| replay::run(&past(calls), &TARGET, &agents).map_err(|fault| fault.code).err();
    assert_eq!(code(&many, mornings(1)), Some("too_many"));
    assert_eq!(code(&[], mornings(1)), Some("missing"));
    assert_eq!(code(&many[..1], mornings(2_001)), Some("out_of_range"));
}
