use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::*;

fn one(bytes: &[u8]) -> Table {
    let mut tables = read(bytes, &Limits::default()).unwrap();
    assert_eq!(tables.len(), 1);
    tables.remove(0)
}

fn rows(table: &Table) -> Vec<Vec<&str>> {
    table
        .rows
        .iter()
        .map(|row| row.cells.iter().map(String::as_str).collect())
        .collect()
}

#[test]
fn one_list_reads_alike_in_every_encoding() {
    let text = "客户名称,电话\r\n永辉超市,13800138000\r\n";
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let files = [
        text.as_bytes().to_vec(),
        [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        encoding_rs::GB18030.encode(text).0.into_owned(),
        [b"\xff\xfe".as_slice(), &utf16].concat(),
        [b"\xfe\xff".as_slice(), &utf16be].concat(),
        text.replace(',', "\t").into_bytes(),
        text.replace(',', ";").into_bytes(),
    ];
    for file in files {
        let table = one(&file);
        assert_eq!(table.headers, ["客户名称", "电话"]);
        assert_eq!(rows(&table), [["永辉超市", "13800138000"]]);
        assert_eq!(table.rows[0].number, 2);
    }
}

#[test]
fn quotes_blank_lines_and_uneven_rows_are_read_as_spreadsheets_do() {
    let table = one(b"\n name , note\nA,\"one\ntwo, \"\"three\"\"\"\n\n,\nB\nC,x,y,\n");
    assert_eq!(table.headers, [" name ", " note"]);
    assert_eq!(
        rows(&table),
        [vec!["A", "one\ntwo, \"three\""], vec!["B", ""], vec!["C", "x", "y"]]
    );
    let numbers: Vec<u32> = table.rows.iter().map(|row| row.number).collect();
    assert_eq!(numbers, [3, 7, 8]);
}

fn workbook() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("客户").unwrap();
    for (column, header) in ["客户名称*", "电话", "邮编", "日期", "赢单率", "金额"]
        .iter()
        .enumerate()
    {
        sheet.write_string(2, u16::try_from(column).unwrap(), *header).unwrap();
    }
    sheet.write_string(4, 0, "永辉超市").unwrap();
    sheet.write_number(4, 1, 13_800_138_000_f64).unwrap();
    sheet.write_number(4, 2, 100_000_f64).unwrap();
    let day = ExcelDateTime::from_ymd(2026, 3, 1).unwrap();
    sheet
        .write_datetime_with_format(4, 3, &day, &Format::new().set_num_format("yyyy-mm-dd"))
        .unwrap();
    sheet
        .write_number_with_format(4, 4, 0.3, &Format::new().set_num_format("0%"))
        .unwrap();
    sheet.write_number(4, 5, 0.1 + 0.2).unwrap();
    workbook.add_worksheet().set_name("空").unwrap();
    let contacts = workbook.add_worksheet().set_name("联系人").unwrap();
    contacts.write_string(0, 0, "姓名").unwrap();
    contacts.write_boolean(1, 0, true).unwrap();
    workbook.save_to_buffer().unwrap()
}

#[test]
fn a_workbook_is_read_sheet_by_sheet_as_a_person_reads_it() {
    let tables = read(&workbook(), &Limits::default()).unwrap();
    let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["客户", "联系人"]);
    assert_eq!(tables[0].headers[0], "客户名称*");
    assert_eq!(
        rows(&tables[0]),
        [["永辉超市", "13800138000", "100000", "2026-03-01", "30%", "0.3"]]
    );
    assert_eq!(tables[0].rows[0].number, 5);
    assert_eq!(rows(&tables[1]), [["TRUE"]]);
}

#[test]
fn limits_are_kept_and_say_where() {
    let limits = Limits {
        rows: 2,
        columns: 2,
        cell_chars: 5,
        ..Limits::default()
    };
    let error = |text: &str| read(text.as_bytes(), &limits).unwrap_err();
    assert_eq!(error("a\n1\n2\n"), SheetError::TooManyRows { limit: 2 });
    assert_eq!(error("a,b\n1,2,3\n"), SheetError::TooManyColumns { limit: 2, row: 2 });
    assert_eq!(
        error("a,b\n1,123456\n"),
        SheetError::CellTooLong {
            row: 2,
            column: 2,
            limit: 5
        }
    );
    assert_eq!(error(""), SheetError::Empty);
    assert_eq!(error(" , \n"), SheetError::Empty);
    let small = Limits {
        file_bytes: 3,
        ..Limits::default()
    };
    assert_eq!(read(b"a\nb\n", &small), Err(SheetError::FileTooLarge { limit: 3 }));
    assert_eq!(
        read_from(b"a\nb\n".as_slice(), &small),
        Err(SheetError::FileTooLarge { limit: 3 })
    );
    let small = Limits {
        table_bytes: 100,
        ..Limits::default()
    };
    assert_eq!(
        read(b"a,b,c\n1\n2\n", &small),
        Err(SheetError::TableTooLarge { limit: 100 })
    );
}

#[test]
fn what_is_no_spreadsheet_is_refused_by_name() {
    let error = |bytes: &[u8]| read(bytes, &Limits::default()).unwrap_err();
    assert_eq!(error(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest"), SheetError::OldWorkbook);
    assert_eq!(error(b"PK\x03\x04 no archive"), SheetError::Damaged);
    assert_eq!(error(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), SheetError::UnknownEncoding);
    assert_eq!(error(b"\xef\xbb\xbfa\xff"), SheetError::UnknownEncoding);
}

#[test]
fn a_small_file_that_unpacks_to_a_large_one_is_refused() {
    let bytes = workbook();
    let limits = Limits {
        unpacked_bytes: 2_000,
        ..Limits::default()
    };
    assert_eq!(read(&bytes, &limits), Err(SheetError::UnpacksTooLarge { limit: 2_000 }));
    // One long text shared by many cells is small on disk and large in memory.
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for row in 0..1_000 {
        sheet.write_string(row, 0, "x".repeat(10_000)).unwrap();
    }
    let limits = Limits {
        table_bytes: 1 << 20,
        ..Limits::default()
    };
    assert_eq!(
        read(&workbook.save_to_buffer().unwrap(), &limits),
        Err(SheetError::TableTooLarge { limit: 1 << 20 })
    );
}

#[test]
fn cells_at_opposite_corners_cost_nothing() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_string(0, 0, "name").unwrap();
    sheet.write_string(1_048_575, 0, "last").unwrap();
    assert_eq!(rows(&one(&workbook.save_to_buffer().unwrap())), [["last"]]);
    let far = workbook.add_worksheet();
    far.write_string(1_048_575, 16_383, "far").unwrap();
    let error = read(&workbook.save_to_buffer().unwrap(), &Limits::default()).unwrap_err();
    assert_eq!(
        error,
        SheetError::TooManyColumns {
            limit: 256,
            row: 1_048_576
        }
    );
}

/// An archive whose worksheet is `xml`; the rest is as a spreadsheet writes it.
fn with_sheet_xml(xml: &str) -> Vec<u8> {
    use std::io::{Cursor, Read, Write};
    let book = workbook();
    let mut from = zip::ZipArchive::new(Cursor::new(book.as_slice())).unwrap();
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..from.len() {
        let mut part = from.by_index(at).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut content = Vec::new();
        part.read_to_end(&mut content).unwrap();
        to.start_file(&*name, zip::write::SimpleFileOptions::default()).unwrap();
        let sheet = name == "xl/worksheets/sheet1.xml";
        to.write_all(if sheet { xml.as_bytes() } else { &content }).unwrap();
    }
    to.finish().unwrap().into_inner()
}

#[test]
fn a_workbook_that_lies_of_its_cells_is_damaged_and_no_more() {
    let sheet = |cells: &str| {
        with_sheet_xml(&format!(
            "<worksheet><sheetData><row r=\"1\">{cells}</row></sheetData></worksheet>"
        ))
    };
    for cells in [
        "<c r=\"AAAAAAAAAAAA1\"><v>1</v></c>",
        "<c r=\"A99999999999\"><v>1</v></c>",
        "<c r=\"A1\" t=\"s\"><v>4000000000</v></c>",
        "<c r=\"A1\"><v>1",
        "<c r=\"é\"><v>1</v></c>",
    ] {
        assert!(read(&sheet(cells), &Limits::default()).is_err(), "{cells}");
    }
    assert_eq!(
        read(&sheet("<c r=\"A1\"><v>1</v></c>"), &Limits::default()).unwrap()[0].headers,
        ["1"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = read(&bytes, &Limits::default());
    }

    #[test]
    fn random_text_never_panics(text in "[\"',;\t\r\n=a永0-9\u{feff}]{0,300}") {
        let _ = read(text.as_bytes(), &Limits::default());
    }

    #[test]
    fn a_workbook_with_changed_bytes_never_panics(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
        let mut bytes = workbook();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = read(&bytes, &Limits::default());
    }

    #[test]
    fn a_worksheet_of_odd_xml_never_panics(xml in "(<c r=\"[A-Z]{0,9}[0-9]{0,12}\" t=\"(s|b|e|d|str|n|x)\" s=\"[0-9]{1,4}\"><v>[0-9eE.+-]{0,20}</v></c>|<row r=\"[0-9]{0,12}\">|</row>|<is>|<t>|[<>&;a]){0,10}") {
        let _ = read(&with_sheet_xml(&format!("<worksheet><sheetData>{xml}</sheetData></worksheet>")), &Limits::default());
    }
}
