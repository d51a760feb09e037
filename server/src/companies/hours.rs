//! Opening hours as people write them: checked field by field. `hours` sets them whole, `hours.weekly` the week
//! alone, `hours.weekly.mon` one weekday, `hours.holidays.YYYY-MM-DD` one day; null takes each but a weekday away.
//! Who changes one day sends that day alone: then changes that are planned do not undo one another.

use chinhchu_routing::hours::{DAY_MINUTES, Day, Hours, Span};
use serde_json::{Map, Value, json};

use super::rules::{Fault, fault};

/// Most spans of a day.
const MAX_SPANS: usize = 8;
/// Most holidays: some years ahead.
const MAX_HOLIDAYS: usize = 400;
/// Names in front of a holiday's day.
const HOLIDAY: &str = "hours.holidays.";
/// Names the week alone.
const WEEKLY: &str = "hours.weekly";
/// Names in front of a weekday.
const WEEKDAY: &str = "hours.weekly.";
/// Names of the weekdays, in the order of the week.
pub const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Whether a field is a part of the hours that is set for itself.
pub fn is_part(field: &str) -> bool {
    field == WEEKLY || field.starts_with(HOLIDAY) || weekday(field).is_some()
}

/// The place in the week of the weekday that a field names.
fn weekday(field: &str) -> Option<usize> {
    let name = field.strip_prefix(WEEKDAY)?;
    WEEKDAYS.iter().position(|known| *known == name)
}

/// Names every fault of hours given whole.
pub fn check(value: &Value, faults: &mut Vec<Fault>) {
    let Some(hours) = value.as_object() else {
        faults.push(fault("hours", "not_an_object", "{\"weekly\":[…],\"holidays\":{…}}"));
        return;
    };
    if hours.keys().any(|key| key != "weekly" && key != "holidays") {
        faults.push(fault("hours", "unknown_field", "weekly and holidays only"));
    }
    weekly(hours.get("weekly").unwrap_or(&Value::Null), faults);
    let Some(holidays) = hours.get("holidays") else { return };
    let Some(holidays) = holidays.as_object().filter(|days| days.len() <= MAX_HOLIDAYS) else {
        let told = format!("at most {MAX_HOLIDAYS} days with their spans");
        faults.push(fault("hours.holidays", "too_many", told));
        return;
    };
    for (day, spans) in holidays {
        holiday(day, spans, faults);
    }
}

/// Names every fault of a part.
pub fn check_part(field: &str, value: &Value, faults: &mut Vec<Fault>) {
    if weekday(field).is_some() {
        return spans(field, value, faults);
    }
    match field.strip_prefix(HOLIDAY) {
        Some(day) if value.is_null() => {
            if day.parse::<Day>().is_err() {
                faults.push(fault("hours.holidays", "not_a_date", "a day as YYYY-MM-DD"));
            }
        }
        Some(day) => holiday(day, value, faults),
        None if value.is_null() => {}
        None => weekly(value, faults),
    }
}

/// Puts a part into the rules. A holiday or a weekday where there were no hours leaves every other day open all
/// day; taking the week away takes the holidays with it.
pub fn put_part(rules: &mut Map<String, Value>, field: &str, value: &Value) {
    let hours = rules.get("hours").filter(|hours| hours.is_object()).cloned();
    let mut hours = match (hours, field == WEEKLY && value.is_null()) {
        (_, true) => {
            rules.remove("hours");
            return;
        }
        (Some(hours), false) => hours,
        (None, false) => json!({ "weekly": vec![[Span { from: 0, to: DAY_MINUTES }]; 7] }),
    };
    match field.strip_prefix(HOLIDAY) {
        None => match weekday(field) {
            None => hours["weekly"] = value.clone(),
            Some(n) => hours["weekly"][n] = value.clone(),
        },
        Some(day) if value.is_null() => {
            if let Some(days) = hours.get_mut("holidays").and_then(Value::as_object_mut) {
                days.remove(day);
            }
        }
        Some(day) => hours["holidays"][day] = value.clone(),
    }
    rules.insert("hours".to_owned(), hours);
}

/// What only the whole can tell.
pub fn check_whole(hours: &Hours, faults: &mut Vec<Fault>) {
    if hours.holidays.len() > MAX_HOLIDAYS {
        faults.push(fault("hours.holidays", "too_many", format!("at most {MAX_HOLIDAYS} days")));
    }
}

fn weekly(value: &Value, faults: &mut Vec<Fault>) {
    let Some(days) = value.as_array().filter(|days| days.len() == 7) else {
        faults.push(fault(WEEKLY, "not_seven_days", "a list of spans for each of seven days, Monday first"));
        return;
    };
    for (n, day) in days.iter().enumerate() {
        spans(&format!("{WEEKLY}[{n}]"), day, faults);
    }
}

fn holiday(day: &str, value: &Value, faults: &mut Vec<Fault>) {
    match day.parse::<Day>() {
        Ok(day) => spans(&format!("{HOLIDAY}{day}"), value, faults),
        Err(_) => faults.push(fault("hours.holidays", "not_a_date", "a day as YYYY-MM-DD")),
    }
}

fn spans(place: &str, value: &Value, faults: &mut Vec<Fault>) {
    let Some(spans) = value.as_array().filter(|spans| spans.len() <= MAX_SPANS) else {
        faults.push(fault(place, "not_a_list", format!("a list of at most {MAX_SPANS} spans")));
        return;
    };
    let mut last = 0;
    for (n, span) in spans.iter().enumerate() {
        let place = format!("{place}[{n}]");
        match serde_json::from_value::<Span>(span.clone()).ok().filter(|span| span.is_sound()) {
            None => faults.push(fault(
                place,
                "out_of_range",
                "{\"from\":…,\"to\":…}: minutes from midnight, from below 1440, to after from and at most a day later",
            )),
            Some(span) if span.from < last => {
                faults.push(fault(place, "overlaps", "begins after the span above has ended"));
            }
            Some(span) => last = span.to,
        }
    }
}

/// `07:30-11:30,13:00-17:30` of the command line; `closed` is no span.
pub fn spans_of(text: &str) -> Option<Value> {
    if text == "closed" {
        return Some(json!([]));
    }
    let spans = text.split(',').map(|span| {
        let (from, to) = span.trim().split_once('-')?;
        let (from, to) = (minute(from)?, minute(to)?);
        // 22:00-06:00 ends on the next day.
        let to = if to <= from { to.checked_add(DAY_MINUTES)? } else { to };
        let span = Span { from, to };
        span.is_sound().then_some(span)
    });
    let spans: Option<Vec<Span>> = spans.collect();
    spans.map(|spans| json!(spans))
}

/// `HH:MM`, up to 24:00.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let whole = hour.checked_mul(60)?.checked_add(minute)?;
    (minute < 60 && whole <= DAY_MINUTES).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(value: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        check(value, &mut faults);
        faults.into_iter().map(|fault| format!("{} {}", fault.field, fault.code)).collect()
    }

    #[test]
    fn every_fault_of_hours_is_named_by_its_place() {
        let day = json!([{"from": 450, "to": 1050}]);
        let good = json!({"weekly": [day, day, day, day, day, [], []], "holidays": {"2027-01-01": []}});
        assert_eq!(faults(&good), Vec::<String>::new());
        let wrong = json!({"weekly": [[{"from": 600, "to": 500}], [{"from": 0, "to": 60}, {"from": 30, "to": 90}],
            [{"from": 1440, "to": 1500}], [{"from": 1, "to": 1442}], [{"from": 1}], 5, []],
            "holidays": {"2027-02-29": [], "2027-01-01": [{"from": 9, "to": 9}]}, "colour": 1});
        let expected = [
            "hours unknown_field",
            "hours.weekly[0][0] out_of_range",
            "hours.weekly[1][1] overlaps",
            "hours.weekly[2][0] out_of_range",
            "hours.weekly[3][0] out_of_range",
            "hours.weekly[4][0] out_of_range",
            "hours.weekly[5] not_a_list",
            "hours.holidays.2027-01-01[0] out_of_range",
            "hours.holidays not_a_date",
        ];
        let mut found = faults(&wrong);
        let mut expected = expected.map(str::to_owned).to_vec();
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
        assert_eq!(faults(&json!({"weekly": []})), ["hours.weekly not_seven_days"]);
    }

    #[test]
    fn a_holiday_is_put_beside_the_week_and_taken_away_again() {
        let mut rules = Map::new();
        put_part(&mut rules, "hours.holidays.2027-01-01", &json!([]));
        let hours: Hours = serde_json::from_value(rules["hours"].clone()).expect("hours");
        assert!(hours.is_open("2026-12-31T23:59:00+07:00".parse().expect("time")));
        assert!(!hours.is_open("2027-01-01T12:00:00+07:00".parse().expect("time")));
        let week = json!([[], [], [], [], [], [], [{"from": 0, "to": 60}]]);
        put_part(&mut rules, "hours.weekly", &week);
        assert_eq!(rules["hours"]["holidays"], json!({"2027-01-01": []}));
        put_part(&mut rules, "hours.holidays.2027-01-01", &Value::Null);
        assert_eq!(rules["hours"], json!({"weekly": week, "holidays": {}}));
        put_part(&mut rules, "hours.weekly", &Value::Null);
        assert!(rules.is_empty());
    }

    #[test]
    fn spans_are_read_as_people_write_them() {
        let read = |text: &str| spans_of(text).map(|spans| spans.to_string());
        assert_eq!(
            read("07:30-11:30, 13:00-17:30").as_deref(),
            Some(r#"[{"from":450,"to":690},{"from":780,"to":1050}]"#)
        );
        assert_eq!(read("22:00-06:00").as_deref(), Some(r#"[{"from":1320,"to":1800}]"#));
        assert_eq!(read("00:00-24:00").as_deref(), Some(r#"[{"from":0,"to":1440}]"#));
        assert_eq!(read("closed").as_deref(), Some("[]"));
        for wrong in ["", "7-8", "07:60-08:00", "24:00-25:00", "07:30"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
