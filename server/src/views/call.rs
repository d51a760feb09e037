//! The body of `GET /v1/calls/{id}`, of the events and of webhooks.

use chinhchu_protocol::call::{CallBody, Notice, NoticeCode, QueuePlace, VerdictBody};
use chinhchu_protocol::time::Timestamp;
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
        notices: notices(&row.notices),
        end_reason: row.ended.map(|(_, reason)| reason),
        verdict: row.verdict.as_ref().map(|verdict| verdict_body(verdict, words)),
        images: pictures.iter().map(|picture| picture.image_ref(call)).collect(),
    }))
}

/// Notices with their words.
pub fn notices(stored: &[(Timestamp, NoticeCode)]) -> Vec<Notice> {
    stored.iter().map(|(at, code)| Notice { at: *at, code: *code, text: code.text().to_owned() }).collect()
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
