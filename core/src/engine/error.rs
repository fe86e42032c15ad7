use crate::document;
use crate::policy::Denied;
use crate::schema::Violation;
use crate::store;

/// What can go wrong with what the app asks for. No text here carries a customer's data.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The record is not on this device.
    #[error("the record is not on this device")]
    NotFound,
    /// Only the row of the record is here: its document was asked for, and the next exchange brings it. Nothing was
    /// changed.
    #[error("only the row of the record is on this device")]
    RowOnly,
    /// A record of this id is here already.
    #[error("a record of this id is here already")]
    Exists,
    /// The record that the new one hangs on is not on this device.
    #[error("the record that it hangs on is not on this device")]
    ParentMissing,
    /// The edit is not valid; nothing was changed.
    #[error("the edit is not valid ({} violations)", .0.len())]
    Invalid(Vec<Violation>),
    /// The person may not.
    #[error("not allowed: {0}")]
    Denied(#[from] Denied),
    /// The version named is not in the record's history here.
    #[error("the record has no such version")]
    UnknownVersion,
    /// No kind of that name in this version.
    #[error("the kind is unknown to this version")]
    UnknownKind,
    /// The device belongs to nobody yet.
    #[error("the device is not enrolled")]
    NotEnrolled,
    /// The relay revoked this device, and everything on it was handed in and deleted: it must be enrolled anew.
    #[error("the device was revoked and wiped")]
    Wiped,
    /// What the relay sent is no message; nothing of it was applied.
    #[error("the relay's answer cannot be read")]
    BadMessage,
    /// A pack is not what the relay named; nothing of it was kept.
    #[error("a pack cannot be read")]
    BadPack,
    /// The record's document cannot be read; no other is concerned.
    #[error("the record's document cannot be read")]
    Document(#[source] document::Error),
    /// The store.
    #[error(transparent)]
    Store(store::Error),
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound => Self::NotFound,
            store::Error::UnknownKind => Self::UnknownKind,
            store::Error::Document(error) => error.into(),
            other => Self::Store(other),
        }
    }
}

impl From<document::Error> for Error {
    fn from(error: document::Error) -> Self {
        match error {
            document::Error::Invalid(violations) => Self::Invalid(violations),
            document::Error::UnknownVersion => Self::UnknownVersion,
            document::Error::UnknownKind => Self::UnknownKind,
            other => Self::Document(other),
        }
    }
}
