//! `workstation`: whose machines may verify. Approvals and revocations count at once, on the screens too.

use chinhchu_evidence::PublicKey;
use chinhchu_protocol::ids::WorkstationId;
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::workstation::WorkstationState;
use clap::Subcommand;
use serde::Serialize;
use serde_json::json;

use super::store::{Opened, open, open_to_look};
use super::token::seconds;
use super::{CliError, Globals, output};
use crate::agents;
use crate::audit::{self, Entry, who};
use crate::objects::Keys;
use crate::store::StoreError;
use crate::workstations::sql::StoredKey;
use crate::workstations::{code, decide, sql};

const MIN_LIFE_S: u32 = 5 * 60;
const MAX_LIFE_S: u32 = 30 * 24 * 60 * 60;
const MAX_REASON: usize = 200;

#[derive(Subcommand)]
pub enum WorkstationCommand {
    /// Show every key that a workstation has named, oldest first
    List,
    /// Make a one-time code that enrols one workstation without waiting; prints it, this once
    Invite {
        /// How long the code holds, such as 30m, 24h, 7d
        #[arg(long, default_value = "24h", value_name = "TIME")]
        expires_in: String,
    },
    /// Approve the key of a workstation; its agents may verify at once. An earlier key of it is closed
    Approve {
        /// Id of the workstation, as listed
        id: WorkstationId,
        /// Fingerprint as the workstation's screen shows it, such as 1a2b-3c4d-5e6f-7a8b-9c0d
        #[arg(long)]
        fingerprint: String,
    },
    /// Take the keys of a workstation back; its agents get no more calls, its evidence is no longer taken
    Revoke {
        /// Id of the workstation, as listed
        id: WorkstationId,
        /// Why; kept with the key
        #[arg(long)]
        reason: String,
    },
}

#[derive(Serialize)]
struct Listed {
    workstation_id: WorkstationId,
    name: String,
    state: WorkstationState,
    fingerprint: String,
    key_id: String,
    requested_at: Timestamp,
    requested_by: String,
    decided_at: Option<Timestamp>,
    decided_by: Option<String>,
    reason: Option<String>,
}

#[derive(Serialize)]
struct Invited {
    enrolment_code: String,
    expires_at: Timestamp,
}

#[derive(Serialize)]
struct Revoked {
    workstation_id: WorkstationId,
    keys_revoked: usize,
}

pub fn run(globals: &Globals, command: WorkstationCommand) -> Result<(), CliError> {
    let opened = match &command {
        WorkstationCommand::List => open_to_look(globals)?,
        WorkstationCommand::Invite { .. }
        | WorkstationCommand::Approve { .. }
        | WorkstationCommand::Revoke { .. } => open(globals)?,
    };
    let (by, now) = (who::command_line(), opened.clock.now());
    match command {
        WorkstationCommand::List => {
            let listed = opened.db.read_blocking(|c| {
                sql::keys(c)?.into_iter().map(|key| listed(c, key)).collect::<Result<Vec<_>, _>>()
            })?;
            output::list(globals, &listed)
        }
        WorkstationCommand::Invite { expires_in } => invite(globals, &opened, &expires_in, by, now),
        WorkstationCommand::Approve { id, fingerprint } => {
            let keys = Keys::of_store(&opened.db)?;
            let approved = opened.db.write_blocking(move |tx| {
                let key = decide::approve_by_fingerprint(tx, &keys, id, &fingerprint, &by, now)?;
                Ok::<_, decide::DecideError>(listed(tx, key)?)
            })?;
            output::object(globals, &approved)
        }
        WorkstationCommand::Revoke { id, reason } => {
            if reason.trim().is_empty() || reason.chars().count() > MAX_REASON {
                return Err(CliError::Settings(vec!["--reason: 1 to 200 characters".to_owned()]));
            }
            let keys_revoked = opened
                .db
                .write_blocking(move |tx| decide::revoke(tx, id, |_| Ok(true), &by, &reason, now))?;
            output::object(globals, &Revoked { workstation_id: id, keys_revoked })
        }
    }
}

fn invite(
    globals: &Globals,
    opened: &Opened,
    expires_in: &str,
    by: String,
    now: Timestamp,
) -> Result<(), CliError> {
    let life = seconds(expires_in).filter(|life| (MIN_LIFE_S..=MAX_LIFE_S).contains(life));
    let wrong = || CliError::Settings(vec!["--expires-in: from 5m to 30d, such as 30m, 24h, 7d".to_owned()]);
    let life = life.ok_or_else(wrong)?;
    let enrolment_code = code::fresh(rand::random());
    let hash = code::hash(&enrolment_code).ok_or_else(|| anyhow::anyhow!("the code cannot be kept"))?;
    let expires_at = now.plus_ms(i64::from(life) * 1_000);
    opened.db.write_blocking(move |tx| {
        sql::insert_code(tx, hash, &by, expires_at, now)?;
        let detail = json!({ "expires_at": expires_at });
        let entry =
            Entry { actor: &by, action: "workstation.invited", subject: "enrolment_code", detail: &detail };
        audit::append(tx, now, &entry)
    })?;
    output::object(globals, &Invited { enrolment_code, expires_at })
}

fn listed(connection: &rusqlite::Connection, key: StoredKey) -> Result<Listed, StoreError> {
    let public: PublicKey = key.public_key.parse().map_err(|_| StoreError::Corrupt("a workstation's key"))?;
    let by = agents::sql::agent(connection, key.requested_by)?;
    Ok(Listed {
        workstation_id: key.workstation_id,
        name: key.name,
        state: key.state,
        fingerprint: public.fingerprint(),
        key_id: key.key_id,
        requested_at: key.requested_at,
        requested_by: by.map_or_else(|| key.requested_by.to_string(), |agent| agent.profile.username),
        decided_at: key.decided_at,
        decided_by: key.decided_by,
        reason: key.reason,
    })
}
