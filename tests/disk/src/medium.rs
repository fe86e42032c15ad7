//! The files of one disk, and what can happen to all of them at once.

use std::collections::BTreeMap;

use crate::Tally;
use crate::file::{File, Loss};
use crate::lock::Locks;
use crate::shared_memory::SharedMemory;

/// Files by name; with those that were deleted and may come back after a power cut.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files {
    named: BTreeMap<String, File>,
    deleted: BTreeMap<String, File>,
}

#[derive(Debug, Default)]
pub(crate) struct Medium {
    files: Files,
    /// Locks and shared memory by the name of the database.
    sessions: BTreeMap<String, Session>,
    /// Writes left before the fuse blows.
    fuse: Option<u64>,
    /// The files as they were when it did.
    blown: Option<Files>,
    pub(crate) room: Option<u64>,
    pub(crate) deaf: bool,
    pub(crate) silent: bool,
    pub(crate) tally: Tally,
}

/// What the connections of one database have in common.
#[derive(Debug, Default)]
pub(crate) struct Session {
    pub(crate) locks: Locks,
    pub(crate) memory: SharedMemory,
}

impl Session {
    pub(crate) fn is_locked(&self) -> bool {
        self.locks.is_reserved() || self.memory.is_locked()
    }
}

/// Why a write did not happen, or only in part.
pub(crate) struct Full;

impl Medium {
    /// These files on a disk that goes on as this one.
    pub(crate) fn with(&self, files: Files) -> Self {
        Self {
            files,
            deaf: self.deaf,
            tally: self.tally,
            ..Self::default()
        }
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.files.named.contains_key(name)
    }

    pub(crate) fn create(&mut self, name: &str) {
        self.files.deleted.remove(name);
        self.files.named.entry(name.to_owned()).or_default();
    }

    pub(crate) fn delete(&mut self, name: &str, durably: bool) {
        self.burn();
        if let Some(file) = self.files.named.remove(name)
            && !durably
        {
            self.files.deleted.insert(name.to_owned(), file);
        }
    }

    pub(crate) fn session(&mut self, name: &str) -> &mut Session {
        self.sessions.entry(name.to_owned()).or_default()
    }

    pub(crate) fn size(&self, name: &str) -> usize {
        self.files.named.get(name).map_or(0, File::len)
    }

    /// Reads into `into`; what lies behind the end is zero. Returns how many bytes were there.
    pub(crate) fn read(&self, name: &str, at: usize, into: &mut [u8]) -> usize {
        let bytes = self.files.named.get(name).map_or(&[][..], File::bytes);
        let there = bytes.get(at..).unwrap_or(&[]);
        let count = there.len().min(into.len());
        into[..count].copy_from_slice(&there[..count]);
        into[count..].fill(0);
        count
    }

    pub(crate) fn write(&mut self, name: &str, at: usize, bytes: &[u8]) -> Result<(), Full> {
        self.burn();
        let grows = (at + bytes.len()).saturating_sub(self.size(name)) as u64;
        if let Some(room) = self.room {
            if grows > room {
                self.tally.refused += 1;
                return if self.silent { Ok(()) } else { Err(Full) };
            }
            self.room = Some(room - grows);
        }
        self.tally.writes += 1;
        self.files.named.entry(name.to_owned()).or_default().write(at, bytes);
        Ok(())
    }

    pub(crate) fn resize(&mut self, name: &str, len: usize) {
        self.burn();
        if let Some(file) = self.files.named.get_mut(name) {
            if let Some(room) = &mut self.room {
                *room += file.len().saturating_sub(len) as u64;
            }
            file.resize(len);
        }
    }

    pub(crate) fn sync(&mut self, name: &str) {
        self.burn();
        self.tally.syncs += 1;
        if self.deaf {
            return;
        }
        if let Some(file) = self.files.named.get_mut(name) {
            file.sync();
        }
        // File systems keep the order of such things: a sync of one file makes earlier deletions of others sure.
        self.files.deleted.clear();
    }

    pub(crate) fn light_fuse(&mut self, writes: u64) {
        self.fuse = Some(writes);
        self.blown = None;
    }

    pub(crate) fn put_out_fuse(&mut self) {
        self.fuse = None;
        self.blown = None;
    }

    pub(crate) fn is_blown(&self) -> bool {
        self.blown.is_some()
    }

    /// Called before every write.
    fn burn(&mut self) {
        match self.fuse {
            Some(0) => {
                self.fuse = None;
                self.blown = Some(self.files.clone());
            }
            Some(left) => self.fuse = Some(left - 1),
            None => {}
        }
    }

    pub(crate) fn image(&self) -> Files {
        self.files.clone()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let files: Vec<&[u8]> = self.files.named.values().map(File::bytes).collect();
        files.concat()
    }

    /// The disk after a crash.
    pub(crate) fn left(&mut self, loss: Loss, random: &mut dyn FnMut() -> u64) -> Self {
        let before = self.blown.take().unwrap_or_else(|| self.files.clone());
        let mut tally = self.tally;
        let files = match loss {
            Loss::Process => before,
            Loss::Power => {
                let mut named = BTreeMap::new();
                for (name, file) in &before.named {
                    let (file, missing) = file.after_power_cut(random);
                    tally.lost += missing;
                    named.extend(file.map(|file| (name.clone(), file)));
                }
                // A deletion that did not reach the medium.
                for (name, file) in &before.deleted {
                    if random().is_multiple_of(2) {
                        named.extend(file.after_power_cut(random).0.map(|file| (name.clone(), file)));
                    }
                }
                Files {
                    named,
                    deleted: BTreeMap::new(),
                }
            }
        };
        Self {
            tally,
            ..self.with(files)
        }
    }
}
