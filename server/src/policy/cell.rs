//! What a cell may hold; the same for files and for single changes. `None` is good, `Some` the code of the fault.

use chinhchu_protocol::case::Payment;

use super::catalogue::EVERY_TYPE;

/// Most characters of a code; as the intake takes them.
const MAX_CODE: usize = 16;
/// Most characters of a name.
const MAX_NAME: usize = 64;

/// What no cell may hold.
pub fn plain(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("missing");
    }
    if text.starts_with(['=', '+', '-', '@']) {
        return Some("formula");
    }
    if text.chars().any(|c| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
    }) {
        return Some("control_character");
    }
    let single = |c: char| c == ' ' || !c.is_whitespace();
    (text.trim() != text || text.contains("  ") || !text.chars().all(single)).then_some("spaces")
}

/// ICC profile and TYPE: may be empty.
pub fn code(text: &str) -> Option<&'static str> {
    if text.is_empty() { None } else { filled_code(text) }
}

fn filled_code(text: &str) -> Option<&'static str> {
    if let Some(fault) = plain(text) {
        return Some(fault);
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !text.chars().all(allowed) {
        return Some("bad_characters");
    }
    if text.chars().any(|c| c.is_ascii_lowercase()) {
        return Some("lower_case");
    }
    (text.len() > MAX_CODE).then_some("too_long")
}

/// Subscriber type: a code for prepaid, `*` for postpaid, which is ruled by one line (P1).
pub fn sub_type(payment: Option<Payment>, text: &str) -> Option<&'static str> {
    match payment {
        Some(Payment::Postpaid) if text == EVERY_TYPE => None,
        Some(Payment::Postpaid) => Some(plain(text).unwrap_or("unknown_value")),
        Some(Payment::Prepaid) | None => filled_code(text),
    }
}

/// The operator's name of a type.
pub fn name(text: &str) -> Option<&'static str> {
    if let Some(fault) = plain(text) {
        return Some(fault);
    }
    if letters_lost(text) {
        return Some("letters_lost");
    }
    (text.chars().count() > MAX_NAME).then_some("too_long")
}

/// `Tr? sau`, `Tr\u{fffd} sau`, `Tráº£ sau`: saved in a character set without Vietnamese letters, or read in
/// the wrong one and saved again.
fn letters_lost(text: &str) -> bool {
    let twice = ["áº", "á»", "Ä‘", "Æ°", "Æ¡", "Ä\u{90}"];
    let latin = |pair: (char, char)| matches!(pair.0, 'Ã' | 'Â') && ('\u{80}'..='\u{bf}').contains(&pair.1);
    text.contains(['?', '\u{fffd}'])
        || twice.iter().any(|trace| text.contains(trace))
        || text.chars().zip(text.chars().skip(1)).any(latin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_catalogue_are_taken_and_what_spreadsheets_do_to_them_is_told() {
        for good in
            ["Trả sau", "Ba khía 4G", "Zone Duyên Hải MT", "S30+", "way2go", "ĐÃ CÓ, «mới»", "ÂM NHẠC"]
        {
            assert_eq!(name(good), None, "{good}");
        }
        for (bad, code) in [
            ("", "missing"),
            ("Tr? sau", "letters_lost"),
            ("Tr\u{fffd} sau", "letters_lost"),
            ("Tráº£ sau", "letters_lost"),
            ("Báº¯c Ä‘á»“ng", "letters_lost"),
            ("=1+1", "formula"),
            ("@SUM", "formula"),
            (" MC", "spaces"),
            ("MC ", "spaces"),
            ("M\u{a0}C", "spaces"),
            ("M  C", "spaces"),
            ("M\nC", "control_character"),
            ("M\u{200b}C", "control_character"),
        ] {
            assert_eq!(name(bad), Some(code), "{bad:?}");
        }
        assert_eq!(name(&"Ả".repeat(64)), None);
        assert_eq!(name(&"Ả".repeat(65)), Some("too_long"));
    }

    #[test]
    fn codes_are_capital_letters_and_digits() {
        let prepaid = Some(Payment::Prepaid);
        assert_eq!(sub_type(prepaid, "B4G"), None);
        for (bad, code) in [
            ("", "missing"),
            ("mc", "lower_case"),
            ("*", "bad_characters"),
            ("MÃ", "bad_characters"),
            ("-MC", "formula"),
            ("M C", "bad_characters"),
            ("ABCDEFGHIJKLMNOPQ", "too_long"),
        ] {
            assert_eq!(sub_type(prepaid, bad), Some(code), "{bad}");
        }
        assert_eq!(sub_type(Some(Payment::Postpaid), "*"), None);
        assert_eq!(sub_type(Some(Payment::Postpaid), "MC"), Some("unknown_value"));
        assert_eq!((code(""), code("TT"), code("tt")), (None, None, Some("lower_case")));
    }
}
