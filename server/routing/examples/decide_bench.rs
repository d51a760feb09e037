//! What a decision costs: a working day in small, with 2,000 agents in nine companies.
//!
//! `cargo run -p chinhchu-routing --example decide_bench [calls] [plain|rich]`

use std::collections::VecDeque;
use std::error::Error;

use chinhchu_protocol::agent::{RingProof, WantedStatus};
use chinhchu_protocol::call::Decision;
use chinhchu_protocol::case::CustomerType;
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode, SessionId, WorkstationId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::settings::{OverflowStep, Selection, SkillRule};
use chinhchu_routing::{AgentSocket, CallerSocket, Event, Input, Needs, Settings, Skills, Switchboard};
use uuid::Uuid;

const AGENTS: u128 = 2_000;

struct Bench {
    board: Switchboard,
    now: Timestamp,
    decides: u64,
    facts: u64,
    /// Calls that have not ended.
    live: usize,
    /// Calls in conversation, oldest first.
    talking: VecDeque<(CallId, AgentId)>,
}

type Done = Result<(), Box<dyn Error>>;

impl Bench {
    fn drive(&mut self, input: &Input) -> Result<Vec<Event>, Box<dyn Error>> {
        let facts = self.board.decide(self.now, input)?;
        self.decides += 1;
        for fact in &facts {
            self.board.apply(fact);
        }
        self.facts += facts.len() as u64;
        Ok(facts.into_iter().map(|fact| fact.event).collect())
    }

    fn tick(&mut self) -> Done {
        while self.board.next_deadline().is_some_and(|due| due <= self.now) {
            let events = self.drive(&Input::Tick)?;
            self.answer(&events)?;
        }
        Ok(())
    }

    fn socket(&self, agent: AgentId) -> AgentSocket {
        let session = SessionId(agent.0);
        let epoch = self.board.agent(agent).and_then(|it| it.session).map_or(1, |session| session.epoch);
        AgentSocket { agent, session, epoch }
    }

    /// Every offer rings and is accepted, every 20th is passed.
    fn answer(&mut self, events: &[Event]) -> Done {
        let mut offers: VecDeque<(CallId, u32, AgentId)> = offers(events).collect();
        while let Some((call, offer, agent)) = offers.pop_front() {
            let from = self.socket(agent);
            self.drive(&Input::Rang { from, call, offer, proof: RingProof::Sound })?;
            if (call.0.as_u128() + u128::from(offer)).is_multiple_of(20) {
                offers.extend(offers_of(&self.drive(&Input::Pass { from, call, offer })?));
                continue;
            }
            self.drive(&Input::Accept { from, call, offer })?;
            let assignment = 1;
            self.drive(&Input::MediaFlowing { call, assignment })?;
            self.talking.push_back((call, agent));
        }
        Ok(())
    }

    fn call(&mut self, n: u128, company: CompanyCode) -> Done {
        let call = CallId(Uuid::from_u128((1 << 64) + n));
        let needs = Needs {
            customer_type: Some(if n.is_multiple_of(5) {
                CustomerType::Enterprise
            } else {
                CustomerType::Individual
            }),
            language: Some(if n.is_multiple_of(50) { "en" } else { "vi" }.to_owned()),
        };
        self.drive(&Input::TakeIn { call, company, priority: 0, needs })?;
        self.drive(&Input::CallerConnected { call, same_device: true })?;
        let events = self.drive(&Input::CallerReady { from: CallerSocket { call, epoch: 1 } })?;
        self.answer(&events)
    }

    fn finish(&mut self) -> Done {
        let Some((call, agent)) = self.talking.pop_front() else { return Ok(()) };
        let (from, decision, manifest_sha256) = (self.socket(agent), Decision::Confirmed, "0".repeat(64));
        let sealed = Input::VerdictSealed {
            from,
            call,
            assignment: 1,
            decision,
            manifest_sha256: manifest_sha256.clone(),
        };
        let mut events = self.drive(&sealed)?;
        events.extend(self.drive(&Input::EvidenceStored {
            call,
            assignment: 1,
            agent,
            decision,
            manifest_sha256,
        })?);
        self.answer(&events)
    }
}

fn offers(events: &[Event]) -> impl Iterator<Item = (CallId, u32, AgentId)> {
    events.iter().filter_map(|event| {
        if let Event::Offered { call, offer, agent, .. } = event {
            Some((*call, *offer, *agent))
        } else {
            None
        }
    })
}

fn offers_of(events: &[Event]) -> Vec<(CallId, u32, AgentId)> {
    offers(events).collect()
}

fn code(n: u128) -> CompanyCode {
    CompanyCode((n % 9 + 1).to_string())
}

fn settings(rich: bool, n: u128) -> Settings {
    let plain = Settings { max_queue_len: 1_000, max_wait_ms: 3_600_000, ..Settings::default() };
    if !rich {
        return plain;
    }
    Settings {
        selection: [Selection::LongestIdle, Selection::LeastCalls, Selection::RoundRobin][(n % 3) as usize],
        skills: [SkillRule::Off, SkillRule::Prefer, SkillRule::Require][(n / 3 % 3) as usize],
        partner_shares: [(String::new(), 1), ("A".to_owned(), 7), ("B".to_owned(), 3)].into(),
        overflow: vec![OverflowStep { after_ms: 20_000, to: code(n + 1) }],
        ..plain
    }
}

fn staff(bench: &mut Bench) -> Done {
    for n in 0..AGENTS {
        let agent = AgentId(Uuid::from_u128(n + 1));
        let session = SessionId(agent.0);
        let partner = [None, Some("A".to_owned()), Some("B".to_owned())][(n / 9 % 3) as usize].clone();
        let languages = if n % 10 == 0 { vec![] } else { vec!["vi".to_owned()] };
        let skills = Skills { languages: languages.into_iter().collect(), ..Skills::default() };
        bench.drive(&Input::SetAgent { agent, company: code(n), partner, active: true, skills })?;
        bench.drive(&Input::SignIn { agent, session, workstation: WorkstationId(agent.0) })?;
        bench.drive(&Input::AgentConnected { agent, session })?;
        bench.now = bench.now.plus_ms(1);
        let from = AgentSocket { agent, session, epoch: 1 };
        bench.drive(&Input::SetStatus { from, status: WantedStatus::Available })?;
    }
    Ok(())
}

fn run(calls: u128, rich: bool, at_once: usize) -> Done {
    let (board, now) = (Switchboard::default(), Timestamp::from_ms(1_795_399_200_000));
    let mut bench = Bench { board, now, decides: 0, facts: 0, live: 0, talking: VecDeque::new() };
    bench.drive(&Input::Started)?;
    for n in 0..9 {
        bench.drive(&Input::SetCompany { company: code(n), settings: settings(rich, n) })?;
    }
    for n in 0..9 {
        bench.drive(&Input::SetServing { home: code(n), serving: code(n) })?;
    }
    staff(&mut bench)?;
    let (begin, decides) = (std::time::Instant::now(), bench.decides);
    for n in 0..calls {
        bench.now = bench.now.plus_ms(150);
        bench.tick()?;
        bench.call(n, code(n))?;
        bench.live += 1;
        while bench.live > at_once && !bench.talking.is_empty() {
            bench.finish()?;
            bench.live -= 1;
        }
    }
    let (took, decides) = (begin.elapsed(), bench.decides - decides);
    let each_ns = took.as_nanos() / u128::from(decides.max(1));
    println!(
        "rich {rich}, {at_once} at once: {decides} decisions, {} facts in {took:?}: {each_ns} ns each",
        bench.facts
    );
    // Nobody comes back after a restart.
    let begin = std::time::Instant::now();
    bench.drive(&Input::Started)?;
    bench.now = bench.now.plus_ms(15_000);
    bench.drive(&Input::Tick)?;
    println!("  a restart from which nobody comes back: {:?}", begin.elapsed());
    Ok(())
}

fn main() -> Done {
    let mut args = std::env::args().skip(1);
    let calls = args.next().map_or(Ok(30_000), |text| text.parse())?;
    for rich in [false, true] {
        // Hundreds idle, and everybody busy.
        for at_once in [1_400, 2_100] {
            run(calls, rich, at_once)?;
        }
    }
    Ok(())
}
