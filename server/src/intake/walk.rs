//! Walks a JSON object field by field and collects what is wrong with each.

use chinhchu_protocol::problem::FieldError;
use chinhchu_protocol::time::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value};

/// More faults than this are not listed.
pub const MAX_FAULTS: usize = 64;

/// Faults found so far.
#[derive(Default)]
pub struct Faults(Vec<FieldError>);

impl Faults {
    /// Adds one, unless the list is full.
    pub fn add(&mut self, field: impl Into<String>, code: &str) {
        if self.0.len() < MAX_FAULTS {
            self.0.push(FieldError { field: field.into(), code: code.to_owned() });
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The list, in the order found.
    pub fn into_list(self) -> Vec<FieldError> {
        self.0
    }
}

/// A field name is the sender's text: repeated only if it looks like one of an interface (I9).
pub fn plain_name(name: &str) -> &str {
    let plain = |b: u8| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit();
    let starts = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    if starts && name.len() <= 40 && name.bytes().all(plain) { name } else { "?" }
}

/// One object on the way through.
pub struct Walk<'a> {
    path: String,
    map: &'a Map<String, Value>,
    seen: Vec<&'static str>,
    faults: &'a mut Faults,
}

impl<'a> Walk<'a> {
    /// Begins at an object; `path` is empty at the top.
    pub fn new(path: &str, map: &'a Map<String, Value>, faults: &'a mut Faults) -> Self {
        Self { path: path.to_owned(), map, seen: Vec::new(), faults }
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Records a fault of one field.
    pub fn fault(&mut self, name: &str, code: &str) {
        let path = self.path_of(name);
        self.faults.add(path, code);
    }

    /// Records that a needed field is missing, unless a fault of it is known already.
    pub fn missing(&mut self, name: &str) {
        let path = self.path_of(name);
        if !self.faults.0.iter().any(|fault| fault.field == path) {
            self.faults.add(path, "missing");
        }
    }

    /// The field's value; `null` counts as missing.
    fn get(&mut self, name: &'static str) -> Option<&'a Value> {
        self.seen.push(name);
        self.map.get(name).filter(|value| !value.is_null())
    }

    fn needed(&mut self, name: &'static str) -> Option<&'a Value> {
        let value = self.get(name);
        if value.is_none() {
            self.missing(name);
        }
        value
    }

    fn as_text(&mut self, name: &str, value: &'a Value) -> Option<&'a str> {
        let text = value.as_str();
        if text.is_none() {
            self.fault(name, "wrong_type");
        }
        text
    }

    fn sized(&mut self, name: &str, value: &'a Value, min: usize, max: usize) -> Option<String> {
        let text = self.as_text(name, value)?;
        let length = text.trim().chars().count();
        let code = if length < min {
            "too_short"
        } else if text.chars().count() > max {
            "too_long"
        } else if text.chars().any(char::is_control) {
            "bad_characters"
        } else {
            return Some(text.to_owned());
        };
        self.fault(name, code);
        None
    }

    /// A text of `min` to `max` characters.
    pub fn text(&mut self, name: &'static str, min: usize, max: usize) -> Option<String> {
        let value = self.needed(name)?;
        self.sized(name, value, min, max)
    }

    /// The same, if it is there.
    pub fn optional_text(&mut self, name: &'static str, min: usize, max: usize) -> Option<String> {
        let value = self.get(name)?;
        self.sized(name, value, min, max)
    }

    /// [`Self::checked`], if it is there.
    pub fn optional_checked(
        &mut self,
        name: &'static str,
        code: &str,
        check: fn(&str) -> bool,
    ) -> Option<String> {
        self.get(name)?;
        self.checked(name, code, check)
    }

    /// A text that passes `check`; otherwise `code`.
    pub fn checked(&mut self, name: &'static str, code: &str, check: fn(&str) -> bool) -> Option<String> {
        let value = self.needed(name)?;
        let text = self.as_text(name, value)?;
        if check(text) {
            return Some(text.to_owned());
        }
        self.fault(name, code);
        None
    }

    /// One of a few words.
    pub fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let value = self.needed(name)?;
        let text = self.as_text(name, value)?;
        let found = choices.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice);
        if found.is_none() {
            self.fault(name, "unknown_value");
        }
        found
    }

    /// `YYYY-MM-DD`, a real day from 1900 on, not after `today`.
    pub fn past_date(&mut self, name: &'static str, today: Date) -> Option<String> {
        let value = self.needed(name)?;
        let text = self.as_text(name, value)?;
        let Some(date) = read_date(text) else {
            self.fault(name, "not_a_date");
            return None;
        };
        if date > today {
            self.fault(name, "in_the_future");
        } else if date.year() < 1900 {
            self.fault(name, "out_of_range");
        }
        Some(text.to_owned())
    }

    /// RFC 3339.
    pub fn moment(&mut self, name: &'static str) -> Option<Timestamp> {
        let value = self.needed(name)?;
        let text = self.as_text(name, value)?;
        let moment = text.parse().ok();
        if moment.is_none() {
            self.fault(name, "not_a_time");
        }
        moment
    }

    /// A number from 0 to 1.
    pub fn share(&mut self, name: &'static str) -> Option<f64> {
        let value = self.needed(name)?;
        let number = value.as_f64();
        match number {
            None => self.fault(name, "wrong_type"),
            Some(number) if !(0.0..=1.0).contains(&number) => self.fault(name, "out_of_range"),
            Some(_) => {}
        }
        number
    }

    fn inner<T>(
        &mut self,
        name: &str,
        value: &Value,
        read: impl FnOnce(&mut Walk<'_>) -> Option<T>,
    ) -> Option<T> {
        let Value::Object(map) = value else {
            self.fault(name, "wrong_type");
            return None;
        };
        let path = self.path_of(name);
        let mut walk = Walk::new(&path, map, self.faults);
        let result = read(&mut walk);
        walk.no_others();
        result
    }

    /// An object.
    pub fn object<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Walk<'_>) -> Option<T>,
    ) -> Option<T> {
        let value = self.needed(name)?;
        self.inner(name, value, read)
    }

    /// The same, if it is there.
    pub fn optional_object<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Walk<'_>) -> Option<T>,
    ) -> Option<T> {
        let value = self.get(name)?;
        self.inner(name, value, read)
    }

    /// Names every field that nobody asked for.
    pub fn no_others(&mut self) {
        let others: Vec<&str> =
            self.map.keys().map(String::as_str).filter(|name| !self.seen.contains(name)).collect();
        for name in others {
            self.fault(plain_name(name), "unknown_field");
        }
    }
}

/// Reads exactly `YYYY-MM-DD`; jiff alone would take other ISO 8601 forms too.
pub fn read_date(text: &str) -> Option<Date> {
    let shape = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    if shape { text.parse().ok() } else { None }
}
