//! Reads the case that eKYC sends (S10) and names *every* fault in it by its field path.
//!
//! The JSON is walked by hand: serde stops at the first fault, and an integrator wants them all at once.
//! Values are checked for shape here; whether a subscriber type is in the catalogue is told by the caller.

use chinhchu_protocol::case::{
    BiometricMatch, Case, Consent, Customer, CustomerType, Dealer, IdKind, Payment, Subscriber,
};
use chinhchu_protocol::problem::FieldError;
use chinhchu_protocol::time::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value};

use super::walk::{Faults, Walk};

/// Largest case, bytes.
pub const MAX_CASE_BYTES: usize = 64 * 1024;

/// Reads a case. `today` is the date at the operator's place; `known_sub_type` asks the catalogue, for
/// prepaid subscribers only (P1).
///
/// # Errors
/// Every fault found, at most [`super::walk::MAX_FAULTS`].
pub fn read_case(
    bytes: &[u8],
    today: Date,
    known_sub_type: &dyn Fn(&str) -> bool,
) -> Result<Case, Vec<FieldError>> {
    let mut faults = Faults::default();
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        faults.add("case", "not_json");
        return Err(faults.into_list());
    };
    let Value::Object(map) = value else {
        faults.add("case", "wrong_type");
        return Err(faults.into_list());
    };
    let case = walk_case(&map, today, known_sub_type, &mut faults);
    match (case, faults.is_empty()) {
        (Some(case), true) => Ok(case),
        (_, _) => Err(faults.into_list()),
    }
}

fn walk_case(
    map: &Map<String, Value>,
    today: Date,
    known_sub_type: &dyn Fn(&str) -> bool,
    faults: &mut Faults,
) -> Option<Case> {
    let mut walk = Walk::new("", map, faults);
    let external_id = walk.text("external_id", 1, 64);
    let dealer = walk.object("dealer", |w| {
        let (account, name) = (w.text("account", 1, 64), w.text("name", 1, 128));
        Some(Dealer { account: account?, name: name? })
    });
    let subscriber = walk.object("subscriber", |w| subscriber(w, known_sub_type));
    let customer = walk.object("customer", |w| customer(w, today));
    let consent = walk.optional_object("consent", |w| {
        let (given_at, text_version) = (w.moment("given_at"), w.text("text_version", 1, 32));
        Some(Consent { given_at: given_at?, text_version: text_version? })
    });
    let biometric_match = walk.optional_object("biometric_match", biometric_match);
    let language = walk.optional_checked("language", "not_a_language", is_language);
    walk.no_others();
    Some(Case {
        external_id: external_id?,
        dealer: dealer?,
        subscriber: subscriber?,
        customer: customer?,
        consent,
        biometric_match,
        language,
    })
}

fn subscriber(w: &mut Walk<'_>, known_sub_type: &dyn Fn(&str) -> bool) -> Option<Subscriber> {
    let msisdn = w.checked("msisdn", "not_a_phone_number", is_msisdn);
    let payment = w.choice("payment", &[("prepaid", Payment::Prepaid), ("postpaid", Payment::Postpaid)]);
    let sub_type = w.optional_text("sub_type", 1, 16);
    let customer_type = w.choice(
        "customer_type",
        &[
            ("individual", CustomerType::Individual),
            ("vi2", CustomerType::Vi2),
            ("enterprise", CustomerType::Enterprise),
        ],
    );
    match payment {
        Some(Payment::Prepaid) => match &sub_type {
            Some(code) if !known_sub_type(code) => w.fault("sub_type", "unknown_value"),
            None => w.missing("sub_type"),
            Some(_) => {}
        },
        Some(Payment::Postpaid) | None => {}
    }
    Some(Subscriber { msisdn: msisdn?, payment: payment?, sub_type, customer_type: customer_type? })
}

fn customer(w: &mut Walk<'_>, today: Date) -> Option<Customer> {
    let full_name = w.text("full_name", 1, 128);
    let date_of_birth = w.past_date("date_of_birth", today);
    let id_kind = w.choice(
        "id_kind",
        &[
            ("cmnd", IdKind::Cmnd),
            ("cccd", IdKind::Cccd),
            ("can_cuoc", IdKind::CanCuoc),
            ("passport", IdKind::Passport),
        ],
    );
    let id_number = w.checked("id_number", "not_an_id_number", is_id_number);
    let id_issued_on = w.past_date("id_issued_on", today);
    let address = w.optional_text("address", 0, 256);
    Some(Customer {
        full_name: full_name?,
        date_of_birth: date_of_birth?,
        id_kind: id_kind?,
        id_number: id_number?,
        id_issued_on: id_issued_on?,
        address,
    })
}

fn biometric_match(w: &mut Walk<'_>) -> Option<BiometricMatch> {
    let (provider, reference) = (w.text("provider", 1, 64), w.text("reference", 1, 128));
    let (score, matched_at): (_, Option<Timestamp>) = (w.share("score"), w.moment("matched_at"));
    Some(BiometricMatch {
        provider: provider?,
        reference: reference?,
        score: score?,
        matched_at: matched_at?,
    })
}

fn is_msisdn(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (9..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

/// A primary language tag (BCP 47): `vi`, `en`, `yue`.
pub fn is_language(text: &str) -> bool {
    (2..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase())
}

fn is_id_number(text: &str) -> bool {
    (6..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn good() -> Value {
        json!({
            "external_id": "EK-2211-000017",
            "dealer": {"account": "dl.hcm.0123", "name": "ĐL Quận 3"},
            "subscriber": {"msisdn": "0901234567", "payment": "prepaid", "sub_type": "MC",
                           "customer_type": "individual"},
            "customer": {"full_name": "Nguyễn Thị Ánh", "date_of_birth": "1990-05-17", "id_kind": "cccd",
                         "id_number": "079190001234", "id_issued_on": "2021-08-02", "address": "Q3"},
            "consent": {"given_at": "2026-11-23T09:15:00+07:00", "text_version": "2026-04"},
            "biometric_match": {"provider": "x", "reference": "y", "score": 0.97,
                                "matched_at": "2026-11-23T09:10:00+07:00"}
        })
    }

    fn read(value: &Value) -> Result<Case, Vec<(String, String)>> {
        let bytes = serde_json::to_vec(value).expect("json");
        read_case(&bytes, jiff::civil::date(2026, 11, 23), &|code| code == "MC")
            .map_err(|list| list.into_iter().map(|e| (e.field, e.code)).collect())
    }

    fn faults(edit: impl FnOnce(&mut Value)) -> Vec<(String, String)> {
        let mut value = good();
        edit(&mut value);
        let mut list = read(&value).expect_err("faulty case");
        list.sort();
        list
    }

    fn pair(field: &str, code: &str) -> (String, String) {
        (field.to_owned(), code.to_owned())
    }

    /// S10
    #[test]
    fn the_example_of_the_contract_is_read_whole() {
        let case = read(&good()).expect("good case");
        assert_eq!(case.customer.full_name, "Nguyễn Thị Ánh");
        assert!(case.consent.is_some() && case.biometric_match.is_some());
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let list = faults(|v| {
            v["customer"]["date_of_birth"] = json!("1990-02-30");
            v["customer"]["id_kind"] = json!("library_card");
            v["subscriber"]["msisdn"] = json!("09-01");
            v["dealer"]["name"] = json!("");
            v["surprise"] = json!(1);
        });
        assert_eq!(
            list,
            [
                pair("customer.date_of_birth", "not_a_date"),
                pair("customer.id_kind", "unknown_value"),
                pair("dealer.name", "too_short"),
                pair("subscriber.msisdn", "not_a_phone_number"),
                pair("surprise", "unknown_field"),
            ]
        );
    }

    #[test]
    fn each_kind_of_fault_has_its_code() {
        type Edit = fn(&mut Value);
        let table: [(Edit, &str, &str); 18] = [
            (|v| v["language"] = json!("Tiếng Việt"), "language", "not_a_language"),
            (|v| v["language"] = json!(1), "language", "wrong_type"),
            (|v| v["external_id"] = json!(17), "external_id", "wrong_type"),
            (|v| v["external_id"] = json!("x".repeat(65)), "external_id", "too_long"),
            (|v| v["external_id"] = json!("a\u{0}b"), "external_id", "bad_characters"),
            (|v| v["dealer"] = json!([]), "dealer", "wrong_type"),
            (|v| v["customer"] = Value::Null, "customer", "missing"),
            (
                |v| v["customer"]["date_of_birth"] = json!("2027-01-01"),
                "customer.date_of_birth",
                "in_the_future",
            ),
            (
                |v| v["customer"]["date_of_birth"] = json!("17/05/1990"),
                "customer.date_of_birth",
                "not_a_date",
            ),
            (
                |v| v["customer"]["id_issued_on"] = json!("0001-01-01"),
                "customer.id_issued_on",
                "out_of_range",
            ),
            (|v| v["customer"]["id_number"] = json!("079 190"), "customer.id_number", "not_an_id_number"),
            (|v| v["customer"]["nick"] = json!("x"), "customer.nick", "unknown_field"),
            (|v| v["subscriber"]["sub_type"] = json!("QQ"), "subscriber.sub_type", "unknown_value"),
            (|v| v["subscriber"]["sub_type"] = Value::Null, "subscriber.sub_type", "missing"),
            (|v| v["subscriber"]["payment"] = json!("barter"), "subscriber.payment", "unknown_value"),
            (|v| v["consent"]["given_at"] = json!("yesterday"), "consent.given_at", "not_a_time"),
            (|v| v["biometric_match"]["score"] = json!(1.5), "biometric_match.score", "out_of_range"),
            (|v| v["biometric_match"]["score"] = json!("1"), "biometric_match.score", "wrong_type"),
        ];
        for (edit, field, code) in table {
            assert_eq!(faults(edit), [pair(field, code)]);
        }
    }

    #[test]
    fn a_language_is_taken_if_it_is_there() {
        let mut value = good();
        assert_eq!(read(&value).expect("good case").language, None);
        value["language"] = json!("en");
        assert_eq!(read(&value).expect("good case").language.as_deref(), Some("en"));
    }

    /// P1
    #[test]
    fn postpaid_needs_no_subscriber_type() {
        let mut value = good();
        value["subscriber"] =
            json!({"msisdn": "+84901234567", "payment": "postpaid", "customer_type": "vi2"});
        assert_eq!(read(&value).expect("good case").subscriber.sub_type, None);
    }

    #[test]
    fn text_that_is_not_json_is_one_fault_of_the_case() {
        let list =
            read_case(b"{\"external_id\":", jiff::civil::date(2026, 1, 1), &|_| true).expect_err("not json");
        assert_eq!((list[0].field.as_str(), list[0].code.as_str()), ("case", "not_json"));
    }

    /// I9: a field's name is the sender's text too.
    #[test]
    fn a_strange_field_name_is_not_repeated() {
        let list = faults(|v| v["Nguyễn Thị Ánh 079190001234"] = json!(1));
        assert_eq!(list, [pair("?", "unknown_field")]);
    }
}
