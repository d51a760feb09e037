//! Who may cause facts (ghosts may not), and what was promised by an answer (I5).

use chinhchu_protocol::ids::{AgentId, CallId};
use chinhchu_routing::{AgentSocket, CallerSocket, Input};

use super::book::{CallBook, Link, VerdictBook};
use super::{Moment, Oracle};
use crate::rule::{Broken, Rule, ensure};

impl Oracle {
    /// The input comes from the newest socket, and is about an offer or assignment that lives.
    pub(super) fn may_act(&self, moment: Moment<'_>) -> Result<(), Broken> {
        match moment.input {
            Input::CallerDisconnected { from, .. }
            | Input::CallerReady { from }
            | Input::CallerHungUp { from } => self.is_newest_page(*from),
            Input::AgentDisconnected { from, .. }
            | Input::SetStatus { from, .. }
            | Input::WrapUpDone { from } => self.is_newest_socket(*from),
            Input::Rang { from, call, offer, .. }
            | Input::Accept { from, call, offer }
            | Input::Decline { from, call, offer }
            | Input::Pass { from, call, offer } => {
                self.is_newest_socket(*from)?;
                self.is_live_offer(*from, *call, *offer)
            }
            Input::VerdictSealed { from, call, assignment, .. }
            | Input::Compared { from, call, assignment, .. }
            | Input::GivenUp { from, call, assignment, .. } => {
                self.is_newest_socket(*from)?;
                self.owns(*call, *assignment, from.agent)
            }
            Input::EvidenceStored { call, assignment, agent, .. } => self.owns(*call, *assignment, *agent),
            Input::MediaFlowing { call, assignment }
            | Input::CallerSilent { call, assignment, .. }
            | Input::CallerHeard { call, assignment }
            | Input::AgentSilent { call, assignment, .. }
            | Input::AgentHeard { call, assignment }
            | Input::BothSilent { call, assignment, .. } => {
                let live = self.calls.get(call).and_then(CallBook::live);
                ensure(live.is_some_and(|live| live.number == *assignment), || {
                    Broken::call(Rule::Ghost, *call, format!("assignment {assignment} is over, and counts"))
                })
            }
            Input::SignOut { agent, session, .. } | Input::AgentConnected { agent, session } => {
                let current = self.agents.get(agent).and_then(|book| book.session);
                ensure(current == Some(*session), || {
                    Broken::agent(Rule::Ghost, *agent, "an old session counts")
                })
            }
            // A change of person, told of an assignment that is over, matters to who gets the call again.
            Input::CallerChanged { .. }
            | Input::SetCompany { .. }
            | Input::SetServing { .. }
            | Input::SetAgent { .. }
            | Input::TakeIn { .. }
            | Input::CallerConnected { .. }
            | Input::Cancel { .. }
            | Input::SignIn { .. }
            | Input::Tick
            | Input::Outage { .. }
            | Input::Started
            | Input::Recall { .. } => Ok(()),
        }
    }

    fn is_newest_page(&self, from: CallerSocket) -> Result<(), Broken> {
        let call = self.calls.get(&from.call);
        ensure(call.is_some_and(|call| call.epoch == from.epoch && call.link == Link::Up), || {
            Broken::call(Rule::Ghost, from.call, format!("socket {} is a ghost, and counts", from.epoch))
        })
    }

    fn is_newest_socket(&self, from: AgentSocket) -> Result<(), Broken> {
        let newest = self.agents.get(&from.agent).is_some_and(|book| {
            book.session == Some(from.session) && book.epoch == from.epoch && book.link == Link::Up
        });
        ensure(newest, || {
            Broken::agent(Rule::Ghost, from.agent, format!("socket {} is a ghost, and counts", from.epoch))
        })
    }

    fn is_live_offer(&self, from: AgentSocket, call: CallId, offer: u32) -> Result<(), Broken> {
        if self.ended.contains_key(&call) {
            return Err(
                Broken::call(Rule::I3, call, "has ended, and an answer to its ring counts").and(from.agent)
            );
        }
        let live = self.calls.get(&call).and_then(CallBook::offer);
        ensure(live.is_some_and(|live| live.number == offer && live.agent == from.agent), || {
            Broken::call(Rule::Ghost, call, format!("offer {offer} is over, and counts")).and(from.agent)
        })
    }

    fn owns(&self, call: CallId, assignment: u32, agent: AgentId) -> Result<(), Broken> {
        let live = self.calls.get(&call).map(|call| &call.assigned);
        let assigned = live.or_else(|| self.ended.get(&call).map(|call| &call.assigned));
        let place = usize::try_from(assignment).ok().and_then(|n| n.checked_sub(1));
        let owner = assigned.zip(place).and_then(|(assigned, place)| assigned.get(place));
        ensure(owner == Some(&agent), || {
            Broken::call(Rule::Verdict, call, format!("a verdict for {assignment} by who never had it"))
                .and(agent)
        })
    }

    /// I5: what an answer acknowledged stands in the books.
    pub(super) fn acknowledged(&self, input: &Input) -> Result<(), Broken> {
        match input {
            Input::TakeIn { call, .. } => {
                let known = self.calls.contains_key(call) || self.ended.contains_key(call);
                ensure(known, || Broken::call(Rule::I5, *call, "an acknowledged intake is nowhere"))
            }
            Input::VerdictSealed { from, call, assignment, .. } => {
                ensure(self.verdict(*call, *assignment).is_some(), || {
                    Broken::call(Rule::I5, *call, "an acknowledged verdict is nowhere").and(from.agent)
                })
            }
            Input::EvidenceStored { call, assignment, agent, .. } => {
                let taken =
                    self.verdict(*call, *assignment).is_some_and(|verdict| verdict.standing.is_some());
                ensure(taken, || {
                    Broken::call(Rule::I5, *call, "acknowledged evidence is nowhere").and(*agent)
                })
            }
            Input::Accept { from, call, offer } => {
                let live = self.calls.get(call).and_then(CallBook::live);
                ensure(live.is_some_and(|live| live.offer == *offer && live.agent == from.agent), || {
                    Broken::call(Rule::I5, *call, "an acknowledged accept is nowhere").and(from.agent)
                })
            }
            // Nothing else promises that something stays.
            _ => Ok(()),
        }
    }

    pub(super) fn verdict(&self, call: CallId, assignment: u32) -> Option<&VerdictBook> {
        let live = self.calls.get(&call).map(|call| &call.verdicts);
        live.or_else(|| self.ended.get(&call).map(|call| &call.verdicts))?.get(&assignment)
    }
}
