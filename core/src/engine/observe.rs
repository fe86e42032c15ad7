//! Live queries. A commit tells which records it touched; those alone are held against each query's conditions, before
//! and after. Nothing is read again, and a slow listener costs no more than a bound.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use super::{Engine, Error};
use crate::ids::DocumentId;
use crate::projection::Row;
use crate::schema::Kind;
use crate::store::{ListQuery, Store, Touched};

/// Changes that wait for one listener at most; beyond, it is told to read again.
const WAITING: usize = 1_000;

/// What happened to a live query.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The record belongs to the list now.
    Added {
        /// The record.
        id: DocumentId,
        /// Its row.
        row: Arc<Row>,
    },
    /// The record still belongs to the list and changed, or its standing with the relay did.
    Changed {
        /// The record.
        id: DocumentId,
        /// Its row.
        row: Arc<Row>,
    },
    /// The record belongs to the list no more.
    Removed {
        /// The record.
        id: DocumentId,
    },
    /// Too much happened to tell: read the list again.
    Reset,
}

/// A live query; dropping it ends it.
#[derive(Debug)]
pub struct Observation(Arc<Observer>);

/// One live query and what waits for its listener.
pub(super) struct Observer {
    query: ListQuery,
    kind: &'static Kind,
    waiting: Mutex<Waiting>,
    ready: Condvar,
    listener: Option<Box<dyn Fn() + Send + Sync>>,
}

#[derive(Debug, Default)]
struct Waiting {
    changes: BTreeMap<DocumentId, Change>,
    reset: bool,
    ended: bool,
}

impl std::fmt::Debug for Observer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Observer")
            .field("query", &self.query)
            .finish_non_exhaustive()
    }
}

/// The live queries of an engine.
#[derive(Debug, Default)]
pub(super) struct Observers(Mutex<Vec<Weak<Observer>>>);

impl Engine {
    /// Observes a list; the query's page, order and limit do not matter. Observe first, then list: what happens between
    /// is told, at most twice.
    ///
    /// # Errors
    /// [`Error::UnknownKind`]; [`Error::Store`] with `UnknownColumn`.
    pub fn observe(&self, query: &ListQuery) -> Result<Observation, Error> {
        self.add_observer(query, None)
    }

    /// Observes a list and calls `listener` whenever changes begin to wait. It is called outside of every lock, on the
    /// thread that wrote: it should hand on and return.
    ///
    /// # Errors
    /// As [`Engine::observe`].
    pub fn observe_with(
        &self,
        query: &ListQuery,
        listener: impl Fn() + Send + Sync + 'static,
    ) -> Result<Observation, Error> {
        self.add_observer(query, Some(Box::new(listener)))
    }

    fn add_observer(
        &self,
        query: &ListQuery,
        listener: Option<Box<dyn Fn() + Send + Sync>>,
    ) -> Result<Observation, Error> {
        let kind = self.kind(&query.kind).ok_or(Error::UnknownKind)?;
        self.read(|reader| Ok(reader.check(query)?))?;
        let observer = Arc::new(Observer {
            query: query.clone(),
            kind,
            waiting: Mutex::default(),
            ready: Condvar::new(),
            listener,
        });
        self.0.observers.lock().push(Arc::downgrade(&observer));
        Ok(Observation(observer))
    }
}

impl Observation {
    /// Takes what happened since the last time: at most one change of each record.
    #[must_use]
    pub fn take(&self) -> Vec<Change> {
        self.0.lock().drain()
    }

    /// Waits until something happens, the time is over, or the engine is closed, and takes what happened: nothing in the
    /// last two cases.
    #[must_use]
    pub fn wait(&self, timeout: Duration) -> Vec<Change> {
        let idle = |waiting: &mut Waiting| waiting.changes.is_empty() && !waiting.reset && !waiting.ended;
        let waited = self.0.ready.wait_timeout_while(self.0.lock(), timeout, idle);
        let (mut waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        waiting.drain()
    }

    /// Whether the engine was closed: nothing more will come.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.0.lock().ended
    }
}

impl Waiting {
    fn drain(&mut self) -> Vec<Change> {
        if std::mem::take(&mut self.reset) {
            self.changes.clear();
            return vec![Change::Reset];
        }
        std::mem::take(&mut self.changes).into_values().collect()
    }

    fn is_empty(&self) -> bool {
        self.changes.is_empty() && !self.reset
    }

    /// Adds a change to what waits, as one change of its record.
    fn add(&mut self, id: DocumentId, change: Change) {
        if self.reset {
            return;
        }
        let merged = match (self.changes.remove(&id), change) {
            // Came and went before the listener looked.
            (Some(Change::Added { .. }), Change::Removed { .. }) => None,
            (Some(Change::Added { .. }), Change::Changed { id, row }) => Some(Change::Added { id, row }),
            (Some(Change::Removed { .. }), Change::Added { id, row }) => Some(Change::Changed { id, row }),
            (_, change) => Some(change),
        };
        if let Some(change) = merged {
            self.changes.insert(id, change);
        }
        if self.changes.len() > WAITING {
            self.reset();
        }
    }

    fn reset(&mut self) {
        self.changes.clear();
        self.reset = true;
    }
}

impl Observer {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the listener that something waits. Called outside of every lock.
    pub(super) fn wake(&self) {
        self.ready.notify_all();
        if let Some(listener) = &self.listener {
            listener();
        }
    }

    /// Takes note of one touched record.
    fn note(&self, waiting: &mut Waiting, id: DocumentId, before: Option<&Row>, after: Option<&Arc<Row>>) {
        let was = before.is_some_and(|row| self.query.matches(self.kind, row));
        let is = after.filter(|row| self.query.matches(self.kind, row)).cloned();
        let change = match (was, is) {
            (false, Some(row)) => Change::Added { id, row },
            (true, Some(row)) => Change::Changed { id, row },
            (true, None) => Change::Removed { id },
            (false, None) => return,
        };
        waiting.add(id, change);
    }
}

impl Observers {
    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Observer>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those that are still listened to.
    fn live(&self) -> Vec<Arc<Observer>> {
        let mut observers = self.lock();
        observers.retain(|observer| observer.strong_count() > 0);
        observers.iter().filter_map(Weak::upgrade).collect()
    }

    /// Takes note of what a commit touched; returns those to wake.
    pub(super) fn note(&self, store: &Store, touched: &Touched) -> Vec<Arc<Observer>> {
        if touched.is_empty() {
            return Vec::new();
        }
        let live = self.live();
        let observed = |kind: &str| live.iter().any(|observer| observer.kind.name == kind);
        let mut rows = Vec::new();
        for (id, touch) in &touched.records {
            if observed(&touch.kind) && store.kind(&touch.kind).is_some() {
                let read = |json: &String| serde_json::from_str::<Row>(json).ok();
                let before = touch.before.as_ref().and_then(read);
                let after = touch.after.as_ref().and_then(read).map(Arc::new);
                rows.push((*id, touch.kind.as_str(), before, after));
            }
        }
        let noted = live.into_iter().filter(|observer| {
            let mut waiting = observer.lock();
            let idle = waiting.is_empty();
            if touched.many.contains(observer.kind.name) {
                waiting.reset();
            }
            for (id, kind, before, after) in &rows {
                if *kind == observer.kind.name {
                    observer.note(&mut waiting, *id, before.as_ref(), after.as_ref());
                }
            }
            idle && !waiting.is_empty()
        });
        noted.collect()
    }

    /// The engine was closed.
    pub(super) fn end(&self) -> Vec<Arc<Observer>> {
        let live = self.live();
        for observer in &live {
            observer.lock().ended = true;
        }
        live
    }
}
