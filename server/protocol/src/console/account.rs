//! One's own account: second step, sessions, password.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::people::Me;
use crate::ids::PersonSessionId;
use crate::time::Timestamp;

/// How one can sign in here; asked by the sign-in page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct SignInWays {
    /// What the operator's directory is called here; null if none is set up. Its sign-in begins at
    /// `GET /v1/console/directory`.
    pub directory: Option<String>,
}

/// Body of `POST /v1/console/session/second-factor`: one of the two.
#[derive(Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum FactorShown {
    /// Six digits of the authenticator app.
    Code(String),
    /// One of the recovery codes; each works once.
    RecoveryCode(String),
}

/// Body of `POST /v1/console/me/second-factor` and `…/recovery-codes`.
#[derive(Clone, Default, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PasswordAgain {
    /// The password; wanted when a second factor is in use already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub password: Option<String>,
}

/// A second factor that waits for its first code.
#[derive(Clone, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct FactorOffer {
    /// To be typed into an authenticator app by hand (base32).
    pub secret: String,
    /// The same as a link for apps.
    pub uri: String,
    /// The link as a QR code, SVG.
    pub qr_svg: String,
}

/// Body of `PUT /v1/console/me/second-factor`.
#[derive(Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct FactorConfirm {
    /// The first code of the new second factor.
    pub code: String,
}

/// The second factor is in use.
#[derive(Clone, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct FactorSet {
    /// Who, with rights from now on.
    pub me: Me,
    /// For who has lost the telephone; shown this once. Older ones do not work any more.
    pub recovery_codes: Vec<String>,
}

/// Fresh recovery codes.
#[derive(Clone, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct RecoveryCodes {
    /// Shown this once. Older ones do not work any more.
    pub recovery_codes: Vec<String>,
}

/// Body of `PUT /v1/console/me/password`.
#[derive(Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PasswordChange {
    /// The one of now.
    pub old: String,
    /// At least 12 characters.
    pub new: String,
}

/// How a session came about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum SignInWay {
    /// User name, password, second factor.
    Password,
    /// The operator's directory.
    Directory,
}

/// A session that stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ConsoleSession {
    /// Names it.
    pub session_id: PersonSessionId,
    /// How it came about.
    pub way: SignInWay,
    /// Browser and system, such as `Firefox, Windows`.
    pub program: String,
    /// Since when.
    pub created_at: Timestamp,
    /// Last request, within a minute.
    pub used_at: Timestamp,
    /// Ends at the latest.
    pub expires_at: Timestamp,
    /// The one that asks.
    pub current: bool,
}
