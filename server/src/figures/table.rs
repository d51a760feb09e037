//! A report as a table, and the table as CSV.
//!
//! Safe for spreadsheets: a text that a program would take for a formula begins with an apostrophe. With a byte
//! order mark, so that Excel reads it as UTF-8.

use chinhchu_protocol::console::figures::{Figures, Report, ReportBy};

use super::columns::{COLUMNS, Cell};

/// Heading and cells; the total stands first.
pub struct Table {
    /// Headings.
    pub titles: Vec<String>,
    /// Key, label, figures.
    pub rows: Vec<Vec<Cell>>,
    /// Codes of reasons that occur; their columns are the last.
    pub reasons: Vec<String>,
}

/// Lays a report out.
pub fn of(report: &Report) -> Table {
    let reasons: Vec<String> = report.total.reasons.iter().map(|reason| reason.code.clone()).collect();
    let mut titles = vec![title(report.by).to_owned(), "Tên".to_owned()];
    titles.extend(COLUMNS.iter().map(|column| column.title.to_owned()));
    titles.extend(reasons.iter().map(|code| format!("Từ chối: {code}")));
    let mut rows = vec![row("Tổng", "", &report.total, &reasons)];
    rows.extend(report.items.iter().map(|item| row(&item.key, &item.label, &item.figures, &reasons)));
    Table { titles, rows, reasons }
}

fn row(key: &str, label: &str, figures: &Figures, reasons: &[String]) -> Vec<Cell> {
    let mut cells = vec![Cell::Text(key.to_owned()), Cell::Text(label.to_owned())];
    cells.extend(COLUMNS.iter().map(|column| (column.cell)(figures)));
    cells.extend(reasons.iter().map(|code| {
        let found = figures.reasons.iter().find(|reason| reason.code == *code);
        Cell::Count(found.map_or(0, |reason| reason.share.count))
    }));
    cells
}

/// What the first column is called.
pub const fn title(by: ReportBy) -> &'static str {
    match by {
        ReportBy::Total => "Kỳ",
        ReportBy::Serving => "Công ty phục vụ",
        ReportBy::Home => "Công ty của điểm bán",
        ReportBy::Partner => "Đối tác",
        ReportBy::Agent => "Nhân viên",
        ReportBy::Dealer => "Điểm bán",
        ReportBy::SubType => "Loại thuê bao",
        ReportBy::CustomerType => "Loại khách hàng",
        ReportBy::Payment => "Trả trước/trả sau",
        ReportBy::Day => "Ngày",
        ReportBy::Hour => "Giờ",
        ReportBy::HourOfDay => "Giờ trong ngày",
    }
}

/// As CSV.
pub fn csv(table: &Table) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    out.write_record(&table.titles)?;
    for row in &table.rows {
        out.write_record(row.iter().map(text))?;
    }
    out.into_inner().map_err(|error| error.into_error().into())
}

fn text(cell: &Cell) -> String {
    let number = |value: &Option<f64>, digits: usize| {
        value.map(|value| format!("{value:.digits$}")).unwrap_or_default()
    };
    match cell {
        Cell::Text(text) => harmless(text),
        Cell::Count(count) => count.to_string(),
        Cell::Share(share) => number(share, 6),
        Cell::Seconds(seconds) => number(seconds, 3),
        Cell::Hours(hours) => number(hours, 4),
        Cell::Money(money) => number(money, 0),
    }
}

/// A text that no spreadsheet takes for a formula.
pub fn harmless(text: &str) -> String {
    let first = text.trim_start_matches([' ', '\u{a0}']).chars().next();
    let formula = matches!(
        first,
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠' | '|' | '%')
    );
    if formula { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_never_becomes_a_formula_and_a_number_stays_one() {
        for bad in ["=1+1", "+84", "-2", "@SUM(A1)", "\t=1", " =1", "＝1", "\r=1"] {
            assert!(harmless(bad).starts_with('\''), "{bad:?}");
        }
        assert_eq!(harmless("dl.hcm.0123"), "dl.hcm.0123");
        let table = Table {
            titles: vec!["a".to_owned(), "b".to_owned()],
            rows: vec![vec![Cell::Text("=HYPERLINK(\"x\")".to_owned()), Cell::Share(Some(-0.5))]],
            reasons: Vec::new(),
        };
        let bytes = csv(&table).expect("csv");
        assert_eq!(bytes.get(..3), Some(&[0xef, 0xbb, 0xbf][..]), "Excel reads it as UTF-8");
        let text = String::from_utf8(bytes).expect("UTF-8");
        assert_eq!(text, "\u{feff}a,b\r\n\"'=HYPERLINK(\"\"x\"\")\",-0.500000\r\n");
    }
}
