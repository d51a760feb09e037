//! Time on duty (C4): when agents were there, not when the log learned that they had gone; and figures that are
//! not whole.

use chinhchu_proof::names;
use chinhchu_protocol::console::figures::ReportBy;
use chinhchu_protocol::console::people::Role;
use chinhchu_protocol::ids::AgentId;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{Event, Fact, SignOutReason, Skills};
use chinhchu_server::figures::kept::Packs;
use chinhchu_server::figures::period::Period;
use chinhchu_server::figures::project::Projector;
use chinhchu_server::figures::report::{self, Asked, MAX_ROWS};
use chinhchu_server::figures::sort::Filter;
use chinhchu_server::figures::tally::Terms;
use chinhchu_server::objects::Keys;
use chinhchu_server::store::{Db, StoreError};

use crate::edge_world::refusal;
use crate::figures_http::world;

/// Friday 2026-11-20, so many hours after midnight in Vietnam.
fn at(hours: f64) -> Timestamp {
    let day = Period::read("2026-11-20", "2026-11-20").expect("day").from;
    #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds")]
    day.plus_ms((hours * 3_600_000.0).round() as i64)
}

struct Story(Vec<Fact>);

impl Story {
    fn tell(&mut self, hours: f64, event: Event) {
        self.0.push(Fact { at: at(hours), event });
    }

    fn sign_in(&mut self, n: usize, hours: f64) {
        let (agent, session) = (names::agent(n), names::session(n));
        let (workstation, replaced) = (names::workstation(n), None);
        self.tell(hours, Event::AgentSignedIn { agent, session, workstation, replaced });
    }

    fn connect(&mut self, n: usize, hours: f64) {
        self.tell(
            hours,
            Event::AgentConnected { agent: names::agent(n), session: names::session(n), epoch: 1 },
        );
    }

    fn away(&mut self, n: usize, hours: f64) {
        let (agent, session, back_by) = (names::agent(n), names::session(n), at(hours).plus_ms(15_000));
        self.tell(hours, Event::AgentDisconnected { agent, session, epoch: 1, back_by });
    }

    fn sign_out(&mut self, n: usize, hours: f64, why: SignOutReason) {
        self.tell(hours, Event::AgentSignedOut { agent: names::agent(n), session: names::session(n), why });
    }
}

async fn hours_of(db: &Db, agent: AgentId) -> f64 {
    let period = Period::read("2026-11-20", "2026-11-24").expect("days");
    let (filter, terms) = (Filter::default(), Terms::default());
    let asked = Asked { period, by: ReportBy::Agent, filter, terms, after: None, limit: MAX_ROWS };
    let made =
        db.read(move |c| report::make(c, &Packs::default(), &asked, at(90.0))).await.expect("report").0;
    let row = made.items.iter().find(|row| row.key == agent.to_string()).expect("row");
    #[expect(clippy::cast_precision_loss, reason = "a few hours")]
    let hours = row.figures.duty_ms.expect("duty") as f64 / 3_600_000.0;
    hours
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c4_duty_ends_when_the_workstation_was_last_there_and_not_when_the_log_learns_of_it() {
    let folder = tempfile::tempdir().expect("folder");
    let (db, keys) = (Db::open(folder.path()).expect("store"), Keys::open(folder.path()).expect("keys"));
    let mut story = Story(Vec::new());
    for n in 0..6 {
        let (agent, company, skills) = (names::agent(n), names::company(1), Skills::default());
        story.tell(6.0, Event::AgentSet { agent, company, partner: None, active: true, skills });
        story.sign_in(n, 7.0);
        if n != 4 {
            story.connect(n, 7.0);
        }
    }
    // 0: signs out. 1: was switched off at ten. 2: comes back from a lost line. 5: stays until the server stops.
    story.away(1, 10.0);
    story.away(2, 10.0);
    story.connect(2, 10.5);
    story.sign_out(0, 15.0, SignOutReason::Agent);
    story.sign_out(2, 17.0, SignOutReason::Agent);
    // The server stops on Friday at 20:00 and starts on Monday at 08:00: all that was open has expired.
    story.tell(80.0, Event::Outage { from: at(20.0), to: at(80.0) });
    story.tell(80.0, Event::Restarted { back_by: at(80.01) });
    for n in [1, 3, 4, 5] {
        if n == 3 {
            // Comes back in the same moment, too late for its sign-in.
            story.connect(3, 80.0);
        }
        story.sign_out(n, 80.0, SignOutReason::Expired);
    }
    let facts = story.0;
    let write = db.write(move |tx| {
        let mut projector = Projector::new(tx, &keys);
        facts.iter().try_for_each(|fact| projector.take(fact))?;
        projector.write()
    });
    write.await.map_err(|error: StoreError| error).expect("written");
    for (n, wanted) in [(0, 8.0), (1, 3.0), (2, 10.0), (3, 14.0), (4, 0.0), (5, 13.0)] {
        let hours = hours_of(&db, names::agent(n)).await;
        assert!((hours - wanted).abs() < 1e-9, "agent {n}: {hours} h, not {wanted} h");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c4_figures_that_are_being_made_anew_are_not_told_as_if_they_were_whole() {
    let world = world().await;
    let person = world.person(Role::Administrator, &[], None).await;
    let span = "from=2026-11-23&to=2026-11-25";
    let paths = [
        format!("/v1/console/reports?{span}"),
        format!("/v1/console/reports.csv?{span}"),
        format!("/v1/console/reports.xlsx?{span}"),
        format!("/v1/console/reports/trial?{span}"),
        "/v1/console/reconciliation/2026-11-24".to_owned(),
    ];
    // Half-way: as `report rebuild` leaves it between two of its steps.
    let set = |seq: u64| {
        let sql = "UPDATE meta SET value = ?1 WHERE name = 'figures_seq'";
        world.server.app().db.write(move |tx| Ok::<_, StoreError>(tx.execute(sql, [seq.to_string()])?))
    };
    let newest = world.server.app().db.read(|c| {
        let seq: i64 = c.query_row("SELECT max(seq) FROM log", [], |row| row.get(0))?;
        Ok::<_, StoreError>(seq.cast_unsigned())
    });
    let newest = newest.await.expect("log");
    set(100).await.expect("set");
    for path in &paths {
        let answer = person.get(path).send().await.expect("answer");
        assert!(answer.headers().contains_key("retry-after"), "{path}");
        let (status, code, _) = refusal(answer).await;
        assert_eq!((status, code.as_str()), (503, "figures_behind"), "{path}");
    }
    let day = serde_json::json!({
        "past": { "pool": "1", "from": "2026-11-23", "to": "2026-11-24" }, "calls_a_day": null, "profile": null,
        "handle_s": null, "patience_s": null, "method": "erlang_c",
        "target": { "service_level": 0.8, "within_s": 20.0, "occupancy": null, "shrinkage": 0.3 }
    });
    let asked = person.post("/v1/console/staffing/day").json(&day);
    let (status, code, told) = refusal(asked.send().await.expect("answer")).await;
    assert_eq!((status, code.as_str()), (503, "figures_behind"), "{told}");
    let list = serde_json::json!({ "part": 1, "last": true, "results": [] });
    let credential = world.service("msale").await;
    let told_us = world.post("/v1/reconciliation/2026-11-24", &credential).json(&list);
    assert_eq!(refusal(told_us.send().await.expect("answer")).await.1, "figures_behind");

    set(newest).await.expect("set");
    for path in &paths {
        assert_eq!(person.get(path).send().await.expect("answer").status(), 200, "{path}");
    }
}
