//! A run: a server that dies now and then, workstations that die all the time, and the reckoning at the end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chinhchu_protocol::ids::CallId;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Mutex, broadcast};
use tokio::task::JoinHandle;

use crate::books::{self, Books, StationBook};
use crate::dealer::{self, Dealers};
use crate::edge;
use crate::full_disk::{self, Disk};
use crate::judge;
use crate::plan::{self, plan};
use crate::proxy::{Point, Proxy};
use crate::seed::Rng;
use crate::server::Server;
use crate::station::{self, Account, Station};

/// Companies that serve themselves: each has one workstation and one dealer.
const COMPANIES: [&str; 4] = ["1", "2", "3", "5"];
/// Something of what waits arrives within this, once nothing stands in its way.
const SETTLE_LIMIT: Duration = Duration::from_secs(40);

/// Plays the plan of a seed; panics with every fault that was found.
pub async fn run(seed: u64, times: u32) {
    println!(
        "seed {seed}, {times} kills: CHINHCHU_OUTBOX_SEED={seed} CHINHCHU_OUTBOX_TIMES={times} draws this plan again"
    );
    let mut run = Run::begin(seed, times).await;
    run.play().await;
    let books = run.finish().await;
    run.report(&books, times);
    let mut faults = judge::faults(&books);
    faults.extend(judge::too_little(&books, times));
    run.must_be_good(&faults);
}

/// A server, its workstations and dealers.
pub struct Run {
    seed: u64,
    times: u32,
    folder: Option<TempDir>,
    server: Arc<Mutex<Server>>,
    stations: Vec<Station>,
    dealers: Arc<Dealers>,
    at_work: Vec<JoinHandle<()>>,
    credential: String,
    no_disk: Option<String>,
    server_deaths: Arc<AtomicU64>,
    begun: Instant,
}

impl Run {
    pub async fn begin(seed: u64, times: u32) -> Self {
        let begun = Instant::now();
        let folder = tempfile::Builder::new().prefix("chinhchu-outbox-").tempdir().expect("folder");
        let mut rng = Rng::fork(seed, "run", 0);
        let mut server = Server::new(&folder.path().join("server"), &mut rng);
        let (drawings, small) = (folder.path().join("drawings"), folder.path().join("small"));
        draw(&drawings, &small, &mut rng);
        let picture = std::fs::read(drawings.join("96.jpg")).expect("drawn");
        let staff = &COMPANIES[..if times > 20 { 4 } else { 2 }];
        let mut stations = Vec::new();
        let mut tokens = Vec::new();
        let mut no_disk = None;
        for (n, company) in staff.iter().enumerate() {
            let username = format!("nv{company}");
            let add = ["agent", "add", "--company", company, "--username", &username, "--name", "NVHT"];
            let password = text(&server.command(&add).await, "password");
            server.command(&["company", "rules", company, "--set", "pause_after_missed=100"]).await;
            tokens.push(text(&server.command(&["token", "issue", "--company", company]).await, "token"));
            let proxy = Proxy::open(server.port, Rng::fork(seed, "line", n as u64)).await;
            let name = format!("station-{company}");
            // One of them works on a disk that fills up.
            let disk = if n == 0 { Some(Disk::mount(&folder.path().join(&name)).await) } else { None };
            let disk = disk.and_then(|disk| disk.map_err(|error| no_disk = Some(error)).ok());
            let drawings = if disk.is_some() { &small } else { &drawings };
            let invited = server.command(&["workstation", "invite"]).await;
            let enrolment_code = text(&invited, "enrolment_code");
            let account = Account { username, password, enrolment_code };
            stations.push(Station::new(folder.path(), &name, drawings, account, proxy, disk));
        }
        if let Some(why) = &no_disk {
            // Without it the run would pass and have tried no full disk.
            let allowed = std::env::var("CHINHCHU_TEST_UNTRIED").unwrap_or_default();
            assert!(
                allowed.split(',').any(|one| one == "full-disk"),
                "no disk can be filled here ({why}); to run without: CHINHCHU_TEST_UNTRIED=full-disk"
            );
        }
        let issued = server.command(&["service-credential", "issue", "--name", "msale"]).await;
        server.start().await;
        let dealers = Arc::new(Dealers::new(server.base(), picture));
        let at_work = (0..).zip(tokens).map(|(n, token)| {
            tokio::spawn(dealer::work(dealers.clone(), token, Rng::fork(seed, "dealer", n)))
        });
        Self {
            seed,
            times,
            stations,
            at_work: at_work.collect(),
            dealers,
            credential: text(&issued, "credential"),
            no_disk,
            server_deaths: Arc::default(),
            server: Arc::new(Mutex::new(server)),
            folder: Some(folder),
            begun,
        }
    }

    /// Every workstation dies as its plan says; the server dies beside.
    pub async fn play(&mut self) {
        let (server, died) = (self.server.clone(), self.server_deaths.clone());
        let mut rng = Rng::fork(self.seed, "server", 0);
        let mut points: Vec<_> = self.stations.iter().map(|station| station.proxy.points()).collect();
        let deaths = tokio::spawn(async move {
            loop {
                tokio::time::sleep(rng.ms(2_500, 9_000)).await;
                if rng.percent(60) {
                    in_an_upload(&mut rng, &mut points).await;
                }
                let mut server = server.lock().await;
                server.kill().await;
                tokio::time::sleep(rng.ms(0, 1_500)).await;
                server.start().await;
                died.fetch_add(1, Ordering::Relaxed);
            }
        });
        let count = u32::try_from(self.stations.len()).expect("few");
        let seed = self.seed;
        let mut lives = tokio::task::JoinSet::new();
        for (n, mut station) in (0_u32..).zip(self.stations.drain(..)) {
            let times = self.times / count + u32::from(n < self.times % count);
            lives.spawn(async move {
                station.start();
                for step in plan(seed, u64::from(n), times) {
                    station.live(&step).await;
                }
                station
            });
        }
        while let Some(station) = lives.join_next().await {
            self.stations.push(station.expect("a station's lives"));
        }
        self.stations.sort_by(|a, b| a.name.cmp(&b.name));
        // Not in the middle of a start.
        let server = self.server.lock().await;
        deaths.abort();
        drop(server);
    }

    /// Lets everything arrive, and reads what there is.
    pub async fn finish(&mut self) -> Books {
        self.dealers.open.send_replace(false);
        for station in &mut self.stations {
            station.proxy.be_clean();
            station.proxy.go_away(false);
            station.proxy.bar_uploads(false);
            station.free();
        }
        let limit = tokio::time::Instant::now() + SETTLE_LIMIT;
        for dealer in self.at_work.drain(..) {
            // A call that nobody ends by then is named by what is found.
            let _ = tokio::time::timeout_at(limit, dealer).await;
        }
        for station in &mut self.stations {
            // A last life on a clean line: what waits goes at once.
            station.kill().await;
            station.start();
        }
        for station in &mut self.stations {
            // As long as it goes on: a busy machine carries a long backlog slowly.
            let (mut left, mut limit) = (u32::MAX, tokio::time::Instant::now() + SETTLE_LIMIT);
            while left > 0 && tokio::time::Instant::now() < limit {
                tokio::time::sleep(Duration::from_millis(50)).await;
                let waiting = books::waiting(&station.profile).unwrap_or(left);
                if waiting < left {
                    (left, limit) = (waiting, tokio::time::Instant::now() + SETTLE_LIMIT);
                }
            }
            station.kill().await;
        }
        self.read().await
    }

    async fn read(&self) -> Books {
        let server = self.server.lock().await;
        let calls: Vec<CallId> = self.dealers.calls.lock().expect("calls").clone();
        let mut book = books::server(&server.folder, &server.stderr());
        book.missing = missing(&server.look(&["evidence", "missing"], true).await);
        book.held = books::held(&self.dealers.http, &server.base(), &self.credential, &calls).await;
        let stations = self.stations.iter();
        let stations = stations.map(|station| {
            let book = books::station(&station.name, &station.profile, &station.shown);
            let (acknowledged, receipts) = station.proxy.receipts();
            StationBook { refused: station.proxy.refusals(), acknowledged, receipts, ..book }
        });
        let stations = stations.collect();
        Books { stations, server: book }
    }

    fn report(&self, books: &Books, times: u32) {
        let (mut lines, mut deaths, mut refusals) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for station in &self.stations {
            add(&mut lines, station.proxy.counts());
            add(&mut deaths, station.deaths.clone());
            add(&mut refusals, station.refusals.clone());
        }
        let shown: usize = books.stations.iter().map(|station| station.shown.len()).sum();
        let sealed: usize = books.stations.iter().map(|station| station.records.len()).sum();
        let backlog = self.stations.iter().map(|station| station.backlog).max();
        let report = json!({
            "campaign": "outbox", "seed": self.seed, "kills": times, "minutes": self.begun.elapsed().as_secs() / 60,
            "seconds": self.begun.elapsed().as_secs(), "verdicts_sealed": sealed, "longest_backlog": backlog, "shown_as_done": shown,
            "on_the_server": books.server.held.len(), "server_killed": self.server_deaths.load(Ordering::Relaxed), "deaths": deaths,
            "uploads": lines, "refused_on_the_screen": refusals,
            "full_disk": self.no_disk.as_ref().map_or(full_disk::SIZE, |why| why.as_str()),
        });
        println!("{report}");
    }

    fn must_be_good(&self, faults: &[String]) {
        if faults.is_empty() {
            return;
        }
        let shown = faults.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
        panic!("{} faults, seed {}:\n{shown}", faults.len(), self.seed);
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(folder) = self.folder.take()
        {
            println!("the folder is kept: {}", folder.keep().display());
        }
    }
}

/// Lets the server's death come when it counts: an upload has begun, was answered, or its answer has gone on.
async fn in_an_upload(rng: &mut Rng, lines: &mut [broadcast::Receiver<Point>]) {
    let drawn = usize::try_from(rng.between(0, lines.len() as u64 - 1)).expect("few");
    // Those of before are over.
    lines[drawn] = lines[drawn].resubscribe();
    let points = [Point::Begun, Point::Taken, Point::Passed];
    station::reached(&mut lines[drawn], points[usize::try_from(rng.between(0, 2)).expect("few")]).await;
    tokio::time::sleep(plan::moment(rng, 15)).await;
}

fn draw(drawings: &std::path::Path, small: &std::path::Path, rng: &mut Rng) {
    std::fs::create_dir_all(drawings).expect("folder");
    std::fs::create_dir_all(small).expect("folder");
    edge::draw(drawings, rng);
    std::fs::copy(drawings.join("96.jpg"), small.join("96.jpg")).expect("copied");
}

fn add<K: Ord + ToString>(sum: &mut BTreeMap<String, u64>, more: BTreeMap<K, u64>) {
    for (name, count) in more {
        *sum.entry(name.to_string()).or_default() += count;
    }
}

/// Everything that the server's own look for gaps has named.
fn missing(answer: &Value) -> Vec<String> {
    let lists = ["keys", "assignments"].map(|name| answer[name].as_array().expect("a list"));
    lists.into_iter().flatten().map(Value::to_string).collect()
}

fn text(answer: &Value, name: &str) -> String {
    answer[name].as_str().unwrap_or_else(|| panic!("{name} in {answer}")).to_owned()
}
