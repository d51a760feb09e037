//! What a draft would have meant for the calls of a past period: it is taken as if it had held all the time,
//! and compared with what each call was decided by. Reads the projection of calls (`call_figures`).
//!
//! Subscribers who were activated without a call are not known here and not counted.

use std::collections::{BTreeMap, HashMap};

use chinhchu_protocol::case::CustomerType;
use chinhchu_protocol::console::policy::{
    PolicyCustomers, PolicyWhatIf, PolicyWhatIfCall, PolicyWhatIfCounts, PolicyWhatIfGroup,
};
use chinhchu_protocol::ids::{CallId, CompanyCode, RuleId};
use chinhchu_protocol::policy::VideoCall;
use chinhchu_protocol::time::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::bitemporal::next_day;
use super::catalogue::{LineKey, value_for};
use super::change::{Wish, Wished};
use super::commit::CommitError;
use super::fault::Fault;
use super::{vietnam_midnight, words};
use crate::figures::rebuild;
use crate::store::{StoreError, rows};

/// Longest period, days.
const MAX_DAYS: i32 = 400;

/// A question.
#[derive(Clone, Debug)]
pub struct Asked {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// The draft's lines.
    pub wishes: Vec<Wished>,
    /// Types that are not named have no rule.
    pub complete: bool,
    /// Calls to name.
    pub limit: u32,
    /// Where the list goes on.
    pub after: Option<String>,
}

/// Whose calls are seen; all by default.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// JSON list of companies; none for all.
    pub companies: Option<String>,
    /// Only calls that an agent of this partner was offered.
    pub partner: Option<String>,
}

/// What a rule says, of whom.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Said {
    key: LineKey,
    customers: PolicyCustomers,
    video_call: VideoCall,
}

/// Parts of both queries: which calls are meant, and by which rule each was decided. The `+` keeps the few offers of
/// one call from being looked for among all of a partner's.
const RULE: &str = "coalesce(f.rule_id, (SELECT r.rule_id FROM call_rules r WHERE r.call_id = f.call_id))";
const MEANT: &str = "f.created_ms >= ?1 AND f.created_ms < ?2
   AND (?3 IS NULL OR f.home IN (SELECT value FROM json_each(?3)) OR f.serving IN (SELECT value FROM json_each(?3)))
   AND (?4 IS NULL OR EXISTS (SELECT 1 FROM partner_calls o WHERE o.partner = ?4 AND o.created_ms = f.created_ms
        AND o.call_id = f.call_id))";
/// All that is looked at stands in one index: a month of a million calls is walked in it, not opened.
const CALLS: &str = "call_figures AS f INDEXED BY call_figures_for_search";

/// Whether a call is seen.
pub fn sees(connection: &Connection, call: CallId, seen: &Seen) -> Result<bool, StoreError> {
    let sql = format!("SELECT 1 FROM call_figures AS f WHERE {MEANT} AND f.call_id = ?5");
    let values = params![i64::MIN, i64::MAX, seen.companies, seen.partner, call.0.as_bytes()];
    Ok(rows::first(connection, &sql, values, |_| Ok(()))?.is_some())
}

/// Answers; fails with the faults of the question.
pub fn what_if(connection: &Connection, asked: &Asked, seen: &Seen) -> Result<PolicyWhatIf, CommitError> {
    let cursor = check(asked)?;
    rebuild::whole(connection)?;
    let rules = rules(connection)?;
    let would = |said: &Said| would_be(asked, said);
    let span = (vietnam_midnight(asked.from).ms(), vietnam_midnight(next_day(asked.to)).ms());
    let mut answer = PolicyWhatIf {
        from: asked.from.to_string(),
        to: asked.to.to_string(),
        counts: PolicyWhatIfCounts::default(),
        by_sub_type: Vec::new(),
        by_customer_type: Vec::new(),
        by_company: Vec::new(),
        items: Vec::new(),
        next: None,
    };
    let (mut types, mut customers, mut companies) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for group in groups(connection, span, seen)? {
        let Some(said) = rules.get(&group.rule) else { continue };
        let (was, is) = (said.video_call, would(said));
        for counts in [
            &mut answer.counts,
            types.entry(said.key.sub_type.clone()).or_default(),
            customers.entry(group.customer_type.unwrap_or_else(|| "–".to_owned())).or_default(),
            companies.entry(group.home).or_default(),
        ] {
            add(counts, was, is, group.calls);
        }
    }
    answer.by_sub_type = ranked(types);
    answer.by_customer_type = ranked(customers);
    answer.by_company = ranked(companies);
    let otherwise: Vec<String> = rules
        .iter()
        .filter(|(_, said)| would(said) != Some(said.video_call))
        .map(|(rule, _)| rule.0.simple().to_string().to_uppercase())
        .collect();
    if !otherwise.is_empty() {
        let list = serde_json::to_string(&otherwise).map_err(StoreError::from)?;
        let most = asked.limit.clamp(1, 500);
        let mut items = calls(connection, span, seen, &list, cursor, most + 1, &rules, &would)?;
        if items.len() > most as usize {
            items.truncate(most as usize);
            answer.next = items.last().map(|last| format!("{}.{}", last.created_at.ms(), last.call_id));
        }
        answer.items = items;
    }
    Ok(answer)
}

fn check(asked: &Asked) -> Result<Option<(i64, Uuid)>, CommitError> {
    let mut faults = Vec::new();
    let years = 2000..=2199;
    if !years.contains(&asked.from.year()) || !years.contains(&asked.to.year()) {
        faults.push(Fault::of_draft("from", "not_a_day"));
    } else if asked.to < asked.from || (asked.to - asked.from).get_days() >= MAX_DAYS {
        faults.push(Fault::of_draft("to", "out_of_range"));
    }
    let read = |text: &str| {
        let (ms, call) = text.split_once('.')?;
        Some((ms.parse().ok()?, call.parse().ok()?))
    };
    let cursor = asked.after.as_deref().map(read);
    if cursor == Some(None) {
        faults.push(Fault::of_draft("after", "unknown_value"));
    }
    if faults.is_empty() { Ok(cursor.flatten()) } else { Err(CommitError::Faults(faults)) }
}

/// By the draft; a line that it does not name says what it said.
fn would_be(asked: &Asked, said: &Said) -> Option<VideoCall> {
    match asked.wishes.iter().find(|wished| wished.key == said.key).map(|wished| &wished.wish) {
        Some(Wish::Set(values)) => Some(value_for(values, said.customers).video_call),
        Some(Wish::End) => None,
        None if asked.complete => None,
        None => Some(said.video_call),
    }
}

fn add(counts: &mut PolicyWhatIfCounts, was: VideoCall, is: Option<VideoCall>, calls: u32) {
    counts.calls += calls;
    let place = match (was, is) {
        (VideoCall::NotMandatory, Some(VideoCall::Mandatory)) => &mut counts.became_mandatory,
        (VideoCall::Mandatory, Some(VideoCall::NotMandatory)) => &mut counts.became_not_mandatory,
        (_, None) => &mut counts.without_rule,
        (VideoCall::Mandatory, Some(VideoCall::Mandatory))
        | (VideoCall::NotMandatory, Some(VideoCall::NotMandatory)) => &mut counts.unchanged,
    };
    *place += calls;
}

/// Most calls ruled otherwise first, then by name.
fn ranked(groups: BTreeMap<String, PolicyWhatIfCounts>) -> Vec<PolicyWhatIfGroup> {
    let mut list: Vec<_> =
        groups.into_iter().map(|(name, counts)| PolicyWhatIfGroup { name, counts }).collect();
    list.sort_by_key(|group| std::cmp::Reverse(group.counts.calls - group.counts.unchanged));
    list
}

/// What each rule that ever was says: an id names key and answer (`catalogue::rule_id`).
fn rules(connection: &Connection) -> Result<BTreeMap<RuleId, Said>, StoreError> {
    let sql = "SELECT DISTINCT rule_id, payment, sub_type, customers, video_call FROM policy_entries";
    let list = rows::all(connection, sql, [], |row| {
        let text = |column: &str| row.get::<_, String>(column);
        let said = (|| {
            let payment = words::read_payment(&text("payment").ok()?)?;
            Some(Said {
                key: LineKey { payment, sub_type: text("sub_type").ok()? },
                customers: words::read_customers(&text("customers").ok()?)?,
                video_call: words::read_video_call(&text("video_call").ok()?)?,
            })
        })();
        Ok((RuleId(rows::id(row, "rule_id")?), said))
    })?;
    list.into_iter()
        .map(|(rule, said)| Ok((rule, said.ok_or(StoreError::Corrupt("a policy rule"))?)))
        .collect()
}

struct Group {
    rule: RuleId,
    customer_type: Option<String>,
    home: String,
    calls: u32,
}

/// Summed here, call by call: a sort into groups takes the database many times as long.
fn groups(connection: &Connection, span: (i64, i64), seen: &Seen) -> Result<Vec<Group>, StoreError> {
    let sql = format!("SELECT {RULE}, f.customer_type, f.home FROM {CALLS} WHERE {MEANT}");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query(params![span.0, span.1, seen.companies, seen.partner])?;
    let mut groups: Vec<Group> = Vec::new();
    let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut name = Vec::new();
    while let Some(row) = found.next()? {
        let part = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_bytes_or_null()?);
        let Some(rule) = part(0)? else { continue };
        name.clear();
        for part in [Some(rule), part(1)?, part(2)?] {
            // A text has no such bytes: names of parts do not run into each other.
            name.extend_from_slice(part.unwrap_or(&[0xff]));
            name.push(0xfe);
        }
        if let Some(place) = places.get(&name) {
            groups[*place].calls += 1;
            continue;
        }
        places.insert(name.clone(), groups.len());
        let rule = RuleId(Uuid::from_bytes(row.get(0)?));
        groups.push(Group { rule, customer_type: row.get(1)?, home: row.get(2)?, calls: 1 });
    }
    Ok(groups)
}

#[expect(clippy::too_many_arguments, reason = "one query with everything that narrows it")]
fn calls(
    connection: &Connection,
    span: (i64, i64),
    seen: &Seen,
    otherwise: &str,
    after: Option<(i64, Uuid)>,
    most: u32,
    rules: &BTreeMap<RuleId, Said>,
    would: &dyn Fn(&Said) -> Option<VideoCall>,
) -> Result<Vec<PolicyWhatIfCall>, StoreError> {
    let sql = format!(
        "SELECT f.call_id, f.created_ms, f.home, f.sub_type, f.customer_type, {RULE} AS rule
         FROM {CALLS}
         WHERE {MEANT} AND hex(rule) IN (SELECT value FROM json_each(?5))
           AND (?6 IS NULL OR (f.created_ms, f.call_id) > (?6, ?7))
         ORDER BY f.created_ms, f.call_id LIMIT ?8"
    );
    let (after_ms, after_call) = after.map(|(ms, call)| (ms, call.into_bytes())).unzip();
    // The cursor narrows the index, too.
    let from = span.0.max(after_ms.unwrap_or(i64::MIN));
    let values = params![from, span.1, seen.companies, seen.partner, otherwise, after_ms, after_call, most];
    let found = rows::all(connection, &sql, values, |row| {
        let customer_type: Option<String> = row.get("customer_type")?;
        let customer_type: Option<CustomerType> =
            customer_type.as_deref().and_then(words::read_customer_type);
        let call = CallId(rows::id(row, "call_id")?);
        let created_at: Timestamp = rows::time(row, "created_ms")?;
        let company = CompanyCode(row.get("home")?);
        let sub_type: Option<String> = row.get("sub_type")?;
        Ok(rules.get(&RuleId(rows::id(row, "rule")?)).map(|said| PolicyWhatIfCall {
            call_id: call,
            created_at,
            company,
            payment: said.key.payment,
            sub_type,
            customer_type,
            was: said.video_call,
            would_be: would(said),
        }))
    })?;
    Ok(found.into_iter().flatten().collect())
}
