//! What happened lately, to be read after a failure.

use std::collections::VecDeque;
use std::fmt::Write as _;

use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{Event, Fact, Input, Refusal};

use crate::names::readable;
use crate::rule::Broken;

/// How many inputs are kept: about an hour of a busy day.
const KEPT: usize = 60_000;
/// How many lines of one call or agent are told.
const TOLD: usize = 40;

/// The last inputs and their answers.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    entries: VecDeque<(Timestamp, Input, Result<Vec<Fact>, Refusal>)>,
}

impl Trace {
    /// Takes a step down.
    pub fn note(&mut self, at: Timestamp, input: &Input, answer: &Result<Vec<Fact>, Refusal>) {
        if self.entries.len() >= KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back((at, input.clone(), answer.clone()));
    }

    /// The last inputs and facts about the call and the agent concerned, newest last.
    pub fn about(&self, broken: &Broken) -> String {
        let call = broken.call.map(|id| id.to_string());
        let agent = broken.agent.map(|id| id.to_string());
        let wanted = |text: &str| {
            let named = [&call, &agent].into_iter().flatten();
            named.clone().next().is_none() || named.into_iter().any(|id| text.contains(id.as_str()))
        };
        let mut lines: Vec<String> = Vec::new();
        'all: for (at, input, answer) in self.entries.iter().rev() {
            for line in lines_of(*at, input, answer).into_iter().rev() {
                if wanted(&line) || matches!(input, Input::Outage { .. } | Input::Started) {
                    lines.push(line);
                }
                if lines.len() >= TOLD {
                    break 'all;
                }
            }
        }
        let mut told = String::new();
        for line in lines.iter().rev() {
            let _ = writeln!(told, "  {}", readable(line));
        }
        told
    }
}

fn lines_of(at: Timestamp, input: &Input, answer: &Result<Vec<Fact>, Refusal>) -> Vec<String> {
    let head = format!("{at} {input:?}");
    match answer {
        Err(refusal) => vec![format!("{head} -> refused: {refusal}")],
        Ok(facts) => {
            let facts = facts.iter().map(|fact| format!("        => {:?}", short(&fact.event)));
            std::iter::once(head).chain(facts).collect()
        }
    }
}

/// Without the long list of who else was looked at.
fn short(event: &Event) -> Event {
    let mut event = event.clone();
    if let Event::Offered { considered, .. } = &mut event {
        considered.clear();
    }
    event
}
