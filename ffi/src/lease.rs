//! One process at a time syncs a database: the app, or an extension of it.
//!
//! The lease is a lock of the operating system's on a file beside the database. It is gone with the process that holds it,
//! however that ends, and nobody waits for it: what the other one does is the same work.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use crate::SatchelError;

/// Held for one sync.
#[derive(Debug)]
pub(crate) struct Lease {
    /// Locked; dropping it lets go.
    _file: File,
}

impl Lease {
    /// Takes the lease of a database; `None` where another process has it (or another handle of this one).
    pub(crate) fn take(database: &Path) -> Result<Option<Self>, SatchelError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(beside(database))
            .map_err(|_| SatchelError::Unavailable)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(_)) => Err(SatchelError::Unavailable),
        }
    }
}

fn beside(database: &Path) -> PathBuf {
    let mut name = OsString::from(database);
    name.push("-sync");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it_and_it_is_free_when_that_one_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("satchel.sqlite");
        let held = Lease::take(&database).unwrap().unwrap();
        assert!(Lease::take(&database).unwrap().is_none());
        assert!(Lease::take(&folder.path().join("other.sqlite")).unwrap().is_some());
        drop(held);
        assert!(Lease::take(&database).unwrap().is_some());
        assert_eq!(
            Lease::take(&folder.path().join("missing/satchel.sqlite")).unwrap_err(),
            SatchelError::Unavailable
        );
    }
}
