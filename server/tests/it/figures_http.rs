//! Reports, files and the trial over HTTP, by who asks (C4).

use std::collections::BTreeSet;
use std::io::Read as _;

use chinhchu_proof::day::Plan;
use chinhchu_protocol::console::people::Role;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use chinhchu_server::clock::Clock;
use chinhchu_server::figures::period::{DAY_MS, Period};
use chinhchu_server::objects::Keys;
use chinhchu_server::store::{Db, StoreError, rows};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::console_world::Console;
use crate::edge_world::{World, refusal};
use crate::figures_log::{simulate, write};

const SPAN: &str = "from=2026-11-23&to=2026-11-25";

/// A folder whose log holds two simulated days.
pub async fn filled() -> TempDir {
    let folder = tempfile::tempdir().expect("folder");
    let db = Db::open(folder.path()).expect("store");
    let keys = Keys::open(folder.path()).expect("keys");
    let plan = Plan {
        seed: 11,
        calls: 700,
        agents: 24,
        length_ms: 2 * DAY_MS,
        kills: 6,
        pauses: 2,
        json_every: 500,
    };
    let taken = tokio::task::spawn_blocking(move || simulate(plan)).await.expect("simulated");
    write(&db, &keys, &taken).await;
    folder
}

/// A server on such a folder.
pub async fn world() -> World {
    let folder = filled().await;
    let now = Period::read("2026-12-20", "2026-12-20").expect("day").from;
    World::start_on(folder, Clock::manual(now), |_| {}).await
}

fn keys(report: &Value) -> BTreeSet<String> {
    let items = report["items"].as_array().expect("items");
    items.iter().map(|row| row["key"].as_str().expect("key").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c4_everybody_gets_the_figures_of_what_is_theirs_and_of_nothing_else() {
    let world = world().await;
    let path = |more: &str| format!("/v1/console/reports?{SPAN}{more}");
    let all = world.person(Role::Supervisor, &[], None).await;
    let whole = all.read(&path("&by=home")).await;
    assert_eq!(keys(&whole).len(), 9);
    assert_eq!(whole["total"]["calls"], 700);
    let named = whole["items"][0]["label"].as_str().expect("label");
    assert!(named.starts_with("Công ty Dịch vụ MobiFone Khu vực"), "{named}");

    // Company 4 has no agents: its people see its calls, whoever serves them, and no agents.
    let four = world.person(Role::TeamLead, &["4"], None).await;
    let own = four.read(&path("&by=home")).await;
    assert_eq!(keys(&own), BTreeSet::from(["4".to_owned()]));
    let of_four = whole["items"].as_array().expect("items").iter().find(|row| row["key"] == "4").expect("4");
    assert_eq!(own["total"], own["items"][0]["figures"].clone().tap_duty(&own["total"]));
    assert_eq!(own["items"][0]["figures"]["calls"], of_four["figures"]["calls"]);
    assert!(keys(&four.read(&path("&by=agent")).await).is_empty(), "agents are company 1's");
    assert_eq!(four.read(&path("&by=dealer&home=5")).await["total"]["calls"], 0, "nothing of another's");

    // A partner's people see the part of their agents, in every report.
    let agents = keys(&all.read(&path("&by=agent&partner=partner")).await);
    let partner = world.person(Role::Supervisor, &[], Some("partner")).await;
    assert_eq!(keys(&partner.read(&path("&by=agent")).await), agents);
    assert!(!agents.is_empty() && keys(&all.read(&path("&by=agent")).await).len() > agents.len());
    assert_eq!(keys(&partner.read(&path("&by=partner")).await), BTreeSet::from(["partner".to_owned()]));
    let rows = all.read(&path("&by=partner")).await;
    let theirs = rows["items"].as_array().expect("items").iter().find(|row| row["key"] == "partner");
    assert_eq!(partner.read(&path("")).await["total"], theirs.expect("row")["figures"]);
    let other = partner.get(&path("&partner=")).send().await.expect("answer");
    assert_eq!(refusal(other).await.0, 404);
    let trial = format!("/v1/console/reports/trial?{SPAN}");
    assert_eq!(partner.read(&trial).await["partners"].as_array().map(Vec::len), Some(1));
    assert_eq!(all.read(&trial).await["partners"].as_array().map(Vec::len), Some(2));
    let stranger = world.client.get(format!("{}{}", world.url, path(""))).send().await.expect("answer");
    assert_eq!(refusal(stranger).await.1, "session_missing");
}

/// Time on duty is not told by home company: everything else is the same.
trait TapDuty {
    fn tap_duty(self, total: &Value) -> Value;
}

impl TapDuty for Value {
    fn tap_duty(mut self, total: &Value) -> Value {
        self["duty_ms"] = total["duty_ms"].clone();
        self
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c4_files_hold_the_same_numbers_and_faults_are_named() {
    let world = world().await;
    let person = world.person(Role::Administrator, &[], None).await;
    let query = format!("{SPAN}&by=day&price_per_call=6000");
    let report = person.read(&format!("/v1/console/reports?{query}")).await;
    let get = async |ending: &str| {
        let answer =
            person.get(&format!("/v1/console/reports.{ending}?{query}")).send().await.expect("answer");
        assert_eq!(answer.status(), 200);
        let named = answer.headers()["content-disposition"].to_str().expect("text").to_owned();
        assert_eq!(named, format!("attachment; filename=\"bao-cao-day-2026-11-23-2026-11-25.{ending}\""));
        answer.bytes().await.expect("bytes")
    };
    let text = String::from_utf8(get("csv").await.to_vec()).expect("UTF-8");
    let text = text.strip_prefix('\u{feff}').expect("Excel reads it as UTF-8");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let titles = reader.headers().expect("titles").clone();
    let lines: Vec<csv::StringRecord> = reader.records().map(|line| line.expect("line")).collect();
    let place = |title: &str| titles.iter().position(|one| one == title).expect("column");
    assert_eq!(lines.len(), 1 + report["items"].as_array().expect("items").len());
    assert_eq!(lines[0][place("Cuộc gọi")], report["total"]["calls"].to_string());
    assert_eq!(lines[1][place("Được tiếp nhận")], report["items"][0]["figures"]["answered"].to_string());
    let share: f64 = lines[1][place("Mức phục vụ")].parse().expect("a number");
    let wanted = report["items"][0]["figures"]["service_level"]["share"].as_f64().expect("share");
    assert!((share - wanted).abs() < 1e-6);

    let book = get("xlsx").await;
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(book)).expect("a workbook");
    let mut part = |name: &str| {
        let mut text = String::new();
        zip.by_name(name).expect("part").read_to_string(&mut text).expect("text");
        text
    };
    let names = part("xl/workbook.xml");
    assert!(names.contains("name=\"Số liệu\"") && names.contains("name=\"Định nghĩa\""));
    let sheet = part("xl/worksheets/sheet1.xml");
    assert!(sheet.contains("state=\"frozen\""));
    assert!(sheet.contains(&format!("<c r=\"C2\"><v>{}</v></c>", report["total"]["calls"])), "a number");
    assert!(!sheet.contains("<f>"), "no formulas");
    assert!(part("xl/sharedStrings.xml").contains("Tiếp nhận trong T giây ÷ Vào hàng chờ."));
    files_name_hours_and_filters(&person).await;

    let bad = "/v1/console/reports?from=2026-11-31&by=colour&within_s=x&price_per_call=-1&colour=red";
    let (status, code, body) = refusal(person.get(bad).send().await.expect("answer")).await;
    assert_eq!((status, code.as_str()), (422, "request_invalid"));
    let fields: BTreeSet<&str> =
        body["errors"].as_array().expect("errors").iter().filter_map(|e| e["field"].as_str()).collect();
    assert_eq!(fields, BTreeSet::from(["by", "price_per_call", "query", "to", "within_s"]));
    let rows = person.read(&format!("/v1/console/reports?{SPAN}&by=hour&limit=5")).await;
    let next = rows["next"].as_str().expect("more");
    assert_eq!(rows["items"][4]["key"], next);
    let more = person.read(&format!("/v1/console/reports?{SPAN}&by=hour&limit=5&after={next}")).await;
    assert!(keys(&more).iter().all(|key| key.as_str() > next));
}

async fn files_name_hours_and_filters(person: &Console) {
    let query = "from=2026-11-24T08&to=2026-11-24T09&by=hour&home=1&dealer=dl.001&partner=";
    let answer = person.get(&format!("/v1/console/reports.xlsx?{query}")).send().await.expect("answer");
    let named = answer.headers()["content-disposition"].to_str().expect("text").to_owned();
    let wanted = "attachment; filename=\"bao-cao-hour-2026-11-24T08-2026-11-24T09-co-loc.xlsx\"";
    assert_eq!(named, wanted, "two hours of one company are not the day of all");
    let book = std::io::Cursor::new(answer.bytes().await.expect("bytes"));
    let mut texts = String::new();
    let mut zip = zip::ZipArchive::new(book).expect("a workbook");
    zip.by_name("xl/sharedStrings.xml").expect("part").read_to_string(&mut texts).expect("text");
    for told in ["2026-11-24T08 – 2026-11-24T09", "Công ty của điểm bán", "dl.001", "Nhân viên của công ty"]
    {
        assert!(texts.contains(told), "{told}");
    }
}

/// Results of a day, as (call, decision, manifest).
async fn results(world: &World, day: &str) -> Vec<(CallId, String, String)> {
    let period = Period::read(day, day).expect("day");
    let read = world.server.app().db.read(move |c| {
        let sql = "SELECT call_id, decision, lower(hex(manifest)) FROM call_figures
                   WHERE result_ms >= ?1 AND result_ms < ?2 ORDER BY call_id";
        rows::all(c, sql, [period.from.ms(), period.to.ms()], |row| {
            Ok((CallId(rows::id(row, "call_id")?), row.get(1)?, row.get(2)?))
        })
    });
    read.await.map_err(|error: StoreError| error).expect("results")
}

/// Deliveries to mSale: the first is acknowledged, the second waits, the third is given up, and so on.
async fn deliveries(world: &World, results: &[(CallId, String, String)]) {
    let calls: Vec<CallId> = results.iter().map(|(call, ..)| *call).collect();
    let (clock, now) = (world.clock.clone(), world.clock.now());
    let write = world.server.app().db.write(move |tx| {
        let hook = clock.new_id();
        let sql = "INSERT INTO webhooks (webhook_id, url, audience, events, secret_sealed, created_ms)
                   VALUES (?1, 'https://msale.invalid', 'msale', '[\"call.result\"]', x'00', 0)";
        rows::run(tx, sql, [hook.as_bytes()])?;
        for (n, call) in calls.iter().enumerate().filter(|(n, _)| n % 4 != 3) {
            let sql = "INSERT INTO webhook_deliveries (delivery_id, webhook_id, call_id, event_type, log_seq,
                         payload_sealed, created_ms, next_ms, delivered_ms)
                       VALUES (?1, ?2, ?3, 'call.result', 1, x'00', 0, ?4, ?5)";
            let (next, delivered): (Option<Timestamp>, _) = match n % 4 {
                0 => (None, Some(now)),
                1 => (Some(now.plus_ms(60_000_000)), None),
                _ => (None, None),
            };
            let (id, next) = (clock.new_id(), next.map(Timestamp::ms));
            let delivered = delivered.map(Timestamp::ms);
            let ids = (id.as_bytes(), hook.as_bytes(), call.0.as_bytes());
            rows::run(tx, sql, rusqlite::params![ids.0, ids.1, ids.2, next, delivered])?;
        }
        Ok::<_, StoreError>(())
    });
    write.await.expect("written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s16_a_day_is_reconciled_with_what_msale_holds() {
    let world = world().await;
    let day = "2026-11-24";
    let ours = results(&world, day).await;
    assert!(ours.len() > 40, "{}", ours.len());
    deliveries(&world, &ours).await;
    let person = world.person(Role::Supervisor, &[], None).await;
    let path = format!("/v1/console/reconciliation/{day}");
    let before = person.read(&path).await;
    let count = ours.len();
    let every = |n: usize| (count + 3 - n) / 4;
    assert_eq!(before["results"], count);
    assert_eq!(before["delivered"], every(0));
    assert_eq!(before["waiting"], every(1));
    assert_eq!(before["given_up"], every(2));
    assert_eq!(before["undeliverable"], every(3));
    assert_eq!(before["msale"], Value::Null);

    // mSale misses the first, has another verdict for the second and another manifest for the third, and one too
    // many.
    let unknown = world.clock.new_id().to_string();
    let mut list: Vec<Value> = ours
        .iter()
        .skip(1)
        .map(|(call, decision, sha)| json!({"call_id": call, "decision": decision, "manifest_sha256": sha}))
        .collect();
    let flipped = if ours[1].1 == "confirmed" { "rejected" } else { "confirmed" };
    list[0]["decision"] = json!(flipped);
    list[1]["manifest_sha256"] = json!("0".repeat(64));
    list.push(json!({"call_id": unknown, "decision": "confirmed", "manifest_sha256": "1".repeat(64)}));

    let (credential, company) = (world.service("msale").await, world.token("1", 600).await.token);
    let url = format!("/v1/reconciliation/{day}");
    let send = async |token: &str, part: u32, last: bool, results: &[Value]| {
        let body = json!({"part": part, "last": last, "results": results});
        world.post(&url, token).json(&body).send().await.expect("answer")
    };
    assert_eq!(refusal(send(&company, 1, true, &list).await).await.1, "forbidden");
    assert_eq!(refusal(send(&credential, 2, true, &list).await).await.1, "request_invalid");
    let bad = json!({"call_id": unknown, "decision": "confirmed", "manifest_sha256": "x"});
    let (.., fault) = refusal(send(&credential, 1, true, &[bad]).await).await;
    assert_eq!(fault["errors"][0]["field"], "results[0].manifest_sha256");
    let (first, second) = list.split_at(20);
    for _ in 0..2 {
        let taken: Value = send(&credential, 1, false, first).await.json().await.expect("json");
        assert_eq!((&taken["received"], &taken["day"]), (&json!(20), &Value::Null), "a repeat counts once");
    }
    assert_eq!(person.read(&path).await["msale"], Value::Null, "the list is not whole");
    let taken: Value = send(&credential, 2, true, second).await.json().await.expect("json");
    assert_eq!(taken["received"], list.len());
    let found = person.read(&path).await;
    assert_eq!(found, taken["day"]);
    let side = &found["msale"];
    assert_eq!(
        [&side["results"], &side["same"], &side["missing_there"], &side["unknown_here"], &side["differing"]],
        [&json!(list.len()), &json!(count - 3), &json!(1), &json!(1), &json!(2)]
    );
    let kinds = |call: &str| {
        let items = found["items"].as_array().expect("items");
        items.iter().find(|item| item["call_id"] == call).map(|item| item["kinds"].clone())
    };
    assert_eq!(kinds(&ours[0].0.to_string()), Some(json!(["missing_there"])));
    assert_eq!(kinds(&ours[1].0.to_string()), Some(json!(["waiting", "differing"])));
    assert_eq!(kinds(&ours[2].0.to_string()), Some(json!(["given_up", "differing"])));
    assert_eq!(kinds(&unknown), Some(json!(["unknown_here"])));
    assert_eq!(kinds(&ours[4].0.to_string()), None, "delivered and the same");

    // Who sees one company is told of its results, and of no unknown ones.
    let four = world.person(Role::TeamLead, &["4"], None).await;
    let part = four.read(&path).await;
    assert!(part["results"].as_u64() < found["results"].as_u64());
    assert_eq!(part["msale"]["unknown_here"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s16_a_whole_list_stays_whole_when_a_part_comes_again_and_ends_with_its_last_part() {
    let folder = tempfile::tempdir().expect("folder");
    let now = Period::read("2026-12-20", "2026-12-20").expect("day").from;
    let world = World::start_on(folder, Clock::manual(now), |_| {}).await;
    let person = world.person(Role::Supervisor, &[], None).await;
    let credential = world.service("msale").await;
    let held = |_| {
        let call = world.clock.new_id().to_string();
        json!({"call_id": call, "decision": "confirmed", "manifest_sha256": "1".repeat(64)})
    };
    let parts: Vec<Vec<Value>> = (0..3).map(|_| (0..4).map(held).collect()).collect();
    let send = async |part: usize, last: bool| {
        let body = json!({"part": part, "last": last, "results": parts[part - 1]});
        let answer = world.post("/v1/reconciliation/2026-11-24", &credential).json(&body);
        let answer: Value = answer.send().await.expect("answer").json().await.expect("json");
        answer["received"].as_u64().expect("taken")
    };
    let held = async || {
        let found = person.read("/v1/console/reconciliation/2026-11-24").await;
        found["msale"]["results"].as_u64()
    };
    for part in 1..=3 {
        send(part, part == 3).await;
    }
    assert_eq!(held().await, Some(12));
    assert_eq!(send(2, false).await, 12, "again, after a timeout");
    assert_eq!(held().await, Some(12), "the list is still whole");
    send(2, true).await;
    assert_eq!(held().await, Some(8), "two parts are the list now");
    send(3, false).await;
    assert_eq!(held().await, None, "more is to come");
    send(1, false).await;
    assert_eq!(held().await, None, "begun anew");

    let audited = world.server.app().db.read(|c| {
        let sql = "SELECT DISTINCT subject FROM audit WHERE action = 'reconciliation.received'";
        rows::all(c, sql, [], |row| row.get::<_, String>(0))
    });
    let audited = audited.await.map_err(|error: StoreError| error).expect("audit");
    assert_eq!(audited, ["day:2026-11-24"]);
}
