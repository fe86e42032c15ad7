//! Which disks there are.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::medium::Medium;

const ROOT: &str = "/satchel-disk/";

static DISKS: Mutex<BTreeMap<u64, Arc<Mutex<Medium>>>> = Mutex::new(BTreeMap::new());
static NEXT: AtomicU64 = AtomicU64::new(1);

/// A test that failed while it held a disk must not take the others with it.
pub(crate) fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn mount(medium: Medium) -> u64 {
    let number = NEXT.fetch_add(1, Ordering::SeqCst);
    locked(&DISKS).insert(number, Arc::new(Mutex::new(medium)));
    number
}

pub(crate) fn unmount(number: u64) {
    locked(&DISKS).remove(&number);
}

/// The disk of this number; an empty one that nobody else sees where it was unmounted.
pub(crate) fn find(number: u64) -> Arc<Mutex<Medium>> {
    locked(&DISKS).get(&number).cloned().unwrap_or_default()
}

pub(crate) fn path(number: u64, name: &str) -> String {
    format!("{ROOT}{number}/{name}")
}

/// The disk on which a path lies, and the file's name there.
pub(crate) fn resolve(path: &str) -> Option<(Arc<Mutex<Medium>>, &str)> {
    let (number, name) = path.strip_prefix(ROOT)?.split_once('/')?;
    let found = locked(&DISKS).get(&number.parse().ok()?).cloned()?;
    Some((found, name))
}
