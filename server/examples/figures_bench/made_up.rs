//! A made-up month: always the same, from the number of each call.

use chinhchu_protocol::call::{CallState, Decision, EndReason};
use chinhchu_protocol::case::{Case, Customer, CustomerType, Dealer, IdKind, Payment, Subscriber};
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode, RuleId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::OfferOutcome;
use chinhchu_server::figures::offer::Employer;
use chinhchu_server::figures::{CallFigures, EvidenceState, Given, OfferFigures, Outcome};
use uuid::Uuid;

/// Agents; the last one is the only one of a partner that has next to no calls.
pub const AGENTS: u64 = 601;
const MANY: u64 = 600;
const DEALERS: u64 = 5_000;
/// Companies that serve.
pub const SERVING: [&str; 6] = ["1", "2", "3", "5", "8", "9"];
/// Partners with a third of all agents each.
pub const PARTNERS: [&str; 2] = ["partner 1", "partner 2"];
/// The partner with next to no calls, and how many it has.
pub const SMALL: &str = "partner of twenty";
const SMALL_CALLS: u64 = 20;
/// A reason that only this many calls in the month have.
pub const RARE_REASON: &str = "under_age";
const RARE: u64 = 3;

/// Numbers that look random and are always the same.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn ms(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below(to.abs_diff(from).max(1))).unwrap_or(0)
    }

    fn one_of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let place = usize::try_from(self.below(list.len() as u64)).unwrap_or(0);
        &list[place]
    }
}

pub fn agent(n: u64) -> AgentId {
    AgentId(Uuid::from_u128(0xa6e7_u128 << 64 | u128::from(n)))
}

pub fn employer(n: u64) -> Employer {
    let place = usize::try_from(n % 6).unwrap_or(0);
    let partner = match (n, n / 6 % 3) {
        (MANY.., _) => Some(SMALL),
        (_, 1) => Some(PARTNERS[0]),
        (_, 2) => Some(PARTNERS[1]),
        (_, _) => None,
    };
    Employer { company: CompanyCode(SERVING[place].to_owned()), partner: partner.map(str::to_owned) }
}

/// Who serves whom (C1), as a fresh installation has it: a place in [`SERVING`].
fn serves(home: u64) -> u64 {
    match home {
        2 => 1,
        3 | 7 => 2,
        5 => 3,
        8 => 4,
        9 => 5,
        _ => 0,
    }
}

pub fn call_id(n: u64, at: Timestamp) -> CallId {
    CallId(Uuid::from_u128(u128::from(at.ms().unsigned_abs()) << 80 | 7 << 76 | 2 << 62 | u128::from(n)))
}

/// The subscriber's number of a call: one in two calls is of somebody who has had another.
pub fn msisdn(n: u64) -> String {
    format!("09{:08}", n / 2)
}

pub fn external_id(n: u64) -> String {
    format!("EKYC-2026-{n:09}")
}

/// A rule of the catalogue: id, type, payment.
pub type Rule = (RuleId, String, String);

/// One call with everything that is stored of it.
pub struct MadeUp {
    pub figures: CallFigures,
    pub offers: Vec<OfferFigures>,
    pub case: Case,
    pub rule: RuleId,
}

/// Makes the call of a number, of so many.
pub fn call(n: u64, of: u64, at: Timestamp, rules: &[Rule]) -> MadeUp {
    let mut dice = Dice::new(n);
    let home = 1 + dice.below(9);
    let (rule, sub_type, payment) = dice.one_of(rules).clone();
    let dealer = format!("dl.{:05}", dice.below(DEALERS));
    let reason = if n % (of / RARE).max(1) == 11 {
        RARE_REASON
    } else {
        dice.one_of(&["face_mismatch", "face_mismatch", "id_unclear", "not_cooperating", "other"])
    };
    let given = Given {
        dealer: Some(dealer.clone()),
        payment: Some(payment.clone()),
        sub_type: (sub_type != "*").then_some(sub_type.clone()),
        customer_type: Some("individual".to_owned()),
        rule: Some(rule),
        reason: Some(reason.to_owned()),
    };
    let small = n % (of / SMALL_CALLS).max(1) == 7;
    let home = CompanyCode(if small { 1 } else { home }.to_string());
    let place = serves(home.0.parse().unwrap_or(1));
    let serving = CompanyCode(SERVING[usize::try_from(place).unwrap_or(0)].to_owned());
    let mut figures = CallFigures::taken_in(call_id(n, at), home, serving, at, given);
    let who = |dice: &mut Dice| if small { MANY } else { place + 6 * dice.below(MANY / 6) };
    let offers = offers(&mut figures, at, &mut dice, who);
    let case = Case {
        external_id: external_id(n),
        dealer: Dealer { account: dealer, name: "Điểm bán Số Một".to_owned() },
        subscriber: Subscriber {
            msisdn: msisdn(n),
            payment: if payment == "prepaid" { Payment::Prepaid } else { Payment::Postpaid },
            sub_type: (sub_type != "*").then_some(sub_type),
            customer_type: CustomerType::Individual,
        },
        customer: Customer {
            full_name: "Nguyễn Thị Thử Nghiệm".to_owned(),
            date_of_birth: "1990-02-03".to_owned(),
            id_kind: IdKind::Cccd,
            id_number: format!("{n:012}"),
            id_issued_on: "2021-05-06".to_owned(),
            address: Some("12 Phố Huế, Hai Bà Trưng, Hà Nội".to_owned()),
        },
        consent: None,
        biometric_match: None,
        language: None,
    };
    MadeUp { figures, offers, case, rule }
}

/// One in twelve is offered twice; four in a hundred hang up while it rings.
fn offers(
    call: &mut CallFigures,
    at: Timestamp,
    dice: &mut Dice,
    who: impl Fn(&mut Dice) -> u64,
) -> Vec<OfferFigures> {
    let queued = at.plus_ms(dice.ms(2_000, 20_000));
    call.queued = Some(queued);
    let (given_up, how_often) = (dice.below(100) < 4, 1 + u32::from(dice.below(12) == 0));
    let mut when = queued.plus_ms(dice.ms(100, 30_000));
    let mut offers = Vec::new();
    for offer in 1..=how_often {
        let (who, done) = (who(dice), when.plus_ms(dice.ms(1_000, 15_000)));
        let last = offer == how_often;
        let outcome = match (last, given_up) {
            (true, true) => Outcome::Not(OfferOutcome::CallOver),
            (true, false) => Outcome::Accepted,
            (false, _) => Outcome::Not(OfferOutcome::Missed),
        };
        offers.push(OfferFigures {
            call_id: call.call_id,
            offer,
            agent: agent(who),
            employer: employer(who),
            at: when,
            rang: Some(when.plus_ms(90)),
            done: Some((done, outcome)),
        });
        if outcome == Outcome::Accepted {
            (call.agent, call.partner) = (Some(agent(who)), employer(who).partner);
        }
        call.missed += u32::from(!last);
        when = done;
    }
    (call.offers, call.redirected) = (how_often, how_often - 1);
    call.rang = offers.first().and_then(|offer| offer.rang);
    call.state = CallState::Ended;
    if given_up {
        (call.ended, call.end_reason) = (Some(when), Some(EndReason::Cancelled));
        call.wait_ms = Some(when.ms_since(queued));
    } else {
        finish(call, queued, when, dice);
    }
    offers
}

fn finish(call: &mut CallFigures, queued: Timestamp, answered: Timestamp, dice: &mut Dice) {
    let ended = answered.plus_ms(dice.ms(40_000, 300_000));
    (call.answered, call.accepted) = (Some(answered), Some(answered));
    call.connected = Some(answered.plus_ms(1_500));
    (call.assignments, call.wait_ms) = (1, Some(answered.ms_since(queued)));
    call.handle_ms = Some(ended.ms_since(answered) + 12_000);
    call.talk_ms = Some(ended.ms_since(answered) - 1_500);
    call.ended = Some(ended);
    if dice.below(12) == 0 {
        call.end_reason = Some(EndReason::CallerLost);
        return;
    }
    let rare = call.given.reason.as_deref() == Some(RARE_REASON);
    call.end_reason = Some(EndReason::Completed);
    call.decision = Some(if rare || dice.below(8) == 0 { Decision::Rejected } else { Decision::Confirmed });
    if call.decision == Some(Decision::Confirmed) {
        call.given.reason = None;
    }
    (call.verdict, call.result) = (Some(ended), Some(ended));
    call.manifest_sha256 = Some(format!("{:064x}", dice.below(u64::MAX)));
    call.evidence = EvidenceState::Complete;
}
