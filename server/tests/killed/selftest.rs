//! A check that cannot fail proves nothing: the books of a good run, its log and its folder are falsified, one
//! thing at a time, and each time the fault must be found.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chinhchu_protocol::call::EndReason;
use chinhchu_protocol::ids::{AgentId, CallId};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::books::{Doing, Pages};
use crate::campaign::Run;
use crate::check;
use crate::log::{Log, open};
use crate::model::Model;
use crate::world::World;
use crate::{again, ask, hook};

/// One of the faults says this.
fn found(faults: &[String], words: &str) {
    assert!(faults.iter().any(|fault| fault.contains(words)), "«{words}» was not found, but {faults:?}");
}

/// Books with one thing changed.
fn falsified(pages: &Pages, change: impl FnOnce(&mut Pages)) -> Pages {
    let mut pages = pages.clone();
    change(&mut pages);
    pages
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_check_of_the_campaign_finds_the_fault_it_is_there_for() {
    let mut run = Run::begin(rand::random(), false).await;
    // Until there is something of everything to falsify.
    let plenty = ask::until("some verdicts", Duration::from_mins(1), || {
        run.world.books.write(|pages| {
            let receipts = pages.verdicts.values().filter(|verdict| verdict.receipt.is_some()).count();
            let results =
                pages.deliveries.iter().filter(|told| told.event == "call.result" && told.acknowledged);
            receipts >= 4
                && results.count() >= 2
                && pages.marks.values().any(|marks| marks.cancelled || marks.hung_up)
        })
    });
    assert_eq!(plenty.await, None);
    let faults = run.finish().await;
    run.must_be_good(faults, "before anything was falsified");
    let pages = run.world.books.copy();
    of_the_books(&pages, &run.log);
    of_views(&pages, &run.log);
    of_webhooks(&pages, &run.log);

    let company = "2";
    run.server.command(&["company", "serve", company, "--by", "3"]).await;
    let faults = ask::probe(&run.world, &sessions(&run.world).await, Duration::from_secs(2)).await;
    found(&faults, "is stuck");
    run.server.kill().await;
    assert_eq!(run.look(), Vec::<String>::new());
    let pages = run.world.books.copy();
    of_the_store(&pages, &run.log, &run.server.folder);
    of_the_api(&mut run, &pages).await;
}

fn of_the_books(pages: &Pages, log: &Log) {
    let nobody = CallId(uuid::Uuid::nil());
    let (key, intake) = pages.intakes.iter().next().expect("an intake");
    let invented = falsified(pages, |pages| {
        let mut intake = intake.clone();
        intake.call = Some(nobody);
        pages.intakes.insert("invented".to_owned(), intake);
    });
    found(&check::acknowledged(&invented, log), "was acknowledged and is lost");
    let (of, verdict) =
        pages.verdicts.iter().find(|(_, verdict)| verdict.receipt.is_some()).expect("evidence");
    let word = falsified(pages, |pages| {
        let mut verdict = verdict.clone();
        (verdict.word_taken, verdict.receipt) = (true, None);
        pages.verdicts.insert((of.0, 99), verdict);
    });
    found(&check::acknowledged(&word, log), "the word of it was taken and is lost");
    let never = falsified(pages, |pages| {
        pages.verdicts.insert((of.0, 99), verdict.clone());
    });
    found(&check::acknowledged(&never, log), "in the log as None");
    let standing = falsified(pages, |pages| {
        let receipt = pages.verdicts.get_mut(of).expect("verdict").receipt.as_mut().expect("receipt");
        receipt["standing"] = json!("superseded");
    });
    found(&check::acknowledged(&standing, log), "acknowledged as");
    let cancel = falsified(pages, |pages| pages.mark(of.0).cancel_taken = true);
    found(&check::acknowledged(&cancel, log), "its cancel was acknowledged");

    let of_nobody = |reason: &str| log.model.calls.values().any(|call| call.ended.as_deref() == Some(reason));
    assert!(of_nobody("completed") && of_nobody("cancelled"), "both are falsified here");
    found(&check::ends(&falsified(pages, |pages| pages.marks.clear()), log), "ended Some(\"cancelled\")");
    found(&check::ends(&falsified(pages, |pages| pages.verdicts.clear()), log), "ended Some(\"completed\")");
    let lost = with_end(log, of.0, Some("caller_lost"));
    found(&check::ends(pages, &lost), "ended Some(\"caller_lost\")");
    found(&check::ends(pages, &with_end(log, of.0, None)), "ended None");
    assert!(!key.is_empty());
}

fn with_end(log: &Log, call: CallId, end: Option<&str>) -> Log {
    let mut log = log.clone();
    log.model.calls.get_mut(&call).expect("call").ended = end.map(str::to_owned);
    log
}

fn of_views(pages: &Pages, log: &Log) {
    let busy =
        pages.agents_saw.iter().position(|saw| matches!(saw.doing, Doing::OnCall(..))).expect("a call");
    let saw = pages.agents_saw[busy];
    let free = falsified(pages, |pages| pages.agents_saw[busy].doing = Doing::Free);
    found(&check::views(&free, log), "an agent saw Free");
    let twice = falsified(pages, |pages| {
        let mut other = saw;
        other.agent = AgentId(uuid::Uuid::nil());
        pages.agents_saw.push(other);
    });
    found(&check::views(&twice, log), "two agents saw");
    let beyond = falsified(pages, |pages| pages.agents_saw[busy].at.1 = log.seq + 1);
    found(&check::views(&beyond, log), "the log ends at");
    let back = falsified(pages, |pages| {
        let first = *pages.agents_saw.iter().find(|first| first.agent == saw.agent).expect("first");
        pages.agents_saw.push(first);
    });
    found(&check::views(&back, log), "an agent's views went back");
    let ended = falsified(pages, |pages| pages.callers_saw[0].end_reason = Some(EndReason::Failed));
    found(&check::views(&ended, log), "the page of");
    let back = falsified(pages, |pages| {
        let first = pages.callers_saw[0];
        pages.callers_saw.push(first);
    });
    found(&check::views(&back, log), "a page's views went back");
}

fn of_webhooks(pages: &Pages, log: &Log) {
    let result = pages.deliveries.iter().position(|told| told.event == "call.result").expect("a result");
    let id = pages.deliveries[result].id.clone();
    let silent = falsified(pages, |pages| pages.deliveries.retain(|told| told.id != id));
    found(&check::deliveries(&silent, log), "call.result");
    let deaf = falsified(pages, |pages| {
        let same = pages.deliveries.iter_mut().filter(|told| told.id == id);
        same.for_each(|told| told.acknowledged = false);
    });
    found(&check::deliveries(&deaf, log), "arrived with 0 ids, 1 were due");
    let second = falsified(pages, |pages| {
        let mut again = pages.deliveries[result].clone();
        (again.id, again.acknowledged) = ("another".to_owned(), true);
        pages.deliveries.push(again);
    });
    found(&check::deliveries(&second, log), "arrived with 2 ids, 1 were due");
    let body = falsified(pages, |pages| {
        let mut again = pages.deliveries[result].clone();
        again.body_sha256.push('0');
        pages.deliveries.push(again);
    });
    found(&check::deliveries(&body, log), "came again with another body");
    let other = falsified(pages, |pages| {
        let ended = pages.deliveries.iter_mut().filter(|told| told.event == "call.ended");
        ended.for_each(|told| told.end_reason = Some("failed".to_owned()));
    });
    found(&check::deliveries(&other, log), "the log says");
    let undue = falsified(pages, |pages| {
        let mut undue = pages.deliveries[result].clone();
        (undue.id, undue.event, undue.acknowledged) = ("x".to_owned(), "call.declined".to_owned(), true);
        pages.deliveries.push(undue);
    });
    found(&check::deliveries(&undue, log), "was not due");
}

/// Changes a copy of the folder and looks at it.
fn of_the_store(pages: &Pages, log: &Log, folder: &Path) {
    let look = |change: &dyn Fn(&Connection, &Path)| {
        let copy = copied(folder);
        let store = Connection::open(copy.path().join("chinhchu.db")).expect("store");
        store
            .execute_batch("DROP TRIGGER log_is_never_changed; DROP TRIGGER log_is_never_cut;")
            .expect("triggers");
        change(&store, copy.path());
        let mut faults = log.clone().read_on(&store);
        faults.extend(Log::default().read_on(&store));
        faults.extend(check::keys(pages, log, &store));
        faults.extend(check::files(&store, copy.path()));
        faults.extend(again::decided(&store));
        faults.extend(check::server(&store, &copy.path().join("stderr")));
        faults
    };
    let run = |sql: &'static str| look(&|store, _| assert!(store.execute(sql, []).expect(sql) > 0, "{sql}"));
    assert_eq!(look(&|_, _| {}), Vec::<String>::new());
    found(
        &run("UPDATE log SET facts = CAST(facts || ' ' AS BLOB) WHERE seq = 20"),
        "the chain breaks at record 20",
    );
    found(
        &run("UPDATE log SET facts = CAST(facts || ' ' AS BLOB) WHERE seq = 20"),
        "record 20 comes to other bytes",
    );
    found(
        &run("UPDATE log SET input = (SELECT input FROM log WHERE seq = 1) WHERE seq = 50"),
        "is decided otherwise",
    );
    found(&run("UPDATE log SET at_ms = at_ms + 1 WHERE seq = 21"), "the chain breaks at record 21");
    found(&run("DELETE FROM log WHERE seq = 22"), "record 23 follows 21");
    found(&run("DELETE FROM log WHERE seq > (SELECT max(seq) - 100 FROM log)"), "seen before, is gone");
    found(&run("DELETE FROM idempotency WHERE key = 'k-0'"), "a retry made a second call");
    found(&run("DELETE FROM idempotency WHERE key = 'k-0'"), "has no call behind its key");
    found(&run("UPDATE idempotency SET key = 'x' WHERE key = 'k-0'"), "its client knows another or none");
    found(&run("DELETE FROM pictures"), "has no row and would lie for ever");
    let pend = "INSERT INTO pending_objects SELECT object_id, 0 FROM pictures LIMIT 1";
    found(&run(pend), "is named and would be swept");
    found(&run("INSERT INTO quarantine VALUES (1, 0, x'00', 'x')"), "made the core panic");
    found(
        &look(&|_, folder| std::fs::remove_file(a_picture(folder)).expect("removed")),
        "has a row and no file",
    );
    found(
        &look(&|_, folder| std::fs::write(folder.join("evidence/tmp/x"), "x").expect("written")),
        "half-written",
    );
    let panic = "{\"level\":\"ERROR\",\"fields\":{\"message\":\"panic\"}}";
    found(&look(&|_, folder| std::fs::write(folder.join("stderr"), panic).expect("written")), "server: {");
}

fn a_picture(folder: &Path) -> PathBuf {
    let mut shards =
        std::fs::read_dir(folder.join("evidence")).expect("evidence").map(|shard| shard.expect("shard"));
    let files = shards.find_map(|shard| std::fs::read_dir(shard.path()).expect("files").next());
    files.expect("a picture").expect("file").path()
}

fn copied(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("folder");
    let mut folders = vec![PathBuf::new()];
    while let Some(at) = folders.pop() {
        std::fs::create_dir_all(copy.path().join(&at)).expect("folder");
        for entry in std::fs::read_dir(folder.join(&at)).expect("folder") {
            let entry = entry.expect("entry");
            let name = at.join(entry.file_name());
            if entry.file_type().expect("type").is_dir() {
                folders.push(name);
            } else {
                std::fs::copy(entry.path(), copy.path().join(name)).expect("copied");
            }
        }
    }
    copy
}

/// The server serves a folder that has lost things.
async fn of_the_api(run: &mut Run, pages: &Pages) {
    for entry in std::fs::read_dir(run.server.folder.join("evidence")).expect("evidence") {
        for file in std::fs::read_dir(entry.expect("shard").path()).expect("files") {
            std::fs::write(file.expect("file").path(), "another").expect("written");
        }
    }
    let store = Connection::open(run.server.folder.join("chinhchu.db")).expect("store");
    store.busy_timeout(Duration::from_secs(10)).expect("patience");
    let calls = "DELETE FROM cases WHERE call_id = (SELECT call_id FROM idempotency WHERE key = 'k-0')";
    assert_eq!(store.execute(calls, []).expect("case"), 1);
    drop(store);
    run.server.begin();
    run.server.listening().await;
    let world = run.world.clone();
    let few = falsified(pages, |pages| {
        let mut left = 3;
        let with_evidence: Vec<CallId> = pages.verdicts.keys().map(|(call, _)| *call).collect();
        pages.intakes.retain(|key, intake| {
            let evidence = intake.call.is_some_and(|call| with_evidence.contains(&call)) && left > 0;
            left -= i32::from(evidence);
            evidence || key == "k-0"
        });
        for verdict in pages.verdicts.values_mut() {
            verdict.manifest.push(b' ');
        }
        pages.agents_made.push("nobody".to_owned());
        pages.tokens_made.push("cct_nothing".to_owned());
    });
    let faults = ask::api(&world, &few, &run.log).await;
    found(&faults, "is answered with 404");
    found(&faults, "that are not the picture");
    found(&faults, "is not what was acknowledged");
    let agents = run.server.command(&["agent", "list"]).await;
    let faults = ask::commands(&world, &few, &agents).await;
    found(&faults, "agent nobody is lost");
    found(&faults, "a token that was issued is answered with 401");
    drop(open(&run.server.folder));
}

/// Signs every agent in anew.
async fn sessions(world: &World) -> Vec<String> {
    let mut tokens = Vec::new();
    for account in &world.accounts {
        let body = json!({"username": account.username, "password": account.password, "workstation":
            {"workstation_id": account.workstation, "version": "0.1.0", "os": "linux"}});
        let answer =
            world.http.post(world.url("/v1/agent/sessions")).json(&body).send().await.expect("answer");
        let answer: Value = answer.json().await.expect("json");
        tokens.push(answer["session_token"].as_str().expect("token").to_owned());
    }
    tokens
}

/// What the facts must never say, said by facts that no server wrote.
#[test]
fn i1_i3_two_agents_for_a_call_two_calls_for_an_agent_and_two_ends_are_seen_in_the_facts() {
    let id = |n: u128| uuid::Uuid::from_u128(n).to_string();
    let (a, b) = (id(1), id(2));
    let taken = |call: &str| json!({"event": "call_taken_in", "call": call});
    let offered = |call: &str, agent: u128, offer: u32| json!({"event": "offered", "call": call, "agent": id(agent), "offer": offer});
    let accepted = |call: &str, agent: u128, offer: u32, assignment: u32| json!({"event": "call_accepted", "call": call, "agent": id(agent), "offer": offer, "assignment": assignment});
    let ended = |call: &str| json!({"event": "call_ended", "call": call, "reason": "completed"});
    let told = |facts: Vec<Value>| {
        let (mut model, mut faults) = (Model::default(), Vec::new());
        for (n, fact) in facts.into_iter().enumerate() {
            model.record(n as u64 + 1, &[fact], &mut faults);
        }
        faults
    };
    let good = [taken(&a), offered(&a, 7, 1), accepted(&a, 7, 1, 1), ended(&a)];
    assert_eq!(told(good.to_vec()), Vec::<String>::new());
    let with = |more: &[Value]| told(good.iter().chain(more).cloned().collect());
    found(&told(vec![taken(&a), offered(&a, 7, 1), offered(&a, 8, 2)]), "another agent has it");
    found(
        &told(vec![taken(&a), taken(&b), offered(&a, 7, 1), offered(&b, 7, 1)]),
        "rings at an agent who has",
    );
    found(&told(vec![taken(&a), offered(&a, 7, 1), accepted(&a, 8, 1, 1)]), "without its offer");
    found(&told(vec![taken(&a), offered(&a, 7, 1), accepted(&a, 7, 1, 2)]), "out of turn");
    found(&with(&[ended(&a)]), "which has ended");
    found(&with(&[taken(&a)]), "taken in twice");
    found(&with(&[offered(&b, 7, 1)]), "never taken in");
    let sealed = json!({"event": "verdict_sealed", "call": a, "assignment": 1});
    found(&told(vec![taken(&a), sealed.clone(), sealed]), "sealed twice");
    let evidence = json!({"event": "evidence_taken", "call": a, "assignment": 1});
    found(&with(&[evidence.clone(), evidence]), "evidence of");
}

/// The receiver refuses what the server did not sign.
#[tokio::test]
async fn a_webhook_with_a_wrong_signature_is_a_fault() {
    let headers = axum::http::HeaderMap::new();
    let secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    assert!(!hook::is_signed(secret, &headers, b"{}"));
}
