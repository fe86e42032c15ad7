//! Lists out: CSV and `.xlsx`.
//!
//! What comes out reads back as it was (see [`super::plan`]), and no cell runs as a formula when the file is opened:
//! CSV cells are guarded, workbook cells are written as text. Amounts, percentages, whole numbers and days are written
//! as such, whatever sign they begin with.

mod value;
mod workbook;

use std::collections::BTreeSet;
use std::io::Write;

use serde_json::{Map, Value};

pub use workbook::{Sheet, xlsx};

use super::catalogue::{self, Column};
use super::guard::guarded;
use super::label::Language;
use super::mapping::folded;
use crate::ids::{DocumentId, MemberId};
use crate::schema::{Kind, Merge};

/// Why a list was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Where it was to be written failed.
    #[error("the list could not be written")]
    Write(#[source] std::io::Error),
    /// A workbook holds 1 048 576 rows.
    #[error("more rows than a workbook holds; write CSV")]
    TooManyRows,
    /// A cell of a workbook holds 32 767 characters.
    #[error("a text is longer than a workbook's cell holds ({column}, row {row}); write CSV")]
    TextTooLong {
        /// Code of the column.
        column: String,
        /// The row.
        row: u32,
    },
    /// The workbook could not be put together (the name of a sheet, for one).
    #[error("the workbook could not be put together")]
    Workbook(#[source] rust_xlsxwriter::XlsxError),
}

/// One record to write.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its id.
    pub id: DocumentId,
    /// Its fields (the JSON form); derived ones that are not here are computed.
    pub fields: Map<String, Value>,
}

/// What a list shows that does not stand in the record itself.
pub trait Lookup {
    /// Name of a record that another one names.
    fn name(&self, _id: DocumentId) -> Option<String> {
        None
    }

    /// Id of a record in the source that the list is written for.
    fn external_id(&self, _id: DocumentId) -> Option<String> {
        None
    }

    /// Who is responsible for a record.
    fn owner(&self, _id: DocumentId) -> Option<String> {
        None
    }

    /// Name of a member.
    fn member(&self, _id: MemberId) -> Option<String> {
        None
    }

    /// Name of a stage of a process.
    fn stage(&self, _template: Option<DocumentId>, _code: &str, _language: Language) -> Option<String> {
        None
    }
}

/// Looks nothing up: records are named by nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoLookup;

impl Lookup for NoLookup {}

/// How a list is written.
#[derive(Debug, Clone)]
pub struct Options {
    /// Language of headers and labels.
    pub language: Language,
    /// The system whose ids stand in the column of record ids.
    pub source: String,
    /// Whether a CSV file begins with the mark of UTF-8. Excel in China reads it as another encoding without.
    pub mark: bool,
}

impl Options {
    /// With the mark, and the ids of this source.
    #[must_use]
    pub fn new(language: Language, source: &str) -> Self {
        Self {
            language,
            source: source.to_owned(),
            mark: true,
        }
    }
}

/// The columns that hold all that a list can: those of the catalogue that are written, and one for each key that the
/// records have in a field of the organisation's own.
#[must_use]
pub fn columns(kind: &Kind, records: &[Record]) -> Vec<Column> {
    let mut columns = catalogue::written(kind);
    let headers: BTreeSet<String> = catalogue::columns(kind)
        .iter()
        .flat_map(|column| {
            column
                .synonyms
                .iter()
                .copied()
                .chain([&*column.zh, &*column.en, &*column.code])
        })
        .map(folded)
        .collect();
    let own = kind.field("custom").filter(|field| field.merge == Merge::Map);
    let keys: BTreeSet<&String> = records
        .iter()
        .filter_map(|record| record.fields.get(own?.name)?.as_object())
        .flat_map(Map::keys)
        .collect();
    for key in keys {
        let mut column = Column::entry("custom", key);
        if columns.iter().any(|known| known.code == column.code) {
            continue;
        }
        // A key that reads like another column's header, or that would not read back as it is, is named in full.
        let plain =
            key.trim() == key && !key.ends_with('*') && !folded(key).is_empty() && !headers.contains(&folded(key));
        if !plain {
            (column.zh, column.en) = (column.code.clone(), column.code.clone());
        }
        columns.push(column);
    }
    columns
}

/// Writes a CSV file (RFC 4180) record by record.
pub struct CsvList<'a, W: Write> {
    writer: csv::Writer<W>,
    rows: value::Rows<'a>,
}

impl<'a, W: Write> CsvList<'a, W> {
    /// Writes the header.
    ///
    /// # Errors
    /// [`ExportError::Write`].
    pub fn new(
        mut out: W,
        kind: &'static Kind,
        columns: &'a [Column],
        lookup: &'a dyn Lookup,
        options: &'a Options,
    ) -> Result<Self, ExportError> {
        if options.mark {
            out.write_all(MARK).map_err(ExportError::Write)?;
        }
        let mut writer = writer(out);
        let headers = columns
            .iter()
            .map(|column| guarded(column.label(options.language)).into_owned());
        writer.write_record(headers).map_err(failed)?;
        Ok(Self {
            writer,
            rows: value::Rows {
                kind,
                columns,
                lookup,
                options,
            },
        })
    }

    /// Writes one record.
    ///
    /// # Errors
    /// [`ExportError::Write`].
    pub fn write(&mut self, record: &Record) -> Result<(), ExportError> {
        let cells = self.rows.cells(record).map(value::Written::into_csv);
        self.writer.write_record(cells).map_err(failed)
    }

    /// Writes what is left and gives the writer back.
    ///
    /// # Errors
    /// [`ExportError::Write`].
    pub fn finish(self) -> Result<W, ExportError> {
        self.writer
            .into_inner()
            .map_err(|error| ExportError::Write(error.into_error()))
    }
}

/// A whole CSV file in memory.
///
/// # Errors
/// [`ExportError::Write`].
pub fn csv(
    kind: &'static Kind,
    columns: &[Column],
    records: &[Record],
    lookup: &dyn Lookup,
    options: &Options,
) -> Result<Vec<u8>, ExportError> {
    let mut list = CsvList::new(Vec::new(), kind, columns, lookup, options)?;
    for record in records {
        list.write(record)?;
    }
    list.finish()
}

/// A CSV file of texts as they are, each guarded.
pub(super) fn text_csv(headers: &[String], rows: &[Vec<String>], mark: bool) -> Vec<u8> {
    let mut writer = writer(if mark { MARK.to_vec() } else { Vec::new() });
    for row in std::iter::once(headers).chain(rows.iter().map(Vec::as_slice)) {
        // Memory takes every row, and all rows are as long as the header.
        let _ = writer.write_record(row.iter().map(|cell| guarded(cell).into_owned()));
    }
    writer.into_inner().unwrap_or_default()
}

const MARK: &[u8] = b"\xef\xbb\xbf";

fn writer<W: Write>(out: W) -> csv::Writer<W> {
    csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(out)
}

fn failed(error: csv::Error) -> ExportError {
    ExportError::Write(error.into())
}

#[cfg(test)]
mod tests;
