//! Shows that the switchboard keeps its invariants I1 to I8, in two ways, and that both ways would notice if
//! it did not.
//!
//! **The oracle** ([`oracle`]) judges every input and its facts by its own books: who rings, who has whom, what
//! is due when. It reckons deadlines itself, from settings and inputs, and never looks into the switchboard.
//! Eligibility (C1, overflow, skills) is a function of data and settings.
//!
//! **Model check** ([`model`]): small worlds of two callers, three agents, the network and the server, searched
//! to the end with stateright; the tests assert that nothing within the bounds was left out. The real
//! [`chinhchu_routing::Liveness`] is part of the state. Bounds of each world: [`model::Bounds`]. In the worlds
//! `verdict` and `ghost` there is one caller.
//!
//! **Simulated days** ([`day`]): callers, agents, networks and the server from one seed, with simulated time.
//! Sockets, networks, media, pages and programs are lost; messages are late, doubled, out of order or from old
//! sockets; the server is killed before or after a commit and folds its log again; its machine stands still
//! or its clock jumps; verdicts are sealed while it is away; who serves whom changes. A whole day has 100,000
//! calls and 2,000 agents of nine companies, with skills, overflow and every way to choose.
//!
//! **Mutants** ([`mutant`]): fifteen deliberately broken switchboards. Each is caught, with the invariant that
//! it breaks.
//!
//! | | model | days |
//! |---|---|---|
//! | I1 one offer or call | every fact | every fact |
//! | I2 not again while another is available | every offer | every offer |
//! | I3 ends once, nothing stays past its deadline | every step; who lives has a deadline | every input; at the end all calls are over |
//! | I4 oldest of the highest priority first | every offer, and after every input (priorities are equal) | the same, with priorities |
//! | I5 acknowledged is never lost, nothing twice | verdict, evidence, accept | these and intake; asked again over kills |
//! | I6 a restart changes nothing | log folded at every restart | the same, through JSON |
//! | I7 only a confirmed ring counts | every closed ring | the same |
//! | I8 nobody healthy is ended, F4 after 15 s | heartbeats to the millisecond | heartbeats every second |
//!
//! **Not shown here**: that the driver and the store commit as they say (`server/tests/killed`), the network
//! itself, shares of partners (any agent of the right company and skills may be first), which notices and
//! webhooks go out, and how well the figures are chosen. Agents are not treated as alike (their order decides
//! ties). A message of the model's network is late, repeated or lost as often as the bounds say, no oftener;
//! `PROOF_FULL=1` goes further than the tests do, and was not searched to its end yet.
//!
//! Failures replay: `SEED=… cargo test -p chinhchu-proof small_days` (or `100_000`, with `PERCENT=…` for a part
//! of a day), `WORLD=… WAY=… cargo test -p chinhchu-proof model`. They tell the last inputs and facts of the
//! call and the agent concerned.

pub mod board;
pub mod day;
pub mod dice;
pub mod model;
pub mod mutant;
pub mod names;
pub mod oracle;
pub mod rule;
pub mod trace;

pub use board::Board;
pub use oracle::Oracle;
pub use rule::{Broken, Rule};
