//! A state of a world.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use chinhchu_protocol::agent::WantedStatus;
use chinhchu_protocol::ids::SessionId;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{EndedCall, Fact, Input, Liveness, Needs, Skills};

use super::normal;
use super::worlds::{Bounds, Start};
use crate::board::Board;
use crate::names::{self, START};
use crate::oracle::Oracle;
use crate::rule::Broken;
use crate::trace::Trace;

/// The page of a call, as it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Page {
    pub(super) net: bool,
    /// Number of its socket, as the page knows it.
    pub(super) socket: Option<u32>,
    /// Last frame that the server has of it.
    pub(super) heard: Option<Timestamp>,
    pub(super) queued: bool,
    pub(super) over: bool,
}

/// A workstation, as it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Station {
    pub(super) net: bool,
    pub(super) session: Option<SessionId>,
    pub(super) socket: Option<u32>,
    pub(super) heard: Option<Timestamp>,
    /// When it last had media.
    pub(super) seen: Option<Timestamp>,
    /// The server says that it is paused, or wraps up.
    pub(super) paused: bool,
    pub(super) wraps: bool,
    /// What it knows: what rings (and whether it said so), and its call.
    pub(super) ring: Option<(usize, u32, bool)>,
    pub(super) talk: Option<(usize, u32)>,
    /// What the server would tell it.
    pub(super) ring_told: Option<(usize, u32)>,
    pub(super) talk_told: Option<(usize, u32)>,
    /// Sealed, and not known to be stored.
    pub(super) sealed: Option<(usize, u32)>,
}

/// A conversation, as it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Talk {
    pub(super) agent: usize,
    pub(super) assignment: u32,
    pub(super) media: bool,
    /// When media last flowed.
    pub(super) seen: Option<Timestamp>,
}

/// What may still go wrong.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Left {
    pub(super) late: u8,
    pub(super) twice: u8,
    pub(super) cuts: u8,
    pub(super) restarts: u8,
    pub(super) outages: u8,
    pub(super) sign_ins: u8,
    pub(super) pauses: u8,
    pub(super) hang_ups: u8,
}

/// A stretch of the log, newest first.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) facts: Vec<Fact>,
    pub(super) before: Option<Arc<Log>>,
}

/// A state.
#[derive(Clone, Debug)]
pub struct Snap<B: Board> {
    pub(super) now: Timestamp,
    pub(super) board: B,
    pub(super) empty: B,
    pub(super) liveness: Liveness,
    pub(super) oracle: Oracle,
    pub(super) pages: [Page; 2],
    pub(super) stations: Vec<Station>,
    pub(super) talks: [Option<Talk>; 2],
    /// What the driver remembers of ended calls.
    pub(super) records: [Option<EndedCall>; 2],
    /// Messages on their way, sorted: they have no order.
    pub(super) flight: Vec<Input>,
    pub(super) left: Left,
    pub(super) sessions: usize,
    pub(super) offers: [u32; 2],
    /// Not part of what makes states different: it follows from the way.
    pub(super) log: Option<Arc<Log>>,
    /// Names of the facts of the last step.
    pub(super) news: Vec<&'static str>,
    /// A rule was broken on the way here.
    pub broken: Option<Broken>,
}

impl<B: Board> Hash for Snap<B> {
    fn hash<H: Hasher>(&self, to: &mut H) {
        let rest = (
            (&self.oracle, &self.flight, self.left),
            (self.sessions, self.offers, &self.records, &self.broken),
        );
        let heard = (&self.liveness, &self.pages, &self.stations, &self.talks);
        normal::hash(&self.board, &rest, &heard, self.now.ms(), to);
    }
}

impl<B: Board> PartialEq for Snap<B> {
    fn eq(&self, other: &Self) -> bool {
        (self.now, &self.board, &self.liveness, &self.oracle)
            == (other.now, &other.board, &other.liveness, &other.oracle)
            && (&self.pages, &self.stations, &self.talks, &self.flight, self.left)
                == (&other.pages, &other.stations, &other.talks, &other.flight, other.left)
    }
}

impl<B: Board> Snap<B> {
    /// The beginning of a world.
    pub fn new(board: B, bounds: &Bounds, trace: &mut Option<Trace>) -> Self {
        let left = Left {
            late: bounds.late,
            twice: bounds.twice,
            cuts: bounds.cuts,
            restarts: bounds.restarts,
            outages: bounds.outages,
            sign_ins: bounds.sign_ins,
            pauses: bounds.pauses,
            hang_ups: bounds.hang_ups,
        };
        let mut snap = Self {
            now: START,
            empty: board.clone(),
            liveness: board.liveness(START),
            board,
            oracle: Oracle::default(),
            pages: [Page { net: true, ..Page::default() }; 2],
            stations: vec![Station { net: true, ..Station::default() }; bounds.agents],
            talks: [None; 2],
            records: [None, None],
            flight: Vec::new(),
            left,
            sessions: 0,
            offers: [0; 2],
            log: None,
            news: Vec::new(),
            broken: None,
        };
        snap.set_up(bounds, trace);
        for page in snap.pages.iter_mut().skip(bounds.callers) {
            page.over = true;
        }
        snap
    }

    fn set_up(&mut self, bounds: &Bounds, trace: &mut Option<Trace>) {
        let company = names::company(1);
        self.tell(&Input::Started, trace);
        self.tell(&Input::SetCompany { company: company.clone(), settings: bounds.settings() }, trace);
        self.tell(&Input::SetServing { home: company.clone(), serving: company.clone() }, trace);
        for n in 0..bounds.agents {
            let languages: BTreeSet<String> = if n == 0 { ["vi".to_owned()].into() } else { BTreeSet::new() };
            let skills = Skills { languages, ..Skills::default() };
            self.tell(&names::set_agent(n, company.clone(), None, skills), trace);
            self.sign_in(n, trace);
            self.connect(n, trace);
            // One after the other, so that the order of the agents is clear.
            self.now = self.now.plus_ms(100);
            self.say_status(n, WantedStatus::Available, trace);
        }
        for call in 0..bounds.callers {
            let language = (bounds.skills && call == 1).then(|| "en".to_owned());
            let needs = Needs { language, ..Needs::default() };
            self.tell(&names::take_in(call, 1, 0, needs), trace);
        }
        let talking = match bounds.start {
            Start::TakenIn | Start::OneRings => 0,
            Start::OneTalks => 1,
            Start::BothTalk => 2,
        };
        let ringing = usize::from(bounds.start == Start::OneRings).max(talking);
        for call in 0..ringing {
            self.now = self.now.plus_ms(100);
            self.open(call, trace);
            self.say_ready(call, trace);
            self.say_rang(call, trace);
            if call < talking {
                self.say_accept(call, trace);
                self.start_media(call, trace);
            }
        }
        self.news.clear();
    }

    /// Whoever lives has a deadline, else nothing would ever end it (I3).
    pub fn has_deadlines(&self) -> bool {
        self.board.next_deadline().is_some() || self.oracle.all_over().is_ok()
    }
}
