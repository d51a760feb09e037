//! Each state × each input: what happens. The table stands in `golden/transitions.txt`; it is the switchboard's
//! behaviour at a glance, and every change of it is seen there.

use std::fmt::Write as _;

use chinhchu_protocol::agent::{GiveUpReason, RingProof, WantedStatus};
use chinhchu_protocol::call::{CallState, Decision, EndReason};
use chinhchu_protocol::ids::{AgentId, CallId};
use chinhchu_routing::{Activity, AgentSocket, Input, Needs, Refusal, SignOutReason};

use crate::world::{World, session_id, sha, workstation_id};

/// A world in one state: the call, its agent, the agent's socket as it was, the live assignment.
struct Scene {
    world: World,
    call: CallId,
    agent: AgentId,
    from: AgentSocket,
}

impl Scene {
    fn new(world: World, call: CallId, agent: AgentId) -> Self {
        let from = world.station(agent);
        Self { world, call, agent, from }
    }
}

fn preparing() -> Scene {
    let mut world = World::new();
    let agent = world.agent(1, "1");
    let call = world.call(1, "1");
    world.page(call);
    Scene::new(world, call, agent)
}

fn waiting() -> Scene {
    let mut world = World::new();
    let agent = world.agent(1, "2");
    let call = world.ready_call(1, "1");
    Scene::new(world, call, agent)
}

fn waiting_away() -> Scene {
    let mut scene = waiting();
    scene.world.page_gone(scene.call);
    scene
}

fn offering() -> Scene {
    let mut world = World::new();
    let agent = world.agent(1, "1");
    let call = world.ready_call(1, "1");
    Scene::new(world, call, agent)
}

fn ringing() -> Scene {
    let mut scene = offering();
    scene.world.rang(scene.call);
    scene
}

fn connecting() -> Scene {
    let mut scene = ringing();
    scene.world.accept(scene.call);
    scene
}

fn in_call() -> Scene {
    let mut scene = connecting();
    scene.world.must(&Input::MediaFlowing { call: scene.call, assignment: 1 });
    scene
}

fn caller_lost() -> Scene {
    let mut scene = in_call();
    let last_heard = scene.world.now;
    scene.world.must(&Input::CallerSilent { call: scene.call, assignment: 1, last_heard });
    scene
}

fn agent_lost() -> Scene {
    let mut scene = in_call();
    let last_heard = scene.world.now;
    scene.world.must(&Input::AgentSilent { call: scene.call, assignment: 1, last_heard });
    scene
}

fn unwitnessed() -> Scene {
    let mut scene = in_call();
    let last_heard = scene.world.now;
    scene.world.must(&Input::BothSilent { call: scene.call, assignment: 1, last_heard });
    scene
}

fn waiting_again() -> Scene {
    let mut scene = agent_lost();
    scene.world.pass_ms(15_000);
    scene
}

fn verdict_sealed() -> Scene {
    let mut scene = in_call();
    scene.world.seal(scene.call, 1, scene.agent);
    scene
}

fn evidence_owed() -> Scene {
    let mut scene = unwitnessed();
    scene.world.pass_ms(120_000);
    scene
}

fn ended(cancelled: bool) -> Scene {
    let mut scene = if cancelled { in_call() } else { verdict_sealed() };
    if cancelled {
        scene.world.must(&Input::Cancel { call: scene.call });
    } else {
        scene.world.evidence(scene.call, 1, scene.agent);
    }
    scene
}

type Build = fn() -> Scene;

const SCENES: [(&str, Build); 15] = [
    ("preparing", preparing),
    ("waiting", waiting),
    ("waiting, page away", waiting_away),
    ("offering, not rung yet", offering),
    ("offering, ringing", ringing),
    ("connecting", connecting),
    ("in_call", in_call),
    ("reconnecting, caller lost", caller_lost),
    ("reconnecting, agent lost", agent_lost),
    ("in_call, unwitnessed", unwitnessed),
    ("waiting again, agent was lost", waiting_again),
    ("awaiting_evidence, verdict sealed", verdict_sealed),
    ("awaiting_evidence, nothing sealed", evidence_owed),
    ("ended, completed", || ended(false)),
    ("ended, cancelled in call", || ended(true)),
];

fn inputs(scene: &Scene) -> Vec<(&'static str, Input)> {
    let (call, agent, from, assignment, offer) = (scene.call, scene.agent, scene.from, 1, 1);
    let page = scene.world.caller(call);
    let page = chinhchu_routing::CallerSocket { epoch: page.epoch.max(1), ..page };
    let last_heard = scene.world.now;
    let (decision, manifest_sha256) = (Decision::Confirmed, sha(1));
    let pause = WantedStatus::Paused { reason: "break".to_owned() };
    let (session, workstation) = (session_id(50), workstation_id(50));
    vec![
        ("page connects", Input::CallerConnected { call, same_device: true }),
        ("page of another device connects", Input::CallerConnected { call, same_device: false }),
        ("page ready", Input::CallerReady { from: page }),
        ("page away", Input::CallerDisconnected { from: page, last_heard }),
        ("page hangs up", Input::CallerHungUp { from: page }),
        ("eKYC cancels", Input::Cancel { call }),
        ("rang", Input::Rang { from, call, offer, proof: RingProof::Sound }),
        ("accept", Input::Accept { from, call, offer }),
        ("decline", Input::Decline { from, call, offer }),
        ("pass", Input::Pass { from, call, offer }),
        ("compared again", Input::Compared { from, call, assignment, change: 1 }),
        ("given up", Input::GivenUp { from, call, assignment, reason: GiveUpReason::NoPicture }),
        ("media flows", Input::MediaFlowing { call, assignment }),
        ("caller silent", Input::CallerSilent { call, assignment, last_heard }),
        ("caller heard", Input::CallerHeard { call, assignment }),
        ("agent silent", Input::AgentSilent { call, assignment, last_heard }),
        ("agent heard", Input::AgentHeard { call, assignment }),
        ("both silent", Input::BothSilent { call, assignment, last_heard }),
        (
            "verdict sealed",
            Input::VerdictSealed {
                from,
                call,
                assignment,
                decision,
                manifest_sha256: manifest_sha256.clone(),
            },
        ),
        ("evidence stored", Input::EvidenceStored { call, assignment, agent, decision, manifest_sha256 }),
        ("workstation connects", Input::AgentConnected { agent, session: from.session }),
        ("workstation away", Input::AgentDisconnected { from, last_heard }),
        ("agent pauses", Input::SetStatus { from, status: pause }),
        ("agent available", Input::SetStatus { from, status: WantedStatus::Available }),
        ("wrap-up done", Input::WrapUpDone { from }),
        ("agent signs in elsewhere", Input::SignIn { agent, session, workstation }),
        ("agent signs out", Input::SignOut { agent, session: from.session, why: SignOutReason::Agent }),
        ("agent forced out", Input::SignOut { agent, session: from.session, why: SignOutReason::Forced }),
        ("server restarted", Input::Started),
    ]
}

fn name_of(event: &chinhchu_routing::Event) -> String {
    let json = serde_json::to_value(event).expect("JSON");
    let detail =
        json.get("reason").or(json.get("outcome")).or(json.get("standing")).and_then(|value| value.as_str());
    let name = json["event"].as_str().expect("an event");
    detail.map_or(name.to_owned(), |detail| format!("{name}({detail})"))
}

fn state_of(scene: &Scene) -> String {
    let agent = match scene.world.activity(scene.agent) {
        Activity::SignedOut => "signed out",
        Activity::Available { .. } => "available",
        Activity::Paused { .. } => "paused",
        Activity::Ringing { .. } => "ringing",
        Activity::OnCall { .. } => "on call",
        Activity::WrapUp { open: true, .. } => "wrap-up, free",
        Activity::WrapUp { open: false, .. } => "wrap-up",
    };
    let state = serde_json::to_value(scene.world.state(scene.call)).expect("JSON");
    let reason = scene.world.end_reason(scene.call).map(|reason| format!(" {reason:?}")).unwrap_or_default();
    format!("{}{reason}, agent {agent}", state.as_str().expect("a name"))
}

fn outcome(scene: &mut Scene, input: &Input) -> String {
    match scene.world.step(input) {
        Ok(events) if events.is_empty() => "nothing".to_owned(),
        Ok(events) => {
            let names: Vec<String> = events.iter().map(name_of).collect();
            format!("{} → {}", names.join(" + "), state_of(scene))
        }
        Err(refusal) => format!("refused: {refusal:?}"),
    }
}

fn table() -> String {
    let mut text = String::new();
    for (name, build) in SCENES {
        let scene = build();
        writeln!(text, "{name} ({})", state_of(&scene)).expect("a string");
        for (input_name, input) in inputs(&scene) {
            writeln!(text, "  {input_name}: {}", outcome(&mut build(), &input)).expect("a string");
        }
        let mut at_deadline = build();
        let deadline = at_deadline.world.board.call(scene.call).and_then(|call| call.deadline);
        if let Some(deadline) = deadline {
            let ms = deadline.ms_since(at_deadline.world.now);
            let events: Vec<String> = at_deadline.world.pass_ms(ms).iter().map(name_of).collect();
            writeln!(text, "  after {ms} ms: {} → {}", events.join(" + "), state_of(&at_deadline))
                .expect("a string");
        }
        text.push('\n');
    }
    text
}

#[test]
fn every_input_in_every_state_does_what_the_table_says() {
    let table = table();
    if std::env::var("GOLDEN").is_ok_and(|mode| mode == "write") {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/golden/transitions.txt");
        return std::fs::write(path, table).expect("a writable checkout");
    }
    for (now, golden) in table.lines().zip(include_str!("golden/transitions.txt").lines()) {
        assert_eq!(now, golden);
    }
    assert_eq!(table.lines().count(), include_str!("golden/transitions.txt").lines().count());
}

/// I3: whatever state a call is in, it ends by itself when nobody says anything any more.
#[test]
fn i3_every_state_ends_by_itself() {
    for (name, build) in SCENES {
        let mut scene = build();
        let state = scene.world.state(scene.call);
        scene.world.pass_ms(2 * 86_400_000);
        let reason = scene.world.end_reason(scene.call);
        assert!(reason.is_some(), "{name} never ends");
        assert!(
            state != CallState::AwaitingEvidence || reason == Some(EndReason::Failed),
            "{name}: {reason:?}"
        );
    }
}

/// What nobody ever heard of is refused, precisely, and changes nothing.
#[test]
fn strangers_are_refused() {
    let mut world = World::new();
    let agent = world.agent(1, "1");
    let call = crate::world::call_id(99);
    let from = world.station(agent);
    assert_eq!(world.step(&Input::Accept { from, call, offer: 1 }), Err(Refusal::CallUnknown));
    assert_eq!(world.step(&Input::Cancel { call }), Err(Refusal::CallUnknown));
    let page = chinhchu_routing::CallerSocket { call, epoch: 1 };
    assert_eq!(world.step(&Input::CallerReady { from: page }), Err(Refusal::CallUnknown));
    let company = crate::world::company("77");
    assert_eq!(
        world.step(&Input::TakeIn { call, company: company.clone(), priority: 0, needs: Needs::default() }),
        Err(Refusal::CompanyUnknown)
    );
    assert_eq!(
        world.step(&Input::SetServing { home: company.clone(), serving: company }),
        Err(Refusal::CompanyUnknown)
    );
    assert_eq!(world.step(&Input::Outage { from: world.now, to: world.now }), Err(Refusal::OutageEmpty));
}
