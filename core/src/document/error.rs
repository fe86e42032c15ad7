use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::schema::Violation;

/// What can go wrong with one document. It never concerns another.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A local edit that is not valid. Nothing was changed.
    #[error("the edit is not valid ({} violations)", .0.len())]
    Invalid(Vec<Violation>),
    /// The version named is not in this document.
    #[error("the document has no such version")]
    UnknownVersion,
    /// A change builds on one that is not here.
    #[error("a change depends on one that is missing")]
    MissingDependencies,
    /// Bytes that are no document or no change.
    #[error("the bytes are damaged")]
    Damaged,
    /// Automerge panicked on this document; the panic was contained.
    #[error("the document is poisoned")]
    Poisoned,
    /// The document was written by a newer schema than this version may write to.
    #[error("the document's kind is unknown to this version")]
    UnknownKind,
}

impl From<automerge::AutomergeError> for Error {
    fn from(_: automerge::AutomergeError) -> Self {
        Self::Damaged
    }
}

/// Runs something on bytes from elsewhere; a panic inside stays inside. What it had borrowed must be dropped by the
/// caller after [`Error::Poisoned`]: its state is unknown.
///
/// # Errors
/// [`Error::Poisoned`], or what it returns itself.
pub fn contain<T>(run: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(Error::Poisoned))
}
