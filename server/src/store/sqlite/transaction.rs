//! One transaction: what the traits of the store are implemented on.

use rusqlite::{CachedStatement, Connection};

use crate::store::StoreError;

/// A transaction on one connection. Rolled back when dropped without [`Transaction::commit`].
pub struct Transaction<'c> {
    connection: &'c Connection,
    open: bool,
}

impl<'c> Transaction<'c> {
    /// Takes the write lock at once: a transaction that reads first and writes later could fail halfway.
    pub(super) fn begin(connection: &'c Connection) -> Result<Self, StoreError> {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        Ok(Self { connection, open: true })
    }

    /// One consistent view for reading.
    pub(super) fn begin_reading(connection: &'c Connection) -> Result<Self, StoreError> {
        connection.execute_batch("BEGIN DEFERRED")?;
        Ok(Self { connection, open: true })
    }

    /// Makes it durable.
    ///
    /// # Errors
    /// [`StoreError::NotCommitted`] where the engine could not; nothing is kept then.
    pub fn commit(mut self) -> Result<(), StoreError> {
        match self.connection.execute_batch("COMMIT") {
            Ok(()) => {
                self.open = false;
                Ok(())
            }
            Err(error) => Err(StoreError::NotCommitted(error.to_string())),
        }
    }

    /// Runs `work` so that, where it fails, only its own writes are taken back. May be nested.
    ///
    /// # Errors
    /// The work's own, or the store's.
    pub fn savepoint<T, E: From<StoreError>>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        self.connection
            .execute_batch("SAVEPOINT job")
            .map_err(StoreError::from)?;
        // Taken back on a panic too: whoever catches it finds the transaction as it was.
        let guard = SavepointGuard {
            connection: self.connection,
            keep: std::cell::Cell::new(false),
        };
        let outcome = work(self);
        guard.keep.set(outcome.is_ok());
        guard.finish()?;
        outcome
    }

    /// Whether the engine itself has rolled the whole transaction back (a full disk, an I/O error).
    pub(super) fn is_lost(&self) -> bool {
        self.connection.is_autocommit()
    }

    /// A prepared statement, kept for the next time.
    pub(in crate::store) fn sql(&self, sql: &str) -> Result<CachedStatement<'c>, StoreError> {
        Ok(self.connection.prepare_cached(sql)?)
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.open && !self.connection.is_autocommit() && self.connection.execute_batch("ROLLBACK").is_err() {
            tracing::error!("a transaction could not be rolled back");
        }
    }
}

struct SavepointGuard<'c> {
    connection: &'c Connection,
    keep: std::cell::Cell<bool>,
}

impl SavepointGuard<'_> {
    fn finish(self) -> Result<(), StoreError> {
        let result = self.end();
        std::mem::forget(self);
        result
    }

    fn end(&self) -> Result<(), StoreError> {
        let sql = if self.keep.get() {
            "RELEASE job"
        } else {
            "ROLLBACK TO job; RELEASE job"
        };
        Ok(self.connection.execute_batch(sql)?)
    }
}

impl Drop for SavepointGuard<'_> {
    fn drop(&mut self) {
        // Only reached by a panic. A transaction that the engine already rolled back has no savepoint left.
        if self.end().is_err() && !self.connection.is_autocommit() {
            tracing::error!("a savepoint could not be rolled back");
        }
    }
}

/// Writes without changing anything that anyone reads: shows that the database takes writes.
pub(super) fn touch(tx: &mut Transaction<'_>) -> Result<(), StoreError> {
    tx.connection.execute_batch("UPDATE org SET name = name")?;
    Ok(())
}
