//! What the log says about one call: the facts of `explain CALL --json`, in order.

use anyhow::{Context as _, Result, ensure};
use chinhchu_protocol::time::Timestamp;
use serde_json::Value;

use crate::clock;

/// The facts.
pub struct Explained(pub Vec<Value>);

impl Explained {
    /// Every fact of a kind, in order.
    pub fn all(&self, event: &str) -> Vec<&Value> {
        self.0.iter().filter(|fact| fact["event"] == event).collect()
    }

    /// The newest fact of a kind.
    pub fn last(&self, event: &str) -> Result<&Value> {
        self.all(event).pop().with_context(|| format!("the log has no {event}: {}", self.outline()))
    }

    /// The only fact of a kind.
    pub fn only(&self, event: &str) -> Result<&Value> {
        let all = self.all(event);
        ensure!(all.len() == 1, "the log should have one {event}: {}", self.outline());
        Ok(all[0])
    }

    /// There is no fact of this kind.
    pub fn never(&self, event: &str) -> Result<()> {
        ensure!(self.all(event).is_empty(), "the log should have no {event}: {}", self.outline());
        Ok(())
    }

    /// How many assignments the call had, and to which agents, in order.
    pub fn served_by(&self) -> Vec<String> {
        let agent = |fact: &Value| fact["agent"].as_str().unwrap_or_default().to_owned();
        self.all("call_accepted").into_iter().map(agent).collect()
    }

    /// One line, for messages.
    pub fn outline(&self) -> String {
        let line = |fact: &Value| {
            let at = fact["at"].as_str().and_then(|at| at.get(11..23)).unwrap_or("");
            let mut words = vec![at, fact["event"].as_str().unwrap_or("?")];
            words.extend(
                ["side", "outcome", "reason", "standing"].iter().filter_map(|name| fact[name].as_str()),
            );
            words.join(" ")
        };
        self.0.iter().map(line).collect::<Vec<_>>().join(" · ")
    }
}

/// A cut of a path that took a while to make: the path was whole before, and gone after it.
pub struct Cut {
    before: Timestamp,
    after: Timestamp,
}

impl Cut {
    /// Cuts, and reads the clock on both sides of it.
    pub fn by(cut: impl FnOnce() -> Result<()>) -> Result<Self> {
        let before = clock::now();
        cut()?;
        Ok(Self { before, after: clock::now() })
    }

    /// What was judged to be the last sign fits: at most a second before the cut, and not after it, save for
    /// the way of the message that told its age.
    pub fn ensure_last_heard(&self, heard: Timestamp) -> Result<()> {
        let Self { before, after } = self;
        let fits = heard.ms_since(*before) > -1_000 && heard.ms_since(*after) < 500;
        ensure!(fits, "the last packet was heard at {heard}, cut between {before} and {after}");
        Ok(())
    }
}

/// When a fact became so.
pub fn at(fact: &Value) -> Result<Timestamp> {
    time(fact, "at")
}

/// A time that a fact carries.
pub fn time(fact: &Value, field: &str) -> Result<Timestamp> {
    let text = fact[field].as_str().with_context(|| format!("no time {field}: {fact}"))?;
    Ok(text.parse()?)
}
