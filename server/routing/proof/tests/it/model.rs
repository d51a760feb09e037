//! Small worlds, searched to the end. `PROOF_FULL=1` goes further; a failure prints `WORLD` and `WAY`, which
//! replay it.

use std::time::Instant;

use chinhchu_proof::model::{Bounds, Start, World, replay, search};
use chinhchu_routing::Switchboard;

fn search_world(bounds: Bounds, reaches: &[&str]) {
    if let (Ok(name), Ok(way)) = (std::env::var("WORLD"), std::env::var("WAY")) {
        if name == bounds.name {
            panic!("{}", replay(&World::new(bounds, Switchboard::default()), &way));
        }
        return;
    }
    let full = std::env::var("PROOF_FULL").is_ok();
    let bounds = if full { bounds.full() } else { bounds };
    let bounds = tried(bounds);
    let began = Instant::now();
    let searched = search(World::new(bounds, Switchboard::default()), 2, true);
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
                    [Start::TakenIn, Start::OneRings, Start::OneTalks, Start::BothTalk][usize::from(n)]
            }
            other => panic!("no bound is called {other}"),
        }
    }
    bounds
}

#[test]
fn rings_are_answered_in_every_way() {
    search_world(
        Bounds::RING,
        &["closed passed", "closed missed", "closed never_rang", "closed declined", "ended no_agent"],
    );
}

#[test]
fn networks_are_lost_and_come_back() {
    search_world(
        Bounds::LOSS,
        &["side lost", "side back", "ended caller_lost", "agent lost", "second agent", "unwitnessed"],
    );
}

#[test]
fn verdicts_come_early_late_and_twice() {
    search_world(Bounds::VERDICT, &["verdict counts", "verdict late", "verdict superseded"]);
}

#[test]
fn the_server_restarts_and_time_jumps() {
    search_world(Bounds::RESTART, &["restarted", "outage"]);
}

#[test]
fn ghosts_change_nothing() {
    search_world(
        Bounds::GHOST,
        &["closed agent_away", "closed caller_away", "closed call_over", "ended cancelled"],
    );
}

#[test]
fn a_call_that_nobody_free_may_take_blocks_nobody() {
    search_world(Bounds::SKILLS, &["closed passed"]);
}
