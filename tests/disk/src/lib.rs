//! A disk in memory under SQLite. It keeps apart what was written and what was synced, so that a power cut can lose, keep
//! or tear each write that was not synced; it can fail at any of its writes, fill up, be copied and be put back.
//!
//! The disk is SQLite's default file system for the whole process from the first [`Disk`] on: real engines and relays
//! use it without knowing.

mod file;
mod lock;
mod medium;
mod mount;
mod shared_memory;
mod vfs;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

pub use file::Loss;
use medium::{Files, Medium};
use mount::locked;

/// A mounted disk. Dropping it unmounts it; files that are still open live on until they are closed.
#[derive(Debug)]
pub struct Disk {
    number: u64,
}

/// Every file of a disk as it was at one moment: a backup, or the disk of a clone.
#[derive(Debug, Clone)]
pub struct Image(Files);

/// What a disk did since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Writes.
    pub writes: u64,
    /// Syncs.
    pub syncs: u64,
    /// Writes that power cuts lost or tore.
    pub lost: u64,
    /// Writes that were refused because the disk was full.
    pub refused: u64,
}

impl Disk {
    /// An empty disk.
    #[expect(clippy::new_without_default, reason = "mounting is an act, not a value")]
    pub fn new() -> Self {
        vfs::install();
        Self {
            number: mount::mount(Medium::default()),
        }
    }

    /// Where a file of this disk is, for SQLite; another place after each [`Disk::crash`] and [`Disk::put_back`].
    pub fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(mount::path(self.number, name))
    }

    /// What is left when the process (or the machine, by `loss`) dies now, or died where the fuse blew. Files that are
    /// open keep the old disk, which nobody sees any more. `random` decides which writes that were not synced are there.
    pub fn crash(&mut self, loss: Loss, random: &mut dyn FnMut() -> u64) {
        let left = locked(&self.medium()).left(loss, random);
        self.replace(left);
    }

    /// From so many writes and syncs on, what happens is not on the disk that [`Disk::crash`] leaves.
    pub fn light_fuse(&self, writes: u64) {
        locked(&self.medium()).light_fuse(writes);
    }

    /// Whether the fuse blew.
    pub fn is_blown(&self) -> bool {
        locked(&self.medium()).is_blown()
    }

    /// Puts out a fuse that did not blow.
    pub fn put_out_fuse(&self) {
        locked(&self.medium()).put_out_fuse();
    }

    /// How many bytes files may still grow; `None` for as many as they like.
    pub fn set_room(&self, bytes: Option<u64>) {
        locked(&self.medium()).room = bytes;
    }

    /// Whether a write for which there is no room seems to go well, as a bug under test.
    pub fn set_silent(&self, silent: bool) {
        locked(&self.medium()).silent = silent;
    }

    /// How many bytes a file has.
    pub fn size(&self, name: &str) -> usize {
        locked(&self.medium()).size(name)
    }

    /// Whether somebody holds a lock on a database, for writing or for reading from its log.
    pub fn is_locked(&self, name: &str) -> bool {
        locked(&self.medium()).session(name).is_locked()
    }

    /// Whether syncing does nothing, as a bug under test.
    pub fn set_deaf(&self, deaf: bool) {
        locked(&self.medium()).deaf = deaf;
    }

    /// A copy of every file as a process sees it now.
    pub fn image(&self) -> Image {
        Image(locked(&self.medium()).image())
    }

    /// Puts a copy in place of what is there. Files that are open keep the old disk.
    pub fn put_back(&mut self, image: &Image) {
        let medium = locked(&self.medium()).with(image.0.clone());
        self.replace(medium);
    }

    /// Every byte that the files of this disk hold.
    pub fn bytes(&self) -> Vec<u8> {
        locked(&self.medium()).bytes()
    }

    /// What this disk did.
    pub fn tally(&self) -> Tally {
        locked(&self.medium()).tally
    }

    /// Files get new paths: whoever has the old ones open must not reach the new ones by name.
    fn replace(&mut self, medium: Medium) {
        mount::unmount(self.number);
        self.number = mount::mount(medium);
    }

    fn medium(&self) -> Arc<Mutex<Medium>> {
        mount::find(self.number)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        mount::unmount(self.number);
    }
}
