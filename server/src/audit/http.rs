//! `/v1/console/audit`: who did what, and whether anybody touched it since. A check reads the whole store on a
//! thread of its own, one at a time, for a limited time.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use chinhchu_protocol::console::Page;
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::console::systems::{AuditBreak, AuditCheck, AuditCheckState, AuditEntry, AuditReport};
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_protocol::time::Timestamp;
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::findings::Break;
use super::sql::{Filter, newest};
use super::verify::{Checker, Report};
use super::{AuditRecord, Entry, look, who};
use crate::cases::hex;
use crate::console::{Person, asked};
use crate::http::{ApiError, App};
use crate::store::StoreError;

/// A check that has not ended by then has failed.
const LONGEST_MS: i64 = 10 * 60_000;

/// The check that runs, or the last one. Lost at a restart: a check is made anew then.
#[derive(Clone)]
pub struct Check(Arc<Mutex<AuditCheck>>);

impl Default for Check {
    fn default() -> Self {
        let none =
            AuditCheck { state: AuditCheckState::None, started_at: None, finished_at: None, report: None };
        Self(Arc::new(Mutex::new(none)))
    }
}

impl Check {
    fn now(&self) -> AuditCheck {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins, unless one runs.
    fn begin(&self, now: Timestamp) -> Option<AuditCheck> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.state == AuditCheckState::Running {
            return None;
        }
        *held = AuditCheck {
            state: AuditCheckState::Running,
            started_at: Some(now),
            finished_at: None,
            report: None,
        };
        Some(held.clone())
    }

    fn end(&self, now: Timestamp, report: Option<AuditReport>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.state = if report.is_some() { AuditCheckState::Done } else { AuditCheckState::Failed };
        (held.finished_at, held.report) = (Some(now), report);
    }
}

/// The routes of the audit.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(checked, check))
}

/// Deeds, newest first. `action` is a whole action, or all of a thing (`workstation`).
#[utoipa::path(get, path = "/v1/console/audit", tag = "console",
    params(("actor" = Option<String>, Query), ("action" = Option<String>, Query),
           ("subject" = Option<String>, Query), ("from" = Option<String>, Query), ("to" = Option<String>, Query),
           ("after" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = Page<AuditEntry>), (status = "4XX", body = Problem)))]
async fn list(
    State(app): State<App>,
    person: Person,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Json<Page<AuditEntry>>, ApiError> {
    person.may(Right::AuditRead)?;
    let query = asked::query(query)?;
    let limit = asked::limit(query.limit.as_deref())?;
    let filter = Filter {
        since: asked::value("from", query.from.as_deref())?,
        until: asked::value("to", query.to.as_deref())?,
        before: asked::value("after", query.after.as_deref())?,
        subject: query.subject,
        actor: query.actor,
        action: query.action,
    };
    let read = app.db.read(move |c| {
        let records = newest(c, &filter, limit + 1)?.into_iter().map(|record| shown(c, record));
        records.collect::<Result<Vec<_>, StoreError>>()
    });
    let items = read.await.map_err(asked::store_away)?;
    Ok(Json(asked::page(items, limit, |last: &AuditEntry| last.seq.to_string())))
}

/// The check that runs, or the last one since the server's start.
#[utoipa::path(get, path = "/v1/console/audit/verify", tag = "console",
    responses((status = 200, body = AuditCheck), (status = "4XX", body = Problem)))]
async fn checked(State(app): State<App>, person: Person) -> Result<Json<AuditCheck>, ApiError> {
    person.may(Right::AuditRead)?;
    Ok(Json(app.console.audit_check.now()))
}

/// Check log, audit, day roots and tombstones against each other. Runs on; ask with `GET`.
#[utoipa::path(post, path = "/v1/console/audit/verify", tag = "console",
    responses((status = 202, body = AuditCheck), (status = "4XX", body = Problem)))]
async fn check(State(app): State<App>, person: Person) -> Result<(StatusCode, Json<AuditCheck>), ApiError> {
    person.may(Right::AuditRead)?;
    let now = app.clock.now();
    let begun = app.console.audit_check.begin(now);
    let begun = begun.ok_or_else(|| ApiError::new(ErrorCode::CheckRunning, "Wait until it has ended."))?;
    let ending = Ending { app: app.clone(), report: None };
    let actor = person.actor();
    let written = app.db.write(move |tx| {
        let entry = Entry { actor: &actor, action: "audit.checked", subject: "audit", detail: &json!({}) };
        super::append(tx, now, &entry)
    });
    written.await.map_err(asked::store_away)?;
    tokio::task::spawn_blocking(move || {
        let report = run(&ending.app);
        ending.with(report.map_err(|error| tracing::error!(%error, "a check of the audit failed")).ok());
    });
    Ok((StatusCode::ACCEPTED, Json(begun)))
}

/// Ends the check that has begun, however that comes: done, failed, panicked, or the asker has gone.
struct Ending {
    app: App,
    report: Option<AuditReport>,
}

impl Ending {
    fn with(mut self, report: Option<AuditReport>) {
        self.report = report;
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.app.console.audit_check.end(self.app.clock.now(), self.report.take());
    }
}

#[derive(Deserialize)]
struct AuditQuery {
    actor: Option<String>,
    action: Option<String>,
    subject: Option<String>,
    from: Option<String>,
    to: Option<String>,
    after: Option<String>,
    limit: Option<String>,
}

/// Why a check did not end.
#[derive(Debug, thiserror::Error)]
enum CheckError {
    #[error("it took too long")]
    TooLong,
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn run(app: &App) -> Result<AuditReport, CheckError> {
    let connection = look::open_in_use(app.db.folder())?;
    let mut checker = Checker::new(vec![app.keys.signing().public()]);
    let (clock, until) = (app.clock.clone(), app.clock.now().plus_ms(LONGEST_MS));
    let in_time = || if clock.now() > until { Err(CheckError::TooLong) } else { Ok(()) };
    look::check_while(&connection, &app.config.tombstones(), &mut checker, in_time)?;
    Ok(told(checker.finish()))
}

fn told(report: Report) -> AuditReport {
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let broken = |one: Break| AuditBreak {
        code: one.code.to_owned(),
        seq: one.seq,
        day: one.day,
        words_vi: one.words_vi,
        words_en: one.words_en,
    };
    AuditReport {
        sound: report.sound,
        log_records: report.log_records,
        audit_records: report.audit_records,
        roots: count(report.roots),
        newest_root_day: report.newest_root_day,
        newest_root_sha256: report.newest_root_sha256,
        not_yet_rooted: report.not_yet_rooted,
        tombstones: report.tombstones,
        broken: count(report.broken),
        breaks: report.breaks.into_iter().map(broken).collect(),
    }
}

fn shown(connection: &Connection, record: AuditRecord) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        seq: record.seq,
        at: record.at,
        actor_name: who::name(connection, &record.actor)?,
        actor: record.actor,
        action: record.action,
        subject: record.subject,
        detail: serde_json::from_slice(&record.detail).unwrap_or_default(),
        hash: hex(&record.hash),
    })
}
