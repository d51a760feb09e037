//! Reports, the evaluation of a trial, and the daily reconciliation with mSale (C4, S16).
//!
//! What each figure means, exactly, stands in docs/reports.md. Counts are whole numbers, times ms, money đồng.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::call::Decision;
use crate::ids::CallId;
use crate::time::Timestamp;

/// What the rows of a report are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum ReportBy {
    /// No rows: the total alone.
    Total,
    /// Company whose agents have the call.
    Serving,
    /// Company whose dealer made it.
    Home,
    /// Partner whose agents were offered it; an empty key is the companies' own agents.
    Partner,
    /// Agent who was offered it.
    Agent,
    /// Account of the dealer.
    Dealer,
    /// Subscriber type of the catalogue.
    SubType,
    /// Individual, VI2 or enterprise.
    CustomerType,
    /// Prepaid or postpaid.
    Payment,
    /// Day of Vietnam on which it was taken in, `YYYY-MM-DD`.
    Day,
    /// Hour of Vietnam in which it was taken in, `YYYY-MM-DDTHH`.
    Hour,
    /// Hour of the day, `00` to `23`.
    HourOfDay,
}

impl ReportBy {
    /// Every one.
    pub const ALL: [Self; 12] = [
        Self::Total,
        Self::Serving,
        Self::Home,
        Self::Partner,
        Self::Agent,
        Self::Dealer,
        Self::SubType,
        Self::CustomerType,
        Self::Payment,
        Self::Day,
        Self::Hour,
        Self::HourOfDay,
    ];

    /// As it stands on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Serving => "serving",
            Self::Home => "home",
            Self::Partner => "partner",
            Self::Agent => "agent",
            Self::Dealer => "dealer",
            Self::SubType => "sub_type",
            Self::CustomerType => "customer_type",
            Self::Payment => "payment",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::HourOfDay => "hour_of_day",
        }
    }

    /// Reads [`Self::name`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.name() == text)
    }
}

/// `GET /v1/console/reports`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Report {
    /// First moment.
    pub from: Timestamp,
    /// First moment that does not belong to it any more.
    pub to: Timestamp,
    /// When it was reckoned.
    pub made_at: Timestamp,
    /// What the rows are.
    pub by: ReportBy,
    /// T of the service level, s.
    pub within_s: u32,
    /// Whose share of each call is told, if not the whole call's; empty for the companies' own agents.
    pub partner: Option<String>,
    /// Whose share, likewise: the agent's id.
    pub agent: Option<String>,
    /// Only calls of this home company, if named.
    pub home: Option<String>,
    /// Only calls that this company serves, if named.
    pub serving: Option<String>,
    /// Only calls of this dealer's account, if named.
    pub dealer: Option<String>,
    /// Price of an answered call, đồng, if given.
    #[ts(type = "number | null")]
    pub price_per_call: Option<u64>,
    /// Price of an agent's hour on duty, đồng, if given.
    #[ts(type = "number | null")]
    pub price_per_agent_hour: Option<u64>,
    /// All calls of the report, each once.
    pub total: Figures,
    /// By key; calls without one stand under an empty key, last.
    pub items: Vec<ReportRow>,
    /// Where the rows go on (`?after=`); null at their end.
    pub next: Option<String>,
}

/// One row.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ReportRow {
    /// Code, id, day or hour.
    pub key: String,
    /// How it is shown: the name of the company or agent, or the key.
    pub label: String,
    /// Its figures.
    pub figures: Figures,
}

/// The figures of some calls.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Figures {
    /// Taken in.
    pub calls: u32,
    /// Joined the queue (of a partner or agent: were offered to it).
    pub offered: u32,
    /// Accepted by an agent.
    pub answered: u32,
    /// Ended by an agent's decline (F2).
    pub declined: u32,
    /// Offered on to another agent at least once (F5).
    pub redirected: u32,
    /// Given up by the dealer while waiting.
    pub abandoned: u32,
    /// Given up by the dealer before it waited.
    pub left_before: u32,
    /// Given up by the dealer after an agent had accepted.
    pub hung_up: u32,
    /// Ended because the caller was lost (F4).
    pub caller_lost: u32,
    /// Ended because the agent was lost.
    pub agent_lost: u32,
    /// Ended because nobody took it in time; `closed` ones are not among them.
    pub no_agent: u32,
    /// Turned away outside opening hours.
    pub closed: u32,
    /// Ended without verdict or evidence, or by a fault.
    pub failed: u32,
    /// Ended with a verdict whose evidence is here.
    pub completed: u32,
    /// Not ended yet.
    pub open: u32,
    /// Offers to agents.
    pub offers: u32,
    /// Offers that an agent passed on.
    pub passed: u32,
    /// Offers that rang unanswered.
    pub missed: u32,
    /// Offers whose ring the workstation never confirmed (I7).
    pub never_rang: u32,
    /// Calls verified: confirmed or rejected, late ones included.
    pub verified: u32,
    /// Of these, confirmed.
    pub confirmed: Share,
    /// Of these, rejected.
    pub rejected: Share,
    /// Of these, with evidence that came after the call had ended.
    pub late: u32,
    /// Rejections by their reason; most frequent first.
    pub reasons: Vec<ReasonShare>,
    /// Waits of the answered calls.
    pub wait: Times,
    /// Handling times: from accept to the end of the conversation, and the wrap-up.
    pub handle: Times,
    /// Answered within T ÷ offered.
    pub service_level: Share,
    /// Answered within T ÷ (offered − abandoned within T).
    pub service_level_patient: Share,
    /// Evidence that is here ÷ evidence that should be.
    pub evidence: Share,
    /// Time on duty of the agents, ms; null where a row is no group of agents or span of time.
    #[ts(type = "number | null")]
    pub duty_ms: Option<u64>,
    /// What a verification cost; null without a price or a verification.
    pub cost: Option<Cost>,
}

/// Some of some.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Share {
    /// How many.
    pub count: u32,
    /// Of how many.
    pub of: u32,
    /// The one by the other; null of none.
    pub share: Option<f64>,
}

impl Share {
    /// Some of some.
    pub fn new(count: u32, of: u32) -> Self {
        Self { count, of, share: (of > 0).then(|| f64::from(count) / f64::from(of)) }
    }
}

/// Rejections for one reason.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ReasonShare {
    /// Code of the reason.
    pub code: String,
    /// Of all rejections.
    pub share: Share,
}

/// How some times are spread; null of none. A percentile is the smallest time that so many in a hundred do not
/// exceed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Times {
    /// How many.
    pub count: u32,
    /// Mean, rounded.
    pub mean_ms: Option<u32>,
    /// Median.
    pub p50_ms: Option<u32>,
    /// Nine in ten.
    pub p90_ms: Option<u32>,
    /// Ninety-nine in a hundred.
    pub p99_ms: Option<u32>,
    /// Longest.
    pub max_ms: Option<u32>,
}

/// What verifications cost.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Cost {
    /// All together, đồng.
    pub total: f64,
    /// For one, đồng; null while nothing is verified.
    pub per_verification: Option<f64>,
}

/// `GET /v1/console/reports/trial`: partners side by side (C4).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Trial {
    /// First moment.
    pub from: Timestamp,
    /// First moment that does not belong to it any more.
    pub to: Timestamp,
    /// When it was reckoned.
    pub made_at: Timestamp,
    /// T of the service level, s.
    pub within_s: u32,
    /// Price of an answered call, đồng, if given.
    #[ts(type = "number | null")]
    pub price_per_call: Option<u64>,
    /// Price of an agent's hour on duty, đồng, if given.
    #[ts(type = "number | null")]
    pub price_per_agent_hour: Option<u64>,
    /// Level of the intervals: 0.95.
    pub confidence: f64,
    /// One per partner, by name; an empty name is the companies' own agents, last.
    pub partners: Vec<TrialPartner>,
    /// Each pair of partners, measure by measure.
    pub comparisons: Vec<Comparison>,
    /// The evaluation in Vietnamese, a sentence each.
    pub words: Vec<String>,
    /// How the intervals and tests are made, in Vietnamese, a sentence each.
    pub methods: Vec<String>,
}

/// One partner of a trial.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct TrialPartner {
    /// Its name; empty for the companies' own agents.
    pub partner: String,
    /// All its figures.
    pub figures: Figures,
    /// What is compared.
    pub measures: Vec<Estimate>,
}

/// What partners are compared by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum Measure {
    /// Answered ÷ offered; more is better.
    Answered,
    /// Answered within T of the first ring at the partner ÷ offered; more is better.
    ServiceLevel,
    /// Answered within T of joining the queue ÷ offered; more is better. Not compared: how long a call waited
    /// before it rang is the doing of all partners.
    QueueLevel,
    /// Median handling time; less is better. Compared by ranks, not by medians.
    Handling,
    /// Rejected ÷ verified; neither is better.
    Rejected,
    /// Evidence that is here ÷ that should be; more is better.
    Evidence,
    /// Cost of one verification; less is better. By the call alone it is not compared: it says what `answered` and
    /// `verified` say.
    Cost,
}

/// A measure with its interval: the true value lies there with that confidence.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Estimate {
    /// What.
    pub measure: Measure,
    /// How many calls it rests on.
    pub of: u32,
    /// Share, ms or đồng; null if there is nothing to reckon it from.
    pub value: Option<f64>,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// Two partners by one measure.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Comparison {
    /// By what.
    pub measure: Measure,
    /// One partner.
    pub a: String,
    /// The other.
    pub b: String,
    /// Value of `a` less that of `b`.
    pub difference: f64,
    /// Of handling times: the share of pairs, a call of `a` and one of `b`, in which `a`'s took longer (ties half).
    /// That is what is tested, and tells who takes longer; the medians may differ the other way.
    pub longer: Option<f64>,
    /// Chance of such a difference if there were none.
    pub p: f64,
    /// The same, corrected for the number of comparisons (Holm).
    pub p_corrected: f64,
    /// `p_corrected` is below 0.05.
    pub significant: bool,
}

/// What mSale holds of a day: body of `POST /v1/reconciliation/{day}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ReconciliationPart {
    /// Number of this part, from 1; part 1 begins the day's list anew.
    pub part: u32,
    /// The list is whole with this part.
    pub last: bool,
    /// At most 5,000.
    pub results: Vec<HeldResult>,
}

/// One result, as mSale holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct HeldResult {
    /// Our id of the call.
    pub call_id: CallId,
    /// Confirmed or rejected.
    pub decision: Decision,
    /// As in the result, lower-case hex.
    pub manifest_sha256: String,
}

/// Answer to a part of mSale's list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ReconciliationTaken {
    /// How many results of the day are here by now.
    pub received: u32,
    /// The day, once the list is whole.
    pub day: Option<Reconciliation>,
}

/// `GET /v1/console/reconciliation/{day}`: the results of one day of Vietnam.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Reconciliation {
    /// `YYYY-MM-DD`.
    pub day: String,
    /// Results that became known on that day: each is to be delivered.
    pub results: u32,
    /// Acknowledged by every endpoint that was to have them.
    pub delivered: u32,
    /// On their way, or to be tried again.
    pub waiting: u32,
    /// Given up.
    pub given_up: u32,
    /// No endpoint was to have them.
    pub undeliverable: u32,
    /// What mSale says it has; null while its list is not whole.
    pub msale: Option<MsaleSide>,
    /// What differs, by call; the first of them.
    pub items: Vec<Discrepancy>,
    /// Where the differences go on (`?after=`); null at their end.
    pub next: Option<String>,
}

/// mSale's list against ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct MsaleSide {
    /// When its list was whole.
    pub received_at: Timestamp,
    /// How many results it holds.
    pub results: u32,
    /// Of these, as ours.
    pub same: u32,
    /// Ours that it does not hold.
    pub missing_there: u32,
    /// Its that we do not know.
    pub unknown_here: u32,
    /// Held by both, with another verdict or manifest.
    pub differing: u32,
}

/// What is wrong with a result.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum DiscrepancyKind {
    /// Not acknowledged yet.
    Waiting,
    /// Given up: send it again.
    GivenUp,
    /// No endpoint was to have it.
    Undeliverable,
    /// mSale does not hold it.
    MissingThere,
    /// We have no such result on that day.
    UnknownHere,
    /// Another verdict or manifest.
    Differing,
}

/// One difference.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Discrepancy {
    /// The call.
    pub call_id: CallId,
    /// What is wrong.
    pub kinds: Vec<DiscrepancyKind>,
    /// What we hold.
    pub here: Option<HeldResult>,
    /// What mSale holds.
    pub there: Option<HeldResult>,
}
