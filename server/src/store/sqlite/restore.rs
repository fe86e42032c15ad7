//! [`Restores`] on SQLite.

use rusqlite::{Row, params};
use satchel_core::ids::{DeviceId, MemberId, RunId};
use satchel_core::wire::Point;

use super::Transaction;
use super::column::{Word, all, first, from_seq, id, seq};
use crate::store::StoreError;
use crate::store::restore::{Beyond, Cause, Restore, Restores, Returned};

impl Word for Cause {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Mark, "mark"),
        (Self::Devices, "devices"),
        (Self::Operator, "operator"),
    ];
}

const BEYOND: &str = "SELECT device, member, run, seq, at, dismissed FROM beyond";

fn beyond(row: &Row<'_>) -> Result<Beyond, StoreError> {
    Ok(Beyond {
        device: id(row, 0, DeviceId::from_bytes)?,
        member: id(row, 1, MemberId::from_bytes)?,
        point: Point {
            run: id(row, 2, RunId::from_bytes)?,
            seq: seq(row, 3)?,
        },
        at_ms: row.get(4)?,
        dismissed: row.get(5)?,
    })
}

impl Restores for Transaction<'_> {
    fn restore(&self) -> Result<Option<Restore>, StoreError> {
        let sql = self.sql(
            "SELECT number, cause, began_at, confirmed_at, returns_until FROM restore ORDER BY number DESC LIMIT 1",
        )?;
        first(sql, [], |row| {
            Ok(Restore {
                number: seq(row, 0)?,
                cause: Word::read(row, 1)?,
                began_at_ms: row.get(2)?,
                confirmed_at_ms: row.get(3)?,
                returns_until_ms: row.get(4)?,
            })
        })
    }

    fn put_restore(&mut self, restore: &Restore) -> Result<u64, StoreError> {
        let number = Some(restore.number).filter(|number| *number != 0).map(from_seq);
        let sql = self.sql(
            "INSERT INTO restore (number, cause, began_at, confirmed_at, returns_until) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (number) DO UPDATE SET confirmed_at = excluded.confirmed_at,
             returns_until = excluded.returns_until RETURNING number",
        )?;
        let row = params![
            number,
            restore.cause.word(),
            restore.began_at_ms,
            restore.confirmed_at_ms,
            restore.returns_until_ms
        ];
        let number = first(sql, row, |row| seq(row, 0))?;
        number.ok_or(StoreError::Damaged("a restore without a number"))
    }

    fn beyond(&self) -> Result<Vec<Beyond>, StoreError> {
        all(self.sql(&format!("{BEYOND} ORDER BY device"))?, [], beyond)
    }

    fn beyond_of(&self, device: DeviceId) -> Result<Option<Beyond>, StoreError> {
        first(
            self.sql(&format!("{BEYOND} WHERE device = ?1"))?,
            [device.as_bytes()],
            beyond,
        )
    }

    fn put_beyond(&mut self, beyond: &Beyond) -> Result<(), StoreError> {
        self.sql(
            "INSERT OR REPLACE INTO beyond (device, member, run, seq, at, dismissed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            beyond.device.as_bytes(),
            beyond.member.as_bytes(),
            beyond.point.run.as_bytes(),
            from_seq(beyond.point.seq),
            beyond.at_ms,
            beyond.dismissed
        ])?;
        Ok(())
    }

    fn clear_beyond(&mut self) -> Result<(), StoreError> {
        self.sql("DELETE FROM beyond")?.execute([])?;
        Ok(())
    }

    fn returned(&self, restore: u64) -> Result<Vec<Returned>, StoreError> {
        let sql = self.sql(
            "SELECT device, author, changes, first_at, last_at FROM returned WHERE restore = ?1 ORDER BY device, author",
        )?;
        all(sql, [from_seq(restore)], |row| {
            Ok(Returned {
                device: id(row, 0, DeviceId::from_bytes)?,
                author: id(row, 1, MemberId::from_bytes)?,
                changes: seq(row, 2)?,
                first_at_ms: row.get(3)?,
                last_at_ms: row.get(4)?,
            })
        })
    }

    fn add_returned(
        &mut self,
        restore: u64,
        device: DeviceId,
        author: MemberId,
        changes: u64,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let sql = self.sql(
            "INSERT INTO returned (restore, device, author, changes, first_at, last_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)
             ON CONFLICT (restore, device, author) DO UPDATE SET changes = changes + excluded.changes,
             last_at = excluded.last_at RETURNING changes",
        )?;
        let row = params![
            from_seq(restore),
            device.as_bytes(),
            author.as_bytes(),
            from_seq(changes),
            now_ms
        ];
        let total = first(sql, row, |row| seq(row, 0))?;
        Ok(total == Some(changes))
    }

    fn is_marked(&self) -> Result<bool, StoreError> {
        Ok(self
            .sql("SELECT EXISTS (SELECT 1 FROM mark)")?
            .query_row([], |row| row.get(0))?)
    }

    fn set_marked(&mut self, now_ms: i64) -> Result<(), StoreError> {
        self.sql("INSERT OR IGNORE INTO mark (one, made_at) VALUES (1, ?1)")?
            .execute([now_ms])?;
        Ok(())
    }
}
