//! Documents as bytes: snapshot, raw changes since, and where each stands with the relay.

mod row_only;
mod standing;
mod write;

use rusqlite::{OptionalExtension, params};

use super::codec::unsigned;
use super::{Error, Reader};
use crate::ids::{ChangeHash, DocumentId, Heads, RunId, ScopeId};
use crate::wire::Point;

/// Where a document stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentState {
    /// The document.
    pub id: DocumentId,
    /// Its kind, which this version may not know.
    pub kind: String,
    /// Its scope; `None` while the record that it hangs on is not here.
    pub scope: Option<ScopeId>,
    /// Its version.
    pub heads: Heads,
    /// The version that the relay has acknowledged.
    pub acked: Option<Heads>,
    /// The version that the relay keeps apart, and why.
    pub parked: Option<Parked>,
    /// The relay lacks what it builds on: the next push carries the whole.
    pub push_whole: bool,
    /// What came did not reach the heads that were named: ask for the whole.
    pub want_whole: bool,
    /// Failed pushes since the last that was decided.
    pub attempts: u32,
    /// Why the last push failed.
    pub trouble: Option<String>,
    /// Not to be pushed before, in milliseconds since 1970.
    pub retry_at_ms: i64,
    /// What of it is here.
    pub holding: Holding,
}

impl DocumentState {
    /// Whether only its row is here, and no document: then it is never dirty.
    #[must_use]
    pub fn is_row_only(&self) -> bool {
        self.holding == Holding::Row
    }

    /// Whether it holds edits that the relay neither has nor keeps apart.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        let parked = self.parked.as_ref().map(|parked| &parked.heads);
        !self.is_row_only() && self.acked.as_ref() != Some(&self.heads) && parked != Some(&self.heads)
    }
}

/// What of a record is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holding {
    /// Its document, as it came.
    Document,
    /// Its document, in which something was written here: it stays.
    Written,
    /// Its row alone, at the version of `heads`.
    Row,
}

/// A version that the relay keeps apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// The version.
    pub heads: Heads,
    /// Why: the code of the receipt.
    pub code: String,
}

/// A document with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDocument {
    /// Where it stands.
    pub state: DocumentState,
    /// The whole history up to some version; empty for the seed alone.
    pub snapshot: Vec<u8>,
    /// The raw changes since, each after what it builds on.
    pub changes: Vec<Vec<u8>>,
}

/// A document as it is first kept, or kept anew as a whole.
#[derive(Debug, Clone, Copy)]
pub struct NewDocument<'a> {
    /// The document.
    pub id: DocumentId,
    /// Its kind.
    pub kind: &'a str,
    /// Its scope, where it is known.
    pub scope: Option<ScopeId>,
    /// The whole history; empty for the seed alone. Of a document that is here already it holds everything that is.
    pub snapshot: &'a [u8],
    /// The version that the snapshot leads to.
    pub heads: &'a Heads,
}

/// Where changes come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Made here, the cursor being there.
    Local(Option<Point>),
    /// The relay has them.
    Relay,
}

/// A change made here that the relay has not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalChange {
    /// Its hash.
    pub hash: ChangeHash,
    /// The cursor when it was made.
    pub base: Option<Point>,
    /// The raw change.
    pub bytes: Vec<u8>,
}

/// How long what failed waits at most before it is tried again, in milliseconds.
pub const LONGEST_WAIT_MS: i64 = 6 * 60 * 60 * 1000;

/// Whether the time of what waits has come. What would have to wait longer than anything does was noted under a clock
/// that was set back since: it must not wait for the day that this clock shows.
const DUE: &str = "(retry_at_ms <= ?1 OR retry_at_ms > ?1 + ?3)";

const STATE: &str = "number, id, kind, scope, heads, acked, parked, parked_code, push_whole, want_whole, attempts, \
                     trouble, retry_at_ms, row_only, keep_whole";

/// As the index `document_dirty` has it.
const DIRTY: &str = "heads IS NOT acked AND heads IS NOT parked AND row_only = 0";

fn read_state(row: &rusqlite::Row<'_>) -> rusqlite::Result<(i64, DocumentState)> {
    let parked: Option<Heads> = row.get(6)?;
    let code: Option<String> = row.get(7)?;
    let state = DocumentState {
        id: row.get(1)?,
        kind: row.get(2)?,
        scope: row.get(3)?,
        heads: row.get(4)?,
        acked: row.get(5)?,
        parked: parked.map(|heads| Parked {
            heads,
            code: code.unwrap_or_default(),
        }),
        push_whole: row.get(8)?,
        want_whole: row.get(9)?,
        attempts: row.get(10)?,
        trouble: row.get(11)?,
        retry_at_ms: row.get(12)?,
        holding: match (row.get(13)?, row.get(14)?) {
            (true, _) => Holding::Row,
            (false, true) => Holding::Written,
            (false, false) => Holding::Document,
        },
    };
    Ok((row.get(0)?, state))
}

impl Reader<'_> {
    pub(super) fn number(&self, id: DocumentId) -> Result<Option<i64>, Error> {
        let mut statement = self.conn.prepare_cached("SELECT number FROM document WHERE id = ?1")?;
        Ok(statement.query_row([id], |row| row.get(0)).optional()?)
    }

    fn numbered(&self, id: DocumentId) -> Result<Option<(i64, DocumentState)>, Error> {
        let mut statement = self
            .conn
            .prepare_cached(&format!("SELECT {STATE} FROM document WHERE id = ?1"))?;
        Ok(statement.query_row([id], read_state).optional()?)
    }

    /// Where a document stands; `None` where it is not on this device.
    ///
    /// # Errors
    /// As every reading.
    pub fn state(&self, id: DocumentId) -> Result<Option<DocumentState>, Error> {
        Ok(self.numbered(id)?.map(|(_, state)| state))
    }

    /// A document with its bytes; `None` where it is not on this device.
    ///
    /// # Errors
    /// As every reading.
    pub fn document(&self, id: DocumentId) -> Result<Option<StoredDocument>, Error> {
        let Some((number, state)) = self.numbered(id)? else {
            return Ok(None);
        };
        let mut statement = self
            .conn
            .prepare_cached("SELECT snapshot FROM document WHERE number = ?1")?;
        let snapshot = statement.query_row([number], |row| row.get(0))?;
        let mut statement = self
            .conn
            .prepare_cached("SELECT bytes FROM change WHERE document = ?1 AND folded = 0 ORDER BY number")?;
        let changes = statement
            .query_map([number], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok(Some(StoredDocument {
            state,
            snapshot,
            changes,
        }))
    }

    /// The changes of a document that were made here and are not acknowledged, oldest first.
    ///
    /// # Errors
    /// As every reading.
    pub fn local_changes(&self, id: DocumentId) -> Result<Vec<LocalChange>, Error> {
        let Some(number) = self.number(id)? else {
            return Ok(Vec::new());
        };
        let mut statement = self.conn.prepare_cached(
            "SELECT hash, base_run, base_seq, bytes FROM change WHERE document = ?1 AND local = 1 ORDER BY number",
        )?;
        let changes = statement.query_map([number], |row| {
            let base: (Option<RunId>, Option<i64>) = (row.get(1)?, row.get(2)?);
            Ok(LocalChange {
                hash: row.get(0)?,
                base: base.0.zip(base.1).map(|(run, seq)| Point {
                    run,
                    seq: unsigned(seq),
                }),
                bytes: row.get(3)?,
            })
        })?;
        Ok(changes.collect::<Result<_, _>>()?)
    }

    /// How many raw changes a document has beside its snapshot.
    ///
    /// # Errors
    /// As every reading.
    pub fn change_count(&self, id: DocumentId) -> Result<u64, Error> {
        let Some(number) = self.number(id)? else { return Ok(0) };
        let mut statement = self
            .conn
            .prepare_cached("SELECT count(*) FROM change WHERE document = ?1 AND folded = 0")?;
        Ok(unsigned(statement.query_row([number], |row| row.get(0))?))
    }

    /// Documents with edits that the relay neither has nor keeps apart, and whose time to be pushed has come.
    ///
    /// # Errors
    /// As every reading.
    pub fn dirty(&self, now_ms: i64, limit: u32) -> Result<Vec<DocumentState>, Error> {
        self.states(&format!("{DIRTY} AND {DUE}"), params![now_ms, limit, LONGEST_WAIT_MS])
    }

    /// How many documents hold edits that the relay neither has nor keeps apart.
    ///
    /// # Errors
    /// As every reading.
    pub fn dirty_count(&self) -> Result<u64, Error> {
        let mut statement = self
            .conn
            .prepare_cached(&format!("SELECT count(*) FROM document WHERE {DIRTY}"))?;
        Ok(unsigned(statement.query_row([], |row| row.get(0))?))
    }

    /// Documents that the relay keeps apart.
    ///
    /// # Errors
    /// As every reading.
    pub fn parked(&self, limit: u32) -> Result<Vec<DocumentState>, Error> {
        self.states(
            "parked IS NOT NULL AND ?1 IS NULL",
            params![rusqlite::types::Null, limit],
        )
    }

    /// Documents of which the whole must be asked for, and whose time to be asked for has come.
    ///
    /// # Errors
    /// As every reading.
    pub fn wanted(&self, now_ms: i64, limit: u32) -> Result<Vec<DocumentState>, Error> {
        self.states(
            &format!("want_whole = 1 AND {DUE}"),
            params![now_ms, limit, LONGEST_WAIT_MS],
        )
    }

    /// Documents of a scope, by id after `after`.
    ///
    /// # Errors
    /// As every reading.
    pub fn in_scope(&self, scope: ScopeId, after: Option<DocumentId>, limit: u32) -> Result<Vec<DocumentState>, Error> {
        let sql = format!("SELECT {STATE} FROM document WHERE scope = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let after = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
        let states = statement.query_map(params![scope, after, limit], read_state)?;
        Ok(states
            .map(|state| state.map(|(_, state)| state))
            .collect::<Result<_, _>>()?)
    }

    /// Every document, by id after `after`.
    ///
    /// # Errors
    /// As every reading.
    pub fn documents(&self, after: Option<DocumentId>, limit: u32) -> Result<Vec<DocumentState>, Error> {
        let sql = format!("SELECT {STATE} FROM document WHERE id > ?1 ORDER BY id LIMIT ?2");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let after = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
        let states = statement.query_map(params![after, limit], read_state)?;
        Ok(states
            .map(|state| state.map(|(_, state)| state))
            .collect::<Result<_, _>>()?)
    }

    /// Scopes of which this device holds an acknowledged document.
    ///
    /// # Errors
    /// As every reading.
    pub fn acknowledged_scopes(&self) -> Result<Vec<ScopeId>, Error> {
        let mut statement = self.conn.prepare_cached("SELECT id FROM scope WHERE documents > 0")?;
        let scopes = statement.query_map([], |row| row.get(0))?;
        Ok(scopes.collect::<Result<_, _>>()?)
    }

    fn states(&self, condition: &str, params: impl rusqlite::Params) -> Result<Vec<DocumentState>, Error> {
        let sql = format!("SELECT {STATE} FROM document WHERE {condition} ORDER BY number LIMIT ?2");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let states = statement.query_map(params, read_state)?;
        Ok(states
            .map(|state| state.map(|(_, state)| state))
            .collect::<Result<_, _>>()?)
    }
}
