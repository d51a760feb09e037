//! The command line, as scripts use it: the built program on a folder of its own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

pub fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chinhchu-server"));
    command.env_remove("CHINHCHU_DATA").args(args).arg("--data").arg(folder).output().expect("runs")
}

pub fn json(folder: &Path, args: &[&str]) -> Value {
    let output = run(folder, &[args, &["--json"]].concat());
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON value on stdout")
}

/// C1, P1: a fresh folder holds everything.
#[test]
fn a_fresh_folder_holds_the_nine_companies_who_serves_whom_and_the_catalogue() {
    let folder = tempfile::tempdir().expect("folder");
    let companies = json(folder.path(), &["company", "list"]);
    let served_by = |code: &str| {
        let list = companies.as_array().expect("list");
        list.iter().find(|c| c["code"] == code).map(|c| c["served_by"].clone())
    };
    assert_eq!(companies.as_array().map(Vec::len), Some(9));
    for (home, serving) in [("4", "1"), ("6", "1"), ("7", "3"), ("9", "9")] {
        assert_eq!(served_by(home), Some(Value::from(serving)));
    }
    assert_eq!(json(folder.path(), &["policy", "show"]).as_array().map(Vec::len), Some(56));
    assert_eq!(
        json(folder.path(), &["agent", "list"]),
        Value::Array(Vec::new()),
        "nobody is there by default"
    );
}

/// A wrong folder is no sound log.
#[test]
fn what_reads_the_log_fails_on_a_folder_without_an_installation_and_makes_none() {
    let folder = tempfile::tempdir().expect("folder");
    for args in [&["replay"][..], &["explain", "0190a1b2-0000-7000-8000-000000000000"]] {
        let output = run(folder.path(), args);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("no installation in"), "{told}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("folder").count(), 0);
}

/// A typed fault in the folder's name is not answered with the table of a fresh installation.
#[test]
fn commands_that_only_look_make_no_folder() {
    let folder = tempfile::tempdir().expect("folder");
    let nowhere = folder.path().join("nowhere");
    let decide = ["policy", "decide", "--payment", "postpaid", "--customer-type", "individual"];
    for args in [
        &["policy", "export"][..],
        &["policy", "show"],
        &["policy", "log"],
        &decide,
        &["company", "list"],
        &["token", "list"],
        &["service-credential", "list"],
        &["webhook", "list"],
        &["workstation", "list"],
        &["agent", "list"],
        &["agent", "disable", "hoa"],
        &["admin", "list"],
    ] {
        let output = run(&nowhere, args);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && told.contains("no data folder"), "{args:?}: {told}");
        assert!(output.stdout.is_empty() && !nowhere.exists(), "{args:?}");
    }
}

#[test]
fn the_shapes_that_scripts_rely_on() {
    let folder = tempfile::tempdir().expect("folder");
    let token = json(folder.path(), &["token", "issue", "--company", "1", "--expires-in", "90d"]);
    assert!(token["token"].is_string() && token["token_id"].is_string());
    let credential = json(folder.path(), &["service-credential", "issue", "--name", "msale"]);
    assert!(credential["credential"].is_string());
    let agent =
        json(folder.path(), &["agent", "add", "--company", "1", "--username", "hoa", "--name", "Hoà"]);
    assert!(agent["agent_id"].is_string() && agent["password"].is_string());
    let hook =
        json(folder.path(), &["webhook", "add", "--url", "https://msale.example/hook", "--for", "msale"]);
    assert!(hook["webhook_id"].is_string());
    assert!(hook["secret"].as_str().is_some_and(|secret| secret.starts_with("whsec_")));
    let args =
        ["policy", "decide", "--payment", "prepaid", "--sub-type", "MC", "--customer-type", "individual"];
    assert_eq!(json(folder.path(), &args)["requires"], "confirmed_call");
}

#[test]
fn exit_codes_tell_done_from_not_done_and_from_wrong_use() {
    let folder = tempfile::tempdir().expect("folder");
    let code = |args: &[&str]| run(folder.path(), args).status.code();
    assert_eq!(code(&["company", "list"]), Some(0));
    assert_eq!(code(&["token", "issue", "--company", "77"]), Some(1));
    assert_eq!(code(&["token", "revoke", "01900000-0000-7000-8000-000000000000"]), Some(1));
    assert_eq!(code(&["token", "issue", "--company", "1", "--expires-in", "soon"]), Some(2));
    assert_eq!(code(&["agent", "add", "--company", "1"]), Some(2));
    assert_eq!(code(&["serve", "--listen", "0.0.0.0:0", "--sandbox"]), Some(2));
    let output = run(folder.path(), &["serve", "--listen", "nowhere", "--public-url", "ftp://x"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("listen") && text.contains("public_url"), "every fault at once: {text}");
}

/// A server process; killed when dropped.
pub struct Served {
    pub child: Child,
    pub url: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn serve(folder: &Path) -> Served {
    let mut child = Command::new(env!("CARGO_BIN_EXE_chinhchu-server"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("a line");
    let url = line.trim().strip_prefix("listening on ").expect("the only line").to_owned();
    Served { child, url }
}

/// I5: killed right after the acknowledgement, started again: the call is there. Commands count at once.
#[tokio::test]
async fn a_killed_server_has_every_acknowledged_call() {
    let folder = tempfile::tempdir().expect("folder");
    let first = serve(folder.path());
    let issued = json(folder.path(), &["token", "issue", "--company", "1"]);
    let token = issued["token"].as_str().expect("token");
    let client = reqwest::Client::new();
    let intake =
        client.post(format!("{}/v1/calls", first.url)).bearer_auth(token).header("Idempotency-Key", "k");
    let answer = intake.multipart(crate::edge_world::good_form()).send().await.expect("answer");
    assert_eq!(answer.status(), 201);
    let created: Value = answer.json().await.expect("json");
    drop(first);

    let second = serve(folder.path());
    let call = created["call_id"].as_str().expect("id");
    let body = client
        .get(format!("{}/v1/calls/{call}", second.url))
        .bearer_auth(token)
        .send()
        .await
        .expect("answer");
    assert_eq!(body.json::<Value>().await.expect("json")["state"], "preparing");
    let explained = json(folder.path(), &["explain", call]);
    assert_eq!(explained["facts"][0]["event"], "call_taken_in");
    let busy = run(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(busy.status.code(), Some(1), "one server per data folder");

    let revoked = run(folder.path(), &["token", "revoke", issued["token_id"].as_str().expect("id")]);
    assert_eq!(revoked.status.code(), Some(0));
    let refused = client
        .get(format!("{}/v1/calls/{call}", second.url))
        .bearer_auth(token)
        .send()
        .await
        .expect("answer");
    assert_eq!(refused.json::<Value>().await.expect("json")["code"], "token_revoked");
}

#[test]
fn settings_come_from_the_file_the_environment_and_flags_in_this_order() {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("settings.toml");
    std::fs::write(&file, "listen = \"wrong-in-file\"\npublic_url = \"ftp://wrong\"\n").expect("write");
    let faults = |listen: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chinhchu-server"));
        command.args(["serve", "--config"]).arg(&file).arg("--data").arg(folder.path());
        if let Some(listen) = listen {
            command.env("CHINHCHU_LISTEN", listen);
        }
        let output = command.output().expect("runs");
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let without = faults(None);
    assert!(without.contains("listen:") && without.contains("public_url:"), "{without}");
    let with = faults(Some("127.0.0.1:0"));
    assert!(!with.contains("listen:") && with.contains("public_url:"), "{with}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_fault() {
    let folder = tempfile::tempdir().expect("folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_chinhchu-server"));
    command.args(["policy", "show", "--data"]).arg(folder.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ends");
    assert!(output.status.success(), "{:?}", output.status);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

/// A wrong relay is named at start; its secret is not.
#[test]
fn settings_of_the_relay_are_checked_at_start_and_the_secret_is_not_repeated() {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("server.toml");
    std::fs::write(&file, "[turn]\nurls = \"stun:nowhere\"\nttl = \"for ever\"\n").expect("file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_chinhchu-server"));
    command.args(["serve", "--data"]).arg(folder.path()).arg("--config").arg(&file);
    let output = command.env("CHINHCHU_TURN_SECRET", "00123456").output().expect("runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    for word in ["turn.urls", "turn.secret", "turn.ttl"] {
        assert!(told.contains(word), "{word} in {told}");
    }
    assert!(!told.contains("00123456") && !told.contains("123456"), "{told}");
}
