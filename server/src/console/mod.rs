//! The console's API (`/v1/console/…`), for the operator's own people: who signs in, and what each may do and see.
//!
//! Every handler takes a [`Person`] (cookie → session → person, read anew for every request, so that a change of
//! role counts at once) and asks it twice: [`Person::may`] for the right, [`Scope`] for the thing. What is
//! another company's or partner's does not exist: 404, never 403. What is not a GET needs a header that no form
//! can send, beside the cookie.
//!
//! [`rights`] the table · [`person`] who asks · [`session`] sign-in and sign-out · [`factor`] the second step ·
//! [`directory`] sign-in by the operator's own directory ·
//! [`account`] one's own sessions and password · [`cookie`] the cookie · [`people`] and [`agents`] who they are ·
//! [`refused`] why a change was not made · [`sql`] rows · [`wallboard`] how it stands now · [`calls`], `timeline`,
//! `evidence` what became of calls · `cases` a customer's data destroyed or kept · [`review`] the second look at verdicts · `stream` events that end with a session ·
//! `names` who may be named.

pub mod account;
pub mod agents;
pub mod asked;
pub mod calls;
mod cases;
pub mod cookie;
pub mod directory;
pub mod document;
mod evidence;
pub mod factor;
mod names;
pub mod people;
pub mod person;
pub mod refused;
pub mod review;
pub mod rights;
pub mod session;
pub mod sql;
mod stream;
mod timeline;
pub mod wallboard;

use std::sync::Arc;
use std::time::Duration;

use utoipa_axum::router::OpenApiRouter;

use crate::agents::attempts::Attempts;
use crate::http::App;
use crate::{audit, companies, figures, policy, tokens, webhooks, workstations};

pub use person::{Person, Scope};

/// Longest answer of the operator's directory.
const DIRECTORY_TIME: Duration = Duration::from_secs(10);

/// What the console's sign-ins share in memory. Nothing here needs to survive a restart.
pub struct Shared {
    /// Wrong passwords, by user name; apart from the agents', so that neither locks the other out.
    pub passwords: Attempts,
    /// Failed sign-ins, on their way into the audit.
    pub failures: session::failures::Failures,
    /// Wrong second factors, by person.
    pub factors: Attempts,
    /// Reaches the operator's directory.
    pub client: reqwest::Client,
    /// The wallboard's picture of this second.
    pub wall: wallboard::Wall,
    /// Days of reports, unpacked.
    pub packs: Arc<figures::kept::Packs>,
    /// The check of the audit that runs, or the last one.
    pub audit_check: audit::http::Check,
}

impl Shared {
    /// Nobody has tried yet.
    pub fn new() -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .timeout(DIRECTORY_TIME)
            // A directory that sends its visitor elsewhere could send this server anywhere.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            passwords: Attempts::default(),
            failures: session::failures::Failures::default(),
            factors: Attempts::default(),
            client,
            audit_check: audit::http::Check::default(),
            packs: Arc::default(),
            wall: wallboard::Wall::default(),
        })
    }
}

/// Every route of the console.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new() //
        .merge(account::http::routes())
        .merge(agents::http::routes())
        .merge(agents::import_http::routes())
        .merge(audit::http::routes())
        .merge(calls::routes())
        .merge(cases::routes())
        .merge(companies::http::routes())
        .merge(companies::words_http::routes())
        .merge(directory::http::routes())
        .merge(evidence::routes())
        .merge(factor::http::routes())
        .merge(figures::http::routes())
        .merge(people::http::routes())
        .merge(policy::console::routes())
        .merge(review::routes())
        .merge(session::http::routes())
        .merge(timeline::routes())
        .merge(tokens::console::routes())
        .merge(wallboard::routes())
        .merge(webhooks::http::routes())
        .merge(workstations::console::routes())
}
