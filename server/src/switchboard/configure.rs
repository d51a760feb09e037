//! Companies, who serves whom, and agents: data of the store, told to the core whenever it changes.

use std::collections::HashMap;

use chinhchu_protocol::ids::{AgentId, CompanyCode, SessionId};
use chinhchu_protocol::workstation::WorkstationState;
use chinhchu_routing::{Input, Settings, SignOutReason};
use futures_util::future::join_all;
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use super::{DriveError, Snapshot, Switchboard};
use crate::store::{StoreError, rows};
use crate::{agents, workstations};

/// Changes told at once; a commit takes as many.
const AT_ONCE: usize = 64;

/// The key that a sign-in stands for, and where it stands; none before one is named.
type Standing = Option<(String, WorkstationState)>;

impl Switchboard {
    /// Tells the core what the store says about companies, serving and agents, as far as it differs. Call it
    /// after changing them; changes by the command line are noticed without.
    pub async fn configure(&self) -> Result<(), DriveError> {
        let read = self.inner.db.read(wanted).await;
        let wanted = read.map_err(|error: StoreError| DriveError::NotWritten(error.to_string()))?;
        let snapshot = self.snapshot();
        let news: Vec<Input> = wanted.into_iter().filter(|input| differs(&snapshot, input)).collect();
        for some in news.chunks(AT_ONCE) {
            // They keep their order, and share commits.
            for done in join_all(some.iter().map(|input| self.drive(input.clone()))).await {
                match done {
                    Ok(_) => {}
                    Err(DriveError::Refused(refusal)) => tracing::warn!(%refusal, "a setting was refused"),
                    Err(error) => return Err(error),
                }
            }
        }
        self.end_closed_sessions().await
    }

    /// Sign-ins that a command of the command line has ended: their sockets are told at once.
    async fn end_closed_sessions(&self) -> Result<(), DriveError> {
        let state = self.snapshot();
        let standing =
            state.state.agents().filter_map(|agent| Some((agent, state.state.agent(agent)?.session?)));
        let standing: Vec<_> = standing.map(|(agent, session)| (agent, session.session)).collect();
        let read =
            self.inner.db.read(move |connection| agents::sql::ended_among(connection, &standing)).await;
        let ended = read.map_err(|error: StoreError| DriveError::NotWritten(error.to_string()))?;
        for (agent, session) in ended {
            match self.drive(Input::SignOut { agent, session, why: SignOutReason::Forced }).await {
                Ok(_) | Err(DriveError::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Workstations that a command of the command line has approved or revoked: their screens show it at once. With
    /// the key: where one sign-in proves a second key, «approved» of that one is news, too.
    async fn tell_workstations(&self, told: &mut HashMap<SessionId, Standing>) -> Result<(), StoreError> {
        let state = self.snapshot();
        let standing =
            state.state.agents().filter_map(|agent| Some((agent, state.state.agent(agent)?.session?)));
        let standing: Vec<_> = standing.map(|(agent, live)| (agent, live.session)).collect();
        let read = self.inner.db.read(move |connection| {
            let mut now = Vec::new();
            for (agent, session) in standing {
                let key = workstations::sql::key_of_session(connection, session)?;
                now.push((agent, session, key.map(|key| (key.key_id, key.state))));
            }
            Ok::<_, StoreError>(now)
        });
        let now = read.await?;
        let changed: Vec<AgentId> = now
            .iter()
            .filter(|(_, session, standing)| told.get(session) != Some(standing))
            .map(|(agent, ..)| *agent)
            .collect();
        *told = now.into_iter().map(|(_, session, standing)| (session, standing)).collect();
        self.topics().publish(state.head.seq, [], changed, false);
        Ok(())
    }

    /// Until `stop`: follows what commands of the command line change.
    pub(super) async fn follow_outside(self, stop: CancellationToken) {
        let mut outside = self.inner.db.changed_outside();
        let mut standings = HashMap::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                changed = outside.changed() => if changed.is_err() { return },
            }
            if let Err(error) = self.configure().await {
                tracing::warn!(%error, "changed settings could not be taken over");
            }
            // A command may have sent deliveries again.
            self.tell_deliveries();
            if let Err(error) = self.tell_workstations(&mut standings).await {
                tracing::warn!(%error, "changed workstations could not be told");
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
    let sql = "SELECT agent_id, company, partner, skills, disabled_ms IS NULL AS active FROM agents ORDER BY agent_id";
    inputs.extend(rows::all(connection, sql, [], |row| {
        Ok(Input::SetAgent {
            agent: AgentId(rows::id(row, "agent_id")?),
            company: CompanyCode(row.get("company")?),
            partner: row.get("partner")?,
            active: row.get("active")?,
            skills: agents::sql::skills(row)?,
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
