//! The whole catalogue through the public API, on every side of its days (P1–P3). What is expected is read from
//! the operator's table by this test, not by the code under test.

use chinhchu_server::policy::vietnam_day;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::edge_cli;
use crate::edge_world::{World, refusal};

const TABLE: &str = include_str!("../../data/policy-catalogue.csv");
const CHANNELS: [&str; 4] = ["msale", "tcqlkh", "dthgd", "cskh"];

/// A line of the table: payment, subscriber type, answer for KHCN and VI2, answer for KHDN.
type Line = (String, String, char, char);

fn lines(table: &str) -> Vec<Line> {
    let read = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let answer = |cell: usize| cells[cell].chars().next().expect("answer");
        (cells[0].to_owned(), cells[1].to_owned(), answer(5), answer(6))
    };
    table.lines().skip(1).map(read).collect()
}

/// Every third type gets the other answer for people, every fourth for firms.
fn changed_table() -> String {
    let other = |cell: &str| if cell == "Y" { "N" } else { "Y" };
    let mut out = String::new();
    for (number, line) in TABLE.lines().enumerate() {
        let mut cells: Vec<&str> = line.split(',').collect();
        if number > 0 && number % 3 == 0 {
            cells[5] = other(cells[5]);
        }
        if number > 0 && number % 4 == 0 {
            cells[6] = other(cells[6]);
        }
        out.push_str(&cells.join(","));
        out.push('\n');
    }
    out
}

struct Asker<'a> {
    world: &'a World,
    token: String,
    asked: usize,
}

impl Asker<'_> {
    async fn ask(
        &mut self,
        line: &Line,
        customer: &str,
        channel: &str,
        at: Option<&str>,
    ) -> reqwest::Response {
        let sub_type = if line.1 == "*" { String::new() } else { format!("&sub_type={}", line.1) };
        let at = at.map(|at| format!("&at={at}")).unwrap_or_default();
        let query = format!("payment={}{sub_type}&customer_type={customer}&channel={channel}{at}", line.0);
        self.asked += 1;
        self.world.get(&format!("/v1/policy/decision?{query}"), &self.token).send().await.expect("answer")
    }

    /// Every line for every customer and channel, at one moment. `began` is the first day on which the answers
    /// of a line hold.
    async fn all(&mut self, table: &[Line], at: Option<&str>, began: &dyn Fn(&Line, &str) -> Value) {
        for line in table {
            for (customer, answer) in [("individual", line.2), ("vi2", line.2), ("enterprise", line.3)] {
                for channel in CHANNELS {
                    let body: Value = self.ask(line, customer, channel, at).await.json().await.expect("json");
                    let expected = match (answer, channel) {
                        ('N', _) => json!(["not_mandatory", "allowed", null, null]),
                        ('Y', "msale") => json!(["mandatory", "allowed", "confirmed_call", null]),
                        ('Y', _) => json!(["mandatory", "blocked", null, "msale"]),
                        _ => panic!("an answer is Y or N"),
                    };
                    let found =
                        json!([body["video_call"], body["activation"], body["requires"], body["use"]]);
                    assert_eq!(found, expected, "{line:?} {customer} {channel} {at:?}");
                    assert_eq!(body["valid_from"], began(line, customer), "{line:?} {customer} {at:?}");
                }
            }
        }
    }
}

/// P1, P2, P3: 27 prepaid types and postpaid × 3 customer types × 4 channels: today, before the validity, up to
/// the last moment before a future change, and from midnight in Vietnam on; then as time really goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_entry_for_every_customer_and_channel_before_and_after_a_future_change() {
    let world = World::start_by_hand().await;
    let (now, later) = (lines(TABLE), lines(&changed_table()));
    assert_eq!((now.len(), now.iter().filter(|line| line.0 == "prepaid").count()), (28, 27));
    let token = world.service("cskh").await;
    let mut asker = Asker { world: &world, token, asked: 0 };
    let first = |_: &Line, _: &str| json!("2021-10-01");
    asker.all(&now, None, &first).await;
    assert_eq!(asker.asked, 28 * 3 * 4);

    let day = vietnam_day(world.clock.now()).checked_add(30.days()).expect("day");
    import(&world, &changed_table(), day);
    let changed_on = |line: &Line, customer: &str| {
        let old = now.iter().find(|old| old.1 == line.1).expect("line");
        let same = if customer == "enterprise" { old.3 == line.3 } else { old.2 == line.2 };
        if same { json!("2021-10-01") } else { json!(day.to_string()) }
    };
    let eve = day.yesterday().expect("day");
    asker.all(&now, Some(&format!("{eve}T16:59:59.999Z")), &first).await;
    asker.all(&later, Some(&format!("{eve}T17:00:00Z")), &changed_on).await;
    asker.all(&later, Some(&day.to_string()), &changed_on).await;
    for line in &now {
        for customer in ["individual", "vi2", "enterprise"] {
            for channel in CHANNELS {
                let answer = asker.ask(line, customer, channel, Some("2021-09-30")).await;
                let (status, code, _) = refusal(answer).await;
                assert_eq!((status, code.as_str()), (404, "policy_not_in_force"), "{line:?}");
            }
        }
    }
    // Without `at`: the days pass.
    world.clock.advance(std::time::Duration::from_hours(31 * 24));
    asker.all(&later, None, &changed_on).await;
    assert_eq!(asker.asked, 6 * 28 * 3 * 4);
}

fn import(world: &World, table: &str, day: Date) {
    let file = world.folder.path().join("draft.csv");
    std::fs::write(&file, table).expect("file");
    let args = [
        "policy",
        "import",
        file.to_str().expect("path"),
        "--valid-from",
        &day.to_string(),
        "--reason",
        "thử",
    ];
    let done = edge_cli::json(world.folder.path(), &args);
    assert_eq!((&done["change"], &done["added"], &done["ended"]), (&json!(2), &json!(0), &json!(0)));
}
