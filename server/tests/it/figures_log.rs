//! A simulated month as a log in a store, written as the driver writes it: records, what intake and evidence
//! told, and the figures, in one transaction a batch.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex};

use chinhchu_proof::Board;
use chinhchu_proof::day::{Day, Plan};
use chinhchu_protocol::case::{CustomerType, Payment};
use chinhchu_protocol::ids::{CallId, RuleId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{EndedCall, Event, Fact, Input, Liveness, RULES_VERSION, Refusal, Switchboard};
use chinhchu_server::evidence::is_result;
use chinhchu_server::figures::{Given, given, rebuild};
use chinhchu_server::objects::Keys;
use chinhchu_server::store::{Db, StoreError};
use chinhchu_server::switchboard::{Head, sql};
use rusqlite::Connection;
use uuid::Uuid;

/// An input, when it was decided, and its facts.
pub type Taken = (Timestamp, Input, Vec<Fact>);

/// The real core, which writes down what it decides.
#[derive(Clone, Debug)]
struct Taped {
    board: Switchboard,
    tape: Arc<Mutex<Vec<Taken>>>,
}

impl PartialEq for Taped {
    fn eq(&self, other: &Self) -> bool {
        self.board == other.board
    }
}

impl Hash for Taped {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.board.hash(state);
    }
}

impl Board for Taped {
    fn decide(&self, now: Timestamp, input: &Input) -> Result<Vec<Fact>, Refusal> {
        let decided = self.board.decide(now, input);
        if let Ok(facts) = &decided
            && !facts.is_empty()
        {
            self.tape.lock().expect("tape").push((now, input.clone(), facts.clone()));
        }
        decided
    }

    fn apply(&mut self, fact: &Fact) {
        self.board.apply(fact);
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.board.next_deadline()
    }

    fn ended(&self, call: CallId) -> Option<&EndedCall> {
        self.board.ended(call)
    }

    fn liveness(&self, now: Timestamp) -> Liveness {
        Liveness::resume(&self.board, now)
    }
}

/// What a simulation decides, in order.
pub fn simulate(plan: Plan) -> Vec<Taken> {
    let tape = Arc::new(Mutex::new(Vec::new()));
    let mut day = Day::new(plan, Taped { board: Switchboard::default(), tape: tape.clone() });
    if let Err(broken) = day.run() {
        panic!("{}", day.told(&broken));
    }
    drop(day);
    Arc::try_unwrap(tape).expect("nobody else has it").into_inner().expect("tape")
}

/// What an intake would have told about call `n`.
pub fn given_of(n: u32) -> Given {
    const SUB_TYPES: [&str; 4] = ["MC", "MF", "MQ", "DT"];
    const CUSTOMERS: [CustomerType; 3] =
        [CustomerType::Individual, CustomerType::Vi2, CustomerType::Enterprise];
    let prepaid = n % 10 != 7;
    Given {
        dealer: Some(format!("dl.{:03}", n % 37)),
        payment: Some(
            given::payment_name(if prepaid { Payment::Prepaid } else { Payment::Postpaid }).to_owned(),
        ),
        sub_type: prepaid.then(|| SUB_TYPES[n as usize % 4].to_owned()),
        customer_type: Some(given::customer_type_name(CUSTOMERS[n as usize % 3]).to_owned()),
        rule: Some(RuleId(Uuid::from_u128(u128::from(n % 5)))),
        reason: None,
    }
}

/// The reason of a rejection of call `n`.
pub fn reason_of(n: u32) -> &'static str {
    ["face_mismatch", "id_mismatch", "poor_picture"][n as usize % 3]
}

/// The number of a simulated call.
pub fn number(call: CallId) -> u32 {
    u32::try_from(call.0.as_u128() & 0xffff_ffff).expect("a number")
}

/// Writes everything into a store, 64 inputs a transaction.
pub async fn write(db: &Db, keys: &Keys, taken: &[Taken]) {
    let mut head = Head::EMPTY;
    for batch in taken.chunks(64) {
        let (batch, keys) = (batch.to_vec(), keys.clone());
        head = db.write(move |tx| write_batch(tx, &keys, head, &batch)).await.expect("written");
    }
}

fn write_batch(tx: &Connection, keys: &Keys, mut head: Head, batch: &[Taken]) -> Result<Head, StoreError> {
    let mut told = Vec::new();
    for (now, input, facts) in batch {
        let at = (*now).max(head.at);
        let record = head.next(at, RULES_VERSION, input, facts)?;
        sql::append(tx, &record)?;
        head = head.follow(&record)?;
        for fact in facts {
            match &fact.event {
                Event::CallTakenIn { call, .. } => given::insert(tx, *call, &given_of(number(*call)))?,
                Event::EvidenceTaken { call, standing, .. } if is_result(*standing) => {
                    given::set_reason(tx, *call, Some(reason_of(number(*call))))?;
                }
                _ => {}
            }
            told.push((head.seq, fact.clone()));
        }
    }
    rebuild::follow(tx, keys, told.iter().map(|(seq, fact)| (*seq, fact)))?;
    Ok(head)
}
