//! The token of one call: proves itself by the installation's key, and stops a day after the call's end.

use chinhchu_protocol::ids::CallId;

use super::{Switchboard, sql};
use crate::cases;
use crate::objects::Keys;
use crate::store::StoreError;

/// How long a token outlives its call.
const AFTER_END_MS: i64 = 24 * 60 * 60 * 1000;

/// Why a call token opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallTokenFault {
    /// Never issued, or for another installation.
    #[error("the call token is not known")]
    Invalid,
    /// The call ended more than a day ago.
    #[error("the call token has expired")]
    Expired,
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Switchboard {
    /// The call that a token opens.
    pub async fn open_call_token(&self, token: &str) -> Result<CallId, CallTokenFault> {
        let call = Keys::call_of_token(token).ok_or(CallTokenFault::Invalid)?;
        let read = move |connection: &rusqlite::Connection| {
            Ok::<_, StoreError>((cases::sql::origin(connection, call)?, sql::call(connection, call)?))
        };
        let (origin, row) = self.inner.db.read(read).await?;
        let (_, created_at) = origin.ok_or(CallTokenFault::Invalid)?;
        if !self.inner.keys.call_token_fits(token, call, created_at) {
            return Err(CallTokenFault::Invalid);
        }
        let ended = row.and_then(|row| row.ended);
        let over = ended.is_some_and(|(at, _)| self.inner.clock.now().ms_since(at) > AFTER_END_MS);
        if over { Err(CallTokenFault::Expired) } else { Ok(call) }
    }
}
