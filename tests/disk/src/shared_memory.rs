//! The index of a write-ahead log, which connections share in memory, and the locks on it.

use std::ffi::c_void;
use std::sync::atomic::AtomicU64;

use rusqlite::ffi;

/// As many as SQLite has.
const SLOTS: usize = 8;

#[derive(Debug, Default)]
pub(crate) struct SharedMemory {
    /// Atomics: every connection writes into them through a pointer.
    regions: Vec<Box<[AtomicU64]>>,
    users: Vec<u64>,
    slots: [Slot; SLOTS],
}

#[derive(Debug, Default)]
struct Slot {
    exclusive: Option<u64>,
    shared: Vec<u64>,
}

impl SharedMemory {
    /// The address of a region, made where it is not there and `extend` says so. It stays until the last user leaves.
    pub(crate) fn region(&mut self, user: u64, number: usize, bytes: usize, extend: bool) -> Option<*mut c_void> {
        if !self.users.contains(&user) {
            self.users.push(user);
        }
        while extend && self.regions.len() <= number {
            let words = std::iter::repeat_with(AtomicU64::default).take(bytes.div_ceil(8));
            self.regions.push(words.collect());
        }
        let region = self.regions.get(number)?;
        Some(region.as_ptr().cast_mut().cast())
    }

    /// Locks or unlocks slots. False where another's lock stands in the way.
    pub(crate) fn lock(&mut self, user: u64, from: usize, count: usize, flags: i32) -> bool {
        let slots = &mut self.slots[from.min(SLOTS)..(from + count).min(SLOTS)];
        if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
            for slot in slots {
                slot.leave(user, flags & ffi::SQLITE_SHM_EXCLUSIVE != 0);
            }
            return true;
        }
        let alone = flags & ffi::SQLITE_SHM_EXCLUSIVE != 0;
        if slots.iter().any(|slot| slot.is_taken(user, alone)) {
            return false;
        }
        for slot in slots {
            if alone {
                slot.exclusive = Some(user);
            } else {
                slot.shared.push(user);
            }
        }
        true
    }

    pub(crate) fn is_locked(&self) -> bool {
        self.slots
            .iter()
            .any(|slot| slot.exclusive.is_some() || !slot.shared.is_empty())
    }

    /// A user leaves. The last one takes the memory with him.
    pub(crate) fn leave(&mut self, user: u64) {
        self.users.retain(|one| *one != user);
        for slot in &mut self.slots {
            slot.leave(user, true);
            slot.leave(user, false);
        }
        if self.users.is_empty() {
            self.regions.clear();
        }
    }
}

impl Slot {
    fn is_taken(&self, user: u64, alone: bool) -> bool {
        let by_another = self.exclusive.is_some_and(|holder| holder != user);
        by_another || alone && self.shared.iter().any(|holder| *holder != user)
    }

    fn leave(&mut self, user: u64, alone: bool) {
        if alone {
            self.exclusive = self.exclusive.filter(|holder| *holder != user);
        } else {
            self.shared.retain(|holder| *holder != user);
        }
    }
}
