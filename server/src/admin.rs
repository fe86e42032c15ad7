//! `satchel admin`: the same management as over HTTP, directly on the database file, also beside a running relay.

pub mod output;

use clap::Args;

use crate::config::Config;
use crate::store::StoreError;

/// Manage organisation, teams, members, devices and keys.
#[derive(Debug, Args)]
pub struct Admin {}

impl Admin {
    /// Does what was asked and prints the outcome.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn run(self, _config: &Config) -> Result<(), AdminError> {
        Ok(())
    }
}

/// Why an administrative command was refused.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}
