//! `/v1/console/reviews…`: the second look at a sample of verdicts. A review says what somebody else thinks; it
//! never changes a verdict, and a disagreement stays visible on its call and on the wallboard.
//!
//! [`draw`] decides with the verdict's evidence, by a keyed lot of the call: nobody can predict it, nobody chooses.
//! [`work`] hands the oldest to a reviewer for half an hour, never to the one who verified and never to people of
//! the same partner, and takes what they say. [`figures`] count how often people agree. [`settings`]: how much is
//! drawn, dated.

mod draw;
mod figures;
mod settings;
pub mod sql;
mod work;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::App;

pub use draw::draw;

/// Routes of this module.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(work::list))
        .routes(routes!(work::next))
        .routes(routes!(work::read, work::give))
        .routes(routes!(figures::figures))
        .routes(routes!(settings::list, settings::set))
}
