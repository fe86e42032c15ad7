//! What the author has to know: edits quarantined, dropped, or accepted late.

use rusqlite::params;

use super::{Error, Reader, Transaction};
use crate::ids::{DocumentId, Heads};

/// Something that happened to an edit of this device's member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its number on this device; 0 before it is kept.
    pub number: i64,
    /// The record.
    pub document: DocumentId,
    /// The record's kind.
    pub kind: String,
    /// Why: the code of the receipt.
    pub code: String,
    /// What became of it: `quarantined`, `accepted`, `dropped`, `flagged` (another's edit) and the like.
    pub state: String,
    /// The version that the edit led to.
    pub heads: Heads,
    /// When this device learnt of it, in milliseconds since 1970.
    pub at_ms: i64,
    /// JSON: the dropped edit as a list of changes, each with author, time and the fields before and after; for what
    /// another did, `{"author"}`.
    pub detail: Option<String>,
    /// Whether it was shown.
    pub seen: bool,
}

impl Notice {
    /// That this became of this version of a record: not kept, not shown, with nothing to add yet.
    #[must_use]
    pub fn new(document: DocumentId, kind: &str, code: &str, state: &str, heads: &Heads, at_ms: i64) -> Self {
        Self {
            number: 0,
            document,
            kind: kind.to_owned(),
            code: code.to_owned(),
            state: state.to_owned(),
            heads: heads.clone(),
            at_ms,
            detail: None,
            seen: false,
        }
    }
}

impl Transaction<'_> {
    /// Keeps a notice; its number is given here and returned.
    ///
    /// # Errors
    /// As every write.
    pub fn add_notice(&self, notice: &Notice) -> Result<i64, Error> {
        self.conn
            .prepare_cached(
                "INSERT INTO notice (document, kind, code, state, heads, at_ms, detail, seen) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                notice.document,
                notice.kind,
                notice.code,
                notice.state,
                notice.heads,
                notice.at_ms,
                notice.detail,
                notice.seen
            ])?;
        Ok(self.conn.last_insert_rowid())
    }

    /// Notes that a notice was shown.
    ///
    /// # Errors
    /// As every write.
    pub fn mark_notice_seen(&self, number: i64) -> Result<(), Error> {
        self.conn
            .prepare_cached("UPDATE notice SET seen = 1 WHERE number = ?1")?
            .execute([number])?;
        Ok(())
    }

    /// Takes away the notices of a record.
    ///
    /// # Errors
    /// As every write.
    pub fn delete_notices(&self, document: DocumentId) -> Result<(), Error> {
        self.conn
            .prepare_cached("DELETE FROM notice WHERE document = ?1")?
            .execute([document])?;
        Ok(())
    }
}

impl Reader<'_> {
    /// Whether there is a notice that this became of this version of a record.
    ///
    /// # Errors
    /// As every reading.
    pub fn has_notice(&self, document: DocumentId, heads: &Heads, state: &str) -> Result<bool, Error> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM notice WHERE document = ?1 AND heads = ?2 AND state = ?3)")?;
        Ok(statement.query_row(params![document, heads, state], |row| row.get(0))?)
    }

    /// Notices, newest first, before the number `before`.
    ///
    /// # Errors
    /// As every reading.
    pub fn notices(&self, before: Option<i64>, limit: u32) -> Result<Vec<Notice>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT number, document, kind, code, state, heads, at_ms, detail, seen FROM notice WHERE number < ?1 \
             ORDER BY number DESC LIMIT ?2",
        )?;
        let notices = statement.query_map(params![before.unwrap_or(i64::MAX), limit], |row| {
            Ok(Notice {
                number: row.get(0)?,
                document: row.get(1)?,
                kind: row.get(2)?,
                code: row.get(3)?,
                state: row.get(4)?,
                heads: row.get(5)?,
                at_ms: row.get(6)?,
                detail: row.get(7)?,
                seen: row.get(8)?,
            })
        })?;
        Ok(notices.collect::<Result<_, _>>()?)
    }
}
