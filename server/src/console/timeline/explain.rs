//! Why each offer of a call went where it went, folded from its facts.

use chinhchu_protocol::console::calls::{AgentNamed, OfferEnd};
use chinhchu_protocol::console::timeline::{NotAsked, NotChosen, OfferExplained};
use chinhchu_protocol::ids::AgentId;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::Event;
use chinhchu_routing::fact::WhyNot;

use super::Told;
use super::entry::end_of;
use crate::store::StoreError;

/// How an agent is named to who asks; none for somebody else's.
pub type Naming<'a> = dyn FnMut(AgentId) -> Result<Option<AgentNamed>, StoreError> + 'a;

/// Every offer, oldest first.
pub fn offers(told: &[Told], name: &mut Naming<'_>) -> Result<Vec<OfferExplained>, StoreError> {
    let mut offers: Vec<OfferExplained> = Vec::new();
    for one in told {
        let at = one.fact.at;
        match &one.fact.event {
            Event::Offered { offer, agent, considered, more, .. } => {
                let asked = considered
                    .iter()
                    .map(|other| Ok(NotAsked { agent: name(other.agent)?, why_not: why_not(other.why_not) }));
                let considered = asked.collect::<Result<_, StoreError>>()?;
                offers.push(OfferExplained {
                    offer: *offer,
                    at,
                    rules_version: one.rules_version,
                    agent: name(*agent)?,
                    rang_at: None,
                    outcome: None,
                    done_at: None,
                    considered,
                    more: *more,
                });
            }
            Event::Rang { offer, .. } => change(&mut offers, *offer, |told| told.rang_at = Some(at)),
            Event::OfferClosed { offer, outcome, .. } => close(&mut offers, *offer, at, end_of(*outcome)),
            Event::CallAccepted { offer, .. } => close(&mut offers, *offer, at, OfferEnd::Accepted),
            // Nothing else is about an offer.
            _ => {}
        }
    }
    Ok(offers)
}

fn change(offers: &mut [OfferExplained], number: u32, change: impl FnOnce(&mut OfferExplained)) {
    if let Some(told) = offers.iter_mut().find(|told| told.offer == number) {
        change(told);
    }
}

fn close(offers: &mut [OfferExplained], number: u32, at: Timestamp, end: OfferEnd) {
    change(offers, number, |told| (told.outcome, told.done_at) = (Some(end), Some(at)));
}

const fn why_not(why: WhyNot) -> NotChosen {
    match why {
        WhyNot::IdleForLess => NotChosen::IdleForLess,
        WhyNot::MoreCalls => NotChosen::MoreCalls,
        WhyNot::AskedMoreRecently => NotChosen::AskedMoreRecently,
        WhyNot::PartnerOverShare => NotChosen::PartnerOverShare,
        WhyNot::SkillMissing => NotChosen::SkillMissing,
        WhyNot::OtherCompany => NotChosen::OtherCompany,
        WhyNot::PassedBefore => NotChosen::PassedBefore,
        WhyNot::MissedBefore => NotChosen::MissedBefore,
        WhyNot::NeverRangBefore => NotChosen::NeverRangBefore,
        WhyNot::LostBefore => NotChosen::LostBefore,
        WhyNot::Ringing => NotChosen::Ringing,
        WhyNot::InCall => NotChosen::InCall,
        WhyNot::WrapUp => NotChosen::WrapUp,
        WhyNot::Paused => NotChosen::Paused,
        WhyNot::Away => NotChosen::Away,
    }
}
