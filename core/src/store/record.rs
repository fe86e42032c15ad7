//! Rows: what lists, search and figures read. A row is kept with its indexed columns and its search entry in the same
//! transaction as the document that it was read from.

use rusqlite::{OptionalExtension, params};

use super::kind_table::bind_cells;
use super::{Error, Reader, Touch, Transaction};
use crate::ids::{DocumentId, ScopeId};
use crate::projection::Row;

/// A record as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its id.
    pub id: DocumentId,
    /// Its kind.
    pub kind: String,
    /// Its scope; `None` while the record that it hangs on is not here.
    pub scope: Option<ScopeId>,
    /// The record as plain values.
    pub row: Row,
    /// Whether it holds edits that the relay neither has nor keeps apart.
    pub pending: bool,
    /// Why the relay keeps its last edit apart, where it does.
    pub parked: Option<String>,
}

/// When a row's search entry is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indexing {
    /// With the row.
    Now,
    /// By [`Transaction::index_pending`]: indexing is nine tenths of a bulk load.
    Later,
}

/// What a record is read from: the document's standing beside the row's JSON. For a `d` joined with a `k`.
pub(super) const RECORD: &str = "d.id, d.kind, d.scope, d.heads IS NOT d.acked AND d.heads IS NOT d.parked AND d.row_only = 0, iif(d.parked IS NOT NULL, d.parked_code, NULL), k._row";

/// Reads [`RECORD`] from column `first` on; the row is still JSON.
pub(super) fn read_record(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<RawRecord> {
    Ok(RawRecord {
        id: row.get(first)?,
        kind: row.get(first + 1)?,
        scope: row.get(first + 2)?,
        pending: row.get(first + 3)?,
        parked: row.get(first + 4)?,
        json: row.get(first + 5)?,
    })
}

/// A record whose row is not parsed yet.
pub(super) struct RawRecord {
    id: DocumentId,
    kind: String,
    scope: Option<ScopeId>,
    pending: bool,
    parked: Option<String>,
    json: String,
}

impl RawRecord {
    pub(super) fn parse(self) -> Result<Record, Error> {
        Ok(Record {
            row: serde_json::from_str(&self.json)?,
            id: self.id,
            kind: self.kind,
            scope: self.scope,
            pending: self.pending,
            parked: self.parked,
        })
    }
}

impl Reader<'_> {
    /// A record; `None` where it is not on this device.
    ///
    /// # Errors
    /// As every reading.
    pub fn record(&self, id: DocumentId) -> Result<Option<Record>, Error> {
        let mut statement = self.conn.prepare_cached("SELECT kind FROM document WHERE id = ?1")?;
        let Some(kind) = statement.query_row([id], |row| row.get::<_, String>(0)).optional()? else {
            return Ok(None);
        };
        let sql = match self.tables.get(&kind) {
            Some(table) => format!(
                "SELECT {RECORD} FROM document d JOIN {} k ON k._document = d.number WHERE d.id = ?1",
                table.name
            ),
            None => format!(
                "SELECT {RECORD} FROM document d JOIN (SELECT document AS _document, row AS _row FROM unknown_row) k \
                 ON k._document = d.number WHERE d.id = ?1"
            ),
        };
        let mut statement = self.conn.prepare_cached(&sql)?;
        let raw = statement.query_row([id], |row| read_record(row, 0)).optional()?;
        raw.map(RawRecord::parse).transpose()
    }

    /// Records where values written apart stand beside each other, of all kinds.
    ///
    /// # Errors
    /// As every reading.
    pub fn in_conflict(&self, limit: u32) -> Result<Vec<Record>, Error> {
        let mut found = Vec::new();
        for table in self.tables.iter() {
            let sql = format!(
                "SELECT {RECORD} FROM {} k JOIN document d ON d.number = k._document WHERE k._conflicts > 0 \
                 ORDER BY k._document LIMIT ?1",
                table.name
            );
            let mut statement = self.conn.prepare_cached(&sql)?;
            for raw in statement.query_map([limit], |row| read_record(row, 0))? {
                found.push(raw?.parse()?);
            }
        }
        found.sort_by_key(|record| (std::cmp::Reverse(record.row.updated.at_ms), record.id));
        found.truncate(limit as usize);
        Ok(found)
    }

    pub(super) fn row_json(&self, kind: &str, number: i64) -> Result<Option<String>, Error> {
        let sql = match self.tables.get(kind) {
            Some(table) => format!("SELECT _row FROM {} WHERE _document = ?1", table.name),
            None => "SELECT row FROM unknown_row WHERE document = ?1".to_owned(),
        };
        let mut statement = self.conn.prepare_cached(&sql)?;
        Ok(statement.query_row([number], |row| row.get(0)).optional()?)
    }
}

impl Transaction<'_> {
    /// Keeps the row of a document that is here, with its columns and its search entry. A row of a kind that this
    /// version does not know is kept as it came.
    ///
    /// # Errors
    /// As every write; [`Error::NotFound`].
    pub fn put_row(&self, id: DocumentId, row: &Row, indexing: Indexing) -> Result<(), Error> {
        let (number, kind) = self.kind_of(id)?.ok_or(Error::NotFound)?;
        let before = self.row_json(&kind, number)?;
        let json = serde_json::to_string(row)?;
        if let Some(table) = self.tables.get(&kind) {
            let mut statement = self.conn.prepare_cached(&table.upsert)?;
            statement.raw_bind_parameter(1, number)?;
            statement.raw_bind_parameter(2, id)?;
            statement.raw_bind_parameter(3, row.archived)?;
            statement.raw_bind_parameter(4, row.updated.at_ms)?;
            statement.raw_bind_parameter(5, i64::try_from(row.conflicts.len()).unwrap_or(i64::MAX))?;
            statement.raw_bind_parameter(6, &json)?;
            bind_cells(&mut statement, 7, table.kind, row)?;
            statement.raw_execute()?;
            self.refresh_keys(number, table.kind, row)?;
            match indexing {
                Indexing::Now => self.index(number, table.kind, row)?,
                Indexing::Later => self.index_later(number, row)?,
            }
        } else {
            self.conn
                .prepare_cached(
                    "INSERT INTO unknown_row (document, updated_ms, row) VALUES (?1, ?2, ?3) \
                     ON CONFLICT (document) DO UPDATE SET updated_ms = excluded.updated_ms, row = excluded.row",
                )?
                .execute(params![number, row.updated.at_ms, json])?;
        }
        let touch = Touch {
            kind,
            before,
            after: Some(json),
        };
        self.touched.borrow_mut().note(id, touch);
        Ok(())
    }

    /// Notes that a record's standing with the relay changed, its row staying as it is.
    pub(super) fn note_state(&self, id: DocumentId) -> Result<(), Error> {
        if self.touched.borrow().knows(id) {
            return Ok(());
        }
        let Some((number, kind)) = self.kind_of(id)? else {
            return Ok(());
        };
        if let Some(json) = self.row_json(&kind, number)? {
            let touch = Touch {
                kind,
                before: Some(json.clone()),
                after: Some(json),
            };
            self.touched.borrow_mut().note(id, touch);
        }
        Ok(())
    }

    fn kind_of(&self, id: DocumentId) -> Result<Option<(i64, String)>, Error> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT number, kind FROM document WHERE id = ?1")?;
        Ok(statement
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?)
    }
}
