//! Documents and the digests of their scopes.

use rusqlite::{Row, ToSql, params};
use satchel_core::ids::{DocumentId, MemberId, ScopeId};
use satchel_core::wire::digest::Digest;

use super::super::Transaction;
use super::super::column::heads;
use super::super::column::{all, first, from_limit, from_seq, id, seq};
use crate::store::StoreError;
use crate::store::log::{Log, StoredDocument};

const COLUMNS: &str =
    "d.id, d.kind, d.scope, d.creator, d.snapshot, d.folded_seq, d.heads, d.row, d.schema, d.created_seq, d.seq";

fn from_row(row: &Row<'_>) -> Result<StoredDocument, StoreError> {
    Ok(StoredDocument {
        id: id(row, 0, DocumentId::from_bytes)?,
        kind: row.get(1)?,
        scope: id(row, 2, ScopeId::from_bytes)?,
        creator: id(row, 3, MemberId::from_bytes)?,
        snapshot: row.get(4)?,
        folded_seq: seq(row, 5)?,
        heads: heads(row, 6)?,
        row: row.get(7)?,
        schema: row.get(8)?,
        created_seq: seq(row, 9)?,
        seq: seq(row, 10)?,
    })
}

impl Transaction<'_> {
    fn read_documents(&self, rest: &str, params: &[&dyn ToSql]) -> Result<Vec<StoredDocument>, StoreError> {
        all(
            self.sql(&format!("SELECT {COLUMNS} FROM document d {rest}"))?,
            params,
            from_row,
        )
    }

    pub(super) fn read_document(&self, id: DocumentId) -> Result<Option<StoredDocument>, StoreError> {
        Ok(self.read_documents("WHERE d.id = ?1", &[id.as_bytes()])?.pop())
    }

    pub(super) fn read_scope_documents(
        &self,
        scope: ScopeId,
        after: u64,
        upto: u64,
        limit: usize,
    ) -> Result<Vec<StoredDocument>, StoreError> {
        self.read_documents(
            "WHERE d.scope = ?1 AND d.seq > ?2 AND d.seq <= ?3 ORDER BY d.seq LIMIT ?4",
            &[scope.as_bytes(), &from_seq(after), &from_seq(upto), &from_limit(limit)],
        )
    }

    pub(super) fn read_member_documents(
        &self,
        member: MemberId,
        after: u64,
        upto: u64,
        limit: usize,
    ) -> Result<Vec<StoredDocument>, StoreError> {
        self.read_documents(
            "JOIN access a ON a.member = ?1 AND a.scope = d.scope AND a.state = 'in'
             WHERE d.seq > ?2 AND d.seq <= ?3 ORDER BY d.seq LIMIT ?4",
            &[member.as_bytes(), &from_seq(after), &from_seq(upto), &from_limit(limit)],
        )
    }

    pub(super) fn read_kind_documents(
        &self,
        member: MemberId,
        kind: &str,
        after: Option<DocumentId>,
        limit: usize,
    ) -> Result<Vec<StoredDocument>, StoreError> {
        let after = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
        self.read_documents(
            "JOIN access a ON a.member = ?1 AND a.scope = d.scope AND a.state = 'in'
             WHERE d.kind = ?2 AND d.id > ?3 ORDER BY d.id LIMIT ?4",
            &[member.as_bytes(), &kind, &after, &from_limit(limit)],
        )
    }

    pub(super) fn read_undecided_documents(
        &self,
        member: MemberId,
        after: Option<DocumentId>,
        limit: usize,
    ) -> Result<Vec<StoredDocument>, StoreError> {
        let after = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
        // The condition is the index's, word for word: few records are in it, and only those are looked at.
        self.read_documents(
            "INDEXED BY document_undecided CROSS JOIN access a
             WHERE a.member = ?1 AND a.scope = d.scope AND a.state = 'in' AND d.id > ?2
               AND (row ->> '$.conflicts' IS NOT NULL
                    OR row ->> '$.edited_after_archive' IS NOT NULL
                    OR row ->> '$.derived.disputed' = 1)
             ORDER BY d.id LIMIT ?3",
            &[member.as_bytes(), &after, &from_limit(limit)],
        )
    }

    pub(super) fn write_document(&mut self, document: &StoredDocument) -> Result<(), StoreError> {
        let sql = self.sql("SELECT heads FROM document WHERE id = ?1")?;
        let old = first(sql, [document.id.as_bytes()], |row| heads(row, 0))?;
        let (mut digest, mut documents) = self.scope_digest(document.scope)?;
        match old {
            Some(heads) => digest = digest.minus(Digest::of(document.id, &heads)),
            None => documents += 1,
        }
        digest = digest.plus(Digest::of(document.id, &document.heads));
        self.sql("INSERT OR REPLACE INTO scope_digest (scope, digest, documents) VALUES (?1, ?2, ?3)")?
            .execute(params![
                document.scope.as_bytes(),
                digest.to_bytes(),
                from_seq(documents)
            ])?;
        self.sql(
            "INSERT INTO document (id, kind, scope, creator, snapshot, folded_seq, heads, row, schema, created_seq, seq)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
             ON CONFLICT (id) DO UPDATE SET snapshot = ?5, folded_seq = ?6, heads = ?7, row = ?8, schema = ?9, seq = ?11",
        )?
        .execute(params![
            document.id.as_bytes(),
            document.kind,
            document.scope.as_bytes(),
            document.creator.as_bytes(),
            document.snapshot,
            from_seq(document.folded_seq),
            document.heads.to_bytes(),
            document.row,
            document.schema,
            from_seq(document.created_seq),
            from_seq(document.seq),
        ])?;
        Ok(())
    }
}
