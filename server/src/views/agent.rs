//! What the workstation shows. Nothing here identifies a customer: the case is fetched over HTTPS.

use chinhchu_protocol::agent::{AgentActivity, AgentCall, AgentView, LostSide, OfferView};
use chinhchu_protocol::call::CallState;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{Activity, AssignmentStatus, CallStatus};
use rusqlite::Connection;

use crate::agents::{AgentSession, figures, sql};
use crate::cases;
use crate::config::Ice;
use crate::objects::Keys;
use crate::store::StoreError;
use crate::switchboard::Snapshot;
use crate::views::{ice_servers, words};
use crate::workstations;

/// Draws the agent's view; none if the agent is gone or signed out.
pub fn view(
    connection: &Connection,
    keys: &Keys,
    snapshot: &Snapshot,
    ice: &Ice,
    session: &AgentSession,
    now: Timestamp,
) -> Result<Option<AgentView>, StoreError> {
    let id = session.agent.agent_id;
    let (Some(stored), Some(status)) = (sql::agent(connection, id)?, snapshot.state.agent(id)) else {
        return Ok(None);
    };
    let activity = match status.activity {
        Activity::SignedOut => return Ok(None),
        Activity::Available { since } => AgentActivity::Available { since },
        Activity::Paused { since, reason } => AgentActivity::Paused { since, reason },
        Activity::Ringing { call, offer, idle_since } => {
            match offer_view(connection, keys, snapshot, call, offer)? {
                Some(offer) => AgentActivity::Ringing { offer },
                None => AgentActivity::Available { since: idle_since },
            }
        }
        Activity::OnCall { call, assignment } => on_call(keys, snapshot, ice, call, assignment, now),
        Activity::WrapUp { call, until, ended, .. } => AgentActivity::WrapUp { call_id: call, until, ended },
    };
    Ok(Some(AgentView {
        agent: stored.profile,
        activity,
        queue: snapshot.state.queue_summary(&status.company),
        today: figures::today(connection, id, now)?,
        reject_reasons: words::reject_reasons(connection, now)?,
        pause_reasons: words::pause_reasons(connection, now)?,
        workstation: workstations::sql::state_of_session(connection, session.session_id)?,
    }))
}

fn offer_view(
    connection: &Connection,
    keys: &Keys,
    snapshot: &Snapshot,
    call: CallId,
    offer: u32,
) -> Result<Option<OfferView>, StoreError> {
    let (Some(status), Some(stored)) = (snapshot.state.call(call), cases::sql::read(connection, keys, call)?)
    else {
        return Ok(None);
    };
    let Some(live) = status.offer.filter(|live| live.offer == offer) else { return Ok(None) };
    Ok(Some(OfferView {
        call_id: call,
        offer,
        company: stored.company,
        dealer_name: stored.case.dealer.name,
        payment: stored.case.subscriber.payment,
        sub_type: stored.case.subscriber.sub_type,
        customer_type: stored.case.subscriber.customer_type,
        waiting_since: status.waiting_since.unwrap_or(stored.created_at),
        expires_at: live.answer_by,
    }))
}

fn on_call(
    keys: &Keys,
    snapshot: &Snapshot,
    ice: &Ice,
    id: CallId,
    assignment: u32,
    now: Timestamp,
) -> AgentActivity {
    let status = snapshot.state.call(id);
    let live =
        status.as_ref().and_then(|status| status.assignment).filter(|live| live.assignment == assignment);
    let call = AgentCall {
        call_id: id,
        assignment,
        ice_servers: live
            .map_or_else(Vec::new, |live| ice_servers(keys, snapshot, ice, (id, &live), LostSide::Agent)),
        compare_again: live.is_some_and(|live| live.compare_again),
        changes: live.map_or(0, |live| live.changes),
        accepted_at: live.map_or(now, |live| live.accepted_at),
        challenge: keys.challenge(id, assignment),
    };
    match (status, live) {
        (Some(status), Some(live)) => in_state(&status, live, call, now),
        (_, _) => AgentActivity::Connecting { call },
    }
}

fn in_state(status: &CallStatus, live: AssignmentStatus, call: AgentCall, now: Timestamp) -> AgentActivity {
    match status.state {
        CallState::Reconnecting => AgentActivity::Reconnecting {
            call,
            lost: live.lost.unwrap_or(LostSide::Caller),
            deadline: status.deadline.unwrap_or(now),
        },
        CallState::InCall => {
            AgentActivity::InCall { call, since: live.media_since.unwrap_or(live.accepted_at) }
        }
        CallState::Connecting
        | CallState::Preparing
        | CallState::Waiting
        | CallState::Offering
        | CallState::AwaitingEvidence
        | CallState::Ended => AgentActivity::Connecting { call },
    }
}
