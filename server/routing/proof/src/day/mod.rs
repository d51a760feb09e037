//! A day with simulated time: callers, agents, networks and the server, all from one seed.
//!
//! Event-driven. Clients act on what they know, which may be old; what they send may be late, doubled or
//! out of order. The server is the switchboard with the driver's manners: outage first, then the tick, then
//! what the heartbeats tell, then the inputs; what it answers is committed or was never so.

mod beat;
mod callers;
mod plan;
mod report;
mod server;
mod stations;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use chinhchu_protocol::ids::{CallId, SessionId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{EndedCall, Fact, Input, Liveness};

use crate::board::Board;
use crate::dice::Dice;
use crate::names::START;
use crate::oracle::Oracle;
use crate::rule::Broken;
use crate::trace::Trace;

pub use plan::Plan;
pub use report::Report;

/// What is to happen at some moment.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Todo {
    /// eKYC takes a call in, or asks again because no answer came.
    Arrive(usize),
    /// The page of a call opens its socket; on another device?
    PageConnect { call: usize, other: bool },
    /// Something the page or its dealer does.
    Page(usize, PageAct),
    /// Something an agent or its workstation does.
    Station(usize, StationAct),
    /// An input arrives at the server (its number in the post).
    Deliver(usize),
    /// The server is killed; it comes back by itself.
    Kill,
    /// The server starts.
    Start,
    /// The server's machine stands still, or its clock jumps.
    Pause,
    /// A company's data changes.
    Admin,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum PageAct {
    Ready,
    HangUp,
    Cancel,
    /// The network is away for so long, ms.
    NetCut(i64),
    NetBack,
    /// The socket alone breaks.
    SocketCut,
    /// The page is killed, and opened again after so long.
    Killed(i64),
    /// The server notices that the socket is silent (its number).
    Noticed(u32),
    /// Media alone stops for so long.
    MediaCut(i64),
    MediaBack,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum StationAct {
    SignIn,
    Connect,
    Available,
    Break,
    SignOut,
    /// The workstation rings (call, offer).
    Rings(usize, u32),
    /// The agent answers: 0 accept, 1 pass, 2 decline.
    Answer(usize, u32, u8),
    WrapUpDone,
    /// The agent decides (call, assignment).
    Verdict(usize, u32),
    /// The outbox uploads (call, assignment).
    Upload(usize, u32),
    NetCut(i64),
    NetBack,
    SocketCut,
    /// The program dies, and is started again after so long.
    Killed(i64),
    Noticed(u32),
}

/// A page and its dealer.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a thing of its own that may be so or not")]
struct Page {
    home: usize,
    taken_in: bool,
    open: bool,
    net: bool,
    /// Number of its socket, while it holds one.
    socket: Option<u32>,
    heard: Option<Timestamp>,
    media_broken: bool,
    over: bool,
}

/// A workstation and its agent.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a thing of its own that may be so or not")]
struct Station {
    company: usize,
    on: bool,
    net: bool,
    wants: bool,
    going_home: bool,
    session: Option<SessionId>,
    socket: Option<u32>,
    heard: Option<Timestamp>,
    /// What the server's last view told it.
    talk: Option<(usize, u32)>,
    /// What the server would tell it.
    ring_told: Option<(usize, u32)>,
    talk_told: Option<(usize, u32)>,
    /// Sealed and not yet known to be stored.
    outbox: BTreeSet<(usize, u32)>,
}

/// A conversation as it really is.
#[derive(Clone, Copy, Debug)]
struct Talk {
    agent: usize,
    assignment: u32,
    /// When media can flow first.
    media_from: Timestamp,
    caller_seen: Option<Timestamp>,
    agent_seen: Option<Timestamp>,
}

/// The simulation.
pub struct Day<B: Board> {
    plan: Plan,
    dice: Dice,
    now: Timestamp,
    queue: BinaryHeap<Reverse<(Timestamp, u64, Todo)>>,
    numbered: u64,
    post: Vec<Option<Input>>,

    board: B,
    /// The log up to the last start of the server, folded.
    folded: B,
    /// The log since.
    log: Vec<Fact>,
    liveness: Liveness,
    oracle: Oracle,
    up: bool,
    /// The server dies at the next input: before its facts are written, or after.
    dies: Option<bool>,
    /// The clock of the server is ahead of the world's by so much.
    ahead_ms: i64,
    last_mark: Timestamp,
    /// The server stands still until then.
    stands_until: Option<Timestamp>,
    next_beat: Timestamp,
    records: BTreeMap<CallId, EndedCall>,

    pages: Vec<Page>,
    stations: Vec<Station>,
    talks: BTreeMap<usize, Talk>,
    sessions: usize,
    trace: Trace,
    /// What was counted.
    pub report: Report,
}

impl<B: Board> Day<B> {
    /// Everything is set up and nothing has happened.
    pub fn new(plan: Plan, board: B) -> Self {
        let dice = Dice::new(plan.seed);
        let mut day = Self {
            plan,
            dice,
            now: START,
            queue: BinaryHeap::new(),
            numbered: 0,
            post: Vec::new(),
            folded: board.clone(),
            liveness: board.liveness(START),
            board,
            log: Vec::new(),
            oracle: Oracle::default(),
            up: true,
            dies: None,
            ahead_ms: 0,
            last_mark: START,
            stands_until: None,
            next_beat: START,
            records: BTreeMap::new(),
            pages: Vec::new(),
            stations: Vec::new(),
            talks: BTreeMap::new(),
            sessions: 0,
            trace: Trace::default(),
            report: Report::default(),
        };
        day.arrange();
        day
    }

    fn arrange(&mut self) {
        let staffed: usize = plan::STAFFED.iter().map(|(_, share)| share).sum();
        for n in 0..self.plan.agents {
            let mut at = n * staffed / self.plan.agents;
            let mut company = 1;
            for (code, share) in plan::STAFFED {
                company = code;
                if at < share {
                    break;
                }
                at -= share;
            }
            self.stations.push(Station { company, on: true, net: true, ..Station::default() });
            let (from, to) = self.plan.shift_ms(n, &mut self.dice);
            self.later(from, Todo::Station(n, StationAct::SignIn));
            self.later(to, Todo::Station(n, StationAct::SignOut));
        }
        for n in 0..self.plan.calls {
            let home = 1 + usize::try_from(self.dice.below(9)).unwrap_or(0);
            self.pages.push(Page { home, net: true, ..Page::default() });
            let at = self.plan.arrival_ms(&mut self.dice).max(1);
            self.later(at + 600_000, Todo::Arrive(n));
        }
        for (count, todo) in
            [(self.plan.kills, Todo::Kill), (self.plan.pauses, Todo::Pause), (12, Todo::Admin)]
        {
            for _ in 0..count {
                let at = self.dice.between(600_000, self.plan.length_ms);
                self.later(at, todo.clone());
            }
        }
    }

    /// Runs the day to its end, and on until every call is over.
    pub fn run(&mut self) -> Result<(), Broken> {
        self.set_up()?;
        while let Some(Reverse((at, _, _))) = self.queue.peek() {
            let at = *at;
            self.run_server_until(at)?;
            let Some(Reverse((_, _, todo))) = self.queue.pop() else { break };
            self.now = at;
            self.happen(&todo)?;
        }
        // Everybody has gone home; what still lives ends by its deadlines.
        self.run_server_until(self.now.plus_ms(3 * 86_400_000))?;
        self.check_fold()?;
        self.oracle.all_over()
    }

    /// What was lately heard of the call and the agent of a failure.
    pub fn told(&self, broken: &Broken) -> String {
        self.trace.about(broken)
    }

    fn happen(&mut self, todo: &Todo) -> Result<(), Broken> {
        self.report.steps += 1;
        match *todo {
            Todo::Arrive(call) => self.arrive(call),
            Todo::PageConnect { call, other } => self.page_connect(call, other),
            Todo::Page(call, act) => self.page(call, act),
            Todo::Station(agent, act) => self.station(agent, act),
            Todo::Deliver(letter) => match self.post.get_mut(letter).and_then(Option::take) {
                Some(input) => self.tell(&input).map(|_| ()),
                None => Ok(()),
            },
            Todo::Kill => {
                self.kill();
                Ok(())
            }
            Todo::Start => self.start(),
            Todo::Pause => self.pause(),
            Todo::Admin => self.admin(),
        }
    }

    fn later(&mut self, ms: i64, todo: Todo) {
        self.numbered += 1;
        self.queue.push(Reverse((self.now.plus_ms(ms), self.numbered, todo)));
    }

    /// Sends an input over the network: mostly at once, sometimes late, sometimes twice.
    fn send(&mut self, input: Input) {
        let late =
            if self.dice.permille(15) { self.dice.between(200, 4_000) } else { self.dice.between(5, 40) };
        if self.dice.permille(8) {
            let later = self.dice.between(5, 20_000);
            self.mail(later, input.clone());
        }
        self.mail(late, input);
    }

    fn mail(&mut self, ms: i64, input: Input) {
        self.post.push(Some(input));
        self.later(ms, Todo::Deliver(self.post.len() - 1));
    }
}
