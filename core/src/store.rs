//! What the device keeps, in one SQLite file: documents, the rows read from them, the search index, and how far it is
//! with the relay. The only place in core that writes SQL.
//!
//! One connection writes, others read beside it. Every write is one transaction that is on the disk when the call
//! returns. Opening never reads the records.

mod attempt;
mod blocking;
mod codec;
mod connection;
mod document;
mod error;
mod gap;
mod kind_table;
mod list;
mod migration;
mod notice;
mod pack;
mod progress;
mod record;
mod relation;
mod search;
mod touched;
mod wipe;

pub use blocking::BlockingKeys;
pub use connection::set_aside;
pub use document::{DocumentState, Holding, LONGEST_WAIT_MS, LocalChange, NewDocument, Origin, Parked, StoredDocument};
pub use error::Error;
pub use list::{Archived, Condition, Direction, ListQuery, Order, Page, Test, UPDATED};
pub use notice::Notice;
pub use pack::{PackProgress, PackedDocument, WantedPack};
pub use progress::{Loading, PendingOut, SyncPoint};
pub use record::{Indexing, Record};
pub use relation::{DirectoryMember, DirectoryTeam, ScopeEntry};
pub use search::{Hit, Hits, IndexProgress, SearchOrder, SearchQuery};
pub use touched::{Touch, Touched};

use std::cell::RefCell;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::schema::Kind;
use kind_table::{KindTable, Tables};

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// The table of kinds.
    pub kinds: &'static [&'static Kind],
    /// The rule by which likely duplicates are found.
    pub keys: BlockingKeys,
    /// How long a statement waits for another process's lock.
    pub busy_timeout: Duration,
    /// Readers kept open between calls.
    pub idle_readers: usize,
}

impl Options {
    /// For these kinds, everything else as it suits a phone.
    #[must_use]
    pub fn new(kinds: &'static [&'static Kind]) -> Self {
        Self {
            kinds,
            keys: BlockingKeys::NONE,
            busy_timeout: Duration::from_secs(5),
            idle_readers: 3,
        }
    }
}

/// The device's store. Clones share one database.
#[derive(Debug, Clone)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    options: Options,
    tables: Tables,
    left_open: bool,
    writer: Mutex<Writer>,
    readers: Mutex<Readers>,
    /// Signalled when a reader comes back.
    returned: Condvar,
}

#[derive(Debug)]
struct Writer {
    /// Gone once closed.
    conn: Option<Connection>,
    suspended: bool,
}

#[derive(Debug, Default)]
struct Readers {
    idle: Vec<Connection>,
    active: usize,
    closed: bool,
}

/// What can be read, all of it as of one moment.
pub struct Reader<'a> {
    conn: &'a Connection,
    tables: &'a Tables,
}

/// What can be read and written, all or nothing.
pub struct Transaction<'a> {
    reader: Reader<'a>,
    touched: RefCell<Touched>,
}

impl<'a> Deref for Transaction<'a> {
    type Target = Reader<'a>;

    fn deref(&self) -> &Reader<'a> {
        &self.reader
    }
}

impl Reader<'_> {
    fn table(&self, kind: &str) -> Result<&KindTable, Error> {
        self.tables.get(kind).ok_or(Error::UnknownKind)
    }

    /// The kinds that this version knows.
    #[must_use]
    pub fn kinds(&self) -> &'static [&'static Kind] {
        self.tables.kinds
    }

    /// The kind of that name, if this version knows it.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&'static Kind> {
        self.tables.get(name).map(|table| table.kind)
    }

    /// A small value by name: who this device is.
    ///
    /// # Errors
    /// As every reading.
    pub fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let mut statement = self.conn.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
        Ok(statement.query_row([key], |row| row.get(0)).optional()?)
    }
}

impl Transaction<'_> {
    /// Keeps a small value by name; `None` takes it away.
    ///
    /// # Errors
    /// As every write.
    pub fn set_meta(&self, key: &str, value: Option<&[u8]>) -> Result<(), Error> {
        match value {
            Some(value) => self
                .conn
                .prepare_cached("INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value")?
                .execute((key, value))?,
            None => self.conn.prepare_cached("DELETE FROM meta WHERE key = ?1")?.execute([key])?,
        };
        Ok(())
    }
}

impl Store {
    /// Opens the database, making or upgrading it where needed. Records are not read: not their number, not their bytes.
    ///
    /// Damage: the header and the schema are read here, so a file that is no database fails now; a damaged page fails
    /// the call that meets it. After a crash SQLite repairs itself from the write-ahead log; [`Store::left_open`] tells
    /// that the last process did not close, and [`Store::verify`] checks every page, in the background. Nothing is ever
    /// deleted or replaced; [`set_aside`] is the app's to call, after asking.
    ///
    /// # Errors
    /// [`Error::DatabaseTooNew`] (nothing was touched), [`Error::DatabaseDamaged`], [`Error::Unavailable`],
    /// [`Error::StorageFull`].
    pub fn open(path: &Path, options: Options) -> Result<Self, Error> {
        let left_open = connection::left_open(path);
        let mut conn = connection::open_writer(path, options.busy_timeout)?;
        let tables = prepare(&mut conn, &options)?;
        Ok(Self(Arc::new(Inner {
            path: path.to_owned(),
            options,
            tables,
            left_open,
            writer: Mutex::new(Writer {
                conn: Some(conn),
                suspended: false,
            }),
            readers: Mutex::default(),
            returned: Condvar::new(),
        })))
    }

    /// Whether the last process that had the database open did not close it.
    #[must_use]
    pub fn left_open(&self) -> bool {
        self.0.left_open
    }

    /// The kind of that name, if this version knows it.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&'static Kind> {
        self.0.tables.get(name).map(|table| table.kind)
    }

    /// The kinds that this version knows.
    #[must_use]
    pub fn kinds(&self) -> &'static [&'static Kind] {
        self.0.options.kinds
    }

    /// Runs `work` as one transaction, which is on the disk when this returns. Where `work` fails (or panics) nothing
    /// of it happened. Writers wait for each other; do not write from inside `work`.
    ///
    /// # Errors
    /// What `work` returns; [`Error::Suspended`], [`Error::Closed`], [`Error::StorageFull`] and the other errors of the
    /// store.
    pub fn write<T, E: From<Error>>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<(T, Touched), E> {
        let mut writer = self.writer();
        if writer.suspended {
            return Err(Error::Suspended.into());
        }
        let conn = writer.conn.as_mut().ok_or(Error::Closed)?;
        let begun = conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(Error::from)?;
        let tx = Transaction {
            reader: Reader {
                conn: &begun,
                tables: &self.0.tables,
            },
            touched: RefCell::default(),
        };
        let result = work(&tx)?;
        let touched = tx.touched.into_inner();
        begun.commit().map_err(Error::from)?;
        Ok((result, touched))
    }

    /// Runs `work` over one moment of the database. Readers never wait for the writer.
    ///
    /// # Errors
    /// What `work` returns; [`Error::Closed`] and the other errors of the store.
    pub fn read<T, E: From<Error>>(&self, work: impl FnOnce(&Reader<'_>) -> Result<T, E>) -> Result<T, E> {
        let lent = Lent::take(&self.0)?;
        let Some(conn) = lent.conn.as_ref() else {
            return Err(Error::Closed.into());
        };
        let begun = rusqlite::Transaction::new_unchecked(conn, TransactionBehavior::Deferred).map_err(Error::from)?;
        work(&Reader {
            conn: &begun,
            tables: &self.0.tables,
        })
    }

    /// Returns when nobody writes or reads and everything is in the database file itself, its log empty and unlocked:
    /// iOS kills an app that is suspended while it holds a lock. Writing is refused until [`Store::resume`].
    ///
    /// # Errors
    /// [`Error::Closed`]; [`Error::Unavailable`] where another process kept the log from being emptied (writing is
    /// refused all the same).
    pub fn suspend(&self) -> Result<(), Error> {
        let mut writer = self.writer();
        writer.suspended = true;
        let conn = writer.conn.as_ref().ok_or(Error::Closed)?;
        // Held meanwhile, so that nobody begins to read from the log.
        let _readers = self.drain();
        checkpoint(conn)
    }

    /// Lets writing go on after [`Store::suspend`].
    pub fn resume(&self) {
        self.writer().suspended = false;
    }

    /// Closes the database for every clone. Waits for those who write or read.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::StorageFull`] where the log could not be emptied; what was committed is safe
    /// in it.
    pub fn close(&self) -> Result<(), Error> {
        let mut writer = self.writer();
        let mut readers = self.drain();
        readers.closed = true;
        drop(readers);
        match writer.conn.take() {
            Some(conn) => {
                let emptied = checkpoint(&conn);
                drop(conn);
                emptied
            }
            None => Ok(()),
        }
    }

    /// After records were purged: nothing of them is left in the search index, in pages (free or in use) or in the log.
    ///
    /// # Errors
    /// As every write.
    pub fn sweep(&self) -> Result<(), Error> {
        let mut writer = self.writer();
        if writer.suspended {
            return Err(Error::Suspended);
        }
        let conn = writer.conn.as_mut().ok_or(Error::Closed)?;
        conn.execute_batch("INSERT INTO search (search) VALUES ('optimize')")?;
        gap::clear(conn)?;
        checkpoint(conn)
    }

    /// Checks every page of the database. Takes seconds for 100,000 records: for the background, after
    /// [`Store::left_open`] or a reported damage.
    ///
    /// # Errors
    /// [`Error::DatabaseDamaged`] where a page contradicts another.
    pub fn verify(&self) -> Result<(), Error> {
        self.read(|reader| {
            let verdict: String = reader.conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
            if verdict == "ok" {
                Ok(())
            } else {
                Err(Error::DatabaseDamaged)
            }
        })
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        // A panic inside a transaction rolled it back: the connection is sound.
        self.0.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody reads, and drops the idle readers.
    fn drain(&self) -> MutexGuard<'_, Readers> {
        let readers = self.0.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = self.0.returned.wait_while(readers, |readers| readers.active > 0);
        let mut readers = waiting.unwrap_or_else(PoisonError::into_inner);
        readers.idle.clear();
        readers
    }
}

/// Everything of opening that the number of records must not slow down.
fn prepare(conn: &mut Connection, options: &Options) -> Result<Tables, Error> {
    migration::migrate(conn)?;
    Tables::prepare(conn, options)
}

/// Moves the log into the database file and empties it.
fn checkpoint(conn: &Connection) -> Result<(), Error> {
    let busy: i64 = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 { Ok(()) } else { Err(Error::Unavailable) }
}

/// A reader's connection on loan; it goes back when dropped, also in a panic.
struct Lent<'a> {
    inner: &'a Inner,
    conn: Option<Connection>,
}

impl<'a> Lent<'a> {
    fn take(inner: &'a Inner) -> Result<Self, Error> {
        let mut readers = inner.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.closed {
            return Err(Error::Closed);
        }
        readers.active += 1;
        let mut lent = Self {
            inner,
            conn: readers.idle.pop(),
        };
        drop(readers);
        if lent.conn.is_none() {
            lent.conn = Some(connection::open_reader(&inner.path, inner.options.busy_timeout)?);
        }
        Ok(lent)
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut readers = self.inner.readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.active -= 1;
        if let Some(conn) = self.conn.take()
            && readers.idle.len() < self.inner.options.idle_readers
        {
            readers.idle.push(conn);
        }
        drop(readers);
        self.inner.returned.notify_all();
    }
}

#[cfg(test)]
mod tests;
