//! One fault of a file or of a single change: where, and what, by a stable code.

/// A fault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// Column or field; none if the whole line or file is meant.
    pub column: Option<String>,
    /// Stable code, see [`told`].
    pub code: &'static str,
}

/// Where a fault is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The file as a whole.
    File,
    /// A line of the file, from 1.
    Line(u32),
    /// A single change, from 1.
    Change(u32),
    /// A field of the draft itself.
    Draft,
}

impl Fault {
    /// Of the file as a whole.
    pub const fn of_file(code: &'static str) -> Self {
        Self { place: Place::File, column: None, code }
    }

    /// Of a line.
    pub const fn in_line(line: u32, code: &'static str) -> Self {
        Self { place: Place::Line(line), column: None, code }
    }

    /// Of a cell.
    pub fn in_cell(line: u32, column: &str, code: &'static str) -> Self {
        Self { place: Place::Line(line), column: Some(column.to_owned()), code }
    }

    /// Of a single change.
    pub fn in_change(number: u32, column: &str, code: &'static str) -> Self {
        Self { place: Place::Change(number), column: Some(column.to_owned()), code }
    }

    /// Of a field of the draft.
    pub fn of_draft(field: &str, code: &'static str) -> Self {
        Self { place: Place::Draft, column: Some(field.to_owned()), code }
    }

    /// The line of the file, if it is one.
    pub const fn line(&self) -> Option<u32> {
        match self.place {
            Place::Line(line) => Some(line),
            Place::File | Place::Change(_) | Place::Draft => None,
        }
    }

    /// As problem responses name it: `csv`, `csv.5`, `csv.5.khdn`, `changes.2.name`, `valid_from`.
    pub fn field(&self) -> String {
        let place = match self.place {
            Place::File => "csv".to_owned(),
            Place::Line(line) => format!("csv.{line}"),
            Place::Change(number) => format!("changes.{number}"),
            Place::Draft => return self.column.clone().unwrap_or_default(),
        };
        match &self.column {
            Some(column) => format!("{place}.{column}"),
            None => place,
        }
    }

    /// As a command prints it.
    pub fn sentence(&self) -> String {
        let column = self.column.as_deref();
        let place = match (self.place, column) {
            (Place::File, _) => "file".to_owned(),
            (Place::Line(line), None) => format!("line {line}"),
            (Place::Line(line), Some(column)) => format!("line {line}, column {column}"),
            (Place::Change(number), _) => format!("change {number}, {}", column.unwrap_or("whole")),
            (Place::Draft, _) => format!("--{}", column.unwrap_or("").replace('_', "-")),
        };
        format!("{place}: {}: {}", self.code, told(self.code))
    }
}

/// What a code means and what to do, in a sentence without the value.
pub fn told(code: &str) -> &'static str {
    CODES.iter().find(|(name, _)| *name == code).map_or("not taken", |(_, told)| told)
}

/// Every code.
pub const CODES: &[(&str, &str)] = &[
    ("bad_characters", "letters A–Z, digits and - _ only"),
    ("cell_count", "another number of cells than the first line has"),
    ("column_missing", "the first line must name this column"),
    ("column_repeated", "the first line names this column twice"),
    ("column_unknown", "the first line names a column that is not known"),
    ("control_character", "a line break, tab or other invisible character stands in the cell"),
    ("duplicate", "an earlier line has the same subscriber type"),
    ("encoding_not_utf8", "the text is not UTF-8 from here on (Windows-1258?); save as «CSV UTF-8»"),
    ("encoding_utf16", "the file is UTF-16 («Unicode text»); save as «CSV UTF-8»"),
    ("encoding_workbook", "this is a workbook (XLSX, XLS), not CSV; save as «CSV UTF-8»"),
    ("file_empty", "there is nothing in the file"),
    ("file_too_large", "the file is over its limit of 256 KiB"),
    ("formula", "a cell must not begin with = + - @: spreadsheets take it for a formula"),
    ("in_the_past", "the day is past; allow it with backdated"),
    ("letters_lost", "letters were lost when the file was saved; save as «CSV UTF-8»"),
    ("lower_case", "capital letters only"),
    ("missing", "must be filled in"),
    ("more_faults", "there are more faults; correct these first"),
    ("no_rows", "the file has no line but the first"),
    ("not_a_day", "YYYY-MM-DD, a real day from 2000 to 2199"),
    ("not_base64", "not base64"),
    ("not_in_force", "does not hold on that day"),
    ("not_needed", "is not given when a line ends"),
    ("not_with_file", "a draft is a file or single changes"),
    ("nothing_changes", "all of this holds already"),
    ("only_with_file", "goes with a whole file only"),
    ("out_of_range", "out of its bounds"),
    ("quote_unclosed", "a quotation mark is opened here and never closed"),
    ("spaces", "spaces stand before or after the value, or two in a row"),
    ("too_long", "too long"),
    ("too_many", "too many"),
    ("too_many_rows", "more than 2,000 lines"),
    ("unknown_value", "not one of the values that this column takes"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_named_for_programs_and_for_people() {
        let fault = Fault::in_cell(5, "khdn", "unknown_value");
        assert_eq!(fault.field(), "csv.5.khdn");
        assert!(fault.sentence().starts_with("line 5, column khdn: unknown_value: "));
        assert_eq!(Fault::of_file("file_empty").field(), "csv");
        assert_eq!(Fault::of_draft("valid_from", "in_the_past").field(), "valid_from");
        assert_eq!(Fault::in_change(2, "name", "missing").field(), "changes.2.name");
    }
}
