//! Agents and partners in the console: kept, seen and imported within one's own company and partner (C2).

use chinhchu_protocol::console::people::Role;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::console_world::Console;
use crate::edge_world::{World, refusal};
use crate::spine_world::Workstation;

fn agent(username: &str, company: &str, partner: Option<&str>) -> Value {
    json!({ "username": username, "name": "Nguyễn Thị Hoa", "company": company, "partner": partner,
            "skills": { "customer_types": ["enterprise"], "languages": ["vi"] } })
}

async fn add(by: &Console, agent: &Value) -> Response {
    by.post("/v1/console/agents").json(agent).send().await.expect("answer")
}

async fn added(by: &Console, agent: &Value) -> String {
    let answer = add(by, agent).await;
    assert_eq!(answer.status(), 201);
    let answer: Value = answer.json().await.expect("added");
    assert!(answer["password"].is_string());
    answer["agent"]["agent_id"].as_str().expect("id").to_owned()
}

/// The user names of a list.
async fn names(by: &Console, query: &str) -> Vec<String> {
    let page = by.read(&format!("/v1/console/agents{query}")).await;
    let items = page["items"].as_array().expect("items").iter();
    items.map(|agent| agent["username"].as_str().expect("name").to_owned()).collect()
}

async fn three(world: &World) -> (Console, [String; 3]) {
    let root = world.person(Role::Administrator, &[], None).await;
    let own = added(&root, &agent("an", "1", None)).await;
    let of_a = added(&root, &agent("binh", "1", Some("Đối tác A"))).await;
    let of_b = added(&root, &agent("chi", "3", Some("Đối tác B"))).await;
    (root, [own, of_a, of_b])
}

#[tokio::test]
async fn everybody_sees_the_agents_of_the_own_company_and_partner_and_nobody_else_exists() {
    let world = World::start().await;
    let (root, [own, of_a, of_b]) = three(&world).await;
    assert_eq!(names(&root, "").await, ["an", "binh", "chi"]);
    assert_eq!(names(&root, "?partner=none").await, ["an"]);
    assert_eq!(names(&root, "?company=3").await, ["chi"]);
    assert_eq!(names(&root, "?state=available").await, Vec::<String>::new());
    assert_eq!(names(&root, "?state=signed_out&q=BIN").await, ["binh"]);
    let page = root.read("/v1/console/agents?limit=2").await;
    assert_eq!((page["items"].as_array().map(Vec::len), &page["next"]), (Some(2), &json!("binh")));
    assert_eq!(names(&root, "?limit=2&after=binh").await, ["chi"]);

    let company = world.person(Role::Supervisor, &["1"], None).await;
    let partner = world.person(Role::Supervisor, &[], Some("Đối tác A")).await;
    assert_eq!(names(&company, "").await, ["an", "binh"]);
    assert_eq!(names(&company, "?company=3").await, Vec::<String>::new());
    assert_eq!(names(&partner, "").await, ["binh"]);
    let partners = partner.read("/v1/console/partners").await;
    assert_eq!(partners["items"], json!([{ "partner": "Đối tác A", "companies": ["1"], "agents": 1 }]));
    for (who, others) in [(&company, vec![&of_b]), (&partner, vec![&own, &of_b])] {
        for id in others {
            let path = format!("/v1/console/agents/{id}");
            let gone = who.get(&path).send().await.expect("answer");
            assert_eq!(refusal(gone).await.0, 404);
            let mut change = agent("x", "1", Some("Đối tác A"));
            change.as_object_mut().expect("object").remove("username");
            let gone = who.ask(Method::PUT, &path).json(&change).send().await.expect("answer");
            assert_eq!(refusal(gone).await.0, 404);
            for deed in ["sign-out", "disable", "enable", "reset-password"] {
                let gone = who.post(&format!("{path}/{deed}")).send().await.expect("answer");
                assert_eq!(refusal(gone).await.0, 404, "{deed}");
            }
        }
    }
    let lead = world.person(Role::TeamLead, &["1"], None).await;
    let not_his = lead.post(&format!("/v1/console/agents/{of_a}/disable")).send().await.expect("answer");
    assert_eq!(refusal(not_his).await.1, "forbidden");
}

#[tokio::test]
async fn nobody_puts_an_agent_where_the_own_sight_ends() {
    let world = World::start().await;
    let company = world.person(Role::Supervisor, &["1"], None).await;
    let partner = world.person(Role::Supervisor, &["1"], Some("Đối tác A")).await;
    let fields = async |answer: Response| {
        let (status, _, body) = refusal(answer).await;
        assert_eq!(status, 422);
        body["errors"].as_array().expect("errors").iter().map(|e| e["field"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(fields(add(&company, &agent("an", "3", None)).await).await, [json!("company")]);
    assert_eq!(fields(add(&company, &agent("an", "77", None)).await).await, [json!("company")]);
    assert_eq!(fields(add(&partner, &agent("an", "1", None)).await).await, [json!("partner")]);
    assert_eq!(fields(add(&partner, &agent("an", "1", Some("Đối tác B"))).await).await, [json!("partner")]);
    let id = added(&partner, &agent("an", "1", Some("Đối tác A"))).await;
    let body = json!({ "name": "An", "company": "1", "partner": null });
    let away = partner.ask(Method::PUT, &format!("/v1/console/agents/{id}")).json(&body).send().await;
    assert_eq!(fields(away.expect("answer")).await, [json!("partner")]);
}

#[tokio::test]
async fn an_agent_who_is_signed_out_by_hand_is_out_at_once_and_a_disabled_one_stays_out() {
    let world = World::start().await;
    let root = world.person(Role::Administrator, &[], None).await;
    let hoa = Workstation::available(&world, "1", "hoa").await;
    let path = format!("/v1/console/agents/{}", hoa.signed_in.agent.agent_id);
    assert_eq!(root.read(&path).await["state"], "available");
    assert_eq!(names(&root, "?state=available").await, ["hoa"]);
    let body = json!({ "reason": "Hết ca" });
    let out = root.post(&format!("{path}/sign-out")).json(&body).send().await.expect("answer");
    assert_eq!(out.status(), 200);
    assert_eq!(out.json::<Value>().await.expect("agent")["state"], "signed_out");
    let me = world.get("/v1/agent/me", &hoa.signed_in.session_token).send().await.expect("answer");
    assert_eq!(refusal(me).await.1, "token_revoked");
    let off = root.post(&format!("{path}/disable")).send().await.expect("answer");
    assert_eq!(off.json::<Value>().await.expect("agent")["state"], "disabled");
    let reset: Value = root
        .post(&format!("{path}/reset-password"))
        .send()
        .await
        .expect("answer")
        .json()
        .await
        .expect("reset");
    assert!(reset["password"].as_str().is_some_and(|password| password.len() > 20));
}

async fn import(by: &Console, query: &str, text: &str) -> Value {
    let path = format!("/v1/console/agents/import{query}");
    let answer = by.post(&path).header("content-type", "text/csv").body(text.to_owned()).send().await;
    let answer = answer.expect("answer");
    assert_eq!(answer.status(), 200);
    answer.json().await.expect("import")
}

const FILE: &str = "username,name,company,partner,customer_types,languages\n\
                    an,Nguyễn Văn An,1,,enterprise,vi\n\
                    binh,Nguyễn Thị Hoa,1,Đối tác A,enterprise,vi\n\
                    dung,Lê Dung,2,Đối tác C,individual vi2,\n";

/// C2: shown first, then taken whole; the same file again changes nothing.
#[tokio::test]
async fn an_import_does_what_its_preview_has_said() {
    let world = World::start().await;
    let (root, _) = three(&world).await;
    let deeds = |answer: &Value| {
        let rows = answer["rows"].as_array().expect("rows").iter();
        rows.map(|row| (row["line"].clone(), row["deed"].clone(), row["changes"].clone())).collect::<Vec<_>>()
    };
    let wanted = [
        (json!(2), json!("change"), json!(["name"])),
        (json!(3), json!("same"), json!([])),
        (json!(4), json!("add"), json!([])),
    ];
    let preview = import(&root, "?preview=true", FILE).await;
    assert_eq!((deeds(&preview), &preview["taken"]), (wanted.to_vec(), &json!(false)));
    assert_eq!(names(&root, "").await, ["an", "binh", "chi"], "a preview takes nothing");
    let taken = import(&root, "", FILE).await;
    assert_eq!((deeds(&taken), &taken["taken"]), (wanted.to_vec(), &json!(true)));
    assert_eq!(names(&root, "").await, ["an", "binh", "chi", "dung"]);
    assert_eq!(taken["passwords"].as_array().map(Vec::len), Some(1));
    let password = taken["passwords"][0]["password"].as_str().expect("password");
    let body = json!({ "username": "dung", "password": password,
                       "workstation": { "workstation_id": world.clock.new_id(), "version": "1", "os": "linux" } });
    let signed_in = world.client.post(format!("{}/v1/agent/sessions", world.url)).json(&body).send().await;
    assert_eq!(signed_in.expect("answer").status(), 201, "the password opens the workstation");
    let again = import(&root, "", FILE).await;
    assert!(deeds(&again).iter().all(|(_, deed, _)| deed == "same"));
}

#[tokio::test]
async fn an_import_with_one_wrong_row_takes_nothing_and_names_each_fault() {
    let world = World::start().await;
    let (root, _) = three(&world).await;
    let company = world.person(Role::Supervisor, &["1"], None).await;
    let text = "username,name,company,languages\n\
                em,Em,1,vi\nem,Em,1,vi\nphúc,,1,vi\nchi,Chi,1,tiếng-việt\ngiang,Giang,3,vi\n";
    let faults = |answer: &Value| {
        assert_eq!(answer["taken"], false);
        let faults = answer["faults"].as_array().expect("faults").iter();
        faults
            .map(|f| {
                format!(
                    "{} {} {}",
                    f["line"],
                    f["field"].as_str().expect("field"),
                    f["code"].as_str().expect("code")
                )
            })
            .collect::<Vec<_>>()
    };
    let expected =
        ["3 username repeated", "4 username bad_characters", "4 name missing", "5 languages not_a_language"];
    assert_eq!(faults(&import(&root, "", text).await), expected);
    let of_company = faults(&import(&company, "", text).await);
    assert_eq!(of_company[..4], expected);
    assert_eq!(
        of_company[4..],
        ["5 username name_taken", "6 company unknown_value"],
        "another's is not there"
    );
    assert_eq!(names(&root, "").await, ["an", "binh", "chi"]);
}
