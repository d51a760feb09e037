//! What names of people may look like: agents' and the console's, on the command line and in the console.

/// A field and what is wrong with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The field.
    pub field: &'static str,
    /// Code of the fault, as in problem responses.
    pub code: &'static str,
    /// What is allowed.
    pub told: &'static str,
}

/// Longest sign-in name.
pub const MAX_USERNAME: usize = 64;
/// Longest name of a person or partner, in characters.
pub const MAX_NAME: usize = 128;

/// Every fault of a user name, a name and a partner.
pub fn faults(username: &str, name: &str, partner: Option<&str>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-@".contains(&b);
    let told = "1 to 64 of A-Z a-z 0-9 . _ - @";
    if username.is_empty() || username.len() > MAX_USERNAME {
        let code = if username.is_empty() { "missing" } else { "too_long" };
        faults.push(Fault { field: "username", code, told });
    } else if !username.bytes().all(plain) {
        faults.push(Fault { field: "username", code: "bad_characters", told });
    }
    for (field, text) in [("name", Some(name)), ("partner", partner)] {
        let Some(text) = text else { continue };
        let told = "1 to 128 characters";
        if text.trim().is_empty() {
            faults.push(Fault { field, code: "missing", told });
        } else if text.chars().count() > MAX_NAME {
            faults.push(Fault { field, code: "too_long", told });
        } else if text.chars().any(char::is_control) {
            faults.push(Fault { field, code: "bad_characters", told });
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_name_is_told_with_its_field() {
        let long = "x".repeat(129);
        let told = |username, name, partner| {
            faults(username, name, partner).iter().map(|fault| (fault.field, fault.code)).collect::<Vec<_>>()
        };
        assert_eq!(told("hoa.nguyen@cty1", "Nguyễn Thị Hoa", Some("Đối tác")), []);
        assert_eq!(told("hoà", "", None), [("username", "bad_characters"), ("name", "missing")]);
        assert_eq!(
            told("", "a\nb", Some(&long)),
            [("username", "missing"), ("name", "bad_characters"), ("partner", "too_long")]
        );
    }
}
