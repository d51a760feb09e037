//! How fast wallboard, search and reports answer with a million calls in the store: a made-up month, a real server,
//! real requests one after the other. One JSON line per request; the first of each, which packs finished days, stands
//! apart. `cargo run --release -p chinhchu-server --example figures_bench [CALLS] [FOLDER]` (a folder is kept and used
//! again).

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chinhchu_protocol::call::{CallState, Decision, EndReason};
use chinhchu_protocol::console::people::Role;
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode, PersonId, PersonSessionId, RuleId, SessionId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::OfferOutcome;
use chinhchu_server::clock::Clock;
use chinhchu_server::config::Config;
use chinhchu_server::console::sql::{self as people, NewSession, StoredPerson, Way};
use chinhchu_server::console::{Scope, session};
use chinhchu_server::figures::offer::Employer;
use chinhchu_server::figures::period::{DAY_MS, Period, day_name, day_of};
use chinhchu_server::figures::{CallFigures, EvidenceState, Given, OfferFigures, Outcome, sql};
use chinhchu_server::run::{Running, start_with_clock};
use chinhchu_server::store::{Db, StoreError};
use chinhchu_server::tokens::secret::hash;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const FIRST_DAY: &str = "2026-10-01";
const DAYS: i64 = 30;
const AGENTS: u64 = 600;
const DEALERS: u64 = 5_000;
/// Requests of each kind.
const TIMES: usize = 60;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let calls: u64 = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let kept = arguments.next().map(PathBuf::from);
    let temporary = tempfile::tempdir()?;
    let folder = kept.unwrap_or_else(|| temporary.path().to_path_buf());
    fill(&folder, calls)?;
    measure(&folder).await
}

/// Numbers that look random and are always the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn ms(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below(to.abs_diff(from).max(1))).unwrap_or(0)
    }
}

fn agent(n: u64) -> AgentId {
    AgentId(Uuid::from_u128(0xa6e7_u128 << 64 | u128::from(n)))
}

fn employer(n: u64) -> Employer {
    const COMPANIES: [&str; 6] = ["1", "2", "3", "5", "8", "9"];
    let company = CompanyCode(COMPANIES[usize::try_from(n % 6).unwrap_or(0)].to_owned());
    let partner = (!n.is_multiple_of(3)).then(|| format!("partner {}", n % 3));
    Employer { company, partner }
}

fn fill(folder: &Path, calls: u64) -> Result<(), Failure> {
    let db = Db::open(folder)?;
    let known: i64 = db.read_blocking(|c| {
        Ok::<_, StoreError>(c.query_row("SELECT count(*) FROM call_figures", [], |row| row.get(0))?)
    })?;
    if known > 0 {
        return Ok(());
    }
    let began = Instant::now();
    let first = Period::read(FIRST_DAY, FIRST_DAY).map_err(|(field, code)| format!("{field}: {code}"))?.from;
    let step = DAYS * DAY_MS / i64::try_from(calls)?;
    let mut next = 0;
    while next < calls {
        let (from, to) = (next, (next + 20_000).min(calls));
        db.write_blocking(move |tx| {
            let mut dice = Dice(from);
            for n in from..to {
                let at = first.plus_ms(step * i64::try_from(n).unwrap_or(0));
                let (call, offers) = made_up(n, at, &mut dice);
                sql::put_call(tx, &call)?;
                offers.iter().try_for_each(|offer| sql::put_offer(tx, offer))?;
            }
            Ok::<_, StoreError>(())
        })?;
        next = to;
    }
    db.write_blocking(move |tx| {
        for n in 0..AGENTS {
            for day in 0..DAYS {
                let from = first.plus_ms(day * DAY_MS + 8 * 3_600_000);
                let session =
                    SessionId(Uuid::from_u128(u128::from(n) << 32 | u128::from(day.unsigned_abs())));
                sql::put_duty(tx, session, agent(n), &employer(n), from)?;
                sql::end_duty(tx, session, from.plus_ms(8 * 3_600_000))?;
            }
        }
        Ok::<_, StoreError>(())
    })?;
    println!("{}", json!({ "bench": "figures", "filled": calls, "s": began.elapsed().as_secs() }));
    Ok(())
}

/// One call: nine in ten are verified, one in ten is offered twice.
fn made_up(n: u64, at: Timestamp, dice: &mut Dice) -> (CallFigures, Vec<OfferFigures>) {
    let call_id = CallId(Uuid::from_u128(u128::from(at.ms().unsigned_abs()) << 80 | 7 << 76 | u128::from(n)));
    let home = CompanyCode((1 + dice.below(9)).to_string());
    let given = Given {
        dealer: Some(format!("dl.{:05}", dice.below(DEALERS))),
        payment: Some("prepaid".to_owned()),
        sub_type: Some(["MC", "MF", "MQ", "DT"][usize::try_from(dice.below(4)).unwrap_or(0)].to_owned()),
        customer_type: Some("individual".to_owned()),
        rule: Some(RuleId(Uuid::from_u128(u128::from(dice.below(27))))),
        reason: Some("face_mismatch".to_owned()),
    };
    let mut call = CallFigures::taken_in(call_id, home.clone(), home, at, given);
    let mut offers = Vec::new();
    let queued = at.plus_ms(dice.ms(2_000, 20_000));
    call.queued = Some(queued);
    let mut when = queued.plus_ms(dice.ms(100, 30_000));
    let how_often = 1 + u32::from(dice.below(10) == 0);
    for offer in 1..=how_often {
        let who = dice.below(AGENTS);
        let done = when.plus_ms(dice.ms(1_000, 15_000));
        let last = offer == how_often;
        let outcome = if last { Outcome::Accepted } else { Outcome::Not(OfferOutcome::Missed) };
        offers.push(OfferFigures {
            call_id,
            offer,
            agent: agent(who),
            employer: employer(who),
            at: when,
            rang: Some(when.plus_ms(90)),
            done: Some((done, outcome)),
        });
        (call.agent, call.partner) = (Some(agent(who)), employer(who).partner);
        call.serving = employer(who).company;
        call.missed += u32::from(!last);
        when = done;
    }
    call.offers = how_often;
    call.redirected = how_often - 1;
    call.rang = offers.first().and_then(|offer| offer.rang);
    finish(&mut call, queued, when, dice);
    (call, offers)
}

fn finish(call: &mut CallFigures, queued: Timestamp, answered: Timestamp, dice: &mut Dice) {
    let ended = answered.plus_ms(dice.ms(40_000, 300_000));
    (call.answered, call.accepted) = (Some(answered), Some(answered));
    call.connected = Some(answered.plus_ms(1_500));
    (call.assignments, call.wait_ms) = (1, Some(answered.ms_since(queued)));
    call.handle_ms = Some(ended.ms_since(answered) + 12_000);
    call.talk_ms = Some(ended.ms_since(answered) - 1_500);
    call.ended = Some(ended);
    call.state = CallState::Ended;
    if dice.below(10) == 0 {
        call.end_reason = Some(EndReason::CallerLost);
        return;
    }
    call.end_reason = Some(EndReason::Completed);
    call.decision = Some(if dice.below(8) == 0 { Decision::Rejected } else { Decision::Confirmed });
    (call.verdict, call.result) = (Some(ended), Some(ended));
    call.manifest_sha256 = Some(format!("{:064x}", dice.below(u64::MAX)));
    call.evidence = EvidenceState::Complete;
}

async fn measure(folder: &Path) -> Result<(), Failure> {
    let first = Period::read(FIRST_DAY, FIRST_DAY).map_err(|(field, code)| format!("{field}: {code}"))?.from;
    let last = first.plus_ms(DAYS * DAY_MS);
    let clock = Clock::manual(last.plus_ms(-6 * 3_600_000));
    let stop = CancellationToken::new();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let server = start_with_clock(listener, Config::for_data(folder), clock.clone(), stop.clone()).await?;
    let token = sign_in(&server, &clock).await?;
    let span = format!("from={FIRST_DAY}&to={}", day_name(day_of(last.plus_ms(-1))));
    let call = CallId(Uuid::from_u128(u128::from(first.ms().unsigned_abs()) << 80 | 7 << 76));
    let mut paths = vec![
        ("wallboard", "/v1/console/wallboard".to_owned()),
        ("call", format!("/v1/console/calls/{call}")),
        ("search newest", "/v1/console/calls".to_owned()),
        ("search dealer", "/v1/console/calls?dealer=dl.00042".to_owned()),
        ("search agent", format!("/v1/console/calls?agent={}", agent(77))),
        ("search period state", "/v1/console/calls?state=ended&from=2026-10-10&to=2026-10-11".to_owned()),
    ];
    for by in ["total", "serving", "home", "partner", "agent", "dealer", "sub_type", "day", "hour"] {
        paths.push(("report", format!("/v1/console/reports?{span}&by={by}&price_per_call=6000")));
    }
    paths.push(("trial", format!("/v1/console/reports/trial?{span}")));
    let client = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build()?;
    for (name, path) in paths {
        let ask = || {
            let request = client.get(format!("{}{path}", server.base_url()));
            request.header("cookie", format!("chinhchu-console={token}")).send()
        };
        let began = Instant::now();
        let answer = ask().await?;
        let (status, bytes) = (answer.status().as_u16(), answer.bytes().await?.len());
        let cold = began.elapsed();
        let mut took: Vec<Duration> = Vec::with_capacity(TIMES);
        for _ in 0..TIMES {
            let began = Instant::now();
            ask().await?.bytes().await?;
            took.push(began.elapsed());
        }
        took.sort_unstable();
        let ms = |place: usize| took.get(place).map_or(0.0, |took| took.as_secs_f64() * 1000.0);
        let line = json!({
            "bench": "figures", "what": name, "path": path, "status": status, "bytes": bytes,
            "first_ms": cold.as_secs_f64() * 1000.0, "p50_ms": ms(TIMES / 2), "p95_ms": ms(TIMES * 95 / 100 - 1),
        });
        println!("{line}");
    }
    stop.cancel();
    server.wait().await?;
    Ok(())
}

async fn sign_in(server: &Running, clock: &Clock) -> Result<String, Failure> {
    let (token, now) = (session::fresh_token(), clock.now());
    let person_id = PersonId(Uuid::from_bytes(rand::random()));
    let person = StoredPerson {
        person_id,
        username: format!("bench.{}", person_id.0.simple()),
        name: "Bench".to_owned(),
        role: Role::Supervisor,
        scope: Scope::default(),
        password_hash: None,
        password_temporary: false,
        directory_id: None,
        totp_sealed: None,
        totp_on: None,
        totp_step: 0,
        created_at: now,
        disabled_at: None,
    };
    let new = NewSession {
        session_id: PersonSessionId(Uuid::from_bytes(rand::random())),
        person_id,
        token_hash: hash(&token),
        way: Way::Password,
        program: "bench".to_owned(),
        expires_at: now.plus_ms(session::LIFE_MS),
        factor_at: Some(now),
    };
    let write = server.app().db.write(move |tx| {
        people::insert_person(tx, &person)?;
        people::set_totp(tx, person_id, b"bench", Some(now))?;
        people::insert_session(tx, &new, now)
    });
    write.await.map_err(|error: StoreError| error)?;
    Ok(token)
}
