//! Packs that the device means to take, and taking one in: many documents at once, nothing of them loaded.

use rusqlite::{OptionalExtension, params};

use super::codec::{signed, unsigned};
use super::kind_table::bind_cells;
use super::{Error, Reader, Transaction};
use crate::ids::{DocumentId, Heads, ScopeId};
use crate::projection::Row;
use crate::wire::PackHash;
use crate::wire::digest::Digest;

/// A pack that is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantedPack {
    /// Its name.
    pub hash: PackHash,
    /// Documents in it.
    pub documents: u64,
    /// Bytes to fetch.
    pub bytes: u64,
}

/// How far the packs of the present loading are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PackProgress {
    /// Documents of packs that are applied.
    pub documents: u64,
    /// Documents of all packs.
    pub documents_total: u64,
    /// Bytes fetched: of packs that are applied, and of those that were cut.
    pub bytes: u64,
    /// Bytes of all packs.
    pub bytes_total: u64,
}

/// A document as it came in a pack.
#[derive(Debug, Clone, Copy)]
pub struct PackedDocument<'a> {
    /// The document.
    pub id: DocumentId,
    /// Its kind, which this version may not know.
    pub kind: &'a str,
    /// Its scope.
    pub scope: ScopeId,
    /// Its version, which the relay has.
    pub heads: &'a Heads,
    /// The whole history; `None` where only the row came.
    pub snapshot: Option<&'a [u8]>,
    /// The record as plain values at that version.
    pub row: &'a Row,
}

impl Reader<'_> {
    /// How far the packs of the present loading are; `None` where none are taken.
    ///
    /// # Errors
    /// As every reading.
    pub fn pack_progress(&self) -> Result<Option<PackProgress>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT count(*), coalesce(sum(iif(taken, documents, 0)), 0), coalesce(sum(documents), 0), \
             coalesce(sum(iif(taken, bytes, coalesce(length(part), 0))), 0), coalesce(sum(bytes), 0) FROM pack",
        )?;
        let (packs, progress) = statement.query_row([], |row| {
            let number = |column| Ok::<_, rusqlite::Error>(unsigned(row.get(column)?));
            let progress = PackProgress {
                documents: number(1)?,
                documents_total: number(2)?,
                bytes: number(3)?,
                bytes_total: number(4)?,
            };
            Ok((number(0)?, progress))
        })?;
        Ok((packs > 0).then_some(progress))
    }

    /// What was fetched of a pack before the line was cut.
    ///
    /// # Errors
    /// As every reading.
    pub fn pack_part(&self, hash: PackHash) -> Result<Vec<u8>, Error> {
        let mut statement = self.conn.prepare_cached("SELECT part FROM pack WHERE hash = ?1")?;
        let part: Option<Option<Vec<u8>>> = statement.query_row([hash], |row| row.get(0)).optional()?;
        Ok(part.flatten().unwrap_or_default())
    }
}

impl Transaction<'_> {
    /// Lets these packs take the place of all that were not taken yet; what was fetched of one that is still named stays.
    ///
    /// # Errors
    /// As every write.
    pub fn plan_packs(&self, packs: &[WantedPack]) -> Result<(), Error> {
        self.conn.execute("UPDATE pack SET place = -1 WHERE taken = 0", [])?;
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO pack (hash, place, documents, bytes) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (hash) DO UPDATE SET place = excluded.place, taken = 0",
        )?;
        for (place, pack) in (0_i64..).zip(packs) {
            insert.execute(params![pack.hash, place, signed(pack.documents), signed(pack.bytes)])?;
        }
        self.conn
            .execute("DELETE FROM pack WHERE taken = 0 AND place = -1", [])?;
        Ok(())
    }

    /// Keeps what was fetched of a pack before the line was cut.
    ///
    /// # Errors
    /// As every write.
    pub fn keep_pack_part(&self, hash: PackHash, part: &[u8]) -> Result<(), Error> {
        self.conn
            .prepare_cached("UPDATE pack SET part = ?2 WHERE hash = ?1 AND taken = 0")?
            .execute(params![hash, part])?;
        Ok(())
    }

    /// Notes that a pack is applied.
    ///
    /// # Errors
    /// As every write.
    pub fn note_pack_taken(&self, hash: PackHash) -> Result<(), Error> {
        self.conn
            .prepare_cached("UPDATE pack SET taken = 1, part = NULL WHERE hash = ?1")?
            .execute([hash])?;
        Ok(())
    }

    /// A pack is not to be taken any more.
    ///
    /// # Errors
    /// As every write.
    pub fn drop_pack(&self, hash: PackHash) -> Result<(), Error> {
        self.conn
            .prepare_cached("DELETE FROM pack WHERE hash = ?1")?
            .execute([hash])?;
        Ok(())
    }

    /// Forgets what was fetched of packs that were cut: they are fetched from their beginning.
    ///
    /// # Errors
    /// As every write.
    pub fn forget_pack_parts(&self) -> Result<(), Error> {
        self.conn
            .prepare_cached("UPDATE pack SET part = NULL WHERE part IS NOT NULL")?
            .execute([])?;
        Ok(())
    }

    /// Forgets all of them, with what was fetched.
    ///
    /// # Errors
    /// As every write.
    pub fn clear_packs(&self) -> Result<(), Error> {
        self.conn.prepare_cached("DELETE FROM pack")?.execute([])?;
        Ok(())
    }

    /// Keeps a document as it came in a pack, acknowledged, with its row; its search entry is to be made later. Live
    /// queries of its kind are told to read again. The scope's digest is the caller's to raise, once for all
    /// ([`Transaction::raise_digest`]). Does nothing and returns `false` where the document is here already.
    ///
    /// # Errors
    /// As every write.
    pub fn insert_packed(&self, document: &PackedDocument<'_>) -> Result<bool, Error> {
        let inserted = self
            .conn
            .prepare_cached(
                "INSERT INTO document (id, kind, scope, heads, acked, snapshot, row_only) \
                 VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6) \
                 ON CONFLICT (id) DO NOTHING",
            )?
            .execute(params![
                document.id,
                document.kind,
                document.scope,
                document.heads,
                document.snapshot.unwrap_or_default(),
                document.snapshot.is_none()
            ])?;
        if inserted == 0 {
            return Ok(false);
        }
        let number = self.conn.last_insert_rowid();
        let row = document.row;
        let json = serde_json::to_string(row)?;
        if let Some(table) = self.tables.get(document.kind) {
            let mut statement = self.conn.prepare_cached(&table.upsert)?;
            statement.raw_bind_parameter(1, number)?;
            statement.raw_bind_parameter(2, document.id)?;
            statement.raw_bind_parameter(3, row.archived)?;
            statement.raw_bind_parameter(4, row.updated.at_ms)?;
            statement.raw_bind_parameter(5, i64::try_from(row.conflicts.len()).unwrap_or(i64::MAX))?;
            statement.raw_bind_parameter(6, &json)?;
            bind_cells(&mut statement, 7, table.kind, row)?;
            statement.raw_execute()?;
            self.insert_keys(number, document.id, table.kind, row)?;
            self.index_later(number, row)?;
        } else {
            self.conn
                .prepare_cached("INSERT INTO unknown_row (document, updated_ms, row) VALUES (?1, ?2, ?3)")?
                .execute(params![number, row.updated.at_ms, json])?;
        }
        let mut touched = self.touched.borrow_mut();
        if !touched.many.contains(document.kind) {
            touched.many.insert(document.kind.to_owned());
        }
        Ok(true)
    }

    /// Adds the shares of so many documents to a scope's digest.
    ///
    /// # Errors
    /// As every write.
    pub fn raise_digest(&self, scope: ScopeId, shares: Digest, documents: u64) -> Result<(), Error> {
        let digest = self.digest(scope)?.plus(shares);
        self.conn
            .prepare_cached(
                "INSERT INTO scope (id, digest, documents) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET \
                 digest = excluded.digest, documents = documents + excluded.documents",
            )?
            .execute(params![scope, digest.to_bytes(), signed(documents)])?;
        Ok(())
    }
}
