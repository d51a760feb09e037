//! The command line, as scripts use it: the built program on a folder of its own.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chinhchu-server"));
    command.env_remove("CHINHCHU_DATA").args(args).arg("--data").arg(folder).output().expect("runs")
}

fn json(folder: &Path, args: &[&str]) -> Value {
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
