//! Seeded walks of the session beside a small server that plays foul: it takes calls away, restarts with another
//! incarnation, repeats old views, ends sessions; the line breaks, frames are lost and late, the machine sleeps,
//! the program is killed. Whatever happens: every ring ends in time, one media at a time, a verdict only for the
//! call at hand and once, and at the end the workstation can take a call as if nothing had been.
//!
//! A failure prints its seed: `WALK_SEED=… cargo test -p chinhchu-station walks` replays it alone.

use std::collections::{BTreeMap, VecDeque};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::*;

const WALKS: u64 = 3_000;
const STEPS: u32 = 300;
const TICK_MS: u64 = 250;
const RING_MS: i64 = 15_000;

/// The server's side, as far as the session can see it.
struct Server {
    incarnation: u32,
    seq: u64,
    activity: AgentActivity,
    calls: u32,
    /// Sealed, as told on the socket.
    told: Vec<CallKey>,
    /// Its own clock minus ours.
    ahead_ms: i64,
    /// What an administrator says of the workstation's key.
    key: WorkstationState,
}

enum Frame {
    View((u32, u64), Timestamp, AgentActivity),
    Other(Input),
}

#[derive(Default)]
struct Line {
    up: VecDeque<AgentToServer>,
    down: VecDeque<Frame>,
}

#[expect(clippy::struct_excessive_bools, reason = "what is under way in the world, each by itself")]
struct World {
    rng: StdRng,
    now: Now,
    session: Session,
    server: Server,
    line: Option<Line>,
    wants_line: bool,
    old_views: Vec<((u32, u64), Timestamp, AgentActivity)>,
    /// What the session has been shown last, by number.
    shown: Option<((u32, u64), AgentActivity)>,
    ring: Option<(OfferKey, u64)>,
    media: Option<CallKey>,
    measured_mono_ms: u64,
    sealing: Option<CallKey>,
    disk: BTreeMap<CallKey, Decision>,
    signing_in: bool,
    /// The server is being told the key.
    enrolling: bool,
    outbox_full: bool,
    ticked_mono_ms: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        let since = Timestamp::from_ms(0);
        let server = Server {
            incarnation: 1,
            seq: 1,
            activity: AgentActivity::Available { since },
            calls: 0,
            told: Vec::new(),
            ahead_ms: 3_600_000,
            key: WorkstationState::Approved,
        };
        Self {
            rng: StdRng::seed_from_u64(seed),
            now: at(1_000),
            session: Session::new([]),
            server,
            line: None,
            wants_line: false,
            old_views: Vec::new(),
            shown: None,
            ring: None,
            media: None,
            measured_mono_ms: 0,
            sealing: None,
            disk: BTreeMap::new(),
            signing_in: false,
            enrolling: false,
            outbox_full: false,
            ticked_mono_ms: 0,
        }
    }

    fn chance(&mut self, one_in: u32) -> bool {
        self.rng.random_ratio(1, one_in)
    }

    fn server_now(&self) -> Timestamp {
        at(self.now.mono_ms).wall.plus_ms(self.server.ahead_ms)
    }

    fn input(&mut self, input: Input) {
        let effects = self.session.handle(self.now, input);
        self.perform(effects);
    }

    fn command(&mut self, command: Command) -> bool {
        let needs_room = matches!(
            command,
            Command::Accept
                | Command::Verdict { .. }
                | Command::SetStatus { status: WantedStatus::Available }
        );
        let needs_key = command == Command::SetStatus { status: WantedStatus::Available };
        let approved = self.session.workstation_lock().is_none();
        let taken = self.session.command(self.now, command);
        let done = taken.is_ok();
        assert!(!(done && needs_room && self.outbox_full), "taken without room for it");
        assert!(!(done && needs_key && !approved), "available without an approved key");
        self.perform(taken.unwrap_or_default());
        done
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send(message) => {
                    if let Some(line) = &mut self.line {
                        line.up.push_back(message);
                    }
                }
                Effect::OpenLink => self.wants_line = true,
                Effect::CloseLink => (self.wants_line, self.line) = (false, None),
                Effect::StartMedia { key, .. } => {
                    assert_eq!(self.media, None, "one media at a time");
                    self.media = Some(key);
                    self.measured_mono_ms = 0;
                }
                Effect::StopMedia { key } => assert_eq!(self.media.take(), Some(key), "stops what runs"),
                Effect::Ring { offer } => {
                    assert_eq!(self.ring, None, "one ring at a time");
                    let left = offer.expires_at.ms_since(self.server_now());
                    let deadline =
                        self.now.mono_ms + u64::try_from(left).expect("a ring that is over begins");
                    self.ring = Some((offer_key(&offer), deadline));
                }
                Effect::EndRing => self.ring = None,
                Effect::StartVerdict(order) => self.start_verdict(order.key),
                Effect::SignIn { .. } => self.signing_in = true,
                Effect::FetchCase { key } => {
                    let case = Box::new(AgentCase { call_id: key.call_id, ..*case() });
                    self.input(Input::CaseFetched { key, case, papers: Vec::new() });
                }
                Effect::Enrol | Effect::RenewKey => self.enrolling = true,
                Effect::SignOut
                | Effect::ForgetSession
                | Effect::GiveSignal { .. }
                | Effect::ForgetCase
                | Effect::SilenceRing
                | Effect::CheckDevices
                | Effect::BeginNewOutbox => {}
            }
        }
    }

    fn start_verdict(&mut self, key: CallKey) {
        assert!(self.sealing.is_none(), "one verdict at a time");
        assert!(!self.disk.contains_key(&key), "a verdict was given twice");
        assert_eq!(self.media, Some(key), "a verdict without media");
        assert!(self.now.mono_ms < self.measured_mono_ms + 2_000, "a verdict on stale media");
        let ours = self.shown.as_ref().and_then(|(_, activity)| call_of(activity));
        assert_eq!(ours, Some(key), "a verdict for a call that is not ours");
        self.sealing = Some(key);
    }

    /// One thing happens.
    fn step(&mut self) {
        match self.rng.random_range(0..30) {
            0..=3 => self.pass_time(),
            4..=8 => self.deliver_down(),
            9..=13 => self.deliver_up(),
            14..=15 => self.measure(),
            16 => self.break_or_open(),
            17..=20 => self.agent_acts(),
            21 => self.server_acts(),
            22 => self.end_seal(),
            23 => self.repeat_an_old_view(),
            24..=25 if self.session.is_signed_out() || self.signing_in => self.account(),
            24 if self.chance(4) => self.account(),
            25 if self.chance(8) => self.kill(),
            24..=27 => self.ring_proof(),
            28 => self.end_enrolment(),
            29 if self.chance(3) => self.fill_or_empty(),
            29 => self.administrator_acts(),
            _ => unreachable!("30 cases"),
        }
        if self.line.is_none() && self.wants_line && self.chance(3) {
            self.break_or_open();
        }
        self.check();
    }

    fn pass_time(&mut self) {
        let ms = if self.chance(60) { 40_000 } else { self.rng.random_range(1..=TICK_MS) };
        self.now.mono_ms += ms;
        // The wall clock leaps whenever it likes.
        self.now.wall = Timestamp::from_ms(self.rng.random_range(0..2_000_000_000));
        if self.now.mono_ms >= self.ticked_mono_ms + TICK_MS || ms > TICK_MS {
            self.tick();
        }
    }

    fn tick(&mut self) {
        self.ticked_mono_ms = self.now.mono_ms;
        self.input(Input::Tick);
        if let Some((_, deadline)) = self.ring {
            assert!(self.now.mono_ms < deadline, "a ring goes on after its end");
        }
    }

    fn deliver_down(&mut self) {
        let Some(frame) = self.line.as_mut().and_then(|line| line.down.pop_front()) else { return };
        match frame {
            Frame::View(number, sent_at, activity) => self.give_view(number, sent_at, activity),
            Frame::Other(input) => self.input(input),
        }
    }

    fn give_view(&mut self, number: (u32, u64), sent_at: Timestamp, activity: AgentActivity) {
        let signed_in = !self.session.is_signed_out() && !self.session.is_signing_in();
        if signed_in && self.shown.as_ref().is_none_or(|(seen, _)| number >= *seen) {
            self.shown = Some((number, activity.clone()));
        }
        // Frames are read at once; how long they were on the wire the server's time tells, as it does here.
        let heard_mono_ms = self.now.mono_ms;
        // The wire is quick in this world: a view carries the moment when it is read.
        let now = sent_at.max(self.server_now());
        let view = Box::new(AgentView { workstation: self.server.key, ..*view(activity) });
        let input = Input::View { incarnation: number.0, seq: number.1, now, heard_mono_ms, view };
        self.input(input);
    }

    fn deliver_up(&mut self) {
        if let Some(message) = self.line.as_mut().and_then(|line| line.up.pop_front()) {
            self.server_hears(message);
        }
    }

    fn server_hears(&mut self, message: AgentToServer) {
        let since = self.server_now();
        match message {
            AgentToServer::Hello { .. } => self.show(),
            AgentToServer::Accept { call_id, offer } => {
                if let AgentActivity::Ringing { offer: ringing } = &self.server.activity
                    && (ringing.call_id, ringing.offer) == (call_id, offer)
                {
                    let call = AgentCall { call_id, ..agent_call(false) };
                    self.change(AgentActivity::Connecting { call });
                }
            }
            AgentToServer::Decline { .. } | AgentToServer::Pass { .. } => {
                if matches!(self.server.activity, AgentActivity::Ringing { .. }) {
                    self.change(AgentActivity::Available { since });
                }
            }
            AgentToServer::VerdictSealed { call_id, assignment, decision, .. } => {
                let key = CallKey { call_id, assignment };
                assert_eq!(self.disk.get(&key), Some(&decision), "told, and not on the disk");
                self.server.told.push(key);
                if call_of(&self.server.activity) == Some(key) {
                    let until = since.plus_ms(20_000);
                    self.change(AgentActivity::WrapUp { call_id, until, ended: None });
                }
            }
            AgentToServer::SetStatus { status } => {
                let idle = matches!(
                    self.server.activity,
                    AgentActivity::Available { .. }
                        | AgentActivity::Paused { .. }
                        | AgentActivity::WrapUp { .. }
                );
                if idle {
                    self.change(match status {
                        WantedStatus::Available => AgentActivity::Available { since },
                        WantedStatus::Paused { reason } => AgentActivity::Paused { since, reason },
                    });
                }
            }
            AgentToServer::WrapUpDone => {
                if matches!(self.server.activity, AgentActivity::WrapUp { .. }) {
                    self.change(AgentActivity::Available { since });
                }
            }
            AgentToServer::Compared { change, .. } => {
                if let AgentActivity::InCall { call, since } = self.server.activity.clone()
                    && call.changes == change
                {
                    let call = AgentCall { compare_again: false, ..call };
                    self.change(AgentActivity::InCall { call, since });
                }
            }
            AgentToServer::GiveUp { .. } => self.change(AgentActivity::Available { since }),
            AgentToServer::Ping { .. }
            | AgentToServer::Rang { .. }
            | AgentToServer::Signal { .. }
            | AgentToServer::Witness { .. }
            | AgentToServer::SignalAck { .. }
            | AgentToServer::Heartbeat { .. } => {}
        }
    }

    fn change(&mut self, activity: AgentActivity) {
        self.server.activity = activity;
        self.server.seq += 1;
        self.show();
    }

    fn show(&mut self) {
        let number = (self.server.incarnation, self.server.seq);
        let (now, activity) = (self.server_now(), self.server.activity.clone());
        self.old_views.push((number, now, activity.clone()));
        if let Some(line) = &mut self.line {
            line.down.push_back(Frame::View(number, now, activity));
        }
    }

    fn offer(&mut self) {
        self.server.calls += 1;
        let AgentActivity::Ringing { offer } = ringing(0, RING_MS) else { panic!("rings") };
        let call_id = CallId(Uuid::from_u128(u128::from(self.server.calls) + 100));
        let expires_at = self.server_now().plus_ms(RING_MS);
        self.change(AgentActivity::Ringing { offer: OfferView { call_id, expires_at, ..offer } });
    }

    fn server_acts(&mut self) {
        let since = self.server_now();
        if self.chance(12) {
            // Killed and started again: another incarnation, every socket gone.
            (self.server.incarnation, self.server.seq) = (self.server.incarnation + 1, 0);
            self.cut();
            return;
        }
        match self.server.activity.clone() {
            AgentActivity::Available { .. } | AgentActivity::WrapUp { .. } => self.offer(),
            AgentActivity::Paused { .. } | AgentActivity::Ringing { .. } => {
                self.change(AgentActivity::Available { since });
            }
            AgentActivity::Connecting { call } | AgentActivity::Reconnecting { call, .. } => {
                self.change(AgentActivity::InCall { call, since });
            }
            AgentActivity::InCall { call, since: began } => match self.rng.random_range(0..5) {
                0 => {
                    let call = AgentCall { compare_again: true, changes: call.changes + 1, ..call };
                    self.change(AgentActivity::InCall { call, since: began });
                }
                1 => {
                    let deadline = since.plus_ms(15_000);
                    let lost = chinhchu_protocol::agent::LostSide::Caller;
                    self.change(AgentActivity::Reconnecting { call, lost, deadline });
                }
                2 => self.change(AgentActivity::Paused { since, reason: "connection_lost".into() }),
                3 => self.change(AgentActivity::Available { since }),
                _ => self.offer(),
            },
        }
    }

    /// The server answers about the key, or cannot be reached.
    fn end_enrolment(&mut self) {
        if !std::mem::take(&mut self.enrolling) {
            return;
        }
        let fails = self.chance(3);
        let state = match self.server.key {
            _ if fails => EnrolmentState::Failed,
            WorkstationState::Unknown | WorkstationState::Pending => EnrolmentState::Pending,
            WorkstationState::Approved => EnrolmentState::Approved,
            WorkstationState::Revoked => EnrolmentState::Revoked,
            WorkstationState::Quarantined => EnrolmentState::Quarantined,
        };
        // One that failed is tried again.
        self.enrolling = state == EnrolmentState::Failed;
        self.input(Input::Workstation { state, error: None });
    }

    fn administrator_acts(&mut self) {
        use WorkstationState::{Approved, Pending, Quarantined, Revoked, Unknown};
        self.server.key =
            [Approved, Approved, Pending, Revoked, Quarantined, Unknown][self.rng.random_range(0..6)];
        self.server.seq += 1;
        self.show();
        if self.chance(2) {
            self.command(Command::RenewKey);
        }
    }

    fn fill_or_empty(&mut self) {
        self.outbox_full = !self.outbox_full;
        let state = ["full", "disk_full", "damaged", "in_use"][self.rng.random_range(0..4)];
        let picture = if self.outbox_full { OutboxPicture::only(state) } else { OutboxPicture::empty() };
        self.input(Input::Outbox { picture, history: Vec::new(), full: self.outbox_full });
    }

    fn measure(&mut self) {
        if let Some(key) = self.media {
            self.measured_mono_ms = self.now.mono_ms;
            let snapshot = MediaSnapshot { age_ms: Some(0), frames_decoded: 9, ..MediaSnapshot::default() };
            self.input(Input::MediaSnapshot { key, snapshot });
        }
    }

    fn cut(&mut self) {
        if self.line.take().is_some() {
            self.input(Input::SocketClosed);
        }
    }

    fn break_or_open(&mut self) {
        if self.line.is_some() {
            self.cut();
        } else if self.wants_line {
            self.line = Some(Line::default());
            self.input(Input::SocketOpen);
        }
    }

    fn agent_acts(&mut self) {
        let pause = WantedStatus::Paused { reason: "break".into() };
        let verdict = Command::Verdict { decision: Decision::Confirmed, reason: None, note: None };
        // Mostly what the screen invites to, sometimes anything.
        let command = match self.rng.random_range(0..16) {
            0..=9 if self.ring.is_some() => Command::Accept,
            0..=9 if self.media.is_some() => {
                self.measure();
                verdict
            }
            0..=9 => Command::WrapUpDone,
            10 => Command::Pass,
            11 => Command::SetStatus { status: pause },
            12 => Command::SetStatus { status: WantedStatus::Available },
            13 => Command::ComparedAgain,
            14 => verdict,
            _ => Command::Decline,
        };
        self.command(command);
    }

    fn ring_proof(&mut self) {
        if let Some((offer, _)) = self.ring {
            self.input(Input::RingWindowMapped { offer });
            self.input(Input::RingSound { offer, started: true });
            self.command(Command::RingShown { call_id: offer.call_id, offer: offer.offer });
        }
    }

    /// The seal of the verdict ends, well or badly; on the disk before anybody hears of it.
    fn end_seal(&mut self) {
        let Some(key) = self.sealing.take() else { return };
        if self.chance(4) {
            let code = "capture_uniform".to_owned();
            return self.input(Input::VerdictFailed { key, code });
        }
        assert!(self.disk.insert(key, Decision::Confirmed).is_none(), "sealed twice");
        let entry = HistoryEntry { call_id: key.call_id, assignment: key.assignment, ..sealed().entry };
        self.input(Input::VerdictSealed { key, sealed: SealedVerdict { entry, ..sealed() } });
    }

    /// A ghost: something that an older socket or server has said.
    fn repeat_an_old_view(&mut self) {
        if self.old_views.is_empty() || self.line.is_none() {
            return;
        }
        let (number, sent_at, activity) =
            self.old_views[self.rng.random_range(0..self.old_views.len())].clone();
        if self.shown.as_ref().is_some_and(|(seen, _)| number < *seen) {
            let before = (self.media, self.ring);
            self.give_view(number, sent_at, activity);
            assert_eq!((self.media, self.ring), before, "a ghost changed something");
        }
    }

    fn account(&mut self) {
        if self.session.is_signed_out() {
            let sign_in = Command::SignIn { username: "hoa".into(), password: "x".into() };
            assert!(self.command(sign_in));
        } else if std::mem::take(&mut self.signing_in) {
            let session_id = SessionId(Uuid::from_u128(2));
            self.shown = None;
            self.input(Input::SignedIn { agent: agent(), session_id, warning: None });
        } else if self.chance(2) {
            let reason = SessionCloseReason::SignedInElsewhere;
            if let Some(line) = &mut self.line {
                line.down.push_back(Frame::Other(Input::SessionClosed { reason }));
            }
        } else {
            self.command(Command::SignOut);
        }
    }

    /// The program is killed, perhaps between the seal and the word of it, and started again with its session.
    fn kill(&mut self) {
        if let Some(key) = self.sealing.take()
            && self.chance(2)
        {
            self.disk.insert(key, Decision::Confirmed);
        }
        let told = |(key, decision): (&CallKey, &Decision)| (*key, *decision, "ab".to_owned());
        self.session = Session::new(self.disk.iter().map(told).collect::<Vec<_>>());
        (self.line, self.wants_line, self.ring, self.media) = (None, false, None, None);
        (self.shown, self.signing_in, self.enrolling) = (None, true, false);
        let picture = if self.outbox_full { OutboxPicture::only("full") } else { OutboxPicture::empty() };
        self.input(Input::Outbox { picture, history: Vec::new(), full: self.outbox_full });
        self.input(Input::Resuming);
    }

    fn check(&self) {
        if self.session.is_signed_out() {
            assert_eq!(self.ring, None, "rings for nobody");
            assert!(self.media.is_none() || self.media == self.sealing, "media for nobody");
        }
        let around =
            Surroundings { profile: "p".into(), server_url: String::new(), video: VideoPlan::Native };
        let picture = self.session.picture(self.now, 1, &around);
        if let VerdictPicture::Open = picture.verdict {
            let key = self.media.expect("a verdict may open with media only");
            assert!(!self.disk.contains_key(&key));
        }
    }

    /// The world becomes good: everything that is on its way arrives.
    fn heal(&mut self) {
        self.server.key = WorkstationState::Approved;
        self.server.seq += 1;
        self.show();
        if self.outbox_full {
            self.fill_or_empty();
        }
        for _ in 0..40 {
            self.end_enrolment();
            self.end_seal();
            if self.session.is_signed_out() || self.signing_in {
                self.account();
            }
            if self.line.is_none() {
                self.break_or_open();
            }
            self.now.mono_ms += TICK_MS;
            self.tick();
            while self.line.as_ref().is_some_and(|line| !line.up.is_empty() || !line.down.is_empty()) {
                self.deliver_up();
                self.deliver_down();
            }
        }
    }

    fn prove_health(&mut self) {
        self.heal();
        let ours = call_of(&self.server.activity);
        assert_eq!(self.media, ours, "media runs for the call at hand and for no other");
        assert!(ours.is_none_or(|key| !self.disk.contains_key(&key)), "a verdict was never told");
        if let AgentActivity::Ringing { offer } = &self.server.activity
            && offer.expires_at > self.server_now()
        {
            assert!(
                matches!(self.session.phase, Phase::Ringing(_)),
                "an offer neither rings nor is answered"
            );
        }
        let available = Command::SetStatus { status: WantedStatus::Available };
        assert!(self.command(available), "cannot become available any more");
        self.deliver_all();
        // A new call, from ring to verdict.
        let since = self.server_now();
        self.change(AgentActivity::Available { since });
        self.offer();
        self.deliver_all();
        assert!(self.ring.is_some(), "does not ring");
        assert!(self.command(Command::Accept), "cannot be accepted");
        self.deliver_all();
        let key = self.media.expect("no media");
        self.measure();
        let verdict = Command::Verdict { decision: Decision::Confirmed, reason: None, note: None };
        assert!(self.command(verdict), "takes no verdict");
        while self.sealing.is_some() {
            let sealing = self.sealing;
            self.end_seal();
            if !self.disk.contains_key(&key) {
                assert_eq!(sealing, Some(key));
                self.measure();
                let again = Command::Verdict { decision: Decision::Confirmed, reason: None, note: None };
                assert!(self.command(again), "a failed capture may be tried again");
            }
        }
        self.deliver_all();
        assert!(self.server.told.contains(&key), "the server was not told");
        assert_eq!((self.media, self.ring), (None, None));
    }

    fn deliver_all(&mut self) {
        while self.line.as_ref().is_some_and(|line| !line.up.is_empty() || !line.down.is_empty()) {
            self.deliver_up();
            self.deliver_down();
        }
    }
}

fn call_of(activity: &AgentActivity) -> Option<CallKey> {
    match activity {
        AgentActivity::Connecting { call }
        | AgentActivity::InCall { call, .. }
        | AgentActivity::Reconnecting { call, .. } => {
            Some(CallKey { call_id: call.call_id, assignment: call.assignment })
        }
        AgentActivity::Available { .. }
        | AgentActivity::Paused { .. }
        | AgentActivity::Ringing { .. }
        | AgentActivity::WrapUp { .. } => None,
    }
}

#[test]
fn walks_end_well_whatever_happens() {
    let one = std::env::var("WALK_SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    let seeds = one.map_or(0..WALKS, |seed| seed..seed + 1);
    let (mut rings, mut verdicts) = (0, 0);
    for seed in seeds {
        let walk = std::panic::catch_unwind(|| {
            let mut world = World::new(seed);
            for _ in 0..STEPS {
                world.step();
            }
            world.prove_health();
            (world.server.calls, world.disk.len())
        });
        let (calls, sealed) = walk.unwrap_or_else(|_| panic!("WALK_SEED={seed}"));
        rings += calls;
        verdicts += sealed;
    }
    println!("{rings} calls offered, {verdicts} verdicts sealed");
}
