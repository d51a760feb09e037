//! What others see of the state: integrators ([`call`]), the call page ([`caller`]), the workstation
//! ([`agent`]). Pure reading; nothing here changes anything.

pub mod agent;
pub mod call;
pub mod caller;
pub mod words;

use chinhchu_protocol::agent::LostSide;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::signal::IceServer;
use chinhchu_routing::{AssignmentStatus, Settings};

use crate::config::{Ice, Place};
use crate::objects::Keys;
use crate::switchboard::Snapshot;

/// STUN and TURN for one end of an assignment.
fn ice_servers(
    keys: &Keys,
    snapshot: &Snapshot,
    ice: &Ice,
    (call, live): (CallId, &AssignmentStatus),
    side: LostSide,
) -> Vec<IceServer> {
    let home = snapshot.state.call(call).map(|status| status.company);
    let settings = home.and_then(|home| snapshot.state.settings(&home));
    let max_call_ms =
        settings.map_or_else(|| Settings::default().max_call_ms, |settings| settings.max_call_ms);
    let (assignment, accepted_at) = (live.assignment, live.accepted_at);
    ice.servers_for(keys, Place { call, assignment, side, accepted_at, max_call_ms })
}
