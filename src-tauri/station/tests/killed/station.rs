//! One workstation's lives and deaths.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use chinhchu_protocol::ids::CallId;
use tokio::process::{Child, Command};
use tokio::sync::broadcast;

use crate::books;
use crate::ear::{Ear, Word};
use crate::full_disk::Disk;
use crate::plan::{Death, Step};
use crate::proxy::{Point, Proxy};
use crate::workstation::{ACCOUNT, DRAWINGS, SOCKET};

/// What a step waits for comes within this, or the kill comes without it.
const LIMIT: Duration = Duration::from_secs(12);
/// A full disk is told within this.
const TOLD_LIMIT: Duration = Duration::from_secs(2);

/// An account that a workstation signs in with.
pub struct Account {
    pub username: String,
    pub password: String,
    /// Of IT: approves the workstation at its first sign-in.
    pub enrolment_code: String,
}

/// One workstation, over all its lives.
pub struct Station {
    pub name: String,
    /// Its profile's data as seen from here.
    pub profile: PathBuf,
    pub proxy: Proxy,
    pub disk: Option<Disk>,
    /// Everything that a screen has shown as done.
    pub shown: BTreeSet<(CallId, u32)>,
    /// How often each refusal was shown.
    pub refusals: BTreeMap<String, u64>,
    /// What the deaths were.
    pub deaths: BTreeMap<&'static str, u64>,
    /// Most verdicts that waited at a death while uploads were barred.
    pub backlog: u32,
    /// Lives in which uploads still are.
    barred: u32,
    ear: Ear,
    folder: PathBuf,
    drawings: PathBuf,
    account: Account,
    child: Option<Child>,
}

impl Station {
    pub fn new(
        folder: &Path,
        name: &str,
        drawings: &Path,
        account: Account,
        proxy: Proxy,
        disk: Option<Disk>,
    ) -> Self {
        let data = folder.join(name);
        std::fs::create_dir_all(&data).expect("folder");
        let seen = disk.as_ref().map_or_else(|| data.clone(), Disk::seen);
        Self {
            name: name.to_owned(),
            profile: seen.join("default"),
            proxy,
            disk,
            shown: BTreeSet::new(),
            refusals: BTreeMap::new(),
            deaths: BTreeMap::new(),
            backlog: 0,
            barred: 0,
            ear: Ear::open(&folder.join(format!("{name}.socket"))),
            folder: folder.to_owned(),
            drawings: drawings.to_owned(),
            account,
            child: None,
        }
    }

    /// Starts a life.
    pub fn start(&mut self) {
        assert!(self.child.is_none(), "the one before is dead");
        let this = std::env::current_exe().expect("this program");
        let mut command = match &self.disk {
            Some(disk) => disk.enter(this.as_os_str()),
            None => Command::new(&this),
        };
        let log = self.folder.join(format!("{}.log", self.name));
        let log = std::fs::File::options().create(true).append(true).open(log).expect("log");
        command
            .args(["--exact", "workstation_process", "--nocapture", "--test-threads=1"])
            .env(SOCKET, self.folder.join(format!("{}.socket", self.name)))
            .env(DRAWINGS, &self.drawings)
            .env(ACCOUNT, format!("{}:{}", self.account.username, self.account.password))
            .env("CHINHCHU_DATA", self.folder.join(&self.name))
            .env("CHINHCHU_SERVER", format!("http://127.0.0.1:{}", self.proxy.port))
            .env("CHINHCHU_ENROLMENT_CODE", &self.account.enrolment_code)
            .env_remove("CHINHCHU_PROFILE")
            .env_remove("CHINHCHU_CA")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("log"))
            .stderr(log)
            .kill_on_drop(true);
        self.child = Some(command.spawn().expect("starts"));
    }

    /// SIGKILL; gives whether it was still alive.
    pub async fn kill(&mut self) {
        let mut child = self.child.take().expect("alive");
        assert!(child.try_wait().expect("child").is_none(), "{} ended by itself: see its log", self.name);
        child.kill().await.expect("killed");
        self.listen();
    }

    /// One life to its end, and the start of the next.
    pub async fn live(&mut self, step: &Step) {
        let mut points = self.proxy.points();
        self.barred = self.barred.max(step.uploads_barred.unwrap_or(0));
        self.proxy.bar_uploads(self.barred > 0);
        let filled = self.disk.is_some() && step.disk_left.is_some();
        if let Death::InStart(after) = step.death {
            tokio::time::sleep(after).await;
            self.die("in_start").await;
        } else {
            self.until_death(step, &mut points, filled).await;
        }
        if self.barred > 0 {
            self.backlog = self.backlog.max(books::waiting(&self.profile).unwrap_or(0));
            self.barred -= 1;
        }
        if filled && step.freed_before_start {
            self.free();
        }
        tokio::time::sleep(step.dead_for).await;
        self.start();
        if filled && !step.freed_before_start {
            tokio::time::sleep(step.dead_for).await;
            self.free();
        }
    }

    async fn until_death(&mut self, step: &Step, points: &mut broadcast::Receiver<Point>, filled: bool) {
        if filled && self.word(LIMIT, |word| matches!(word, Word::Talking)).await {
            // Between the accept and the key: with a full disk no call would have come.
            if let (Some(disk), Some(left)) = (&self.disk, step.disk_left) {
                disk.fill(left);
            }
            self.word(TOLD_LIMIT, |word| matches!(word, Word::Refused { .. } | Word::Shown { .. })).await;
            let after = match step.death {
                Death::AfterKey(after)
                | Death::AfterShown(after)
                | Death::InUpload(after)
                | Death::AfterTaken(after)
                | Death::AfterAnswer(after)
                | Death::InStart(after) => after,
            };
            tokio::time::sleep(after).await;
            return self.die("disk_filled").await;
        }
        let key = self.word(LIMIT, |word| matches!(word, Word::Deciding { .. })).await;
        if !key {
            // No call came, or none that could be decided: that is a death as well.
            return self.die("without_key").await;
        }
        let needs_line = match step.death {
            Death::InUpload(_) | Death::AfterTaken(_) | Death::AfterAnswer(_) => true,
            Death::AfterKey(_) | Death::AfterShown(_) | Death::InStart(_) => false,
        };
        if let Some(away) = step.line_away {
            self.proxy.go_away(true);
            if needs_line {
                tokio::time::sleep(away).await;
                self.proxy.go_away(false);
            }
        }
        let name = self.moment(step.death, points).await;
        self.die(name).await;
        self.proxy.go_away(false);
    }

    /// Waits until the kill is due; gives what it is called.
    async fn moment(&mut self, death: Death, points: &mut broadcast::Receiver<Point>) -> &'static str {
        let death = match death {
            // Nothing is taken or answered while uploads are barred.
            Death::AfterTaken(after) | Death::AfterAnswer(after) if self.barred > 0 => {
                Death::AfterShown(after)
            }
            other => other,
        };
        let (name, after) = match death {
            Death::AfterKey(after) => ("after_key", after),
            Death::AfterShown(after) => {
                self.word(LIMIT, |word| matches!(word, Word::Shown { .. })).await;
                ("after_shown", after)
            }
            Death::InUpload(after) => {
                reached(points, Point::Begun).await;
                ("in_upload", after)
            }
            Death::AfterTaken(after) => {
                reached(points, Point::Taken).await;
                ("after_taken", after)
            }
            Death::AfterAnswer(after) => {
                reached(points, Point::Passed).await;
                ("after_answer", after)
            }
            Death::InStart(after) => ("in_start", after),
        };
        tokio::time::sleep(after).await;
        name
    }

    async fn die(&mut self, name: &'static str) {
        *self.deaths.entry(name).or_default() += 1;
        self.kill().await;
    }

    pub fn free(&self) {
        if let Some(disk) = &self.disk {
            disk.free();
        }
    }

    /// Takes down what was said until now.
    pub fn listen(&mut self) {
        while let Ok(word) = self.ear.words.try_recv() {
            self.note(&word);
        }
    }

    async fn word(&mut self, limit: Duration, is: impl Fn(&Word) -> bool) -> bool {
        let until = tokio::time::Instant::now() + limit;
        while let Ok(Some(word)) = tokio::time::timeout_at(until, self.ear.words.recv()).await {
            self.note(&word);
            if is(&word) {
                return true;
            }
        }
        false
    }

    fn note(&mut self, word: &Word) {
        match word {
            Word::Shown { call_id, assignment } => {
                self.shown.insert((*call_id, *assignment));
            }
            Word::Refused { code } => *self.refusals.entry(code.clone()).or_default() += 1,
            Word::Talking
            | Word::Deciding { .. }
            | Word::Get { .. }
            | Word::Set { .. }
            | Word::Delete { .. } => {}
        }
    }
}

/// Waits until an upload is there; not for ever.
pub async fn reached(points: &mut broadcast::Receiver<Point>, wanted: Point) {
    let reached = async {
        loop {
            match points.recv().await {
                Ok(point) if point == wanted => return,
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    };
    // Not every point is met in time: then it is a death like any other.
    let _ = tokio::time::timeout(LIMIT, reached).await;
}
