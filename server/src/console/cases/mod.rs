//! `/v1/console/cases…`, `…/calls/{id}/hold|release`, `…/holds`: a customer's data is destroyed on demand, or kept
//! for a dispute, by who has the right for the customer's own company (home). What is done stands in
//! [`crate::cases::demand`], shared with the command line; here is who may ask, and how it is told.

mod erase;
mod found;
mod hold;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::asked;
use crate::cases::demand::{self, Demand};
use crate::console::Person;
use crate::http::{ApiError, App};

/// Bodies hold ids and a reason.
const MAX_BODY: usize = 16 * 1024;

/// Routes of this module.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(found::search))
        .routes(routes!(erase::erase))
        .routes(routes!(hold::list))
        .routes(routes!(hold::hold))
        .routes(routes!(hold::release))
        .layer(axum::extract::DefaultBodyLimit::max(MAX_BODY))
}

/// Whose wish it is. A reason of blanks says nothing.
fn demand_of(person: &Person, reason: &str) -> Result<Demand, ApiError> {
    if demand::is_reason(reason) {
        return Ok(Demand { actor: person.actor(), reason: reason.trim().to_owned() });
    }
    Err(asked::invalid("reason", if reason.trim().is_empty() { "missing" } else { "too_long" }))
}
