//! Choice of the agent: settings of the company whose agents are asked.

use chinhchu_protocol::case::CustomerType;
use chinhchu_protocol::ids::{AgentId, CallId};
use chinhchu_routing::fact::WhyNot;
use chinhchu_routing::settings::{Selection, SkillRule};
use chinhchu_routing::{Input, Needs, Skills};

use crate::world::{World, agent_id, session_id, workstation_id};

fn speaking(languages: &[&str]) -> Skills {
    Skills { languages: languages.iter().map(|&tag| tag.to_owned()).collect(), ..Skills::default() }
}

fn in_language(tag: &str) -> Needs {
    Needs { language: Some(tag.to_owned()), ..Needs::default() }
}

/// To whom the call is offered.
fn asked(world: &World, call: CallId) -> Option<AgentId> {
    world.offer(call).map(|(agent, _)| agent)
}

/// The call is accepted, and over at once; its agent is available again.
fn short_call(world: &mut World, n: u128) -> AgentId {
    let call = world.ready_call(n, "1");
    let agent = asked(world, call).expect("somebody is free");
    world.accept(call);
    world.must(&Input::Cancel { call });
    world.must(&Input::WrapUpDone { from: world.station(agent) });
    world.pass_ms(1_000);
    agent
}

#[test]
fn the_longest_idle_is_asked_first_unless_the_company_wants_it_otherwise() {
    let mut world = World::new();
    for n in 1..=3 {
        world.agent(n, "1");
        world.pass_ms(1_000);
    }
    let asked: Vec<AgentId> = (1..=4).map(|n| short_call(&mut world, n)).collect();
    assert_eq!(asked, [1, 2, 3, 1].map(agent_id));
}

#[test]
fn least_calls_counts_accepts_since_the_sign_in() {
    let mut world = World::new();
    world.set("1", |it| it.selection = Selection::LeastCalls);
    let first = world.agent(1, "1");
    assert_eq!([short_call(&mut world, 1), short_call(&mut world, 2)], [first, first]);
    let second = world.agent(2, "1");
    let third = world.agent(3, "1");
    let call = world.ready_call(3, "1");
    assert_eq!(asked(&world, call), Some(second), "no call yet, though idle for a shorter time");
    assert_eq!(world.why_not(), [(third, WhyNot::IdleForLess), (first, WhyNot::MoreCalls)]);
    world.must(&Input::Cancel { call });
    // A new sign-in begins anew.
    world.pass_ms(1_000);
    world.must(&Input::SignIn { agent: first, session: session_id(9), workstation: workstation_id(9) });
    world.must(&Input::AgentConnected { agent: first, session: session_id(9) });
    world.available(first);
    let had: Vec<AgentId> = (4..=6).map(|n| short_call(&mut world, n)).collect();
    assert_eq!(had, [second, third, first]);
}

#[test]
fn round_robin_asks_in_turn_whatever_became_of_the_offers() {
    let mut world = World::new();
    world.set("1", |it| it.selection = Selection::RoundRobin);
    let agents: Vec<AgentId> = (1..=3).map(|n| world.agent(n, "1")).collect();
    world.pass_ms(1_000);
    let first = world.ready_call(1, "1");
    assert_eq!(asked(&world, first), Some(agents[0]));
    // Withdrawn: the agent is idle for as long as before, and had its turn.
    world.must(&Input::Cancel { call: first });
    world.pass_ms(1_000);
    let second = world.ready_call(2, "1");
    assert_eq!(asked(&world, second), Some(agents[1]));
    let others = [(agents[2], WhyNot::IdleForLess), (agents[0], WhyNot::AskedMoreRecently)];
    assert_eq!(world.why_not(), others);
    world.pass(second);
    assert_eq!(asked(&world, second), Some(agents[2]));
    world.must(&Input::Cancel { call: second });
    world.pass_ms(1_000);
    assert_eq!(short_call(&mut world, 3), agents[0]);
}

#[test]
fn a_changed_selection_counts_from_the_next_offer() {
    let mut world = World::new();
    let first = world.agent(1, "1");
    short_call(&mut world, 1);
    world.pass_ms(10_000);
    let second = world.agent(2, "1");
    let call = world.ready_call(2, "1");
    assert_eq!(asked(&world, call), Some(first));
    world.must(&Input::Cancel { call });
    world.set("1", |it| it.selection = Selection::LeastCalls);
    let call = world.ready_call(3, "1");
    assert_eq!(asked(&world, call), Some(second));
}

#[test]
fn i4_a_call_whose_skill_nobody_free_has_blocks_nobody_behind_it() {
    let mut world = World::new();
    world.set("1", |it| it.skills = SkillRule::Require);
    let english = world.agent_of(1, "1", None, speaking(&["vi", "en"]));
    let busy = world.ready_call(1, "1");
    world.accept(busy);
    let needs_english = world.needy_call(2, "1", in_language("en"));
    world.pass_ms(1_000);
    let needs_nothing = world.ready_call(3, "1");
    let vietnamese = world.agent_of(2, "1", None, speaking(&["vi"]));
    assert_eq!(asked(&world, needs_english), None);
    assert_eq!(asked(&world, needs_nothing), Some(vietnamese));
    world.must(&Input::Cancel { call: busy });
    world.must(&Input::WrapUpDone { from: world.station(english) });
    assert_eq!(asked(&world, needs_english), Some(english));
    let all_types = Skills { customer_types: [CustomerType::Individual].into(), ..Skills::default() };
    world.agent_of(3, "1", None, all_types);
    let needs = Needs { customer_type: Some(CustomerType::Enterprise), ..Needs::default() };
    let enterprise = world.needy_call(4, "1", needs);
    assert_eq!(asked(&world, enterprise), None);
}

#[test]
fn preferred_skills_go_first_and_others_are_asked_too() {
    let mut world = World::new();
    world.set("1", |it| it.skills = SkillRule::Prefer);
    let vietnamese = world.agent_of(1, "1", None, speaking(&["vi"]));
    world.pass_ms(1_000);
    let english = world.agent_of(2, "1", None, speaking(&["en"]));
    let call = world.needy_call(1, "1", in_language("en"));
    assert_eq!(asked(&world, call), Some(english), "though idle for a shorter time");
    assert_eq!(world.why_not(), [(vietnamese, WhyNot::SkillMissing)]);
    world.pass(call);
    assert_eq!(asked(&world, call), Some(vietnamese), "I2: before who passed it");
    world.must(&Input::Cancel { call });
    let any = world.ready_call(2, "1");
    assert_eq!(asked(&world, any), Some(vietnamese), "the longest idle: the first was not to blame");
}

#[test]
fn skills_that_came_or_went_count_for_calls_that_wait() {
    let mut world = World::new();
    world.set("1", |it| it.skills = SkillRule::Require);
    let agent = world.agent_of(1, "1", None, speaking(&["vi"]));
    let call = world.needy_call(1, "1", in_language("en"));
    let learn = |skills| Input::SetAgent {
        agent,
        company: crate::world::company("1"),
        partner: None,
        active: true,
        skills,
    };
    world.must(&learn(speaking(&["vi", "en"])));
    assert_eq!(asked(&world, call), Some(agent));
    assert_eq!(world.must(&learn(speaking(&["vi", "en"]))), []);
}

#[test]
fn c2_calls_are_shared_among_partners_by_weight() {
    let mut world = World::new();
    world.set("1", |it| it.partner_shares = [("A".to_owned(), 3), ("B".to_owned(), 1)].into());
    let (a, b) = (world.agent_of(1, "1", Some("A"), Skills::default()), agent_id(2));
    world.agent_of(2, "1", Some("B"), Skills::default());
    let own = world.agent(3, "1");
    let had: Vec<AgentId> = (1..=40).map(|n| short_call(&mut world, n)).collect();
    let count = |agent| had.iter().filter(|it| **it == agent).count();
    assert_eq!((count(a), count(b), count(own)), (30, 10, 0));
    // Who is not named is asked when nobody of a named partner is free.
    let calls: Vec<CallId> = (41..=43).map(|n| world.ready_call(n, "1")).collect();
    assert_eq!(asked(&world, calls[2]), Some(own));
    assert_eq!(world.why_not(), [(a, WhyNot::Ringing), (b, WhyNot::Ringing)]);
}

#[test]
fn an_offer_says_whose_partner_has_had_its_share() {
    let mut world = World::new();
    world.set("1", |it| it.partner_shares = [(String::new(), 1), ("A".to_owned(), 1)].into());
    let partners = world.agent_of(1, "1", Some("A"), Skills::default());
    let own = world.agent(2, "1");
    assert_eq!(short_call(&mut world, 1), partners, "nobody is owed more: the longest idle");
    assert_eq!(short_call(&mut world, 2), own);
    world.pass_ms(1_000);
    short_call(&mut world, 3);
    let call = world.ready_call(4, "1");
    assert_eq!(asked(&world, call), Some(own));
    assert_eq!(world.why_not(), [(partners, WhyNot::PartnerOverShare)]);
    // What was not taken is no share.
    world.must(&Input::Cancel { call });
    assert_eq!(short_call(&mut world, 5), own);
}
