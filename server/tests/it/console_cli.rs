//! `admin`: people of the console on the command line.

use serde_json::{Value, json};

use crate::edge_cli::{json, run};

#[test]
fn the_first_administrator_is_made_on_the_command_line_and_the_last_one_stays() {
    let folder = tempfile::tempdir().expect("folder");
    let folder = folder.path();
    let add = |username: &str, more: &[&str]| {
        json(
            folder,
            &[&["admin", "add", "--username", username, "--name", "Trần Thị Lan", "--role"], more].concat(),
        )
    };
    let root = add("root", &["administrator"]);
    assert!(root["person_id"].is_string() && root["password"].as_str().is_some_and(|text| text.len() > 20));
    add("lan", &["supervisor", "--company", "4", "--company", "1", "--partner", "Đối tác A"]);
    let listed = json(folder, &["admin", "list"]);
    let lan = &listed.as_array().expect("list")[0];
    assert_eq!((&lan["username"], &lan["companies"]), (&json!("lan"), &json!(["1", "4"])));
    assert_eq!((&lan["partner"], &lan["second_factor"]), (&json!("Đối tác A"), &json!(false)));
    let set =
        json(folder, &["admin", "set", "lan", "--role", "auditor", "--company", "all", "--partner", "none"]);
    assert_eq!(
        (&set["role"], &set["companies"], &set["partner"]),
        (&json!("auditor"), &Value::Null, &Value::Null)
    );
    let code = |args: &[&str]| run(folder, args).status.code();
    for last in [
        &["admin", "disable", "root"][..],
        &["admin", "set", "root", "--role", "auditor"],
        &["admin", "set", "root", "--company", "1"],
    ] {
        let output = run(folder, last);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("last administrator"), "{last:?}");
    }
    add("second", &["administrator"]);
    assert_eq!(json(folder, &["admin", "disable", "root"])["active"], false);
    assert_eq!(json(folder, &["admin", "enable", "root"])["active"], true);
    let reset = json(folder, &["admin", "reset-password", "lan"]);
    assert!(reset["password"].is_string());
    assert_eq!(json(folder, &["admin", "reset-second-factor", "lan"])["second_factor"], false);
    assert_eq!(code(&["admin", "disable", "nobody"]), Some(1));
    assert_eq!(
        code(&["admin", "add", "--username", "lan", "--name", "x", "--role", "auditor"]),
        Some(1),
        "taken"
    );
    assert_eq!(code(&["admin", "add", "--username", "hoà", "--name", "x", "--role", "auditor"]), Some(2));
    assert_eq!(code(&["admin", "add", "--username", "x", "--name", "x", "--role", "boss"]), Some(2));
    let unknown = run(
        folder,
        &["admin", "add", "--username", "x", "--name", "x", "--role", "auditor", "--company", "77"],
    );
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("--company"));
    let audit = json(folder, &["audit", "list", "--action", "person"]);
    let actions: Vec<&str> =
        audit.as_array().expect("list").iter().rev().filter_map(|entry| entry["action"].as_str()).collect();
    let expected = [
        "added",
        "added",
        "changed",
        "added",
        "disabled",
        "enabled",
        "password_reset",
        "second_factor_reset",
    ];
    assert_eq!(actions, expected.map(|deed| format!("person.{deed}")));
}
