//! [`Tree`] on SQLite.

use rusqlite::{Row, params};
use satchel_core::ids::{MemberId, ScopeId};
use satchel_core::policy::Access;

use super::super::Transaction;
use super::super::column::{Word, access, all, first, from_access, from_limit, from_seq, id, optional_id, seq};
use crate::store::StoreError;
use crate::store::people::{Audit, Permission, Scope, ScopeKind, Tree};

impl Tree for Transaction<'_> {
    fn scope(&self, id: ScopeId) -> Result<Option<Scope>, StoreError> {
        first(
            self.sql("SELECT id, parent, kind, owner, seq FROM scope WHERE id = ?1")?,
            [id.as_bytes()],
            read_scope,
        )
    }

    fn put_scope(&mut self, scope: &Scope) -> Result<(), StoreError> {
        self.sql(
            "INSERT INTO scope (id, parent, kind, owner, seq) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO UPDATE SET
             parent = excluded.parent, kind = excluded.kind, owner = excluded.owner, seq = excluded.seq",
        )?
        .execute(params![
            scope.id.as_bytes(),
            scope.parent.as_ref().map(ScopeId::as_bytes),
            scope.kind.word(),
            scope.owner.as_ref().map(MemberId::as_bytes),
            from_seq(scope.seq)
        ])?;
        Ok(())
    }

    fn subtree(&self, top: ScopeId) -> Result<Vec<ScopeId>, StoreError> {
        let sql = self.sql(
            "WITH RECURSIVE down (id, depth) AS (
                 SELECT id, 0 FROM scope WHERE id = ?1
                 UNION ALL SELECT scope.id, depth + 1 FROM down JOIN scope ON scope.parent = down.id)
             SELECT id FROM down ORDER BY depth",
        )?;
        all(sql, [top.as_bytes()], |row| id(row, 0, ScopeId::from_bytes))
    }

    fn ancestors(&self, scope: ScopeId) -> Result<Vec<ScopeId>, StoreError> {
        let sql = self.sql(
            "WITH RECURSIVE up (id, parent, depth) AS (
                 SELECT id, parent, 0 FROM scope WHERE id = ?1
                 UNION ALL SELECT scope.id, scope.parent, depth + 1 FROM up JOIN scope ON scope.id = up.parent)
             SELECT id FROM up ORDER BY depth",
        )?;
        all(sql, [scope.as_bytes()], |row| id(row, 0, ScopeId::from_bytes))
    }

    fn scopes(&self, kind: Option<ScopeKind>, after: Option<ScopeId>, limit: usize) -> Result<Vec<Scope>, StoreError> {
        let after = after.map_or(Vec::new(), |id| id.as_bytes().to_vec());
        let sql = self.sql(
            "SELECT id, parent, kind, owner, seq FROM scope
             WHERE id > ?1 AND (?2 IS NULL OR kind = ?2) ORDER BY id LIMIT ?3",
        )?;
        all(sql, params![after, kind.map(Word::word), from_limit(limit)], read_scope)
    }

    fn scopes_after(&self, member: MemberId, after: u64, limit: usize) -> Result<Vec<Scope>, StoreError> {
        let sql = self.sql(
            "SELECT s.id, s.parent, s.kind, s.owner, s.seq FROM scope s
             JOIN access a ON a.scope = s.id AND a.member = ?1 AND a.state = 'in'
             WHERE s.seq > ?2 ORDER BY s.seq LIMIT ?3",
        )?;
        all(
            sql,
            params![member.as_bytes(), from_seq(after), from_limit(limit)],
            read_scope,
        )
    }

    fn permissions_on(&self, node: ScopeId) -> Result<Vec<Permission>, StoreError> {
        let sql = self.sql(
            "SELECT member, node, reach, origin, role FROM permission WHERE node = ?1 ORDER BY member, reach, origin",
        )?;
        all(sql, [node.as_bytes()], read_permission)
    }

    fn permissions_of(&self, member: MemberId) -> Result<Vec<Permission>, StoreError> {
        let sql = self.sql(
            "SELECT member, node, reach, origin, role FROM permission WHERE member = ?1 ORDER BY node, reach, origin",
        )?;
        all(sql, [member.as_bytes()], read_permission)
    }

    fn put_permission(&mut self, permission: &Permission) -> Result<(), StoreError> {
        self.sql(
            "INSERT INTO permission (member, node, reach, origin, role) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (member, node, reach, origin) DO UPDATE SET role = excluded.role",
        )?
        .execute(params![
            permission.member.as_bytes(),
            permission.node.as_bytes(),
            permission.reach.word(),
            permission.origin.word(),
            from_access(permission.access)
        ])?;
        Ok(())
    }

    fn remove_permission(&mut self, permission: &Permission) -> Result<(), StoreError> {
        self.sql("DELETE FROM permission WHERE member = ?1 AND node = ?2 AND reach = ?3 AND origin = ?4")?
            .execute(params![
                permission.member.as_bytes(),
                permission.node.as_bytes(),
                permission.reach.word(),
                permission.origin.word()
            ])?;
        Ok(())
    }

    fn effective(&self, scope: ScopeId) -> Result<Vec<(MemberId, Access)>, StoreError> {
        let sql = self.sql(
            "WITH RECURSIVE up (id, parent, depth) AS (
                 SELECT id, parent, 0 FROM scope WHERE id = ?1
                 UNION ALL SELECT scope.id, scope.parent, depth + 1 FROM up JOIN scope ON scope.id = up.parent)
             SELECT p.member, max(p.role) FROM up CROSS JOIN permission p ON p.node = up.id
             WHERE up.depth = 0 OR p.reach = 'subtree' GROUP BY p.member ORDER BY p.member",
        )?;
        all(sql, [scope.as_bytes()], |row| {
            Ok((id(row, 0, MemberId::from_bytes)?, access(row, 1)?))
        })
    }

    fn put_audit(&mut self, line: &Audit) -> Result<(), StoreError> {
        self.sql("INSERT INTO audit (seq, at, actor, action, subject, member) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![
                from_seq(line.seq),
                line.at_ms,
                line.actor.as_ref().map(MemberId::as_bytes),
                line.action,
                line.subject,
                line.member.as_ref().map(MemberId::as_bytes)
            ])?;
        Ok(())
    }
}

fn read_scope(row: &Row<'_>) -> Result<Scope, StoreError> {
    Ok(Scope {
        id: id(row, 0, ScopeId::from_bytes)?,
        parent: optional_id(row, 1, ScopeId::from_bytes)?,
        kind: Word::read(row, 2)?,
        owner: optional_id(row, 3, MemberId::from_bytes)?,
        seq: seq(row, 4)?,
    })
}

fn read_permission(row: &Row<'_>) -> Result<Permission, StoreError> {
    Ok(Permission {
        member: id(row, 0, MemberId::from_bytes)?,
        node: id(row, 1, ScopeId::from_bytes)?,
        reach: Word::read(row, 2)?,
        origin: Word::read(row, 3)?,
        access: access(row, 4)?,
    })
}
