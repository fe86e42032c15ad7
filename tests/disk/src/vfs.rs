//! The table of functions through which SQLite uses the disk. The only unsafe part.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once};

use rusqlite::ffi;

use crate::medium::Medium;
use crate::mount::{self, locked};

static INSTALLED: Once = Once::new();
static HOLDERS: AtomicU64 = AtomicU64::new(1);
/// SQLite seeds its own randomness (salts, names of temporary files) from here; the same in every process.
const SEED: u8 = 0x5a;
/// Julian day of 1970 in milliseconds, as good a time as any: nothing under test asks SQLite for the time.
const EPOCH_MS: i64 = 210_866_760_000_000;

/// An open file as SQLite sees it. SQLite allocates the place and zeroes it.
#[repr(C)]
struct Handle {
    base: ffi::sqlite3_file,
    open: *mut Open,
}

struct Open {
    medium: Arc<Mutex<Medium>>,
    name: String,
    holder: u64,
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Makes the disks SQLite's default file system, once a process.
pub(crate) fn install() {
    INSTALLED.call_once(|| {
        let vfs = ffi::sqlite3_vfs {
            iVersion: 2,
            szOsFile: c_int::try_from(size_of::<Handle>()).unwrap_or(c_int::MAX),
            mxPathname: 512,
            pNext: std::ptr::null_mut(),
            zName: c"satchel-disk".as_ptr(),
            pAppData: std::ptr::null_mut(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_pathname),
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(current_time),
            xGetLastError: None,
            xCurrentTimeInt64: Some(current_time_int64),
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        };
        // SAFETY: SQLite keeps the table for the life of the process, for which a leaked box lives.
        unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 1) };
    });
}

/// The open file behind a handle.
///
/// # Safety
/// `file` must be one that [`open`] filled in and [`close`] did not close.
unsafe fn of<'a>(file: *mut ffi::sqlite3_file) -> &'a Open {
    // SAFETY: by the caller's promise, and because SQLite gives each file `szOsFile` bytes.
    unsafe { &*(*file.cast::<Handle>()).open }
}

/// # Safety
/// `name` must be null or a C string.
unsafe fn text<'a>(name: *const c_char) -> Option<&'a str> {
    if name.is_null() {
        return None;
    }
    // SAFETY: by the caller's promise.
    unsafe { CStr::from_ptr(name) }.to_str().ok()
}

fn place(at: i64) -> usize {
    usize::try_from(at).unwrap_or(0)
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives `szOsFile` bytes, a C string or null, and a place for the flags or null.
    unsafe {
        (*file).pMethods = std::ptr::null();
        let (medium, name) = if name.is_null() {
            // A temporary file, of which nobody else knows.
            (Arc::default(), "temporary")
        } else {
            match text(name).and_then(mount::resolve) {
                Some(found) => found,
                None => return ffi::SQLITE_CANTOPEN,
            }
        };
        let mut inner = locked(&medium);
        if !inner.exists(name) {
            if flags & ffi::SQLITE_OPEN_CREATE == 0 {
                return ffi::SQLITE_CANTOPEN;
            }
            inner.create(name);
        }
        drop(inner);
        let opened = Open {
            medium,
            name: name.to_owned(),
            holder: HOLDERS.fetch_add(1, Ordering::Relaxed),
        };
        (*file.cast::<Handle>()).open = Box::into_raw(Box::new(opened));
        (*file).pMethods = &raw const METHODS;
        if !out_flags.is_null() {
            *out_flags = flags;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes a file once; the box was made by `open`.
    unsafe {
        let opened = Box::from_raw((*file.cast::<Handle>()).open);
        let mut medium = locked(&opened.medium);
        let session = medium.session(&opened.name);
        session.locks.lower(opened.holder, ffi::SQLITE_LOCK_NONE);
        session.memory.leave(opened.holder);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, into: *mut c_void, count: c_int, at: i64) -> c_int {
    // SAFETY: an open file, and a place for `count` bytes.
    unsafe {
        let opened = of(file);
        let into = std::slice::from_raw_parts_mut(into.cast::<u8>(), place(count.into()));
        if locked(&opened.medium).read(&opened.name, place(at), into) < into.len() {
            return ffi::SQLITE_IOERR_SHORT_READ;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, from: *const c_void, count: c_int, at: i64) -> c_int {
    // SAFETY: an open file, and `count` bytes.
    unsafe {
        let opened = of(file);
        let bytes = std::slice::from_raw_parts(from.cast::<u8>(), place(count.into()));
        match locked(&opened.medium).write(&opened.name, place(at), bytes) {
            Ok(()) => ffi::SQLITE_OK,
            Err(_) => ffi::SQLITE_FULL,
        }
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    // SAFETY: an open file.
    unsafe {
        let opened = of(file);
        locked(&opened.medium).resize(&opened.name, place(size));
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: an open file.
    unsafe {
        let opened = of(file);
        locked(&opened.medium).sync(&opened.name);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: an open file, and a place for its size.
    unsafe {
        let opened = of(file);
        *size = i64::try_from(locked(&opened.medium).size(&opened.name)).unwrap_or(i64::MAX);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: an open file.
    unsafe {
        let opened = of(file);
        let mut medium = locked(&opened.medium);
        if medium.session(&opened.name).locks.raise(opened.holder, level) {
            ffi::SQLITE_OK
        } else {
            ffi::SQLITE_BUSY
        }
    }
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: an open file.
    unsafe {
        let opened = of(file);
        let mut medium = locked(&opened.medium);
        medium.session(&opened.name).locks.lower(opened.holder, level);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: an open file, and a place for the answer.
    unsafe {
        let opened = of(file);
        *out = c_int::from(locked(&opened.medium).session(&opened.name).locks.is_reserved());
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    4096
}

unsafe extern "C" fn device_characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    // As SQLite has it on every system by default: a torn write does not touch its neighbours.
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    number: c_int,
    bytes: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: an open file, and a place for the address.
    unsafe {
        let opened = of(file);
        let mut medium = locked(&opened.medium);
        let memory = &mut medium.session(&opened.name).memory;
        let region = memory.region(opened.holder, place(number.into()), place(bytes.into()), extend != 0);
        *out = region.unwrap_or(std::ptr::null_mut());
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(file: *mut ffi::sqlite3_file, from: c_int, count: c_int, flags: c_int) -> c_int {
    // SAFETY: an open file.
    unsafe {
        let opened = of(file);
        let mut medium = locked(&opened.medium);
        let memory = &mut medium.session(&opened.name).memory;
        if memory.lock(opened.holder, place(from.into()), place(count.into()), flags) {
            ffi::SQLITE_OK
        } else {
            ffi::SQLITE_BUSY
        }
    }
}

unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {
    std::sync::atomic::fence(Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: an open file.
    unsafe {
        let opened = of(file);
        locked(&opened.medium).session(&opened.name).memory.leave(opened.holder);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, sync_dir: c_int) -> c_int {
    // SAFETY: SQLite gives a C string.
    let Some((medium, name)) = (unsafe { text(name) }).and_then(mount::resolve) else {
        return ffi::SQLITE_IOERR_DELETE_NOENT;
    };
    let mut medium = locked(&medium);
    if !medium.exists(name) {
        return ffi::SQLITE_IOERR_DELETE_NOENT;
    }
    medium.delete(name, sync_dir != 0);
    ffi::SQLITE_OK
}

unsafe extern "C" fn access(_: *mut ffi::sqlite3_vfs, name: *const c_char, _: c_int, out: *mut c_int) -> c_int {
    // SAFETY: SQLite gives a C string, and a place for the answer.
    unsafe {
        let found = text(name).and_then(mount::resolve);
        // What is empty does not count, as with SQLite's own file systems.
        *out = c_int::from(found.is_some_and(|(medium, name)| locked(&medium).size(name) > 0));
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_pathname(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite gives a C string, and a place for `room` bytes.
    unsafe {
        let bytes = CStr::from_ptr(name).to_bytes_with_nul();
        if bytes.len() > place(room.into()) {
            return ffi::SQLITE_CANTOPEN;
        }
        std::ptr::copy_nonoverlapping(bytes.as_ptr().cast(), out, bytes.len());
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn randomness(_: *mut ffi::sqlite3_vfs, count: c_int, out: *mut c_char) -> c_int {
    // SAFETY: a place for `count` bytes.
    unsafe { std::ptr::write_bytes(out, SEED, place(count.into())) };
    count
}

unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    // Whoever holds a lock is on the same thread: waiting would not help.
    microseconds
}

unsafe extern "C" fn current_time(_: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: a place for the time.
    unsafe { *out = 2_440_587.5 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn current_time_int64(_: *mut ffi::sqlite3_vfs, out: *mut i64) -> c_int {
    // SAFETY: a place for the time.
    unsafe { *out = EPOCH_MS };
    ffi::SQLITE_OK
}
