//! The catalogue as a CSV file, in the form of the operator's table: reading with every fault at once, and
//! writing so that it reads back unchanged. Pure.
//!
//! Taken all the same, with a note: a byte order mark, Windows' line ends, semicolons or tabs between cells
//! (spreadsheets under a Vietnamese locale write them), empty lines, decomposed letters. Everything else that
//! is odd is a fault: nothing is guessed.

use std::collections::BTreeMap;

use chinhchu_protocol::case::Payment;
use chinhchu_protocol::console::policy::PolicyValues;
use chinhchu_protocol::policy::VideoCall;
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use super::catalogue::LineKey;
use super::change::{Wish, Wished};
use super::fault::Fault;
use super::{cell, encoding, words};

/// The columns, as they are written.
pub const COLUMNS: [&str; 7] = ["payment", "sub_type", "name", "icc_profile", "type", "khcn_vi2", "khdn"];
/// Most lines of a file, without the first.
pub const MAX_ROWS: usize = 2_000;
/// After so many faults no more are told.
pub const MAX_FAULTS: usize = 200;

/// A file that can be taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Read {
    /// Its lines.
    pub wishes: Vec<Wished>,
    /// What was odd and taken.
    pub notes: Vec<&'static str>,
}

/// Reads a file.
///
/// # Errors
/// Every fault, at most [`MAX_FAULTS`] (then the last one says `more_faults`).
pub fn read(bytes: &[u8]) -> Result<Read, Vec<Fault>> {
    let encoding::Text { text, mut notes } = encoding::text(bytes).map_err(|fault| vec![fault])?;
    let mut sheet = Sheet::default();
    let separator = separator(text, &mut notes);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(text.as_bytes());
    let mut columns = None;
    let mut record = csv::StringRecord::new();
    let mut lines = LineCounter::new(text);
    // A slice of UTF-8 always reads.
    while reader.read_record(&mut record).unwrap_or(false) {
        let line = lines.of(record.position());
        if record.iter().all(str::is_empty) {
            note(&mut notes, "empty_rows");
            continue;
        }
        match &columns {
            None => columns = Some(first_line(line, &record)?),
            Some(columns) => sheet.line(line, columns, &record, &mut notes),
        }
        if sheet.wishes.len() > MAX_ROWS {
            return Err(vec![Fault::of_file("too_many_rows")]);
        }
        if sheet.faults.len() > MAX_FAULTS {
            break;
        }
    }
    if text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
        // The mark swallows the rest of the file: the last record is the one that it stands in.
        sheet.faults.push(Fault::in_line(lines.line, "quote_unclosed"));
    }
    if sheet.lines == 0 && sheet.faults.is_empty() {
        sheet.faults.push(Fault::of_file("no_rows"));
    }
    if sheet.faults.is_empty() {
        return Ok(Read { wishes: sheet.wishes, notes });
    }
    Err(capped(sheet.faults))
}

/// Counts lines as an editor shows them; the reader's own count is one behind after Windows' line ends.
pub struct LineCounter<'a> {
    text: &'a str,
    upto: usize,
    line: u32,
}

impl<'a> LineCounter<'a> {
    /// For a reader of this very text.
    pub const fn new(text: &'a str) -> Self {
        Self { text, upto: 0, line: 1 }
    }

    /// The line on which a record begins; records are asked for in order.
    pub fn of(&mut self, position: Option<&csv::Position>) -> u32 {
        let text = self.text.as_bytes();
        let start = position.map_or(0, |at| usize::try_from(at.byte()).unwrap_or(usize::MAX)).min(text.len());
        let blank = text[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        for at in self.upto..start + blank {
            let ends = text[at] == b'\n' || (text[at] == b'\r' && text.get(at + 1) != Some(&b'\n'));
            self.line += u32::from(ends);
        }
        self.upto = self.upto.max(start + blank);
        self.line
    }
}

/// At most [`MAX_FAULTS`].
pub fn capped(mut faults: Vec<Fault>) -> Vec<Fault> {
    if faults.len() > MAX_FAULTS {
        faults.truncate(MAX_FAULTS - 1);
        faults.push(Fault::of_file("more_faults"));
    }
    faults
}

/// The first line tells what stands between cells.
fn separator(text: &str, notes: &mut Vec<&'static str>) -> u8 {
    let first = text.lines().next().unwrap_or("");
    match (first.contains(','), first.contains(';'), first.contains('\t')) {
        (false, true, _) => {
            notes.push("semicolons");
            b';'
        }
        (false, false, true) => {
            notes.push("tabs");
            b'\t'
        }
        (_, _, _) => b',',
    }
}

fn note(notes: &mut Vec<&'static str>, name: &'static str) {
    if !notes.contains(&name) {
        notes.push(name);
    }
}

/// What was read so far.
#[derive(Default)]
struct Sheet {
    lines: usize,
    wishes: Vec<Wished>,
    seen: BTreeMap<LineKey, u32>,
    faults: Vec<Fault>,
}

/// Where each of [`COLUMNS`] stands in the file.
type Places = [usize; COLUMNS.len()];

/// Without its columns a file cannot be read any further.
fn first_line(line: u32, record: &csv::StringRecord) -> Result<Places, Vec<Fault>> {
    let mut faults = Vec::new();
    for (index, name) in record.iter().enumerate() {
        if !COLUMNS.contains(&name) {
            // What stands there may be anything: only plain names are repeated.
            let plain = name.len() <= 32 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            let column = if plain && !name.is_empty() { name.to_owned() } else { (index + 1).to_string() };
            faults.push(Fault::in_cell(line, &column, "column_unknown"));
        } else if record.iter().take(index).any(|before| before == name) {
            faults.push(Fault::in_cell(line, name, "column_repeated"));
        }
    }
    let mut places = Places::default();
    for (place, name) in places.iter_mut().zip(COLUMNS) {
        match record.iter().position(|found| found == name) {
            Some(index) => *place = index,
            None => faults.push(Fault::in_cell(line, name, "column_missing")),
        }
    }
    if faults.is_empty() { Ok(places) } else { Err(capped(faults)) }
}

impl Sheet {
    fn line(
        &mut self,
        line: u32,
        places: &Places,
        record: &csv::StringRecord,
        notes: &mut Vec<&'static str>,
    ) {
        self.lines += 1;
        if record.len() != COLUMNS.len() {
            self.faults.push(Fault::in_line(line, "cell_count"));
            return;
        }
        let [payment, sub_type, name, icc_profile, kind, people, firms] =
            places.map(|place| record.get(place).unwrap_or(""));
        if !is_nfc(name) {
            note(notes, "letters_composed");
        }
        let before = self.faults.len();
        let payment = self.payment(line, payment);
        self.sub_type(line, payment, sub_type);
        self.told(line, "name", cell::name(name));
        self.told(line, "icc_profile", cell::code(icc_profile));
        self.told(line, "type", cell::code(kind));
        let (people, firms) = (self.answer(line, "khcn_vi2", people), self.answer(line, "khdn", firms));
        let (Some(payment), Some(individual_vi2), Some(enterprise)) = (payment, people, firms) else {
            return;
        };
        let key = LineKey { payment, sub_type: sub_type.to_owned() };
        if self.seen.insert(key.clone(), line).is_some() {
            self.faults.push(Fault::in_cell(line, "sub_type", "duplicate"));
        }
        if self.faults.len() > before {
            return;
        }
        let values = PolicyValues {
            name: name.nfc().collect(),
            icc_profile: icc_profile.to_owned(),
            kind: kind.to_owned(),
            individual_vi2,
            enterprise,
        };
        self.wishes.push(Wished { at: line, key, wish: Wish::Set(values) });
    }

    fn told(&mut self, line: u32, column: &str, code: Option<&'static str>) {
        self.faults.extend(code.map(|code| Fault::in_cell(line, column, code)));
    }

    fn payment(&mut self, line: u32, text: &str) -> Option<Payment> {
        let found = words::read_payment(text);
        if found.is_none() {
            self.told(line, "payment", Some(cell::plain(text).unwrap_or("unknown_value")));
        }
        found
    }

    fn sub_type(&mut self, line: u32, payment: Option<Payment>, text: &str) {
        self.told(line, "sub_type", cell::sub_type(payment, text));
    }

    fn answer(&mut self, line: u32, column: &str, text: &str) -> Option<VideoCall> {
        let code = match text {
            "Y" => return Some(VideoCall::Mandatory),
            "N" => return Some(VideoCall::NotMandatory),
            "y" | "n" => "lower_case",
            other => cell::plain(other).unwrap_or("unknown_value"),
        };
        self.told(line, column, Some(code));
        None
    }
}

/// Writes lines, in the given order, so that [`read`] takes them unchanged.
pub fn write<'a>(lines: impl Iterator<Item = (&'a LineKey, PolicyValues)>) -> String {
    let mut text = COLUMNS.join(",");
    text.push('\n');
    for (key, values) in lines {
        let yes_no = |answer| match answer {
            VideoCall::Mandatory => "Y",
            VideoCall::NotMandatory => "N",
        };
        let cells = [
            words::payment(key.payment),
            &key.sub_type,
            &quoted(&values.name),
            &values.icc_profile,
            &values.kind,
            yes_no(values.individual_vi2),
            yes_no(values.enterprise),
        ];
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

/// Only a name can hold what needs marks.
fn quoted(name: &str) -> String {
    if name.contains([',', '"', ';', '\t']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests;
