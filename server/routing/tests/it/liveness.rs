//! Who is judged silent, and what the switchboard makes of it: «Lost, precisely».

use chinhchu_protocol::agent::LostSide;
use chinhchu_protocol::call::{CallState, EndReason};
use chinhchu_protocol::ids::{AgentId, CallId};
use chinhchu_routing::{Event, Input, Liveness};

use crate::world::World;

/// What an end sends.
#[derive(Clone, Copy)]
enum Says {
    Nothing,
    /// A heartbeat; no media comes any more.
    NoMedia,
    /// A heartbeat; the newest media is so old, ms.
    Media(u32),
}

impl Says {
    #[expect(clippy::option_option, reason = "no heartbeat, or one without media")]
    fn heartbeat(self) -> Option<Option<u32>> {
        match self {
            Self::Nothing => None,
            Self::NoMedia => Some(None),
            Self::Media(age_ms) => Some(Some(age_ms)),
        }
    }
}

/// A call whose two ends send heartbeats, as far as the test lets them.
struct Line {
    world: World,
    liveness: Liveness,
    call: CallId,
    agent: AgentId,
    followed: usize,
    caller_says: Says,
    agent_says: Says,
    events: Vec<Event>,
}

impl Line {
    /// Accepted, and both ends there.
    fn accepted() -> Self {
        let mut world = World::new();
        let agent = world.agent(1, "1");
        let call = world.ready_call(1, "1");
        world.rang(call);
        world.accept(call);
        let (liveness, followed) = (Liveness::default(), 0);
        let (caller_says, agent_says) = (Says::NoMedia, Says::NoMedia);
        let mut line =
            Self { world, liveness, call, agent, followed, caller_says, agent_says, events: Vec::new() };
        line.follow();
        line
    }

    /// In conversation for a while.
    fn flowing() -> Self {
        let mut line = Self::accepted();
        (line.caller_says, line.agent_says) = (Says::Media(20), Says::Media(20));
        line.run_ms(5_000);
        assert_eq!(line.state(), CallState::InCall);
        line.events.clear();
        line
    }

    fn follow(&mut self) {
        for fact in &self.world.facts[self.followed..] {
            self.liveness.follow(fact);
            self.events.push(fact.event.clone());
        }
        self.followed = self.world.facts.len();
    }

    /// Time in steps of the heartbeat; ages of media that stopped grow by themselves.
    fn run_ms(&mut self, ms: i64) {
        for _ in 0..ms / 250 {
            self.world.pass_ms(250);
            self.follow();
            let now = self.world.now;
            if let Some(age) = self.caller_says.heartbeat() {
                self.liveness.caller_heartbeat(now, self.call, 1, age);
            }
            if let Some(age) = self.agent_says.heartbeat() {
                self.liveness.agent_heartbeat(now, self.call, 1, age);
            }
            for input in self.liveness.poll(now) {
                self.world.step(&input).expect("liveness speaks of live assignments only");
                self.follow();
            }
        }
    }

    fn state(&self) -> CallState {
        self.world.state(self.call)
    }

    fn count(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|event| wanted(event)).count()
    }
}

#[test]
fn media_flows_when_both_ends_say_so() {
    let mut line = Line::accepted();
    line.caller_says = Says::Media(10);
    line.run_ms(1_000);
    assert_eq!(line.state(), CallState::Connecting, "the agent has received nothing yet");
    line.agent_says = Says::Media(10);
    line.run_ms(250);
    assert_eq!(line.state(), CallState::InCall);
}

#[test]
fn a_page_that_is_slow_to_its_first_heartbeat_is_not_lost() {
    let mut line = Line::accepted();
    line.caller_says = Says::Nothing;
    line.run_ms(9_750);
    assert_eq!(line.state(), CallState::Connecting);
    line.run_ms(500);
    assert_eq!(line.state(), CallState::Reconnecting);
}

#[test]
fn i8_a_dead_socket_of_the_caller_is_no_loss_while_its_media_lives() {
    let mut line = Line::flowing();
    line.caller_says = Says::Nothing;
    line.world.page_gone(line.call);
    line.run_ms(120_000);
    assert_eq!(line.state(), CallState::InCall);
    assert_eq!(line.count(|event| matches!(event, Event::SideLost { .. })), 0);
}

#[test]
fn dead_media_is_no_loss_while_the_callers_socket_lives() {
    let mut line = Line::flowing();
    line.agent_says = Says::NoMedia;
    line.run_ms(60_000);
    assert_eq!(line.state(), CallState::InCall);
}

#[test]
fn f4_without_socket_and_media_the_caller_is_lost_15_s_after_the_last_packet_of_either() {
    let mut line = Line::flowing();
    line.caller_says = Says::Nothing;
    line.run_ms(4_000);
    // The last media comes now; the socket has been silent for 4 s.
    let last_packet = line.world.now;
    line.agent_says = Says::NoMedia;
    line.run_ms(2_250);
    let lost = |event: &Event| match event {
        Event::SideLost { side: LostSide::Caller, last_heard, back_by, .. } => {
            last_packet.ms_since(*last_heard) <= 20 && back_by.ms_since(*last_heard) == 15_000
        }
        _ => false,
    };
    assert_eq!((line.state(), line.count(lost)), (CallState::Reconnecting, 1));
    line.run_ms(12_500);
    assert_eq!(line.state(), CallState::Reconnecting);
    line.run_ms(500);
    assert_eq!(line.world.end_reason(line.call), Some(EndReason::CallerLost));
    assert!(line.liveness.is_idle(), "nothing to watch any more");
}

#[test]
fn f3_media_alone_brings_the_caller_back() {
    let mut line = Line::flowing();
    (line.caller_says, line.agent_says) = (Says::Nothing, Says::NoMedia);
    line.run_ms(10_000);
    assert_eq!(line.state(), CallState::Reconnecting);
    line.agent_says = Says::Media(30);
    line.run_ms(500);
    assert_eq!(line.state(), CallState::InCall);
}

#[test]
fn the_agent_is_lost_by_the_word_of_the_callers_page() {
    let mut line = Line::flowing();
    line.agent_says = Says::Nothing;
    line.world.station_gone(line.agent);
    line.run_ms(5_000);
    assert_eq!(line.state(), CallState::InCall, "its media still comes");
    line.caller_says = Says::NoMedia;
    line.run_ms(2_500);
    assert_eq!(
        line.world.board.call(line.call).and_then(|call| call.assignment?.lost),
        Some(LostSide::Agent)
    );
    line.run_ms(13_000);
    assert_eq!(line.state(), CallState::Waiting);
}

#[test]
fn both_sockets_silent_is_nobodys_loss() {
    let mut line = Line::flowing();
    (line.caller_says, line.agent_says) = (Says::Nothing, Says::Nothing);
    line.run_ms(60_000);
    assert_eq!(line.state(), CallState::InCall);
    assert_eq!(line.count(|event| matches!(event, Event::Unwitnessed { .. })), 1);
    (line.caller_says, line.agent_says) = (Says::Nothing, Says::Media(30));
    line.run_ms(500);
    assert_eq!(line.count(|event| matches!(event, Event::WitnessedAgain { .. })), 1);
    line.run_ms(30_000);
    assert_eq!(line.state(), CallState::InCall, "the agent hears the caller");
}

#[test]
fn a_heartbeat_of_an_older_assignment_is_no_sign_of_life() {
    let mut line = Line::flowing();
    (line.caller_says, line.agent_says) = (Says::Nothing, Says::NoMedia);
    for _ in 0..16 {
        line.liveness.caller_heartbeat(line.world.now, line.call, 7, Some(0));
        line.run_ms(250);
    }
    assert_eq!(line.state(), CallState::Reconnecting);
}

#[test]
fn i6_after_a_restart_both_ends_have_their_full_time() {
    let mut line = Line::flowing();
    let from = line.world.now;
    line.world.now = from.plus_ms(600_000);
    line.world.must(&Input::Outage { from, to: line.world.now });
    line.world.must(&Input::Started);
    line.follow();
    line.liveness = Liveness::resume(&line.world.board, line.world.now);
    // The agent is back at once, the caller is not: 15 s from the restart.
    line.world.station_back(line.agent);
    (line.caller_says, line.agent_says) = (Says::Nothing, Says::NoMedia);
    line.run_ms(14_750);
    assert_eq!(line.state(), CallState::Reconnecting);
    line.run_ms(500);
    assert_eq!(line.world.end_reason(line.call), Some(EndReason::CallerLost));
}
