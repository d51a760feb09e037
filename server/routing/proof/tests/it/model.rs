//! Small worlds, searched to the end. `PROOF_FULL=1` goes further; a failure prints `WORLD` and `WAY`, which
//! replay it.

use std::time::Instant;

use chinhchu_proof::model::{Bounds, Start, World, replay, search};
use chinhchu_proof::mutant::{Fault, Mutant};
use chinhchu_routing::Switchboard;

fn search_world(bounds: Bounds, reaches: &[&str]) {
    if let (Ok(name), Ok(way)) = (std::env::var("WORLD"), std::env::var("WAY")) {
        if name == bounds.name {
            println!("{}", replay(&World::new(bounds, Switchboard::default()), &way));
        }
        return;
    }
    let full = std::env::var("PROOF_FULL").is_ok();
    let bounds = if full { bounds.full() } else { bounds };
    let bounds = tried(bounds);
    let began = Instant::now();
    let searched = search(&World::new(bounds, Switchboard::default()), 2, true);
    println!(
        "world {}: {} states ({} met), depth {}, {:.1} s",
        bounds.name,
        searched.unique,
        searched.met,
        searched.depth,
        began.elapsed().as_secs_f32()
    );
    if let Some((_, steps, told)) = &searched.broken {
        panic!("world {} fails after {steps} steps: {told}", bounds.name);
    }
    assert!(searched.exhausted, "world {} was not searched to its end", bounds.name);
    for kind in reaches {
        assert!(
            searched.reached.contains(kind),
            "world {} never reaches {kind:?}: {:?}",
            bounds.name,
            searched.reached
        );
    }
}

/// Other bounds, to find out how far one can go: `PROOF_BOUNDS=late=1,cuts=0`.
fn tried(mut bounds: Bounds) -> Bounds {
    let text = std::env::var("PROOF_BOUNDS").unwrap_or_default();
    for (name, n) in text.split(',').filter_map(|part| part.split_once('=')) {
        let n: u8 = n.parse().expect("a number");
        match name {
            "agents" => bounds.agents = n.into(),
            "callers" => bounds.callers = n.into(),
            "late" => bounds.late = n,
            "twice" => bounds.twice = n,
            "cuts" => bounds.cuts = n,
            "restarts" => bounds.restarts = n,
            "outages" => bounds.outages = n,
            "sign_ins" => bounds.sign_ins = n,
            "pauses" => bounds.pauses = n,
            "hang_ups" => bounds.hang_ups = n,
            "offers" => bounds.offers = n.into(),
            "start" => {
                bounds.start =
                    [Start::TakenIn, Start::OneRings, Start::OneTalks, Start::BothTalk][usize::from(n)];
            }
            other => panic!("no bound is called {other}"),
        }
    }
    bounds
}

#[test]
fn rings_are_answered_in_every_way() {
    let closings = ["closed passed", "closed missed", "closed never_rang", "closed declined"];
    search_world(Bounds::RING, &closings);
    search_world(Bounds::THIRD, &closings);
}

#[test]
fn networks_are_lost_and_come_back() {
    let wanted = ["side lost", "side back", "ended caller_lost", "agent lost", "second agent", "unwitnessed"];
    search_world(Bounds::LOSS, &wanted);
}

#[test]
fn verdicts_come_early_late_and_twice() {
    search_world(Bounds::VERDICT, &["verdict counts", "verdict late", "verdict superseded", "second agent"]);
}

#[test]
fn the_server_restarts_and_time_jumps() {
    search_world(Bounds::RESTART, &["restarted", "ended caller_lost", "conversation over", "second agent"]);
    search_world(Bounds::OUTAGE, &["outage", "closed missed", "ended no_agent"]);
}

#[test]
fn ghosts_change_nothing() {
    let wanted = ["closed agent_away", "closed caller_away", "closed call_over", "ended cancelled"];
    search_world(Bounds::GHOST, &wanted);
}

#[test]
fn a_call_that_nobody_free_may_take_blocks_nobody() {
    search_world(Bounds::SKILLS, &["closed passed"]);
}

/// Which world catches which fault; the others are for the simulated days.
const CAUGHT_HERE: [(Fault, Bounds); 12] = [
    (Fault::DoubleOffer, Bounds::RING),
    (Fault::MissedUnconfirmed, Bounds::RING),
    (Fault::SameAgentAgain, Bounds::RING),
    (Fault::AgentNotFreed, Bounds::RING),
    (Fault::ForgottenDeadline, Bounds::LOSS),
    (Fault::SocketAwayEnds, Bounds::LOSS),
    (Fault::ShortPatience, Bounds::LOSS),
    (Fault::LateVerdictCounts, Bounds::VERDICT),
    (Fault::VerdictForgotten, Bounds::VERDICT),
    (Fault::RestartLosesOffer, Bounds::RESTART),
    (Fault::OutageFires, Bounds::OUTAGE),
    (Fault::StaleEpoch, Bounds::GHOST),
];

#[test]
fn the_small_worlds_catch_what_is_broken() {
    let mut missed = Vec::new();
    for (fault, bounds) in CAUGHT_HERE {
        let rule = Fault::ALL.iter().find(|(it, _)| *it == fault).map(|(_, rule)| *rule);
        let searched = search(&World::new(bounds, Mutant::new(fault)), 2, false);
        match searched.broken {
            Some((found, steps, told)) if found == rule => {
                let broken = told.lines().find(|line| line.starts_with(&format!("{found:?}")[5..7]));
                let (name, states) = (bounds.name, searched.unique);
                println!(
                    "{fault:?}: caught by world {name} after {steps} steps, {states} states: {broken:.100?}"
                );
            }
            Some((found, _, told)) => missed.push(format!("{fault:?} is caught as {found:?}: {told}")),
            None => missed.push(format!("{fault:?} is not caught by world {}", bounds.name)),
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
