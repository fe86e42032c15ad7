//! What every request can reach.

use std::ffi::OsString;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use satchel_core::clock::{Clock, Entropy};
use tokio::sync::watch;

use crate::config::Config;
use crate::identity::throttle::Throttle;
use crate::identity::token::Challenges;
use crate::shelf::Shelf;
use crate::store::sqlite::Database;

/// A shared handle on the relay's parts; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

/// The relay's parts.
pub struct Parts {
    /// Where everything is kept.
    pub database: Database,
    /// The settings.
    pub config: Config,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for ids, codes and tokens.
    pub entropy: Arc<dyn Entropy>,
    /// Challenges that wait for a device's signature.
    pub challenges: Challenges,
    /// Failures of enrolment and sign-in, by source.
    pub throttle: Throttle,
    /// The bytes of packs.
    pub shelf: Shelf,
    /// Becomes true once, when the relay stops taking work: long-lived connections end themselves then.
    pub shutdown: watch::Sender<bool>,
}

impl AppState {
    /// Puts the parts together.
    pub fn new(database: Database, config: Config, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        let shelf = Shelf::new(beside(database.path()));
        Self(Arc::new(Parts {
            shelf,
            database,
            config,
            clock,
            entropy,
            challenges: Challenges::default(),
            throttle: Throttle::default(),
            shutdown: watch::Sender::new(false),
        }))
    }
}

/// The directory of packs belongs to one database file and is named after it.
fn beside(database: &Path) -> PathBuf {
    let mut name = OsString::from(database);
    name.push("-packs");
    name.into()
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
