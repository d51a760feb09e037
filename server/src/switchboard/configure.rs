//! Companies, who serves whom, and agents: data of the store, told to the core whenever it changes.

use chinhchu_protocol::ids::{AgentId, CompanyCode};
use chinhchu_routing::{Input, Settings, Skills};
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use super::{DriveError, Snapshot, Switchboard};
use crate::store::{StoreError, rows};

impl Switchboard {
    /// Tells the core what the store says about companies, serving and agents, as far as it differs. Call it
    /// after changing them; changes by the command line are noticed without.
    pub async fn configure(&self) -> Result<(), DriveError> {
        let read = self.inner.db.read(wanted).await;
        let wanted = read.map_err(|error: StoreError| DriveError::NotWritten(error.to_string()))?;
        let snapshot = self.snapshot();
        for input in wanted.into_iter().filter(|input| differs(&snapshot, input)) {
            match self.drive(input).await {
                Ok(_) => {}
                Err(DriveError::Refused(refusal)) => tracing::warn!(%refusal, "a setting was refused"),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Until `stop`: follows what commands of the command line change.
    pub(super) async fn follow_outside(self, stop: CancellationToken) {
        let mut outside = self.inner.db.changed_outside();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                changed = outside.changed() => if changed.is_err() { return },
            }
            if let Err(error) = self.configure().await {
                tracing::warn!(%error, "changed settings could not be taken over");
            }
        }
    }
}

fn wanted(connection: &Connection) -> Result<Vec<Input>, StoreError> {
    let sql = "SELECT code, settings FROM companies WHERE closed_ms IS NULL ORDER BY code";
    let companies: Vec<(String, String)> =
        rows::all(connection, sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut inputs = Vec::new();
    for (code, settings) in companies {
        let settings: Settings = serde_json::from_str(&settings)?;
        inputs.push(Input::SetCompany { company: CompanyCode(code), settings });
    }
    let sql = "SELECT home, serving FROM serves ORDER BY home";
    inputs.extend(rows::all(connection, sql, [], |row| {
        Ok(Input::SetServing {
            home: CompanyCode(row.get("home")?),
            serving: CompanyCode(row.get("serving")?),
        })
    })?);
    let sql =
        "SELECT agent_id, company, partner, disabled_ms IS NULL AS active FROM agents ORDER BY agent_id";
    inputs.extend(rows::all(connection, sql, [], |row| {
        Ok(Input::SetAgent {
            agent: AgentId(rows::id(row, "agent_id")?),
            company: CompanyCode(row.get("company")?),
            partner: row.get("partner")?,
            active: row.get("active")?,
            skills: Skills::default(),
        })
    })?);
    Ok(inputs)
}

fn differs(snapshot: &Snapshot, input: &Input) -> bool {
    match input {
        Input::SetCompany { company, settings } => snapshot.state.settings(company) != Some(settings),
        Input::SetServing { home, serving } => snapshot.state.serving(home) != Some(serving),
        Input::SetAgent { agent, company, partner, active, skills } => {
            snapshot.state.agent(*agent).is_none_or(|known| {
                (known.company, known.partner, known.active, known.skills)
                    != (company.clone(), partner.clone(), *active, skills.clone())
            })
        }
        // Nothing else is configuration.
        _ => false,
    }
}
