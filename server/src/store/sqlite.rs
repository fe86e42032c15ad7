//! SQLite: the embedded store. The only place of the relay where SQL is written.

mod column;
mod database;
mod decision;
mod figure;
mod file;
mod log;
mod migration;
mod pack;
mod people;
mod restore;
mod sequence;
mod transaction;
mod writer;

pub use database::{Database, Options};
pub use file::File;
pub use transaction::Transaction;

use super::StoreError;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Self::Busy,
            Some(rusqlite::ErrorCode::NotADatabase) => Self::NotADatabase,
            _ => Self::Backend(Box::new(error)),
        }
    }
}

#[cfg(test)]
mod tests;
