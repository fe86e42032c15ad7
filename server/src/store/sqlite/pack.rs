//! [`Packs`] on SQLite.

use rusqlite::{Row, params};
use satchel_core::ids::{MemberId, ScopeId};
use satchel_core::wire::PackHash;

use super::Transaction;
use super::column::{all, first, from_seq, id, seq};
use crate::store::StoreError;
use crate::store::pack::{Packable, Packs, StoredPack};

const PACK: &str = "SELECT p.hash, p.seq, p.documents, p.bytes, p.urgency, p.used_at, p.rows FROM pack p";

/// A pack of which the member of the first parameter may read every scope.
const READABLE: &str = "EXISTS (SELECT 1 FROM pack_scope s WHERE s.pack = p.hash) AND NOT EXISTS (
         SELECT 1 FROM pack_scope s WHERE s.pack = p.hash AND NOT EXISTS (
             SELECT 1 FROM access a WHERE a.member = ?1 AND a.scope = s.scope AND a.state = 'in'))";

impl Packs for Transaction<'_> {
    fn packable(&self, member: MemberId) -> Result<Vec<Packable>, StoreError> {
        let sql = self.sql(
            "SELECT me.scope, d.documents, r.member FROM access me
             JOIN scope s ON s.id = me.scope AND s.kind <> 'private'
             JOIN scope_digest d ON d.scope = me.scope AND d.documents > 0
             JOIN access r ON r.scope = me.scope AND r.state = 'in'
             WHERE me.member = ?1 AND me.state = 'in' ORDER BY me.scope, r.member",
        )?;
        let rows = all(sql, [member.as_bytes()], |row| {
            Ok((
                id(row, 0, ScopeId::from_bytes)?,
                seq(row, 1)?,
                id(row, 2, MemberId::from_bytes)?,
            ))
        })?;
        let mut found: Vec<Packable> = Vec::new();
        for (scope, documents, reader) in rows {
            match found.last_mut().filter(|last| last.scope == scope) {
                Some(last) => last.readers.push(reader),
                None => found.push(Packable {
                    scope,
                    documents,
                    readers: vec![reader],
                }),
            }
        }
        Ok(found)
    }

    fn is_packable(&self, scope: ScopeId) -> Result<bool, StoreError> {
        let sql = self.sql("SELECT kind <> 'private' FROM scope WHERE id = ?1")?;
        Ok(first(sql, [scope.as_bytes()], |row| Ok(row.get(0)?))?.unwrap_or(false))
    }

    fn packs_for(&self, member: MemberId) -> Result<Vec<StoredPack>, StoreError> {
        let sql = self.sql(&format!("{PACK} WHERE {READABLE} ORDER BY p.hash"))?;
        let found = all(sql, [member.as_bytes()], read_pack)?;
        found.into_iter().map(|pack| self.with_scopes(pack)).collect()
    }

    fn pack_for(&self, member: MemberId, hash: PackHash) -> Result<Option<StoredPack>, StoreError> {
        let sql = self.sql(&format!("{PACK} WHERE p.hash = ?2 AND {READABLE}"))?;
        let found = first(sql, params![member.as_bytes(), hash.0], read_pack)?;
        found.map(|pack| self.with_scopes(pack)).transpose()
    }

    fn changed_since_pack(&self, hash: PackHash) -> Result<u64, StoreError> {
        let changed: i64 = self
            .sql(
                "SELECT count(*) FROM pack p JOIN pack_scope s ON s.pack = p.hash
                 JOIN document d ON d.scope = s.scope AND d.seq > p.seq WHERE p.hash = ?1",
            )?
            .query_row([hash.0], |row| row.get(0))?;
        Ok(changed.unsigned_abs())
    }

    fn put_pack(&mut self, pack: &StoredPack) -> Result<bool, StoreError> {
        let mut changed = self.sql("SELECT EXISTS (SELECT 1 FROM access WHERE scope = ?1 AND seq > ?2)")?;
        for scope in &pack.scopes {
            if changed.query_row(params![scope.as_bytes(), from_seq(pack.seq)], |row| row.get(0))? {
                return Ok(false);
            }
        }
        self.sql(
            "INSERT OR IGNORE INTO pack (hash, seq, documents, bytes, urgency, used_at, rows)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            pack.hash.0,
            from_seq(pack.seq),
            from_seq(pack.documents),
            from_seq(pack.bytes),
            pack.urgency,
            pack.used_at_ms,
            pack.rows
        ])?;
        let mut insert = self.sql("INSERT OR IGNORE INTO pack_scope (scope, pack) VALUES (?1, ?2)")?;
        for scope in &pack.scopes {
            insert.execute(params![scope.as_bytes(), pack.hash.0])?;
        }
        Ok(true)
    }

    fn touch_pack(&mut self, hash: PackHash, now_ms: i64) -> Result<(), StoreError> {
        self.sql("UPDATE pack SET used_at = ?2 WHERE hash = ?1")?
            .execute(params![hash.0, now_ms])?;
        Ok(())
    }

    fn remove_pack(&mut self, hash: PackHash) -> Result<(), StoreError> {
        self.sql("DELETE FROM pack WHERE hash = ?1")?.execute([hash.0])?;
        Ok(())
    }

    fn all_packs(&self) -> Result<Vec<(PackHash, u64, i64)>, StoreError> {
        let sql = self.sql("SELECT hash, bytes, used_at FROM pack ORDER BY used_at, hash")?;
        all(sql, [], |row| Ok((PackHash(row.get(0)?), seq(row, 1)?, row.get(2)?)))
    }
}

impl Transaction<'_> {
    fn with_scopes(&self, mut pack: StoredPack) -> Result<StoredPack, StoreError> {
        let sql = self.sql("SELECT scope FROM pack_scope WHERE pack = ?1 ORDER BY scope")?;
        pack.scopes = all(sql, [pack.hash.0], |row| id(row, 0, ScopeId::from_bytes))?;
        Ok(pack)
    }

    /// Access to a scope was lost: no pack that holds it is served again.
    pub(super) fn retire_packs_of(&self, scope: ScopeId) -> Result<(), StoreError> {
        self.sql("DELETE FROM pack WHERE hash IN (SELECT pack FROM pack_scope WHERE scope = ?1)")?
            .execute([scope.as_bytes()])?;
        Ok(())
    }
}

/// A pack without its scopes.
fn read_pack(row: &Row<'_>) -> Result<StoredPack, StoreError> {
    Ok(StoredPack {
        hash: PackHash(row.get(0)?),
        seq: seq(row, 1)?,
        documents: seq(row, 2)?,
        bytes: seq(row, 3)?,
        urgency: row.get(4)?,
        used_at_ms: row.get(5)?,
        scopes: Vec::new(),
        rows: row.get(6)?,
    })
}
