//! [`Sequence`] on SQLite.

use rusqlite::{OptionalExtension, params};
use satchel_core::ids::RunId;

use super::Transaction;
use super::column::{from_seq, to_seq};
use crate::store::{Run, Sequence, StoreError};

impl Sequence for Transaction<'_> {
    fn last_seq(&self) -> Result<u64, StoreError> {
        let seq: Option<i64> = self
            .sql("SELECT seq FROM org")?
            .query_row([], |row| row.get(0))
            .optional()?;
        to_seq(seq.ok_or(StoreError::NoOrg)?)
    }

    fn next_seq(&mut self) -> Result<u64, StoreError> {
        // Of one row by its key, and without RETURNING: SQLite would open a journal of its own for the statement, and each
        // time walk all that the job before it has written.
        self.sql("UPDATE org SET seq = seq + 1 WHERE one = 1")?.execute([])?;
        self.last_seq()
    }

    fn current_run(&self) -> Result<Run, StoreError> {
        let newest: Option<i64> = self
            .sql("SELECT max(number) FROM run")?
            .query_row([], |row| row.get(0))
            .optional()?
            .flatten();
        self.read_run(newest.ok_or(StoreError::NoOrg)?)?
            .ok_or(StoreError::NoOrg)
    }

    fn run(&self, id: RunId) -> Result<Option<Run>, StoreError> {
        let number: Option<i64> = self
            .sql("SELECT number FROM run WHERE id = ?1")?
            .query_row([id.as_bytes()], |row| row.get(0))
            .optional()?;
        number.map_or(Ok(None), |number| self.read_run(number))
    }

    fn begin_run(&mut self, id: RunId, now_ms: i64) -> Result<Run, StoreError> {
        let first_seq = self.last_seq()? + 1;
        self.sql("INSERT INTO run (id, first_seq, started_at) VALUES (?1, ?2, ?3)")?
            .execute(params![id.as_bytes(), from_seq(first_seq), now_ms])?;
        Ok(Run {
            id,
            first_seq,
            last_seq: None,
            started_at_ms: now_ms,
        })
    }
}

impl Transaction<'_> {
    fn read_run(&self, number: i64) -> Result<Option<Run>, StoreError> {
        let row: Option<([u8; 16], i64, Option<i64>, i64)> = self
            .sql(
                "SELECT id, first_seq, (SELECT later.first_seq FROM run later WHERE later.number > run.number
                  ORDER BY later.number LIMIT 1), started_at FROM run WHERE number = ?1",
            )?
            .query_row([number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .optional()?;
        let Some((id, first, next, started_at_ms)) = row else {
            return Ok(None);
        };
        let last_seq = match next {
            Some(next) => Some(to_seq(next - 1)?),
            None => None,
        };
        Ok(Some(Run {
            id: RunId::from_bytes(id),
            first_seq: to_seq(first)?,
            last_seq,
            started_at_ms,
        }))
    }
}
