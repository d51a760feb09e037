//! How a call ends: exactly once, for a reason that is true, never early (I3, I8); and whose verdict counts.

use chinhchu_protocol::agent::LostSide;
use chinhchu_protocol::call::{Decision, EndReason};
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::ids::{AgentId, CallId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{Event, Input};

use super::book::{AssignmentBook, Contact, EndedBook, Stage, VerdictBook};
use super::{Moment, Oracle, Subject};
use crate::rule::{Broken, Rule, ensure};

impl Oracle {
    pub(super) fn take_ends(&mut self, moment: Moment<'_>, event: &Event) -> Result<(), Broken> {
        match event {
            Event::ConversationOver { call, assignment, evidence_by } => {
                let live = self.the_assignment(*call, *assignment, "conversation over")?;
                Self::conversation_may_be_over(moment, *call, &live)?;
                self.freed.push(live.agent);
                self.part(moment.at, *call, *evidence_by)
            }
            Event::VerdictSealed { call, assignment, agent, decision, manifest_sha256, evidence_by } => {
                self.sealed(moment, (*call, *assignment), *agent, (*decision, manifest_sha256), *evidence_by)
            }
            Event::EvidenceTaken { call, assignment, agent, decision, manifest_sha256, standing } => {
                let verdict = (*decision, manifest_sha256.as_str());
                self.evidence(*call, *assignment, *agent, verdict, *standing)
            }
            Event::CallEnded { call, reason, .. } => self.end(moment, *call, *reason),
            Event::CallRecalled { record } => {
                let known = self.ended.get(&record.call);
                let right = known
                    .is_some_and(|known| known.reason == record.reason && known.assigned == record.assigned);
                ensure(right, || {
                    Broken::call(Rule::I5, record.call, "recalled as something else than it was")
                })
            }
            _ => Ok(()),
        }
    }

    fn part(&mut self, at: Timestamp, call: CallId, evidence_by: Timestamp) -> Result<(), Broken> {
        let by = at.plus_ms(i64::from(self.home(call, "parts")?.evidence_ms));
        let by = match &self.live_call(call, Rule::I3, "parts")?.stage {
            Stage::Evidence { by } => *by,
            Stage::Preparing { .. } | Stage::Waiting | Stage::Offering(_) | Stage::Assigned(_) => by,
        };
        ensure(evidence_by == by, || {
            Broken::call(Rule::I3, call, format!("evidence by {evidence_by}, not {by}"))
        })?;
        self.on_call(call, |book| (book.stage, book.line) = (Stage::Evidence { by }, None));
        Ok(())
    }

    fn sealed(
        &mut self,
        moment: Moment<'_>,
        (id, assignment): (CallId, u32),
        agent: AgentId,
        (decision, sha256): (Decision, &str),
        evidence_by: Timestamp,
    ) -> Result<(), Broken> {
        let book = self.live_call(id, Rule::Verdict, "a verdict")?;
        ensure(usize::try_from(assignment) == Ok(book.assigned.len()), || {
            Broken::call(Rule::Verdict, id, format!("the verdict of {assignment} is not of the latest"))
                .and(agent)
        })?;
        ensure(!book.verdicts.contains_key(&assignment), || {
            Broken::call(Rule::I5, id, "the same verdict twice").and(agent)
        })?;
        ensure(book.offer().is_none(), || Broken::call(Rule::I1, id, "judged while it rings").and(agent))?;
        if let Some(live) = book.live() {
            self.freed.push(live.agent);
        }
        self.part(moment.at, id, evidence_by)?;
        let verdict = VerdictBook { decision, sha256: sha256.to_owned(), standing: None };
        self.on_call(id, |book| {
            book.verdicts.insert(assignment, verdict);
        });
        Ok(())
    }

    /// A verdict counts for the latest assignment of a live call, and once; else it is kept as what it is.
    fn evidence(
        &mut self,
        id: CallId,
        assignment: u32,
        agent: AgentId,
        (decision, sha256): (Decision, &str),
        standing: VerdictStanding,
    ) -> Result<(), Broken> {
        let live = self.calls.get(&id).map(|book| (&book.assigned, &book.verdicts));
        let known = live.or_else(|| self.ended.get(&id).map(|book| (&book.assigned, &book.verdicts)));
        let Some((assigned, verdicts)) = known else {
            return Err(Broken::call(Rule::Verdict, id, "evidence of no call").and(agent));
        };
        let before = verdicts.get(&assignment);
        ensure(before.is_none_or(|verdict| verdict.standing.is_none()), || {
            Broken::call(Rule::I5, id, "the same evidence twice").and(agent)
        })?;
        ensure(before.is_none_or(|had| had.decision == decision && had.sha256 == sha256), || {
            Broken::call(Rule::Verdict, id, "evidence of another verdict than was sealed").and(agent)
        })?;
        let stands = |verdict: &VerdictBook| {
            matches!(verdict.standing, Some(VerdictStanding::Counts | VerdictStanding::Late))
        };
        let latest = usize::try_from(assignment) == Ok(assigned.len());
        let right = match (latest && !verdicts.values().any(stands), self.calls.contains_key(&id)) {
            (true, true) => VerdictStanding::Counts,
            (true, false) => VerdictStanding::Late,
            (false, _) => VerdictStanding::Superseded,
        };
        ensure(standing == right, || {
            let what = format!(
                "the verdict of assignment {assignment} of {} is {standing:?}, not {right:?}",
                assigned.len()
            );
            Broken::call(Rule::Verdict, id, what).and(agent)
        })?;
        let verdict = VerdictBook { decision, sha256: sha256.to_owned(), standing: Some(standing) };
        if let Some(book) = self.ended.get_mut(&id) {
            book.verdicts.insert(assignment, verdict);
        } else {
            self.on_call(id, |book| {
                book.verdicts.insert(assignment, verdict);
            });
        }
        Ok(())
    }

    fn end(&mut self, moment: Moment<'_>, id: CallId, reason: EndReason) -> Result<(), Broken> {
        if let Some(before) = self.ended.get(&id) {
            return Err(Broken::call(Rule::I3, id, format!("ended {reason:?} after {:?}", before.reason)));
        }
        self.may_end(moment, id, reason)?;
        let Some(book) = self.calls.remove(&id) else { return Ok(()) };
        self.unlist(id, &book);
        self.dues.remove(&(book.due(), Subject::Call(id)));
        if let Some(live) = book.live() {
            self.freed.push(live.agent);
        }
        let (company, assigned, verdicts) = (book.company, book.assigned, book.verdicts);
        self.ended.insert(id, EndedBook { reason, company, assigned, verdicts });
        Ok(())
    }

    /// The reason is true: what it says has happened, and no deadline fired early.
    fn may_end(&self, moment: Moment<'_>, id: CallId, reason: EndReason) -> Result<(), Broken> {
        let book = self.live_call(id, Rule::I3, "ended")?;
        let (at, tick) = (moment.at, matches!(moment.input, Input::Tick));
        ensure(book.offer().is_none(), || Broken::call(Rule::I1, id, "ended while it rings"))?;
        let waited = book.line.as_ref().filter(|line| tick && line.wait_until <= at);
        let holds = match (reason, &book.stage) {
            (EndReason::Cancelled, Stage::Preparing { by }) => (tick && *by <= at) || hangs_up(moment, id),
            (EndReason::Cancelled, Stage::Waiting | Stage::Assigned(_)) => hangs_up(moment, id),
            (EndReason::Declined, Stage::Waiting) => {
                matches!(moment.input, Input::Decline { call, .. } if *call == id)
            }
            (EndReason::NoAgent, Stage::Preparing { .. }) => {
                let ready = matches!(moment.input, Input::CallerReady { from } if from.call == id);
                ready && self.serving.get(&book.company).is_some_and(|serving| !self.is_open(serving, at))
            }
            (EndReason::NoAgent, Stage::Waiting) => waited.is_some_and(|line| !line.front),
            (EndReason::AgentLost, Stage::Waiting) => waited.is_some_and(|line| line.front),
            (EndReason::CallerLost, Stage::Waiting) => tick && self.page_due(id, at),
            (EndReason::CallerLost, Stage::Assigned(live)) => {
                return Self::was_lost(moment, id, live, LostSide::Caller);
            }
            (EndReason::Failed, Stage::Evidence { by }) => tick && *by <= at,
            (EndReason::Failed, Stage::Assigned(live)) if gives_up(moment, id, live) => true,
            (EndReason::Failed, Stage::Assigned(live)) => match live.contact {
                _ if live.end_by <= at => tick,
                Contact::Connecting { by } => tick && by <= at,
                Contact::Unwitnessed { by, .. } => tick && !live.media && by <= at,
                Contact::Flowing | Contact::Lost { .. } => false,
            },
            (EndReason::Completed, Stage::Evidence { .. }) => {
                let counts = |verdict: &VerdictBook| verdict.standing == Some(VerdictStanding::Counts);
                book.verdicts.values().any(counts)
            }
            (
                EndReason::Cancelled
                | EndReason::Declined
                | EndReason::NoAgent
                | EndReason::CallerLost
                | EndReason::AgentLost
                | EndReason::Failed
                | EndReason::Completed,
                _,
            ) => false,
        };
        ensure(holds, || {
            let what = format!(
                "ends {reason:?}, which is not so (or not yet): {:?}, page {:?}",
                book.stage, book.link
            );
            let broken = Broken::call(Rule::I8, id, what);
            match book.assigned.last() {
                Some(agent) => broken.and(*agent),
                None => broken,
            }
        })
    }

    /// Nobody was heard for the time that the settings give, or the longest length is reached.
    fn conversation_may_be_over(moment: Moment<'_>, id: CallId, live: &AssignmentBook) -> Result<(), Broken> {
        let at = moment.at;
        let unheard = match live.contact {
            Contact::Unwitnessed { by, heard } => {
                let since = live.life.newest();
                by <= at && (since <= heard || at.ms_since(since) <= super::TOLD_WITHIN_MS)
            }
            Contact::Connecting { .. } | Contact::Flowing | Contact::Lost { .. } => false,
        };
        let tick = matches!(moment.input, Input::Tick);
        ensure(tick && live.media && (unheard || live.end_by <= at), || {
            let what = format!("its conversation counts as over, while {:?}", live.contact);
            Broken::call(Rule::I8, id, what).and(live.agent)
        })
    }
}

fn gives_up(moment: Moment<'_>, id: CallId, live: &AssignmentBook) -> bool {
    matches!(moment.input, Input::GivenUp { from, call, assignment, .. }
        if (*call, *assignment, from.agent) == (id, live.number, live.agent))
}

fn hangs_up(moment: Moment<'_>, id: CallId) -> bool {
    match moment.input {
        Input::CallerHungUp { from } => from.call == id,
        Input::Cancel { call } => *call == id,
        _ => false,
    }
}
