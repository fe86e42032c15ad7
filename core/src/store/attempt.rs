//! A part of a transaction that may fail by itself.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::{Error, Transaction};

impl Transaction<'_> {
    /// Runs `work` so that, where it fails (or panics), only its own writes are taken back and the transaction goes on.
    ///
    /// # Errors
    /// What `work` returns; as every write.
    pub fn attempt<T, E: From<Error>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.conn.execute_batch("SAVEPOINT attempt").map_err(Error::from)?;
        let outcome = catch_unwind(AssertUnwindSafe(work));
        let end = if matches!(outcome, Ok(Ok(_))) {
            "RELEASE attempt"
        } else {
            "ROLLBACK TO attempt; RELEASE attempt"
        };
        self.conn.execute_batch(end).map_err(Error::from)?;
        outcome.unwrap_or_else(|panic| resume_unwind(panic))
    }
}
