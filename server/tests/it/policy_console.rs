//! The catalogue in the console: preview and commit, lists, files, and what calls were decided by (P2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chinhchu_protocol::console::people::Role;
use serde_json::{Value, json};

use crate::console_world::Console;
use crate::edge_world::{World, form_with, good_case, jpeg, refusal};

const TABLE: &str = include_str!("../../data/policy-catalogue.csv");

async fn post(person: &Console, path: &str, body: &Value) -> reqwest::Response {
    person.post(&format!("/v1/console/policy{path}")).json(body).send().await.expect("answer")
}

async fn posted(person: &Console, path: &str, body: &Value) -> Value {
    let answer = post(person, path, body).await;
    let status = answer.status();
    let body: Value = answer.json().await.expect("json");
    assert!(status.is_success(), "{path}: {body}");
    body
}

fn single(day: &str, change: &Value) -> Value {
    json!({ "valid_from": day, "changes": [change] })
}

async fn change(person: &Console, draft: &Value, reason: &str) -> Value {
    let preview = posted(person, "/preview", draft).await;
    let commit = json!({ "draft": draft, "digest": preview["digest"], "reason": reason });
    posted(person, "/changes", &commit).await
}

/// What was previewed is what is written; whoever was overtaken looks again.
#[tokio::test]
async fn a_change_is_written_as_previewed_or_not_at_all() {
    let world = World::start().await;
    let admin = world.person(Role::Administrator, &[], None).await;
    let draft = single(
        "2190-01-01",
        &json!({ "payment": "prepaid", "sub_type": "MC", "enterprise": "not_mandatory" }),
    );
    let preview = posted(&admin, "/preview", &draft).await;
    assert_eq!((&preview["changed"], &preview["base"]), (&json!(1), &json!(1)));
    assert_eq!(preview["rows"][0]["fields"], json!(["khdn"]));
    let other = json!({ "payment": "prepaid", "sub_type": "MQ", "individual_vi2": "not_mandatory" });
    let done = change(&admin, &single("2190-01-01", &other), "MobiQ từ 2190").await;
    assert_eq!((&done["change"], &done["by"]), (&json!(2), &json!(format!("person:{}", admin.person_id))));
    assert_eq!((&done["by_name"], &done["source"]), (&json!("Người Thử"), &json!("single")));

    let commit = json!({ "draft": draft, "digest": preview["digest"], "reason": "doanh nghiệp" });
    let (status, code, _) = refusal(post(&admin, "/changes", &commit).await).await;
    assert_eq!((status, code.as_str()), (409, "policy_changed"));
    let fresh = posted(&admin, "/preview", &draft).await;
    let mut elsewhere = draft.clone();
    elsewhere["valid_from"] = json!("2191-01-01");
    let commit = json!({ "draft": elsewhere, "digest": fresh["digest"], "reason": "doanh nghiệp" });
    assert_eq!(refusal(post(&admin, "/changes", &commit).await).await.1, "policy_changed", "another draft");
    let commit = json!({ "draft": draft, "digest": fresh["digest"], "reason": "doanh nghiệp" });
    assert_eq!(posted(&admin, "/changes", &commit).await["change"], 3);
    assert_eq!(refusal(post(&admin, "/changes", &commit).await).await.1, "policy_changed", "once");
    let again = posted(&admin, "/preview", &draft).await;
    let commit = json!({ "draft": draft, "digest": again["digest"], "reason": "lần nữa" });
    let (_, code, body) = refusal(post(&admin, "/changes", &commit).await).await;
    assert_eq!((code.as_str(), &body["errors"][0]["code"]), ("policy_invalid", &json!("nothing_changes")));

    let entries = admin.read("/v1/console/policy/entries/prepaid/MC").await;
    let known: Vec<&Value> =
        entries["entries"].as_array().expect("list").iter().filter(|one| one["known_to"].is_null()).collect();
    assert_eq!(known.len(), 3, "{known:?}");
    assert_eq!(entries["changes"][0]["reason"], "doanh nghiệp");
    let log = admin.read("/v1/console/policy/changes?limit=2").await;
    assert_eq!((&log["items"][0]["change"], &log["next"]), (&json!(3), &json!("2")));
    let rest = admin.read("/v1/console/policy/changes?limit=2&after=2").await;
    assert_eq!((&rest["items"][0]["by"], &rest["next"]), (&json!("installation"), &Value::Null));
}

#[tokio::test]
async fn a_day_and_a_moment_choose_what_is_listed_and_exported() {
    let world = World::start().await;
    let admin = world.person(Role::Administrator, &[], None).await;
    let all = admin.read("/v1/console/policy").await;
    let lines = all["items"].as_array().expect("lines");
    assert_eq!(
        (lines.len(), &lines[0]["sub_type"], &lines[27]["payment"]),
        (28, &json!("ASI"), &json!("postpaid"))
    );
    let mut parts = Vec::new();
    let mut after = String::new();
    loop {
        let part = admin.read(&format!("/v1/console/policy?limit=10{after}")).await;
        parts.extend(part["items"].as_array().expect("lines").clone());
        let Some(next) = part["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(&parts, lines);

    let csv = TABLE.replace("MOBICARD,TT2,TT,Y,Y", "MOBICARD,TT2,TT,N,Y");
    let draft = json!({ "valid_from": "2150-01-01", "csv_base64": STANDARD.encode(&csv), "complete": true });
    let done = change(&admin, &draft, "từ tệp").await;
    assert_eq!(
        (&done["source"], &done["changed"], &done["complete"]),
        (&json!("import"), &json!(1), &json!(true))
    );
    let of_mc = |list: &Value| {
        list["items"]
            .as_array()
            .expect("lines")
            .iter()
            .find(|line| line["sub_type"] == "MC")
            .expect("MC")
            .clone()
    };
    let (before, later) = (
        of_mc(&admin.read("/v1/console/policy?on=2149-12-31").await),
        of_mc(&admin.read("/v1/console/policy?on=2150-01-01").await),
    );
    assert_eq!(
        (&before["individual_vi2"]["video_call"], &before["next_change_on"]),
        (&json!("mandatory"), &json!("2150-01-01"))
    );
    assert_eq!(
        (&later["individual_vi2"]["video_call"], &later["individual_vi2"]["change"]),
        (&json!("not_mandatory"), &json!(2))
    );
    let known = before["enterprise"]["known_from"].as_str().expect("time");
    let then = of_mc(&admin.read(&format!("/v1/console/policy?on=2150-01-01&known_at={known}")).await);
    assert_eq!(then["individual_vi2"]["video_call"], "mandatory", "as known then");

    let file =
        admin.get("/v1/console/policy/export.csv?on=2150-01-01&bom=true").send().await.expect("answer");
    assert_eq!(file.headers()["content-type"], "text/csv; charset=utf-8");
    let text = file.text().await.expect("text");
    assert_eq!(text.trim_start_matches('\u{feff}'), csv);
}

#[tokio::test]
async fn drafts_are_refused_with_every_fault_and_by_whoever_may_not() {
    let world = World::start().await;
    let admin = world.person(Role::Administrator, &[], None).await;
    let faults = async |draft: &Value| {
        let (status, code, body) = refusal(post(&admin, "/preview", draft).await).await;
        assert_eq!((status, code.as_str()), (422, "policy_invalid"));
        let list = body["errors"].as_array().expect("errors").clone();
        list.iter()
            .map(|e| format!("{} {}", e["field"].as_str().expect("field"), e["code"].as_str().expect("code")))
            .collect::<Vec<_>>()
    };
    let csv = TABLE.replace("MOBICARD,TT2,TT,Y,Y", "MOBICARD,TT2,TT,Y,y");
    let line = csv.lines().position(|line| line.contains("MOBICARD")).expect("line") + 1;
    let draft = json!({ "valid_from": "2150-01-01", "csv_base64": STANDARD.encode(&csv) });
    assert_eq!(faults(&draft).await, [format!("csv.{line}.khdn lower_case")]);
    let draft = json!({ "valid_from": "soon", "csv_base64": "???" });
    assert_eq!(faults(&draft).await, ["valid_from not_a_day", "csv_base64 not_base64"]);
    let draft = json!({ "valid_from": "2150-01-01", "changes": [
        { "payment": "prepaid", "sub_type": "NEW", "name": "Mới" },
        { "payment": "prepaid", "sub_type": "mc", "name": "=x" },
        { "payment": "prepaid", "sub_type": "MQ", "end": true, "name": "x" },
        { "payment": "postpaid", "sub_type": "MC", "enterprise": "mandatory" },
    ]});
    assert_eq!(
        faults(&draft).await,
        [
            "changes.1.individual_vi2 missing",
            "changes.1.enterprise missing",
            "changes.2.sub_type lower_case",
            "changes.2.name formula",
            "changes.2.individual_vi2 missing",
            "changes.2.enterprise missing",
            "changes.3.name not_needed",
            "changes.4.sub_type unknown_value",
            "changes.4.name missing",
            "changes.4.individual_vi2 missing",
        ]
    );
    let end = json!({ "payment": "prepaid", "sub_type": "NEW", "end": true });
    assert_eq!(faults(&single("2150-01-01", &end)).await, ["changes.1.sub_type not_in_force"]);

    let past = single(
        "2026-01-01",
        &json!({ "payment": "prepaid", "sub_type": "MC", "enterprise": "not_mandatory" }),
    );
    let preview = posted(&admin, "/preview", &past).await;
    assert_eq!(preview["backdated"], true);
    let commit = json!({ "draft": past, "digest": preview["digest"], "reason": "x" });
    let (_, _, body) = refusal(post(&admin, "/changes", &commit).await).await;
    assert_eq!(body["errors"], json!([{ "field": "valid_from", "code": "in_the_past" }]));

    let draft = single(
        "2150-01-01",
        &json!({ "payment": "prepaid", "sub_type": "MC", "enterprise": "not_mandatory" }),
    );
    for (role, companies, read, write) in [
        (Role::Administrator, &["1"][..], 200, 403),
        (Role::Supervisor, &[], 200, 403),
        (Role::Auditor, &[], 200, 403),
        (Role::TeamLead, &[], 403, 403),
    ] {
        let person = world.person(role, companies, None).await;
        let preview = post(&person, "/preview", &draft).await;
        assert_eq!(preview.status(), read, "{role:?}");
        let commit = json!({ "draft": draft, "digest": "x", "reason": "y" });
        assert_eq!(post(&person, "/changes", &commit).await.status(), write, "{role:?}");
        for path in ["", "/changes", "/entries/prepaid/MC", "/entries/postpaid/*", "/export.csv"] {
            let answer = person.get(&format!("/v1/console/policy{path}")).send().await.expect("answer");
            assert_eq!(answer.status(), read, "{role:?} {path}");
        }
    }
}

async fn call(world: &World, company: &str, sub_type: &str, customer_type: &str) -> Value {
    let token = world.token(company, 600).await.token;
    let mut case = good_case();
    case["subscriber"]["sub_type"] = json!(sub_type);
    case["subscriber"]["customer_type"] = json!(customer_type);
    let form = form_with(&case, jpeg());
    let answer = world.intake(&token, &world.clock.new_id().to_string(), form).await;
    assert_eq!(answer.status(), 201, "nothing is refused for being optional");
    answer.json().await.expect("json")
}

/// P2: «which rule held for this call, as known then», after the catalogue has changed backwards, too.
#[tokio::test]
async fn the_rule_of_a_call_stands_as_it_was_known_whatever_becomes_known_later() {
    let world = World::start().await;
    let admin = world.person(Role::Administrator, &[], None).await;
    let taken = call(&world, "1", "MC", "vi2").await;
    let optional = call(&world, "2", "HTD", "individual").await;
    assert_eq!(optional["policy"]["video_call"], "not_mandatory");
    let path = format!("/v1/console/policy/for-call/{}", taken["call_id"].as_str().expect("id"));
    let before = admin.read(&path).await;
    assert_eq!(
        (&before["then"]["rule_id"], &before["same_answer"]),
        (&taken["policy"]["rule_id"], &json!(true))
    );
    assert_eq!(before["then"], before["now"]);

    let mut draft = single(
        "2026-01-01",
        &json!({ "payment": "prepaid", "sub_type": "MC", "individual_vi2": "not_mandatory" }),
    );
    draft["backdated"] = json!(true);
    change(&admin, &draft, "nhập muộn").await;
    let after = admin.read(&path).await;
    assert_eq!(after["then"]["rule_id"], before["then"]["rule_id"]);
    assert_eq!(
        (&after["then"]["video_call"], &after["now"]["video_call"]),
        (&json!("mandatory"), &json!("not_mandatory"))
    );
    assert_eq!(
        (&after["then_change"]["change"], &after["now_change"]["reason"]),
        (&json!(1), &json!("nhập muộn"))
    );
    assert_eq!((&after["then"]["closed_by"], &after["same_answer"]), (&json!(2), &json!(false)));
    let later = call(&world, "1", "MC", "vi2").await;
    assert_ne!(later["policy"]["rule_id"], taken["policy"]["rule_id"]);
    let by_command = crate::edge_cli::json(
        world.folder.path(),
        &["policy", "for-call", taken["call_id"].as_str().expect("id")],
    );
    assert_eq!((&by_command["then"], &by_command["now"]), (&after["then"], &after["now"]));

    for (companies, partner, status) in [(&["1"][..], None, 200), (&["2"], None, 404), (&[], Some("A"), 404)]
    {
        let person = world.person(Role::Supervisor, companies, partner).await;
        assert_eq!(
            person.get(&path).send().await.expect("answer").status(),
            status,
            "{companies:?} {partner:?}"
        );
    }
}

/// A type that is ended, or planned for later, has no rule today: its calls are refused as unknown ones are.
#[tokio::test]
async fn a_type_without_a_rule_today_is_a_fault_of_the_case() {
    let world = World::start().await;
    let admin = world.person(Role::Administrator, &[], None).await;
    let today = chinhchu_server::policy::vietnam_day(world.clock.now()).to_string();
    change(
        &admin,
        &single(&today, &json!({ "payment": "prepaid", "sub_type": "HTD", "end": true })),
        "ngừng",
    )
    .await;
    let new = json!({ "payment": "prepaid", "sub_type": "NEW", "name": "Mới",
        "individual_vi2": "mandatory", "enterprise": "mandatory" });
    change(&admin, &single("2190-01-01", &new), "năm 2190").await;
    let token = world.token("1", 600).await.token;
    for (sub_type, expected) in [("HTD", "not_in_force"), ("NEW", "not_in_force"), ("NONE", "unknown_value")]
    {
        let mut case = good_case();
        case["subscriber"]["sub_type"] = json!(sub_type);
        let form = form_with(&case, jpeg());
        let answer = world.intake(&token, &world.clock.new_id().to_string(), form).await;
        let (status, code, body) = refusal(answer).await;
        assert_eq!((status, code.as_str()), (422, "case_invalid"), "{sub_type}");
        assert_eq!(body["errors"], json!([{ "field": "subscriber.sub_type", "code": expected }]));
    }
}

/// A draft against the calls of a past period.
#[tokio::test]
async fn what_if_counts_the_calls_that_a_draft_would_have_ruled_otherwise() {
    let world = World::start().await;
    let admin = world.person(Role::Administrator, &[], None).await;
    let mut otherwise = Vec::new();
    for (company, sub_type, customer) in [
        ("1", "MC", "vi2"),
        ("1", "MC", "individual"),
        ("4", "MC", "enterprise"),
        ("2", "HTD", "enterprise"),
        ("2", "ZP", "individual"),
    ] {
        let made = call(&world, company, sub_type, customer).await;
        if (sub_type == "MC" && customer != "enterprise") || sub_type == "HTD" {
            otherwise.push(made["call_id"].clone());
        }
    }
    let csv = "payment,sub_type,name,icc_profile,type,khcn_vi2,khdn\n\
               prepaid,MC,MOBICARD,TT2,TT,N,Y\nprepaid,HTD,Happy Tourist Data,HTD,TT,Y,Y\n";
    let now = world.clock.now();
    let day = chinhchu_server::policy::vietnam_day(now);
    let (from, to) = (day.yesterday().expect("day"), day.tomorrow().expect("day"));
    let mut asked = json!({ "from": from.to_string(), "to": to.to_string(), "limit": 2,
        "draft": { "valid_from": "2150-01-01", "csv_base64": STANDARD.encode(csv) } });
    let answer = posted(&admin, "/what-if", &asked).await;
    assert_eq!(
        answer["counts"],
        json!({ "calls": 5, "became_mandatory": 1, "became_not_mandatory": 2, "without_rule": 0, "unchanged": 2 })
    );
    let of = |list: &str, name: &str| {
        let groups = answer[list].as_array().expect("groups").clone();
        groups.into_iter().find(|group| group["name"] == name).expect("group")["counts"].clone()
    };
    assert_eq!(
        (&of("by_sub_type", "MC")["calls"], &of("by_sub_type", "MC")["became_not_mandatory"]),
        (&json!(3), &json!(2))
    );
    assert_eq!(of("by_customer_type", "enterprise")["became_mandatory"], 1);
    assert_eq!(of("by_company", "4")["unchanged"], 1);
    asked["after"] = answer["next"].clone();
    let rest = posted(&admin, "/what-if", &asked).await;
    let items: Vec<Value> =
        [&answer, &rest].iter().flat_map(|part| part["items"].as_array().expect("items").clone()).collect();
    assert_eq!(items.iter().map(|item| item["call_id"].clone()).collect::<Vec<_>>(), otherwise);
    assert_eq!(
        (&items[2]["was"], &items[2]["would_be"], &rest["next"]),
        (&json!("not_mandatory"), &json!("mandatory"), &Value::Null)
    );

    asked["after"] = Value::Null;
    asked["draft"]["complete"] = json!(true);
    let whole = posted(&admin, "/what-if", &asked).await;
    assert_eq!(whole["counts"]["without_rule"], 1, "ZP is not in a complete draft");
    asked["draft"]["complete"] = json!(false);
    for (companies, partner, calls) in [(&["2"][..], None, 2), (&["1"], None, 3), (&[], Some("A"), 0)] {
        let person = world.person(Role::Supervisor, companies, partner).await;
        let seen = posted(&person, "/what-if", &asked).await;
        assert_eq!(seen["counts"]["calls"], calls, "company 1 serves 4 as well: {companies:?} {partner:?}");
    }
    asked["from"] = json!("2024-01-01");
    assert_eq!(
        refusal(post(&admin, "/what-if", &asked).await).await.1,
        "policy_invalid",
        "too long a period"
    );

    let file = world.folder.path().join("draft.csv");
    std::fs::write(&file, csv).expect("file");
    let args = [
        "policy",
        "what-if",
        file.to_str().expect("path"),
        "--from",
        &from.to_string(),
        "--to",
        &to.to_string(),
    ];
    let by_command = crate::edge_cli::json(world.folder.path(), &args);
    assert_eq!(
        (&by_command["counts"], &by_command["by_company"]),
        (&answer["counts"], &answer["by_company"])
    );
}
