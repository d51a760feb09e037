//! Calls are found by different ways, by how many fit: whichever is walked, the same calls come in the same order, and
//! nobody sees another's.

use std::collections::{BTreeMap, BTreeSet};

use chinhchu_protocol::agent::AgentProfile;
use chinhchu_protocol::call::{CallState, Decision, EndReason};
use chinhchu_protocol::console::calls::{CallOrder, EvidenceStanding};
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::OfferOutcome;
use chinhchu_server::agents::sql::insert_agent;
use chinhchu_server::console::Scope;
use chinhchu_server::console::calls::filter::{Wanted, of_query};
use chinhchu_server::console::calls::sql::list_by;
use chinhchu_server::figures::offer::Employer;
use chinhchu_server::figures::{CallFigures, EvidenceState, Given, OfferFigures, Outcome, rebuild, sql};
use chinhchu_server::objects::Keys;
use chinhchu_server::store::{Db, StoreError, rows};
use rusqlite::{Connection, params};
use uuid::Uuid;

const CALLS: u64 = 900;
const PARTNERS: [Option<&str>; 4] = [None, Some("mbs"), Some("viettel"), Some("nhỏ")];
const MSISDN: [u8; 32] = [7; 32];
const EXTERNAL: [u8; 32] = [8; 32];

/// Numbers that look random and are always the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % limit).expect("small")
    }

    fn of<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64)].clone()
    }
}

fn at(ms: usize) -> Timestamp {
    Timestamp::from_ms(1_795_366_800_000 + i64::try_from(ms).expect("small"))
}

fn agent(n: usize) -> AgentId {
    AgentId(Uuid::from_u128(0xa9e0 + n as u128))
}

/// Many calls share a millisecond; one in three hundred is of the partner that has next to none.
fn made_up(n: u64, dice: &mut Dice) -> (CallFigures, Vec<OfferFigures>) {
    let call_id = CallId(Uuid::from_u128((dice.below(1 << 30) as u128) << 64 | u128::from(n)));
    let created = at(dice.below(400));
    let company = |dice: &mut Dice| CompanyCode(dice.of(&["1", "1", "1", "2", "3", "4"]).to_owned());
    let given = Given {
        dealer: Some(dice.of(&["dl.1", "dl.1", "dl.2", "dl.3"]).to_owned()),
        payment: Some(dice.of(&["prepaid", "postpaid"]).to_owned()),
        sub_type: Some(dice.of(&["MC", "MQ"]).to_owned()),
        customer_type: Some("individual".to_owned()),
        rule: None,
        reason: Some(dice.of(&["face_mismatch", "other", "other"]).to_owned()),
    };
    let mut call = CallFigures::taken_in(call_id, company(dice), company(dice), created, given);
    call.state = dice.of(&[CallState::Ended, CallState::Ended, CallState::Waiting]);
    if call.state == CallState::Ended {
        call.end_reason = Some(dice.of(&[EndReason::Completed, EndReason::Completed, EndReason::CallerLost]));
        call.decision = dice.of(&[None, Some(Decision::Confirmed), Some(Decision::Rejected)]);
        call.evidence = dice.of(&[EvidenceState::None, EvidenceState::Complete, EvidenceState::Missing]);
    }
    let mut offers = Vec::new();
    for offer in 1..=u32::try_from(dice.below(4)).expect("small") {
        let place = if n.is_multiple_of(300) { 3 } else { dice.below(3) };
        let employer =
            Employer { company: call.serving.clone(), partner: PARTNERS[place].map(str::to_owned) };
        (call.agent, call.partner) = (Some(agent(place)), employer.partner.clone());
        let done = Some((created, Outcome::Not(OfferOutcome::Missed)));
        offers.push(OfferFigures {
            call_id,
            offer,
            agent: agent(place),
            employer,
            at: created,
            rang: None,
            done,
        });
    }
    (call, offers)
}

/// A call with the partners to whose agents it was offered.
type Known = (CallFigures, BTreeSet<String>);

fn fill(db: &Db) -> Vec<Known> {
    let mut dice = Dice(42);
    let made: Vec<_> = (0..CALLS).map(|n| made_up(n, &mut dice)).collect();
    let stored = made.clone();
    let write = move |tx: &rusqlite::Transaction<'_>| {
        (0..PARTNERS.len()).try_for_each(|place| employ(tx, place))?;
        for (n, (call, offers)) in stored.iter().enumerate() {
            sql::put_call(tx, call)?;
            offers.iter().try_for_each(|offer| sql::put_offer(tx, offer))?;
            // Written again with every fact about it: the partner's list holds it once all the same.
            offers.iter().try_for_each(|offer| sql::put_offer(tx, offer))?;
            put_case(tx, n, call)?;
        }
        Ok::<_, StoreError>(())
    };
    db.write_blocking(write).expect("filled");
    let known = made.into_iter().map(|(mut call, offers)| {
        // A reason is part of the verdict.
        call.given.reason = call.given.reason.filter(|_| call.decision.is_some());
        (call, offers.into_iter().filter_map(|offer| offer.employer.partner).collect())
    });
    known.collect()
}

/// Every agent works for company 1.
fn employ(tx: &Connection, place: usize) -> Result<(), StoreError> {
    let profile = AgentProfile {
        agent_id: agent(place),
        username: format!("agent{place}"),
        name: format!("NVHT {place}"),
        company: CompanyCode("1".to_owned()),
        partner: PARTNERS[place].map(str::to_owned),
    };
    insert_agent(tx, &profile, "-", at(0))
}

/// One in a hundred is of one subscriber, one of these erased; one has the id that is searched.
fn put_case(tx: &Connection, n: usize, call: &CallFigures) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO cases (call_id, company, case_sealed, policy, created_ms, msisdn_hash, external_hash,
                 destroyed_ms) VALUES (?1, ?2, x'', '{}', ?3, ?4, ?5, ?6)";
    let other = [9; 32];
    let msisdn = if n.is_multiple_of(100) { MSISDN } else { other };
    let external = if n == 500 { EXTERNAL } else { other };
    let erased = (n == 300).then_some(1);
    let (id, created) = (call.call_id.0.as_bytes(), call.created.ms());
    rows::run(tx, sql, params![id, call.home.0, created, msisdn, external, erased])?;
    Ok(())
}

/// What fits, found by looking at every call.
fn expected(known: &[Known], scope: &Scope, wanted: &Wanted) -> Vec<CallId> {
    let fits = |(n, (call, partners)): &(usize, &Known)| {
        let partner = scope.partner.as_ref();
        let column = |name: &str| match name {
            "home" => Some(call.home.0.clone()),
            "serving" => Some(call.serving.0.clone()),
            "dealer" => call.given.dealer.clone(),
            "reason" => call.given.reason.clone(),
            "sub_type" => call.given.sub_type.clone(),
            "payment" => call.given.payment.clone(),
            "partner" => call.partner.clone(),
            "state" => Some(if call.state == CallState::Ended { "ended" } else { "waiting" }.to_owned()),
            "decision" => call
                .decision
                .map(|one| if one == Decision::Confirmed { "confirmed" } else { "rejected" }.to_owned()),
            "end_reason" => call
                .end_reason
                .map(|one| if one == EndReason::Completed { "completed" } else { "caller_lost" }.to_owned()),
            other => panic!("{other}"),
        };
        let evidence = match wanted.evidence {
            None => true,
            Some(EvidenceStanding::None) => call.evidence == EvidenceState::None,
            Some(EvidenceStanding::Complete) => call.evidence == EvidenceState::Complete,
            Some(EvidenceStanding::Missing) => call.evidence == EvidenceState::Missing,
            Some(EvidenceStanding::Due) => false,
        };
        // Who took a call is found only by whoever would be shown it.
        let asks_who = wanted.agent.is_some() || wanted.equal.iter().any(|(name, _)| *name == "partner");
        let shown = |taker: AgentId| {
            let place = (0..PARTNERS.len()).find(|place| agent(*place) == taker).expect("one of ours");
            scope.sees_agent(&CompanyCode("1".to_owned()), PARTNERS[place])
        };
        (!asks_who || call.agent.is_some_and(shown))
            && (scope.sees_company(&call.home) || scope.sees_company(&call.serving))
            && partner.is_none_or(|own| partners.contains(own))
            && wanted.equal.iter().all(|(name, value)| column(name).as_ref() == Some(value))
            && evidence
            && wanted.agent.is_none_or(|agent| call.agent == Some(agent))
            && wanted.msisdn.is_none_or(|_| n.is_multiple_of(100) && *n != 300)
            && wanted.external_id.is_none_or(|_| *n == 500)
            && wanted.from.is_none_or(|from| call.created >= from)
            && wanted.to.is_none_or(|to| call.created < to)
    };
    let mut found: Vec<(Timestamp, CallId)> = known
        .iter()
        .enumerate()
        .filter(|pair| fits(pair))
        .map(|(_, (call, _))| (call.created, call.call_id))
        .collect();
    found.sort_by_key(|(at, call)| (*at, *call.0.as_bytes()));
    if wanted.order == CallOrder::Newest {
        found.reverse();
    }
    found.into_iter().map(|(_, call)| call).collect()
}

/// The whole list, part by part.
fn listed(connection: &Connection, scope: &Scope, wanted: &Wanted, few: u32) -> Vec<CallId> {
    let (mut wanted, mut found) = (wanted.clone(), Vec::new());
    loop {
        let page = list_by(connection, scope, &wanted, few).expect("a list");
        found.extend(page.items.iter().map(|call| call.call_id));
        let Some(next) = page.next else { return found };
        assert_eq!(page.items.len(), 37);
        let Ok(read) = of_query(&format!("after={next}")) else { panic!("{next} is no cursor") };
        wanted.after = read.after;
    }
}

fn asked(dice: &mut Dice) -> Wanted {
    const VALUES: [(&str, [&str; 2]); 10] = [
        ("home", ["1", "4"]),
        ("serving", ["1", "2"]),
        ("dealer", ["dl.1", "dl.3"]),
        ("reason", ["other", "nobody_has_it"]),
        ("sub_type", ["MC", "MQ"]),
        ("payment", ["prepaid", "postpaid"]),
        ("partner", ["mbs", "nhỏ"]),
        ("state", ["ended", "waiting"]),
        ("decision", ["confirmed", "rejected"]),
        ("end_reason", ["completed", "caller_lost"]),
    ];
    let equal: BTreeMap<&'static str, String> = (0..dice.below(4))
        .map(|_| {
            let (name, values) = dice.of(&VALUES);
            (name, dice.of(&values).to_owned())
        })
        .collect();
    let rarely = |dice: &mut Dice| dice.below(5) == 0;
    Wanted {
        from: rarely(dice).then(|| at(100)),
        to: rarely(dice).then(|| at(290)),
        equal: equal.into_iter().collect(),
        evidence: rarely(dice).then(|| {
            dice.of(&[EvidenceStanding::Missing, EvidenceStanding::Complete, EvidenceStanding::Due])
        }),
        agent: rarely(dice).then(|| agent(1)),
        msisdn: (dice.below(12) == 0).then_some(MSISDN),
        external_id: (dice.below(12) == 0).then_some(EXTERNAL),
        order: dice.of(&[CallOrder::Newest, CallOrder::Oldest]),
        after: None,
        limit: 37,
    }
}

fn scopes() -> Vec<Scope> {
    let companies = |codes: &[&str]| Some(codes.iter().map(|code| CompanyCode((*code).to_owned())).collect());
    let mut scopes = Vec::new();
    for companies in [None, companies(&["1"]), companies(&["3", "4"]), companies(&["7"])] {
        for partner in PARTNERS {
            scopes.push(Scope { companies: companies.clone(), partner: partner.map(str::to_owned) });
        }
    }
    scopes
}

#[test]
fn whichever_way_calls_are_found_by_the_same_come_in_the_same_order() {
    let folder = tempfile::tempdir().expect("folder");
    let db = Db::open(folder.path()).expect("store");
    let known = fill(&db);
    let mut dice = Dice(7);
    let mut questions: Vec<Wanted> = (0..150).map(|_| asked(&mut dice)).collect();
    questions.push(Wanted { limit: 37, ..Wanted::default() });
    let found = db.read_blocking(|connection| {
        let mut found = 0;
        for scope in scopes() {
            for wanted in &questions {
                let expected = expected(&known, &scope, wanted);
                found += expected.len();
                // No way of its own, one for the rarest only, one for everything.
                for few in [0, 20, 10_000] {
                    let listed = listed(connection, &scope, wanted, few);
                    assert_eq!(listed, expected, "{scope:?}, {wanted:?}, few are {few}");
                }
            }
        }
        Ok::<_, StoreError>(found)
    });
    assert!(found.expect("read") > 20_000, "the questions ask for something");
}

/// A rebuild begins with empty rows.
#[test]
fn the_calls_of_partners_go_with_the_rows_they_are_made_of() {
    let folder = tempfile::tempdir().expect("folder");
    let db = Db::open(folder.path()).expect("store");
    let keys = Keys::open(folder.path()).expect("keys");
    fill(&db);
    let count = || {
        db.read_blocking(|c| {
            Ok::<_, StoreError>(
                c.query_row("SELECT count(*) FROM partner_calls", [], |row| row.get::<_, i64>(0))?,
            )
        })
    };
    assert!(count().expect("count") > 0);
    rebuild::anew(&db, &keys).expect("made anew from an empty log");
    assert_eq!(count().expect("count"), 0);
}
