//! `.xlsx`.

use chrono::{DateTime, Datelike, Utc};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::value::{Rows, Written};
use super::{ExportError, Lookup, Options, Record};
use crate::exchange::catalogue::Column;
use crate::schema::Kind;

/// One sheet of a workbook.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Its name, at most 31 characters, without `[ ] : * ? / \`.
    pub name: String,
    /// The kind of its records.
    pub kind: &'static Kind,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its records.
    pub records: Vec<Record>,
}

/// A workbook in memory. `at` is when it was made, as it says of itself.
///
/// # Errors
/// More rows or longer texts than a workbook holds; names of sheets that it does not take.
pub fn xlsx(
    sheets: &[Sheet],
    lookup: &dyn Lookup,
    options: &Options,
    at: DateTime<Utc>,
) -> Result<Vec<u8>, ExportError> {
    let mut workbook = Workbook::new();
    let made = ExcelDateTime::from_timestamp(at.timestamp()).map_err(ExportError::Workbook)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    for sheet in sheets {
        let worksheet = workbook.add_worksheet();
        worksheet.set_name(&sheet.name).map_err(ExportError::Workbook)?;
        write(worksheet, sheet, lookup, options)?;
    }
    workbook.save_to_buffer().map_err(ExportError::Workbook)
}

fn write(worksheet: &mut Worksheet, sheet: &Sheet, lookup: &dyn Lookup, options: &Options) -> Result<(), ExportError> {
    let bold = Format::new().set_bold();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let percent = Format::new().set_num_format("0.##%");
    for (at, column) in (0_u16..).zip(&sheet.columns) {
        worksheet
            .write_string_with_format(0, at, column.label(options.language), &bold)
            .map_err(|error| failed(&error, column, 0))?;
    }
    worksheet.set_freeze_panes(1, 0).map_err(ExportError::Workbook)?;
    let rows = Rows {
        kind: sheet.kind,
        columns: &sheet.columns,
        lookup,
        options,
    };
    for (row, record) in (1_u32..).zip(&sheet.records) {
        for ((at, column), cell) in (0_u16..).zip(&sheet.columns).zip(rows.cells(record)) {
            let result = match cell {
                Written::Blank => continue,
                Written::Text(text) => worksheet.write_string(row, at, text),
                Written::Number(text) => match exact(&text) {
                    Some(number) => worksheet.write_number(row, at, number),
                    None => worksheet.write_string(row, at, text),
                },
                #[expect(clippy::cast_precision_loss, reason = "basis points are far below 2^53")]
                Written::Percent(bp) => worksheet.write_number_with_format(row, at, bp as f64 / 10_000.0, &percent),
                Written::Day(value) => match excel_day(value) {
                    Some(moment) => worksheet.write_datetime_with_format(row, at, &moment, &day),
                    None => worksheet.write_string(row, at, value.to_string()),
                },
            };
            result.map_err(|error| failed(&error, column, row + 1))?;
        }
    }
    Ok(())
}

/// A number that a workbook keeps: it has fifteen digits, and an amount with more must not lose its cents.
fn exact(text: &str) -> Option<f64> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (digits <= 15).then(|| text.parse().ok()).flatten()
}

/// A day as a workbook has it; it knows none before 1900.
fn excel_day(day: chrono::NaiveDate) -> Option<ExcelDateTime> {
    let year = u16::try_from(day.year()).ok().filter(|year| *year > 1900)?;
    ExcelDateTime::from_ymd(year, u8::try_from(day.month()).ok()?, u8::try_from(day.day()).ok()?).ok()
}

fn failed(error: &XlsxError, column: &Column, row: u32) -> ExportError {
    match error {
        XlsxError::MaxStringLengthExceeded => ExportError::TextTooLong {
            column: column.code.to_string(),
            row,
        },
        _ => ExportError::TooManyRows,
    }
}
