//! The database of a running relay: one writer thread with group commit, a few connections that only read.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{Semaphore, mpsc, watch};

use super::file::{File, open_reader};
use super::transaction::{Transaction, touch};
use super::writer::{self, Job};
use crate::store::{Sequence, StoreError};

/// How a database is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Connections that only read; reads beyond them wait.
    pub readers: usize,
    /// Jobs that may wait for the writer; callers beyond them wait before they queue.
    pub queue: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers: 4,
            queue: 1024,
        }
    }
}

/// A shared handle; cheap to clone. The writer ends with [`Database::close`], or when the last handle goes.
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    health: Arc<Health>,
    readers: Readers,
}

impl Database {
    /// Opens or creates the database and starts its writer.
    ///
    /// # Errors
    /// As [`File::open`]; also where no thread can be started.
    pub fn open(path: &Path, options: &Options) -> Result<Self, StoreError> {
        let mut file = File::open(path)?;
        let seq = file.transaction()?.last_seq().unwrap_or(0);
        let health = Arc::new(Health {
            last_commit_ok: AtomicBool::new(true),
            seq: watch::Sender::new(seq),
        });
        let (jobs, queue) = mpsc::channel(options.queue);
        let theirs = Arc::clone(&health);
        let writer = std::thread::Builder::new()
            .name("satchel-writer".into())
            .spawn(move || writer::run(file, queue, &theirs))
            .map_err(|error| StoreError::Backend(Box::new(error)))?;
        let readers = Readers {
            path: path.to_owned(),
            idle: Mutex::default(),
            permits: Semaphore::new(options.readers),
        };
        let inner = Inner {
            jobs: Mutex::new(Some(jobs)),
            writer: Mutex::new(Some(writer)),
            health,
            readers,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Runs `work` in the next commit, and answers only once that commit is durable. Dropping the future does not stop
    /// work that is already queued.
    ///
    /// # Errors
    /// The work's own error (then nothing of it is kept), or the store's.
    pub async fn write<T, E>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (job, answer) = writer::job(work);
        let jobs = self.jobs()?;
        jobs.send(job).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// [`Database::write`] for a thread outside the runtime: the command line.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub fn write_blocking<T, E>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (job, answer) = writer::job(work);
        let jobs = self.jobs()?;
        jobs.blocking_send(job).map_err(|_| StoreError::Closed)?;
        answer.blocking_recv().map_err(|_| StoreError::Closed)?
    }

    /// Runs `work` on one consistent view, beside the writer.
    ///
    /// # Errors
    /// The work's own error, or the store's.
    pub async fn read<T, E>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        // Owned by the task, not by this future: a dropped request must not free a place that is still in use.
        let inner = Arc::clone(&self.inner);
        let permit = inner.readers.permits.acquire().await.map_err(|_| StoreError::Closed)?;
        permit.forget();
        let inner = Arc::clone(&self.inner);
        let task = tokio::task::spawn_blocking(move || {
            let _place = Place(&inner.readers);
            inner.readers.run(work)
        });
        task.await.map_err(|_| StoreError::Panicked)?
    }

    /// [`Database::read`] for a thread outside the runtime.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub fn read_blocking<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.inner.readers.run(work)
    }

    /// The database file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.readers.path
    }

    /// The newest committed seq, and a notice whenever it rises.
    pub fn watch_seq(&self) -> watch::Receiver<u64> {
        self.inner.health.seq.subscribe()
    }

    /// Looks whether another process (`satchel admin`) has committed, and passes the new seq on to the watchers.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn notice_foreign_commits(&self) -> Result<(), StoreError> {
        let seq = self.read(|tx| tx.last_seq()).await?;
        self.inner.health.raise(seq);
        Ok(())
    }

    /// Whether the newest commit went well and the writer lives. Where it did not, a commit is tried again first: a disk
    /// that has room again makes the relay ready again.
    pub async fn is_writable(&self) -> bool {
        if self.inner.health.last_commit_ok.load(Ordering::Acquire) && self.jobs().is_ok_and(|jobs| !jobs.is_closed()) {
            return true;
        }
        self.write(touch).await.is_ok()
    }

    /// Takes no more work, finishes what is queued, empties the write-ahead log and ends the writer. Blocks.
    pub fn close(&self) {
        self.inner.close();
    }

    fn jobs(&self) -> Result<mpsc::Sender<Job>, StoreError> {
        self.inner
            .jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .ok_or(StoreError::Closed)
    }
}

impl Inner {
    fn close(&self) {
        self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if writer.is_some_and(|writer| writer.join().is_err()) {
            tracing::error!("the writer thread panicked");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

/// What the writer tells the rest of the relay.
pub(super) struct Health {
    last_commit_ok: AtomicBool,
    seq: watch::Sender<u64>,
}

impl Health {
    pub(super) fn committed(&self, seq: Option<u64>) {
        self.last_commit_ok.store(true, Ordering::Release);
        if let Some(seq) = seq {
            self.raise(seq);
        }
    }

    pub(super) fn failed(&self) {
        self.last_commit_ok.store(false, Ordering::Release);
    }

    fn raise(&self, seq: u64) {
        self.seq.send_if_modified(|known| {
            let raised = seq > *known;
            *known = seq.max(*known);
            raised
        });
    }
}

struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl Readers {
    fn run<T, E: From<StoreError>>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, E>) -> Result<T, E> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open_reader(&self.path)?,
        };
        let tx = Transaction::begin_reading(&connection)?;
        let outcome = work(&tx);
        drop(tx);
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(connection);
        outcome
    }
}

/// Gives the place in the pool back, on a panic too.
struct Place<'a>(&'a Readers);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.permits.add_permits(1);
    }
}
