//! Names of agents, for those who may see them: an agent of another company or partner is nobody.

use std::collections::BTreeMap;

use chinhchu_protocol::console::calls::AgentNamed;
use chinhchu_protocol::ids::{AgentId, CompanyCode};
use rusqlite::Connection;

use super::Scope;
use crate::store::{StoreError, rows};

/// Agents that a person may see, by id.
pub struct Names<'a> {
    scope: &'a Scope,
    read: BTreeMap<AgentId, Option<AgentNamed>>,
}

impl<'a> Names<'a> {
    /// Knows nobody yet.
    pub fn new(scope: &'a Scope) -> Self {
        Self { scope, read: BTreeMap::new() }
    }

    /// The agent, if the person may see it.
    pub fn of(&mut self, connection: &Connection, id: AgentId) -> Result<Option<AgentNamed>, StoreError> {
        if let Some(known) = self.read.get(&id) {
            return Ok(known.clone());
        }
        let sql = "SELECT username, name, company, partner FROM agents WHERE agent_id = ?1";
        let found = rows::first(connection, sql, [id.0.as_bytes()], |row| {
            let named = AgentNamed { agent_id: id, username: row.get("username")?, name: row.get("name")? };
            Ok((named, CompanyCode(row.get("company")?), row.get::<_, Option<String>>("partner")?))
        })?;
        let seen = found.and_then(|(named, company, partner)| {
            self.scope.sees_agent(&company, partner.as_deref()).then_some(named)
        });
        self.read.insert(id, seen.clone());
        Ok(seen)
    }

    /// Of the person.
    pub fn scope(&self) -> &'a Scope {
        self.scope
    }

    /// Whether nobody is hidden.
    pub fn whole(&self) -> bool {
        *self.scope == Scope::default()
    }

    /// [`Self::of`] somebody who may not be there.
    pub fn of_some(
        &mut self,
        connection: &Connection,
        id: Option<AgentId>,
    ) -> Result<Option<AgentNamed>, StoreError> {
        match id {
            Some(id) => self.of(connection, id),
            None => Ok(None),
        }
    }
}
