//! A run: load, deaths, starts, and the reckoning at the end.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::task::{JoinHandle, JoinSet};

use crate::books::Pages;
use crate::hook::Hook;
use crate::log::{Log, open};
use crate::plan::{Death, Step, plan};
use crate::process::{Server, command, free_port};
use crate::seed::Rng;
use crate::world::{Point, World};
use crate::{again, agent, ask, caller, check};

/// A point that nobody reaches is given up after this.
const POINT_LIMIT: Duration = Duration::from_secs(3);
/// All clients have a view again within this, or the next death comes all the same.
const BACK_LIMIT: Duration = Duration::from_secs(10);
/// All calls have ended within this after the last one was made.
const END_LIMIT: Duration = Duration::from_mins(2);

/// Plays the plan of a seed; panics with every fault that was found.
pub async fn run(seed: u64, times: u32) {
    println!(
        "seed {seed}, {times} kills: CHINHCHU_KILL_SEED={seed} CHINHCHU_KILL_TIMES={times} plays this plan again"
    );
    let mut run = Run::begin(seed, times > 50).await;
    for (n, step) in plan(seed, times).iter().enumerate() {
        run.step(n, step).await;
        let faults = run.look();
        run.must_be_good(faults, &format!("after kill {n}, {step:?}"));
    }
    let faults = run.finish().await;
    run.must_be_good(faults, "at the end");
    run.report(times);
}

/// A server, its clients and what is measured.
pub struct Run {
    pub folder: Option<TempDir>,
    pub server: Server,
    pub world: Arc<World>,
    pub log: Log,
    agents: Vec<JoinHandle<String>>,
    load: JoinHandle<()>,
    rng: Rng,
    begun: Instant,
    /// When no more calls were made.
    closed: Option<Instant>,
    starts: Vec<Duration>,
    back: Vec<Duration>,
}

impl Run {
    pub async fn begin(seed: u64, large: bool) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let mut server = Server::new(&folder.path().join("data"), free_port());
        let hook = Hook::open(seed).await;
        let staff: &[&'static str] =
            if large { &["1", "1", "1", "1", "2", "2", "2", "2"] } else { &["1", "1", "1", "2", "2"] };
        let world = Arc::new(World::prepare(seed, &server, &hook.url, staff).await);
        hook.serve(&world);
        server.begin();
        let started = server.listening().await;
        let agents = (0..staff.len()).map(|n| tokio::spawn(agent::work(world.clone(), n))).collect();
        let load = tokio::spawn(load(world.clone(), if large { 10 } else { 6 }));
        let rng = Rng::fork(seed, "run", 0);
        Self {
            folder: Some(folder),
            server,
            world,
            log: Log::default(),
            agents,
            load,
            rng,
            begun: Instant::now(),
            closed: None,
            starts: vec![started],
            back: Vec::new(),
        }
    }

    async fn step(&mut self, n: usize, step: &Step) {
        if let Some(ms) = step.calm_ms {
            sleep_ms(ms).await;
        }
        if let Some(ms) = step.pause_ms {
            self.server.signal("STOP").await;
            tokio::time::sleep(Duration::from_millis(ms)).await;
            self.server.signal("CONT").await;
        }
        match step.death {
            Death::After { ms } => {
                sleep_ms(ms).await;
                self.server.kill().await;
            }
            Death::At { point, us } => {
                self.reached(point).await;
                tokio::time::sleep(Duration::from_micros(us)).await;
                self.server.kill().await;
            }
            Death::InStart { ms } => {
                self.server.kill().await;
                self.server.begin();
                sleep_ms(ms).await;
                self.server.kill().await;
            }
            Death::InDrain { ms, drain_ms } => {
                sleep_ms(ms).await;
                self.server.signal("TERM").await;
                sleep_ms(drain_ms).await;
                self.server.kill().await;
            }
            Death::Drained { ms } => {
                sleep_ms(ms).await;
                self.server.signal("TERM").await;
                if !self.server.ended(Duration::from_secs(20)).await {
                    self.world.books.fault("the server did not end well after SIGTERM");
                }
            }
            Death::WithCommand { ms, kill_command } => self.die_with_command(n, ms, kill_command).await,
            Death::WhileStopped { ms, stopped_ms } => {
                sleep_ms(ms).await;
                self.server.signal("STOP").await;
                sleep_ms(stopped_ms).await;
                self.server.kill().await;
            }
        }
        sleep_ms(step.away_ms).await;
        self.server.begin();
        self.starts.push(self.server.listening().await);
        let listening = Instant::now();
        if step.settle {
            self.settle(listening).await;
            ask::repeat(&self.world, &mut self.rng).await;
        }
    }

    /// Waits until every client that wants to be connected has a view of this life of the server.
    async fn settle(&mut self, listening: Instant) {
        // The line on stdout may be read later than the first client is served.
        let since = self.server.begun;
        while listening.elapsed() < BACK_LIMIT {
            if self.world.presence.missing(since).is_empty() {
                return self.back.push(listening.elapsed());
            }
            sleep_ms(10).await;
        }
        let missing = self.world.presence.missing(since);
        self.world.books.fault(format!("no view after {BACK_LIMIT:?}: {missing:?}"));
    }

    async fn reached(&self, wanted: Point) {
        let mut points = self.world.points();
        let reached = async { while points.recv().await.is_ok_and(|point| point != wanted) {} };
        // Not every point is met in time: then it is a death like any other.
        let _ = tokio::time::timeout(POINT_LIMIT, reached).await;
    }

    async fn die_with_command(&mut self, n: usize, ms: u64, kill_command: bool) {
        sleep_ms(ms).await;
        let name = format!("cli{n}");
        let arguments: &[&str] = match self.rng.between(0, 2) {
            0 => &["agent", "add", "--company", "3", "--username", &name, "--name", "NVHT"],
            1 => &["token", "issue", "--company", "5"],
            _ => &[
                "company",
                "rules",
                "5",
                "--require-consent",
                if n.is_multiple_of(2) { "true" } else { "false" },
            ],
        };
        let mut working = command(&self.server.folder, arguments).spawn().expect("a command");
        sleep_ms(self.rng.between(0, 400)).await;
        self.server.kill().await;
        if kill_command {
            // It may be done already.
            let _ = working.start_kill();
        }
        let output = working.wait_with_output().await.expect("output");
        if !output.status.success() {
            if !kill_command {
                let error = String::from_utf8_lossy(&output.stderr).into_owned();
                self.world.books.fault(format!("{arguments:?}: {error}"));
            }
            return;
        }
        let answer = crate::http::json_of(&output.stdout);
        self.world.books.write(|pages| match arguments[0] {
            "agent" => pages.agents_made.push(name.clone()),
            "token" => pages.tokens_made.push(answer["token"].as_str().expect("token").to_owned()),
            _ => {}
        });
    }

    /// What must hold at any time.
    pub fn look(&mut self) -> Vec<String> {
        // The books first: what is acknowledged by then must be in the log that is read after.
        let mut pages = self.world.books.copy();
        let mut faults = self.log.read_on(&open(&self.server.folder));
        faults.append(&mut pages.faults);
        for marks in pages.marks.values_mut() {
            // Judged at the end.
            marks.cancel_taken = false;
        }
        faults.extend(check::acknowledged(&pages, &self.log));
        faults
    }

    /// Lets everything come to its end, and checks all of it.
    pub async fn finish(&mut self) -> Vec<String> {
        self.world.open.send_replace(false);
        self.closed = Some(Instant::now());
        if tokio::time::timeout(END_LIMIT, &mut self.load).await.map(|done| done.expect("load")).is_err() {
            return vec![format!("calls are stuck: {}", self.open_calls())];
        }
        let mut faults = self.all_ended().await;
        self.world.home.send_replace(true);
        let mut sessions = Vec::new();
        for (n, agent) in self.agents.drain(..).enumerate() {
            match tokio::time::timeout(END_LIMIT, agent).await {
                Ok(session) => sessions.push(session.expect("agent")),
                Err(_) => faults.push(format!("agent {n} never came to rest")),
            }
        }
        if faults.is_empty() {
            faults.extend(ask::probe(&self.world, &sessions, ask::AT_ONCE).await);
            faults.extend(self.all_ended().await);
        }
        faults.extend(self.look());
        faults.extend(self.told().await);
        faults.extend(self.everything(&self.world.books.copy()));
        let pages = self.world.books.copy();
        faults.extend(ask::api(&self.world, &pages, &self.log).await);
        let agents = self.server.command(&["agent", "list"]).await;
        faults.extend(ask::commands(&self.world, &pages, &agents).await);
        faults
    }

    /// Everything that can be read without asking the server.
    pub fn everything(&self, pages: &Pages) -> Vec<String> {
        let store = open(&self.server.folder);
        let mut faults = check::acknowledged(pages, &self.log);
        faults.extend(check::views(pages, &self.log));
        faults.extend(check::ends(pages, &self.log));
        faults.extend(check::keys(pages, &self.log, &store));
        faults.extend(check::deliveries(pages, &self.log));
        faults.extend(check::files(&store, &self.server.folder));
        faults.extend(again::decided(&store));
        faults.extend(check::server(&store, &self.server.stderr()));
        faults
    }

    async fn all_ended(&mut self) -> Vec<String> {
        let store = open(&self.server.folder);
        let log = &mut self.log;
        let mut faults = Vec::new();
        let ended = ask::until("all calls have ended", END_LIMIT, || {
            faults.extend(log.read_on(&store));
            log.model.calls.values().all(|call| call.ended.is_some())
        });
        let late = ended.await;
        faults.extend(late.map(|late| format!("{late}; {}", self.open_calls())));
        faults
    }

    fn open_calls(&mut self) -> String {
        let _ = self.log.read_on(&open(&self.server.folder));
        let open = self.log.model.calls.iter().filter(|(_, call)| call.ended.is_none());
        open.map(|(id, call)| format!("{id}: {call:?}")).collect::<Vec<_>>().join("\n")
    }

    /// Webhooks come again with growing pauses until all are acknowledged.
    async fn told(&self) -> Option<String> {
        let (world, log) = (self.world.clone(), &self.log);
        let all = || check::deliveries(&world.books.copy(), log).is_empty();
        // What is missing then is named by the check itself.
        ask::until("all webhooks have arrived", END_LIMIT, all).await
    }

    pub fn must_be_good(&mut self, faults: Vec<String>, when: &str) {
        if faults.is_empty() {
            return;
        }
        let kept: PathBuf = self.folder.take().expect("once").keep();
        let count = faults.len();
        let shown = faults.into_iter().take(40).collect::<Vec<_>>().join("\n");
        panic!(
            "{count} faults {when}, seed {}; the folder is kept at {}:\n{shown}",
            self.world.seed,
            kept.display()
        );
    }

    fn report(&self, times: u32) {
        let pages = self.world.books.copy();
        let (starts, back) = (spread(&self.starts), spread(&self.back));
        println!(
            "{{\"campaign\": \"kill\", \"seed\": {}, \"kills\": {times}, \"minutes\": {:.1}, \"of_which_settling\": {:.1}, \"records\": {}, \"calls\": {}, \
             \"facts\": {}, \"verdicts\": {}, \"repeats\": {}, \"webhooks\": {}, \"views\": {}, \
             \"start_ms\": {starts}, \"all_clients_back_ms\": {back}}}",
            self.world.seed,
            self.begun.elapsed().as_secs_f64() / 60.0,
            self.closed.map_or(0.0, |at| at.elapsed().as_secs_f64() / 60.0),
            self.log.seq,
            self.log.model.calls.len(),
            serde_json::to_string(&self.log.model.counts).expect("json"),
            pages.verdicts.len(),
            pages.repeats,
            pages.deliveries.len(),
            pages.agents_saw.len() + pages.callers_saw.len(),
        );
    }
}

/// Keeps so many calls going until the world closes; ends when the last page has.
async fn load(world: Arc<World>, at_once: usize) {
    let numbers = AtomicU64::new(0);
    let mut rng = Rng::fork(world.seed, "load", 0);
    let mut calls = JoinSet::new();
    while *world.open.borrow() {
        if calls.len() < at_once {
            calls.spawn(caller::play(world.clone(), numbers.fetch_add(1, Ordering::Relaxed)));
        }
        tokio::time::sleep(rng.ms(10, 200)).await;
        while let Some(done) = calls.try_join_next() {
            done.expect("a caller");
        }
    }
    while let Some(done) = calls.join_next().await {
        done.expect("a caller");
    }
}

async fn sleep_ms(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

/// Half, nine in ten and the most, ms.
fn spread(times: &[Duration]) -> String {
    let mut ms: Vec<u128> = times.iter().map(Duration::as_millis).collect();
    ms.sort_unstable();
    let at = |percent: usize| {
        ms.get((ms.len() * percent / 100).min(ms.len().saturating_sub(1))).copied().unwrap_or(0)
    };
    format!("{{\"p50\": {}, \"p90\": {}, \"max\": {}}}", at(50), at(90), at(100))
}
