//! What waits for a parent or for a decision.

use rusqlite::{Row, ToSql, params};
use satchel_core::ids::{ActorId, DeviceId, DocumentId, MemberId, ScopeId};

use super::super::Transaction;
use super::super::column::heads;
use super::super::column::{all, first, from_limit, from_seq, id, optional_id};
use super::point;
use crate::store::StoreError;
use crate::store::log::Parked;

impl Transaction<'_> {
    pub(super) fn write_parked(&mut self, parked: &Parked) -> Result<i64, StoreError> {
        let key = params![
            parked.document.as_bytes(),
            parked.device.as_bytes(),
            parked.heads.to_bytes()
        ];
        let sql = self.sql("SELECT number FROM parked WHERE document = ?1 AND device = ?2 AND heads = ?3")?;
        // The same heads may come with more: first what a device thought was missing, then the whole.
        for number in all(sql, key, |row| Ok(row.get::<_, i64>(0)?))? {
            if self.parked_changes(number)? == parked.changes {
                // Why it waits may be another reason by now: what is due is found by it.
                self.sql("UPDATE parked SET code = ?2, awaits = ?3, scope = ?4, denied = ?5 WHERE number = ?1")?
                    .execute(params![
                        number,
                        parked.code,
                        parked.awaits.as_ref().map(DocumentId::as_bytes),
                        parked.scope.as_ref().map(ScopeId::as_bytes),
                        parked.denied,
                    ])?;
                return Ok(number);
            }
        }
        let inserted = self.sql(
            "INSERT INTO parked (document, kind, device, member, actor, heads, base_run, base_seq, code, awaits, scope,
                 received_at, denied)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) RETURNING number",
        )?;
        let columns = params![
            parked.document.as_bytes(),
            parked.kind,
            parked.device.as_bytes(),
            parked.member.as_bytes(),
            parked.actor.map(|actor| actor.0),
            parked.heads.to_bytes(),
            parked.base.as_ref().map(|base| base.run.as_bytes().to_vec()),
            parked.base.map(|base| from_seq(base.seq)),
            parked.code,
            parked.awaits.as_ref().map(DocumentId::as_bytes),
            parked.scope.as_ref().map(ScopeId::as_bytes),
            parked.received_at_ms,
            parked.denied,
        ];
        let number = first(inserted, columns, |row| Ok(row.get(0)?))?.ok_or(StoreError::Damaged("no number"))?;
        let mut statement = self.sql("INSERT INTO parked_change (parked, place, bytes) VALUES (?1, ?2, ?3)")?;
        for (place, bytes) in parked.changes.iter().enumerate() {
            statement.execute(params![number, from_limit(place), bytes])?;
        }
        Ok(number)
    }

    pub(super) fn read_parked(
        &self,
        condition: &'static str,
        params: &[&dyn ToSql],
        limit: usize,
    ) -> Result<Vec<Parked>, StoreError> {
        let sql = self.sql(&format!(
            "SELECT number, document, kind, device, member, actor, heads, base_run, base_seq, code, awaits, scope,
                 received_at, denied FROM parked WHERE {condition} ORDER BY number LIMIT {}",
            from_limit(limit)
        ))?;
        let mut found = all(sql, params, read)?;
        for parked in &mut found {
            parked.changes = self.parked_changes(parked.number)?;
        }
        Ok(found)
    }

    fn parked_changes(&self, number: i64) -> Result<Vec<Vec<u8>>, StoreError> {
        let sql = self.sql("SELECT bytes FROM parked_change WHERE parked = ?1 ORDER BY place")?;
        all(sql, [number], |row| Ok(row.get(0)?))
    }
}

/// A parked push without its changes.
fn read(row: &Row<'_>) -> Result<Parked, StoreError> {
    Ok(Parked {
        number: row.get(0)?,
        document: id(row, 1, DocumentId::from_bytes)?,
        kind: row.get(2)?,
        device: id(row, 3, DeviceId::from_bytes)?,
        member: id(row, 4, MemberId::from_bytes)?,
        actor: optional_id(row, 5, ActorId)?,
        heads: heads(row, 6)?,
        base: point(row, 7, 8)?,
        code: row.get(9)?,
        awaits: optional_id(row, 10, DocumentId::from_bytes)?,
        scope: optional_id(row, 11, ScopeId::from_bytes)?,
        received_at_ms: row.get(12)?,
        denied: row.get(13)?,
        changes: Vec::new(),
    })
}
