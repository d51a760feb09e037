//! What is asked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chinhchu_protocol::time::Timestamp;
use serde_json::{Value, json};

use super::made_up::{PARTNERS, RARE_REASON, agent, call_id, external_id, msisdn};
use super::people::{Asker, People};
use super::{FIRST_DAY, LAST_DAY};

/// Which of issue 5's three kinds it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Wallboard,
    Search,
    Report,
    /// None of them: told, and without a limit.
    Other,
}

/// A request.
pub struct Ask<'p> {
    pub kind: Kind,
    pub what: String,
    pub who: &'p Asker,
    pub path: String,
    /// Posted, if there is one.
    pub body: Option<Value>,
    /// The part of the list that is measured, from 1.
    pub page: u32,
}

/// Rows of a month's report.
const BY: [&str; 12] = [
    "total",
    "serving",
    "home",
    "partner",
    "agent",
    "dealer",
    "sub_type",
    "customer_type",
    "payment",
    "day",
    "hour",
    "hour_of_day",
];

pub fn all(people: &People, first: Timestamp) -> Vec<Ask<'_>> {
    let mut asks = Vec::new();
    for who in people.limits() {
        asks.push(get(Kind::Wallboard, "wallboard", who, "/v1/console/wallboard".to_owned()));
    }
    for who in people.limits() {
        searches(&mut asks, who);
    }
    for who in people.limits() {
        reports(&mut asks, who);
    }
    others(&mut asks, people, first);
    asks
}

fn get<'p>(kind: Kind, what: &str, who: &'p Asker, path: String) -> Ask<'p> {
    Ask { kind, what: what.to_owned(), who, path, body: None, page: 1 }
}

fn searches<'p>(asks: &mut Vec<Ask<'p>>, who: &'p Asker) {
    let agent = agent(7);
    let period = "from=2026-10-10T00:00:00%2B07:00&to=2026-10-11T00:00:00%2B07:00";
    let long_ago = "from=2026-10-01T00:00:00%2B07:00&to=2026-10-03T00:00:00%2B07:00";
    let lists = [
        ("newest", String::new()),
        ("oldest", "sort=oldest".to_owned()),
        ("dealer", "dealer=dl.00042".to_owned()),
        ("agent", format!("agent={agent}")),
        ("partner", format!("partner={}", PARTNERS[1].replace(' ', "%20"))),
        ("home", "home=4".to_owned()),
        ("serving", "serving=2".to_owned()),
        ("state running", "state=in_call".to_owned()),
        ("state waiting", "state=waiting".to_owned()),
        ("state and period", format!("state=ended&{period}")),
        ("reason", "reason=face_mismatch".to_owned()),
        ("rare reason", format!("reason={RARE_REASON}")),
        ("sub-type", "sub_type=MC".to_owned()),
        ("payment", "payment=postpaid".to_owned()),
        ("decision", "decision=rejected".to_owned()),
        ("end reason", "end_reason=cancelled".to_owned()),
        ("end reason that none has", "end_reason=declined".to_owned()),
        ("evidence", "evidence=complete".to_owned()),
        ("two that exclude each other", "home=4&serving=9".to_owned()),
        ("serving, decision, period", format!("serving=2&decision=rejected&{long_ago}")),
        ("dealer and reason", "dealer=dl.00042&reason=id_unclear".to_owned()),
    ];
    for (what, query) in lists {
        let path = format!("/v1/console/calls?limit=100&{query}");
        asks.push(get(Kind::Search, &format!("search {what}"), who, path));
    }
    for (what, query) in [("newest", "sort=newest"), ("period", period), ("decision", "decision=rejected")] {
        for page in [2, 50] {
            let path = format!("/v1/console/calls?{query}");
            asks.push(Ask { page, ..get(Kind::Search, &format!("search {what}, page {page}"), who, path) });
        }
    }
    for (what, body) in [
        ("external id", json!({ "external_id": external_id(7) })),
        ("number", json!({ "msisdn": msisdn(7) })),
    ] {
        let path = "/v1/console/calls/search".to_owned();
        asks.push(Ask { body: Some(body), ..get(Kind::Search, &format!("search {what}"), who, path) });
    }
}

fn reports<'p>(asks: &mut Vec<Ask<'p>>, who: &'p Asker) {
    let span = format!("from={FIRST_DAY}&to={LAST_DAY}");
    for by in BY {
        let path = format!("/v1/console/reports?{span}&by={by}&price_per_call=6000");
        asks.push(get(Kind::Report, &format!("report by {by}"), who, path));
    }
    let path = format!("/v1/console/reports/trial?{span}&price_per_call=6000");
    asks.push(get(Kind::Report, "trial", who, path));
    let path = format!("/v1/console/reports?{span}&by=day&home=4&serving=1");
    asks.push(get(Kind::Report, "report by day, filtered", who, path));
    for (kind, file, by) in [
        (Kind::Report, "csv", "hour"),
        (Kind::Report, "xlsx", "hour"),
        // Files of thousands of rows have no limit of time.
        (Kind::Other, "csv", "dealer"),
        (Kind::Other, "xlsx", "dealer"),
    ] {
        let path = format!("/v1/console/reports.{file}?{span}&by={by}");
        asks.push(get(kind, &format!("report by {by}, {file}"), who, path));
    }
}

fn others<'p>(asks: &mut Vec<Ask<'p>>, people: &'p People, first: Timestamp) {
    let call = call_id(0, first);
    for who in people.limits() {
        for (what, path) in [
            ("evidence missing", "/v1/console/evidence/missing".to_owned()),
            ("reconciliation of a listed day", "/v1/console/reconciliation/2026-10-29".to_owned()),
            ("reconciliation of today", "/v1/console/reconciliation/2026-10-30".to_owned()),
        ] {
            asks.push(get(Kind::Other, what, who, path));
        }
        let path = "/v1/console/policy/what-if".to_owned();
        asks.push(Ask { body: Some(what_if()), ..get(Kind::Other, "what-if of a month", who, path) });
    }
    for (what, path) in [
        ("call", format!("/v1/console/calls/{call}")),
        ("time line of a call", format!("/v1/console/calls/{call}/timeline")),
    ] {
        asks.push(get(Kind::Other, what, &people.all, path));
    }
    for (what, path) in
        [("audit", "/v1/console/audit"), ("webhook deliveries", "/v1/console/webhooks/deliveries")]
    {
        asks.push(get(Kind::Other, what, &people.admin, path.to_owned()));
    }
    for (what, path) in [
        ("reviews, open", "/v1/console/reviews?state=open"),
        ("reviews, disagreed", "/v1/console/reviews?state=disagreed"),
        ("reviews, figures", "/v1/console/reviews/figures"),
    ] {
        asks.push(get(Kind::Other, what, &people.auditor, path.to_owned()));
    }
}

fn what_if() -> Value {
    let csv = "payment,sub_type,name,icc_profile,type,khcn_vi2,khdn\n\
               prepaid,MC,MOBICARD,TT2,TT,N,Y\nprepaid,HTD,Happy Tourist Data,HTD,TT,Y,Y\n";
    json!({ "from": FIRST_DAY, "to": LAST_DAY, "limit": 50,
        "draft": { "valid_from": "2150-01-01", "csv_base64": STANDARD.encode(csv) } })
}
