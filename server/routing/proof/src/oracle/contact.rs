//! Whether the two sides of a call have each other: F3, F4, the agent's side, and nobody heard (I8).

use chinhchu_protocol::agent::LostSide;
use chinhchu_protocol::ids::{AgentId, CallId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::Input;
use chinhchu_routing::fact::OverflowDue;

use super::book::{AssignmentBook, Contact, Doing, Line, Link, Stage};
use super::calls::{after, due};
use super::{Moment, Oracle};
use crate::rule::{Broken, Rule, ensure};

impl Oracle {
    /// I8: a side counts as lost only when its socket is silent and its media missed at the other end; the
    /// 15 s run from the last sign of life of either kind.
    pub(super) fn lost(
        &mut self,
        at: Timestamp,
        (id, assignment): (CallId, u32),
        side: LostSide,
        last_heard: Timestamp,
        back_by: Timestamp,
    ) -> Result<(), Broken> {
        let live = self.the_assignment(id, assignment, "a side is lost")?;
        let book = self.live_call(id, Rule::I3, "a side is lost")?;
        let agent = self.agents.get(&live.agent);
        let (link, socket, media) = match side {
            LostSide::Caller => (book.link, live.life.caller_socket, live.life.caller_media),
            LostSide::Agent => {
                (agent.map_or(Link::Never, |book| book.link), live.life.agent_socket, live.life.agent_media)
            }
        };
        let silent = link != Link::Up || Self::is_silent(at, socket);
        ensure(silent && Self::is_silent(at, media), || {
            let what = format!("{side:?} counts as lost, though heard {socket} ({link:?}), seen {media}");
            Broken::call(Rule::I8, id, what).and(live.agent)
        })?;
        let newest = self.heard(at, live.life.of(side).max(live.accepted_at));
        ensure(last_heard == newest, || {
            let what = format!("{side:?} counts as heard last {last_heard}, and was {newest}");
            Broken::call(Rule::I8, id, what).and(live.agent)
        })?;
        let by = after(newest, self.home(id, "a side is lost")?.reconnect_ms);
        ensure(back_by == by, || {
            Broken::call(Rule::I8, id, format!("{side:?} has until {back_by}, not {by}")).and(live.agent)
        })?;
        self.on_live(id, |live| live.contact = Contact::Lost { side, by, heard: newest });
        Ok(())
    }

    pub(super) fn unwitnessed(
        &mut self,
        moment: Moment<'_>,
        (id, assignment): (CallId, u32),
        heard_by: Timestamp,
    ) -> Result<(), Broken> {
        let at = moment.at;
        let live = self.the_assignment(id, assignment, "unwitnessed")?;
        let caller_up = self.live_call(id, Rule::I3, "unwitnessed")?.link == Link::Up;
        let agent_up = self.agents.get(&live.agent).is_some_and(|book| book.link == Link::Up);
        let heard = |up: bool, socket: Timestamp| up && !Self::is_silent(at, socket);
        let any = heard(caller_up, live.life.caller_socket) || heard(agent_up, live.life.agent_socket);
        ensure(!any, || {
            Broken::call(Rule::I8, id, "«unwitnessed», though a socket is heard").and(live.agent)
        })?;
        let newest = self.heard(at, live.life.newest().max(live.accepted_at));
        let by = after(newest, self.home(id, "unwitnessed")?.unwitnessed_ms);
        ensure(heard_by == by, || {
            Broken::call(Rule::I8, id, format!("unwitnessed until {heard_by}, not {by}")).and(live.agent)
        })?;
        self.on_live(id, |live| live.contact = Contact::Unwitnessed { by, heard: newest });
        Ok(())
    }

    /// The call is taken from its agent: after its 15 s, or because its session ends.
    pub(super) fn voided(
        &mut self,
        moment: Moment<'_>,
        (id, assignment): (CallId, u32),
        agent: AgentId,
        (wait_until, spared_until): (Timestamp, Timestamp),
        overflow: &[OverflowDue],
    ) -> Result<(), Broken> {
        let at = moment.at;
        let live = self.the_assignment(id, assignment, "taken from its agent")?;
        ensure(live.agent == agent, || Broken::call(Rule::I1, id, "taken from another agent").and(agent))?;
        match moment.input {
            Input::SignIn { agent: who, .. }
            | Input::SignOut { agent: who, .. }
            | Input::SetAgent { agent: who, .. }
                if *who == agent => {}
            _ => Self::was_lost(moment, id, &live, LostSide::Agent)?,
        }
        let home = self.home(id, "taken from its agent")?;
        due(id, "waits", wait_until, after(at, home.max_wait_ms))?;
        due(id, "is spared", spared_until, after(at, home.reoffer_after_ms))?;
        let book = self.live_call(id, Rule::I3, "taken from its agent")?;
        let serving = self.serving.get(&book.company).cloned().unwrap_or_else(|| book.company.clone());
        let since = book.queued_at.unwrap_or(at);
        let overflow = self.plan(id, at, &serving, overflow)?;
        let (front, overflowed) = (true, Vec::new());
        let waits = Line { serving, since, front, wait_until, overflowed, overflow };
        let full = after(at, home.reconnect_ms);
        self.on_call(id, |book| {
            book.spared.insert(agent, Some(spared_until));
            if let Link::Away(by) = &mut book.link {
                *by = full.max(*by);
            }
            (book.stage, book.line) = (Stage::Waiting, Some(waits));
        });
        self.on_agent(agent, |book| {
            if matches!(book.doing, Doing::OnCall { call, .. } if call == id) {
                book.doing = Doing::Free { since: at };
            }
        });
        self.freed.push(agent);
        Ok(())
    }

    /// I8: the 15 s of a lost side have run out, and nothing was heard of it since.
    pub(super) fn was_lost(
        moment: Moment<'_>,
        id: CallId,
        live: &AssignmentBook,
        who: LostSide,
    ) -> Result<(), Broken> {
        let at = moment.at;
        let Contact::Lost { side, by, heard } = live.contact else {
            let what = format!("{who:?} is given up, while {:?}", live.contact);
            return Err(Broken::call(Rule::I8, id, what).and(live.agent));
        };
        ensure(side == who && matches!(moment.input, Input::Tick), || {
            Broken::call(Rule::I8, id, format!("{who:?} is given up, {side:?} was lost")).and(live.agent)
        })?;
        ensure(by <= at, || {
            Broken::call(Rule::I8, id, format!("{who:?} is given up before its 15 s, {by}")).and(live.agent)
        })?;
        let since = live.life.of(who);
        ensure(since <= heard || at.ms_since(since) <= super::TOLD_WITHIN_MS, || {
            Broken::call(Rule::I8, id, format!("{who:?} is given up, and was heard {since}")).and(live.agent)
        })
    }
}
