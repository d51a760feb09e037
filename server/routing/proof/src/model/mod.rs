//! Small worlds, searched to the end: two callers, three agents, the network between them, and the server.
//!
//! A state is the switchboard, [`Liveness`], the oracle's books, what each client knows, and the messages that
//! are still on their way. Clients act on what they know; a message arrives at once, or it stays on its way
//! and arrives at any later moment, in any order, or never. How many may do so, how many networks are cut, how
//! often the server restarts or time jumps, is bounded by [`Bounds`]; within them the search is exhausted.
//!
//! Time goes from deadline to deadline, and second by second while the silence of somebody is being judged.
//! Heartbeats are implied: who can be heard is heard at every moment to which time goes. States that differ
//! only in when they are, or in times too long ago to matter, count as one ([`normal`]).
//!
//! The server's commits are taken as atomic (that is the store's business); a restart may come between any
//! two. Not used: symmetry of agents (their order decides ties, so they are not alike).

mod acts;
mod learn;
mod normal;
mod snap;
mod step;
mod worlds;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use stateright::{Checker, Model, Property};

use crate::board::Board;
use crate::rule::Rule;
use crate::trace::Trace;

pub use acts::Act;
pub use snap::Snap;
pub use worlds::{Bounds, Start};

/// A world to search.
#[derive(Clone, Debug)]
pub struct World<B: Board> {
    /// How far.
    pub bounds: Bounds,
    /// The switchboard to begin with: real, or broken.
    pub board: B,
    /// Kinds of facts that were met, to see that the world reaches what it is for.
    pub reached: Reached,
}

/// Names of kinds of facts.
pub type Reached = Arc<Mutex<BTreeSet<&'static str>>>;

impl<B: Board> World<B> {
    /// A world not searched yet.
    pub fn new(bounds: Bounds, board: B) -> Self {
        Self { bounds, board, reached: Reached::default() }
    }
}

impl<B: Board> Model for World<B> {
    type State = Snap<B>;
    type Action = Act;

    fn init_states(&self) -> Vec<Self::State> {
        vec![Snap::new(self.board.clone(), &self.bounds, &mut None)]
    }

    fn actions(&self, state: &Self::State, actions: &mut Vec<Self::Action>) {
        if state.broken.is_none() {
            state.list_actions(&self.bounds, actions);
        }
    }

    fn next_state(&self, last: &Self::State, action: Self::Action) -> Option<Self::State> {
        let mut next = last.clone();
        next.act(action, &mut None);
        if !next.news.is_empty()
            && let Ok(mut reached) = self.reached.lock()
        {
            reached.extend(next.news.iter().copied());
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("the rules are kept", |_, state: &Snap<B>| state.broken.is_none()),
            Property::always("who lives has a deadline", |_, state: &Snap<B>| state.has_deadlines()),
        ]
    }
}

/// What a search came to.
#[derive(Clone, Debug)]
pub struct Searched {
    /// Different states.
    pub unique: usize,
    /// States that were met, repeats counted.
    pub met: usize,
    /// The longest of the shortest ways to a state.
    pub depth: usize,
    /// Nothing within the bounds was left out.
    pub exhausted: bool,
    /// The rule that was broken, if one was, after how many steps, and the whole way to it.
    pub broken: Option<(Option<Rule>, usize, String)>,
    /// Kinds of facts that were met.
    pub reached: BTreeSet<&'static str>,
}

/// Searches a world to its end, or to the first failure: in depth, which takes little memory, or in breadth,
/// which finds the shortest way.
pub fn search<B: Board>(world: &World<B>, threads: usize, deep: bool) -> Searched {
    let failed = stateright::HasDiscoveries::AnyFailures;
    let builder = world.clone().checker().threads(threads).finish_when(failed);
    // For debugging the bounds themselves.
    let cap: Option<usize> = std::env::var("PROOF_CAP").ok().and_then(|text| text.parse().ok());
    let builder = cap.into_iter().fold(builder, stateright::CheckerBuilder::target_state_count);
    if deep {
        summed(world, cap.is_none(), &builder.spawn_dfs().join())
    } else {
        summed(world, cap.is_none(), &builder.spawn_bfs().join())
    }
}

fn summed<B: Board>(world: &World<B>, whole: bool, checker: &impl Checker<World<B>>) -> Searched {
    let broken = checker.discoveries().into_values().next().map(|path| {
        let actions: Vec<Act> = path.into_actions();
        let (rule, told) = tell(world, &actions);
        (rule, actions.len(), told)
    });
    let reached = world.reached.lock().map(|seen| seen.clone()).unwrap_or_default();
    Searched {
        unique: checker.unique_state_count(),
        met: checker.state_count(),
        depth: checker.max_depth(),
        exhausted: whole && checker.is_done() && broken.is_none(),
        broken,
        reached,
    }
}

/// Goes the way again and tells it: the actions, then what was decided.
pub fn tell<B: Board>(world: &World<B>, actions: &[Act]) -> (Option<Rule>, String) {
    let mut trace = Some(Trace::default());
    let mut snap = Snap::new(world.board.clone(), &world.bounds, &mut trace);
    let mut way = Vec::new();
    for action in actions {
        let mut choices = Vec::new();
        snap.list_actions(&world.bounds, &mut choices);
        let number = choices.iter().position(|choice| choice == action).unwrap_or(usize::MAX);
        way.push(format!("{number}"));
        snap.act(*action, &mut trace);
    }
    let name = world.bounds.name;
    let way = way.join(",");
    let acts: Vec<String> = actions.iter().map(|act| format!("  {act:?}")).collect();
    let acts = acts.join("\n");
    let told = match (&snap.broken, &trace) {
        (Some(broken), Some(trace)) => format!("{broken}\n{}", trace.about(broken)),
        _ if snap.has_deadlines() => "nothing is broken".to_owned(),
        _ => "who lives has no deadline".to_owned(),
    };
    let rule = snap.broken.as_ref().map(|broken| broken.rule);
    (rule, format!("WORLD={name} WAY={way} replays it\n{acts}\n{told}"))
}

/// Goes a way that a failure printed.
pub fn replay<B: Board>(world: &World<B>, way: &str) -> String {
    let mut snap = Snap::new(world.board.clone(), &world.bounds, &mut None);
    let mut actions = Vec::new();
    for number in way.split(',').filter_map(|number| number.trim().parse::<usize>().ok()) {
        let mut choices = Vec::new();
        snap.list_actions(&world.bounds, &mut choices);
        let Some(action) = choices.get(number).copied() else { break };
        snap.act(action, &mut None);
        actions.push(action);
    }
    tell(world, &actions).1
}
