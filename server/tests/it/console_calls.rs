//! Calls on the console: searched, shown, followed, explained; the case for those who may, and never unseen.

use chinhchu_protocol::agent::AgentToServer;
use chinhchu_protocol::console::calls::{CallListed, CallShown};
use chinhchu_protocol::console::people::Role;
use chinhchu_protocol::console::timeline::{NotChosen, OfferExplained, Timeline, TimelineCode};
use chinhchu_routing::{Fact, call_of};
use chinhchu_server::store::StoreError;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::console_story::{Events, ID_NUMBER, NUMBER, count, employ, refused, verdict, waiting};
use crate::console_world::Console;
use crate::edge_world::{World, refusal};
use crate::spine_world::Workstation;

const CALLS: &str = "/v1/console/calls";

async fn get<T: DeserializeOwned>(person: &Console, path: &str) -> T {
    serde_json::from_value(person.read(path).await).expect("the wire type")
}

async fn listed(person: &Console, query: &str) -> Vec<CallListed> {
    let page = person.read(&format!("{CALLS}?{query}")).await;
    serde_json::from_value(page["items"].clone()).expect("calls")
}

#[tokio::test]
async fn calls_are_found_by_what_is_known_of_them_and_paged_without_gap_or_repeat() {
    let world = World::start().await;
    let lead = world.person(Role::Supervisor, &[], None).await;
    let mut station = Workstation::available(&world, "1", "hoa").await;
    let done = Box::pin(verdict(&world, &mut station, "4")).await;
    station
        .line
        .send(&AgentToServer::SetStatus {
            status: chinhchu_protocol::agent::WantedStatus::Paused { reason: "lunch".into() },
        })
        .await;
    let mut others = Vec::new();
    for _ in 0..4 {
        others.push(Box::pin(waiting(&world, "2")).await);
    }
    let all = listed(&lead, "").await;
    assert_eq!(all.len(), 5);
    assert!(all.windows(2).all(|pair| pair[0].created_at >= pair[1].created_at), "newest first");
    let found = &all[4];
    assert_eq!((found.call_id, found.home.0.as_str(), found.serving.0.as_str()), (done, "4", "1"));
    assert_eq!(found.agent.as_ref().map(|agent| agent.username.as_str()), Some("hoa"));
    assert_eq!((found.dealer.as_deref(), found.sub_type.as_deref()), (Some("dl.hcm.0123"), Some("MC")));
    assert_eq!((found.reason.as_deref(), found.disagreed), (Some("face_mismatch"), false));

    let agent = station.signed_in.agent.agent_id;
    for query in [
        "home=4",
        "serving=1",
        "decision=rejected",
        "reason=face_mismatch",
        "end_reason=completed",
        "state=ended",
        "evidence=complete",
        &format!("agent={agent}"),
        "dealer=dl.hcm.0123&home=4",
        "payment=prepaid&serving=1",
    ] {
        assert_eq!(
            listed(&lead, query).await.iter().map(|call| call.call_id).collect::<Vec<_>>(),
            [done],
            "{query}"
        );
    }
    for query in
        ["home=9", "decision=confirmed", "evidence=missing", "sub_type=XX", "to=2026-01-01T00:00:00Z"]
    {
        assert!(listed(&lead, query).await.is_empty(), "{query}");
    }
    // Part by part, in both orders.
    for (order, first) in [("newest", all[0].call_id), ("oldest", done)] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = lead.read(&format!("{CALLS}?sort={order}&limit=2&after={after}")).await;
            let items: Vec<CallListed> = serde_json::from_value(page["items"].clone()).expect("calls");
            seen.extend(items.iter().map(|call| call.call_id));
            let Some(next) = page["next"].as_str() else { break };
            after = next.to_owned();
        }
        assert_eq!((seen.len(), seen[0]), (5, first));
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 5, "{order}");
    }
}

/// I9: by a body only; who searches for a person leaves a record, and the record does not hold the number.
#[tokio::test]
async fn a_subscriber_is_searched_by_number_in_a_body_and_the_search_is_recorded_without_it() {
    let world = World::start().await;
    let lead = world.person(Role::TeamLead, &["1"], None).await;
    let (call, _page) = waiting(&world, "1").await;
    let (_, _other) = waiting(&world, "2").await;
    assert_eq!(
        refused(&lead, &format!("{CALLS}?msisdn={NUMBER}")).await,
        (422, "request_invalid".to_owned())
    );
    let search = async |body: Value| -> Vec<CallListed> {
        let answer = lead.post(&format!("{CALLS}/search")).json(&body).send().await.expect("answer");
        assert_eq!(answer.status(), 200);
        let page: Value = answer.json().await.expect("json");
        serde_json::from_value(page["items"].clone()).expect("calls")
    };
    for body in [
        json!({ "msisdn": NUMBER }),
        json!({ "msisdn": "+84901234567", "home": "1" }),
        json!({ "external_id": "EK-2211-000017" }),
    ] {
        let found = search(body.clone()).await;
        assert_eq!(found.iter().map(|call| call.call_id).collect::<Vec<_>>(), [call], "{body}");
    }
    assert!(search(json!({ "msisdn": "0909999999" })).await.is_empty());
    let bad = lead.post(&format!("{CALLS}/search")).json(&json!({ "msisdn": "x" })).send().await;
    let (status, _, body) = refusal(bad.expect("answer")).await;
    assert_eq!((status, &body["errors"][0]["field"]), (422, &json!("msisdn")));
    let records = count(&world, "SELECT count(*) FROM audit WHERE action = 'calls.searched'").await;
    assert_eq!(records, 4);
    let told = count(
        &world,
        "SELECT count(*) FROM audit WHERE CAST(detail AS TEXT) LIKE '%901234567%'
                              OR CAST(detail AS TEXT) LIKE '%EK-2211%'",
    )
    .await;
    assert_eq!(told, 0);
}

/// The log itself is the measure: every fact of the call, in order, whatever way it is read.
#[tokio::test]
async fn the_time_line_tells_every_record_of_the_call_and_explain_says_why_not_the_others() {
    let world = World::start().await;
    let lead = world.person(Role::TeamLead, &[], None).await;
    let mut first = Workstation::available(&world, "1", "hoa").await;
    let (call, _page) = waiting(&world, "1").await;
    let (_, offer) = first.ring().await;
    let mut second = Workstation::available(&world, "1", "lan").await;
    first.line.send(&AgentToServer::Pass { call_id: call, offer }).await;
    assert_eq!(second.accept().await, call);

    let path = format!("{CALLS}/{call}");
    let told: Timeline = get(&lead, &format!("{path}/timeline")).await;
    let codes: Vec<TimelineCode> = told.entries.iter().map(|entry| entry.code).collect();
    let expected = [
        TimelineCode::CallTakenIn,
        TimelineCode::CallerConnected,
        TimelineCode::CallQueued,
        TimelineCode::Offered,
        TimelineCode::Rang,
        TimelineCode::OfferClosed,
        TimelineCode::Offered,
        TimelineCode::Rang,
        TimelineCode::CallAccepted,
    ];
    assert_eq!(codes, expected);
    assert!(told.entries[2].deadline.expect("maximum wait") > told.entries[2].at);
    let offered = &told.entries[3];
    assert_eq!(offered.agent.as_ref().map(|agent| agent.name.as_str()), Some("NVHT hoa"));
    let whole = world.server.app().db.read(move |c: &rusqlite::Connection| {
        let mut statement = c.prepare("SELECT seq, facts FROM log ORDER BY seq")?;
        let records = statement
            .query_map([], |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, Vec<u8>>(1)?)))?;
        let records = records.collect::<Result<Vec<_>, _>>()?;
        let mut own = Vec::new();
        for (seq, facts) in records {
            let facts: Vec<Fact> = serde_json::from_slice(&facts)?;
            own.extend(facts.iter().filter(|fact| call_of(fact) == Some(call)).map(|fact| (seq, fact.at)));
        }
        Ok::<_, StoreError>(own)
    });
    let read: Vec<_> = told.entries.iter().map(|entry| (entry.seq, entry.at)).collect();
    assert_eq!(read, whole.await.expect("log"));

    let explained = lead.read(&format!("{path}/explain")).await;
    let offers: Vec<OfferExplained> = serde_json::from_value(explained["offers"].clone()).expect("offers");
    assert_eq!(offers.len(), 2);
    assert!(offers[0].considered.is_empty(), "nobody else was there");
    let spared = &offers[1].considered[0];
    assert_eq!(spared.agent.as_ref().map(|agent| agent.username.as_str()), Some("hoa"));
    assert_eq!(spared.why_not, NotChosen::PassedBefore);
    // As the command line tells it.
    let told = crate::edge_cli::json(world.folder.path(), &["explain", &call.to_string()]);
    assert_eq!(told["offers"][1]["considered"][0]["why_not"], "passed_before");

    let shown: CallShown = get(&lead, &path).await;
    assert_eq!((shown.attempts.len(), shown.assignments.len()), (2, 1));
    assert_eq!(shown.contact.as_ref().map(|contact| contact.assignment), Some(1));
    assert_eq!((shown.caller_connected, shown.erased_at), (Some(true), None));
    assert!(shown.deadline.is_some() && shown.policy.is_some());
}

#[tokio::test]
async fn a_supervisor_follows_a_running_call() {
    let world = World::start().await;
    let lead = world.person(Role::Supervisor, &["1"], None).await;
    let (call, mut page) = waiting(&world, "1").await;
    let path = format!("{CALLS}/{call}/events");
    let mut events = Events::open(&lead, &path, None).await;
    let (id, first) = events.next().await.expect("as it stands");
    assert_eq!(first["state"], "waiting");
    let mut station = Workstation::rung(&world, "1", "hoa").await;
    assert_eq!(station.accept().await, call);
    let shown = events.until(|call| call["state"] == "connecting").await;
    assert_eq!(shown["agent"]["username"], "hoa");
    page.line.send(&chinhchu_protocol::caller::CallerToServer::HangUp).await;
    let shown = events.until(|call| call["state"] == "ended").await;
    assert_eq!(shown["end_reason"], "cancelled");
    let mut resumed = Events::open(&lead, &path, Some(&id)).await;
    assert_eq!(resumed.next().await.expect("what was missed").1["state"], "ended");
}

/// What is another's does not exist, by any of the call's addresses.
#[tokio::test]
async fn calls_of_other_companies_and_partners_do_not_exist_and_their_agents_are_nobody() {
    let world = World::start().await;
    let mut alpha = Workstation::available(&world, "1", "hoa").await;
    employ(&world, alpha.signed_in.agent.agent_id, "Alpha").await;
    let (call, _page) = waiting(&world, "4").await;
    let (_, offer) = alpha.ring().await;
    let mut beta = Workstation::available(&world, "1", "lan").await;
    employ(&world, beta.signed_in.agent.agent_id, "Beta").await;
    alpha.line.send(&AgentToServer::Pass { call_id: call, offer }).await;
    assert_eq!(beta.accept().await, call);

    let strangers = [
        world.person(Role::Supervisor, &["2", "3"], None).await,
        world.person(Role::Supervisor, &[], Some("Gamma")).await,
        world.person(Role::Supervisor, &["2"], Some("Alpha")).await,
    ];
    for person in &strangers {
        assert!(listed(person, "").await.is_empty());
        for part in ["", "/timeline", "/explain", "/events", "/case", "/evidence", "/images/portrait"] {
            let told = refused(person, &format!("{CALLS}/{call}{part}")).await;
            assert_eq!(told, (404, "call_not_found".to_owned()), "{part}");
        }
        let export = person.post(&format!("{CALLS}/{call}/export")).json(&json!({})).send().await;
        assert_eq!(refusal(export.expect("answer")).await.1, "call_not_found");
    }
    // Home and serving company see it; who was offered the call sees it, but not the other partner's agent.
    for (companies, partner) in [(&["4"][..], None), (&["1"][..], None), (&[][..], Some("Beta"))] {
        let person = world.person(Role::TeamLead, companies, partner).await;
        assert_eq!(listed(&person, "").await.len(), 1, "{companies:?} {partner:?}");
    }
    let own = world.person(Role::TeamLead, &[], Some("Alpha")).await;
    let found = listed(&own, "").await;
    assert_eq!((found.len(), &found[0].agent, &found[0].partner), (1, &None, &None));
    // What a row hides, no filter tells.
    let home = world.person(Role::TeamLead, &["4"], None).await;
    let taker = beta.signed_in.agent.agent_id;
    for filter in ["partner=Beta".to_owned(), format!("agent={taker}")] {
        assert_eq!(
            (listed(&own, &filter).await.len(), listed(&home, &filter).await.len()),
            (0, 0),
            "{filter}"
        );
        let seen = world.person(Role::TeamLead, &["1"], Some("Beta")).await;
        assert_eq!(listed(&seen, &filter).await.len(), 1, "{filter}");
    }
    for part in ["", "/timeline", "/explain"] {
        let text = own.read(&format!("{CALLS}/{call}{part}")).await.to_string();
        assert!(text.contains("hoa"), "{part}");
        let agent = beta.signed_in.agent.agent_id.to_string();
        assert!(!text.contains("lan") && !text.contains(&agent), "{part}: {text}");
    }
}

/// The case is for those who may, with a record of every look; nothing of it is anywhere else.
#[tokio::test]
async fn the_case_and_its_pictures_are_never_seen_without_a_record() {
    let world = World::start().await;
    let supervisor = world.person(Role::Supervisor, &["1"], None).await;
    let lead = world.person(Role::TeamLead, &["1"], None).await;
    let mut station = Workstation::available(&world, "1", "hoa").await;
    let call = Box::pin(verdict(&world, &mut station, "1")).await;
    let path = format!("{CALLS}/{call}");
    for part in ["", "/timeline", "/explain"] {
        let text = lead.read(&format!("{path}{part}")).await.to_string();
        assert!(
            ![NUMBER, ID_NUMBER, "Ánh", "không giống ảnh"].iter().any(|secret| text.contains(secret)),
            "{part}"
        );
    }
    for part in ["/case", "/evidence", "/images/portrait"] {
        assert_eq!(refused(&lead, &format!("{path}{part}")).await, (403, "forbidden".to_owned()), "{part}");
    }
    let looks = "SELECT count(*) FROM case_access WHERE actor LIKE 'person:%'";
    assert_eq!(count(&world, looks).await, 0);
    let case = supervisor.read(&format!("{path}/case")).await;
    assert_eq!(case["case"]["customer"]["id_number"], ID_NUMBER);
    assert_eq!(case["note"], "không giống ảnh");
    assert_eq!(count(&world, looks).await, 1);
    for (n, image) in case["images"].as_array().expect("list").iter().enumerate() {
        let url = image["url"].as_str().expect("url");
        let answer = supervisor.get(url).send().await.expect("answer");
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["cache-control"]),
            (200, &"no-store".parse().expect("value"))
        );
        assert_eq!(count(&world, looks).await, i64::try_from(n).expect("small") + 2);
    }
    let shot = supervisor.get(&format!("{path}/images/screenshot")).send().await.expect("answer");
    assert_eq!(
        (shot.status().as_u16(), &shot.headers()["content-type"]),
        (200, &"image/jpeg".parse().expect("value"))
    );
    let none = supervisor.get(&format!("{path}/images/id_back")).send().await.expect("answer");
    assert_eq!(refusal(none).await.1, "not_found");
    let audited = "SELECT count(*) FROM audit WHERE action = 'case.looked_at' AND actor LIKE 'person:%'";
    assert_eq!(count(&world, audited).await, count(&world, looks).await);
}
