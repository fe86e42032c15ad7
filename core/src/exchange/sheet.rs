//! Files of rows and columns, as text: CSV in the encodings that people have, and `.xlsx`.
//!
//! The bytes come from outside and are read within [`Limits`]: neither a large file nor a small one that unpacks to a
//! large one takes more memory than they say.

mod delimited;
mod workbook;

use std::io::Read;

/// Bounds on what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest file, in bytes.
    pub file_bytes: u64,
    /// Most bytes that a packed file may unpack to.
    pub unpacked_bytes: u64,
    /// Most bytes of memory that all cells of a file may take together, blank ones included.
    pub table_bytes: usize,
    /// Most rows of one sheet, the header among them.
    pub rows: usize,
    /// Most columns of one sheet.
    pub columns: usize,
    /// Longest text of one cell, in characters.
    pub cell_chars: usize,
    /// Most sheets of one workbook.
    pub sheets: usize,
}

impl Default for Limits {
    /// 30 000 rows below a header (what the largest edition of the most common source gives out), and room around it.
    fn default() -> Self {
        Self {
            file_bytes: 32 << 20,
            unpacked_bytes: 256 << 20,
            table_bytes: 96 << 20,
            rows: 30_001,
            columns: 256,
            cell_chars: 32_767,
            sheets: 20,
        }
    }
}

/// Why a file was not read. No text of the file is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// The file is larger than allowed.
    #[error("the file is larger than {limit} bytes")]
    FileTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The packed file unpacks to more than allowed.
    #[error("the file unpacks to more than {limit} bytes")]
    UnpacksTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The cells take more memory than allowed.
    #[error("the cells take more than {limit} bytes of memory; split the file")]
    TableTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// A sheet has more rows than allowed.
    #[error("more than {limit} rows; split the file")]
    TooManyRows {
        /// The limit, the header included.
        limit: usize,
    },
    /// A sheet has more columns than allowed.
    #[error("more than {limit} columns (row {row})")]
    TooManyColumns {
        /// The limit.
        limit: usize,
        /// Where.
        row: u32,
    },
    /// A cell holds more text than allowed; most often a quotation mark that is never closed.
    #[error(
        "the cell in row {row}, column {column} is longer than {limit} characters (is a quotation mark not closed?)"
    )]
    CellTooLong {
        /// The row, as a spreadsheet counts.
        row: u32,
        /// The column, from 1.
        column: usize,
        /// The limit in characters.
        limit: usize,
    },
    /// A workbook has more sheets than allowed.
    #[error("more than {limit} sheets")]
    TooManySheets {
        /// The limit.
        limit: usize,
    },
    /// The text is neither UTF-8 nor UTF-16 nor GB18030.
    #[error("the text is in no known encoding; save the file as CSV UTF-8")]
    UnknownEncoding,
    /// The binary format of Excel before 2007.
    #[error("this is an .xls file; save it as .xlsx")]
    OldWorkbook,
    /// Not readable as what it seems to be.
    #[error("the file is damaged or not a spreadsheet")]
    Damaged,
    /// Nothing but blank cells.
    #[error("the file has no rows")]
    Empty,
    /// The bytes could not be had.
    #[error("the file could not be read")]
    Unreadable,
}

/// One sheet: a row of headers and the rows below it. Rows without text are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Name of the sheet; empty for a CSV file.
    pub name: String,
    /// The first row with text.
    pub headers: Vec<String>,
    /// The rows below.
    pub rows: Vec<Row>,
}

/// One row of a [`Table`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Its number for messages: of a CSV file the line on which it begins, of a workbook the row; both from 1.
    pub number: u32,
    /// Its cells; as many as there are headers, more where the row is longer.
    pub cells: Vec<String>,
}

/// Reads all sheets that hold anything: of a workbook each, of a CSV file the one.
///
/// # Errors
/// A file beyond the limits, damaged, or in no known form: see [`SheetError`]. It never panics.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Vec<Table>, SheetError> {
    if bytes.len() as u64 > limits.file_bytes {
        return Err(SheetError::FileTooLarge {
            limit: limits.file_bytes,
        });
    }
    let tables = if bytes.starts_with(b"PK\x03\x04") {
        workbook::read(bytes, limits)?
    } else if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(SheetError::OldWorkbook);
    } else {
        vec![delimited::read(bytes, limits)?]
    };
    let tables: Vec<Table> = tables.into_iter().filter(|table| !table.headers.is_empty()).collect();
    if tables.is_empty() {
        Err(SheetError::Empty)
    } else {
        Ok(tables)
    }
}

/// Reads all sheets from a source of bytes, which is read no further than the limit.
///
/// # Errors
/// As [`read`]; [`SheetError::Unreadable`] where the source fails.
pub fn read_from(source: impl Read, limits: &Limits) -> Result<Vec<Table>, SheetError> {
    let mut bytes = Vec::new();
    let mut source = source.take(limits.file_bytes.saturating_add(1));
    source.read_to_end(&mut bytes).map_err(|_| SheetError::Unreadable)?;
    read(&bytes, limits)
}

/// Puts a table together row by row, within the limits.
struct Builder<'a> {
    table: Table,
    limits: &'a Limits,
    rows: usize,
    bytes: usize,
}

impl<'a> Builder<'a> {
    fn new(name: &str, bytes: usize, limits: &'a Limits) -> Self {
        let table = Table {
            name: name.to_owned(),
            ..Table::default()
        };
        Self {
            table,
            limits,
            rows: 0,
            bytes,
        }
    }

    /// Checks one cell before it is kept.
    fn admit(&mut self, row: u32, column: usize, text: &str) -> Result<(), SheetError> {
        let Limits {
            columns, cell_chars, ..
        } = *self.limits;
        if text.is_empty() {
            return Ok(());
        }
        if column >= columns {
            return Err(SheetError::TooManyColumns { limit: columns, row });
        }
        if text.len() > cell_chars && text.chars().count() > cell_chars {
            return Err(SheetError::CellTooLong {
                row,
                column: column + 1,
                limit: cell_chars,
            });
        }
        self.charge(text.len())
    }

    /// Widens a row to `width` cells.
    fn widen(&mut self, cells: &mut Vec<String>, width: usize) -> Result<(), SheetError> {
        let blank = width.saturating_sub(cells.len());
        self.charge(blank * size_of::<String>())?;
        cells.resize(cells.len() + blank, String::new());
        Ok(())
    }

    fn charge(&mut self, bytes: usize) -> Result<(), SheetError> {
        self.bytes += bytes;
        let limit = self.limits.table_bytes;
        if self.bytes > limit {
            Err(SheetError::TableTooLarge { limit })
        } else {
            Ok(())
        }
    }

    /// Keeps a row whose cells were admitted. The first with text is the header.
    fn push(&mut self, number: u32, mut cells: Vec<String>) -> Result<(), SheetError> {
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            return Ok(());
        }
        self.rows += 1;
        if self.rows > self.limits.rows {
            return Err(SheetError::TooManyRows {
                limit: self.limits.rows,
            });
        }
        while cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        if self.table.headers.is_empty() {
            self.table.headers = cells;
            return Ok(());
        }
        self.widen(&mut cells, self.table.headers.len())?;
        self.table.rows.push(Row { number, cells });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
