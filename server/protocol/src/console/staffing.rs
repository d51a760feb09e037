//! How many agents are needed (C3). Times are seconds, shares from 0 to 1.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ids::CompanyCode;

/// What is wanted. Bounds: `service_level` 0.01 to 0.999, `within_s` 0 to 3,600, `occupancy` 0.1 to 1,
/// `shrinkage` 0 to 0.9.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct StaffingTarget {
    /// Share answered in time.
    pub service_level: f64,
    /// What «in time» is.
    pub within_s: f64,
    /// Agents are not to be busier than that; 1 if missing.
    pub occupancy: Option<f64>,
    /// Share of paid time in which an agent is not at the calls; 0 if missing.
    pub shrinkage: Option<f64>,
}

/// One interval, one pool.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct StaffingQuestion {
    /// Calls in the interval, 0 to 100,000.
    pub calls: f64,
    /// Length of the interval, 60 to 86,400.
    pub per_s: f64,
    /// Mean handling time, wrap-up included, 1 to 14,400.
    pub handle_s: f64,
    /// Mean patience of callers, 1 to 86,400: Erlang A; null: nobody hangs up, Erlang C.
    pub patience_s: Option<f64>,
    /// What is wanted.
    pub target: StaffingTarget,
}

/// How it goes with so many agents.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct StaffingFigures {
    /// At the calls.
    pub agents: u32,
    /// On the roster, with shrinkage.
    pub agents_scheduled: u32,
    /// Answered within T ÷ offered.
    pub service_level: f64,
    /// Answered within T ÷ (offered − abandoned within T).
    pub service_level_excluding_abandoned: f64,
    /// Share of callers who wait at all.
    pub probability_of_wait: f64,
    /// Mean wait of all callers; null: it grows without end.
    pub mean_wait_s: Option<f64>,
    /// Share of the time that an agent is busy.
    pub occupancy: f64,
    /// Share of callers who hang up.
    pub abandonment: f64,
}

/// The answer for an interval.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct StaffingAnswer {
    /// The fewest agents that reach the target.
    pub needed: StaffingFigures,
    /// The same with a few less and a few more.
    pub around: Vec<StaffingFigures>,
}

/// A day of half hours.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct StaffingDayQuestion {
    /// Read from the calls that this pool (serving company) had in the period; what is given below goes before. A
    /// replay plays those calls as they were: only a patience can be given beside it.
    pub past: Option<StaffingPast>,
    /// Calls of the day.
    pub calls_a_day: Option<f64>,
    /// 48 weights of the half hours, from midnight in Vietnam on.
    pub profile: Option<Vec<f64>>,
    /// Mean handling time.
    pub handle_s: Option<f64>,
    /// Mean patience.
    pub patience_s: Option<f64>,
    /// Erlang A needs a patience, given or read; replay needs `past`.
    pub method: StaffingMethod,
    /// What is wanted.
    pub target: StaffingTarget,
}

/// Calls of the past.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct StaffingPast {
    /// Serving company.
    pub pool: CompanyCode,
    /// First day in Vietnam, `YYYY-MM-DD`.
    pub from: String,
    /// Last day.
    pub to: String,
}

/// How it is reckoned.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum StaffingMethod {
    /// Nobody hangs up.
    ErlangC,
    /// Callers have patience.
    ErlangA,
    /// The calls of the past through the switchboard; at most 20,000.
    Replay,
}

/// What a past period was like.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct StaffingFit {
    /// Calls in all.
    pub calls: u32,
    /// Days with calls.
    pub days: u32,
    /// Mean of those days.
    pub calls_a_day: f64,
    /// Share of each half hour.
    pub profile: Vec<f64>,
    /// Mean handling time; null: no call was answered.
    pub handle_s: Option<f64>,
    /// Mean patience; null: nobody hung up.
    pub patience_s: Option<f64>,
}

/// A half hour of the plan.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct StaffingSlot {
    /// Minutes after midnight in Vietnam.
    pub from_minute: u32,
    /// Calls: of the day that is planned; of a replay: all days together.
    pub calls: f64,
    /// At the calls.
    pub agents: u32,
    /// On the roster.
    pub agents_scheduled: u32,
    /// Answered within T ÷ offered.
    pub service_level: f64,
    /// Mean wait; null: it grows without end.
    pub mean_wait_s: Option<f64>,
    /// Share of the time that an agent is busy.
    pub occupancy: f64,
    /// Share of callers who hang up.
    pub abandonment: f64,
}

/// The answer for a day.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct StaffingDay {
    /// What was read from the past.
    pub fit: Option<StaffingFit>,
    /// All 48.
    pub slots: Vec<StaffingSlot>,
    /// The most on the roster at one time.
    pub peak_scheduled: u32,
    /// Hours at the calls, all agents together.
    pub agent_hours: f64,
    /// Hours on the roster.
    pub scheduled_hours: f64,
    /// Whether every half hour reaches the target; only a replay can fail to.
    pub reached: bool,
    /// A replay only: its tries ended before its search did, so that fewer agents might do.
    pub cut_short: bool,
}
