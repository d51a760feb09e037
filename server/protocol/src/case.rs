//! The case: what eKYC sends with a call (S10). Wire shapes only; the server checks the values.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::time::Timestamp;

/// Everything known about the person and the SIM when the call is made.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Case {
    /// eKYC's own id of the transaction; 1–64 characters.
    pub external_id: String,
    /// Who registers the subscriber (S6–S7).
    pub dealer: Dealer,
    /// The SIM.
    pub subscriber: Subscriber,
    /// The person, as on the papers.
    pub customer: Customer,
    /// Consent to the recorded video call, where eKYC has taken it already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub consent: Option<Consent>,
    /// Reference to the biometric match made by eKYC (S3; Circular 08/2026).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub biometric_match: Option<BiometricMatch>,
    /// Language of the customer, for the choice of the agent: primary tag of BCP 47, such as `vi`, `en`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub language: Option<String>,
}

/// A point of sale or agency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Dealer {
    /// The account the dealer signed in with on eKYC; 1–64 characters.
    pub account: String,
    /// How the dealer is shown; 1–128 characters.
    pub name: String,
}

/// The SIM that is to be activated.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Subscriber {
    /// Phone number, 9–15 digits, perhaps with a leading `+`.
    pub msisdn: String,
    /// Prepaid or postpaid.
    pub payment: Payment,
    /// Subscriber type of the policy catalogue, such as `MC`; may be missing for postpaid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub sub_type: Option<String>,
    /// Individual, VI2 or enterprise.
    pub customer_type: CustomerType,
}

/// How a subscription is paid.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum Payment {
    /// TB trả trước.
    Prepaid,
    /// TB trả sau.
    Postpaid,
}

/// Whose subscription it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum CustomerType {
    /// KHCN.
    Individual,
    /// VI2 (KHDN): an enterprise type ruled like an individual (P1).
    Vi2,
    /// KHDN.
    Enterprise,
}

/// The person who buys the SIM, as on the papers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Customer {
    /// 1–128 characters.
    pub full_name: String,
    /// `YYYY-MM-DD`, a real day, not in the future.
    pub date_of_birth: String,
    /// Which paper.
    pub id_kind: IdKind,
    /// Number on the paper; 6–20 letters and digits.
    pub id_number: String,
    /// `YYYY-MM-DD`, a real day, not in the future.
    pub id_issued_on: String,
    /// At most 256 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub address: Option<String>,
}

/// Kinds of identity papers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum IdKind {
    /// Chứng minh nhân dân (old, 9 digits).
    Cmnd,
    /// Căn cước công dân (12 digits).
    Cccd,
    /// Căn cước (2024 law).
    CanCuoc,
    /// Hộ chiếu.
    Passport,
}

/// Consent of the customer to the recorded video call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Consent {
    /// When it was given.
    pub given_at: Timestamp,
    /// Which text was agreed to; 1–32 characters.
    pub text_version: String,
}

/// A biometric match made elsewhere; carried, never judged here.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct BiometricMatch {
    /// Who made it; 1–64 characters.
    pub provider: String,
    /// The provider's reference; 1–128 characters.
    pub reference: String,
    /// 0.0–1.0.
    pub score: f64,
    /// When it was made.
    pub matched_at: Timestamp,
}
