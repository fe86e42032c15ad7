//! A list that tells how it changes.

use std::sync::Arc;

use satchel_core::engine::{self, Engine};
use satchel_core::ids::DocumentId;
use tokio::sync::Notify;

use crate::runtime::{contain, on_thread};
use crate::{CancelHandle, Entry, Query, Satchel, SatchelError};

/// What happened to a list.
#[derive(Debug, Clone, PartialEq, uniffi::Enum)]
pub enum Change {
    /// The record belongs to the list now.
    Added {
        /// The record, as it is now.
        entry: Entry,
    },
    /// The record still belongs to the list and changed, or its standing with the relay did.
    Changed {
        /// The record, as it is now.
        entry: Entry,
    },
    /// The record belongs to the list no more.
    Removed {
        /// The record.
        id: DocumentId,
    },
    /// Too much happened to tell: read the list again.
    Reset,
}

/// A list that tells how it changes, until it is stopped or dropped.
#[derive(Debug, uniffi::Object)]
pub struct Observation {
    engine: Engine,
    inner: engine::Observation,
    happened: Arc<Notify>,
    stopped: CancelHandle,
}

#[uniffi::export]
impl Observation {
    /// Waits for what happens next: at most one change of each record, however long one did not ask. Absent when the
    /// observation was stopped or the database closed: nothing more comes.
    ///
    /// # Errors
    /// As every reading.
    pub async fn next(&self) -> Result<Option<Vec<Change>>, SatchelError> {
        loop {
            if self.stopped.is_cancelled() {
                return Ok(None);
            }
            let changes = self.inner.take();
            if !changes.is_empty() {
                let engine = self.engine.clone();
                return on_thread(move || Ok(Some(current(&engine, changes)?))).await;
            }
            if self.inner.is_ended() {
                return Ok(None);
            }
            tokio::select! {
                () = self.happened.notified() => {}
                () = self.stopped.cancelled() => {}
            }
        }
    }

    /// Ends it: whoever waits hears that nothing more comes.
    pub fn stop(&self) {
        self.stopped.cancel();
    }
}

/// The changes with their records as they are now, standing with the relay included. A record that is gone meanwhile
/// has a change of its own to come.
fn current(engine: &Engine, changes: Vec<engine::Change>) -> Result<Vec<Change>, SatchelError> {
    let mut told = Vec::new();
    for change in changes {
        let entry = |id| -> Result<Option<Entry>, SatchelError> {
            let record = engine.get(id)?;
            Ok(record.and_then(|record| Entry::of(record, engine.kinds())))
        };
        told.extend(match change {
            engine::Change::Added { id, .. } => entry(id)?.map(|entry| Change::Added { entry }),
            engine::Change::Changed { id, .. } => entry(id)?.map(|entry| Change::Changed { entry }),
            engine::Change::Removed { id } => Some(Change::Removed { id }),
            engine::Change::Reset => Some(Change::Reset),
        });
    }
    Ok(told)
}

#[uniffi::export]
impl Satchel {
    /// Observes a list; the query's page, order and limit do not matter. Observe first, then list: what happens between
    /// is told, at most twice.
    ///
    /// # Errors
    /// [`SatchelError::Invalid`] where the query names what the kind does not have.
    pub fn observe(&self, query: Query) -> Result<Arc<Observation>, SatchelError> {
        contain(|| {
            let happened = Arc::new(Notify::new());
            let told = Arc::clone(&happened);
            let inner = self.engine().observe_with(&query.plain()?, move || told.notify_one())?;
            Ok(Arc::new(Observation {
                engine: self.engine().clone(),
                inner,
                happened,
                stopped: CancelHandle::new(),
            }))
        })
    }
}
