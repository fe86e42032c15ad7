//! The organisation's counter, and the runs that give its seqs a meaning.

use satchel_core::ids::RunId;

use super::StoreError;

/// One start of the relay. A seq is only comparable together with the run that gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Drawn at the start, ordered by its time: a run that this database does not know tells when it began.
    pub id: RunId,
    /// The first seq that this run could give.
    pub first_seq: u64,
    /// The last seq that it gave, once a later run has begun; `None` for the present run.
    pub last_seq: Option<u64>,
    /// When it began, in milliseconds since 1970 (UTC).
    pub started_at_ms: i64,
}

/// The counter of one organisation: every row of the log, of access and of the directory takes its own seq from it.
pub trait Sequence {
    /// The newest seq given, 0 where none was.
    ///
    /// # Errors
    /// [`StoreError::NoOrg`] before an organisation exists.
    fn last_seq(&self) -> Result<u64, StoreError>;

    /// Raises the counter inside this transaction and returns its new value. A rollback takes it back.
    ///
    /// # Errors
    /// [`StoreError::NoOrg`] before an organisation exists.
    fn next_seq(&mut self) -> Result<u64, StoreError>;

    /// The newest run; [`StoreError::NoOrg`] where the relay has never started on this database.
    ///
    /// # Errors
    /// As above.
    fn current_run(&self) -> Result<Run, StoreError>;

    /// The run with this id, if this database ever saw it.
    ///
    /// # Errors
    /// Where the database fails.
    fn run(&self, id: RunId) -> Result<Option<Run>, StoreError>;

    /// Begins a new run: its first seq is the one after the newest.
    ///
    /// # Errors
    /// [`StoreError::NoOrg`] before an organisation exists.
    fn begin_run(&mut self, id: RunId, now_ms: i64) -> Result<Run, StoreError>;
}
