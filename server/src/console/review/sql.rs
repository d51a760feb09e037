//! Rows of reviews and of their settings.

use chinhchu_protocol::call::Decision;
use chinhchu_protocol::console::review::{
    ReviewBecause, ReviewListed, ReviewOutcome, ReviewSetting, ReviewShown,
};
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode, PersonId};
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, Row, params};

use crate::console::calls::sql::{named, partners};
use crate::console::names::Names;
use crate::objects::CaseKey;
use crate::store::{StoreError, rows};

const NOTE: &[u8] = b"review";
/// Settings that are listed.
const MOST_SETTINGS: u32 = 500;

/// How much is drawn.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Setting {
    /// Of 1,000 verdicts.
    pub share_per_mille: u32,
    /// All verdicts with one of these.
    pub all_of_reasons: Vec<String>,
}

/// A verdict that was drawn.
pub struct Drawn {
    /// The call.
    pub call: CallId,
    /// The assignment whose verdict counts.
    pub assignment: u32,
    /// Home company.
    pub home: CompanyCode,
    /// Serving company.
    pub serving: CompanyCode,
    /// Who verified.
    pub agent: AgentId,
    /// The verdict.
    pub decision: Decision,
    /// Why it was drawn.
    pub because: ReviewBecause,
    /// When.
    pub at: Timestamp,
}

/// A review that disagrees.
pub struct Disagreed {
    /// The call.
    pub call: CallId,
    /// Home company.
    pub home: CompanyCode,
    /// Serving company.
    pub serving: CompanyCode,
    /// Partners whose agents were offered the call.
    pub partners: Vec<Option<String>>,
    /// When it was given.
    pub at: Timestamp,
}

/// What holds for a serving company at a moment.
pub fn setting_at(
    connection: &Connection,
    company: &CompanyCode,
    at: Timestamp,
) -> Result<Setting, StoreError> {
    let sql = "SELECT share_per_mille, all_of_reasons FROM review_settings
               WHERE company IN (?1, '') AND valid_from_ms <= ?2
               ORDER BY company DESC, valid_from_ms DESC, created_ms DESC LIMIT 1";
    let found = rows::first(connection, sql, params![company.0, at.ms()], |row| {
        Ok((row.get("share_per_mille")?, row.get::<_, String>("all_of_reasons")?))
    })?;
    let Some((share_per_mille, reasons)) = found else { return Ok(Setting::default()) };
    Ok(Setting { share_per_mille, all_of_reasons: serde_json::from_str(&reasons)? })
}

/// Every setting, newest first.
pub fn settings(connection: &Connection) -> Result<Vec<ReviewSetting>, StoreError> {
    let sql = "SELECT * FROM review_settings ORDER BY valid_from_ms DESC, created_ms DESC LIMIT ?1";
    let found = rows::all(connection, sql, [MOST_SETTINGS], |row| {
        let company: String = row.get("company")?;
        let setting = ReviewSetting {
            company: (!company.is_empty()).then_some(CompanyCode(company)),
            share_per_mille: row.get("share_per_mille")?,
            all_of_reasons: Vec::new(),
            valid_from: rows::time(row, "valid_from_ms")?,
            changed_by: row.get("changed_by")?,
            change_reason: row.get("change_reason")?,
        };
        Ok((setting, row.get::<_, String>("all_of_reasons")?))
    })?;
    let read = |(setting, reasons): (ReviewSetting, String)| {
        Ok(ReviewSetting { all_of_reasons: serde_json::from_str(&reasons)?, ..setting })
    };
    found.into_iter().map(read).collect()
}

/// Adds a setting; those of before stay, for what they held.
pub fn insert_setting(tx: &Connection, setting: &ReviewSetting, now: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO review_settings (company, valid_from_ms, created_ms, share_per_mille,
                 all_of_reasons, changed_by, change_reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let company = setting.company.as_ref().map_or("", |company| company.0.as_str());
    let reasons = serde_json::to_string(&setting.all_of_reasons)?;
    let ReviewSetting { share_per_mille, valid_from, changed_by, change_reason, .. } = setting;
    let from = valid_from.ms();
    rows::run(
        tx,
        sql,
        params![company, from, now.ms(), share_per_mille, reasons, changed_by, change_reason],
    )?;
    Ok(())
}

/// Stores a drawn verdict; a call is drawn once.
pub fn insert(tx: &Connection, drawn: &Drawn) -> Result<(), StoreError> {
    let sql =
        "INSERT OR IGNORE INTO reviews (call_id, assignment, home, serving, agent_id, partner, decision,
                 because, drawn_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, (SELECT partner FROM agents WHERE agent_id = ?5), ?6, ?7, ?8)";
    let decision = match drawn.decision {
        Decision::Confirmed => "confirmed",
        Decision::Rejected => "rejected",
    };
    let because = match drawn.because {
        ReviewBecause::Sample => "sample",
        ReviewBecause::Reason => "reason",
    };
    let (call, agent) = (drawn.call.0.as_bytes(), drawn.agent.0.as_bytes());
    let (home, serving) = (&drawn.home.0, &drawn.serving.0);
    rows::run(
        tx,
        sql,
        params![call, drawn.assignment, home, serving, agent, decision, because, drawn.at.ms()],
    )?;
    Ok(())
}

/// A row, before it is known who may see its agent.
pub struct Stored {
    /// As listed, without names and note.
    pub listed: ReviewListed,
    /// Who verified.
    pub agent: AgentId,
    /// Sealed under the case's key.
    pub note_sealed: Option<Vec<u8>>,
}

/// Columns of a [`Stored`].
pub const COLUMNS: &str = "SELECT r.*, p.name AS reviewer_name FROM reviews r
    LEFT JOIN people p ON p.person_id = r.reviewer";

impl Stored {
    /// Reads a row of [`COLUMNS`].
    pub fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let listed = ReviewListed {
            call_id: CallId(rows::id(row, "call_id")?),
            assignment: row.get("assignment")?,
            home: CompanyCode(row.get("home")?),
            serving: CompanyCode(row.get("serving")?),
            agent: None,
            partner: row.get("partner")?,
            decision: named(row, "decision")?.ok_or(rusqlite::Error::InvalidQuery)?,
            because: named(row, "because")?.ok_or(rusqlite::Error::InvalidQuery)?,
            drawn_at: rows::time(row, "drawn_ms")?,
            claimed_by: person(row, "claimed_by")?,
            claimed_until: rows::time_or_null(row, "claimed_until_ms")?,
            review: given(row)?,
            note: None,
        };
        let agent = AgentId(rows::id(row, "agent_id")?);
        Ok(Self { listed, agent, note_sealed: row.get("note_sealed")? })
    }

    /// With the names that the person may see.
    pub fn named(self, connection: &Connection, names: &mut Names<'_>) -> Result<ReviewListed, StoreError> {
        let agent = names.of(connection, self.agent)?;
        let partner = self.listed.partner.filter(|_| agent.is_some());
        Ok(ReviewListed { agent, partner, ..self.listed })
    }
}

fn person(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<PersonId>> {
    let id: Option<[u8; 16]> = row.get(column)?;
    Ok(id.map(|bytes| PersonId(uuid::Uuid::from_bytes(bytes))))
}

fn given(row: &Row<'_>) -> rusqlite::Result<Option<ReviewShown>> {
    let outcome: Option<ReviewOutcome> = named(row, "outcome")?;
    let given = outcome.zip(rows::time_or_null(row, "done_ms")?).zip(person(row, "reviewer")?);
    let Some(((outcome, at), by)) = given else { return Ok(None) };
    let by_name: Option<String> = row.get("reviewer_name")?;
    Ok(Some(ReviewShown {
        outcome,
        reason: row.get("reason")?,
        at,
        by,
        by_name: by_name.unwrap_or_default(),
    }))
}

/// The row of a call.
pub fn of_call(connection: &Connection, call: CallId) -> Result<Option<Stored>, StoreError> {
    rows::first(connection, &format!("{COLUMNS} WHERE call_id = ?1"), [call.0.as_bytes()], Stored::read)
}

/// What a second person said about a call.
pub fn shown(connection: &Connection, call: CallId) -> Result<Option<ReviewShown>, StoreError> {
    Ok(of_call(connection, call)?.and_then(|stored| stored.listed.review))
}

/// Reviews that disagree, newest first.
pub fn disagreed_since(connection: &Connection, since: Timestamp) -> Result<Vec<Disagreed>, StoreError> {
    let sql = "SELECT call_id, home, serving, done_ms FROM reviews
               WHERE outcome = 'disagrees' AND done_ms >= ?1 ORDER BY done_ms DESC LIMIT 1000";
    let found = rows::all(connection, sql, [since.ms()], |row| {
        let line = (CompanyCode(row.get("home")?), CompanyCode(row.get("serving")?));
        Ok((CallId(rows::id(row, "call_id")?), line, rows::time(row, "done_ms")?))
    })?;
    let with_partners = |(call, (home, serving), at): (CallId, (CompanyCode, CompanyCode), Timestamp)| {
        Ok(Disagreed { call, home, serving, partners: partners(connection, call)?, at })
    };
    found.into_iter().map(with_partners).collect()
}

/// The note of a review, opened with the key of its case.
pub fn open_note(key: &CaseKey, sealed: &[u8]) -> Result<String, StoreError> {
    let plain = key.open(NOTE, sealed).map_err(|_| StoreError::Corrupt("note of a review"))?;
    String::from_utf8(plain).map_err(|_| StoreError::Corrupt("note of a review"))
}

/// Seals a note.
pub fn seal_note(key: &CaseKey, note: &str) -> Vec<u8> {
    key.seal(NOTE, note.as_bytes())
}
