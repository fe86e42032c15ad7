//! One connection that may write, with its settings. No threads: the writer thread owns one, and so does a simulator.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::Transaction;
use super::migration;
use crate::store::StoreError;

/// How long a writer waits for another process (`satchel admin` beside `satchel serve`) to finish its transaction.
const BUSY: Duration = Duration::from_secs(5);

/// An opened, migrated database, used from one thread.
pub struct File {
    connection: Connection,
}

impl File {
    /// Opens or creates the database at `path` and brings it to this program's version.
    ///
    /// # Errors
    /// [`StoreError::DatabaseTooNew`] for a newer one, [`StoreError::NotADatabase`] for a file that is not ours.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::prepare(Connection::open(path)?)
    }

    /// As [`File::open`], through the named VFS of SQLite: a test's file system that loses what was not synced.
    ///
    /// # Errors
    /// As [`File::open`].
    pub fn open_with_vfs(path: &Path, vfs: &str) -> Result<Self, StoreError> {
        Self::prepare(Connection::open_with_flags_and_vfs(path, OpenFlags::default(), vfs)?)
    }

    /// A database that lives in memory only.
    ///
    /// # Errors
    /// Where SQLite cannot open it.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::prepare(Connection::open_in_memory()?)
    }

    fn prepare(mut connection: Connection) -> Result<Self, StoreError> {
        connection.busy_timeout(BUSY)?;
        plan_once(&connection)?;
        // WAL: readers do not wait for the writer. FULL: an answered commit survives a power loss.
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "secure_delete", true)?;
        connection.pragma_update(None, "temp_store", "memory")?;
        // Off during a migration, as SQLite asks for table rebuilds; on for everything after.
        connection.pragma_update(None, "foreign_keys", false)?;
        migration::migrate(&mut connection)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.set_prepared_statement_cache_capacity(256);
        Ok(Self { connection })
    }

    /// Begins a transaction that may write. It is rolled back when dropped without [`Transaction::commit`].
    ///
    /// # Errors
    /// [`StoreError::Busy`] where another process keeps the write lock.
    pub fn transaction(&mut self) -> Result<Transaction<'_>, StoreError> {
        Transaction::begin(&self.connection)
    }

    /// Runs `job` in a transaction of its own: committed where it succeeds, rolled back where it fails.
    ///
    /// # Errors
    /// The job's own, or the store's.
    pub fn write<T, E: From<StoreError>>(
        &mut self,
        job: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut tx = self.transaction()?;
        let value = job(&mut tx)?;
        tx.commit()?;
        Ok(value)
    }

    /// Runs `job` on one consistent view. The write lock stays free: a relay beside us goes on.
    ///
    /// # Errors
    /// The job's own, or the store's.
    pub fn read<T, E: From<StoreError>>(&self, job: impl FnOnce(&Transaction<'_>) -> Result<T, E>) -> Result<T, E> {
        job(&Transaction::begin_reading(&self.connection)?)
    }

    /// Moves everything from the write-ahead log into the database file and empties the log.
    ///
    /// # Errors
    /// Where SQLite fails; a reader in another process that keeps the log alive is no error.
    pub fn checkpoint(&self) -> Result<(), StoreError> {
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }
}

/// A connection that can only read, for the pool.
pub(super) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    plan_once(&connection)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

/// Sees to it that a statement is planned once. Without the stability guarantee SQLite plans one anew for each value bound
/// to a column of a partial index.
fn plan_once(connection: &Connection) -> Result<(), StoreError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}
