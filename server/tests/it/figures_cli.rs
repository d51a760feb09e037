//! `report` on the command line (C4): the figures of the console, in files, and the rows made anew.

use std::path::Path;

use serde_json::Value;

use crate::edge_cli::{json, run};
use crate::figures_http::filled;

const SPAN: [&str; 4] = ["--from", "2026-11-23", "--to", "2026-11-25"];

fn report(folder: &Path, more: &[&str]) -> Value {
    let output = run(folder, &[&["report"], &SPAN[..], more].concat());
    assert!(output.status.success(), "{more:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Without what the wall clock says: whoever is on duty today is so for longer every second.
fn lasting(mut report: Value) -> Value {
    report["made_at"] = Value::Null;
    report["total"]["duty_ms"] = Value::Null;
    for row in report["items"].as_array_mut().expect("items") {
        row["figures"]["duty_ms"] = Value::Null;
    }
    report
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c4_report_gives_json_csv_and_xlsx_and_the_same_again_after_a_rebuild() {
    let folder = filled().await;
    let path = folder.path();
    let hourly = &report(path, &["--price-per-agent-hour", "90000"])["total"];
    let hours = hourly["duty_ms"].as_f64().expect("duty") / 3_600_000.0;
    let verified = hourly["verified"].as_f64().expect("verified");
    let cost = hourly["cost"]["per_verification"].as_f64().expect("cost");
    assert!((cost - 90_000.0 * hours / verified).abs() < 0.01);
    let before = lasting(report(path, &["--by", "partner", "--price-per-call", "6000"]));
    assert_eq!(before["total"]["calls"], 700);

    for (format, start) in [("csv", &b"\xef\xbb\xbf"[..]), ("xlsx", b"PK\x03\x04")] {
        let file = path.join(format!("report.{format}"));
        let out = file.to_str().expect("path");
        let arguments = [&["report"], &SPAN[..], &["--by", "day", "--format", format, "--out", out]].concat();
        assert!(run(path, &arguments).status.success());
        assert!(std::fs::read(&file).expect("file").starts_with(start), "{format}");
    }

    // Made anew, with an entry in the audit.
    assert!(json(path, &["report", "rebuild"])["records"].as_u64().expect("records") > 5_000);
    let after = lasting(report(path, &["--by", "partner", "--price-per-call", "6000"]));
    assert_eq!(before, after);
    let audit = json(path, &["audit", "list"]).to_string();
    assert!(audit.contains("report.rebuilt"), "{audit}");

    let bad = run(path, &["report", "--from", "2026-11-23", "--to", "2026-11-22", "--by", "colour"]);
    assert_eq!(bad.status.code(), Some(2));
    let told = String::from_utf8_lossy(&bad.stderr).into_owned();
    assert!(told.contains("to: before_from") && told.contains("by: unknown_value"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c4_the_trial_and_the_reconciliation_are_told_in_words() {
    let folder = filled().await;
    let path = folder.path();
    let trial = json(path, &[&["report", "trial"], &SPAN[..], &["--price-per-call", "6000"]].concat());
    assert_eq!(trial["partners"].as_array().map(Vec::len), Some(2));
    assert_eq!(trial["partners"][0]["partner"], "partner");
    assert_eq!(trial["partners"][1]["partner"], "", "the companies' own stand last");
    for measure in trial["partners"][0]["measures"].as_array().expect("measures") {
        let number = |name: &str| measure[name].as_f64().expect("a number");
        assert!(number("low") <= number("value") && number("value") <= number("high"), "{measure}");
    }
    let comparisons = trial["comparisons"].as_array().expect("comparisons");
    // Once each of: answered, handling, rejected, evidence; the service level says more only if T is short. Never the
    // queue (all partners' doing), nor a cost by the call (a share that is tested already).
    let compared: Vec<&str> = comparisons.iter().filter_map(|one| one["measure"].as_str()).collect();
    let wanted: &[&str] = &["answered", "service_level", "handling", "rejected", "evidence"];
    assert_eq!(compared, wanted);
    let hourly =
        json(path, &[&["report", "trial"], &SPAN[..], &["--price-per-agent-hour", "90000"]].concat());
    assert!(hourly["comparisons"].as_array().expect("list").iter().any(|one| one["measure"] == "cost"));
    for one in comparisons {
        let number = |name: &str| one[name].as_f64().expect("a number");
        assert!(number("p_corrected") >= number("p") && number("p_corrected") <= 1.0, "{one}");
        assert_eq!(one["significant"], number("p_corrected") < 0.05);
    }
    let words = run(path, &[&["report", "trial"], &SPAN[..]].concat());
    let words = String::from_utf8(words.stdout).expect("UTF-8");
    assert!(words.contains("Đối tác partner: tỷ lệ tiếp nhận"), "{words}");
    assert!(words.contains("khoảng tin cậy 95 %"), "{words}");
    assert!(words.contains("tỷ lệ tiếp nhận trong 20 giây từ khi đổ chuông"), "{words}");
    assert!(
        words.contains("Toàn bộ hàng chờ, mọi đối tác: tỷ lệ tiếp nhận trong 20 giây từ khi vào hàng chờ"),
        "{words}"
    );

    let day = json(path, &["report", "reconcile", "2026-11-24"]);
    assert!(day["results"].as_u64().expect("results") > 40);
    assert_eq!(day["undeliverable"], day["results"], "there is no endpoint");
    let told = run(path, &["report", "reconcile", "2026-11-24"]);
    assert!(String::from_utf8_lossy(&told.stdout).contains("mSale has not sent its list"));
}
