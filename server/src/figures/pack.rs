//! The calls of one day, as small as reports need them: read from the rows, kept packed once the day is over.
//!
//! A pack is no second truth: a change of any call of its day drops it (a trigger of migration 0012), and it is
//! made anew from the rows. So a verdict that comes late is in the next report, and nothing counts twice.

use std::collections::HashMap;

use chinhchu_protocol::call::{Decision, EndReason};
use chinhchu_protocol::ids::AgentId;
use chinhchu_routing::OfferOutcome;

use super::call::EvidenceState;
use super::offer::Outcome;
use super::period::{DAY_MS, OFFSET_MS};
use crate::store::StoreError;

/// Stands for a time that is not there.
pub const NONE: u32 = u32::MAX;
/// Form of the packed bytes; another one is not read.
const FORM: u8 = 2;

/// One call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a thing of its own")]
pub struct Entry {
    /// Taken in, ms after the day's start.
    pub at: u32,
    /// Home company (a name).
    pub home: u32,
    /// Serving company (a name).
    pub serving: u32,
    /// Payment, subscriber type, customer type (a profile).
    pub profile: u32,
    /// Dealer's account (a name).
    pub dealer: u32,
    /// Reason of the verdict (a name).
    pub reason: u32,
    /// From the queue to the accept, or to the end.
    pub wait: u32,
    /// Handling time.
    pub handle: u32,
    /// Joined the queue.
    pub queued: bool,
    /// Accepted by an agent.
    pub answered: bool,
    /// Offered on at least once.
    pub redirected: bool,
    /// Turned away outside opening hours.
    pub closed: bool,
    /// The verdict's evidence came after the end.
    pub late: bool,
    /// Why it ended; none while it has not.
    pub end: Option<EndReason>,
    /// The verdict.
    pub decision: Option<Decision>,
    /// Where its evidence stands.
    pub evidence: EvidenceState,
    /// Offers made of it.
    pub offers: u32,
}

/// One offer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OfferEntry {
    /// To whom (a person).
    pub person: u32,
    /// Rang (was accepted at the latest), ms after the call was taken in; [`NONE`] if it never did (I7).
    pub rang: u32,
    /// Closed, likewise.
    pub done: u32,
    /// How it closed.
    pub outcome: Option<Outcome>,
}

/// The calls of a day. Names are numbered; number 0 is «none».
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pack {
    /// Number of the day.
    pub day: i64,
    /// Codes, accounts and ids.
    pub names: Vec<String>,
    /// Payment, subscriber type and customer type, as names.
    pub profiles: Vec<[u32; 3]>,
    /// Agent, company and partner, as names.
    pub people: Vec<[u32; 3]>,
    /// In the order in which they were taken in.
    pub entries: Vec<Entry>,
    /// Of all calls, one after the other.
    pub offers: Vec<OfferEntry>,
}

/// Makes a pack from rows.
pub struct Packer {
    pack: Pack,
    names: HashMap<String, u32>,
    profiles: HashMap<[u32; 3], u32>,
    people: HashMap<[u32; 3], u32>,
    agents: HashMap<AgentId, u32>,
}

/// A call, as read for a pack; an empty name is none.
#[expect(clippy::struct_excessive_bools, reason = "each is a thing of its own")]
pub struct PackedCall<'r> {
    /// Taken in.
    pub created_ms: i64,
    /// Home company.
    pub home: &'r str,
    /// Serving company.
    pub serving: &'r str,
    /// Prepaid or postpaid.
    pub payment: &'r str,
    /// Subscriber type.
    pub sub_type: &'r str,
    /// Customer type.
    pub customer_type: &'r str,
    /// Dealer's account.
    pub dealer: &'r str,
    /// Reason of the verdict.
    pub reason: &'r str,
    /// See [`Entry`].
    pub wait_ms: Option<i64>,
    /// See [`Entry`].
    pub handle_ms: Option<i64>,
    /// See [`Entry`].
    pub queued: bool,
    /// See [`Entry`].
    pub answered: bool,
    /// See [`Entry`].
    pub redirected: bool,
    /// See [`Entry`].
    pub closed: bool,
    /// See [`Entry`].
    pub late: bool,
    /// Why it ended.
    pub end: Option<EndReason>,
    /// The verdict.
    pub decision: Option<Decision>,
    /// Where its evidence stands.
    pub evidence: EvidenceState,
}

/// An offer, as read for a pack.
pub struct PackedOffer<'r> {
    /// To whom.
    pub agent: AgentId,
    /// Employer.
    pub company: &'r str,
    /// Partner; empty for none.
    pub partner: &'r str,
    /// The ring was confirmed.
    pub rang_ms: Option<i64>,
    /// Closed.
    pub done_ms: Option<i64>,
    /// How.
    pub outcome: Option<Outcome>,
}

impl Packer {
    /// Of a day.
    pub fn new(day: i64) -> Self {
        let pack = Pack { day, names: vec![String::new()], ..Pack::default() };
        let names = HashMap::from([(String::new(), 0)]);
        Self { pack, names, profiles: HashMap::new(), people: HashMap::new(), agents: HashMap::new() }
    }

    /// Adds a call.
    pub fn add(&mut self, call: &PackedCall<'_>) {
        let profile = [call.payment, call.sub_type, call.customer_type].map(|name| self.name(name));
        let known = u32::try_from(self.pack.profiles.len()).unwrap_or(NONE);
        let profile = *self.profiles.entry(profile).or_insert_with(|| {
            self.pack.profiles.push(profile);
            known
        });
        let start = self.pack.day * DAY_MS - OFFSET_MS;
        let entry = Entry {
            at: small(call.created_ms - start),
            home: self.name(call.home),
            serving: self.name(call.serving),
            profile,
            dealer: self.name(call.dealer),
            reason: self.name(call.reason),
            wait: call.wait_ms.map_or(NONE, small),
            handle: call.handle_ms.map_or(NONE, small),
            queued: call.queued,
            answered: call.answered,
            redirected: call.redirected,
            closed: call.closed,
            late: call.late,
            end: call.end,
            decision: call.decision,
            evidence: call.evidence,
            offers: 0,
        };
        self.pack.entries.push(entry);
    }

    /// Adds an offer of the call that was added last.
    pub fn add_offer(&mut self, offer: &PackedOffer<'_>) {
        let person = self.person(offer);
        let Some(call) = self.pack.entries.last_mut() else { return };
        call.offers += 1;
        let created = self.pack.day * DAY_MS - OFFSET_MS + i64::from(call.at);
        // Nobody accepts what does not ring, whether or not it was confirmed.
        let rang = offer.rang_ms.or(offer.done_ms.filter(|_| offer.outcome == Some(Outcome::Accepted)));
        let entry = OfferEntry {
            person,
            rang: rang.map_or(NONE, |ms| small(ms - created)),
            done: offer.done_ms.map_or(NONE, |ms| small(ms - created)),
            outcome: offer.outcome,
        };
        self.pack.offers.push(entry);
    }

    /// The pack.
    pub fn done(self) -> Pack {
        self.pack
    }

    fn person(&mut self, offer: &PackedOffer<'_>) -> u32 {
        let agent = if let Some(agent) = self.agents.get(&offer.agent) {
            *agent
        } else {
            let agent = self.name(&offer.agent.to_string());
            self.agents.insert(offer.agent, agent);
            agent
        };
        let (company, partner) = (self.name(offer.company), self.name(offer.partner));
        let known = u32::try_from(self.pack.people.len()).unwrap_or(NONE);
        *self.people.entry([agent, company, partner]).or_insert_with(|| {
            self.pack.people.push([agent, company, partner]);
            known
        })
    }

    fn name(&mut self, name: &str) -> u32 {
        if let Some(number) = self.names.get(name) {
            return *number;
        }
        let number = u32::try_from(self.pack.names.len()).unwrap_or(0);
        self.pack.names.push(name.to_owned());
        self.names.insert(name.to_owned(), number);
        number
    }
}

/// A time of at most 49 days.
fn small(ms: i64) -> u32 {
    u32::try_from(ms.clamp(0, i64::from(NONE - 1))).unwrap_or(0)
}

/// In the order of their numbers in packed bytes.
pub const ENDS: [EndReason; 7] = [
    EndReason::Completed,
    EndReason::Declined,
    EndReason::Cancelled,
    EndReason::NoAgent,
    EndReason::CallerLost,
    EndReason::AgentLost,
    EndReason::Failed,
];
/// Likewise.
pub const DECISIONS: [Decision; 2] = [Decision::Confirmed, Decision::Rejected];
/// Likewise.
pub const OUTCOMES: [Outcome; 8] = [
    Outcome::Accepted,
    Outcome::Not(OfferOutcome::Declined),
    Outcome::Not(OfferOutcome::Passed),
    Outcome::Not(OfferOutcome::Missed),
    Outcome::Not(OfferOutcome::NeverRang),
    Outcome::Not(OfferOutcome::CallerAway),
    Outcome::Not(OfferOutcome::CallOver),
    Outcome::Not(OfferOutcome::AgentAway),
];

/// Place in a list from 1; 0 for none.
fn place<T: PartialEq>(list: &[T], value: Option<T>) -> u32 {
    let found = value.and_then(|value| list.iter().position(|one| *one == value));
    found.and_then(|place| u32::try_from(place + 1).ok()).unwrap_or(0)
}

fn at_place<T: Copy>(list: &[T], place: u32) -> Option<T> {
    usize::try_from(place).ok()?.checked_sub(1).and_then(|place| list.get(place)).copied()
}

impl Pack {
    /// As bytes: little-endian words, one record after the other.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![FORM];
        let word = |value: u32, out: &mut Vec<u8>| out.extend_from_slice(&value.to_le_bytes());
        let len = |length: usize| u32::try_from(length).unwrap_or(0);
        word(len(self.names.len()), &mut out);
        for name in &self.names {
            word(len(name.len()), &mut out);
            out.extend_from_slice(name.as_bytes());
        }
        for list in [&self.profiles, &self.people] {
            word(len(list.len()), &mut out);
            for value in list.iter().flatten() {
                word(*value, &mut out);
            }
        }
        word(len(self.entries.len()), &mut out);
        for e in &self.entries {
            let flags = u32::from(e.queued)
                | u32::from(e.answered) << 1
                | u32::from(e.redirected) << 2
                | u32::from(e.closed) << 3
                | u32::from(e.late) << 4
                | place(&ENDS, e.end) << 8
                | place(&DECISIONS, e.decision) << 12
                | place(&EvidenceState::ALL, Some(e.evidence)) << 14;
            let words =
                [e.at, e.home, e.serving, e.profile, e.dealer, e.reason, e.wait, e.handle, flags, e.offers];
            for value in words {
                word(value, &mut out);
            }
        }
        word(len(self.offers.len()), &mut out);
        for offer in &self.offers {
            for value in [offer.person, offer.rang, offer.done, place(&OUTCOMES, offer.outcome)] {
                word(value, &mut out);
            }
        }
        out
    }

    /// Reads [`Self::to_bytes`]; none for another form.
    pub fn from_bytes(day: i64, bytes: &[u8]) -> Result<Option<Self>, StoreError> {
        match bytes.split_first() {
            Some((&FORM, rest)) => {
                let read = read(day, rest).filter(Self::is_whole);
                read.map(Some).ok_or(StoreError::Corrupt("the packed figures of a day"))
            }
            Some(_) | None => Ok(None),
        }
    }

    /// Every number names something: what counts them need not look.
    fn is_whole(&self) -> bool {
        let name = |number: &u32| (*number as usize) < self.names.len();
        let known = self.profiles.iter().chain(&self.people).flatten().all(name);
        let entries = self.entries.iter().all(|e| {
            [e.home, e.serving, e.dealer, e.reason].iter().all(name)
                && (e.profile as usize) < self.profiles.len()
        });
        let people = self.offers.iter().all(|offer| (offer.person as usize) < self.people.len());
        let offers: usize = self.entries.iter().map(|e| e.offers as usize).sum();
        known && entries && people && offers == self.offers.len()
    }
}

fn read(day: i64, bytes: &[u8]) -> Option<Pack> {
    let mut rest = bytes;
    let mut names = Vec::new();
    for _ in 0..word(&mut rest)? {
        let length = usize::try_from(word(&mut rest)?).ok()?;
        let (name, after) = rest.split_at_checked(length)?;
        names.push(String::from_utf8(name.to_vec()).ok()?);
        rest = after;
    }
    let profiles = triples(&mut rest)?;
    let people = triples(&mut rest)?;
    let entries = records::<10>(&mut rest)?;
    let entries = entries
        .map(|[at, home, serving, profile, dealer, reason, wait, handle, flags, offers]| {
            let bit = |n: u32| flags >> n & 1 == 1;
            let evidence = at_place(&EvidenceState::ALL, flags >> 14 & 7)?;
            let (end, decision) = (at_place(&ENDS, flags >> 8 & 15), at_place(&DECISIONS, flags >> 12 & 3));
            let (queued, answered, redirected, closed, late) = (bit(0), bit(1), bit(2), bit(3), bit(4));
            Some(Entry {
                at,
                home,
                serving,
                profile,
                dealer,
                reason,
                wait,
                handle,
                queued,
                answered,
                redirected,
                closed,
                late,
                end,
                decision,
                evidence,
                offers,
            })
        })
        .collect::<Option<Vec<_>>>()?;
    let offers = records::<4>(&mut rest)?
        .map(|[person, rang, done, outcome]| OfferEntry {
            person,
            rang,
            done,
            outcome: at_place(&OUTCOMES, outcome),
        })
        .collect();
    rest.is_empty().then_some(Pack { day, names, profiles, people, entries, offers })
}

fn word(rest: &mut &[u8]) -> Option<u32> {
    let (first, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    Some(u32::from_le_bytes(*first))
}

fn triples(rest: &mut &[u8]) -> Option<Vec<[u32; 3]>> {
    records::<3>(rest).map(Iterator::collect)
}

/// So many records of `N` words each, with their number before them.
fn records<'b, const N: usize>(rest: &mut &'b [u8]) -> Option<impl Iterator<Item = [u32; N]> + use<'b, N>> {
    let count = usize::try_from(word(rest)?).ok()?;
    let (bytes, after) = rest.split_at_checked(count.checked_mul(4 * N)?)?;
    *rest = after;
    Some(bytes.chunks_exact(4 * N).map(|record| {
        let mut words = [0; N];
        for (word, bytes) in words.iter_mut().zip(record.as_chunks::<4>().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        words
    }))
}
