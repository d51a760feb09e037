//! Which subscribers need a call (P1–P3).
//!
//! [`catalogue`] the operator's table · [`decide`] what a rule means for a channel · [`sql`] rules with their
//! periods of validity · [`http`] `GET /v1/policy/decision`.

pub mod catalogue;
pub mod decide;
pub mod http;
pub mod sql;

use chinhchu_protocol::case::CustomerType;
use chinhchu_protocol::ids::RuleId;
use chinhchu_protocol::policy::{CallPolicy, VideoCall};
use chinhchu_protocol::time::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

/// First validity of the operator's catalogue (P1).
pub const FIRST_VALID_FROM: &str = "2021-10-01";

/// One entry of the catalogue in the period it holds. Days are Vietnam's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// Names the entry for ever.
    pub rule_id: RuleId,
    /// `prepaid` or `postpaid`.
    pub payment: &'static str,
    /// Subscriber type; `*` for every one.
    pub sub_type: String,
    /// The operator's name of the type.
    pub name: String,
    /// For whom.
    pub customers: Customers,
    /// Y or N.
    pub video_call: VideoCall,
    /// First day, `YYYY-MM-DD`.
    pub valid_from: String,
    /// Last day; `None` while open.
    pub valid_to: Option<String>,
}

impl Rule {
    /// As a call carries it.
    pub fn for_call(&self) -> CallPolicy {
        CallPolicy { video_call: self.video_call, rule_id: self.rule_id }
    }
}

/// The catalogue's two columns: VI2 is an enterprise type ruled like an individual (P1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Customers {
    /// KHCN and VI2.
    IndividualVi2,
    /// KHDN.
    Enterprise,
}

impl Customers {
    /// The column a customer type is ruled by.
    pub const fn of(customer_type: CustomerType) -> Self {
        match customer_type {
            CustomerType::Individual | CustomerType::Vi2 => Self::IndividualVi2,
            CustomerType::Enterprise => Self::Enterprise,
        }
    }

    /// As stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::IndividualVi2 => "individual_vi2",
            Self::Enterprise => "enterprise",
        }
    }
}

/// The day in Vietnam (UTC+7 all year, since 1975) at a moment.
pub fn vietnam_day(at: Timestamp) -> Date {
    let zone = TimeZone::fixed(Offset::constant(7));
    jiff::Timestamp::from(at).to_zoned(zone).date()
}
