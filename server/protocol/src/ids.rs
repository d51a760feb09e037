//! Newtype ids, so that a call's id can never be passed where an agent's is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
        #[serde(transparent)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[ts(type = "string", export)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// One verification call, from intake to its end (UUIDv7).
    CallId
);
id!(
    /// An agent: a person employed by a company, perhaps through a partner.
    AgentId
);
id!(
    /// One sign-in of an agent on one workstation.
    SessionId
);
id!(
    /// One workstation profile; made at first start, kept for good.
    WorkstationId
);
id!(
    /// A company token, by which it is listed and revoked; not the secret itself.
    TokenId
);
id!(
    /// A webhook endpoint.
    WebhookId
);
id!(
    /// A policy rule of the catalogue in the period it held.
    RuleId
);
id!(
    /// A person of the console.
    PersonId
);
id!(
    /// One sign-in of a person on the console.
    PersonSessionId
);
id!(
    /// A dated change of a company's settings.
    ChangeId
);
id!(
    /// A service credential, by which it is listed and revoked; not the secret itself.
    CredentialId
);
id!(
    /// A delivery of a webhook: its `webhook-id`.
    DeliveryId
);

/// One of the operator's regional companies (C1), such as `1`; at most 16 of `[A-Za-z0-9_-]`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(type = "string", export)]
pub struct CompanyCode(pub String);

impl CompanyCode {
    /// Reads a company code; `None` if it is empty, too long, or has other characters.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        (!text.is_empty() && text.len() <= 16 && text.chars().all(allowed)).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for CompanyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
