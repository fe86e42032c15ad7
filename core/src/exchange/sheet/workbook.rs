//! `.xlsx`.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, ExcelDateTime, Reader, Style, Xlsx};

use super::{Builder, Limits, SheetError, Table};

pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Vec<Table>, SheetError> {
    // The reader of the format computes with what the file says (columns of ten letters overflow, for one); a panic in
    // it is a damaged file and nothing more.
    catch_unwind(AssertUnwindSafe(|| read_checked(bytes, limits))).unwrap_or(Err(SheetError::Damaged))
}

fn read_checked(bytes: &[u8], limits: &Limits) -> Result<Vec<Table>, SheetError> {
    bound_unpacked(bytes, limits)?;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| SheetError::Damaged)?;
    let names = workbook.sheet_names();
    if names.len() > limits.sheets {
        return Err(SheetError::TooManySheets { limit: limits.sheets });
    }
    let mut bytes_taken = 0;
    let mut tables = Vec::new();
    for name in names {
        let mut builder = Builder::new(&name, bytes_taken, limits);
        // A sheet of a chart only has no cells to read.
        let cells = match workbook.worksheet_cells_reader(&name) {
            Ok(cells) => cells,
            Err(calamine::XlsxError::NotAWorksheet(_)) => continue,
            Err(_) => return Err(SheetError::Damaged),
        };
        read_cells(cells, &mut builder)?;
        bytes_taken = builder.bytes;
        tables.push(builder.table);
    }
    Ok(tables)
}

/// Unpacks every part once into nothing, counting: what the archive says of its sizes is the word of its author.
fn bound_unpacked(bytes: &[u8], limits: &Limits) -> Result<(), SheetError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| SheetError::Damaged)?;
    let mut left = limits.unpacked_bytes;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|_| SheetError::Damaged)?;
        let mut bounded = part.take(left.saturating_add(1));
        let size = io::copy(&mut bounded, &mut io::sink()).map_err(|_| SheetError::Damaged)?;
        left = left.checked_sub(size).ok_or(SheetError::UnpacksTooLarge {
            limit: limits.unpacked_bytes,
        })?;
    }
    Ok(())
}

/// Reads the cells as they come, not as the rectangle round them: two cells at opposite corners would fill the memory.
fn read_cells(
    mut cells: calamine::XlsxCellReader<'_, Cursor<&[u8]>>,
    builder: &mut Builder<'_>,
) -> Result<(), SheetError> {
    let percent: Vec<bool> = cells.styles().iter().map(is_percent).collect();
    let mut rows: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(|_| SheetError::Damaged)? {
        let (row, column) = cell.get_position();
        let text = text(cell.get_value(), percent.get(style).copied().unwrap_or(false));
        if text.is_empty() {
            continue;
        }
        let (number, column) = (row.saturating_add(1), column as usize);
        builder.admit(number, column, &text)?;
        let known = rows.len();
        let cells = rows.entry(number).or_default();
        builder.widen(cells, column + 1)?;
        cells[column] = text;
        if known > builder.limits.rows {
            return Err(SheetError::TooManyRows {
                limit: builder.limits.rows,
            });
        }
    }
    for (number, cells) in rows {
        builder.push(number, cells)?;
    }
    Ok(())
}

fn is_percent(style: &Style) -> bool {
    style
        .number_format
        .as_ref()
        .is_some_and(|format| format.format_code.contains('%'))
}

/// A cell as a person would read it: whole numbers without a point, never in powers of ten, shares as percent, days as
/// `2026-03-01`.
fn text(value: &DataRef<'_>, percent: bool) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) if percent => format!("{}%", decimal(number * 100.0)),
        DataRef::Float(number) => decimal(*number),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::DateTime(moment) => day_or_moment(moment),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        // What Excel shows where a formula failed (#N/A, #REF!) is no value.
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

fn day_or_moment(moment: &ExcelDateTime) -> String {
    if moment.is_duration() || !(0.0..2_958_466.0).contains(&moment.as_f64()) {
        return decimal(moment.as_f64());
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    if (hour, minute, second) == (0, 0, 0) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
    }
}

/// A number with the fifteen digits that Excel keeps: what a person typed as 0.1 + 0.2 reads 0.3, a phone number keeps
/// its digits.
fn decimal(number: f64) -> String {
    if !number.is_finite() {
        return String::new();
    }
    let short: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    if short == 0.0 {
        "0".to_owned()
    } else {
        short.to_string()
    }
}
