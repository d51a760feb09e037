//! Who is asking: reads `Authorization: Bearer …` and finds what stands behind it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use chinhchu_protocol::ids::{CallId, CompanyCode, TokenId};
use chinhchu_protocol::problem::ErrorCode;

use super::secret::{SecretKind, hash};
use super::sql;
use crate::http::{ApiError, App};
use crate::store::StoreError;
use crate::switchboard::CallTokenFault;

/// A credential that is valid now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Credential {
    /// A company token, perhaps on a dealer's phone.
    Company {
        /// The call's home company (S9).
        company: CompanyCode,
        /// Which token.
        token_id: TokenId,
    },
    /// mSale, the eKYC server, another channel.
    Service {
        /// What operators call it.
        name: String,
    },
    /// Opens one call.
    Call {
        /// The call.
        call_id: CallId,
    },
}

impl Credential {
    /// The company of a company token; everything else may not do this.
    pub fn company(&self) -> Result<&CompanyCode, ApiError> {
        match self {
            Self::Company { company, .. } => Ok(company),
            Self::Service { .. } | Self::Call { .. } => {
                Err(ApiError::forbidden("This needs a company token."))
            }
        }
    }

    /// The name of a service credential; everything else may not do this.
    pub fn service(&self) -> Result<&str, ApiError> {
        match self {
            Self::Service { name } => Ok(name),
            Self::Company { .. } | Self::Call { .. } => {
                Err(ApiError::forbidden("This needs a service credential."))
            }
        }
    }

    /// Whether a call of `home` exists for this credential at all.
    pub fn may_know(&self, call: CallId, home: &CompanyCode) -> bool {
        match self {
            Self::Company { company, .. } => company == home,
            Self::Service { .. } => true,
            Self::Call { call_id } => *call_id == call,
        }
    }

    /// Whether it opens case data and pictures of a call it may know.
    pub fn may_see_pictures(&self) -> bool {
        match self {
            Self::Company { .. } => false,
            Self::Service { .. } | Self::Call { .. } => true,
        }
    }
}

impl FromRequestParts<App> for Credential {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let text = bearer(&parts.headers)?;
        find(app, text).await
    }
}

/// The bearer credential of a request.
pub fn bearer(headers: &HeaderMap) -> Result<&str, ApiError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let missing = || ApiError::new(ErrorCode::TokenMissing, "Send `Authorization: Bearer …`.");
    let value = values.next().ok_or_else(missing)?;
    if values.next().is_some() {
        return Err(invalid());
    }
    let text = value.to_str().map_err(|_| invalid())?;
    let (scheme, token) = text.split_once(' ').ok_or_else(missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") || token.trim().is_empty() {
        return Err(missing());
    }
    Ok(token.trim())
}

fn invalid() -> ApiError {
    ApiError::new(ErrorCode::TokenInvalid, "This token was never issued here.")
}

/// Finds what stands behind a presented credential.
pub async fn find(app: &App, text: &str) -> Result<Credential, ApiError> {
    match SecretKind::of(text) {
        Some(SecretKind::Company) => company_token(app, hash(text)).await,
        Some(SecretKind::Service) => service_credential(app, hash(text)).await,
        None => call_token(app, text).await,
    }
}

async fn company_token(app: &App, hash: [u8; 32]) -> Result<Credential, ApiError> {
    let stored = app.db.read(move |c| sql::token_by_hash(c, hash)).await.map_err(store_away)?;
    let stored = stored.ok_or_else(invalid)?;
    if stored.revoked {
        return Err(revoked());
    }
    if stored.expires_at <= app.clock.now() {
        return Err(ApiError::new(ErrorCode::TokenExpired, "Ask mSale for a new company token."));
    }
    Ok(Credential::Company { company: stored.company, token_id: stored.token_id })
}

async fn service_credential(app: &App, hash: [u8; 32]) -> Result<Credential, ApiError> {
    let stored = app.db.read(move |c| sql::credential_by_hash(c, hash)).await.map_err(store_away)?;
    let stored = stored.ok_or_else(invalid)?;
    if stored.revoked {
        return Err(revoked());
    }
    Ok(Credential::Service { name: stored.name })
}

async fn call_token(app: &App, text: &str) -> Result<Credential, ApiError> {
    match app.switchboard.open_call_token(text).await {
        Ok(call_id) => Ok(Credential::Call { call_id }),
        Err(CallTokenFault::Invalid) => Err(invalid()),
        Err(CallTokenFault::Expired) => {
            Err(ApiError::new(ErrorCode::TokenExpired, "This call is long over."))
        }
        Err(CallTokenFault::Store(error)) => Err(store_away(error)),
    }
}

fn revoked() -> ApiError {
    ApiError::new(ErrorCode::TokenRevoked, "This credential was taken back; ask for a new one.")
}

/// The store cannot be read now.
pub fn store_away(error: StoreError) -> ApiError {
    match error {
        // Not a fault: somebody has asked for it (`report rebuild`), and it ends by itself.
        StoreError::FiguresBehind => ApiError::new(
            ErrorCode::FiguresBehind,
            "The figures are being made anew from the log; ask again in a minute.",
        )
        .retry_after(30),
        error => ApiError::unavailable(error),
    }
}
