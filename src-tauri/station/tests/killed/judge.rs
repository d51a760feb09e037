//! Whether what is found is right. Pure; every function gives what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use crate::books::{Books, Held, Key, Logged, ServerBook, StationBook};
use crate::receipts::Acknowledged;

/// Of every record.
const PARTS: [&str; 5] = ["entry", "envelope", "leaves", "screenshot", "live_frame"];
/// Of every verdict on the server.
const PICTURES: [&str; 2] = ["live_frame", "screenshot"];

/// All of it.
pub fn faults(books: &Books) -> Vec<String> {
    let mut faults = Vec::new();
    // First the causes.
    for station in &books.stations {
        let refused = station.refused.iter().take(3);
        faults.extend(refused.map(|why| format!("{}: an upload was refused: {why}", station.name)));
    }
    for station in &books.stations {
        faults.extend(arrived(station, &books.server));
        faults.extend(receipts(station, &books.server));
        faults.extend(chain(station, &books.server));
        faults.extend(disk(station));
    }
    faults.extend(nothing_more(books));
    faults.extend(pictures(&books.server));
    faults.extend(objects(&books.server));
    if books.server.conflicts > 0 {
        faults.push(format!("server: {} numbers were used twice", books.server.conflicts));
    }
    faults.extend(books.server.missing.iter().map(|what| format!("server: it says that {what} is missing")));
    faults.extend(books.server.errors.iter().take(5).map(|line| format!("server: {line}")));
    faults
}

/// A run in which hardly anything was given proves nothing.
pub fn too_little(books: &Books, kills: u32) -> Option<String> {
    let shown: usize = books.stations.iter().map(|station| station.shown.len()).sum();
    let least = usize::try_from(kills / 5).expect("small").max(1);
    (shown < least).then(|| format!("only {shown} verdicts were shown as done in {kills} kills"))
}

/// What was shown as done is on the server, once, as it was sealed.
fn arrived(station: &StationBook, server: &ServerBook) -> Vec<String> {
    let name = &station.name;
    let mut faults = Vec::new();
    for (call, n) in &station.shown {
        if !station.records.iter().any(|record| record.key == (*call, *n)) {
            faults.push(format!("{name}: {call}/{n} was shown as done and is not on its disk"));
        }
        let held = server.held.iter().filter(|held| held.key == (*call, *n)).count();
        if held != 1 {
            faults.push(format!("{name}: {call}/{n} was shown as done; the server has it {held} times"));
        }
    }
    for record in &station.records {
        let (call, n) = record.key;
        if record.state != "delivered" {
            faults.push(format!("{name}: {call}/{n} stays {}", record.state));
        }
        let hashes: Vec<&str> = server
            .held
            .iter()
            .filter(|held| held.key == record.key)
            .map(|held| held.manifest_sha256.as_str())
            .collect();
        if hashes != [record.manifest_sha256.as_str()] {
            faults.push(format!("{name}: {call}/{n} is sealed here and not, or not so, on the server"));
        }
    }
    faults
}

/// Nothing is settled but by the server's own receipt for it; and what the server has signed for stays in its log, also
/// where a workstation would bring it once more.
fn receipts(station: &StationBook, server: &ServerBook) -> Vec<String> {
    let name = &station.name;
    let settled = station.records.iter().filter(|record| record.state == "delivered");
    let unproven = settled.filter(|record| !station.receipts.contains(&record.manifest_sha256));
    let mut faults: Vec<String> = unproven
        .map(|record| format!("{name}: {}/{} was settled without its receipt", record.key.0, record.key.1))
        .collect();
    for given in &station.acknowledged {
        let Acknowledged { key: (call, n), log_seq, log_hash, .. } = given;
        let stands = |logged: &Logged| logged.hash == *log_hash && logged.taken.contains(&(*call, *n));
        if !server.log.get(log_seq).is_some_and(stands) {
            faults.push(format!("server: it acknowledged {call}/{n} at {log_seq} before it had it"));
        }
    }
    faults
}

/// Counters 1..n without gaps on the disk and on the server, each manifest naming the one before.
fn chain(station: &StationBook, server: &ServerBook) -> Vec<String> {
    let name = &station.name;
    let mut faults = Vec::new();
    let counters: Vec<u32> = station.records.iter().map(|record| record.counter).collect();
    let last = station.records.last().map(|record| record.manifest_sha256.clone());
    let count = u32::try_from(counters.len()).expect("small");
    if counters != (1..=count).collect::<Vec<_>>() || station.chains != [(count, last)] {
        faults.push(format!("{name}: its records are {counters:?}, its chains are at {:?}", station.chains));
    }
    let mut held: Vec<&Held> =
        server.held.iter().filter(|held| held.workstation_id == station.workstation_id).collect();
    held.sort_by_key(|held| held.counter);
    let mut before = None;
    for (expected, held) in (1..).zip(held) {
        if held.counter != expected {
            faults.push(format!("{name}: the server has counter {} where {expected} is due", held.counter));
            break;
        }
        if held.previous_sha256 != before {
            faults.push(format!("{name}: manifest {expected} does not name the one before"));
        }
        before = Some(held.manifest_sha256.clone());
    }
    faults
}

/// No half of a record, no stray file, nothing readable.
fn disk(station: &StationBook) -> Vec<String> {
    let name = &station.name;
    let mut faults = Vec::new();
    if station.orphan_parts > 0 {
        faults.push(format!("{name}: {} parts belong to no record", station.orphan_parts));
    }
    for record in &station.records {
        let missing: Vec<&&str> = PARTS.iter().filter(|part| !record.parts.contains(**part)).collect();
        if !missing.is_empty() {
            faults.push(format!("{name}: record {} has no {missing:?}", record.counter));
        }
    }
    faults.extend(station.stray_files.iter().map(|file| format!("{name}: {file} was left behind")));
    faults.extend(station.readable.iter().map(|file| format!("{name}: {file} can be read (I9)")));
    faults
}

/// The server has nothing that no workstation sealed, and its log says of each that it was taken once.
fn nothing_more(books: &Books) -> Vec<String> {
    let sealed: BTreeSet<Key> =
        books.stations.iter().flat_map(|station| station.records.iter().map(|record| record.key)).collect();
    let mut taken: BTreeMap<Key, u32> = BTreeMap::new();
    for key in books.server.log.values().flat_map(|logged| &logged.taken) {
        *taken.entry(*key).or_default() += 1;
    }
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for (call, n) in books.server.held.iter().map(|held| held.key) {
        if !sealed.contains(&(call, n)) {
            faults.push(format!("server: {call}/{n} was sealed nowhere"));
        }
        if !seen.insert((call, n)) {
            faults.push(format!("server: {call}/{n} is there twice"));
        }
        match taken.get(&(call, n)) {
            Some(1) => {}
            found => faults.push(format!("server: the log took {call}/{n} {} times", found.unwrap_or(&0))),
        }
    }
    for (call, n) in taken.keys().filter(|key| !seen.contains(*key)) {
        faults.push(format!("server: the log took {call}/{n}, and it is not there"));
    }
    faults
}

/// Every verdict has its pictures, byte for byte, and no picture is without one.
fn pictures(server: &ServerBook) -> Vec<String> {
    let mut faults = Vec::new();
    let mut rows: BTreeMap<Key, Vec<&str>> = BTreeMap::new();
    for (key, kind, _) in &server.pictures {
        rows.entry(*key).or_default().push(kind);
    }
    for held in &server.held {
        let (call, n) = held.key;
        let mut kinds = rows.remove(&held.key).unwrap_or_default();
        kinds.sort_unstable();
        if kinds != PICTURES {
            faults.push(format!("server: {call}/{n} has the pictures {kinds:?}"));
        }
        for (kind, given) in &held.given {
            if held.named.get(kind) != Some(given) {
                faults.push(format!("server: {kind} of {call}/{n} is not what its manifest names"));
            }
        }
    }
    faults.extend(rows.keys().map(|(call, n)| format!("server: pictures of {call}/{n} have no verdict")));
    faults
}

/// No row without its file, no file without its row, nothing half written, no piece left over.
fn objects(server: &ServerBook) -> Vec<String> {
    let mut faults = Vec::new();
    let lost = server.named.difference(&server.files);
    faults.extend(lost.map(|id| format!("server: picture {id} has a row and no file")));
    let swept = server.named.intersection(&server.pending);
    faults.extend(swept.map(|id| format!("server: picture {id} is named and would be swept")));
    let unknown =
        server.files.iter().filter(|id| !server.named.contains(*id) && !server.pending.contains(*id));
    faults.extend(unknown.map(|id| format!("server: file {id} has no row and would lie for ever")));
    faults.extend(server.half_written.iter().map(|name| format!("server: {name} was left half written")));
    for (table, rows) in server.chunks.iter().filter(|(_, rows)| **rows > 0) {
        faults.push(format!("server: {rows} pieces of finished uploads lie in {table}"));
    }
    faults
}
