//! The locks of a database file, as SQLite's five levels.

use rusqlite::ffi;

/// Who holds which level.
#[derive(Debug, Default)]
pub(crate) struct Locks(Vec<(u64, i32)>);

impl Locks {
    /// Raises a holder's level. False where another's stands in the way.
    pub(crate) fn raise(&mut self, holder: u64, level: i32) -> bool {
        if self.of(holder) >= level {
            return true;
        }
        let others = self.0.iter().filter(|(other, _)| *other != holder);
        let highest = others.map(|(_, level)| *level).max().unwrap_or(ffi::SQLITE_LOCK_NONE);
        let (granted, free) = match level {
            ffi::SQLITE_LOCK_SHARED => (level, highest < ffi::SQLITE_LOCK_PENDING),
            ffi::SQLITE_LOCK_RESERVED => (level, highest < ffi::SQLITE_LOCK_RESERVED),
            _ if highest > ffi::SQLITE_LOCK_SHARED => return false,
            // Nobody new may begin to read while this one waits for those who do.
            _ if highest == ffi::SQLITE_LOCK_SHARED => (ffi::SQLITE_LOCK_PENDING, false),
            _ => (level, true),
        };
        if free || granted == ffi::SQLITE_LOCK_PENDING {
            self.set(holder, granted);
        }
        free
    }

    /// Lowers a holder's level.
    pub(crate) fn lower(&mut self, holder: u64, level: i32) {
        if self.of(holder) > level {
            self.set(holder, level);
        }
    }

    pub(crate) fn is_reserved(&self) -> bool {
        self.0.iter().any(|(_, level)| *level >= ffi::SQLITE_LOCK_RESERVED)
    }

    fn of(&self, holder: u64) -> i32 {
        let found = self.0.iter().find(|(one, _)| *one == holder);
        found.map_or(ffi::SQLITE_LOCK_NONE, |(_, level)| *level)
    }

    fn set(&mut self, holder: u64, level: i32) {
        self.0.retain(|(one, _)| *one != holder);
        if level > ffi::SQLITE_LOCK_NONE {
            self.0.push((holder, level));
        }
    }
}
