//! Keys under which likely duplicates meet: whoever shares none is never compared.

use rusqlite::params;

use super::{Error, Reader, Transaction};
use crate::ids::DocumentId;

impl Transaction<'_> {
    /// Sets the keys of a document that is here.
    ///
    /// # Errors
    /// As every write; [`Error::NotFound`].
    pub fn set_blocking_keys(&self, id: DocumentId, keys: &[String]) -> Result<(), Error> {
        let number = self.number(id)?.ok_or(Error::NotFound)?;
        self.conn
            .prepare_cached("DELETE FROM blocking_key WHERE document = ?1")?
            .execute([number])?;
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
    /// The documents that share a key with these, at most `limit` of each key.
    ///
    /// # Errors
    /// As every reading.
    pub fn sharing(&self, keys: &[String], limit: u32) -> Result<Vec<DocumentId>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT d.id FROM blocking_key b JOIN document d ON d.number = b.document WHERE b.key = ?1 \
             ORDER BY b.document LIMIT ?2",
        )?;
        let mut found = Vec::new();
        for key in keys {
            for id in statement.query_map(params![key, limit], |row| row.get(0))? {
                found.push(id?);
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }
}
