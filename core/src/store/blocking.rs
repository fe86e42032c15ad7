//! Keys under which likely duplicates meet: whoever shares none is never compared.

use rusqlite::params;
use serde_json::{Map, Value};

use super::{Error, Reader, Transaction};
use crate::ids::DocumentId;
use crate::projection::Row;
use crate::schema::Kind;

/// The rule by which a record gets its keys. The store keeps them with the row and knows no kind by name.
#[derive(Debug, Clone, Copy)]
pub struct BlockingKeys {
    /// Raised when the rule changes: the keys of all records are made again then, in the background.
    pub version: u32,
    /// The keys of a record by its fields; most kinds have none.
    pub of: fn(&Kind, DocumentId, &Map<String, Value>) -> Vec<String>,
}

impl BlockingKeys {
    /// No keys at all.
    pub const NONE: Self = Self {
        version: 0,
        of: |_, _, _| Vec::new(),
    };
}

impl Transaction<'_> {
    /// Makes the keys of a row's document anew.
    pub(super) fn refresh_keys(&self, number: i64, kind: &Kind, row: &Row) -> Result<(), Error> {
        let mut statement = self.conn.prepare_cached("SELECT id FROM document WHERE number = ?1")?;
        let id = statement.query_row([number], |row| row.get(0))?;
        self.conn
            .prepare_cached("DELETE FROM blocking_key WHERE document = ?1")?
            .execute([number])?;
        self.insert_keys(number, id, kind, row)
    }

    /// Makes the keys of a document that has none.
    pub(super) fn insert_keys(&self, number: i64, id: DocumentId, kind: &Kind, row: &Row) -> Result<(), Error> {
        let keys = (self.tables.keys.of)(kind, id, &row.fields);
        let mut insert = self
            .conn
            .prepare_cached("INSERT OR IGNORE INTO blocking_key (key, document) VALUES (?1, ?2)")?;
        for key in keys {
            insert.execute(params![key, number])?;
        }
        Ok(())
    }
}

impl Reader<'_> {
    /// The documents that have one of these keys. A key that more than `limit` have tells nothing and leads nowhere.
    ///
    /// # Errors
    /// As every reading.
    pub fn sharing(&self, keys: &[String], limit: usize) -> Result<Vec<DocumentId>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT d.id FROM blocking_key b JOIN document d ON d.number = b.document WHERE b.key = ?1 LIMIT ?2",
        )?;
        let most = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let mut found = Vec::new();
        for key in keys {
            let ids = statement.query_map(params![key, most], |row| row.get(0))?;
            let ids: Vec<DocumentId> = ids.collect::<Result<_, _>>()?;
            if ids.len() <= limit {
                found.extend(ids);
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }
}
