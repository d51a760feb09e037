//! What a change of settings comes to, and whether a line of dated changes holds together. Pure.
//!
//! A change holds from its moment on; of several at one moment the one made later wins where they meet. A new
//! one is tried with everything that waits: neither it nor a later one may become impossible by it.

use std::collections::BTreeMap;

use chinhchu_protocol::ids::CompanyCode;
use serde_json::{Map, Value};

use super::rules::{self, Fault, fault};

/// Name of the change of who serves whom.
pub const SERVED_BY: &str = "served_by";

/// What holds for a company.
#[derive(Clone, PartialEq, Debug)]
pub struct Holding {
    /// What differs from the defaults.
    pub settings: Value,
    /// Whose agents take its calls.
    pub served_by: Option<CompanyCode>,
}

/// What holds for every open company.
pub type World = BTreeMap<CompanyCode, Holding>;

/// What a change does to the world: the company's new holding, or every fault.
pub fn step(
    world: &World,
    company: &CompanyCode,
    changes: &Map<String, Value>,
) -> Result<Holding, Vec<Fault>> {
    let Some(before) = world.get(company) else {
        return Err(vec![fault("company", "no_such_company", "there is no such company")]);
    };
    let mut faults = Vec::new();
    let mut patch = changes.clone();
    let served_by = match patch.remove(SERVED_BY) {
        None => before.served_by.clone(),
        Some(wanted) => match server(world, company, &wanted) {
            Ok(serving) => Some(serving),
            Err(told) => {
                faults.push(told);
                None
            }
        },
    };
    let exists = |code: &str| world.contains_key(&CompanyCode(code.to_owned()));
    match rules::patched(company, &before.settings, &patch, &exists) {
        Ok(settings) if faults.is_empty() => Ok(Holding { settings, served_by }),
        Ok(_) => Err(faults),
        Err(more) => Err(faults.into_iter().chain(more).collect()),
    }
}

/// Who serves must serve itself: then there is no chain and no circle. Null is the company itself.
fn server(world: &World, company: &CompanyCode, wanted: &Value) -> Result<CompanyCode, Fault> {
    let wanted = match wanted {
        Value::Null => company.clone(),
        Value::String(code) => CompanyCode(code.clone()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            return Err(fault(SERVED_BY, "no_such_company", "the code of a company"));
        }
    };
    if wanted == *company {
        return Ok(wanted);
    }
    let Some(target) = world.get(&wanted) else {
        return Err(fault(SERVED_BY, "no_such_company", "there is no such company"));
    };
    if target.served_by.as_ref() != Some(&wanted) {
        return Err(fault(
            SERVED_BY,
            "serves_nobody",
            format!("company {wanted} is itself served by another"),
        ));
    }
    let dependent =
        world.iter().find(|(code, one)| *code != company && one.served_by.as_ref() == Some(company));
    if let Some((dependent, _)) = dependent {
        let told = format!("company {company} serves company {dependent}: give that one away first");
        return Err(fault(SERVED_BY, "serves_others", told));
    }
    Ok(wanted)
}

/// A change in a line of them, in the order of their moments.
pub struct Planned<'a, Id> {
    /// Names it.
    pub id: Id,
    /// Whose settings.
    pub company: &'a CompanyCode,
    /// What.
    pub changes: &'a Map<String, Value>,
}

/// Goes through a line of changes; the first that does not fit ends it.
pub fn walk<'a, Id>(
    mut world: World,
    line: impl IntoIterator<Item = Planned<'a, Id>>,
) -> Result<World, (Id, Vec<Fault>)> {
    for planned in line {
        match step(&world, planned.company, planned.changes) {
            Ok(holding) => {
                world.insert(planned.company.clone(), holding);
            }
            Err(faults) => return Err((planned.id, faults)),
        }
    }
    Ok(world)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn code(text: &str) -> CompanyCode {
        CompanyCode(text.to_owned())
    }

    /// C1: 1 serves 4 and 6, 3 serves 7.
    fn world() -> World {
        let serving = [("1", "1"), ("2", "2"), ("3", "3"), ("4", "1"), ("6", "1"), ("7", "3")];
        let holding = |by: &str| Holding { settings: json!({}), served_by: Some(code(by)) };
        serving.into_iter().map(|(home, by)| (code(home), holding(by))).collect()
    }

    fn tried(company: &str, changes: Value) -> Result<Holding, Vec<&'static str>> {
        let Value::Object(changes) = changes else { panic!("an object") };
        step(&world(), &code(company), &changes)
            .map_err(|faults| faults.into_iter().map(|fault| fault.code).collect())
    }

    #[test]
    fn c1_only_who_serves_itself_serves_others_so_there_is_no_circle() {
        assert_eq!(tried("4", json!({"served_by": "2"})).map(|it| it.served_by), Ok(Some(code("2"))));
        assert_eq!(tried("4", json!({"served_by": null})).map(|it| it.served_by), Ok(Some(code("4"))));
        assert_eq!(tried("4", json!({"served_by": "6"})), Err(vec!["serves_nobody"]));
        assert_eq!(tried("1", json!({"served_by": "4"})), Err(vec!["serves_nobody"]));
        assert_eq!(tried("1", json!({"served_by": "2"})), Err(vec!["serves_others"]));
        assert_eq!(tried("4", json!({"served_by": "99"})), Err(vec!["no_such_company"]));
        assert_eq!(tried("4", json!({"served_by": 2})), Err(vec!["no_such_company"]));
        assert_eq!(tried("99", json!({})), Err(vec!["no_such_company"]));
    }

    #[test]
    fn faults_of_both_kinds_are_told_together() {
        let faults = tried("4", json!({"served_by": "6", "max_wait_ms": 1, "colour": "red"}));
        assert_eq!(faults, Err(vec!["serves_nobody", "unknown_field", "out_of_range"]));
    }

    #[test]
    fn a_line_of_changes_is_walked_in_order_and_the_first_that_does_not_fit_is_named() {
        let (four, one) = (code("4"), code("1"));
        let json = |value: Value| value.as_object().cloned().expect("an object");
        let away = json(json!({"served_by": "2"}));
        let six = json(json!({"served_by": "2"}));
        let give_up = json(json!({"served_by": "2"}));
        let sixth = code("6");
        let line = |order: [usize; 3]| {
            let all = [(&four, &away), (&sixth, &six), (&one, &give_up)];
            order.map(|n| Planned { id: n, company: all[n].0, changes: all[n].1 })
        };
        let done = walk(world(), line([0, 1, 2])).map_err(|(id, _)| id).expect("fits");
        assert!(["1", "2", "4", "6"].iter().all(|home| done[&code(home)].served_by == Some(code("2"))));
        assert_eq!(walk(world(), line([0, 2, 1])).map_err(|(id, _)| id).err(), Some(2));
    }
}
