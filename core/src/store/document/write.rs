//! Keeping, growing, folding and deleting documents.

use rusqlite::params;

use super::{DocumentState, NewDocument, Origin};
use crate::document::{Document, Header};
use crate::ids::{DocumentId, Heads};
use crate::store::codec::signed;
use crate::store::{Error, Touch, Transaction};

impl Transaction<'_> {
    pub(super) fn present(&self, id: DocumentId) -> Result<(i64, DocumentState), Error> {
        self.numbered(id)?.ok_or(Error::NotFound)
    }

    /// Keeps a document, new or anew as a whole: raw changes that the relay has are let go, those made here and not
    /// acknowledged stay as such. What is acknowledged is not touched.
    ///
    /// # Errors
    /// As every write.
    pub fn put_document(&self, document: &NewDocument<'_>) -> Result<(), Error> {
        let present = self.numbered(document.id)?;
        if let Some((number, state)) = present {
            self.conn
                .prepare_cached("UPDATE document SET snapshot = ?2, row_only = 0 WHERE number = ?1")?
                .execute(params![number, document.snapshot])?;
            self.set_heads(number, Origin::Relay, document.heads)?;
            self.let_go(number)?;
            if document.scope.is_some() && state.scope != document.scope {
                self.set_scope(document.id, document.scope)?;
            }
            return self.note_state(document.id);
        }
        self.conn
            .prepare_cached("INSERT INTO document (id, kind, scope, heads, snapshot) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![
                document.id,
                document.kind,
                document.scope,
                document.heads,
                document.snapshot
            ])?;
        Ok(())
    }

    /// Raw changes that are in the snapshot now: those that the relay has go, those made here wait for it.
    fn let_go(&self, number: i64) -> Result<(), Error> {
        self.conn
            .prepare_cached("DELETE FROM change WHERE document = ?1 AND local = 0")?
            .execute([number])?;
        self.conn
            .prepare_cached("UPDATE change SET folded = 1 WHERE document = ?1")?
            .execute([number])?;
        Ok(())
    }

    /// Appends raw changes, each after what it builds on; `heads` is the version that they lead to. Those already here
    /// change nothing but the heads.
    ///
    /// # Errors
    /// As every write; [`Error::NotFound`]; [`Error::Document`] where bytes are no change.
    pub fn append_changes<C: AsRef<[u8]>>(
        &self,
        id: DocumentId,
        origin: Origin,
        changes: &[C],
        heads: &Heads,
    ) -> Result<(), Error> {
        let (number, _) = self.present(id)?;
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO change (document, hash, local, base_run, base_seq, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT (document, hash) DO NOTHING",
        )?;
        let (local, base) = match origin {
            Origin::Local(base) => (true, base),
            Origin::Relay => (false, None),
        };
        for bytes in changes {
            let bytes = bytes.as_ref();
            let header = Header::read(bytes).map_err(|_| crate::document::Error::Damaged)?;
            insert.execute(params![
                number,
                header.hash,
                local,
                base.map(|base| base.run),
                base.map(|base| signed(base.seq)),
                bytes
            ])?;
        }
        self.set_heads(number, origin, heads)?;
        self.note_state(id)
    }

    /// What the relay keeps apart stays so when somebody else's changes come in: only an edit made here is pushed again.
    fn set_heads(&self, number: i64, origin: Origin, heads: &Heads) -> Result<(), Error> {
        let sql = match origin {
            Origin::Local(_) => "UPDATE document SET heads = ?2, keep_whole = 1 WHERE number = ?1",
            Origin::Relay => {
                "UPDATE document SET heads = ?2, parked = iif(parked IS heads, ?2, parked) WHERE number = ?1"
            }
        };
        self.conn.prepare_cached(sql)?.execute(params![number, heads])?;
        Ok(())
    }

    /// Lets go every raw change of a document, those made here and not acknowledged too. Only before
    /// [`Transaction::put_document`] with one that was rebuilt without some of them.
    ///
    /// # Errors
    /// As every write; [`Error::NotFound`].
    pub fn forget_changes(&self, id: DocumentId) -> Result<(), Error> {
        let (number, _) = self.present(id)?;
        self.conn
            .prepare_cached("DELETE FROM change WHERE document = ?1")?
            .execute([number])?;
        Ok(())
    }

    /// Lets a snapshot of the present version take the place of the one before and of the raw changes. It is loaded
    /// first: where it does not lead to the document's version, or the kind is unknown, everything stays as it was and
    /// the answer is `false`.
    ///
    /// # Errors
    /// As every write; [`Error::NotFound`].
    pub fn fold(&self, id: DocumentId, snapshot: &[u8]) -> Result<bool, Error> {
        let (number, state) = self.present(id)?;
        let Some(table) = self.tables.get(&state.kind) else {
            return Ok(false);
        };
        let loaded = Document::load(table.kind, id, snapshot, std::iter::empty::<&[u8]>());
        if !loaded.is_ok_and(|mut document| document.heads() == state.heads) {
            return Ok(false);
        }
        self.conn
            .prepare_cached("UPDATE document SET snapshot = ?2 WHERE number = ?1")?
            .execute(params![number, snapshot])?;
        self.let_go(number)?;
        Ok(true)
    }

    /// Deletes a document with all that was made from it. Returns whether it was here.
    ///
    /// # Errors
    /// As every write.
    pub fn delete_document(&self, id: DocumentId) -> Result<bool, Error> {
        let Some((number, state)) = self.numbered(id)? else {
            return Ok(false);
        };
        let before = self.row_json(&state.kind, number)?;
        self.unindex(number)?;
        self.share(state.scope, id, state.acked.as_ref(), None)?;
        self.conn
            .prepare_cached("DELETE FROM document WHERE number = ?1")?
            .execute([number])?;
        if before.is_some() {
            self.touched.borrow_mut().note(
                id,
                Touch {
                    kind: state.kind,
                    before,
                    after: None,
                },
            );
        }
        Ok(true)
    }
}
