//! [`Log`] on SQLite.

mod document;
mod parked;

use rusqlite::{Row, params};
use satchel_core::ids::{ActorId, ChangeHash, DeviceId, DocumentId, Heads, MemberId, RunId, ScopeId};
use satchel_core::wire::Point;
use satchel_core::wire::digest::Digest;

use super::Transaction;
use super::column::{all, first, from_limit, from_seq, heads, id, ids, optional_id, optional_seq, seq, to_seq};
use crate::store::StoreError;
use crate::store::log::{DeviceState, Log, NewChange, Parked, Step, StoredDocument};

/// A point in two columns.
fn point(row: &Row<'_>, run: usize, seq: usize) -> Result<Option<Point>, StoreError> {
    let parts = optional_id(row, run, RunId::from_bytes)?.zip(optional_seq(row, seq)?);
    Ok(parts.map(|(run, seq)| Point { run, seq }))
}

fn digest(row: &Row<'_>, at: usize) -> Result<Digest, StoreError> {
    let bytes: Vec<u8> = row.get(at)?;
    Digest::from_bytes(&bytes).ok_or(StoreError::Damaged("a digest"))
}

impl Log for Transaction<'_> {
    fn document(&self, id: DocumentId) -> Result<Option<StoredDocument>, StoreError> {
        self.read_document(id)
    }

    fn document_scope(&self, document: DocumentId) -> Result<Option<ScopeId>, StoreError> {
        let sql = self.sql("SELECT scope FROM document WHERE id = ?1")?;
        first(sql, [document.as_bytes()], |row| id(row, 0, ScopeId::from_bytes))
    }

    fn put_document(&mut self, document: &StoredDocument) -> Result<(), StoreError> {
        self.write_document(document)
    }

    fn append_changes(
        &mut self,
        id: DocumentId,
        seq: u64,
        changes: &[NewChange],
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let mut statement = self.sql(
            "INSERT INTO change (hash, document, seq, place, bytes, device, member, received_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        for (place, change) in changes.iter().enumerate() {
            statement.execute(params![
                change.hash.0,
                id.as_bytes(),
                from_seq(seq),
                from_limit(place),
                change.bytes,
                change.device.as_ref().map(DeviceId::as_bytes),
                change.member.as_bytes(),
                now_ms,
            ])?;
        }
        Ok(())
    }

    fn note_difference(&mut self, id: DocumentId, seq: u64, parts: &[String]) -> Result<(), StoreError> {
        let parts = serde_json::to_string(parts).map_err(|error| StoreError::Backend(Box::new(error)))?;
        self.sql("INSERT INTO difference (document, seq, parts) VALUES (?1, ?2, ?3)")?
            .execute(params![id.as_bytes(), from_seq(seq), parts])?;
        Ok(())
    }

    fn forget_differences(&mut self, id: DocumentId, upto: u64) -> Result<(), StoreError> {
        self.sql("DELETE FROM difference WHERE document = ?1 AND seq <= ?2")?
            .execute(params![id.as_bytes(), from_seq(upto)])?;
        Ok(())
    }

    fn steps_after(&self, id: DocumentId, after: u64) -> Result<Vec<Step>, StoreError> {
        let sql = self.sql(
            "SELECT c.device, c.bytes, d.parts FROM change c
             LEFT JOIN difference d ON d.document = c.document AND d.seq = c.seq
             WHERE c.document = ?1 AND c.seq > ?2 ORDER BY c.seq, c.place",
        )?;
        all(sql, params![id.as_bytes(), from_seq(after)], |row| {
            let parts: Option<String> = row.get(2)?;
            let read = parts.map(|parts| serde_json::from_str(&parts));
            Ok(Step {
                device: optional_id(row, 0, DeviceId::from_bytes)?,
                bytes: row.get(1)?,
                parts: read.transpose().map_err(|_| StoreError::Damaged("parts of a row"))?,
            })
        })
    }

    fn changes_after(&self, id: DocumentId, after: u64) -> Result<Vec<Vec<u8>>, StoreError> {
        let sql = self.sql("SELECT bytes FROM change WHERE document = ?1 AND seq > ?2 ORDER BY seq, place")?;
        all(sql, params![id.as_bytes(), from_seq(after)], |row| Ok(row.get(0)?))
    }

    fn unfolded(&self, id: DocumentId) -> Result<(u64, u64), StoreError> {
        let (count, bytes): (i64, i64) = self
            .sql(
                "SELECT count(*), coalesce(sum(length(bytes)), 0) FROM change WHERE document = ?1
                 AND seq > (SELECT folded_seq FROM document WHERE id = ?1)",
            )?
            .query_row([id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok((to_seq(count)?, to_seq(bytes)?))
    }

    fn waiting(&self, document: DocumentId, device: DeviceId) -> Result<u64, StoreError> {
        let count: i64 = self
            .sql("SELECT count(*) FROM parked WHERE document = ?1 AND device = ?2")?
            .query_row([document.as_bytes(), device.as_bytes()], |row| row.get(0))?;
        to_seq(count)
    }

    fn scope_documents(
        &self,
        scope: ScopeId,
        after: u64,
        upto: u64,
        limit: usize,
    ) -> Result<Vec<StoredDocument>, StoreError> {
        self.read_scope_documents(scope, after, upto, limit)
    }

    fn member_documents(
        &self,
        member: MemberId,
        after: u64,
        upto: u64,
        limit: usize,
    ) -> Result<Vec<StoredDocument>, StoreError> {
        self.read_member_documents(member, after, upto, limit)
    }

    fn kind_documents(
        &self,
        member: MemberId,
        kind: &str,
        after: Option<DocumentId>,
        limit: usize,
    ) -> Result<Vec<StoredDocument>, StoreError> {
        self.read_kind_documents(member, kind, after, limit)
    }

    fn undecided_documents(
        &self,
        member: MemberId,
        after: Option<DocumentId>,
        limit: usize,
    ) -> Result<Vec<StoredDocument>, StoreError> {
        self.read_undecided_documents(member, after, limit)
    }

    fn scope_versions(&self, scope: ScopeId) -> Result<Vec<(DocumentId, Heads)>, StoreError> {
        let sql = self.sql("SELECT id, heads FROM document WHERE scope = ?1")?;
        all(sql, [scope.as_bytes()], |row| {
            Ok((id(row, 0, DocumentId::from_bytes)?, heads(row, 1)?))
        })
    }

    fn scope_digest(&self, scope: ScopeId) -> Result<(Digest, u64), StoreError> {
        let sql = self.sql("SELECT digest, documents FROM scope_digest WHERE scope = ?1")?;
        let found = first(sql, [scope.as_bytes()], |row| Ok((digest(row, 0)?, seq(row, 1)?)))?;
        Ok(found.unwrap_or_default())
    }

    fn readable_digests(&self, member: MemberId) -> Result<Vec<(ScopeId, Digest, u64)>, StoreError> {
        let sql = self.sql(
            "SELECT a.scope, d.digest, coalesce(d.documents, 0) FROM access a
             LEFT JOIN scope_digest d ON d.scope = a.scope
             WHERE a.member = ?1 AND a.state = 'in' ORDER BY a.scope",
        )?;
        all(sql, [member.as_bytes()], |row| {
            let kept: Option<Vec<u8>> = row.get(1)?;
            let sum = if kept.is_some() {
                digest(row, 1)?
            } else {
                Digest::default()
            };
            Ok((id(row, 0, ScopeId::from_bytes)?, sum, seq(row, 2)?))
        })
    }

    fn actor_owner(&self, actor: ActorId) -> Result<Option<Option<DeviceId>>, StoreError> {
        let sql = self.sql("SELECT device FROM actor WHERE id = ?1")?;
        first(sql, [actor.0], |row| optional_id(row, 0, DeviceId::from_bytes))
    }

    fn claim_actor(
        &mut self,
        actor: ActorId,
        device: Option<DeviceId>,
        member: Option<MemberId>,
    ) -> Result<(), StoreError> {
        self.sql("INSERT OR IGNORE INTO actor (id, device, member) VALUES (?1, ?2, ?3)")?
            .execute(params![
                actor.0,
                device.as_ref().map(DeviceId::as_bytes),
                member.as_ref().map(MemberId::as_bytes)
            ])?;
        Ok(())
    }

    fn park(&mut self, parked: &Parked) -> Result<i64, StoreError> {
        self.write_parked(parked)
    }

    fn parked(&self, number: i64) -> Result<Option<Parked>, StoreError> {
        Ok(self.read_parked("number = ?1", &[&number], 1)?.pop())
    }

    fn awaiting(&self, parent: DocumentId) -> Result<Vec<Parked>, StoreError> {
        self.read_parked("awaits = ?1", &[parent.as_bytes()], usize::MAX)
    }

    fn all_parked(&self, after: i64, limit: usize) -> Result<Vec<Parked>, StoreError> {
        self.read_parked("number > ?1", &[&after], limit)
    }

    fn unpark(&mut self, number: i64) -> Result<(), StoreError> {
        self.sql("DELETE FROM parked WHERE number = ?1")?.execute([number])?;
        Ok(())
    }

    fn parked_of(&self, document: DocumentId) -> Result<Vec<Parked>, StoreError> {
        self.read_parked("document = ?1", &[document.as_bytes()], usize::MAX)
    }

    fn retries(&self, limit: usize) -> Result<Vec<Parked>, StoreError> {
        self.read_parked("retry = 1", &[], limit)
    }

    fn has_change(&self, hash: ChangeHash) -> Result<bool, StoreError> {
        let found = self
            .sql("SELECT EXISTS (SELECT 1 FROM change WHERE hash = ?1)")?
            .query_row([hash.0], |row| row.get(0))?;
        Ok(found)
    }

    fn put_device_state(&mut self, state: &DeviceState) -> Result<(), StoreError> {
        self.sql(
            "INSERT INTO device_state (device, cursor_run, cursor_seq, pending, clock_offset_s, contact_at, complete_at,
                 loading)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (device) DO UPDATE SET cursor_run = ?2, cursor_seq = ?3, pending = ?4, clock_offset_s = ?5,
                 contact_at = ?6, complete_at = coalesce(?7, complete_at), loading = ?8",
        )?
        .execute(params![
            state.device.as_bytes(),
            state.cursor.as_ref().map(|cursor| cursor.run.as_bytes().to_vec()),
            from_seq(state.cursor.map_or(0, |cursor| cursor.seq)),
            state.pending,
            state.clock_offset_s,
            state.contact_at_ms,
            state.complete_at_ms,
            state.loading.iter().map(ScopeId::as_bytes).copied().collect::<Vec<_>>().concat(),
        ])?;
        Ok(())
    }

    fn device_state(&self, device: DeviceId) -> Result<Option<DeviceState>, StoreError> {
        let sql = self.sql(
            "SELECT cursor_run, cursor_seq, pending, clock_offset_s, contact_at, complete_at, loading
             FROM device_state WHERE device = ?1",
        )?;
        first(sql, [device.as_bytes()], |row| {
            Ok(DeviceState {
                device,
                cursor: point(row, 0, 1)?,
                pending: row.get(2)?,
                clock_offset_s: row.get(3)?,
                contact_at_ms: row.get(4)?,
                complete_at_ms: row.get(5)?,
                loading: ids(row, 6, ScopeId::from_bytes)?,
            })
        })
    }

    fn put_purge_receipt(
        &mut self,
        device: DeviceId,
        scope: ScopeId,
        out: Point,
        documents: u64,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        self.sql(
            "INSERT OR REPLACE INTO purge_receipt (device, scope, out_run, out_seq, documents, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            device.as_bytes(),
            scope.as_bytes(),
            out.run.as_bytes(),
            from_seq(out.seq),
            from_seq(documents),
            now_ms
        ])?;
        Ok(())
    }

    fn has_purged(&self, device: DeviceId, scope: ScopeId, out_seq: u64) -> Result<bool, StoreError> {
        let found: bool = self
            .sql("SELECT EXISTS (SELECT 1 FROM purge_receipt WHERE device = ?1 AND scope = ?2 AND out_seq >= ?3)")?
            .query_row(params![device.as_bytes(), scope.as_bytes(), from_seq(out_seq)], |row| {
                row.get(0)
            })?;
        Ok(found)
    }
}
