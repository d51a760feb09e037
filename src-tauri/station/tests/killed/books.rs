//! What is found at the end: the workstations' outbox files, the server's store and pictures' folder, and what
//! its interface answers. Read without the code of either program.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use chinhchu_protocol::ids::CallId;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::dealer::{CUSTOMER, ID_NUMBER};
use crate::edge::MARK;
use crate::receipts::Acknowledged;
use crate::workstation::NOTE;

/// Which verdict.
pub type Key = (CallId, u32);

/// Everything.
#[derive(Clone, Default)]
pub struct Books {
    pub stations: Vec<StationBook>,
    pub server: ServerBook,
}

/// One workstation's disk, and what its screens have shown.
#[derive(Clone, Default)]
pub struct StationBook {
    pub name: String,
    pub workstation_id: String,
    pub shown: BTreeSet<Key>,
    pub records: Vec<Record>,
    /// Newest counter and hash of every chain: one to a signing key.
    pub chains: Vec<(u32, Option<String>)>,
    /// Parts that belong to no record.
    pub orphan_parts: u32,
    /// Files that do not belong to the profile.
    pub stray_files: Vec<String>,
    /// What the server found wrong with its uploads.
    pub refused: Vec<String>,
    /// What the server has acknowledged to it, as it came by on its line.
    pub acknowledged: BTreeSet<Acknowledged>,
    /// Manifests whose receipt it was handed as the server gave it.
    pub receipts: BTreeSet<String>,
    /// Files in which something of the customer or the pictures can be read.
    pub readable: BTreeSet<String>,
}

/// A record of an outbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    pub counter: u32,
    pub key: Key,
    pub manifest_sha256: String,
    pub state: String,
    /// Kinds of its parts.
    pub parts: BTreeSet<String>,
}

/// What the server has.
#[derive(Clone, Default)]
pub struct ServerBook {
    pub held: Vec<Held>,
    /// Every record of its log.
    pub log: BTreeMap<u64, Logged>,
    /// Rows of evidence pictures: of which verdict, which kind, which object.
    pub pictures: Vec<(Key, String, String)>,
    /// All objects that some row names.
    pub named: BTreeSet<String>,
    /// Objects on their way.
    pub pending: BTreeSet<String>,
    /// Files in the pictures' folder.
    pub files: BTreeSet<String>,
    /// Files left half written.
    pub half_written: Vec<String>,
    /// Left-over pieces of uploads, by table.
    pub chunks: BTreeMap<String, u64>,
    /// Manifests whose number was used before.
    pub conflicts: u64,
    /// What the server itself says is missing.
    pub missing: Vec<String>,
    /// What it should never have to say.
    pub errors: Vec<String>,
}

/// A record of the server's log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Logged {
    pub hash: String,
    /// Evidence that was taken there.
    pub taken: Vec<Key>,
}

/// One piece of evidence, as the server gives it out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    pub key: Key,
    pub workstation_id: String,
    pub counter: u32,
    pub previous_sha256: Option<String>,
    /// Of the receipt.
    pub manifest_sha256: String,
    /// By kind: the hash that the manifest names.
    pub named: BTreeMap<String, String>,
    /// By kind: the hash of what the server gives out, where it gives out this assignment's.
    pub given: BTreeMap<String, String>,
}

/// Reads a workstation's disk; nobody works on it.
pub fn station(name: &str, profile: &Path, shown: &BTreeSet<Key>) -> StationBook {
    let mut book = StationBook { name: name.to_owned(), shown: shown.clone(), ..StationBook::default() };
    let id = std::fs::read_to_string(profile.join("workstation-id")).expect("workstation-id");
    id.trim().clone_into(&mut book.workstation_id);
    look_through(profile, &mut book);
    let copy = copy_of(profile).expect("an outbox");
    let store = open(&copy.path().join("outbox.sqlite"));
    let sql = "SELECT counter, call_id, assignment, manifest_sha256, state FROM verdicts ORDER BY counter";
    let mut statement = store.prepare(sql).expect("verdicts");
    let records = statement.query_map([], |row| {
        let call: String = row.get(1)?;
        Ok(Record {
            counter: row.get(0)?,
            key: (call.parse().expect("call"), row.get(2)?),
            manifest_sha256: row.get(3)?,
            state: row.get(4)?,
            parts: BTreeSet::new(),
        })
    });
    book.records = records.expect("rows").map(|row| row.expect("row")).collect();
    let sql = "SELECT counter, parts.kind FROM parts LEFT JOIN verdicts ON verdicts.id = parts.verdict";
    let mut statement = store.prepare(sql).expect("parts");
    let parts = statement.query_map([], |row| Ok((row.get::<_, Option<u32>>(0)?, row.get::<_, String>(1)?)));
    for part in parts.expect("rows") {
        let (counter, kind) = part.expect("row");
        match book.records.iter_mut().find(|record| Some(record.counter) == counter) {
            Some(record) => {
                record.parts.insert(kind);
            }
            None => book.orphan_parts += 1,
        }
    }
    let mut statement = store.prepare("SELECT counter, manifest_sha256 FROM chains").expect("chains");
    let chains = statement.query_map([], |row| Ok((row.get::<_, Option<u32>>(0)?.unwrap_or(0), row.get(1)?)));
    book.chains = chains.expect("rows").map(|row| row.expect("row")).collect();
    book
}

/// How many records of an outbox wait; also while a workstation works on it.
pub fn waiting(profile: &Path) -> Option<u32> {
    let sql = "SELECT count(*) FROM verdicts WHERE state != 'delivered'";
    let copy = copy_of(profile).ok()?;
    let store = Connection::open(copy.path().join("outbox.sqlite")).ok()?;
    // A copy taken in the middle of a change may be torn: it is asked again.
    store.query_row(sql, [], |row| row.get(0)).ok()
}

/// The outbox file and its log elsewhere: SQLite does not find its way into another's mounts, and writes beside
/// what it reads.
fn copy_of(profile: &Path) -> std::io::Result<tempfile::TempDir> {
    let copy = tempfile::tempdir()?;
    std::fs::copy(profile.join("outbox.sqlite"), copy.path().join("outbox.sqlite"))?;
    let log = "outbox.sqlite-wal";
    if profile.join(log).exists() {
        std::fs::copy(profile.join(log), copy.path().join(log))?;
    }
    Ok(copy)
}

/// Strays, and what can be read in any file (I9).
fn look_through(profile: &Path, book: &mut StationBook) {
    const OURS: [&str; 3] = ["workstation-id", "outbox.sqlite", "outbox.sqlite-wal"];
    let needles = [MARK, CUSTOMER, ID_NUMBER, NOTE].map(str::as_bytes);
    for entry in std::fs::read_dir(profile).expect("profile") {
        let path = entry.expect("entry").path();
        let name = path.file_name().expect("name").to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap_or_default();
        if needles.iter().any(|needle| memchr(&bytes, needle)) {
            book.readable.insert(name.clone());
        }
        if !OURS.contains(&name.as_str()) {
            book.stray_files.push(name);
        }
    }
}

fn memchr(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

fn open(path: &Path) -> Connection {
    let store = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("store");
    store.busy_timeout(Duration::from_secs(10)).expect("patience");
    store
}

fn call_of(bytes: [u8; 16]) -> CallId {
    CallId(Uuid::from_bytes(bytes))
}

/// Reads the server's store and folder.
pub fn server(folder: &Path, stderr: &Path) -> ServerBook {
    let store = open(&folder.join("chinhchu.db"));
    let mut book = ServerBook::default();
    let sql = "SELECT call_id, assignment, kind, object_id FROM pictures WHERE assignment > 0";
    let mut statement = store.prepare(sql).expect("pictures");
    let rows = statement.query_map([], |row| {
        let object: [u8; 16] = row.get(3)?;
        Ok(((call_of(row.get(0)?), row.get(1)?), row.get(2)?, Uuid::from_bytes(object).to_string()))
    });
    book.pictures = rows.expect("rows").map(|row| row.expect("row")).collect();
    let objects = |sql: &str| -> BTreeSet<String> {
        let mut statement = store.prepare(sql).expect("objects");
        let rows = statement.query_map([], |row| row.get::<_, [u8; 16]>(0)).expect("rows");
        rows.map(|row| Uuid::from_bytes(row.expect("row")).to_string()).collect()
    };
    book.named = objects(
        "SELECT object_id FROM pictures UNION ALL
         SELECT display_object_id FROM pictures WHERE display_object_id IS NOT NULL UNION ALL
         SELECT object_id FROM evidence_chunks",
    );
    book.pending = objects("SELECT object_id FROM pending_objects");
    for shard in std::fs::read_dir(folder.join("evidence")).expect("evidence") {
        let shard = shard.expect("entry").path();
        let names = std::fs::read_dir(&shard).expect("shard");
        let names = names.map(|file| file.expect("entry").file_name().to_string_lossy().into_owned());
        if shard.ends_with("tmp") { book.half_written.extend(names) } else { book.files.extend(names) }
    }
    book.chunks = chunks(&store);
    let conflicts = store.query_row("SELECT count(*) FROM counter_conflicts", [], |row| row.get::<_, i64>(0));
    book.conflicts = conflicts.expect("count").cast_unsigned();
    book.log = log(&store);
    let log = std::fs::read_to_string(stderr).unwrap_or_default();
    let bad = log.lines().filter(|line| line.contains("\"ERROR\"") || line.contains("panic"));
    book.errors = bad.map(str::to_owned).collect();
    book
}

/// Rows of all tables for pieces of uploads.
fn chunks(store: &Connection) -> BTreeMap<String, u64> {
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%chunk%'";
    let mut statement = store.prepare(sql).expect("tables");
    let names = statement.query_map([], |row| row.get::<_, String>(0)).expect("rows");
    let names: Vec<String> = names.map(|name| name.expect("row")).collect();
    let count = |name: String| {
        let rows: i64 = store
            .query_row(&format!("SELECT count(*) FROM \"{name}\""), [], |row| row.get(0))
            .expect("count");
        (name, rows.cast_unsigned())
    };
    names.into_iter().map(count).collect()
}

/// What every receipt names as its place, and what the log says of evidence there.
fn log(store: &Connection) -> BTreeMap<u64, Logged> {
    let mut statement = store.prepare("SELECT seq, hash, facts FROM log").expect("log");
    let rows = statement.query_map([], |row| {
        let (seq, hash): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        Ok((seq.cast_unsigned(), hex(&hash), row.get::<_, Vec<u8>>(2)?))
    });
    let rows = rows.expect("rows").map(|row| row.expect("row"));
    rows.map(|(seq, hash, facts)| (seq, Logged { hash, taken: taken(&facts) })).collect()
}

fn taken(facts: &[u8]) -> Vec<Key> {
    let facts: Vec<Value> = serde_json::from_slice(facts).expect("facts");
    let taken = facts.iter().filter(|fact| fact["event"] == "evidence_taken");
    let key = |fact: &Value| {
        let call = fact["call"].as_str().expect("call").parse().expect("call");
        (call, u32::try_from(fact["assignment"].as_u64().expect("assignment")).expect("small"))
    };
    taken.map(key).collect()
}

/// Asks the server for what it holds of these calls.
pub async fn held(http: &reqwest::Client, base: &str, credential: &str, calls: &[CallId]) -> Vec<Held> {
    let mut all = Vec::new();
    for call in calls {
        let get = async |path: String| {
            let answer =
                http.get(format!("{base}/v1/calls/{call}/{path}")).bearer_auth(credential).send().await;
            answer.expect("the server answers")
        };
        let answers: Vec<Value> = get("evidence".to_owned()).await.json().await.expect("held");
        let newest = answers.len();
        for (n, answer) in answers.iter().enumerate() {
            let mut one = of_answer(*call, answer);
            // A picture of a kind is given out once a call: that of the newest assignment.
            if n + 1 == newest {
                for kind in one.named.keys() {
                    let picture = get(format!("images/{kind}")).await.bytes().await.expect("picture");
                    one.given.insert(kind.clone(), sha256(&picture));
                }
            }
            all.push(one);
        }
    }
    all
}

fn of_answer(call: CallId, answer: &Value) -> Held {
    let (manifest, receipt) = (&answer["manifest"], &answer["receipt"]);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let number = |value: &Value| u32::try_from(value.as_u64().expect("number")).expect("small");
    let pictures = manifest["pictures"].as_array().expect("pictures");
    let named =
        pictures.iter().filter_map(|picture| Some((text(&picture["kind"])?, text(&picture["sha256"])?)));
    Held {
        key: (call, number(&receipt["assignment"])),
        workstation_id: text(&manifest["workstation_id"]).expect("workstation"),
        counter: number(&manifest["counter"]),
        previous_sha256: text(&manifest["previous_sha256"]),
        manifest_sha256: text(&receipt["manifest_sha256"]).expect("hash"),
        named: named.collect(),
        given: BTreeMap::new(),
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
