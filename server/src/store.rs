//! What the relay keeps, as traits over one transaction. Everything above speaks to these; SQL stands only below them.
//!
//! The traits are synchronous, so that a transaction can be handed to plain functions (the relay's ordering, the rules
//! about people) and a simulator can drive those without threads or a runtime.

#[cfg(test)]
mod contract;
pub mod decision;
pub mod figure;
pub mod log;
pub mod pack;
pub mod people;
pub mod restore;
pub mod sequence;
pub mod sqlite;

pub use people::People;
pub use sequence::{Run, Sequence};

/// What can go wrong between the relay and its database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file was written by a newer relay.
    #[error("the database has version {found}, this program knows versions up to {known}: use a newer program")]
    DatabaseTooNew {
        /// Version of the file.
        found: u32,
        /// Newest version that this program knows.
        known: u32,
    },
    /// The file is there, and is no database of a relay.
    #[error("the file is not a database of a relay")]
    NotADatabase,
    /// A stored value is not what this program writes: damage, or a foreign hand.
    #[error("the database holds a value that this program cannot read: {0}")]
    Damaged(&'static str),
    /// No organisation has been created in this database yet.
    #[error("the database holds no organisation yet: create it with `satchel admin init --name NAME`")]
    NoOrg,
    /// Another process held the write lock for too long. Worth trying again.
    #[error("the database is busy")]
    Busy,
    /// The writer has been shut down.
    #[error("the database is closed")]
    Closed,
    /// The job panicked. Its own work was rolled back, its neighbours' was not.
    #[error("the work inside the transaction panicked")]
    Panicked,
    /// The job ran, and its transaction could not be committed: nothing of it is kept.
    #[error("the transaction could not be committed: {0}")]
    NotCommitted(String),
    /// The database engine refused.
    #[error("the database refused: {0}")]
    Backend(#[source] Box<dyn std::error::Error + Send + Sync>),
}
