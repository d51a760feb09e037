//! By which way the calls are found that somebody asks for, and may see.
//!
//! What fits few calls of the time is walked in its own index: a dealer's, an agent's, a partner's calls, those of a
//! company. What fits many is found soon, newest first, in the index of the search, which holds all that calls are
//! searched by: also where it is rare together (two things that hardly any call has both), no call is opened that
//! does not fit. SQLite itself cannot know: it has no statistics, and a partner with twenty calls and one with a
//! third of all ask alike.

use chinhchu_protocol::console::calls::{CallOrder, EvidenceStanding};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::filter::Wanted;
use crate::console::Scope;
use crate::store::StoreError;

/// So many calls at most are walked one by one: a few hundredths of a second.
pub const FEW: u32 = 10_000;

/// A statement that gives `created_ms` and `call_id` of the calls that fit, in order, one more than are wanted. Every
/// value is a parameter, every name one of ours.
pub fn keys(
    connection: &Connection,
    scope: &Scope,
    wanted: &Wanted,
    few: u32,
) -> Result<(String, Vec<Value>), StoreError> {
    let mut asked = Asked::read(scope, wanted);
    let chosen = asked.choose(connection, few)?;
    let (from, key) = match chosen.and_then(|n| asked.limits[n].way.as_ref()) {
        Some(way) => (way.from.clone(), way.key),
        None => (BY_TIME.to_owned(), "f"),
    };
    let others = asked.limits.iter().enumerate().filter(|(n, _)| chosen != Some(*n));
    let others = others.map(|(_, limit)| format!(" AND {}", limit.condition)).collect::<Vec<_>>().concat();
    let (span, direction) = (asked.span(key), direction(wanted.order));
    let limit = asked.value((i64::from(wanted.limit) + 1).into());
    let sql = format!(
        "SELECT {key}.created_ms AS created_ms, {key}.call_id AS call_id FROM {from}{span}{others}
         ORDER BY {key}.created_ms {direction}, {key}.call_id {direction} LIMIT {limit}"
    );
    Ok((sql, asked.values))
}

/// Whether a partner's people ask for another's calls: there are none, and nothing need be looked at.
pub fn is_anothers(scope: &Scope, wanted: &Wanted) -> bool {
    scope.partner.is_some()
        && partner_of(wanted).is_some_and(|partner| scope.partner.as_ref() != Some(partner))
}

fn partner_of(wanted: &Wanted) -> Option<&String> {
    wanted.equal.iter().find(|(column, _)| *column == "partner").map(|(_, value)| value)
}

/// As SQL has it.
pub const fn direction(order: CallOrder) -> &'static str {
    match order {
        CallOrder::Newest => "DESC",
        CallOrder::Oldest => "ASC",
    }
}

/// All calls in the order of time.
const BY_TIME: &str = "call_figures AS f INDEXED BY call_figures_for_search WHERE 1";

/// One thing that is asked of a call.
struct Limit {
    /// Said of a call `f`.
    condition: String,
    way: Option<Way>,
}

/// Where the calls lie together that fit one thing.
struct Way {
    /// Up to `WHERE` and the condition itself; the call is `f`.
    from: String,
    /// What has `created_ms` and `call_id`, and with them the order.
    key: &'static str,
    /// Gives a row for each of them, without opening a call.
    rows: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// In the order of time, however many they are.
    Ordered,
    /// Put in order after they were gathered: for few only.
    Gathered,
    /// Somebody's calls: always few.
    OfPerson,
}

struct Asked {
    values: Vec<Value>,
    /// Since, until, and the last call of the part before: conditions with `{k}` for the key.
    times: Vec<String>,
    limits: Vec<Limit>,
}

impl Asked {
    fn read(scope: &Scope, wanted: &Wanted) -> Self {
        let mut asked = Self { values: Vec::new(), times: Vec::new(), limits: Vec::new() };
        asked.in_time(wanted);
        asked.within(scope);
        for (column, value) in &wanted.equal {
            let value = asked.value(value.clone().into());
            let condition = format!("f.{column} = {value}");
            asked.limit_by(condition, index_of(column));
        }
        if let Some(standing) = wanted.evidence {
            // By its name and not as a parameter: only so can the indexes of what is owed be used.
            asked.limit_by(format!("f.evidence = '{}'", evidence_name(standing)), evidence_index(standing));
        }
        if let Some(agent) = wanted.agent {
            let agent = asked.value(Value::Blob(agent.0.as_bytes().to_vec()));
            asked.limit_by(format!("f.agent_id = {agent}"), Some("call_figures_by_agent"));
        }
        if wanted.agent.is_some() || partner_of(wanted).is_some() {
            asked.agent_is_shown(scope);
        }
        for (column, hash) in [("msisdn_hash", wanted.msisdn), ("external_hash", wanted.external_id)] {
            if let Some(hash) = hash {
                asked.of_person(column, &hash);
            }
        }
        asked
    }

    fn value(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("?{}", self.values.len())
    }

    /// The conditions of time, said of a key.
    fn span(&self, key: &str) -> String {
        self.times.concat().replace("{k}", key)
    }

    fn in_time(&mut self, wanted: &Wanted) {
        if let Some(from) = wanted.from {
            let from = self.value(from.ms().into());
            self.times.push(format!(" AND {{k}}.created_ms >= {from}"));
        }
        if let Some(to) = wanted.to {
            let to = self.value(to.ms().into());
            self.times.push(format!(" AND {{k}}.created_ms < {to}"));
        }
        if let Some((at, call)) = wanted.after {
            let beyond = if wanted.order == CallOrder::Newest { "<" } else { ">" };
            let at = self.value(at.ms().into());
            let call = self.value(Value::Blob(call.0.as_bytes().to_vec()));
            self.times.push(format!(" AND ({{k}}.created_ms, {{k}}.call_id) {beyond} ({at}, {call})"));
        }
    }

    /// By a column, in its index if it has one.
    fn limit_by(&mut self, condition: String, index: Option<&str>) {
        let way = index.map(|index| {
            let from = format!("call_figures AS f INDEXED BY {index} WHERE {condition}");
            let rows = format!("SELECT 1 FROM {from}{}", self.span("f"));
            Way { from, key: "f", rows, kind: Kind::Ordered }
        });
        self.limits.push(Limit { condition, way });
    }

    /// What the person may see.
    fn within(&mut self, scope: &Scope) {
        if let Some(companies) = scope.companies_json() {
            let list = self.value(companies.into());
            let (own, span) = (format!("(SELECT value FROM json_each({list}))"), self.span("s"));
            let part = |column: &str, what: &str| {
                format!(
                    "SELECT {what} FROM call_figures AS s INDEXED BY call_figures_by_{column}
                     WHERE s.{column} IN {own}{span}"
                )
            };
            let both =
                |union: &str, what: &str| format!("{} {union} {}", part("home", what), part("serving", what));
            let keys = both("UNION", "s.created_ms AS created_ms, s.call_id AS call_id");
            let way = Way {
                from: format!("({keys}) AS p CROSS JOIN call_figures AS f ON f.call_id = p.call_id WHERE 1"),
                key: "p",
                rows: both("UNION ALL", "1"),
                kind: Kind::Gathered,
            };
            let condition = format!("(f.home IN {own} OR f.serving IN {own})");
            self.limits.push(Limit { condition, way: Some(way) });
        }
        if let Some(partner) = &scope.partner {
            let partner = self.value(partner.clone().into());
            let way = Way {
                from: format!(
                    "partner_calls AS p CROSS JOIN call_figures AS f ON f.call_id = p.call_id
                     WHERE p.partner = {partner}"
                ),
                key: "p",
                rows: format!(
                    "SELECT 1 FROM partner_calls AS p WHERE p.partner = {partner}{}",
                    self.span("p")
                ),
                kind: Kind::Ordered,
            };
            let condition = format!(
                "EXISTS (SELECT 1 FROM partner_calls AS o WHERE o.partner = {partner}
                         AND o.created_ms = f.created_ms AND o.call_id = f.call_id)"
            );
            self.limits.push(Limit { condition, way: Some(way) });
        }
    }

    /// Who took a call is found only by whoever would be shown it: a filter must not tell what a row hides.
    fn agent_is_shown(&mut self, scope: &Scope) {
        let of_agent = "EXISTS (SELECT 1 FROM agents a WHERE a.agent_id = f.agent_id";
        if let Some(companies) = scope.companies_json() {
            let list = self.value(companies.into());
            self.limit_by(
                format!("{of_agent} AND a.company IN (SELECT value FROM json_each({list})))"),
                None,
            );
        }
        if let Some(partner) = &scope.partner {
            let partner = self.value(partner.clone().into());
            self.limit_by(format!("{of_agent} AND a.partner = {partner})"), None);
        }
    }

    fn of_person(&mut self, column: &str, hash: &[u8; 32]) {
        let hash = self.value(Value::Blob(hash.to_vec()));
        let found = format!("{column} = {hash} AND destroyed_ms IS NULL");
        let way = Way {
            from: format!(
                "cases AS c CROSS JOIN call_figures AS f ON f.call_id = c.call_id WHERE c.{column} = {hash}
                 AND c.destroyed_ms IS NULL"
            ),
            key: "f",
            rows: format!("SELECT 1 FROM cases WHERE {found}"),
            kind: Kind::OfPerson,
        };
        let condition = format!("f.call_id IN (SELECT call_id FROM cases WHERE {found})");
        self.limits.push(Limit { condition, way: Some(way) });
    }

    /// The limit whose own way is walked; none for all calls in the order of time.
    fn choose(&self, connection: &Connection, few: u32) -> Result<Option<usize>, StoreError> {
        let ways = || self.limits.iter().enumerate().filter_map(|(n, limit)| Some((n, limit.way.as_ref()?)));
        if let Some((n, _)) = ways().find(|(_, way)| way.kind == Kind::OfPerson) {
            return Ok(Some(n));
        }
        if let [Limit { way: Some(Way { kind: Kind::Ordered, .. }), .. }] = self.limits.as_slice() {
            return Ok(Some(0));
        }
        let mut best = (few, None);
        for (n, way) in ways() {
            let sql = format!("SELECT count(*) FROM ({} LIMIT {})", way.rows, u64::from(few) + 1);
            let mut statement = connection.prepare_cached(&sql)?;
            let values = params_from_iter(self.values.iter().take(statement.parameter_count()));
            let count: u32 = statement.query_row(values, |row| row.get(0))?;
            if count < best.0 {
                best = (count, Some(n));
            }
        }
        Ok(best.1)
    }
}

/// Columns that have an index of their own, with the time in it.
fn index_of(column: &str) -> Option<&'static str> {
    match column {
        "home" => Some("call_figures_by_home"),
        "serving" => Some("call_figures_by_serving"),
        "dealer" => Some("call_figures_by_dealer"),
        "state" => Some("call_figures_by_state"),
        "sub_type" => Some("call_figures_by_sub_type"),
        "partner" => Some("call_figures_by_partner"),
        "reason" => Some("call_figures_by_reason"),
        _ => None,
    }
}

/// What is owed is rare, and has indexes.
const fn evidence_index(standing: EvidenceStanding) -> Option<&'static str> {
    match standing {
        EvidenceStanding::Missing => Some("call_figures_missing"),
        EvidenceStanding::Due => Some("call_figures_due"),
        EvidenceStanding::None | EvidenceStanding::Complete => None,
    }
}

const fn evidence_name(standing: EvidenceStanding) -> &'static str {
    match standing {
        EvidenceStanding::None => "none",
        EvidenceStanding::Due => "due",
        EvidenceStanding::Complete => "complete",
        EvidenceStanding::Missing => "missing",
    }
}
