//! Reads what calls are asked for, from a query or from a body, and names every fault in it.

use chinhchu_protocol::call::{CallState, Decision, EndReason};
use chinhchu_protocol::case::Payment;
use chinhchu_protocol::console::calls::{CallOrder, EvidenceStanding};
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_protocol::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cases::find;
use crate::http::ApiError;
use crate::objects::Keys;

const MOST: u32 = 100;
const DEFAULT: u32 = 50;
/// Longest text of a field.
const MAX_TEXT: usize = 128;

/// Which calls are wanted, read. Columns and values, as the rows have them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wanted {
    /// Taken in not before.
    pub from: Option<Timestamp>,
    /// Taken in before.
    pub to: Option<Timestamp>,
    /// Columns that must have a value.
    pub equal: Vec<(&'static str, String)>,
    /// How their evidence stands.
    pub evidence: Option<EvidenceStanding>,
    /// Who answered last.
    pub agent: Option<AgentId>,
    /// Hash of the subscriber's number.
    pub msisdn: Option<[u8; 32]>,
    /// Hash of eKYC's id.
    pub external_id: Option<[u8; 32]>,
    /// Newest or oldest first.
    pub order: CallOrder,
    /// The last call of the part before.
    pub after: Option<(Timestamp, CallId)>,
    /// How many.
    pub limit: u32,
}

impl Wanted {
    /// Whether somebody is searched for.
    pub fn of_person(&self) -> bool {
        self.msisdn.is_some() || self.external_id.is_some()
    }

    /// By what, for the audit.
    pub fn by(&self) -> &'static str {
        if self.msisdn.is_some() { "msisdn" } else { "external_id" }
    }
}

/// The query of `GET /v1/console/calls`. What identifies a person has no place in a URL.
pub fn of_query(query: &str) -> Result<Wanted, ApiError> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let mut reading = Reading::new();
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        match name.as_str() {
            "msisdn" | "external_id" => reading.fault(name, "not_in_a_url"),
            _ => reading.field(name, value),
        }
    }
    reading.done()
}

/// The body of `POST /v1/console/calls/search`.
pub fn of_body(body: &Value, keys: &Keys) -> Result<Wanted, ApiError> {
    let Value::Object(fields) = body else {
        return Err(ApiError::new(ErrorCode::BodyMalformed, "Send a filter as a JSON object."));
    };
    let mut reading = Reading::new();
    for (name, value) in fields {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                reading.fault(name, "wrong_type");
                continue;
            }
        };
        match name.as_str() {
            "msisdn" if is_number(&text) => reading.wanted.msisdn = Some(find::hash_of(keys, &text)),
            "msisdn" => reading.fault(name, "not_a_number"),
            "external_id" if !text.is_empty() && text.len() <= MAX_TEXT => {
                reading.wanted.external_id = Some(keys.transaction(&text));
            }
            "external_id" => reading.fault(name, "too_long"),
            _ => reading.field(name, &text),
        }
    }
    reading.done()
}

/// As the intake takes numbers.
pub fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (9..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

struct Reading {
    wanted: Wanted,
    problem: Problem,
}

impl Reading {
    fn new() -> Self {
        let problem = Problem::new(ErrorCode::RequestInvalid, "Correct the named fields.");
        Self { wanted: Wanted { limit: DEFAULT, ..Wanted::default() }, problem }
    }

    fn done(self) -> Result<Wanted, ApiError> {
        if self.problem.errors.is_empty() { Ok(self.wanted) } else { Err(self.problem.into()) }
    }

    /// Unknown names are told by their place only: a number put there by mistake must not come back.
    fn fault(&mut self, field: &str, code: &str) {
        self.problem = self.problem.clone().with(field, code);
    }

    fn field(&mut self, name: &str, value: &str) {
        match name {
            "from" => self.wanted.from = self.time(name, value),
            "to" => self.wanted.to = self.time(name, value),
            "state" => self.one_of::<CallState>("state", value),
            "end_reason" => self.one_of::<EndReason>("end_reason", value),
            "decision" => self.one_of::<Decision>("decision", value),
            "payment" => self.one_of::<Payment>("payment", value),
            "home" => self.company("home", value),
            "serving" => self.company("serving", value),
            "reason" => self.text("reason", value),
            "dealer" => self.text("dealer", value),
            "partner" => self.text("partner", value),
            "sub_type" => self.text("sub_type", value),
            "evidence" => self.wanted.evidence = self.named(name, value),
            "agent" => self.agent(value),
            "sort" => self.wanted.order = self.named(name, value).unwrap_or_default(),
            "after" => self.after(value),
            "limit" => self.limit(value),
            _ => self.fault("filter", "unknown_field"),
        }
    }

    fn named<T: DeserializeOwned>(&mut self, field: &str, value: &str) -> Option<T> {
        let read = serde_json::from_value(Value::String(value.to_owned())).ok();
        if read.is_none() {
            self.fault(field, "unknown_value");
        }
        read
    }

    /// A value of an enum is stored by its name on the wire.
    fn one_of<T: DeserializeOwned + Serialize>(&mut self, column: &'static str, value: &str) {
        if self.named::<T>(column, value).is_some() {
            self.wanted.equal.push((column, value.to_owned()));
        }
    }

    fn text(&mut self, column: &'static str, value: &str) {
        if value.len() > MAX_TEXT {
            self.fault(column, "too_long");
        } else {
            self.wanted.equal.push((column, value.to_owned()));
        }
    }

    fn company(&mut self, column: &'static str, value: &str) {
        match CompanyCode::parse(value) {
            Some(code) => self.wanted.equal.push((column, code.0)),
            None => self.fault(column, "unknown_value"),
        }
    }

    fn time(&mut self, field: &str, value: &str) -> Option<Timestamp> {
        // An unescaped `+` of an offset arrives as a space.
        let read = value.replace(' ', "+").parse().ok();
        if read.is_none() {
            self.fault(field, "not_a_time");
        }
        read
    }

    fn agent(&mut self, value: &str) {
        self.wanted.agent = value.parse().ok();
        if self.wanted.agent.is_none() {
            self.fault("agent", "unknown_value");
        }
    }

    fn after(&mut self, value: &str) {
        self.wanted.after = after(value);
        if self.wanted.after.is_none() {
            self.fault("after", "unknown_value");
        }
    }

    fn limit(&mut self, value: &str) {
        match value.parse() {
            Ok(limit) if (1..=MOST).contains(&limit) => self.wanted.limit = limit,
            Ok(_) | Err(_) => self.fault("limit", "out_of_range"),
        }
    }
}

/// Where a list goes on.
pub fn cursor(created: Timestamp, call: CallId) -> String {
    format!("{}.{call}", created.ms())
}

/// Reads what [`cursor`] wrote.
pub fn after(text: &str) -> Option<(Timestamp, CallId)> {
    let (ms, id) = text.split_once('.')?;
    Some((Timestamp::from_ms(ms.parse().ok()?), id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(query: &str) -> Vec<(String, String)> {
        let Err(error) = of_query(query) else { return Vec::new() };
        error.into_problem().errors.into_iter().map(|one| (one.field, one.code)).collect()
    }

    #[test]
    fn a_query_is_read_whole_and_every_fault_is_named() {
        let read = of_query("from=2026-11-23T00:00:00%2B07:00&state=ended&home=4&sort=oldest&limit=7&agent=");
        let wanted = read.expect("read");
        assert_eq!(wanted.equal, [("state", "ended".to_owned()), ("home", "4".to_owned())]);
        assert_eq!((wanted.limit, wanted.order, wanted.agent), (7, CallOrder::Oldest, None));
        assert_eq!(wanted.from.map(Timestamp::ms), Some(1_795_366_800_000));
        let pair = |field: &str, code: &str| (field.to_owned(), code.to_owned());
        let told = faults("from=yesterday&state=asleep&limit=101&after=x&home=%20");
        let expected = [
            pair("from", "not_a_time"),
            pair("state", "unknown_value"),
            pair("limit", "out_of_range"),
            pair("after", "unknown_value"),
            pair("home", "unknown_value"),
        ];
        assert_eq!(told, expected);
    }

    /// I9: a number in a URL would stand in every log on its way.
    #[test]
    fn a_number_has_no_place_in_a_url_and_unknown_names_are_not_repeated() {
        assert_eq!(faults("msisdn=0901234567"), [("msisdn".to_owned(), "not_in_a_url".to_owned())]);
        assert_eq!(faults("0901234567=x"), [("filter".to_owned(), "unknown_field".to_owned())]);
    }

    #[test]
    fn a_cursor_reads_back() {
        let (at, call) = (Timestamp::from_ms(1_795_366_800_123), CallId(uuid::Uuid::from_u128(7)));
        let wanted = of_query(&format!("after={}", cursor(at, call))).expect("read");
        assert_eq!(wanted.after, Some((at, call)));
    }
}
