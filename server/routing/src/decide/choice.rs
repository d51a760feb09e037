//! Which of the free agents gets a call, and why the others don't.
//!
//! Asked are the agents of the company that serves the call (C1), then those of the companies to which it has
//! overflowed, in their order. Within a company: who has the needed skills (all of them, if these are
//! required), then whose partner is owed most, then by the company's [`Selection`]. Who passed, missed or
//! lost this call, or where it never rang, comes after everybody else who is free, of any company, and not
//! before its time to be spared (I2).

use std::collections::{BTreeMap, BTreeSet};

use chinhchu_protocol::ids::{AgentId, CompanyCode};

use super::Draft;
use crate::agent::Agent;
use crate::call::Call;
use crate::fact::{Considered, WhyNot};
use crate::settings::{MAX_CONSIDERED, Selection, Settings, SkillRule};
use crate::skills::Needs;
use crate::status::Activity;

/// Of a large staff not everybody is asked why it is busy.
const MAX_LOOKED_AT: usize = 64;

/// Needs that nobody free of a company can meet: found out once for each input, not for each call.
pub(super) type Barren = BTreeSet<(CompanyCode, Needs)>;

/// How a company chooses among its free agents for one call.
struct Chooser<'s> {
    rule: SkillRule,
    needs: &'s Needs,
    ranks: BTreeMap<&'s str, usize>,
}

/// The lower, the sooner: lacks skills, rank of the partner.
type Merit = (bool, usize);

impl<'s> Chooser<'s> {
    fn of(draft: &Draft<'_>, settings: &'s Settings, company: &CompanyCode, needs: &'s Needs) -> Self {
        let rule = if needs.is_empty() { SkillRule::Off } else { settings.skills };
        let weights = &settings.partner_shares;
        let ranks = if weights.is_empty() {
            BTreeMap::new()
        } else {
            draft.state.shares.get(company).cloned().unwrap_or_default().ranks(weights)
        };
        Self { rule, needs, ranks }
    }

    /// `None`: not asked at all.
    fn merit(&self, agent: &Agent) -> Option<Merit> {
        let lacks = match self.rule {
            SkillRule::Off => false,
            SkillRule::Prefer | SkillRule::Require => !agent.skills.meet(self.needs),
        };
        if lacks && self.rule == SkillRule::Require {
            return None;
        }
        Some((lacks, self.rank(agent)))
    }

    /// Who is not named comes after all who are.
    fn rank(&self, agent: &Agent) -> usize {
        if self.ranks.is_empty() {
            return 0;
        }
        self.ranks.get(agent.share_of()).copied().unwrap_or(self.ranks.len())
    }

    /// The first of the best among agents in the order in which they are asked.
    fn best(&self, draft: &Draft<'_>, agents: impl Iterator<Item = AgentId>) -> Option<AgentId> {
        let mut best: Option<(Merit, AgentId)> = None;
        for id in agents {
            let merit = draft.state.agents.get(&id).and_then(|agent| self.merit(agent));
            let Some(merit) = merit.filter(|merit| best.is_none_or(|(had, _)| *merit < had)) else {
                continue;
            };
            best = Some((merit, id));
            if merit == (false, 0) {
                break;
            }
        }
        best.map(|(_, id)| id)
    }
}

impl Draft<'_> {
    /// Who gets the call, if anybody free may take it now.
    pub(super) fn choose(&self, call: &Call, barren: &mut Barren) -> Option<AgentId> {
        let line = call.line()?;
        let mut known_barren = |company: &CompanyCode| {
            // Mostly there is nothing to find out.
            let asks = !call.needs.is_empty()
                && self.state.settings.get(company).is_some_and(|it| it.skills == SkillRule::Require);
            if !asks {
                return false;
            }
            let key = (company.clone(), call.needs.clone());
            if barren.contains(&key) {
                return true;
            }
            let meets =
                |id: AgentId| self.state.agents.get(&id).is_some_and(|it| it.skills.meet(&call.needs));
            let nobody = !self.state.idle_agents(company).any(meets);
            if nobody {
                barren.insert(key);
            }
            nobody
        };
        let companies: Vec<&CompanyCode> =
            line.companies().filter(|company| !known_barren(company)).collect();
        let fresh = |agent: &AgentId| !call.spared.contains_key(agent);
        let spared_enough =
            |agent: &AgentId| call.spared.get(agent).is_some_and(|spared| spared.until.is_none());
        let first = companies.iter().find_map(|company| self.best_of(call, company, fresh));
        if call.spared.is_empty() {
            return first;
        }
        first.or_else(|| companies.iter().find_map(|company| self.best_of(call, company, spared_enough)))
    }

    fn best_of(&self, call: &Call, company: &CompanyCode, may: impl Fn(&AgentId) -> bool) -> Option<AgentId> {
        let mut agents = self.state.idle_agents(company).filter(|agent| may(agent)).peekable();
        agents.peek()?;
        let settings = self.state.settings_of(company);
        Chooser::of(self, &settings, company, &call.needs).best(self, agents)
    }

    /// Who else there was, for `explain`: the available ones first, then the others on duty.
    pub(super) fn considered(&self, call: &Call, chosen: AgentId, taker: &Agent) -> (Vec<Considered>, bool) {
        let Some(line) = call.line() else { return (Vec::new(), false) };
        let settings = self.state.settings_of(&taker.company);
        let chooser = Chooser::of(self, &settings, &taker.company, &call.needs);
        let available = line.companies().flat_map(|company| self.state.idle_agents(company));
        let available = available.filter(|agent| *agent != chosen).filter_map(|id| {
            let agent = self.state.agents.get(&id)?;
            let before = call.spared.get(&id).map(|spared| spared.why);
            let why_not = before.unwrap_or_else(|| why_after(agent, taker, &chooser, settings.selection));
            Some(Considered { agent: id, why_not })
        });
        let staff = line.companies().flat_map(|company| self.state.staff(company).take(MAX_LOOKED_AT));
        let busy = staff.filter_map(|id| {
            let agent = self.state.agents.get(&id).filter(|agent| agent.idle_since().is_none())?;
            Some(Considered { agent: id, why_not: why_busy(agent) })
        });
        let mut considered: Vec<Considered> = available.chain(busy).take(MAX_CONSIDERED + 1).collect();
        let more = considered.len() > MAX_CONSIDERED;
        considered.truncate(MAX_CONSIDERED);
        (considered, more)
    }
}

/// Why a free agent who had no chance yet comes after the one who was chosen.
fn why_after(agent: &Agent, chosen: &Agent, chooser: &Chooser<'_>, selection: Selection) -> WhyNot {
    if agent.company != chosen.company {
        return WhyNot::OtherCompany;
    }
    let lacks = chooser.rule != SkillRule::Off && !agent.skills.meet(chooser.needs);
    if lacks && (chooser.rule == SkillRule::Require || chosen.skills.meet(chooser.needs)) {
        return WhyNot::SkillMissing;
    }
    if chooser.rank(agent) > chooser.rank(chosen) {
        return WhyNot::PartnerOverShare;
    }
    match selection {
        Selection::LeastCalls if agent.accepted > chosen.accepted => WhyNot::MoreCalls,
        Selection::RoundRobin if agent.asked_at > chosen.asked_at => WhyNot::AskedMoreRecently,
        Selection::LongestIdle | Selection::LeastCalls | Selection::RoundRobin => WhyNot::IdleForLess,
    }
}

fn why_busy(agent: &Agent) -> WhyNot {
    if !agent.is_connected() {
        return WhyNot::Away;
    }
    match &agent.activity {
        Activity::Ringing { .. } => WhyNot::Ringing,
        Activity::OnCall { .. } => WhyNot::InCall,
        Activity::WrapUp { .. } => WhyNot::WrapUp,
        Activity::Paused { .. } => WhyNot::Paused,
        // Available and connected is idle and not asked here; without a session there is no duty.
        Activity::Available { .. } | Activity::SignedOut => WhyNot::Away,
    }
}
