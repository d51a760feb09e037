//! The catalogue on the command line: import, preview, export, history (P2).

use std::path::Path;

use serde_json::{Value, json};

use crate::edge_cli::{json as answer, run};

const TABLE: &str = include_str!("../../data/policy-catalogue.csv");
const FIRST: &str = "payment,sub_type,name,icc_profile,type,khcn_vi2,khdn\n";

fn file(folder: &Path, text: impl AsRef<[u8]>) -> String {
    let path = folder.join("table.csv");
    std::fs::write(&path, text).expect("file");
    path.to_str().expect("path").to_owned()
}

fn import(folder: &Path, text: impl AsRef<[u8]>, more: &[&str]) -> Value {
    answer(folder, &[&["policy", "import", &file(folder, text)], more].concat())
}

fn export(folder: &Path, more: &[&str]) -> Vec<u8> {
    let output = run(folder, &[&["policy", "export"], more].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn effect<'a>(preview: &'a Value, sub_type: &str) -> &'a Value {
    let rows = preview["rows"].as_array().expect("rows");
    rows.iter().find(|row| row["sub_type"] == sub_type).expect("row")
}

fn on(folder: &Path, day: &str, sub_type: &str) -> Option<(String, String)> {
    let rules = answer(folder, &["policy", "show", "--on", day]);
    let of = |customers: &str| {
        let mut rules = rules.as_array().expect("list").iter();
        let rule = rules.find(|rule| rule["sub_type"] == sub_type && rule["customers"] == customers)?;
        Some(rule["video_call"].as_str()?.to_owned())
    };
    Some((of("individual_vi2")?, of("enterprise")?))
}

fn said(first: &str, second: &str) -> (String, String) {
    let word = |answer: &str| if answer == "Y" { "mandatory" } else { "not_mandatory" }.to_owned();
    (word(first), word(second))
}

/// P2: export → import → export changes nothing, to the byte.
#[test]
fn the_table_comes_out_as_it_went_in_and_goes_in_again_unchanged() {
    let folder = tempfile::tempdir().expect("folder");
    let first = export(folder.path(), &[]);
    assert_eq!(String::from_utf8_lossy(&first), TABLE);
    let again =
        import(folder.path(), &first, &["--valid-from", "2199-01-01", "--reason", "không đổi", "--complete"]);
    assert_eq!((&again["unchanged"], &again["change"]), (&json!(28), &Value::Null));
    assert_eq!(
        answer(folder.path(), &["policy", "log"]).as_array().map(Vec::len),
        Some(1),
        "nothing was written"
    );

    let more = format!("{TABLE}prepaid,NEW,\"Gói mới, \"\"thử\"\"\",TT9,TT,Y,N\n")
        .replace("MOBICARD,TT2,TT,Y,Y", "MOBICARD,TT2,TT,N,Y");
    import(folder.path(), &more, &["--valid-from", "2199-01-01", "--reason", "gói mới"]);
    assert_eq!(export(folder.path(), &["--on", "2198-12-31"]), first);
    let later = export(folder.path(), &["--on", "2199-01-01"]);
    let text = String::from_utf8(later.clone()).expect("text");
    assert!(
        text.contains("prepaid,NEW,\"Gói mới, \"\"thử\"\"\",TT9,TT,Y,N\n")
            && text.contains("MOBICARD,TT2,TT,N,Y")
    );
    let again = import(folder.path(), &later, &["--valid-from", "2199-01-01", "--reason", "x", "--complete"]);
    assert_eq!(again["change"], Value::Null);
    assert_eq!(export(folder.path(), &["--on", "2199-01-01"]), later);
}

/// P2: what was known stays known; a plan is not lost unseen; a change that is taken back leaves one rule.
#[test]
fn a_change_lies_in_the_future_and_every_earlier_knowledge_can_be_asked_for() {
    let folder = tempfile::tempdir().expect("folder");
    let at = folder.path();
    let change = |line: &str, day: &str, more: &[&str]| {
        import(at, format!("{FIRST}{line}\n"), &[&["--valid-from", day, "--reason", "thử"], more].concat())
    };
    let preview = change("prepaid,MC,MOBICARD,TT2,TT,N,Y", "2190-01-01", &["--preview"]);
    assert_eq!((&preview["changed"], &preview["unchanged"]), (&json!(1), &json!(27)));
    assert_eq!(effect(&preview, "MC")["fields"], json!(["khcn_vi2"]));
    assert_eq!(on(at, "2190-01-01", "MC"), Some(said("Y", "Y")), "a preview changes nothing");

    let done = change("prepaid,MC,MOBICARD,TT2,TT,N,Y", "2190-01-01", &[]);
    assert_eq!(done["change"], 2);
    assert_eq!(
        (on(at, "2189-12-31", "MC"), on(at, "2190-01-01", "MC")),
        (Some(said("Y", "Y")), Some(said("N", "Y")))
    );

    // A nearer change leaves the plan of 2190 standing and says so; only on demand does it fall away.
    let near = change("prepaid,MC,MOBICARD,TT2,TT,Y,N", "2180-01-01", &[]);
    assert_eq!(effect(&near, "MC")["until"], "2189-12-31");
    assert_eq!(effect(&near, "MC")["planned"][0]["from"], "2190-01-01");
    assert_eq!(
        (on(at, "2185-01-01", "MC"), on(at, "2190-01-01", "MC")),
        (Some(said("Y", "N")), Some(said("N", "Y")))
    );
    let away = change("prepaid,MC,MOBICARD,TT2,TT,Y,N", "2180-01-01", &["--replace-planned", "--preview"]);
    assert_eq!(effect(&away, "MC")["falls_away"][0]["from"], "2190-01-01");
    let log = answer(at, &["policy", "log"]);
    let known = log[1]["known_at"].as_str().expect("time").to_owned();
    change("prepaid,MC,MOBICARD,TT2,TT,Y,Y", "2180-01-01", &["--replace-planned"]);
    let history = answer(at, &["policy", "history", "MC"]);
    let rows = history.as_array().expect("rows");
    let open: Vec<&Value> = rows.iter().filter(|row| row["known_to"].is_null()).collect();
    assert_eq!(open.len(), 2, "one rule for each column again: {open:?}");
    assert!(open.iter().all(|row| row["valid_from"] == "2021-10-01" && row["valid_to"].is_null()));
    assert!(rows.len() > 6 && rows.iter().all(|row| row["reason"] == "thử" || row["by"] == "installation"));

    // As known after the first change.
    let then = String::from_utf8(export(at, &["--on", "2185-01-01", "--known-at", &known])).expect("text");
    assert!(then.contains("prepaid,MC,MOBICARD,TT2,TT,Y,Y\n"));
    let then = String::from_utf8(export(at, &["--on", "2190-01-01", "--known-at", &known])).expect("text");
    assert!(then.contains("prepaid,MC,MOBICARD,TT2,TT,N,Y\n"));
    assert_eq!(export(at, &["--on", "2190-01-01", "--known-at", "2000-01-01T00:00:00Z"]), FIRST.as_bytes());
    let audit = answer(at, &["audit", "list"]);
    let entries = audit.as_array().or_else(|| audit["items"].as_array()).expect("entries");
    let found = entries.iter().filter(|entry| entry["action"] == "policy.changed").count();
    assert_eq!(found, 3, "each change leaves an entry, a preview none");
}

#[test]
fn a_complete_file_ends_what_it_does_not_name_and_a_bounded_change_goes_back() {
    let folder = tempfile::tempdir().expect("folder");
    let at = folder.path();
    let few: Vec<&str> = TABLE.split_inclusive('\n').filter(|line| !line.contains(",HTD,")).collect();
    let few = few.concat();
    let kept = import(at, &few, &["--valid-from", "2150-01-01", "--reason", "thiếu một loại"]);
    assert_eq!((&kept["change"], &kept["unchanged"]), (&Value::Null, &json!(28)), "what is not named stays");
    let ended = import(at, &few, &["--valid-from", "2150-01-01", "--reason", "ngừng HTD", "--complete"]);
    assert_eq!((&ended["ended"], &effect(&ended, "HTD")["after"]), (&json!(1), &Value::Null));
    assert_eq!((on(at, "2149-12-31", "HTD"), on(at, "2150-01-01", "HTD")), (Some(said("N", "N")), None));
    let args = [
        "policy",
        "decide",
        "--payment",
        "prepaid",
        "--sub-type",
        "HTD",
        "--customer-type",
        "vi2",
        "--at",
        "2150-01-01",
    ];
    let refused = run(at, &args);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("No rule held on that day"));

    let line = format!("{FIRST}prepaid,W2G,way2go,W2G,TT,Y,Y\n");
    import(at, &line, &["--valid-from", "2160-02-01", "--valid-to", "2160-02-29", "--reason", "một tháng"]);
    let days = ["2160-01-31", "2160-02-01", "2160-02-29", "2160-03-01"];
    assert_eq!(
        days.map(|day| on(at, day, "W2G")),
        [Some(said("N", "N")), Some(said("Y", "Y")), Some(said("Y", "Y")), Some(said("N", "N"))]
    );
}

#[test]
fn a_day_that_is_past_needs_to_be_meant_and_is_marked() {
    let folder = tempfile::tempdir().expect("folder");
    let at = folder.path();
    let name = file(at, format!("{FIRST}prepaid,MC,MOBICARD,TT2,TT,N,N\n"));
    let args = ["policy", "import", &name, "--valid-from", "2026-01-01", "--reason", "nhập muộn"];
    let refused = run(at, &args);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--valid-from: in_the_past"));
    assert_eq!(on(at, "2026-01-01", "MC"), Some(said("Y", "Y")));
    let done = answer(at, &[&args[..], &["--backdated"]].concat());
    assert_eq!(done["backdated"], true);
    assert_eq!(
        (on(at, "2025-12-31", "MC"), on(at, "2026-01-01", "MC")),
        (Some(said("Y", "Y")), Some(said("N", "N")))
    );
    assert_eq!(answer(at, &["policy", "log"])[0]["backdated"], true);
}

#[test]
fn every_fault_of_a_file_is_told_by_line_and_column_and_nothing_is_written() {
    let folder = tempfile::tempdir().expect("folder");
    let at = folder.path();
    let name = file(
        at,
        format!(
            "{FIRST}prepaid,MC,MOBICARD,TT2,TT,N,maybe\nprepaid,mq,MOBIQ,QT2,TT,Y\nprepaid,ZP,=A1,TBT2,TT,y,Y\n"
        ),
    );
    let args = ["policy", "import", &name, "--valid-from", "2150-01-01", "--reason", "x"];
    let output = run(at, &args);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    for wanted in [
        "line 2, column khdn: unknown_value",
        "line 3: cell_count",
        "line 4, column name: formula",
        "line 4, column khcn_vi2: lower_case",
    ] {
        assert!(told.contains(wanted), "{wanted} in {told}");
    }
    let output = run(at, &[&args[..], &["--json"]].concat());
    let faults: Value = serde_json::from_slice(&output.stdout).expect("json");
    assert_eq!(
        faults["faults"][0],
        json!({"field": "csv.2.khdn", "line": 2, "column": "khdn", "code": "unknown_value"})
    );
    assert_eq!(answer(at, &["policy", "log"]).as_array().map(Vec::len), Some(1));

    let utf16: Vec<u8> =
        [0xfeff].into_iter().chain(TABLE.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let windows_1258 = [FIRST.as_bytes(), b"postpaid,*,Tra\xd2 sau,,,N,N\n"].concat();
    for (bytes, code) in [(utf16, "encoding_utf16"), (windows_1258, "line 2: encoding_not_utf8")] {
        file(at, bytes);
        let output = run(at, &args);
        assert!(String::from_utf8_lossy(&output.stderr).contains(code), "{code}");
    }
    let excel = format!("\u{feff}{}", TABLE.replace(',', ";").replace('\n', "\r\n"));
    let taken = import(at, excel, &["--valid-from", "2150-01-01", "--preview"]);
    assert_eq!(
        (&taken["unchanged"], &taken["notes"]),
        (&json!(28), &json!(["byte_order_mark", "windows_line_ends", "semicolons"]))
    );
    for more in [
        &["--valid-from", "1999-01-01"][..],
        &["--valid-from", "2150-02-30"],
        &["--valid-from", "2150-02-02", "--valid-to", "2150-02-01"],
    ] {
        let output = run(
            at,
            &[&["policy", "import", &file(at, TABLE), "--reason", "x", "--backdated"], more].concat(),
        );
        assert_eq!(output.status.code(), Some(2), "{more:?}");
    }
}
