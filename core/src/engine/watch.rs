//! Who wants to know that something was written here: a live connection, which pushes it at once.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::Engine;

type Callback = dyn Fn() + Send + Sync;

/// Callbacks of those who watch.
#[derive(Default)]
pub(super) struct Watchers(Mutex<Vec<Weak<Callback>>>);

/// Watches until it is dropped.
pub struct WriteWatch {
    _callback: Arc<Callback>,
}

impl std::fmt::Debug for WriteWatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WriteWatch")
    }
}

impl Engine {
    /// Calls `callback` after every edit that was made here, outside every lock, until the watch is dropped. It must not
    /// block.
    #[must_use]
    pub fn on_local_write(&self, callback: impl Fn() + Send + Sync + 'static) -> WriteWatch {
        let callback: Arc<Callback> = Arc::new(callback);
        let mut watchers = self.0.watchers.0.lock().unwrap_or_else(PoisonError::into_inner);
        watchers.retain(|known| known.strong_count() > 0);
        watchers.push(Arc::downgrade(&callback));
        WriteWatch { _callback: callback }
    }

    /// Tells those who watch.
    pub(super) fn written(&self) {
        let watchers = self.0.watchers.0.lock().unwrap_or_else(PoisonError::into_inner);
        let callbacks: Vec<Arc<Callback>> = watchers.iter().filter_map(Weak::upgrade).collect();
        drop(watchers);
        for callback in callbacks {
            callback();
        }
    }
}
