//! The operator's table as it is delivered: one line per subscriber type, Y or N for two groups of customers.

use chinhchu_protocol::ids::RuleId;
use chinhchu_protocol::policy::VideoCall;
use sha2::{Digest, Sha256};

use super::{Customers, Rule};

/// The table of the plan (P1), part of the program so that a fresh installation holds it.
pub const BUILT_IN: &str = include_str!("../../data/policy-catalogue.csv");

/// A line that cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// Not CSV with the known columns.
    #[error("line {line}: not readable as a line of the catalogue")]
    Unreadable {
        /// Line in the file.
        line: u64,
    },
    /// Y and N are the only answers.
    #[error("line {line}: khcn_vi2 and khdn must be Y or N")]
    NotYesOrNo {
        /// Line in the file.
        line: u64,
    },
    /// prepaid and postpaid are the only kinds of payment.
    #[error("line {line}: payment must be prepaid or postpaid")]
    UnknownPayment {
        /// Line in the file.
        line: u64,
    },
}

#[derive(serde::Deserialize)]
struct Line {
    payment: String,
    sub_type: String,
    name: String,
    khcn_vi2: String,
    khdn: String,
}

/// Reads a catalogue: two rules a line, open-ended from `valid_from` on. The same line and day always give
/// the same rule id, on every installation.
pub fn read(csv: &str, valid_from: &str) -> Result<Vec<Rule>, CatalogueError> {
    let mut rules = Vec::new();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    for (index, line) in reader.deserialize::<Line>().enumerate() {
        let number = index as u64 + 2;
        let line = line.map_err(|_| CatalogueError::Unreadable { line: number })?;
        let payment = match line.payment.as_str() {
            "prepaid" => "prepaid",
            "postpaid" => "postpaid",
            _ => return Err(CatalogueError::UnknownPayment { line: number }),
        };
        for (customers, answer) in
            [(Customers::IndividualVi2, &line.khcn_vi2), (Customers::Enterprise, &line.khdn)]
        {
            let video_call = match answer.as_str() {
                "Y" => VideoCall::Mandatory,
                "N" => VideoCall::NotMandatory,
                _ => return Err(CatalogueError::NotYesOrNo { line: number }),
            };
            rules.push(Rule {
                rule_id: rule_id(payment, &line.sub_type, customers, video_call, valid_from),
                payment,
                sub_type: line.sub_type.clone(),
                name: line.name.clone(),
                customers,
                video_call,
                valid_from: valid_from.to_owned(),
                valid_to: None,
            });
        }
    }
    Ok(rules)
}

/// An id made of the content (UUIDv8).
fn rule_id(payment: &str, sub_type: &str, customers: Customers, video_call: VideoCall, from: &str) -> RuleId {
    let answer = match video_call {
        VideoCall::Mandatory => "Y",
        VideoCall::NotMandatory => "N",
    };
    let text = format!("chinhchu-rule|{payment}|{sub_type}|{}|{answer}|{from}", customers.name());
    let hash = Sha256::digest(text.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    RuleId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P1
    #[test]
    fn the_built_in_catalogue_has_27_prepaid_types_and_one_postpaid_line() {
        let rules = read(BUILT_IN, super::super::FIRST_VALID_FROM).expect("catalogue");
        let count = |payment| rules.iter().filter(|rule| rule.payment == payment).count();
        assert_eq!((count("prepaid"), count("postpaid")), (54, 2));
        let mut ids: Vec<_> = rules.iter().map(|rule| rule.rule_id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 56);
    }

    #[test]
    fn a_faulty_line_is_named_by_its_number() {
        let csv = "payment,sub_type,name,icc_profile,type,khcn_vi2,khdn\nprepaid,A,A,A,TT,Y,maybe\n";
        assert_eq!(
            read(csv, "2026-01-01").err().map(|e| e.to_string()).as_deref(),
            Some("line 2: khcn_vi2 and khdn must be Y or N")
        );
    }
}
