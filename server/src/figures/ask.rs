//! Reads what a report is asked for, and names every fault at once.

use std::collections::BTreeMap;

use chinhchu_protocol::console::figures::ReportBy;
use chinhchu_protocol::problem::{ErrorCode, Problem};

use super::period::Period;
use super::report::{Asked, MAX_ROWS};
use super::sort::Filter;
use super::tally::Terms;

/// T may be so long, s.
const MAX_WITHIN_S: u32 = 3_600;
/// The highest price, đồng.
const MAX_PRICE: u64 = 1_000_000_000;
/// The longest name in a filter, bytes.
const MAX_NAME: usize = 256;

/// Parameters, by name.
pub type Query = BTreeMap<String, String>;

const KNOWN: [&str; 13] = [
    "from",
    "to",
    "by",
    "within_s",
    "price_per_call",
    "price_per_agent_hour",
    "home",
    "serving",
    "partner",
    "agent",
    "dealer",
    "after",
    "limit",
];

/// Reads a query.
pub fn read(query: &Query) -> Result<Asked, Problem> {
    let mut ask =
        Ask { query, problem: Problem::new(ErrorCode::RequestInvalid, "Correct the named fields.") };
    for name in query.keys().filter(|name| !KNOWN.contains(&name.as_str())) {
        ask.fault(name, "unknown_field");
    }
    let period = ask.period();
    let by = match query.get("by").map(|name| ReportBy::parse(name)) {
        None => ReportBy::Total,
        Some(Some(by)) => by,
        Some(None) => {
            ask.fault("by", "unknown_value");
            ReportBy::Total
        }
    };
    let terms = Terms {
        within_s: ask.number("within_s", MAX_WITHIN_S).unwrap_or(Terms::default().within_s),
        price_per_call: ask.number("price_per_call", MAX_PRICE),
        price_per_agent_hour: ask.number("price_per_agent_hour", MAX_PRICE),
    };
    let filter = Filter {
        companies: None,
        partner: ask.name("partner"),
        agent: ask.name("agent"),
        home: ask.name("home"),
        serving: ask.name("serving"),
        dealer: ask.name("dealer"),
    };
    let limit = ask.number("limit", 1_000_u32).and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.unwrap_or(MAX_ROWS).clamp(1, MAX_ROWS);
    let after = ask.name("after");
    match period {
        Some(period) if ask.problem.errors.is_empty() => {
            Ok(Asked { period, by, filter, terms, after, limit })
        }
        Some(_) | None => Err(ask.problem),
    }
}

struct Ask<'q> {
    query: &'q Query,
    problem: Problem,
}

impl Ask<'_> {
    fn fault(&mut self, field: &str, code: &str) {
        // Names that we know, and no others: what was sent is not repeated.
        let field = if KNOWN.contains(&field) { field } else { "query" };
        self.problem = self.problem.clone().with(field, code);
    }

    fn period(&mut self) -> Option<Period> {
        for name in ["from", "to"] {
            if !self.query.contains_key(name) {
                self.fault(name, "missing");
            }
        }
        let (from, to) = (self.query.get("from")?, self.query.get("to")?);
        Period::read(from, to).map_err(|(field, code)| self.fault(field, code)).ok()
    }

    fn number<T: std::str::FromStr + PartialOrd + Copy>(&mut self, name: &str, most: T) -> Option<T> {
        let text = self.query.get(name)?;
        let value = text.parse().ok().filter(|value| *value <= most);
        if value.is_none() {
            self.fault(name, "not_a_number");
        }
        value
    }

    fn name(&mut self, name: &str) -> Option<String> {
        let text = self.query.get(name)?;
        if text.len() > MAX_NAME {
            self.fault(name, "too_long");
            return None;
        }
        Some(text.clone())
    }
}
