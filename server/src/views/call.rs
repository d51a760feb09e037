//! The body of `GET /v1/calls/{id}`, of the events and of webhooks.

use chinhchu_protocol::call::{CallBody, Notice, NoticeCode, QueuePlace, VerdictBody};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::hours::Day;
use rusqlite::Connection;

use crate::cases;
use crate::evidence::{self, sql::Words};
use crate::objects::Keys;
use crate::store::StoreError;
use crate::switchboard::row::{CallRow, RowVerdict};

/// Draws a call from its row, its case, its pictures and the manifest of the verdict that counts. None if
/// the key of its case was destroyed.
pub fn body(
    connection: &Connection,
    keys: &Keys,
    row: &CallRow,
    queue: Option<QueuePlace>,
) -> Result<Option<CallBody>, StoreError> {
    let call = row.call_id;
    let Some(stored) = cases::sql::read(connection, keys, call)? else { return Ok(None) };
    let assignment = row.verdict.as_ref().map(|verdict| verdict.assignment);
    let pictures = cases::sql::pictures(connection, call, assignment)?;
    let words = match assignment {
        Some(assignment) => evidence::sql::words(connection, &stored.key, call, assignment)?,
        None => None,
    };
    Ok(Some(CallBody {
        call_id: call,
        external_id: stored.case.external_id,
        company: row.company.clone(),
        serving_company: row.serving.clone(),
        dealer: stored.case.dealer,
        subscriber: stored.case.subscriber,
        created_at: stored.created_at,
        state: row.state,
        queue,
        policy: stored.policy,
        notices: notices(row),
        end_reason: row.ended.map(|(_, reason)| reason),
        verdict: row.verdict.as_ref().map(|verdict| verdict_body(verdict, words)),
        images: pictures.iter().map(|picture| picture.image_ref(call)).collect(),
    }))
}

/// Notices with their words.
pub fn notices(row: &CallRow) -> Vec<Notice> {
    let notice = |(at, code): &(Timestamp, NoticeCode)| {
        let opens_at = row.opens_at.filter(|_| *code == NoticeCode::Closed);
        let text = match opens_at {
            Some(opens_at) => format!("{}; tiếp nhận lại lúc {}", code.text(), vietnamese(opens_at)),
            None => code.text().to_owned(),
        };
        Notice { at: *at, code: *code, text, opens_at }
    };
    row.notices.iter().map(notice).collect()
}

/// `07:30 ngày 24/11/2026`, in Vietnam.
fn vietnamese(at: Timestamp) -> String {
    let day = Day::of(at);
    let minutes = at.ms_since(day.begins()).div_euclid(60_000);
    let (year, month, date) = day.date();
    format!("{:02}:{:02} ngày {date:02}/{month:02}/{year}", minutes / 60, minutes % 60)
}

fn verdict_body(verdict: &RowVerdict, words: Option<Words>) -> VerdictBody {
    let (reason, note) = words.map_or((None, None), |words| (words.reason, words.note));
    VerdictBody {
        decision: verdict.decision,
        reason,
        note,
        at: verdict.at,
        agent: verdict.agent,
        late: verdict.late,
    }
}
