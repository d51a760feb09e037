//! One dealer with one call: intake, page, media, end. The page comes again by itself whenever its socket breaks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chinhchu_protocol::call::CallState;
use chinhchu_protocol::caller::{CallerToServer, CallerView, ServerToCaller};
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::signal::Signal;
use tokio_util::task::AbortOnDropHandle;

use crate::books::{CallerSaw, Intake};
use crate::http::{case, insist, intake_form, json_of, picture};
use crate::line::{Backoff, Got, Line};
use crate::manner::Manner;
use crate::media::End;
use crate::seed::Rng;
use crate::world::{Point, QUICK_RECONNECT_MS, World, pace_of};

const TICK: Duration = Duration::from_millis(50);
const HEARTBEAT: Duration = Duration::from_millis(500);
const PING: Duration = Duration::from_secs(1);
/// Neither pong nor anything else for so long: the socket is dead, whatever TCP thinks.
const SILENCE: Duration = Duration::from_secs(4);

/// What is negotiated for one assignment.
struct Negotiation {
    assignment: u32,
    /// Own signals up to here are stored at the server; none before it said so.
    stored: Option<u32>,
    /// It had more before.
    shrunk: bool,
    /// Number of the offer, which is also its connection.
    offer: Option<u32>,
    /// The workstation's signals up to here are taken; none on a page just opened.
    taken: Option<u32>,
    media: Option<AbortOnDropHandle<()>>,
    connected: bool,
}

impl Negotiation {
    fn new(assignment: u32) -> Self {
        Self {
            assignment,
            stored: None,
            shrunk: false,
            offer: None,
            taken: None,
            media: None,
            connected: false,
        }
    }
}

/// One dealer's call.
pub struct Caller {
    world: Arc<World>,
    rng: Rng,
    name: String,
    manner: Manner,
    begun: Instant,
    call: CallId,
    call_token: String,
    company_token: String,
    device: String,
    page: u32,
    seen: (u32, u64),
    /// Newest assignment that a view has shown.
    shown: u32,
    state: CallState,
    negotiation: Option<Negotiation>,
    /// Since when there is an agent.
    met_at: Option<Instant>,
    hanging_up: bool,
}

/// Plays the whole call number `n`; returns when its page has nothing more to do.
pub async fn play(world: Arc<World>, n: u64) {
    let mut rng = Rng::fork(world.seed, "caller", n);
    let company = match rng.between(1, 10) {
        1..=4 => "1",
        5..=6 => "4",
        _ => "2",
    };
    let manner = Manner::draw(&mut rng, pace_of(company));
    let (key, external_id) = (format!("k-{n}"), format!("EK-{n:06}"));
    let case = case(&external_id, &mut rng);
    let kinds: &[&'static str] =
        if rng.percent(50) { &["id_front", "id_back", "portrait"] } else { &["id_front", "portrait"] };
    let pictures: Vec<(&'static str, Vec<u8>)> =
        kinds.iter().map(|kind| (*kind, picture(&mut rng, 96))).collect();
    let intake = Intake {
        company: company.to_owned(),
        external_id,
        case,
        pictures,
        call: None,
        call_token: String::new(),
    };
    world.books.write(|pages| pages.intakes.insert(key.clone(), intake));
    let (call, call_token) = take_in(&world, &mut rng, &key).await;
    if rng.percent(25) {
        // As if the first answer had been lost on its way.
        take_in(&world, &mut rng, &key).await;
    }
    let name = format!("page {n}");
    let company_token = world.tokens[company].clone();
    let device = format!("{:032x}", u128::from(rng.next()));
    let caller = Caller {
        name,
        manner,
        begun: Instant::now(),
        call,
        call_token,
        company_token,
        device,
        page: 0,
        seen: (0, 0),
        shown: 0,
        state: CallState::Preparing,
        negotiation: None,
        met_at: None,
        hanging_up: false,
        rng,
        world,
    };
    Box::pin(caller.live()).await;
}

/// `POST /v1/calls` until it is answered; every answer must name the same call.
pub async fn take_in(world: &World, rng: &mut Rng, key: &str) -> (CallId, String) {
    let intake = world.books.write(|pages| pages.intakes[key].clone());
    let (status, body) = insist(rng, || {
        world.reached(Point::IntakeSent);
        let token = &world.tokens[intake.company.as_str()];
        let request = world.http.post(world.url("/v1/calls")).bearer_auth(token);
        request.header("Idempotency-Key", key).multipart(intake_form(&intake.case, &intake.pictures))
    })
    .await;
    world.reached(Point::IntakeTaken);
    let answer = json_of(&body);
    let call: Option<CallId> = answer["call_id"].as_str().and_then(|id| id.parse().ok());
    let (Some(call), 200 | 201) = (call, status.as_u16()) else { panic!("intake: {status} {answer}") };
    let call_token = answer["call_token"].as_str().unwrap_or_default().to_owned();
    world.books.write(|pages| {
        let intake = pages.intakes.get_mut(key).expect("written before");
        if intake.call.is_some_and(|before| before != call || intake.call_token != call_token) {
            pages.faults.push(format!("{key}: a retry gave another call or token"));
            return;
        }
        intake.call = Some(call);
        intake.call_token.clone_from(&call_token);
        pages.repeats += u64::from(status == 200);
    });
    (call, call_token)
}

impl Caller {
    async fn live(mut self) {
        self.world.presence.wants(&self.name);
        if let Manner::NeverReady = self.manner {
            self.world.books.write(|pages| pages.mark(self.call).never_ready = true);
        }
        let mut backoff = Backoff::default();
        while !self.over() {
            self.page += 1;
            match Line::open(&self.world.base, "/v1/caller/socket", None).await {
                Ok(line) => {
                    Box::pin(self.converse(line, &mut backoff)).await;
                }
                Err(_) => backoff.pause(&mut self.rng).await,
            }
            if self.left_for_good() {
                break;
            }
        }
        self.world.presence.rests(&self.name);
    }

    /// The page has nothing more to do.
    fn over(&self) -> bool {
        matches!(self.state, CallState::AwaitingEvidence | CallState::Ended)
    }

    fn left_for_good(&self) -> bool {
        matches!(self.manner, Manner::Leaves { after } if self.begun.elapsed() >= after)
    }

    async fn converse(&mut self, mut line: Line, backoff: &mut Backoff) {
        if !line.send(&self.hello()).await {
            return backoff.pause(&mut self.rng).await;
        }
        let mut tick = tokio::time::interval(TICK);
        let (mut heartbeat_at, mut ping_at, mut nudge_at) = (Instant::now(), Instant::now(), Instant::now());
        while !self.over() {
            tokio::select! {
                got = line.next::<ServerToCaller>() => match got {
                    Got::Frame(frame) => {
                        backoff.reset();
                        if !self.take(&mut line, frame).await {
                            return backoff.pause(&mut self.rng).await;
                        }
                    }
                    Got::Unknown => {}
                    Got::Gone => return backoff.pause(&mut self.rng).await,
                },
                _ = tick.tick() => {
                    let now = Instant::now();
                    if line.heard.elapsed() > SILENCE || self.left_for_good() || self.cut().await {
                        return;
                    }
                    if let Some(newer) = self.second_page(&mut line).await {
                        line = newer;
                    }
                    self.act();
                    let mut good = true;
                    if now >= ping_at {
                        ping_at = now + PING;
                        good &= line.send(&CallerToServer::Ping { sent_at: self.world.clock.now() }).await;
                    }
                    if now >= nudge_at {
                        nudge_at = now + Duration::from_secs(1);
                        good &= self.nudge(&mut line).await;
                    }
                    if now >= heartbeat_at && let Some(talk) = &self.negotiation {
                        heartbeat_at = now + HEARTBEAT;
                        let media_age_ms = self.world.media.age_ms(self.call, talk.assignment, End::Caller);
                        let frame = CallerToServer::Heartbeat { assignment: talk.assignment, media_age_ms };
                        good &= line.send(&frame).await;
                    }
                    if !good {
                        return backoff.pause(&mut self.rng).await;
                    }
                }
            }
        }
    }

    fn hello(&self) -> CallerToServer {
        CallerToServer::Hello {
            version: chinhchu_protocol::VERSION,
            call_token: self.call_token.clone(),
            device_secret: self.device.clone(),
            page_id: format!("{}", self.page),
        }
    }

    /// The page is opened once more: the newer one has the call, and the older one is told.
    async fn second_page(&mut self, older: &mut Line) -> Option<Line> {
        let Manner::Twice { after, other_device } = self.manner else { return None };
        if self.begun.elapsed() < after {
            return None;
        }
        self.manner = Manner::Patient;
        if other_device {
            self.device = format!("{:032x}", u128::from(self.rng.next()));
        }
        self.page += 1;
        let mut newer = Line::open(&self.world.base, "/v1/caller/socket", None).await.ok()?;
        if !newer.send(&self.hello()).await {
            return None;
        }
        let view = tokio::time::timeout(SILENCE, newer.next::<ServerToCaller>()).await;
        let Ok(Got::Frame(frame @ ServerToCaller::View { .. })) = view else { return None };
        // A page opened anew knows nothing of the old one's negotiation.
        self.negotiation = None;
        self.take(&mut newer, frame).await;
        let told = async {
            loop {
                match older.next::<ServerToCaller>().await {
                    Got::Frame(ServerToCaller::Replaced) | Got::Gone => return,
                    Got::Frame(_) | Got::Unknown => {}
                }
            }
        };
        // Longer than any pause of the server.
        if tokio::time::timeout(3 * SILENCE, told).await.is_err() {
            self.world.books.fault(format!("{}: an older page was not told of the newer one", self.call));
        }
        Some(newer)
    }

    /// What the page says again until the view shows that it was taken.
    async fn nudge(&mut self, line: &mut Line) -> bool {
        if self.hanging_up {
            return line.send(&CallerToServer::HangUp).await;
        }
        if self.state == CallState::Preparing && self.seen.1 > 0 && self.manner != Manner::NeverReady {
            self.world.reached(Point::PageReady);
            return line.send(&CallerToServer::Ready { consent: None }).await;
        }
        true
    }

    /// What the dealer does by itself.
    fn act(&mut self) {
        match self.manner {
            Manner::HangsUp { after, in_call } if !self.hanging_up => {
                let since = if in_call { self.met_at } else { Some(self.begun) };
                if since.is_some_and(|since| since.elapsed() >= after) {
                    self.hanging_up = true;
                    self.world.books.write(|pages| pages.mark(self.call).hung_up = true);
                }
            }
            Manner::Cancels { after } if self.begun.elapsed() >= after => {
                self.manner = Manner::Patient;
                self.cancel();
            }
            Manner::Leaves { .. }
            | Manner::HangsUp { .. }
            | Manner::Cancels { .. }
            | Manner::Patient
            | Manner::Twice { .. }
            | Manner::Drops { .. }
            | Manner::NeverReady => {}
        }
    }

    /// eKYC cancels; the page learns it from its view.
    fn cancel(&mut self) {
        let (world, token, call) = (self.world.clone(), self.company_token.clone(), self.call);
        let mut rng = self.rng.clone();
        world.books.write(|pages| pages.mark(call).cancelled = true);
        tokio::spawn(async move {
            let (status, _) = insist(&mut rng, || {
                world.reached(Point::CancelSent);
                world.http.post(world.url(&format!("/v1/calls/{call}/cancel"))).bearer_auth(&token)
            })
            .await;
            world.books.write(|pages| match status.as_u16() {
                200 => pages.mark(call).cancel_taken = true,
                409 => {}
                other => pages.fault(format!("cancel of {call}: {other}")),
            });
        });
    }

    /// The network is away for a while; true if it was.
    async fn cut(&mut self) -> bool {
        let Manner::Drops { after, away, reopened } = self.manner else { return false };
        if self.begun.elapsed() < after {
            return false;
        }
        self.manner = Manner::Patient;
        self.world.presence.rests(&self.name);
        let talk = self.negotiation.as_mut();
        let had_media = talk.is_some_and(|talk| talk.media.take().is_some());
        debug_assert!(u128::from(QUICK_RECONNECT_MS) > 2 * away.as_millis(), "short enough to come back");
        tokio::time::sleep(away).await;
        self.world.presence.wants(&self.name);
        if reopened {
            // A page opened anew knows nothing of the old one's negotiation.
            self.negotiation = None;
        } else if had_media {
            self.start_media();
        }
        true
    }

    fn start_media(&mut self) {
        let (world, call) = (self.world.clone(), self.call);
        let Some(talk) = &mut self.negotiation else { return };
        let assignment = talk.assignment;
        let sending = tokio::spawn(async move {
            loop {
                world.media.send(call, assignment, End::Caller);
                tokio::time::sleep(Duration::from_millis(60)).await;
            }
        });
        talk.media = Some(AbortOnDropHandle::new(sending));
    }

    /// False if the socket is of no more use.
    async fn take(&mut self, line: &mut Line, frame: ServerToCaller) -> bool {
        match frame {
            ServerToCaller::View { incarnation, seq, view, .. } => self.show((incarnation, seq), &view),
            ServerToCaller::SignalAck { assignment, .. } | ServerToCaller::Signal { assignment, .. }
                if assignment > self.shown =>
            {
                self.world
                    .books
                    .fault(format!("{}: a signal came before the view of its assignment", self.call));
            }
            ServerToCaller::SignalAck { assignment, n } => return self.stored(line, assignment, n).await,
            ServerToCaller::Signal { assignment, n, signal } => {
                return self.signal(line, assignment, n, &signal).await;
            }
            ServerToCaller::Replaced => {
                self.world.books.fault(format!("{}: replaced, and there is no other page", self.call));
                return false;
            }
            ServerToCaller::Problem { problem } => {
                let code = problem.code.name();
                if !matches!(code, "unavailable" | "call_ended" | "queue_full" | "request_invalid") {
                    self.world.books.fault(format!("page of {}: {code}", self.call));
                }
            }
            // Pongs, heartbeats, and what a newer server adds.
            _ => {}
        }
        true
    }

    fn show(&mut self, at: (u32, u64), view: &CallerView) {
        let saw = CallerSaw::new(at, view);
        self.world.books.write(|pages| {
            if at < self.seen {
                pages.fault(format!("page of {}: view {at:?} after {:?}", self.call, self.seen));
            }
            pages.callers_saw.push(saw);
        });
        self.world.presence.saw(&self.name);
        self.seen = at;
        self.state = saw.state;
        self.shown = self.shown.max(saw.assignment.unwrap_or(0));
        match saw.assignment {
            Some(assignment)
                if self.negotiation.as_ref().is_none_or(|talk| talk.assignment != assignment) =>
            {
                self.met_at.get_or_insert_with(Instant::now);
                self.negotiation = Some(Negotiation::new(assignment));
            }
            Some(_) if self.negotiation.as_ref().is_some_and(|talk| talk.shrunk) => {
                self.world.books.fault(format!("{}: a signal was stored, and then it was not", self.call));
            }
            Some(_) => {}
            None => self.negotiation = None,
        }
    }

    /// The server says which of our signals it has.
    async fn stored(&mut self, line: &mut Line, assignment: u32, n: u32) -> bool {
        let Some(talk) = self.negotiation.as_mut().filter(|talk| talk.assignment == assignment) else {
            return true;
        };
        // While the conversation ends the mailbox is emptied a moment before the view says so.
        talk.shrunk = talk.stored.is_some_and(|before| n < before);
        talk.stored = Some(n);
        let number = *talk.offer.get_or_insert(n + 1);
        if number <= n {
            return true;
        }
        self.world.reached(Point::SignalSent);
        let signal = Signal::Offer { connection: number, sdp: format!("v=0 {number}") };
        line.send(&CallerToServer::Signal { assignment, n: number, signal }).await
    }

    async fn signal(&mut self, line: &mut Line, assignment: u32, n: u32, signal: &Signal) -> bool {
        let call = self.call;
        let Some(talk) = self.negotiation.as_mut().filter(|talk| talk.assignment == assignment) else {
            return true;
        };
        if let Some(taken) = talk.taken
            && n > taken + 1
        {
            self.world
                .books
                .write(|pages| pages.fault(format!("{call}: signal {n} of the agent after {taken}")));
        }
        talk.taken = Some(talk.taken.unwrap_or(0).max(n));
        if let Signal::Answer { connection, .. } = signal
            && Some(*connection) == talk.offer
            && !talk.connected
        {
            talk.connected = true;
            self.start_media();
        }
        line.send(&CallerToServer::SignalAck { assignment, n }).await
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        if matches!(self.manner, Manner::Leaves { .. }) && !self.over() {
            self.world.books.write(|pages| pages.mark(self.call).caller_gone = true);
        }
    }
}
