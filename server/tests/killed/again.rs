//! The log decided again, by the rules that were in force: the same facts, to the byte (I6). However often the
//! server was killed, nothing but the log made it decide.

use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::replay::{Logged, Replay};
use rusqlite::Connection;

/// Every record that is decided otherwise.
pub fn decided(store: &Connection) -> Vec<String> {
    let mut faults = Vec::new();
    let mut replay = Replay::default();
    let mut statement =
        store.prepare("SELECT seq, at_ms, input, facts FROM log ORDER BY seq").expect("statement");
    let mut rows = statement.query([]).expect("log");
    while let Some(row) = rows.next().expect("row") {
        let (seq, at): (i64, i64) = (row.get(0).expect("seq"), row.get(1).expect("at"));
        let [input, facts]: [Vec<u8>; 2] = [2, 3].map(|n| row.get(n).expect("bytes"));
        let (Ok(input), Ok(told)) = (serde_json::from_slice(&input), serde_json::from_slice(&facts)) else {
            faults.push(format!("replay: record {seq} cannot be read"));
            continue;
        };
        let record = Logged { seq: seq.cast_unsigned(), at: Timestamp::from_ms(at), input, facts: told };
        match replay.step(&record) {
            Ok(again) if serde_json::to_vec(&again).expect("json") == facts => {}
            Ok(_) => faults.push(format!("replay: record {seq} comes to other bytes")),
            Err(difference) => {
                faults.push(format!("replay: record {seq} is decided otherwise: {:?}", difference.got));
            }
        }
    }
    faults
}
