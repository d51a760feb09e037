//! Counts the figures of docs/reports.md a second time: from the bytes of the log, call by call with the whole of
//! its story in hand, sharing nothing with the program's own counting.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use serde_json::Value;

/// Figures by their names in the report.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    pub counts: BTreeMap<&'static str, i64>,
    pub reasons: BTreeMap<String, i64>,
    pub waits: Vec<i64>,
    pub handles: Vec<i64>,
    pub within: i64,
    pub abandoned_within: i64,
    pub evidence: (i64, i64),
}

impl Counted {
    fn plus(&mut self, name: &'static str, count: usize) {
        *self.counts.entry(name).or_default() += i64::try_from(count).expect("small");
    }

    pub fn count(&self, name: &str) -> i64 {
        self.counts.get(name).copied().unwrap_or(0)
    }
}

/// One call's story.
#[derive(Default)]
pub struct Story {
    pub id: String,
    pub home: String,
    pub serving: String,
    pub created: i64,
    events: Vec<Value>,
    wrapped_ms: i64,
}

/// The whole log, told by calls.
#[derive(Default)]
pub struct Book {
    pub stories: BTreeMap<String, Story>,
    /// Agent → company and partner.
    agents: BTreeMap<String, (String, String)>,
    /// Agent, from, to.
    sign_ins: Vec<(String, i64, i64)>,
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

fn at(value: &Value) -> i64 {
    let moment: jiff::Timestamp = text(value, "at").parse().expect("a time");
    moment.as_millisecond()
}

impl Book {
    pub fn read(connection: &Connection) -> Self {
        let mut statement = connection.prepare("SELECT facts FROM log ORDER BY seq").expect("log");
        let records: Vec<Vec<u8>> =
            statement.query_map([], |row| row.get(0)).expect("rows").map(|row| row.expect("row")).collect();
        let facts: Vec<Value> = records
            .iter()
            .flat_map(|bytes| serde_json::from_slice::<Vec<Value>>(bytes).expect("facts"))
            .collect();
        let mut book = Self::default();
        book.tell(&facts);
        book.wrap_up(&facts);
        book.duty(&facts);
        book
    }

    fn tell(&mut self, facts: &[Value]) {
        let mut serving: BTreeMap<String, String> = BTreeMap::new();
        for fact in facts {
            match text(fact, "event") {
                "agent_set" => {
                    let of = (text(fact, "company").to_owned(), text(fact, "partner").to_owned());
                    self.agents.insert(text(fact, "agent").to_owned(), of);
                }
                "serving_set" => {
                    let (home, by) = (text(fact, "home").to_owned(), text(fact, "serving").to_owned());
                    for story in
                        self.stories.values_mut().filter(|story| story.home == home && story.in_line())
                    {
                        story.serving.clone_from(&by);
                    }
                    serving.insert(home, by);
                }
                "call_taken_in" => {
                    let (id, home) = (text(fact, "call").to_owned(), text(fact, "company").to_owned());
                    let by = serving.get(&home).unwrap_or(&home).clone();
                    let story =
                        Story { id: id.clone(), home, serving: by, created: at(fact), ..Story::default() };
                    self.stories.insert(id, story);
                }
                _ => {
                    let Some(story) = self.stories.get_mut(text(fact, "call")) else { continue };
                    if let Some(by) = fact["serving"].as_str() {
                        by.clone_into(&mut story.serving);
                    }
                    story.events.push(fact.clone());
                }
            }
        }
    }

    /// From the start of a wrap-up to the next thing the agent does.
    fn wrap_up(&mut self, facts: &[Value]) {
        let ends = [
            "agent_available",
            "agent_paused",
            "agent_signed_in",
            "agent_signed_out",
            "offered",
            "call_accepted",
            "wrap_up_started",
        ];
        let mut open: BTreeMap<&str, (&str, i64)> = BTreeMap::new();
        for fact in facts {
            let (event, agent) = (text(fact, "event"), text(fact, "agent"));
            let nothing_to_do = event == "wrap_up_started" && fact["open"] == true;
            if !ends.contains(&event) || nothing_to_do {
                continue;
            }
            if let Some((call, since)) = open.remove(agent) {
                let story = self.stories.get_mut(call).expect("its call");
                story.wrapped_ms += at(fact) - since;
                story.events.push(serde_json::json!({ "event": "wrapped_up" }));
            }
            if event == "wrap_up_started" {
                open.insert(agent, (text(fact, "call"), at(fact)));
            }
        }
    }

    /// Until the workstation was last there, and for 14 hours at most.
    fn duty(&mut self, facts: &[Value]) {
        struct Open<'f> {
            agent: &'f str,
            from: i64,
            away: Option<i64>,
        }
        let moment = |text: &Value| -> i64 {
            let moment: jiff::Timestamp = text.as_str().expect("a time").parse().expect("a time");
            moment.as_millisecond()
        };
        let mut open: BTreeMap<&str, Open<'_>> = BTreeMap::new();
        let mut stopped = None;
        let mut done = Vec::new();
        let mut end = |one: Open<'_>, until: i64| {
            let until = until.min(one.away.unwrap_or(until)).min(one.from + 14 * 3_600_000);
            done.push((one.agent.to_owned(), one.from, until.max(one.from)));
        };
        for fact in facts {
            let (agent, session) = (text(fact, "agent"), text(fact, "session"));
            match text(fact, "event") {
                "agent_signed_in" => {
                    if let Some(old) = fact["replaced"].as_str().and_then(|old| open.remove(old)) {
                        end(old, at(fact));
                    }
                    open.insert(session, Open { agent, from: at(fact), away: Some(at(fact)) });
                }
                "agent_signed_out" => {
                    if let Some(one) = open.remove(session) {
                        end(one, at(fact));
                    }
                }
                "agent_connected" | "agent_disconnected" => {
                    if let Some(one) = open.get_mut(session) {
                        let is_away = text(fact, "event") == "agent_disconnected";
                        one.away = is_away.then(|| at(fact));
                    }
                }
                "outage" => stopped = Some((moment(&fact["from"]), moment(&fact["to"]))),
                "restarted" => {
                    let since = stopped.filter(|(_, to)| (0..=60_000).contains(&(at(fact) - to)));
                    let since = since.map_or(at(fact), |(from, _)| from);
                    for one in open.values_mut() {
                        one.away.get_or_insert(since);
                    }
                }
                _ => {}
            }
        }
        for one in open.into_values() {
            end(one, i64::MAX);
        }
        self.sign_ins = done;
    }

    pub fn partner(&self, agent: &str) -> &str {
        self.agents.get(agent).map_or("", |(_, partner)| partner)
    }

    pub fn company(&self, agent: &str) -> &str {
        self.agents.get(agent).map_or("", |(company, _)| company)
    }

    /// Time on duty of some agents within a span.
    pub fn duty_ms(&self, from: i64, to: i64, mine: impl Fn(&str) -> bool) -> i64 {
        let spans = self.sign_ins.iter().filter(|(agent, ..)| mine(agent));
        spans.map(|(_, a, b)| ((*b).min(to) - (*a).max(from)).max(0)).sum()
    }
}

impl Story {
    fn all<'s>(&'s self, event: &'static str) -> impl DoubleEndedIterator<Item = &'s Value> {
        self.events.iter().filter(move |fact| text(fact, "event") == event)
    }

    fn first(&self, event: &'static str) -> Option<&Value> {
        self.all(event).next()
    }

    /// No agent has it and it is not over.
    fn in_line(&self) -> bool {
        let last = self.events.iter().rev().find_map(|fact| match text(fact, "event") {
            "call_accepted" | "conversation_over" | "verdict_sealed" | "call_ended" => Some(false),
            "assignment_voided" => Some(true),
            _ => None,
        });
        last.unwrap_or(true)
    }

    /// Who was offered it.
    pub fn agents(&self) -> BTreeSet<String> {
        self.all("offered").map(|fact| text(fact, "agent").to_owned()).collect()
    }

    fn end(&self) -> &str {
        self.first("call_ended").map_or("", |fact| text(fact, "reason"))
    }

    fn ended_at(&self) -> Option<i64> {
        self.first("call_ended").map(at)
    }

    fn result(&self) -> Option<&Value> {
        self.all("evidence_taken").find(|fact| ["counts", "late"].contains(&text(fact, "standing")))
    }

    /// (of agents: by them) 0 where nobody accepted.
    fn handled_ms(&self) -> Option<i64> {
        let over = ["verdict_sealed", "conversation_over", "assignment_voided", "call_ended"];
        let mut sum = None;
        for (n, fact) in self.events.iter().enumerate() {
            if text(fact, "event") == "call_accepted" {
                let parted = self.events.iter().skip(n).find(|fact| over.contains(&text(fact, "event")));
                if let Some(parted) = parted {
                    *sum.get_or_insert(0) += at(parted) - at(fact);
                }
            }
        }
        if self.first("wrapped_up").is_some() {
            *sum.get_or_insert(0) += self.wrapped_ms;
        }
        sum
    }

    /// Whether evidence should be here, and is.
    fn evidence(&self) -> Option<bool> {
        if self.result().is_some() {
            return Some(true);
        }
        let had_video = |over: &Value| {
            let n = &over["assignment"];
            self.all("video_connected").any(|fact| fact["assignment"] == *n)
        };
        let owed = self.first("verdict_sealed").is_some() || self.all("conversation_over").any(had_video);
        (owed && self.first("call_ended").is_some()).then_some(false)
    }

    /// Adds the whole call.
    pub fn count_whole(&self, into: &mut Counted, reason: &str, within_ms: i64) {
        let queued = self.first("call_queued").map(at);
        let answered = self.first("call_accepted").map(at);
        into.plus("calls", 1);
        into.plus("offered", usize::from(queued.is_some()));
        into.plus("answered", usize::from(answered.is_some()));
        let wait = queued.and_then(|queued| Some(answered.or(self.ended_at())? - queued));
        if let (Some(_), Some(wait)) = (answered, wait) {
            into.waits.push(wait);
            into.within += i64::from(wait <= within_ms);
        }
        let fate = self.fate();
        if fate == "abandoned" && wait.is_some_and(|wait| wait <= within_ms) {
            into.abandoned_within += 1;
        }
        into.plus(fate, 1);
        let on = self.all("offer_closed").any(goes_on);
        into.plus("redirected", usize::from(on));
        self.count_offers(into, |_| true);
        self.count_verdict(into, reason);
    }

    fn fate(&self) -> &'static str {
        let queued = self.first("call_queued").is_some();
        let answered = self.first("call_accepted").is_some();
        match (self.end(), queued, answered) {
            ("", ..) => "open",
            ("completed", ..) => "completed",
            ("declined", ..) => "declined",
            ("cancelled", _, true) => "hung_up",
            ("cancelled", true, false) => "abandoned",
            ("cancelled", false, false) => "left_before",
            ("no_agent", ..) if self.first("pool_closed").is_some() => "closed",
            ("no_agent", ..) => "no_agent",
            ("caller_lost", ..) => "caller_lost",
            ("agent_lost", ..) => "agent_lost",
            _ => "failed",
        }
    }

    fn count_offers(&self, into: &mut Counted, mine: impl Fn(&str) -> bool) {
        into.plus("offers", self.all("offered").filter(|fact| mine(text(fact, "agent"))).count());
        for name in ["passed", "missed", "never_rang"] {
            let closed = self.all("offer_closed");
            let closed = closed.filter(|fact| mine(text(fact, "agent")) && text(fact, "outcome") == name);
            into.plus(name, closed.count());
        }
    }

    fn count_verdict(&self, into: &mut Counted, reason: &str) {
        into.handles.extend(self.handled_ms());
        if let Some(result) = self.result() {
            let rejected = text(result, "decision") == "rejected";
            into.plus("verified", 1);
            into.plus(if rejected { "rejected" } else { "confirmed" }, 1);
            into.plus("late", usize::from(text(result, "standing") == "late"));
            if rejected {
                *into.reasons.entry(reason.to_owned()).or_default() += 1;
            }
        }
        if let Some(here) = self.evidence() {
            into.evidence.0 += i64::from(here);
            into.evidence.1 += 1;
        }
    }

    /// Adds what some agents had of it.
    pub fn count_part(&self, into: &mut Counted, reason: &str, within_ms: i64, mine: impl Fn(&str) -> bool) {
        let offered: Vec<&Value> = self.all("offered").collect();
        if !offered.iter().any(|fact| mine(text(fact, "agent"))) {
            return;
        }
        let accepted: Vec<&Value> = self.all("call_accepted").collect();
        // What is accepted has rung.
        let rings =
            self.events.iter().filter(|fact| ["rang", "call_accepted"].contains(&text(fact, "event")));
        let rings: Vec<&Value> = rings.filter(|fact| mine(text(fact, "agent"))).collect();
        into.plus("calls", 1);
        into.plus("offered", usize::from(!rings.is_empty()));
        let answered = accepted.iter().find(|fact| mine(text(fact, "agent")));
        if let Some(answered) = answered {
            let wait = at(answered) - at(rings[0]);
            into.plus("answered", 1);
            into.waits.push(wait);
            into.within += i64::from(wait <= within_ms);
        }
        let closed: Vec<&Value> = self.all("offer_closed").filter(|fact| mine(text(fact, "agent"))).collect();
        into.plus("declined", usize::from(closed.iter().any(|fact| text(fact, "outcome") == "declined")));
        into.plus("redirected", usize::from(closed.iter().any(|fact| goes_on(fact))));
        self.count_offers(into, &mine);
        let fate = self.fate();
        match accepted.last() {
            Some(last) if mine(text(last, "agent")) => {
                if fate != "declined" {
                    into.plus(fate, 1);
                }
                self.count_verdict(into, reason);
            }
            Some(_) => {}
            None => {
                let last = offered.last().expect("one was made");
                let how = self.all("offer_closed").find(|fact| fact["offer"] == last["offer"]);
                let rang = rings.iter().any(|ring| ring["offer"] == last["offer"]);
                let until =
                    how.is_none_or(|how| ["call_over", "caller_away"].contains(&text(how, "outcome")));
                let ended_so = ["abandoned", "open", "caller_lost"].contains(&fate);
                if mine(text(last, "agent")) && rang && until && ended_so {
                    into.plus(fate, 1);
                    let wait = how.map(|how| at(how) - at(rings[0]));
                    if fate == "abandoned" && wait.is_some_and(|wait| wait <= within_ms) {
                        into.abandoned_within += 1;
                    }
                }
            }
        }
    }
}

/// The call goes on to another agent (F5).
fn goes_on(closed: &Value) -> bool {
    ["passed", "missed", "never_rang", "agent_away"].contains(&text(closed, "outcome"))
}
