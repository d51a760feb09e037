//! Whole logs as earlier versions of the rules wrote them. Every record, decided again under its own version,
//! gives the same facts to the byte: new code never re-decides old facts otherwise.
//!
//! The log of a version is written by the code of that version, and never again once a server has run by it:
//! `GOLDEN_LOG=log_vN.jsonl cargo test -p chinhchu-routing golden_log`.

use std::collections::BTreeSet;

use chinhchu_protocol::agent::WantedStatus;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{
    CallerSocket, Event, Fact, Input, Logged, Needs, Refusal, Replay, SignOutReason, replay,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::walk::{WANTED, WANTED_SINCE_2, Walk, kinds_of};
use crate::world::{World, agent_id, call_id, company, session_id, workstation_id};

const LOG_V1: &str = include_str!("golden/log_v1.jsonl");
const LOG_V2: &str = include_str!("golden/log_v2.jsonl");

/// One line: an input, and the facts or the refusal that it came to. `log` tells several logs apart.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    log: u32,
    at: Timestamp,
    rules: u32,
    #[serde(borrow)]
    input: &'a RawValue,
    #[serde(borrow)]
    facts: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<Refusal>,
}

/// Shortest paths of everything that a random walk finds rarely.
fn story() -> World {
    let mut world = World::new();
    for n in 1..=3 {
        world.agent(n, "1");
    }
    // F1, with wrap-up and a wished pause.
    let (call, agent) = world.in_call(1, "1");
    let status = WantedStatus::Paused { reason: "break".to_owned() };
    world.must(&Input::SetStatus { from: world.station(agent), status });
    world.seal(call, 1, agent);
    world.evidence(call, 1, agent);
    world.pass_ms(20_000);
    // F2, and F5 by a pass, a missed ring and a silent workstation.
    let declined = world.ready_call(2, "4");
    world.rang(declined);
    world.decline(declined);
    let redirected = world.ready_call(3, "4");
    world.rang(redirected);
    world.pass(redirected);
    world.rang(redirected);
    world.pass_ms(40_000);
    world.must(&Input::Cancel { call: redirected });
    world.available(agent);
    // F3 and F4.
    let (lost, _) = world.in_call(4, "1");
    world.page_gone(lost);
    world.must(&Input::CallerSilent { call: lost, assignment: 1, last_heard: world.now });
    world.pass_ms(14_000);
    world.page(lost);
    world.must(&Input::CallerSilent { call: lost, assignment: 1, last_heard: world.now });
    world.pass_ms(15_000);
    // The agent's side, its late verdict, a restart in mid-call and an outage while it rings.
    let (call, agent) = world.in_call(5, "4");
    world.station_gone(agent);
    world.must(&Input::AgentSilent { call, assignment: 1, last_heard: world.now });
    world.pass_ms(15_000);
    world.evidence(call, 1, agent);
    world.station_back(agent);
    let (call, agent) = world.in_call(6, "1");
    let ringing = world.ready_call(7, "1");
    let from = world.now;
    world.now = from.plus_ms(3_600_000);
    world.must(&Input::Outage { from, to: world.now });
    world.must(&Input::Started);
    world.pass_ms(3_000);
    world.page(call);
    world.must(&Input::BothSilent { call, assignment: 1, last_heard: world.now });
    world.pass_ms(120_000);
    world.evidence(call, 1, agent);
    assert!(world.end_reason(ringing).is_some());
    // The same account twice, and a forced sign-out, in a call.
    world.pass_ms(60_000);
    let agent = world.agent(9, "2");
    let (call, _) = world.in_call(8, "2");
    world.must(&Input::SignIn { agent, session: session_id(90), workstation: workstation_id(90) });
    world.must(&Input::AgentConnected { agent, session: session_id(90) });
    world.available(agent);
    world.pass_ms(5_000);
    world.accept(call);
    world.must(&Input::SignOut { agent, session: session_id(90), why: SignOutReason::Forced });
    lost_and_wished(&mut world);
    world.pass_ms(2 * 86_400_000);
    world
}

/// Heard again, changed callers, late verdicts; and pauses wished by agents who are lost or never rang.
fn lost_and_wished(world: &mut World) {
    let status = WantedStatus::Paused { reason: "lunch".to_owned() };
    world.must(&Input::Cancel { call: call_id(8) });
    let agent = world.agent(10, "2");
    let (call, _) = world.in_call(11, "2");
    world.must(&Input::BothSilent { call, assignment: 1, last_heard: world.now });
    world.must(&Input::AgentHeard { call, assignment: 1 });
    world.must(&Input::CallerChanged { call, assignment: 1, after: 0 });
    world.must(&Input::CallerConnected { call, same_device: false });
    world.must(&Input::SetStatus { from: world.station(agent), status: status.clone() });
    world.must(&Input::AgentSilent { call, assignment: 1, last_heard: world.now });
    world.station_gone(agent);
    world.pass_ms(15_000);
    // Refused by version 1 only.
    let _decided = world.step(&Input::CallerChanged { call, assignment: 1, after: 0 });
    world.station_back(agent);
    world.pass_ms(600_000);
    world.evidence(call, 1, agent);
    world.available(agent);
    // The only agent goes while calls wait, with a wish and without.
    for n in 12..15 {
        world.ready_call(n, "2");
    }
    world.must(&Input::SetStatus { from: world.station(agent), status: status.clone() });
    world.pass_ms(2_000);
    world.station_back(agent);
    world.available(agent);
    world.station_gone(agent);
    world.pass_ms(16_000);
    world.station_back(agent);
    world.accept(call_id(12));
    world.must(&Input::MediaFlowing { call: call_id(12), assignment: 1 });
    world.pass_ms(1_800_000);
    let session = world.station(agent).session;
    world.must(&Input::SignOut { agent, session, why: SignOutReason::Agent });
    let urgent = call_id(16);
    world.must(&Input::TakeIn { call: urgent, company: company("2"), priority: 3, needs: Needs::default() });
    world.page(urgent);
    world.must(&Input::CallerReady { from: world.caller(urgent) });
}

fn write(path: &std::path::Path) {
    let mut worlds = vec![story()];
    let is_kind = |kind: &String, wanted: &&str| kind.starts_with(wanted);
    let mut missing: BTreeSet<&str> = WANTED.into_iter().chain(WANTED_SINCE_2).collect();
    // Walks as long as each brings something new.
    for seed in 0..500 {
        let seen: BTreeSet<String> =
            worlds.last().iter().flat_map(|world| &world.facts).flat_map(kinds_of).collect();
        missing.retain(|wanted| !seen.iter().any(|kind| is_kind(kind, wanted)));
        let mut walk = Walk::new(seed);
        walk.run(120);
        walk.finish();
        let kinds: Vec<String> = walk.world.facts.iter().flat_map(kinds_of).collect();
        if missing.iter().any(|wanted| kinds.iter().any(|kind| is_kind(kind, wanted))) {
            worlds.push(walk.world);
        }
    }
    let mut text = String::new();
    for (log, world) in worlds.iter().enumerate() {
        let rules = world.board.rules();
        for (at, input, decided) in &world.steps {
            let raw = |json: Result<_, _>| json.expect("JSON");
            let (facts, refused) = match decided {
                Ok(facts) if facts.is_empty() => continue,
                Ok(facts) => (facts.as_slice(), None),
                Err(refusal) => (&[][..], Some(*refusal)),
            };
            let line = Line {
                log: u32::try_from(log).expect("few"),
                at: *at,
                rules,
                input: &raw(serde_json::value::to_raw_value(input)),
                facts: &raw(serde_json::value::to_raw_value(facts)),
                refused,
            };
            text.push_str(&serde_json::to_string(&line).expect("JSON"));
            text.push('\n');
        }
    }
    std::fs::write(path, text).expect("a writable checkout");
}

fn check(text: &str, rules: u32) {
    let (mut replay, mut log) = (Replay::default(), 0);
    for (n, text) in text.lines().enumerate() {
        let line: Line<'_> = serde_json::from_str(text).expect("a line of a log");
        if line.log != log {
            (replay, log) = (Replay::default(), line.log);
        }
        let input: Input = serde_json::from_str(line.input.get()).expect("an old input reads");
        assert_eq!(serde_json::to_string(&input).expect("JSON"), line.input.get(), "line {}", n + 1);
        let seq = u64::try_from(n).expect("few") + 1;
        let facts: Vec<Fact> = serde_json::from_str(line.facts.get()).expect("old facts read");
        match (replay.step(&Logged { seq, at: line.at, input, facts }), line.refused) {
            (Ok(facts), None) => {
                assert_eq!(serde_json::to_string(&facts).expect("JSON"), line.facts.get(), "line {seq}");
            }
            (Err(difference), Some(refusal)) if difference.got == Err(refusal) => {}
            (got, refused) => panic!("line {seq}: {got:?} instead of {refused:?}"),
        }
        assert_eq!((line.rules, replay.switchboard().rules()), (rules, rules), "line {seq}");
    }
}

/// Kinds of facts in a log, with their detail.
fn kinds(text: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for line in text.lines() {
        let line: Line<'_> = serde_json::from_str(line).expect("a line of a log");
        let facts: Vec<Fact> = serde_json::from_str(line.facts.get()).expect("old facts read");
        seen.extend(facts.iter().flat_map(kinds_of));
    }
    seen
}

fn reaches<'w>(text: &str, wanted: impl IntoIterator<Item = &'w &'w str>) {
    let seen = kinds(text);
    for wanted in wanted {
        assert!(seen.iter().any(|kind| kind.starts_with(wanted)), "the log has no {wanted:?}");
    }
}

#[test]
fn a_log_of_version_1_is_decided_again_to_the_byte() {
    check(LOG_V1, 1);
    reaches(LOG_V1, &WANTED);
}

#[test]
fn a_log_of_version_2_is_decided_again_to_the_byte() {
    if let Ok(file) = std::env::var("GOLDEN_LOG") {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden").join(file);
        return write(&path);
    }
    check(LOG_V2, 2);
    reaches(LOG_V2, WANTED.iter().chain(&WANTED_SINCE_2));
}

/// A log of version 1 goes on under version 2 from a start on, which says so, and replays as a whole: what
/// came before under version 1, what came after under version 2.
#[test]
fn a_new_version_of_the_rules_starts_as_a_fact() {
    let old = LOG_V1.lines().map(|line| serde_json::from_str::<Line<'_>>(line).expect("a line of a log"));
    let mut log: Vec<Logged> = Vec::new();
    for line in old.filter(|line| line.log == 0 && line.refused.is_none()) {
        let input = serde_json::from_str(line.input.get()).expect("an old input reads");
        let facts = serde_json::from_str(line.facts.get()).expect("old facts read");
        log.push(Logged { seq: log.len() as u64 + 1, at: line.at, input, facts });
    }
    let mut board = chinhchu_routing::Switchboard::default();
    log.iter().flat_map(|record| &record.facts).for_each(|fact| board.apply(fact));
    let now = log.last().expect("a log").at.plus_ms(60_000);
    let agent = agent_id(1);
    let (session, workstation) = (session_id(70), workstation_id(70));
    let (call, from) = (call_id(70), CallerSocket { call: call_id(70), epoch: 1 });
    assert_eq!(board.rules(), 1);
    for input in [
        Input::Outage { from: now.plus_ms(-30_000), to: now },
        Input::Started,
        Input::SignIn { agent, session, workstation },
        Input::AgentConnected { agent, session },
        Input::TakeIn { call, company: company("1"), priority: 0, needs: Needs::default() },
        Input::CallerConnected { call, same_device: true },
        Input::CallerReady { from },
        Input::SignOut { agent, session, why: SignOutReason::Agent },
    ] {
        let facts = board.decide(now, &input).expect("not refused");
        for fact in &facts {
            board.apply(fact);
        }
        log.push(Logged { seq: log.len() as u64 + 1, at: now, input, facts });
    }
    assert_eq!(board.rules(), chinhchu_routing::RULES_VERSION);
    let told = |record: &Logged| record.facts.iter().any(|fact| fact.event == Event::NobodyOnDuty { call });
    assert!(log.last().is_some_and(told), "decided by version 2");
    assert_eq!(replay(log.clone()), None);

    // A log that was decided otherwise is found out, at its record.
    let broken = log.len() - 1;
    log[broken].facts.pop();
    let difference = replay(log).expect("a difference");
    assert_eq!((difference.seq, difference.rules), (broken as u64 + 1, 2));
    assert_eq!(difference.got.map(|facts| facts.len()), Ok(difference.expected.len() + 1));
}
