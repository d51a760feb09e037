//! Company tokens (S8–S9): issued to mSale, one line of tokens per company.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ids::{CompanyCode, TokenId};
use crate::time::Timestamp;

/// Body of `POST /v1/companies/{code}/tokens`; may be empty.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct TokenRequest {
    /// Life in seconds, 60 to 31,536,000 (a year); 90 days if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub expires_in_s: Option<u32>,
}

/// A fresh token; `token` is shown this once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct TokenIssued {
    /// The secret, for the `Authorization` header.
    pub token: String,
    /// Names it in lists and for revocation.
    pub token_id: TokenId,
    /// Whose it is.
    pub company: CompanyCode,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// A token as listed: without its secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct TokenListed {
    /// Names it.
    pub token_id: TokenId,
    /// Whose it is.
    pub company: CompanyCode,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}
