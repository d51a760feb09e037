//! Files as spreadsheets write them.

use super::super::catalogue::BUILT_IN;
use super::*;

const FIRST: &str = "payment,sub_type,name,icc_profile,type,khcn_vi2,khdn\n";

fn faults(bytes: &[u8]) -> Vec<(String, &'static str)> {
    let list = read(bytes).expect_err("faults");
    list.into_iter().map(|fault| (fault.field(), fault.code)).collect()
}

fn of_lines(lines: &str) -> Vec<(String, &'static str)> {
    faults(format!("{FIRST}{lines}").as_bytes())
}

fn named(list: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    list.iter().map(|(field, code)| ((*field).to_owned(), *code)).collect()
}

/// P1
#[test]
fn the_plans_table_has_27_prepaid_types_and_one_postpaid_line_and_is_written_back_to_the_byte() {
    let table = read(BUILT_IN.as_bytes()).expect("catalogue");
    let count = |payment| table.wishes.iter().filter(|one| one.key.payment == payment).count();
    assert_eq!((count(Payment::Prepaid), count(Payment::Postpaid)), (27, 1));
    assert!(table.notes.is_empty());
    let lines = table.wishes.iter().map(|wished| match &wished.wish {
        Wish::Set(values) => (&wished.key, values.clone()),
        Wish::End => unreachable!("a file sets"),
    });
    assert_eq!(write(lines), BUILT_IN);
}

#[test]
fn what_spreadsheets_write_around_the_text_is_taken_with_a_note() {
    let plain = read(BUILT_IN.as_bytes()).expect("catalogue").wishes;
    let windows = format!("\u{feff}{}", BUILT_IN.replace('\n', "\r\n"));
    let found = read(windows.as_bytes()).expect("read");
    assert_eq!(found.notes, ["byte_order_mark", "windows_line_ends"]);
    assert_eq!(found.wishes, plain);
    for (between, note) in [(";", "semicolons"), ("\t", "tabs")] {
        let found = read(BUILT_IN.replace(',', between).as_bytes()).expect("read");
        assert_eq!((found.wishes.as_slice(), found.notes.as_slice()), (plain.as_slice(), &[note][..]));
    }
    let found = read(format!("{BUILT_IN},,,,,,\n\n").as_bytes()).expect("read");
    assert_eq!((found.wishes.as_slice(), found.notes.as_slice()), (plain.as_slice(), &["empty_rows"][..]));
    let decomposed: String = BUILT_IN.nfd().collect();
    assert_ne!(decomposed, BUILT_IN);
    let found = read(decomposed.as_bytes()).expect("read");
    assert_eq!(
        (found.wishes.as_slice(), found.notes.as_slice()),
        (plain.as_slice(), &["letters_composed"][..])
    );
    let columns = "khdn,khcn_vi2,type,icc_profile,name,sub_type,payment\nN,Y,TT,TT2,MOBICARD,MC,prepaid\n";
    assert_eq!(read(columns.as_bytes()).expect("read").wishes[0].key.sub_type, "MC");
}

#[test]
fn a_file_that_is_no_utf8_text_is_told_by_what_it_is() {
    let utf16: Vec<u8> = BUILT_IN.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(faults(&[&[0xff, 0xfe][..], &utf16].concat()), named(&[("csv", "encoding_utf16")]));
    assert_eq!(faults(&utf16), named(&[("csv", "encoding_utf16")]));
    // «Trả sau» as Windows-1258 writes it: a, hook above.
    let windows_1258 = [FIRST.as_bytes(), b"postpaid,*,Tra\xd2 sau,,,N,N\n"].concat();
    assert_eq!(faults(&windows_1258), named(&[("csv.2", "encoding_not_utf8")]));
    assert_eq!(faults(b"PK\x03\x04rest"), named(&[("csv", "encoding_workbook")]));
    assert_eq!(faults(b""), named(&[("csv", "file_empty")]));
    assert_eq!(faults(b"\xef\xbb\xbf\r\n"), named(&[("csv", "file_empty")]));
    assert_eq!(faults(FIRST.as_bytes()), named(&[("csv", "no_rows")]));
    assert_eq!(faults(&vec![b'x'; encoding::MAX_BYTES + 1]), named(&[("csv", "file_too_large")]));
}

#[test]
fn every_fault_of_every_line_is_told_at_once() {
    let lines = "prepaid,mc,MOBICARD,TT2,TT,Y,Y\n\
                 prepaid,MQ, MOBIQ,QT2,TT,y,\n\
                 trả trước,ZP,=ZP,TBT2,tt,Y,maybe\n\
                 prepaid,B4G,Ba khía 4G,TBT2,TT,Y\n\
                 prepaid,ET1,A,MCP,TT,Y,Y\n\
                 prepaid,ET1,B,MCP,TT,Y,N\n\
                 postpaid,MC,Trả sau,,,N,N\n\
                 prepaid,*,Tr? sau,,,N,N\n";
    assert_eq!(
        of_lines(lines),
        named(&[
            ("csv.2.sub_type", "lower_case"),
            ("csv.3.name", "spaces"),
            ("csv.3.khcn_vi2", "lower_case"),
            ("csv.3.khdn", "missing"),
            ("csv.4.payment", "unknown_value"),
            ("csv.4.name", "formula"),
            ("csv.4.type", "lower_case"),
            ("csv.4.khdn", "unknown_value"),
            ("csv.5", "cell_count"),
            ("csv.7.sub_type", "duplicate"),
            ("csv.8.sub_type", "unknown_value"),
            ("csv.9.sub_type", "bad_characters"),
            ("csv.9.name", "letters_lost"),
        ])
    );
}

#[test]
fn the_first_line_names_every_column_once() {
    let first = "payment,sub_type,name,name,Type,Mã hồ sơ,khcn_vi2\nprepaid,MC,A,B,TT,X,Y\n";
    assert_eq!(
        faults(first.as_bytes()),
        named(&[
            ("csv.1.name", "column_repeated"),
            ("csv.1.Type", "column_unknown"),
            ("csv.1.6", "column_unknown"),
            ("csv.1.icc_profile", "column_missing"),
            ("csv.1.type", "column_missing"),
            ("csv.1.khdn", "column_missing"),
        ])
    );
}

#[test]
fn long_files_have_an_end() {
    let row = |n: usize| format!("prepaid,A{n},A,A,TT,Y,Y\n");
    let rows = |count: usize| (0..count).map(row).collect::<Vec<_>>().concat();
    assert_eq!(read(format!("{FIRST}{}", rows(2_000)).as_bytes()).expect("read").wishes.len(), 2_000);
    assert_eq!(of_lines(&rows(2_001)), named(&[("csv", "too_many_rows")]));
    let bad = "prepaid,x,A,A,TT,Y,Y\n".repeat(300);
    let list = of_lines(&bad);
    assert_eq!((list.len(), list.last().map(|last| last.1)), (MAX_FAULTS, Some("more_faults")));
}

#[test]
fn quotation_marks_hold_separators_and_must_be_closed() {
    let table = format!("{FIRST}prepaid,MC,\"A, \"\"B\"\"\",TT2,TT,Y,N\n");
    let found = read(table.as_bytes()).expect("read");
    let lines = found.wishes.iter().map(|one| match &one.wish {
        Wish::Set(values) => (&one.key, values.clone()),
        Wish::End => unreachable!("a file sets"),
    });
    assert_eq!(write(lines), table);
    let open = of_lines("prepaid,MC,\"A,TT2,TT,Y,N\nprepaid,MQ,B,TT2,TT,Y,N\n");
    assert!(open.contains(&("csv.2".to_owned(), "quote_unclosed")), "{open:?}");
}
