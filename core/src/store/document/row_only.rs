//! Records of which only the row is here.

use rusqlite::params;

use crate::ids::{DocumentId, Heads, ScopeId};
use crate::store::{Error, Reader, Transaction};

impl Reader<'_> {
    /// The scopes in which only the rows of some records are here.
    ///
    /// # Errors
    /// As every reading.
    pub fn scopes_of_rows(&self) -> Result<Vec<ScopeId>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT DISTINCT scope FROM document WHERE row_only = 1 AND scope IS NOT NULL ORDER BY scope",
        )?;
        let scopes = statement.query_map([], |row| row.get(0))?;
        Ok(scopes.collect::<Result<_, _>>()?)
    }
}

impl Transaction<'_> {
    /// Keeps of a record its row alone, at a version that the relay has: new, or in the place of a document. The row is
    /// the caller's to put. What was written here and the relay lacks must not be among what goes.
    ///
    /// # Errors
    /// As every write.
    pub fn put_row_only(&self, id: DocumentId, kind: &str, scope: ScopeId, heads: &Heads) -> Result<(), Error> {
        let Some((number, state)) = self.numbered(id)? else {
            self.conn
                .prepare_cached(
                    "INSERT INTO document (id, kind, scope, heads, snapshot, row_only) VALUES (?1, ?2, ?3, ?4, x'', 1)",
                )?
                .execute(params![id, kind, scope, heads])?;
            self.set_acked(id, heads)?;
            return Ok(());
        };
        if !state.is_row_only() {
            self.conn
                .prepare_cached("DELETE FROM change WHERE document = ?1")?
                .execute([number])?;
            self.conn
                .prepare_cached("UPDATE document SET snapshot = x'', row_only = 1, want_whole = 0 WHERE number = ?1")?
                .execute([number])?;
        }
        self.conn
            .prepare_cached("UPDATE document SET heads = ?2 WHERE number = ?1")?
            .execute(params![number, heads])?;
        if state.scope != Some(scope) {
            self.set_scope(id, Some(scope))?;
        }
        self.set_acked(id, heads)?;
        Ok(())
    }

    /// Forgets rows that the relay has not named since a new epoch, or whose version it does not have. Returns one of
    /// them.
    ///
    /// # Errors
    /// As every write.
    pub fn forget_rows_unnamed(&self) -> Result<Option<DocumentId>, Error> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT id FROM document WHERE row_only = 1 AND acked IS NULL")?;
        let found: Vec<DocumentId> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for id in &found {
            self.delete_document(*id)?;
        }
        Ok(found.last().copied())
    }
}
