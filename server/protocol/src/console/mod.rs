//! The console of the operator's own people (`/v1/console/…`): cookie sessions, JSON, lists by cursor.
//!
//! One file per area; names follow [`people`], who may ask.

pub mod account;
pub mod agents;
pub mod calls;
pub mod cases;
pub mod figures;
pub mod live;
pub mod people;
pub mod policy;
pub mod review;
pub mod seals;
pub mod settings;
pub mod staffing;
pub mod systems;
pub mod timeline;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A part of a list. `next` is handed back as `?after=` for the part that follows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Page<T> {
    /// At most as many as asked for.
    pub items: Vec<T>,
    /// Where the list goes on; null at its end.
    pub next: Option<String>,
}
