//! Where the bytes of packs lie: one file each, named by hash, in a directory beside the database.
//!
//! The database says which of them may be served; a file that it does not name is swept. Losing the directory loses
//! nothing: packs are built again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use satchel_core::ids::ScopeId;
use satchel_core::wire::PackHash;
use tokio::sync::Mutex;

/// The packs' files, and the right to build: one builds, the others wait and find what he built.
#[derive(Debug)]
pub struct Shelf {
    directory: PathBuf,
    /// Held by whoever builds; scopes that could not be packed, and as of which seq, are remembered until
    /// the relay ends.
    pub building: Mutex<BTreeMap<ScopeId, u64>>,
    built: AtomicU64,
}

impl Shelf {
    /// A shelf in this directory, which is made when the first pack is put there.
    #[must_use]
    pub fn new(directory: PathBuf) -> Self {
        Self {
            directory,
            building: Mutex::default(),
            built: AtomicU64::new(0),
        }
    }

    /// How many packs were put here since the start.
    pub fn built(&self) -> u64 {
        self.built.load(Ordering::Relaxed)
    }

    fn path(&self, hash: PackHash) -> PathBuf {
        self.directory.join(format!("{hash}.pack"))
    }

    /// Puts a pack on the shelf, whole or not at all.
    ///
    /// # Errors
    /// What the file system says.
    pub fn put(&self, hash: PackHash, bytes: &[u8]) -> io::Result<()> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.directory)?;
        // Builders take turns, and what a crash leaves of this name is written over.
        let draft = self.directory.join("draft");
        let mut file = File::create(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, self.path(hash))?;
        self.built.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("satchel_packs_built_total").increment(1);
        Ok(())
    }

    /// A part of a pack, and how long the whole is; `None` where its file is not here. The range is cut to the file.
    ///
    /// # Errors
    /// What the file system says.
    pub fn read(&self, hash: PackHash, range: Range<u64>) -> io::Result<Option<(Vec<u8>, u64)>> {
        let mut file = match File::open(self.path(hash)) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let length = file.metadata()?.len();
        let end = range.end.min(length);
        file.seek(SeekFrom::Start(range.start))?;
        let mut bytes = Vec::new();
        file.take(end.saturating_sub(range.start)).read_to_end(&mut bytes)?;
        Ok(Some((bytes, length)))
    }

    /// Deletes every file but those of these packs.
    ///
    /// # Errors
    /// What the file system says.
    pub fn sweep(&self, keep: &BTreeSet<PackHash>) -> io::Result<()> {
        let entries = match fs::read_dir(&self.directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let path = entry?.path();
            if !named(&path).is_some_and(|hash| keep.contains(&hash)) {
                match fs::remove_file(&path) {
                    Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

/// The pack that a file is named after.
fn named(path: &Path) -> Option<PackHash> {
    path.file_name()?.to_str()?.strip_suffix(".pack")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_are_read_in_parts_and_swept() {
        let directory = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(directory.path().join("packs"));
        let (kept, other) = (PackHash::of(b"kept"), PackHash::of(b"other"));
        assert_eq!(
            shelf.read(kept, 0..9).unwrap(),
            None,
            "before the first there is no directory"
        );
        shelf.sweep(&BTreeSet::new()).unwrap();
        shelf.put(kept, b"0123456789").unwrap();
        shelf.put(other, b"x").unwrap();
        assert_eq!(shelf.read(kept, 3..5).unwrap(), Some((b"34".to_vec(), 10)));
        assert_eq!(shelf.read(kept, 8..u64::MAX).unwrap(), Some((b"89".to_vec(), 10)));
        shelf.sweep(&BTreeSet::from([kept])).unwrap();
        assert_eq!(shelf.read(other, 0..1).unwrap(), None);
        assert!(shelf.read(kept, 0..1).unwrap().is_some());
        assert_eq!(shelf.built(), 2);
    }
}
