//! How often second persons agree with agents and partners.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::console::calls::AgentNamed;
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::console::review::{Agreement, ReviewFigures};
use chinhchu_protocol::ids::AgentId;
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, Row, named_params};

use crate::console::calls::store_away;
use crate::console::names::Names;
use crate::console::session::http::NO_STORE;
use crate::console::{Person, Scope};
use crate::http::{ApiError, App};
use crate::store::{StoreError, rows};

const MOST: u32 = 500;
const MONTH_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// How often second persons agreed with the agents of the person's companies, by agent and by partner, of what was
/// drawn in a span; the last 30 days, if none is named.
#[utoipa::path(get, path = "/v1/console/reviews/figures", tag = "console",
    params(("from" = Option<String>, Query, description = "RFC 3339"),
           ("to" = Option<String>, Query, description = "RFC 3339; not included")),
    responses((status = 200, body = ReviewFigures), (status = "4XX", body = Problem)))]
pub async fn figures(
    State(app): State<App>,
    person: Person,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    person.may(Right::Review)?;
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(query.as_deref().unwrap_or("")).unwrap_or_default();
    let now = app.clock.now();
    let to = time(&pairs, "to")?.unwrap_or(now.plus_ms(1));
    let from = time(&pairs, "from")?.unwrap_or(to.plus_ms(-MONTH_MS));
    let read = app.db.read(move |connection| count(connection, &person.scope, from, to)).await;
    Ok((NO_STORE, Json(read.map_err(store_away)?)).into_response())
}

fn time(pairs: &[(String, String)], name: &str) -> Result<Option<Timestamp>, ApiError> {
    let given = pairs.iter().find(|(key, value)| key == name && !value.is_empty());
    let wrong =
        |_| ApiError::new(ErrorCode::RequestInvalid, "Correct the named field.").with(name, "not_a_time");
    given.map(|(_, value)| value.replace(' ', "+").parse()).transpose().map_err(wrong)
}

fn count(
    connection: &Connection,
    scope: &Scope,
    from: Timestamp,
    to: Timestamp,
) -> Result<ReviewFigures, StoreError> {
    let mut names = Names::new(scope);
    let mut agents = Vec::new();
    for (agent, line) in grouped(connection, scope, "agent_id", (from, to))? {
        // Somebody else's agents are nobody.
        let Some(who) = names.of_some(connection, agent)? else { continue };
        agents.push(line.told(Some(who)));
    }
    let partners = grouped(connection, scope, "partner", (from, to))?.into_iter().map(|(_, line)| line);
    let own = |line: &Line| scope.partner.is_none() || line.partner == scope.partner;
    Ok(ReviewFigures {
        from,
        to,
        agents,
        partners: partners.filter(own).map(|line| line.told(None)).collect(),
    })
}

struct Line {
    partner: Option<String>,
    drawn: u32,
    agrees: u32,
    disagrees: u32,
    unclear: u32,
}

impl Line {
    fn read(row: &Row<'_>) -> rusqlite::Result<(Option<AgentId>, Self)> {
        let agent: [u8; 16] = row.get("agent_id")?;
        let line = Self {
            partner: row.get("partner")?,
            drawn: row.get("drawn")?,
            agrees: row.get("agrees")?,
            disagrees: row.get("disagrees")?,
            unclear: row.get("unclear")?,
        };
        Ok((Some(AgentId(uuid::Uuid::from_bytes(agent))), line))
    }

    fn told(self, agent: Option<AgentNamed>) -> Agreement {
        let judged = self.agrees + self.disagrees;
        // Rounded to the nearest.
        let share = (judged > 0).then(|| (self.agrees * 2_000 + judged) / (2 * judged));
        Agreement {
            agent,
            partner: self.partner,
            drawn: self.drawn,
            reviewed: judged + self.unclear,
            agrees: self.agrees,
            disagrees: self.disagrees,
            unclear: self.unclear,
            agreement_per_mille: share,
        }
    }
}

fn grouped(
    connection: &Connection,
    scope: &Scope,
    by: &'static str,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<(Option<AgentId>, Line)>, StoreError> {
    let sql = format!(
        "SELECT agent_id, partner, count(*) AS drawn, sum(outcome IS 'agrees') AS agrees,
           sum(outcome IS 'disagrees') AS disagrees, sum(outcome IS 'unclear') AS unclear
         FROM reviews r WHERE drawn_ms >= :from AND drawn_ms < :to
           AND (:companies IS NULL OR serving IN (SELECT value FROM json_each(:companies)))
           AND (:partner IS NULL OR EXISTS (
                SELECT 1 FROM offer_figures o WHERE o.call_id = r.call_id AND +o.partner = :partner))
         GROUP BY {by} ORDER BY disagrees DESC, drawn DESC, agent_id LIMIT :most"
    );
    let values = named_params! {
        ":from": from.ms(), ":to": to.ms(), ":companies": scope.companies_json(), ":partner": scope.partner,
        ":most": MOST,
    };
    rows::all(connection, &sql, values, Line::read)
}
