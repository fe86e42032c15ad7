//! Where the parts meet: a record is changed through its document, and its document, changes, row and search entry are
//! on the disk together when the call returns.
//!
//! An [`Engine`] is a handle: clones share one database and may be used from any thread. Calls block; they belong on a
//! thread of the caller's own, never on a screen's.

mod edit;
mod error;
mod explain;
mod guard;
mod identity;
mod maintain;
mod observe;
mod read;
pub mod sync;
mod typed;
mod watch;

pub use edit::Saved;
pub use error::Error;
pub use explain::{Explanation, Presence, WipeCheck};
pub use identity::Identity;
pub use maintain::Progress;
pub use observe::{Change, Observation};
pub use typed::{Found, FoundPage, Records};
pub use watch::WriteWatch;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::{Clock, Entropy, SystemClock, SystemEntropy};
use crate::domain::KINDS;
use crate::duplicates;
use crate::schema::Kind;
use crate::store::{self, BlockingKeys, Reader, Store, Transaction};
use observe::Observers;
use watch::Watchers;

/// How an engine is opened.
#[derive(Clone)]
pub struct Options {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for ids and actors.
    pub entropy: Arc<dyn Entropy>,
    /// IANA name of the device's zone.
    pub zone: String,
    /// The table of kinds.
    pub kinds: &'static [&'static Kind],
    /// Whether the records of scopes that the person only reads from above (a manager his team's) come as rows alone:
    /// lists, search and figures of all of them, and a document where it is asked for. See [`Engine::set_rows_only`].
    pub rows_only: bool,
}

impl Options {
    /// The machine's clock and randomness, every kind, a device in this zone.
    #[must_use]
    pub fn new(zone: &str) -> Self {
        Self {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            zone: zone.to_owned(),
            kinds: KINDS,
            rows_only: false,
        }
    }
}

/// The device's engine. Clones share one database.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    zone: Mutex<String>,
    observers: Observers,
    watchers: Watchers,
    /// Held from the beginning of a transaction until its observers know: they hear of commits in their order.
    order: Mutex<()>,
    repair: Mutex<sync::Repair>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("store", &self.0.store)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Opens the database at `path`, making or upgrading it where needed; see [`Store::open`] for what happens to one
    /// that is damaged or too new.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn open(path: &Path, options: Options) -> Result<Self, Error> {
        let keys = BlockingKeys {
            version: duplicates::KEYS_VERSION,
            of: |kind, id, fields| duplicates::kept_keys(kind, id, fields),
        };
        let store_options = store::Options {
            keys,
            ..store::Options::new(options.kinds)
        };
        let engine = Self(Arc::new(Inner {
            store: Store::open(path, store_options)?,
            clock: options.clock,
            entropy: options.entropy,
            zone: Mutex::new(options.zone),
            observers: Observers::default(),
            watchers: Watchers::default(),
            order: Mutex::default(),
            repair: Mutex::default(),
        }));
        engine.set_rows_only(options.rows_only)?;
        Ok(engine)
    }

    /// The kind of that name, if this version knows it.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&'static Kind> {
        self.0.store.kind(name)
    }

    /// The kinds that this version knows.
    #[must_use]
    pub fn kinds(&self) -> &'static [&'static Kind] {
        self.0.store.kinds()
    }

    /// The time, in milliseconds since 1970, by the engine's clock.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.0.clock.now_ms()
    }

    /// IANA name of the device's zone.
    #[must_use]
    pub fn zone(&self) -> String {
        self.0.zone.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The device travelled: edits carry this zone from now on.
    pub fn set_zone(&self, zone: &str) {
        zone.clone_into(&mut self.0.zone.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Runs `work` over one moment of the database: what the read models of [`crate::query`] take.
    ///
    /// # Errors
    /// What `work` returns, and [`Error::Store`].
    pub fn read<T>(&self, work: impl FnOnce(&Reader<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.0.store.read(work)
    }

    /// Runs `work` as one transaction, on the disk when this returns, and tells the observers what it touched. The only
    /// way in which the engine writes.
    pub(crate) fn transact<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let order = self.0.order.lock().unwrap_or_else(PoisonError::into_inner);
        let (result, touched) = self.0.store.write(work)?;
        let woken = self.0.observers.note(&self.0.store, &touched);
        drop(order);
        for observer in woken {
            observer.wake();
        }
        Ok(result)
    }

    /// Returns when nobody writes and everything is in the database file itself, its log empty and unlocked. Writing is
    /// refused until [`Engine::resume`]. For an app that goes to the background.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn suspend(&self) -> Result<(), Error> {
        Ok(self.0.store.suspend()?)
    }

    /// Lets writing go on after [`Engine::suspend`].
    pub fn resume(&self) {
        self.0.store.resume();
    }

    /// Closes the database for every clone, waiting for those who write or read. Observations end.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn close(&self) -> Result<(), Error> {
        let closed = self.0.store.close();
        for observer in self.0.observers.end() {
            observer.wake();
        }
        Ok(closed?)
    }

    /// Whether the last process that had the database open did not close it; see [`Engine::verify`].
    #[must_use]
    pub fn left_open(&self) -> bool {
        self.0.store.left_open()
    }

    /// Checks every page of the database; for the background.
    ///
    /// # Errors
    /// [`Error::Store`] with `DatabaseDamaged` where a page contradicts another.
    pub fn verify(&self) -> Result<(), Error> {
        Ok(self.0.store.verify()?)
    }
}
