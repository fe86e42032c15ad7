//! A small file beside the database that says how far the database was. A backup that is put back is behind it, and a
//! database that came here without it may be any copy: then the relay serves nobody until an admin has confirmed that.
//!
//! It is no witness where the whole directory was put back with it; then the devices tell.

use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use satchel_core::ids::{OrgId, RunId};
use serde::{Deserialize, Serialize};

use crate::relay::Store;
use crate::store::StoreError;

/// How far a database was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Whose it is.
    pub org: OrgId,
    /// Its newest run.
    pub run: RunId,
    /// Its newest seq.
    pub seq: u64,
}

impl Mark {
    /// How far the database is; `None` where no relay has begun a run on it yet.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn of(store: &dyn Store) -> Result<Option<Self>, StoreError> {
        let run = match store.current_run() {
            Ok(run) => run.id,
            Err(StoreError::NoOrg) => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(Some(Self {
            org: store.org()?.id,
            run,
            seq: store.last_seq()?,
        }))
    }

    /// The mark beside a database; `None` where there is none that can be read.
    ///
    /// # Errors
    /// Where the file is there and cannot be opened.
    pub fn read(database: &Path) -> io::Result<Option<Self>> {
        match fs::read(beside(database)) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts it beside a database, in place of the one that is there. It need not outlive a power cut: one that is
    /// behind the database says nothing against it.
    ///
    /// # Errors
    /// Where the directory takes no file.
    pub fn write(&self, database: &Path) -> io::Result<()> {
        let path = beside(database);
        let mut fresh = OsString::from(&path);
        fresh.push("-new");
        let mut file = fs::File::create(&fresh)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        drop(file);
        fs::rename(fresh, path)
    }
}

fn beside(database: &Path) -> PathBuf {
    let mut name = OsString::from(database);
    name.push("-mark");
    name.into()
}

/// Whether a database is older than the mark beside it says, or has lost the mark that it had.
///
/// # Errors
/// Where the database fails.
pub fn is_behind(store: &dyn Store, mark: Option<Mark>) -> Result<bool, StoreError> {
    let Some(now) = Mark::of(store)? else {
        return Ok(false);
    };
    match mark.filter(|mark| mark.org == now.org) {
        Some(mark) => Ok(store.run(mark.run)?.is_none() || now.seq < mark.seq),
        None => store.is_marked(),
    }
}

#[cfg(test)]
mod tests;
