//! The catalogue as known at a moment: for each line of the operator's table (a subscriber type) two timelines,
//! one for each column of customers.
//!
//! A line exists for both columns or for none, on every day: changes are reckoned a line at a time ([`change`]).
//!
//! [`change`]: super::change

use std::collections::BTreeMap;

use chinhchu_protocol::case::Payment;
use chinhchu_protocol::console::policy::{PolicyCustomers, PolicyValues};
use chinhchu_protocol::ids::RuleId;
use chinhchu_protocol::policy::VideoCall;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::bitemporal::{Timeline, earlier};
use super::words;

/// The table of the plan (P1), part of the program so that a fresh installation holds it.
pub const BUILT_IN: &str = include_str!("../../data/policy-catalogue.csv");

/// The subscriber type of the postpaid line: whatever the type (P1).
pub const EVERY_TYPE: &str = "*";

/// Which line of the table.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LineKey {
    /// Prepaid or postpaid.
    pub payment: Payment,
    /// Subscriber type, [`EVERY_TYPE`] for postpaid.
    pub sub_type: String,
}

impl LineKey {
    /// The line that rules a subscriber: postpaid has one line, whatever the type.
    pub fn ruling(payment: Payment, sub_type: Option<&str>) -> Self {
        let sub_type = match payment {
            Payment::Prepaid => sub_type.unwrap_or(""),
            Payment::Postpaid => EVERY_TYPE,
        };
        Self { payment, sub_type: sub_type.to_owned() }
    }
}

/// What an entry says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Value {
    /// The operator's name of the type.
    pub name: String,
    /// ICC profile.
    pub icc_profile: String,
    /// Column TYPE.
    pub kind: String,
    /// Y or N.
    pub video_call: VideoCall,
}

/// Both columns of a line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Line {
    /// Individuals and VI2.
    pub individual_vi2: Timeline<Value>,
    /// Enterprises.
    pub enterprise: Timeline<Value>,
}

impl Line {
    /// What the line says on a day.
    pub fn on(&self, day: Date) -> Option<PolicyValues> {
        let (people, firms) = (&self.individual_vi2.on(day)?.value, &self.enterprise.on(day)?.value);
        Some(PolicyValues {
            name: people.name.clone(),
            icc_profile: people.icc_profile.clone(),
            kind: people.kind.clone(),
            individual_vi2: people.video_call,
            enterprise: firms.video_call,
        })
    }

    /// Last day up to which neither column changes after `day`.
    pub fn steady_until(&self, day: Date) -> Option<Date> {
        earlier(self.individual_vi2.steady_until(day), self.enterprise.steady_until(day))
    }

    /// A column.
    pub const fn column(&self, customers: PolicyCustomers) -> &Timeline<Value> {
        match customers {
            PolicyCustomers::IndividualVi2 => &self.individual_vi2,
            PolicyCustomers::Enterprise => &self.enterprise,
        }
    }

    /// A column, to be filled.
    pub const fn column_mut(&mut self, customers: PolicyCustomers) -> &mut Timeline<Value> {
        match customers {
            PolicyCustomers::IndividualVi2 => &mut self.individual_vi2,
            PolicyCustomers::Enterprise => &mut self.enterprise,
        }
    }
}

/// One column's value out of a line's.
pub fn value_for(values: &PolicyValues, customers: PolicyCustomers) -> Value {
    Value {
        name: values.name.clone(),
        icc_profile: values.icc_profile.clone(),
        kind: values.kind.clone(),
        video_call: match customers {
            PolicyCustomers::IndividualVi2 => values.individual_vi2,
            PolicyCustomers::Enterprise => values.enterprise,
        },
    }
}

/// Both columns, in the table's order.
pub const COLUMNS: [PolicyCustomers; 2] = [PolicyCustomers::IndividualVi2, PolicyCustomers::Enterprise];

/// Every line, as known at a moment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Catalogue {
    /// By line; one that never held is not here.
    pub lines: BTreeMap<LineKey, Line>,
    /// In which order lines are written: prepaid before postpaid, then as they first came.
    pub order: Vec<LineKey>,
    /// Number of the newest change that was known; 0 before the first.
    pub newest: u32,
}

impl Catalogue {
    /// A line; an empty one if it was never known.
    pub fn line(&self, key: &LineKey) -> Line {
        self.lines.get(key).cloned().unwrap_or_default()
    }
}

/// Names an answer from its first day on: made of the content (UUIDv8), so that it is the same on every
/// installation, and after a detour.
pub fn rule_id(key: &LineKey, customers: PolicyCustomers, video_call: VideoCall, from: Date) -> RuleId {
    let answer = match video_call {
        VideoCall::Mandatory => "Y",
        VideoCall::NotMandatory => "N",
    };
    let (payment, customers) = (words::payment(key.payment), words::customers(customers));
    let text = format!("chinhchu-rule|{payment}|{}|{customers}|{answer}|{from}", key.sub_type);
    let hash = Sha256::digest(text.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    RuleId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ids stand in calls and in signed manifests: they never change.
    #[test]
    fn a_rule_id_is_the_one_that_manifests_in_the_field_carry() {
        let key = LineKey { payment: Payment::Prepaid, sub_type: "MC".to_owned() };
        let from = super::super::first_day();
        let id = rule_id(&key, PolicyCustomers::IndividualVi2, VideoCall::Mandatory, from);
        assert_eq!(id.to_string(), "5a4f1005-682d-8e8b-bf76-175b7f570e25");
    }
}
