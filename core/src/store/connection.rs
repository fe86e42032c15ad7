//! Opening the file, and what is promised of every connection.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::Error;

/// How many prepared statements a connection keeps: the hot ones of every kind.
const STATEMENTS: usize = 128;

/// The connection that writes. A database that is too new is left as it is.
pub(super) fn open_writer(path: &Path, busy_timeout: Duration) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(busy_timeout)?;
    prepare_once(&conn)?;
    // The first statement that reads the header: a file that is no database shows here.
    super::migration::refuse_newer(&conn)?;
    let mode: String = conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(Error::Unavailable);
    }
    // FULL: a lost commit after a push would reuse an actor's sequence number, which looks like a clone.
    conn.pragma_update(None, "synchronous", "FULL")?;
    // On Apple's systems an fsync alone leaves the bytes in the drive's cache.
    conn.pragma_update(None, "fullfsync", true)?;
    conn.pragma_update(None, "checkpoint_fullfsync", true)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    // Purged records must be gone from the file, not only from its tables.
    conn.pragma_update(None, "secure_delete", true)?;
    Ok(conn)
}

/// A connection that reads only.
pub(super) fn open_reader(path: &Path, busy_timeout: Duration) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(busy_timeout)?;
    prepare_once(&conn)?;
    conn.pragma_update(None, "query_only", true)?;
    Ok(conn)
}

/// Sees to it that a statement is planned once. Without the stability guarantee SQLite plans one anew for each value bound
/// to it where a partial index might be of use, and the table of documents has four.
fn prepare_once(conn: &Connection) -> Result<(), Error> {
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Whether the last process that had the database open did not close it. SQLite repairs that by itself from the
/// write-ahead log; the app may want to run a check in the background.
pub(super) fn left_open(path: &Path) -> bool {
    std::fs::metadata(beside(path, "-wal")).is_ok_and(|wal| wal.len() > 0)
}

/// Moves a damaged database aside (`NAME.damaged-1` and so on, with its log), so that the app can start afresh and the
/// bytes are still there for rescue. Never called by the store itself: what is not on the relay yet is in that file.
/// Returns where it is now.
///
/// # Errors
/// [`Error::Unavailable`] where the file system refuses, [`Error::NotFound`] where there is no such file.
pub fn set_aside(path: &Path) -> Result<PathBuf, Error> {
    if !path.exists() {
        return Err(Error::NotFound);
    }
    let free = (1_u32..).map(|number| beside(path, &format!(".damaged-{number}")));
    let target = free
        .into_iter()
        .find(|candidate| !candidate.exists() && !beside(candidate, "-wal").exists())
        .ok_or(Error::Unavailable)?;
    // The log first: moving the file without it would lose what only the log holds.
    for suffix in ["-wal", "-shm", ""] {
        let (from, to) = (beside(path, suffix), beside(&target, suffix));
        match std::fs::rename(from, to) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !suffix.is_empty() => {}
            Err(_) => return Err(Error::Unavailable),
        }
    }
    Ok(target)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}
