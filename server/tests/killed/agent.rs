//! One agent at one workstation: signs in, keeps its socket, rings, answers, talks, decides, wraps up. What it
//! does next follows from the server's newest view; what a broken socket swallowed is said again.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chinhchu_protocol::agent::{AgentActivity, AgentView};
use chinhchu_protocol::ids::{AgentId, CallId};
use chinhchu_protocol::workstation::enrol_proof;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use crate::books::{AgentSaw, Doing};
use crate::http::{insist, json_of};
use crate::line::Backoff;
use crate::media::End;
use crate::seed::Rng;
use crate::upload::{Desk, Parcel, Place, carry, key_of, seal};
use crate::world::{Account, Pace, Point, QUICK_RECONNECT_MS, QUICK_RING_MS, World, pace_of};

/// Media younger than this: the other is really there.
const FRESH_MS: u32 = 2_000;

/// How an agent takes a ring.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    Accept,
    Pass,
    Decline,
    /// It rings, and nobody comes.
    Nobody,
    /// The window never opens (I7).
    Silent,
}

/// A ring at hand.
pub struct Ring {
    pub call: CallId,
    pub offer: u32,
    pub answer: Answer,
    pub rang_at: Instant,
    pub answer_at: Instant,
    /// Said on this socket.
    pub rang: bool,
    pub answered: bool,
}

/// The call at hand.
pub struct Talk {
    pub call: CallId,
    pub assignment: u32,
    pub was_in_call: bool,
    /// Decides so long after media flowed.
    pub decides_after: Duration,
    pub in_call_since: Option<Instant>,
    pub sealed: Option<Parcel>,
    /// What the view says of the assignment.
    pub place: Option<Place>,
    /// Said on this socket.
    pub word_said: bool,
    /// The page may be another person's: look again before deciding.
    pub compare: Option<u32>,
    /// Away after so long, for so long.
    pub drop: Option<(Duration, Duration)>,
    pub begun: Instant,
    /// Own answers, by number, that the server may not have stored.
    pub answers: Vec<(u32, chinhchu_protocol::signal::Signal)>,
    pub stored: u32,
    /// The server had more of them before.
    pub shrunk: bool,
    pub taken: u32,
    pub media: Option<AbortOnDropHandle<()>>,
}

/// One workstation.
pub struct Agent {
    pub world: Arc<World>,
    pub account: Account,
    pub rng: Rng,
    pub name: String,
    pub desk: Desk,
    pub token: watch::Sender<String>,
    pub seen: (u32, u64),
    pub doing: Doing,
    pub ring: Option<Ring>,
    pub talk: Option<Talk>,
    /// Says that it is available, then.
    pub available_at: Option<Instant>,
    /// Ends the wrap-up, then.
    pub done_at: Option<Instant>,
    pub uploads: JoinSet<()>,
    pub cases: Arc<Mutex<HashMap<CallId, Value>>>,
    pub sign_in_again: bool,
    /// Since when another workstation has the session: this socket must be told.
    pub ousted: Option<Instant>,
    /// Says again then that it has compared.
    pub compared_at: Instant,
    /// Assignments that a view has shown.
    pub known: BTreeSet<(CallId, u32)>,
}

/// Works until the world sends the agents home and this one is free; gives its session token.
pub async fn work(world: Arc<World>, n: usize) -> String {
    let account = world.accounts[n].clone();
    let rng = Rng::fork(world.seed, "agent", n as u64);
    let desk = Desk {
        agent: AgentId(uuid::Uuid::nil()),
        session: Value::Null,
        workstation: account.workstation,
        counter: 1,
        previous: None,
    };
    let mut agent = Agent {
        name: format!("agent {n}"),
        world,
        account,
        rng,
        desk,
        token: watch::Sender::new(String::new()),
        seen: (0, 0),
        doing: Doing::Free,
        ring: None,
        talk: None,
        available_at: None,
        done_at: None,
        uploads: JoinSet::new(),
        cases: Arc::default(),
        sign_in_again: true,
        ousted: None,
        compared_at: Instant::now(),
        known: BTreeSet::new(),
    };
    agent.world.presence.wants(&agent.name);
    let mut backoff = Backoff::default();
    while !agent.goes_home() {
        if agent.sign_in_again {
            agent.sign_in().await;
        }
        agent.on_line(&mut backoff).await;
        agent.off_line(&mut backoff).await;
    }
    agent.world.presence.rests(&agent.name);
    // The outbox outlives the shift.
    while agent.uploads.join_next().await.is_some() {}
    agent.token.borrow().clone()
}

impl Agent {
    pub fn goes_home(&self) -> bool {
        *self.world.home.borrow() && self.doing == Doing::Free && self.seen.1 > 0
    }

    pub async fn sign_in(&mut self) {
        let body = json!({"username": self.account.username, "password": self.account.password, "workstation":
            {"workstation_id": self.desk.workstation, "version": "0.1.0", "os": "linux"}});
        let (world, url) = (self.world.clone(), self.world.url("/v1/agent/sessions"));
        let (status, body) = insist(&mut self.rng, || world.http.post(&url).json(&body)).await;
        let answer = json_of(&body);
        assert_eq!(status, 201, "sign-in: {answer}");
        self.desk.agent = answer["agent"]["agent_id"].as_str().expect("id").parse().expect("id");
        self.desk.session = answer["session_id"].clone();
        self.enrol(&answer).await;
        self.token.send_replace(answer["session_token"].as_str().expect("token").to_owned());
        self.sign_in_again = false;
    }

    /// Names the workstation's key; the code of IT approves it the first time.
    async fn enrol(&mut self, signed_in: &Value) {
        let token = signed_in["session_token"].as_str().expect("token").to_owned();
        let nonce = signed_in["workstation"]["nonce"].as_str().expect("nonce");
        let key = key_of(self.desk.workstation);
        let public = key.public().to_string();
        let proof = key.prove(&enrol_proof(nonce, self.desk.workstation, &public));
        let body = json!({"name": self.name, "public_key": public, "nonce": nonce, "proof": proof,
                          "enrolment_code": self.account.code});
        let (world, url) = (self.world.clone(), self.world.url("/v1/agent/workstation"));
        let (status, answer) =
            insist(&mut self.rng, || world.http.put(&url).bearer_auth(&token).json(&body)).await;
        let answer = json_of(&answer);
        // Meanwhile the session may be over: then it signs in again.
        if status != 401 && (status != 200 || answer["state"] != "approved") {
            self.world.books.fault(format!("{}: enrolment: {status} {answer}", self.name));
        }
    }

    /// Between two sockets: the network may be away, the conversation goes on.
    async fn off_line(&mut self, backoff: &mut Backoff) {
        if let Some(away) = self.cut() {
            self.world.presence.rests(&self.name);
            let back_at = Instant::now() + away;
            while Instant::now() < back_at {
                // A verdict may be sealed while nobody can hear of it, as long as the customer is seen.
                self.decide();
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            self.resume_media();
            self.world.presence.wants(&self.name);
            backoff.reset();
        } else if !self.goes_home() {
            backoff.pause(&mut self.rng).await;
            self.decide();
        }
    }

    /// Whether the network goes now, and for how long.
    fn cut(&mut self) -> Option<Duration> {
        if !self.wants_cut() {
            return None;
        }
        let talk = self.talk.as_mut()?;
        let (_, away) = talk.drop.take()?;
        talk.media = None;
        if away.as_millis() * 2 > u128::from(QUICK_RECONNECT_MS) {
            self.world.books.write(|pages| pages.mark(talk.call).agent_gone = true);
        }
        Some(away)
    }

    pub fn wants_cut(&self) -> bool {
        self.talk
            .as_ref()
            .is_some_and(|talk| talk.drop.is_some_and(|(after, _)| talk.begun.elapsed() >= after))
    }

    fn resume_media(&mut self) {
        if self.talk.as_ref().is_some_and(|talk| !talk.answers.is_empty() || talk.taken > 0) {
            self.start_media();
        }
    }

    pub fn start_media(&mut self) {
        let world = self.world.clone();
        let Some(talk) = &mut self.talk else { return };
        let (call, assignment) = (talk.call, talk.assignment);
        let sending = tokio::spawn(async move {
            loop {
                world.media.send(call, assignment, End::Agent);
                tokio::time::sleep(Duration::from_millis(60)).await;
            }
        });
        talk.media = Some(AbortOnDropHandle::new(sending));
    }

    /// A view of the server: everything else follows from it.
    pub fn show(&mut self, at: (u32, u64), view: &AgentView) {
        let doing = Doing::of(view);
        self.world.books.write(|pages| {
            if at < self.seen {
                pages.fault(format!("{}: view {at:?} after {:?}", self.name, self.seen));
            }
            if view.agent.agent_id != self.desk.agent {
                pages.fault(format!("{}: a view of somebody else", self.name));
            }
            pages.agents_saw.push(AgentSaw { agent: self.desk.agent, at, doing });
        });
        self.world.presence.saw(&self.name);
        (self.seen, self.doing) = (at, doing);
        match doing {
            Doing::Ringing(call, offer) => self.begin_ring(call, offer),
            Doing::OnCall(call, assignment) => self.begin_talk(call, assignment),
            Doing::Free => {}
        }
        if !matches!(doing, Doing::Ringing(..)) {
            self.ring = None;
        }
        if !matches!(doing, Doing::OnCall(..)) {
            self.part(view);
        }
        if let (AgentActivity::Connecting { call } | AgentActivity::InCall { call, .. }, Some(talk)) =
            (&view.activity, &mut self.talk)
        {
            talk.compare = call.compare_again.then_some(call.changes);
        }
        if let (
            AgentActivity::Connecting { call }
            | AgentActivity::InCall { call, .. }
            | AgentActivity::Reconnecting { call, .. },
            Some(talk),
        ) = (&view.activity, &mut self.talk)
        {
            talk.place.get_or_insert_with(|| Place::of(call));
        }
        let now = Instant::now();
        match &view.activity {
            AgentActivity::InCall { .. } => {
                if let Some(talk) = &mut self.talk {
                    talk.was_in_call = true;
                    talk.in_call_since.get_or_insert(now);
                }
            }
            AgentActivity::Paused { .. } if !*self.world.home.borrow() => {
                self.available_at.get_or_insert(now + self.rng.ms(20, 200));
            }
            AgentActivity::WrapUp { .. } => {
                self.world.reached(Point::WrapUp);
                let (rests, quick) = (self.rng.percent(25), pace_of(self.account.company) == Pace::Quick);
                if self.done_at.is_none() && !(rests && quick) {
                    self.done_at = Some(now + self.rng.ms(50, 600));
                }
            }
            AgentActivity::Available { .. }
            | AgentActivity::Paused { .. }
            | AgentActivity::Ringing { .. }
            | AgentActivity::Connecting { .. }
            | AgentActivity::Reconnecting { .. } => {}
        }
        if !matches!(view.activity, AgentActivity::WrapUp { .. }) {
            self.done_at = None;
        }
        if !matches!(view.activity, AgentActivity::Paused { .. }) {
            self.available_at = None;
        }
    }

    fn begin_ring(&mut self, call: CallId, offer: u32) {
        if self.ring.as_ref().is_some_and(|ring| (ring.call, ring.offer) == (call, offer)) {
            return;
        }
        self.world.reached(Point::Rings);
        let quick = pace_of(self.account.company) == Pace::Quick;
        let answer = match self.rng.between(1, 100) {
            1..=8 => Answer::Pass,
            9..=13 => Answer::Decline,
            14..=19 if quick => Answer::Nobody,
            20..=22 => Answer::Silent,
            _ => Answer::Accept,
        };
        if answer == Answer::Decline {
            self.world.books.write(|pages| pages.mark(call).declined = true);
        }
        let rang_at = Instant::now() + self.rng.ms(10, 80);
        let answer_at = rang_at + self.rng.ms(20, QUICK_RING_MS / 3);
        self.ring = Some(Ring { call, offer, answer, rang_at, answer_at, rang: false, answered: false });
    }

    fn begin_talk(&mut self, call: CallId, assignment: u32) {
        if let Some(talk) = &self.talk
            && (talk.call, talk.assignment) == (call, assignment)
        {
            if talk.shrunk {
                self.world.books.fault(format!("{call}: a signal was stored, and then it was not"));
            }
            return;
        }
        self.world.reached(Point::Accepted);
        self.known.insert((call, assignment));
        let quick = pace_of(self.account.company) == Pace::Quick;
        let after = self.rng.ms(50, 2_000);
        let drop = match self.rng.between(1, 100) {
            1..=8 => Some((after, self.rng.ms(100, 1_500))),
            // Longer than it may be away.
            9..=16 if quick => {
                Some((after, Duration::from_millis(QUICK_RECONNECT_MS) + self.rng.ms(500, 3_000)))
            }
            _ => None,
        };
        self.talk = Some(Talk {
            call,
            assignment,
            was_in_call: false,
            decides_after: self.rng.ms(100, 2_000),
            in_call_since: None,
            sealed: None,
            place: None,
            word_said: false,
            compare: None,
            drop,
            begun: Instant::now(),
            answers: Vec::new(),
            stored: 0,
            shrunk: false,
            taken: 0,
            media: None,
        });
        self.fetch_case(call);
    }

    /// N4: what is compared, and what the manifest needs.
    fn fetch_case(&mut self, call: CallId) {
        let (world, token, cases) = (self.world.clone(), self.token.subscribe(), self.cases.clone());
        let mut rng = self.rng.clone();
        self.uploads.spawn(async move {
            let (status, body) = insist(&mut rng, || {
                let url = world.url(&format!("/v1/agent/calls/{call}"));
                world.http.get(url).bearer_auth(token.borrow().as_str())
            })
            .await;
            if status == 200 {
                cases.lock().expect("cases").insert(call, json_of(&body));
            }
        });
    }

    /// The view shows no call any more.
    fn part(&mut self, view: &AgentView) {
        let Some(talk) = self.talk.take() else { return };
        // Wrap-up without a reason why it ended otherwise: the verdict was taken.
        if let AgentActivity::WrapUp { call_id, ended: None, .. } = &view.activity
            && *call_id == talk.call
            && talk.sealed.is_some()
        {
            self.world.books.write(|pages| {
                let verdict = pages.verdicts.get_mut(&(talk.call, talk.assignment)).expect("sealed before");
                verdict.word_taken = true;
            });
        }
    }

    /// Seals the verdict if it is time and the customer is seen.
    pub fn decide(&mut self) {
        let Some(talk) = &mut self.talk else { return };
        let time = talk.in_call_since.is_some_and(|since| since.elapsed() >= talk.decides_after);
        let age = self.world.media.age_ms(talk.call, talk.assignment, End::Agent);
        if talk.sealed.is_some()
            || talk.compare.is_some()
            || !talk.was_in_call
            || !time
            || age.is_none_or(|age| age >= FRESH_MS)
        {
            return;
        }
        let Some(case) = self.cases.lock().expect("cases").get(&talk.call).cloned() else { return };
        let Some(place) = &talk.place else { return };
        let parcel = seal(&self.world, &mut self.rng, &self.desk, place, &case);
        self.desk.counter += 1;
        self.desk.previous = Some(parcel.manifest_sha256.clone());
        self.world.reached(Point::Sealed);
        let rng = Rng::new(self.rng.next());
        // The courier starts later: sometimes the word on the socket comes first, sometimes the evidence.
        let (world, token, sent) = (self.world.clone(), self.token.subscribe(), parcel.clone());
        let wait = self.rng.ms(0, 150);
        self.uploads.spawn(async move {
            tokio::time::sleep(wait).await;
            carry(world, rng, token, sent).await;
        });
        talk.sealed = Some(parcel);
    }
}
