//! [`AccessStore`] on SQLite.

use rusqlite::{Row, params};
use satchel_core::ids::{MemberId, ScopeId};

use super::super::Transaction;
use super::super::column::{Word, access, all, first, from_access, from_limit, from_seq, id, optional_seq, seq};
use crate::store::StoreError;
use crate::store::people::{AccessRow, AccessState, AccessStore, Tenure};

const ROW: &str = "SELECT member, scope, seq, state, role, in_since_seq, write_until_seq, write_until_at FROM access";

impl AccessStore for Transaction<'_> {
    fn access(&self, member: MemberId, scope: ScopeId) -> Result<Option<AccessRow>, StoreError> {
        let sql = self.sql(&format!("{ROW} WHERE member = ?1 AND scope = ?2"))?;
        first(sql, params![member.as_bytes(), scope.as_bytes()], read_access)
    }

    fn access_on(&self, scope: ScopeId) -> Result<Vec<AccessRow>, StoreError> {
        all(
            self.sql(&format!("{ROW} WHERE scope = ?1 ORDER BY member"))?,
            [scope.as_bytes()],
            read_access,
        )
    }

    fn readable(&self, member: MemberId) -> Result<Vec<AccessRow>, StoreError> {
        let sql = self.sql(&format!("{ROW} WHERE member = ?1 AND state = 'in' ORDER BY scope"))?;
        all(sql, [member.as_bytes()], read_access)
    }

    fn access_after(&self, member: MemberId, after: u64, limit: usize) -> Result<Vec<AccessRow>, StoreError> {
        let sql = self.sql(&format!("{ROW} WHERE member = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3"))?;
        all(
            sql,
            params![member.as_bytes(), from_seq(after), from_limit(limit)],
            read_access,
        )
    }

    fn put_access(&mut self, row: &AccessRow) -> Result<(), StoreError> {
        self.sql(
            "INSERT INTO access (member, scope, seq, state, role, in_since_seq, write_until_seq, write_until_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (member, scope) DO UPDATE SET
             seq = excluded.seq, state = excluded.state, role = excluded.role, in_since_seq = excluded.in_since_seq,
             write_until_seq = excluded.write_until_seq, write_until_at = excluded.write_until_at",
        )?
        .execute(params![
            row.member.as_bytes(),
            row.scope.as_bytes(),
            from_seq(row.seq),
            row.state.word(),
            from_access(row.access),
            from_seq(row.in_since_seq),
            row.write_until_seq.map(from_seq),
            row.write_until_ms
        ])?;
        match row.state {
            AccessState::In => Ok(()),
            AccessState::Out => self.retire_packs_of(row.scope),
        }
    }

    fn mark_to_retry(&mut self, member: MemberId, scope: ScopeId) -> Result<(), StoreError> {
        self.sql("UPDATE parked SET retry = 1 WHERE member = ?1 AND scope = ?2 AND denied = 1")?
            .execute(params![member.as_bytes(), scope.as_bytes()])?;
        Ok(())
    }

    fn open_tenure(&mut self, member: MemberId, scope: ScopeId, from: u64) -> Result<(), StoreError> {
        self.sql(
            "INSERT INTO tenure (member, scope, from_seq) SELECT ?1, ?2, ?3 WHERE NOT EXISTS (
                 SELECT 1 FROM tenure WHERE member = ?1 AND scope = ?2 AND until_seq IS NULL)",
        )?
        .execute(params![member.as_bytes(), scope.as_bytes(), from_seq(from)])?;
        Ok(())
    }

    fn close_tenure(&mut self, member: MemberId, scope: ScopeId, seq: u64, at_ms: i64) -> Result<(), StoreError> {
        self.sql(
            "UPDATE tenure SET until_seq = ?3, until_at = ?4 WHERE member = ?1 AND scope = ?2 AND until_seq IS NULL",
        )?
        .execute(params![member.as_bytes(), scope.as_bytes(), from_seq(seq), at_ms])?;
        Ok(())
    }

    fn tenures(&self, member: MemberId, scope: ScopeId) -> Result<Vec<Tenure>, StoreError> {
        let sql = self.sql(
            "SELECT from_seq, until_seq, until_at FROM tenure WHERE member = ?1 AND scope = ?2 ORDER BY from_seq",
        )?;
        all(sql, params![member.as_bytes(), scope.as_bytes()], |row| {
            Ok(Tenure {
                from_seq: seq(row, 0)?,
                until_seq: optional_seq(row, 1)?,
                until_ms: row.get(2)?,
            })
        })
    }
}

fn read_access(row: &Row<'_>) -> Result<AccessRow, StoreError> {
    Ok(AccessRow {
        member: id(row, 0, MemberId::from_bytes)?,
        scope: id(row, 1, ScopeId::from_bytes)?,
        seq: seq(row, 2)?,
        state: Word::read(row, 3)?,
        access: access(row, 4)?,
        in_since_seq: seq(row, 5)?,
        write_until_seq: optional_seq(row, 6)?,
        write_until_ms: row.get(7)?,
    })
}
