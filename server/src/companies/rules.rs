//! What a company can set, read with every fault named by its field. Three readers share the JSON: the
//! routing core ([`Settings`]), the intake ([`IntakeRules`]) and retention ([`RetentionRules`]).

use std::collections::{BTreeMap, BTreeSet};

use chinhchu_protocol::ids::CompanyCode;
use chinhchu_routing::Settings;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::hours;
use super::sql::IntakeRules;
use crate::retention::RetentionRules;

/// Most steps of an overflow.
const MAX_STEPS: usize = 8;
/// Most partners.
const MAX_PARTNERS: usize = 64;
const MAX_WEIGHT: u64 = 1_000;
const MINUTE: u64 = 60_000;

/// Bounds of every figure, ms unless its name says otherwise.
const FIGURES: [(&str, u64, u64); 15] = [
    ("ring_timeout_ms", 500, 2 * MINUTE),
    ("ring_confirm_ms", 250, 10_000),
    ("max_wait_ms", 1_000, 120 * MINUTE),
    ("max_queue_len", 1, 10_000),
    ("wrap_up_ms", 0, 10 * MINUTE),
    ("pause_after_missed", 0, 100),
    ("preparing_ms", 1_000, 60 * MINUTE),
    ("connecting_ms", 1_000, 2 * MINUTE),
    ("reconnect_ms", 1_000, 2 * MINUTE),
    ("unwitnessed_ms", 1_000, 30 * MINUTE),
    ("evidence_ms", MINUTE, 7 * 24 * 60 * MINUTE),
    ("max_call_ms", MINUTE, 240 * MINUTE),
    ("reoffer_after_ms", 0, MINUTE),
    ("retention_pictures_days", 1, 36_500),
    ("retention_case_days", 1, 36_500),
];
const SWITCHES: [&str; 4] =
    ["decline_ends", "require_consent", "require_biometric_match", "serve_queue_after_close"];
/// What is neither a figure nor a switch.
const OTHERS: [&str; 5] = ["selection", "skills", "partner_shares", "overflow", "hours"];

/// All rules of a company.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Rules {
    /// Of the intake.
    #[serde(flatten)]
    pub intake: IntakeRules,
    /// Of the routing core.
    #[serde(flatten)]
    pub routing: Settings,
    /// Of what is kept.
    #[serde(flatten)]
    pub retention: RetentionRules,
}

/// A field and what is wrong with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The field, with its place in lists.
    pub field: String,
    /// Stable code.
    pub code: &'static str,
    /// In words, for people at a command line.
    pub told: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.field, self.told)
    }
}

/// Puts `patch` over the rules of now and checks the whole. A field that is null takes its default.
///
/// # Errors
/// Every fault found.
pub fn patched(
    company: &CompanyCode,
    before: &Value,
    patch: &Map<String, Value>,
    exists: &dyn Fn(&str) -> bool,
) -> Result<Value, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut rules = before.as_object().cloned().unwrap_or_default();
    for (field, value) in patch {
        check(company, field, value, exists, &mut faults);
        if !faults.is_empty() {
            // Looked through to the end, put together no more.
        } else if hours::is_part(field) {
            hours::put_part(&mut rules, field, value);
        } else if value.is_null() {
            rules.remove(field);
        } else {
            rules.insert(field.clone(), value.clone());
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let rules = Value::Object(rules);
    let whole: Rules = serde_json::from_value(rules.clone())
        .map_err(|_| vec![fault("rules", "unreadable", "cannot be read")])?;
    let routing = whole.routing;
    if routing.ring_confirm_ms >= routing.ring_timeout_ms {
        faults.push(fault("ring_confirm_ms", "does_not_fit", "must be shorter than ring_timeout_ms"));
    }
    let late = routing.overflow.iter().position(|step| step.after_ms >= routing.max_wait_ms);
    if let Some(n) = late {
        let field = format!("overflow[{n}].after_ms");
        faults.push(fault(field, "does_not_fit", "must be shorter than max_wait_ms"));
    }
    if let Some(hours) = &routing.hours {
        hours::check_whole(hours, &mut faults);
    }
    if faults.is_empty() { Ok(rules) } else { Err(faults) }
}

fn check(
    company: &CompanyCode,
    field: &str,
    value: &Value,
    exists: &dyn Fn(&str) -> bool,
    faults: &mut Vec<Fault>,
) {
    let figure = FIGURES.iter().find(|(name, ..)| *name == field);
    match (field, figure) {
        _ if value.is_null() && (figure.is_some() || is_known(field)) => {}
        (_, Some((_, least, most))) => {
            if !value.as_u64().is_some_and(|figure| (*least..=*most).contains(&figure)) {
                faults.push(fault(field, "out_of_range", format!("from {least} to {most}")));
            }
        }
        ("selection", _) => {
            choice(field, value, &["longest_idle", "least_calls", "round_robin"], faults);
        }
        ("skills", _) => choice(field, value, &["off", "prefer", "require"], faults),
        ("partner_shares", _) => shares(value, faults),
        ("overflow", _) => overflow(company, value, exists, faults),
        ("hours", _) => hours::check(value, faults),
        (name, _) if hours::is_part(name) => hours::check_part(name, value, faults),
        (name, _) if SWITCHES.contains(&name) => {
            if !value.is_boolean() {
                faults.push(fault(field, "not_a_boolean", "true or false"));
            }
        }
        (_, None) => faults.push(fault(shown(field), "unknown_field", "there is no such rule")),
    }
}

fn is_known(field: &str) -> bool {
    SWITCHES.contains(&field) || OTHERS.contains(&field)
}

fn choice(field: &str, value: &Value, names: &[&str], faults: &mut Vec<Fault>) {
    if !value.as_str().is_some_and(|name| names.contains(&name)) {
        faults.push(fault(field, "unknown_value", format!("one of {}", names.join(", "))));
    }
}

fn shares(value: &Value, faults: &mut Vec<Fault>) {
    let Some(shares) = value.as_object().filter(|shares| shares.len() <= MAX_PARTNERS) else {
        let told = format!("at most {MAX_PARTNERS} partners with their weights");
        faults.push(fault("partner_shares", "too_many", told));
        return;
    };
    for (partner, weight) in shares {
        if partner.chars().count() > 128 {
            faults.push(fault("partner_shares", "too_long", "a partner's name has at most 128 characters"));
        } else if !weight.as_u64().is_some_and(|weight| (1..=MAX_WEIGHT).contains(&weight)) {
            let field = format!("partner_shares.{partner}");
            faults.push(fault(field, "out_of_range", format!("a weight from 1 to {MAX_WEIGHT}")));
        }
    }
}

fn overflow(company: &CompanyCode, value: &Value, exists: &dyn Fn(&str) -> bool, faults: &mut Vec<Fault>) {
    let Some(steps) = value.as_array().filter(|steps| steps.len() <= MAX_STEPS) else {
        faults.push(fault("overflow", "too_many", format!("a list of at most {MAX_STEPS} steps")));
        return;
    };
    let (mut last, mut seen) = (None, BTreeSet::new());
    for (n, step) in steps.iter().enumerate() {
        let place = |field: &str| format!("overflow[{n}].{field}");
        match step["after_ms"].as_u64().filter(|after| *after <= 60 * MINUTE) {
            None => {
                let told = format!("from 0 to {}", 60 * MINUTE);
                faults.push(fault(place("after_ms"), "out_of_range", told));
            }
            Some(after) if last.is_some_and(|last| after < last) => {
                faults.push(fault(place("after_ms"), "out_of_order", "not before the step above"));
            }
            Some(after) => last = Some(after),
        }
        let told = match step["to"].as_str() {
            Some(to) if to == company.0 => Some(("itself", "the company itself takes its calls anyway")),
            Some(to) if !exists(to) => Some(("no_such_company", "there is no such company")),
            Some(to) if !seen.insert(to) => Some(("repeated", "named before")),
            Some(_) => None,
            None => Some(("no_such_company", "the code of a company")),
        };
        faults.extend(told.map(|(code, told)| fault(place("to"), code, told)));
        let strange =
            step.as_object().is_none_or(|step| step.keys().any(|key| key != "after_ms" && key != "to"));
        if strange {
            let told = "{\"after_ms\":…,\"to\":\"CODE\"}";
            faults.push(fault(format!("overflow[{n}]"), "unknown_field", told));
        }
    }
}

/// A field's name is somebody's text, too.
fn shown(field: &str) -> String {
    field.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(40).collect()
}

/// A fault.
pub fn fault(field: impl Into<String>, code: &'static str, told: impl Into<String>) -> Fault {
    Fault { field: field.into(), code, told: told.into() }
}

/// `PARTNER=WEIGHT` of the command line.
pub fn share(text: &str) -> Option<(String, u64)> {
    let (partner, weight) = text.rsplit_once('=')?;
    Some((partner.to_owned(), weight.parse().ok()?))
}

/// Shares as JSON.
pub fn shares_json(shares: BTreeMap<String, u64>) -> Value {
    Value::Object(shares.into_iter().map(|(partner, weight)| (partner, weight.into())).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patch(before: &Value, patch: Value) -> Result<Value, Vec<String>> {
        let Value::Object(patch) = patch else { panic!("an object") };
        let exists = |code: &str| ["1", "2", "3"].contains(&code);
        patched(&CompanyCode("1".to_owned()), before, &patch, &exists)
            .map_err(|faults| faults.into_iter().map(|fault| fault.field).collect())
    }

    #[test]
    fn rules_of_a_pool_are_put_over_those_of_before() {
        let before = json!({"require_consent": true, "wrap_up_ms": 5_000});
        let after = patch(
            &before,
            json!({"selection": "round_robin", "skills": "require", "partner_shares": {"A": 2, "": 1},
                   "overflow": [{"after_ms": 0, "to": "2"}, {"after_ms": 30_000, "to": "3"}], "wrap_up_ms": null}),
        );
        let rules: Rules = serde_json::from_value(after.expect("good")).expect("rules");
        assert!(rules.intake.require_consent);
        assert_eq!(rules.routing.wrap_up_ms, Settings::default().wrap_up_ms);
        assert_eq!(rules.routing.overflow.len(), 2);
        assert_eq!(rules.routing.partner_shares.get("A"), Some(&2));
    }

    #[test]
    fn every_wrong_rule_is_named_by_its_field() {
        let faults = patch(
            &json!({}),
            json!({"selection": "nearest", "skills": true, "partner_shares": {"A": 0}, "ring_timeout_ms": 5,
                   "decline_ends": "no", "max_wait_ms": -1, "colour": "blue",
                   "overflow": [{"after_ms": 9_000, "to": "1"}, {"after_ms": 8_000, "to": "9"}, {"to": "2", "x": 1}]}),
        );
        let mut faults = faults.expect_err("wrong");
        faults.sort();
        let expected = [
            "colour",
            "decline_ends",
            "max_wait_ms",
            "overflow[0].to",
            "overflow[1].after_ms",
            "overflow[1].to",
            "overflow[2]",
            "overflow[2].after_ms",
            "partner_shares.A",
            "ring_timeout_ms",
            "selection",
            "skills",
        ];
        assert_eq!(faults, expected);
    }

    #[test]
    fn rules_must_fit_each_other() {
        assert_eq!(
            patch(&json!({}), json!({"ring_timeout_ms": 2_000})),
            Err(vec!["ring_confirm_ms".to_owned()])
        );
        let late = json!({"max_wait_ms": 20_000, "overflow": [{"after_ms": 20_000, "to": "2"}]});
        assert_eq!(patch(&json!({}), late), Err(vec!["overflow[0].after_ms".to_owned()]));
    }
}
