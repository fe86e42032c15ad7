//! [`Figures`] on SQLite.

use rusqlite::params;
use satchel_core::ids::{DocumentId, MemberId, ScopeId};

use super::Transaction;
use super::column::{all, first, from_limit, id, to_seq};
use crate::store::StoreError;
use crate::store::figure::{Contact, FigureRow, Figures};

impl Figures for Transaction<'_> {
    fn kind_rows(&self, kind: &str, after: Option<DocumentId>, limit: usize) -> Result<Vec<FigureRow>, StoreError> {
        let after = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
        let sql = self.sql("SELECT id, scope, row FROM document WHERE kind = ?1 AND id > ?2 ORDER BY id LIMIT ?3")?;
        all(sql, params![kind, after, from_limit(limit)], |row| {
            Ok(FigureRow {
                id: id(row, 0, DocumentId::from_bytes)?,
                scope: id(row, 1, ScopeId::from_bytes)?,
                row: row.get(2)?,
            })
        })
    }

    fn figure_row(&self, record: DocumentId) -> Result<Option<FigureRow>, StoreError> {
        let sql = self.sql("SELECT id, scope, row FROM document WHERE id = ?1")?;
        first(sql, [record.as_bytes()], |row| {
            Ok(FigureRow {
                id: record,
                scope: id(row, 1, ScopeId::from_bytes)?,
                row: row.get(2)?,
            })
        })
    }

    fn contacts(&self) -> Result<Vec<Contact>, StoreError> {
        let sql = self.sql(
            "SELECT d.member, s.contact_at, coalesce(s.pending, 0), s.complete_at FROM device d
             JOIN member m ON m.id = d.member AND m.active = 1
             LEFT JOIN device_state s ON s.device = d.id
             WHERE d.revoked_at IS NULL ORDER BY d.member, d.id",
        )?;
        all(sql, [], |row| {
            Ok(Contact {
                member: id(row, 0, MemberId::from_bytes)?,
                contact_ms: row.get(1)?,
                pending: to_seq(row.get(2)?)?,
                complete_ms: row.get(3)?,
            })
        })
    }
}
