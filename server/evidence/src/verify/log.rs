//! The log and the times: the call's records stand in the signed roots, tell of this evidence, and every clock
//! tells one story.

use std::collections::BTreeMap;

use chinhchu_protocol::evidence::ContinuityEvent;
use chinhchu_protocol::time::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Check, Finding};
use crate::bundle::{self, Index};
use crate::chain::{self, Chain};
use crate::day_root::DayRoot;
use crate::dsse::Envelope;
use crate::fault::Fault;
use crate::leaves::Leaves;
use crate::manifest::OpenedStatement;
use crate::receipt::Receipt;
use crate::signed::statement_sha256;

/// Workstation and server tell the same moment within this: the station takes the server's time beyond 2 s, the
/// rest is measurement and the way of the accept. Beyond it the report remarks on it.
const NEAR_MS: i64 = 5_000;
/// The server takes no evidence whose clocks are further apart than this; nor is it believed here.
const DRIFT_MS: i64 = 30_000;

/// The sound roots of a bundle, by day.
pub(super) type Roots = BTreeMap<String, Root>;

/// A root that the server signed.
pub(super) struct Root {
    statement: DayRoot,
    /// By which the next root, and whoever keeps it, names it.
    pub(super) sha256: String,
}

/// When the log says that the agent accepted and the server took the evidence, and who the agent was.
pub(super) struct Accepted {
    at: Timestamp,
    taken_at: Option<Timestamp>,
    agent: String,
    /// What the server's clock went over at once.
    outages: Vec<(Timestamp, Timestamp)>,
}

impl Check<'_> {
    /// Checks roots and records; gives what they say about the accept.
    pub(super) fn chain(
        &mut self,
        roots: &Roots,
        opened: Option<&OpenedStatement>,
        leaves: Option<&Leaves>,
        receipt: Option<&Receipt>,
    ) -> Option<Accepted> {
        let Some(entry) = self.entry(bundle::CHAIN) else {
            self.note("chain", Finding::Missing);
            return None;
        };
        let Ok(chain) = Chain::parse(&entry.bytes) else {
            self.note("chain", Finding::Unreadable);
            return None;
        };
        match stands(&chain, roots) {
            Ok(true) => {}
            Ok(false) => self.note("chain", Finding::NotInLog),
            Err(_) => self.note("chain", Finding::Unreadable),
        }
        let (Some(opened), Some(receipt)) = (opened, receipt) else {
            self.note("chain", Finding::NotChecked);
            return None;
        };
        if !names_receipt(&chain, receipt) {
            self.note("chain", Finding::LogDiffers);
        }
        let told = Told::of(&chain, opened, leaves, receipt);
        let shown = |name| leaves.and_then(|leaves| leaves.get(name));
        let agent = shown("agent_id");
        let agent = agent.as_ref().and_then(Value::as_str);
        let fits =
            told.taken && told.accepted.as_ref().is_some_and(|one| agent.is_none_or(|id| id == one.agent));
        self.note("chain", if fits { Finding::Sound } else { Finding::LogDiffers });
        told.accepted
    }

    pub(super) fn day_roots(&mut self) -> Roots {
        let mut roots = BTreeMap::new();
        for entry in &self.container.entries {
            let name = &entry.name;
            if !name.starts_with(bundle::DAY_ROOTS) {
                continue;
            }
            let Some(root) = self.open::<DayRoot>(name) else { continue };
            let named = Envelope::parse(&entry.bytes).and_then(|envelope| statement_sha256(&envelope));
            let Ok(sha256) = named else { continue };
            if bundle::day_root_name(&root.day) != *name {
                self.note(&bundle::part_of(name), Finding::OtherEvidence);
                continue;
            }
            if root.complete {
                self.fact("day_root", &format!("{}: {sha256}", root.day));
            } else {
                self.note(&bundle::part_of(name), Finding::DayNotOver);
            }
            roots.insert(root.day.clone(), Root { statement: root, sha256 });
        }
        roots
    }

    /// Whether all times tell one story.
    pub(super) fn time(
        &mut self,
        leaves: Option<&Leaves>,
        receipt: Option<&Receipt>,
        accepted: Option<Accepted>,
    ) {
        let (Some(leaves), Some(receipt), Some(accepted)) = (leaves, receipt, accepted) else {
            self.note("time", Finding::NotChecked);
            return;
        };
        let finding = Times::of(leaves).judge(accepted.at, receipt.received_at, &accepted.outages);
        // The record that took the evidence is of the receipt's moment.
        let apart = accepted.taken_at.map_or(0, |at| at.ms_since(receipt.received_at).abs());
        let finding = if apart > DRIFT_MS { Finding::TimesDiffer } else { finding };
        self.note("time", finding);
        self.fact("received_at", &receipt.received_at);
        self.fact("standing", &wire_name(&receipt.standing));
        self.fact("log_seq", &receipt.log.seq);
    }

    /// What the evidence says, as far as it is signed and shown.
    pub(super) fn tell(
        &mut self,
        opened: Option<&OpenedStatement>,
        leaves: Option<&Leaves>,
        index: Option<&Index>,
    ) {
        let Some(opened) = opened else { return };
        let statement = &opened.statement;
        self.fact("call_id", &statement.call_id);
        self.fact("assignment", &statement.assignment);
        self.fact("workstation_id", &statement.workstation_id);
        self.fact("counter", &statement.counter);
        self.fact("manifest_sha256", &opened.manifest_sha256);
        if index.is_some()
            && let [key] = self.trusted
        {
            self.fact("server_key", &key.fingerprint());
        }
        let Some(leaves) = leaves else { return };
        for name in [
            "company",
            "agent_id",
            "decision",
            "reason",
            "note",
            "rule_id",
            "accepted_at",
            "captured_at",
            "captured_at_text",
            "capture_method",
            "dtls_local",
            "dtls_remote",
        ] {
            if let Some(Value::String(value)) = leaves.get(name) {
                self.fact(name, &value);
            }
        }
        for (name, leaf) in [
            ("full_name", "case.full_name"),
            ("date_of_birth", "case.date_of_birth"),
            ("id_kind", "case.id_kind"),
            ("id_number", "case.id_number"),
            ("msisdn", "case.msisdn"),
            ("external_id", "case.external_id"),
        ] {
            if let Some(Value::String(value)) = leaves.get(leaf) {
                self.fact(name, &value);
            }
        }
        if let Some(Value::String(source)) = leaves.get("clock.source") {
            self.fact("clock_source", &source);
        }
        if let Some(Value::Number(offset)) = leaves.get("clock.offset_ms") {
            self.fact("clock_offset_ms", &offset);
        }
        self.fact("interruptions", &interruptions(leaves));
    }
}

/// The times that a manifest states, as far as they are shown.
struct Times {
    accepted: Option<Timestamp>,
    captured: Option<Timestamp>,
    reckoned: Option<Timestamp>,
    text: Option<String>,
    /// Whether the workstation's clock was ever compared with the server's.
    compared: Option<bool>,
}

impl Times {
    fn of(leaves: &Leaves) -> Self {
        Self {
            accepted: get(leaves, "accepted_at"),
            captured: get(leaves, "captured_at"),
            reckoned: reckoned_capture(leaves),
            text: get(leaves, "captured_at_text"),
            compared: leaves.get("clock.offset_ms").map(|offset| !offset.is_null()),
        }
    }

    /// Against the accept in the log and the receipt. Where the server's clock was set ahead in the call, the captured
    /// time may be so much later than the workstation's counting; the server allows for it at the receipt, too.
    fn judge(&self, accepted: Timestamp, received: Timestamp, outages: &[(Timestamp, Timestamp)]) -> Finding {
        let within = |at: Timestamp| at <= received.plus_ms(DRIFT_MS) && at >= accepted.plus_ms(-DRIFT_MS);
        let seconds = |at: Timestamp| at.ms().div_euclid(1_000);
        let compared = self.compared.unwrap_or(true);
        let apart = self.captured.zip(self.reckoned).map_or(0, |(a, b)| a.ms_since(b));
        let leapt = self.captured.map_or(0, |captured| chain::lost_ms(outages, accepted, captured));
        let one_story = self.accepted.is_none_or(|at| at == accepted)
            && self.reckoned.is_none_or(within)
            && received >= accepted
            && (!compared
                || ((-DRIFT_MS..=DRIFT_MS + leapt).contains(&apart) && self.captured.is_none_or(within)))
            && self
                .captured
                .zip(self.text.as_deref())
                .is_none_or(|(at, text)| drawn(text) == Some(seconds(at)));
        let shown = self.accepted.and(self.captured).and(self.reckoned);
        let complete = shown.is_some() && self.text.is_some() && self.compared.is_some();
        match (one_story, complete, compared) {
            (false, _, _) => Finding::TimesDiffer,
            (true, false, _) => Finding::PartlyHidden,
            (true, true, false) => Finding::ClockNeverCompared,
            (true, true, true) if apart > DRIFT_MS => Finding::ServerClockSet,
            (true, true, true) if apart.abs() > NEAR_MS => Finding::ClocksApart,
            (true, true, true) => Finding::Sound,
        }
    }
}

/// When the capture was, by the server's clock at the accept and the workstation's own counting since.
fn reckoned_capture(leaves: &Leaves) -> Option<Timestamp> {
    let accepted: Timestamp = get(leaves, "accepted_at")?;
    Some(accepted.plus_ms(i64::from(get::<u32>(leaves, "elapsed_ms")?)))
}

/// How long after the capture something was, by whichever of its two clocks is nearer: a server's clock that was set
/// in the call moves the one and not the other.
pub(super) fn after_capture_ms(leaves: &Leaves, at: Timestamp) -> Option<i64> {
    let compared = leaves.get("clock.offset_ms").is_none_or(|offset| !offset.is_null());
    let captured = get::<Timestamp>(leaves, "captured_at").filter(|_| compared);
    let both = [reckoned_capture(leaves), captured];
    both.into_iter().flatten().map(|captured| at.ms_since(captured)).min_by_key(|after| after.abs())
}

fn get<T: DeserializeOwned>(leaves: &Leaves, name: &str) -> Option<T> {
    serde_json::from_value(leaves.get(name)?).ok()
}

fn interruptions(leaves: &Leaves) -> usize {
    use chinhchu_protocol::evidence::ContinuityKind as Kind;
    let events = leaves.iter().filter(|leaf| leaf.name().starts_with("continuity."));
    let events = events.filter_map(|leaf| get::<ContinuityEvent>(leaves, leaf.name()));
    let broke = |event: &ContinuityEvent| match event.kind {
        Kind::Stalled | Kind::Restarted | Kind::NewConnection | Kind::CallerChanged => true,
        Kind::Connected | Kind::Flowing | Kind::Compared => false,
    };
    let dropped: u32 = get(leaves, "continuity_dropped").unwrap_or(0);
    events.filter(broke).count() + usize::try_from(dropped).unwrap_or(usize::MAX)
}

/// Every record stands in the root of its day, and records in a row are chained.
fn stands(chain: &Chain, roots: &Roots) -> Result<bool, Fault> {
    for record in &chain.records {
        match roots.get(&record.day) {
            Some(root) if record.stands_in(&root.statement)? => {}
            Some(_) | None => return Ok(false),
        }
    }
    if let Some(named) = &chain.receipt {
        match roots.get(&named.day) {
            Some(root) if named.stands_in(&root.statement)? => {}
            Some(_) | None => return Ok(false),
        }
    }
    chain.is_chained()
}

/// The record that the receipt names is in the log. (A receipt before the first record names none.)
fn names_receipt(chain: &Chain, receipt: &Receipt) -> bool {
    match &chain.receipt {
        Some(named) => (named.seq, &named.hash) == (receipt.log.seq, &receipt.log.hash),
        None => receipt.log.seq == 0,
    }
}

/// What the call's facts say of this evidence.
struct Told {
    taken: bool,
    accepted: Option<Accepted>,
}

impl Told {
    fn of(chain: &Chain, opened: &OpenedStatement, leaves: Option<&Leaves>, receipt: &Receipt) -> Self {
        let mut told = Self { taken: false, accepted: None };
        let (mut taken_at, standing) = (None, wire_name(&receipt.standing));
        let decision = leaves.and_then(|leaves| leaves.get("decision"));
        let time = |fact: &Value| fact["at"].as_str().and_then(|at| at.parse().ok());
        let (call, assignment) = (opened.statement.call_id.to_string(), opened.statement.assignment);
        let facts: Vec<Value> =
            chain.records.iter().filter_map(|record| record.facts().ok()).flatten().collect();
        for fact in facts.iter().filter(|fact| fact["call"] == call && fact["assignment"] == assignment) {
            match fact["event"].as_str() {
                Some("call_accepted") => {
                    let agent = fact["agent"].as_str().map(str::to_owned);
                    let outages = chain::outages(&facts);
                    let both = time(fact).zip(agent);
                    told.accepted = both.map(|(at, agent)| Accepted { at, taken_at: None, agent, outages });
                }
                Some("evidence_taken") if fact["manifest_sha256"] == opened.manifest_sha256 => {
                    taken_at = time(fact);
                    told.taken = fact["standing"] == standing
                        && decision.as_ref().is_none_or(|decision| fact["decision"] == *decision);
                }
                Some(_) | None => {}
            }
        }
        told.accepted = told.accepted.map(|accepted| Accepted { taken_at, ..accepted });
        told
    }
}

/// Seconds since 1970 of a drawn time, `23/11/2026 09:15:42 +07:00`; words may follow it.
fn drawn(text: &str) -> Option<i64> {
    let mut words = text.splitn(4, ' ');
    let (date, time, offset) = (words.next()?, words.next()?, words.next()?);
    let mut parts = date.split('/');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let at: Timestamp = format!("{year}-{month}-{day}T{time}{offset}").parse().ok()?;
    Some(at.ms().div_euclid(1_000))
}

fn wire_name(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
