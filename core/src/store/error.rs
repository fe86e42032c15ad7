use rusqlite::ErrorCode;

/// What can go wrong with the device's store. No text here carries a customer's data.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A newer version of the app wrote this database. Nothing was touched; the app must be updated.
    #[error("the database is of step {found}; this version knows {known}")]
    DatabaseTooNew {
        /// The step of the database.
        found: i64,
        /// The newest step that this version knows.
        known: i64,
    },
    /// The file is no database, or its pages contradict each other. Nothing was deleted; see [`super::set_aside`].
    #[error("the database is damaged")]
    DatabaseDamaged,
    /// The disk is full. The write was rolled back; reading goes on.
    #[error("the storage is full")]
    StorageFull,
    /// The file cannot be reached now: locked device, missing rights, another process that holds it, a failing disk.
    #[error("the database cannot be reached")]
    Unavailable,
    /// Writing is refused between suspend and resume.
    #[error("the store is suspended")]
    Suspended,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// A query names a column that the kind does not have.
    #[error("the kind has no such column")]
    UnknownColumn,
    /// A cursor that no query of this kind gave.
    #[error("not a cursor of this query")]
    BadCursor,
    /// No kind of that name in this version.
    #[error("the kind is unknown to this version")]
    UnknownKind,
    /// The record is not on this device.
    #[error("the record is not on this device")]
    NotFound,
    /// A document could not be read.
    #[error(transparent)]
    Document(#[from] crate::document::Error),
    /// A fault of this code, not of the data.
    #[error("internal error of the store")]
    Internal(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, _) = &error else {
            return match error {
                // A stored value that is not what the schema says.
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::Utf8Error(..) => Self::DatabaseDamaged,
                other => Self::Internal(other),
            };
        };
        match failure.code {
            ErrorCode::DiskFull => Self::StorageFull,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::DatabaseDamaged,
            ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::FileLockingProtocolFailed => Self::Unavailable,
            _ => Self::Internal(error),
        }
    }
}

impl From<serde_json::Error> for Error {
    /// JSON that the store wrote itself and cannot read.
    fn from(_: serde_json::Error) -> Self {
        Self::DatabaseDamaged
    }
}
