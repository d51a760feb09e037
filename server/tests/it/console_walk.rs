//! Every route of the OpenAPI document's console × every role × every scope gives what the table of rights says,
//! and what is another company's or partner's is answered exactly as what does not exist.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chinhchu_protocol::agent::AgentToServer;
use chinhchu_protocol::agent::WantedStatus;
use chinhchu_protocol::console::people::Role;
use chinhchu_protocol::ids::CompanyCode;
use chinhchu_server::console::Scope;
use chinhchu_server::store::StoreError;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::console_walk_table::{About, Gate, ROUTES, Row};
use crate::console_world::{Console, browser};
use crate::edge_world::World;
use crate::spine_late::{put, seal};
use crate::spine_world::{Page, Workstation, add_agent};

const PARTNER: &str = "Đối tác A";
/// Must reach nobody who does not see company 1 and partner A.
const NAME: &str = "Người của riêng A";

/// What there is to see.
struct Things {
    call: String,
    agent: String,
    token: String,
    webhook: String,
    person: String,
    session: String,
    change: String,
}

struct Asker {
    console: Console,
    role: Role,
    scope: Scope,
}

impl Asker {
    fn sees(&self, about: About) -> bool {
        let one = CompanyCode("1".to_owned());
        match about {
            About::All => true,
            About::Call => self.scope.sees_call(&one, &one, &[Some(PARTNER.to_owned())]),
            About::Agent => self.scope.sees_agent(&one, Some(PARTNER)),
            About::Company | About::Token | About::Webhook => self.scope.sees_company(&one),
        }
    }

    fn told(&self, row: &Row) -> String {
        let codes = self.scope.companies_json().unwrap_or_else(|| "all".to_owned());
        format!("{} {} as {:?} of {codes}, {:?}", row.0, row.1, self.role, self.scope.partner)
    }
}

/// A call of company 1, rejected by an agent of partner A, with its evidence; a token, a webhook, a person.
async fn things(world: &World) -> Things {
    // Every verdict is drawn for a second look.
    let root = world.person(Role::Administrator, &[], None).await;
    let draw = json!({ "share_per_mille": 1_000, "reason": "mọi cuộc gọi" });
    let drawn = root.ask(Method::PUT, "/v1/console/reviews/settings").json(&draw).send().await;
    assert_eq!(drawn.expect("answer").status(), 200);
    add_agent(world, "1", "hoa").await;
    let named = world.server.app().db.write(|tx| {
        Ok::<_, StoreError>(tx.execute("UPDATE agents SET partner = ?1, name = ?2", [PARTNER, NAME])?)
    });
    named.await.expect("the agent is A's");
    let mut station = Workstation::sign_in(world, "hoa").await;
    let agent = station.signed_in.agent.agent_id;
    world.server.app().switchboard.configure().await.expect("told");
    let issued = world.token("1", 3_600).await;
    let created = world.call(&issued.token).await;
    let mut page = Page::ready(world, &created).await;
    station.line.send(&AgentToServer::SetStatus { status: WantedStatus::Available }).await;
    let call = station.accept().await;
    let sealed = Box::pin(seal(world, &mut station, &mut page, call)).await;
    put(world, &station, call, &sealed).await;
    let victim = world.person(Role::Auditor, &["1"], None).await;
    let sessions = victim.read("/v1/console/me/sessions").await;
    let ahead = json!({ "changes": { "ring_timeout_ms": 15_000 }, "reason": "thử nghiệm",
                        "effective_at": world.clock.now().plus_ms(86_400_000) });
    let changed =
        root.ask(Method::PATCH, "/v1/console/companies/1").json(&ahead).send().await.expect("answer");
    assert_eq!(changed.status(), 200);
    let changed: Value = changed.json().await.expect("change");
    let (hook, now) = (world.clock.new_id(), world.clock.now().ms());
    let added = world.server.app().db.write(move |tx| {
        let sql =
            "INSERT INTO webhooks (webhook_id, url, audience, company, events, secret_sealed, created_ms)
                   VALUES (?1, 'https://msale.example/hook', 'msale', '1', '[\"call.result\"]', x'00', ?2)";
        Ok::<_, StoreError>(tx.execute(sql, rusqlite::params![hook.as_bytes(), now])?)
    });
    added.await.expect("webhook");
    Things {
        call: call.to_string(),
        agent: agent.to_string(),
        token: issued.token_id.to_string(),
        webhook: hook.to_string(),
        person: victim.person_id.to_string(),
        change: changed["change_id"].as_str().expect("id").to_owned(),
        session: sessions["items"][0]["session_id"].as_str().expect("id").to_owned(),
    }
}

async fn askers(world: &World) -> Vec<Asker> {
    let scopes: [(&[&str], Option<&str>); 7] = [
        (&["2"], None),
        (&[], Some("Đối tác B")),
        (&["2"], Some(PARTNER)),
        (&["1"], Some(PARTNER)),
        (&[], Some(PARTNER)),
        (&["1"], None),
        (&[], None),
    ];
    let mut askers = Vec::new();
    for (companies, partner) in scopes {
        for role in Role::ALL {
            let console = world.person(role, companies, partner).await;
            let codes: BTreeSet<_> = companies.iter().map(|code| CompanyCode((*code).to_owned())).collect();
            let companies = (!codes.is_empty()).then_some(codes);
            askers.push(Asker {
                console,
                role,
                scope: Scope { companies, partner: partner.map(str::to_owned) },
            });
        }
    }
    askers
}

/// A path with the things put in, or with things that do not exist.
fn filled(row: &Row, things: Option<&Things>) -> String {
    let nobody = "0190a1b2-0000-7000-8000-000000000000";
    let of = |known: fn(&Things) -> &String| things.map_or(nobody, |things| known(things).as_str());
    let company = if things.is_some() { "1" } else { "77" };
    let company = if row.4 == About::Company { company } else { "other" };
    let values = [
        ("{call_id}", of(|things| &things.call)),
        ("{agent_id}", of(|things| &things.agent)),
        ("{token_id}", of(|things| &things.token)),
        ("{webhook_id}", of(|things| &things.webhook)),
        ("{person_id}", of(|things| &things.person)),
        ("{session_id}", of(|things| &things.session)),
        ("{change_id}", of(|things| &things.change)),
        ("{credential_id}", nobody),
        ("{delivery_id}", nobody),
        ("{workstation_id}", nobody),
        ("{code}", company),
        ("{kind}", "portrait"),
        ("{payment}", "prepaid"),
        ("{sub_type}", "MC"),
        ("{day}", "2026-11-22"),
        ("{name}", "greeting"),
        ("{version}", "none"),
    ];
    let path = values.iter().fold(row.1.to_owned(), |path, (name, value)| path.replace(name, value));
    assert!(!path.contains('{'), "{path}: tell the walk what to put there");
    format!("/v1/console{path}{}", row.2)
}

async fn ask(console: &Console, row: &Row, path: &str) -> (u16, String) {
    let method = Method::from_bytes(row.0.to_uppercase().as_bytes()).expect("method");
    let looks = method == Method::GET;
    let request = console.ask(method, path);
    let request = if looks { request } else { request.json(&json!({})) };
    answered(request.send().await.expect("answer")).await
}

/// Status and body; of a stream its first event.
async fn answered(mut answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let streams = answer.headers().get("content-type").is_some_and(|kind| kind == "text/event-stream");
    let mut body = Vec::new();
    if streams {
        let first =
            tokio::time::timeout(Duration::from_secs(15), answer.chunk()).await.expect("an event in time");
        body.extend_from_slice(&first.expect("event").unwrap_or_default());
    } else {
        body.extend_from_slice(&answer.bytes().await.expect("body"));
    }
    (status, String::from_utf8_lossy(&body).into_owned())
}

fn code(body: &str) -> String {
    let problem: Value = serde_json::from_str(body).unwrap_or_default();
    problem["code"].as_str().unwrap_or_default().to_owned()
}

/// How much was done so far: every change leaves an entry, every look at a case, too.
async fn deeds(world: &World) -> i64 {
    let read = world.server.app().db.read(|connection: &rusqlite::Connection| {
        let sql = "SELECT (SELECT count(*) FROM audit) + (SELECT count(*) FROM case_access)";
        Ok::<i64, StoreError>(connection.query_row(sql, [], |row| row.get(0))?)
    });
    read.await.expect("count")
}

/// The routes of the document, and whether it says that they want the cookie.
async fn documented(world: &World) -> BTreeMap<(String, String), bool> {
    let text = world.client.get(format!("{}/openapi.json", world.url)).send().await.expect("answer");
    let document: Value = text.json().await.expect("json");
    let mut found = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let Some(path) = path.strip_prefix("/v1/console") else { continue };
        for (method, operation) in methods.as_object().expect("methods") {
            let by_cookie = operation["security"] == json!([{ "console_session": [] }]);
            found.insert((method.clone(), path.to_owned()), by_cookie);
        }
    }
    found
}

#[tokio::test]
async fn no_route_of_the_console_is_missing_in_the_table_of_rights() {
    let world = World::start().await;
    let known: BTreeSet<(String, String)> =
        ROUTES.iter().map(|row| (row.0.to_owned(), row.1.to_owned())).collect();
    assert_eq!(known.len(), ROUTES.len(), "a route stands there twice");
    let documented = documented(&world).await;
    let unknown: Vec<_> = documented.keys().filter(|route| !known.contains(route)).collect();
    assert!(unknown.is_empty(), "say in console_walk_table who may: {unknown:?}");
    for row in ROUTES {
        let by_cookie = documented.get(&(row.0.to_owned(), row.1.to_owned()));
        let by_cookie = by_cookie.unwrap_or_else(|| panic!("{} {} is no route any more", row.0, row.1));
        assert!(
            *by_cookie != matches!(row.3, Gate::Open),
            "{} {}: the document is wrong about the cookie",
            row.0,
            row.1
        );
    }
}

#[tokio::test]
async fn without_a_session_or_its_second_factor_nothing_is_open() {
    let world = World::start().await;
    let documented = documented(&world).await;
    let person = world.stored_person(Role::Administrator, &[], None, Some("ba con gà đi chợ"));
    let body = json!({ "username": person.username, "password": "ba con gà đi chợ" });
    let written =
        world.server.app().db.write(move |tx| chinhchu_server::console::sql::insert_person(tx, &person));
    written.await.expect("stored");
    let half = browser(None).post(format!("{}/v1/console/session", world.url)).json(&body).send().await;
    let half = browser(Some(&crate::console_world::cookie(&half.expect("answer"))));
    for row in ROUTES.iter().filter(|row| documented.contains_key(&(row.0.to_owned(), row.1.to_owned()))) {
        let url = format!("{}{}", world.url, filled(row, None));
        let method = Method::from_bytes(row.0.to_uppercase().as_bytes()).expect("method");
        let nobody = browser(None).request(method.clone(), &url).send().await.expect("answer");
        let (status, body) = answered(nobody).await;
        let open = matches!(row.3, Gate::Open);
        assert_eq!(code(&body) == "session_missing", !open, "{} {}: {status} {body}", row.0, row.1);
        if matches!(row.3, Gate::Open | Gate::Own) {
            continue;
        }
        let answer = half.request(method.clone(), &url).json(&json!({})).send().await.expect("answer");
        assert_eq!(code(&answered(answer).await.1), "second_factor_missing", "{} {}", row.0, row.1);
        if method != Method::GET {
            // What a form of another site could send.
            let plain = world.client.request(method, &url).header("cookie", "chinhchu-console=x");
            let answer = plain.send().await.expect("answer");
            assert_eq!(code(&answered(answer).await.1), "forbidden", "{} {}", row.0, row.1);
        }
    }
}

#[tokio::test]
async fn with_a_password_that_somebody_else_made_nothing_is_open_but_setting_another() {
    let world = World::start().await;
    let documented = documented(&world).await;
    let root = world.person(Role::Administrator, &[], None).await;
    let given = world.server.app().db.write(|tx| {
        let sql = "UPDATE people SET password_hash = 'made by somebody', password_temporary = 1";
        Ok::<_, StoreError>(tx.execute(sql, [])?)
    });
    assert_eq!(given.await.expect("given"), 1);
    let deeds = deeds(&world).await;
    for row in ROUTES.iter().filter(|row| documented.contains_key(&(row.0.to_owned(), row.1.to_owned()))) {
        if matches!(row.3, Gate::Open | Gate::Own) {
            continue;
        }
        let (status, body) = ask(&root, row, &filled(row, None)).await;
        assert_eq!((status, code(&body).as_str()), (403, "password_temporary"), "{} {}", row.0, row.1);
    }
    assert_eq!(self::deeds(&world).await, deeds, "something was refused and done");
}

#[tokio::test]
async fn every_route_gives_each_role_of_each_scope_what_the_table_of_rights_says() {
    let world = World::start().await;
    let things = Box::pin(things(&world)).await;
    let askers = askers(&world).await;
    let documented = documented(&world).await;
    let mut wrong = Vec::new();
    let mut asked = 0;
    for row in ROUTES.iter().filter(|row| documented.contains_key(&(row.0.to_owned(), row.1.to_owned()))) {
        if matches!(row.3, Gate::Open | Gate::Own) {
            continue;
        }
        let (there, nowhere) = (filled(row, Some(&things)), filled(row, None));
        // Who sees it comes last: it may be gone then.
        let mut first = true;
        for asker in &askers {
            asked += 1;
            let deeds = deeds(&world).await;
            let (status, body) = ask(&asker.console, row, &there).await;
            let mut fault = |what: &str| {
                wrong.push(format!(
                    "{}: {what}: {status} {}",
                    asker.told(row),
                    body.chars().take(200).collect::<String>()
                ));
            };
            if !row.3.lets_in(asker.role, &asker.scope) {
                if (status, code(&body).as_str()) != (403, "forbidden") {
                    fault("should be forbidden");
                }
                if self::deeds(&world).await != deeds {
                    fault("was refused and done");
                }
                continue;
            }
            let leaks = [&things.call, &things.agent, &things.token, &things.webhook];
            let sees = asker.sees(row.4);
            if !sees || !asker.sees(About::Call) {
                let whole = asker.sees(About::Company);
                let markers = leaks.into_iter().take(if whole { 2 } else { 4 });
                if markers.clone().any(|id| body.contains(id.as_str())) || body.contains(NAME) {
                    fault("tells of another's");
                }
            }
            if !sees {
                let (none, nothing) = ask(&asker.console, row, &nowhere).await;
                if (none, &nothing) != (status, &body) {
                    fault("is told apart from what does not exist");
                }
                if self::deeds(&world).await != deeds {
                    fault("is not there and something was done");
                }
                if row.0 == "get" && status != 404 {
                    fault("should not be there");
                }
                continue;
            }
            if status == 401 || status == 403 || status >= 500 {
                fault("should be let in");
            }
            if row.4 != About::All && first && status == 404 {
                fault("should be there");
            }
            if row.0 == "get" && first && status != 200 && row.4 == About::All {
                fault("should be answered");
            }
            first = false;
        }
    }
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
}
