//! A report as a workbook: the figures (numbers as numbers, heading frozen), and what each means.

use chinhchu_protocol::console::figures::{Report, ReportBy};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::columns::{COLUMNS, Cell};
use super::period::Period;
use super::{table, words};

/// Widths, in characters.
const KEY_WIDTH: f64 = 28.0;
const CELL_WIDTH: f64 = 14.0;

/// Writes it.
pub fn workbook(report: &Report) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    figures(book.add_worksheet(), report)?;
    definitions(book.add_worksheet(), report)?;
    book.save_to_buffer()
}

fn heading() -> Format {
    Format::new().set_bold().set_text_wrap()
}

fn figures(sheet: &mut Worksheet, report: &Report) -> Result<(), XlsxError> {
    sheet.set_name("Số liệu")?;
    let (table, heading) = (table::of(report), heading());
    let formats = Formats::new();
    for (column, title) in (0_u16..).zip(&table.titles) {
        sheet.write_string_with_format(0, column, title, &heading)?;
        sheet.set_column_width(column, if column < 2 { KEY_WIDTH } else { CELL_WIDTH })?;
    }
    for (row, cells) in (1_u32..).zip(&table.rows) {
        for (column, cell) in (0_u16..).zip(cells) {
            formats.write(sheet, row, column, cell)?;
        }
    }
    sheet.set_freeze_panes(1, 1)?;
    Ok(())
}

struct Formats {
    share: Format,
    seconds: Format,
    money: Format,
}

impl Formats {
    fn new() -> Self {
        let with = |format: &str| Format::new().set_num_format(format);
        Self { share: with("0.0%"), seconds: with("#,##0.0"), money: with("#,##0") }
    }

    /// Text stays text (a string cell is never a formula); what is not known stays empty.
    fn write(&self, sheet: &mut Worksheet, row: u32, column: u16, cell: &Cell) -> Result<(), XlsxError> {
        let (value, format) = match cell {
            Cell::Text(text) => return sheet.write_string(row, column, text).map(drop),
            Cell::Count(count) => return sheet.write_number(row, column, *count).map(drop),
            Cell::Share(share) => (share, &self.share),
            Cell::Seconds(seconds) => (seconds, &self.seconds),
            Cell::Hours(hours) => (hours, &self.seconds),
            Cell::Money(money) => (money, &self.money),
        };
        match value {
            Some(value) => sheet.write_number_with_format(row, column, *value, format).map(drop),
            None => Ok(()),
        }
    }
}

fn definitions(sheet: &mut Worksheet, report: &Report) -> Result<(), XlsxError> {
    sheet.set_name("Định nghĩa")?;
    let heading = heading();
    for (column, (title, width)) in (0_u16..).zip([("Cột", 30.0), ("Mã", 24.0), ("Ý nghĩa", 100.0)]) {
        sheet.write_string_with_format(0, column, title, &heading)?;
        sheet.set_column_width(column, width)?;
    }
    let mut row = 1;
    for column in COLUMNS {
        sheet.write_string(row, 0, column.title)?;
        sheet.write_string(row, 1, column.id)?;
        sheet.write_string(row, 2, column.meaning)?;
        row += 1;
    }
    for (title, value) in terms(report) {
        sheet.write_string(row, 0, title)?;
        sheet.write_string(row, 2, value)?;
        row += 1;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

/// What the report was asked for.
fn terms(report: &Report) -> Vec<(&'static str, String)> {
    let (first, last) = Period { from: report.from, to: report.to }.names();
    let mut told = vec![
        ("Kỳ báo cáo (giờ Việt Nam; gồm cả ngày hoặc giờ cuối)", format!("{first} – {last}")),
        ("Chia theo", table::title(report.by).to_owned()),
        ("T (giây)", report.within_s.to_string()),
    ];
    let only = [
        (ReportBy::Home, &report.home),
        (ReportBy::Serving, &report.serving),
        (ReportBy::Dealer, &report.dealer),
        (ReportBy::Agent, &report.agent),
    ];
    told.extend(only.into_iter().filter_map(|(by, name)| Some((table::title(by), name.clone()?))));
    let partner = |name: &String| if name.is_empty() { words::called(name) } else { name.clone() };
    told.extend(report.partner.as_ref().map(|name| (table::title(ReportBy::Partner), partner(name))));
    told.extend(report.price_per_call.map(|price| ("Đơn giá một cuộc gọi (đ)", price.to_string())));
    told.extend(report.price_per_agent_hour.map(|price| ("Đơn giá một giờ trực (đ)", price.to_string())));
    told
}
