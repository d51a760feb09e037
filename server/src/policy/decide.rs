//! What a rule means for the system that wants to activate (P3). Pure.

use chinhchu_protocol::console::policy::PolicyEntry;
use chinhchu_protocol::policy::{Activation, Channel, PolicyDecision, Requirement, VideoCall};

/// On mSale a mandatory profile is activated with a confirmed call only; the other channels are sent to
/// mSale. What is not mandatory may be activated anywhere.
pub fn decide(rule: &PolicyEntry, channel: Channel) -> PolicyDecision {
    let (activation, requires, use_channel) = match (rule.video_call, channel) {
        (VideoCall::NotMandatory, _) => (Activation::Allowed, None, None),
        (VideoCall::Mandatory, Channel::Msale) => {
            (Activation::Allowed, Some(Requirement::ConfirmedCall), None)
        }
        (VideoCall::Mandatory, Channel::Tcqlkh | Channel::Dthgd | Channel::Cskh) => {
            (Activation::Blocked, None, Some(Channel::Msale))
        }
    };
    PolicyDecision {
        video_call: rule.video_call,
        activation,
        requires,
        use_channel,
        rule_id: rule.rule_id,
        valid_from: rule.valid_from.clone(),
        valid_to: rule.valid_to.clone(),
    }
}
