//! Databases as files: what is left of one when its process is killed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Copies a database as a killed process leaves it: file and write-ahead log, no shared memory, no clean end.
pub(crate) fn leave_behind(from: &Path, to: &Path) {
    std::fs::copy(from, to).unwrap();
    let log = beside(from, "-wal");
    if log.exists() {
        std::fs::copy(log, beside(to, "-wal")).unwrap();
    }
}

/// Every byte that a database holds on the disk.
pub(crate) fn bytes(path: &Path) -> Vec<u8> {
    let mut bytes = std::fs::read(path).unwrap();
    if let Ok(log) = std::fs::read(beside(path, "-wal")) {
        bytes.extend(log);
    }
    bytes
}

pub(crate) fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        std::fs::remove_file(beside(path, suffix)).ok();
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}
