//! Replay: whether a log, decided again, comes to the same facts.
//!
//! Each record is decided on the state that the records before it fold to, by the version of the rules that
//! the log says was in force. Which version a process adopted when it started was its build's, not a decision:
//! it is read from the log.

use chinhchu_protocol::time::Timestamp;

use crate::Switchboard;
use crate::fact::{Event, Fact};
use crate::input::Input;
use crate::refusal::Refusal;

/// A record of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Logged {
    /// Its number.
    pub seq: u64,
    /// The time that was given to [`Switchboard::decide`].
    pub at: Timestamp,
    /// The input.
    pub input: Input,
    /// What it came to.
    pub facts: Vec<Fact>,
}

/// A record that is decided otherwise now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Number of the record.
    pub seq: u64,
    /// Version of the rules by which it was decided.
    pub rules: u32,
    /// Its facts.
    pub expected: Vec<Fact>,
    /// What it comes to now.
    pub got: Result<Vec<Fact>, Refusal>,
}

/// A replay under way; records are given in order, from the first one.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    board: Switchboard,
}

impl Replay {
    /// Decides a record again, and goes on from the facts that the log has, whether they are the same or not.
    /// Gives back the facts decided now, so that their bytes can be compared with the stored ones.
    pub fn step(&mut self, record: &Logged) -> Result<Vec<Fact>, Box<Difference>> {
        let adopted = record.facts.iter().find_map(adopted);
        let rules = self.board.rules();
        let got = self.board.decide_adopting(record.at, &record.input, adopted.unwrap_or(rules));
        for fact in &record.facts {
            self.board.apply(fact);
        }
        match got {
            Ok(facts) if facts == record.facts => Ok(facts),
            got => {
                let expected = record.facts.clone();
                Err(Box::new(Difference { seq: record.seq, rules: adopted.unwrap_or(rules), expected, got }))
            }
        }
    }

    /// The state that the records so far fold to.
    pub fn switchboard(&self) -> &Switchboard {
        &self.board
    }
}

fn adopted(fact: &Fact) -> Option<u32> {
    if let Event::RulesAdopted { version } = &fact.event { Some(*version) } else { None }
}

/// The first record of a whole log that is decided otherwise now.
pub fn replay(records: impl IntoIterator<Item = Logged>) -> Option<Difference> {
    let mut replay = Replay::default();
    records.into_iter().find_map(|record| replay.step(&record).err()).map(|difference| *difference)
}
