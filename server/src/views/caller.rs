//! What the call page shows.

use chinhchu_protocol::agent::LostSide;
use chinhchu_protocol::call::CallState;
use chinhchu_protocol::caller::{CallerAssignment, CallerView};
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use rusqlite::Connection;

use crate::agents;
use crate::cases;
use crate::config::Ice;
use crate::objects::Keys;
use crate::sockets::pages;
use crate::store::StoreError;
use crate::switchboard::{Snapshot, sql};
use crate::views::{call, ice_servers, words};

/// Draws the page's view; none if the call or the key of its case is gone.
pub fn view(
    connection: &Connection,
    keys: &Keys,
    snapshot: &Snapshot,
    ice: &Ice,
    id: CallId,
    now: Timestamp,
) -> Result<Option<CallerView>, StoreError> {
    let row = match snapshot.rows.get(&id) {
        Some(row) => (**row).clone(),
        None => match sql::call(connection, id)? {
            Some(row) => row,
            None => return Ok(None),
        },
    };
    let Some(stored) = cases::sql::read(connection, keys, id)? else { return Ok(None) };
    let agreed = stored.case.consent.is_some() || pages::consented(connection, id)?;
    let consent = if agreed { None } else { Some(words::consent(connection, now)?) };
    let agent = row.agent.map(|agent| agents::sql::agent(connection, agent)).transpose()?.flatten();
    let status = snapshot.state.call(id);
    let assignment = match row.state {
        CallState::Connecting | CallState::InCall | CallState::Reconnecting => {
            status.as_ref().and_then(|status| status.assignment).map(|assignment| CallerAssignment {
                n: assignment.assignment,
                ice_servers: ice_servers(keys, snapshot, ice, (id, &assignment), LostSide::Caller),
            })
        }
        CallState::Preparing
        | CallState::Waiting
        | CallState::Offering
        | CallState::AwaitingEvidence
        | CallState::Ended => None,
    };
    Ok(Some(CallerView {
        call_id: id,
        state: row.state,
        queue: snapshot.place(id),
        notices: call::notices(&row),
        dealer: stored.case.dealer,
        subscriber: stored.case.subscriber,
        images: cases::sql::pictures(connection, id, None)?.iter().map(|p| p.image_ref(id)).collect(),
        consent,
        agent_name: agent.map(|agent| agent.profile.name),
        assignment,
        deadline: status.and_then(|status| status.deadline),
        end_reason: row.ended.map(|(_, reason)| reason),
    }))
}
