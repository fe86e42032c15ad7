//! What can go wrong, each variant a different thing for the app to do.

use satchel_core::clock::{SystemEntropy, random};
use satchel_core::net::NetError;
use satchel_core::policy::Denied;
use satchel_core::schema::{Violation, ViolationCode};
use satchel_core::{engine, store};

/// What went wrong, by what the app can do about it. Nothing that was written before is lost by any of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum SatchelError {
    /// The record, or the version of it, is not on this device: leave the screen, or read the list again.
    #[error("not on this device")]
    NotFound,
    /// The input is not valid: show the violations at their fields. Nothing was changed.
    #[error("not valid, in {} places", violations.len())]
    Invalid {
        /// Everything that is wrong. A field is one of the record's, or the name of what was given: `invite`, `kind`,
        /// `column`, `version` and the like.
        violations: Vec<Violation>,
    },
    /// The device belongs to nobody yet, or the relay does not take it any more: enrol with a new invite.
    #[error("the device is signed out")]
    SignedOut,
    /// The person may not: say so.
    #[error("not allowed")]
    Forbidden {
        /// Which rule was not met.
        reason: ForbiddenReason,
    },
    /// The relay cannot be reached or asks for patience: go on working, try again later. Also where a record's document is
    /// needed, only its row is here ([`crate::OpenOptions::rows_only`]), and it could not be fetched: nothing was changed.
    #[error("the relay cannot be reached")]
    Offline {
        /// Not before so many seconds, where the relay said so.
        retry_after_s: Option<i64>,
    },
    /// The disk is full; reading goes on: ask the person to make room.
    #[error("the storage is full")]
    StorageFull,
    /// A newer version of the app wrote the database, or the relay speaks a protocol that this one does not: ask for the
    /// update. Nothing was touched.
    #[error("this version of the app is too old")]
    UpdateNeeded,
    /// The database is damaged. Nothing was deleted; ask before it is set aside.
    #[error("the database is damaged")]
    DatabaseDamaged,
    /// The database or the secrets cannot be used now: closed, suspended, or held back by the system (a phone that was
    /// not unlocked since it started). Open, resume, or wait.
    #[error("the database cannot be used now")]
    Unavailable,
    /// A fault of this library. Show the reference; the log has the same with more beside it.
    #[error("internal error {reference}: {detail}")]
    Internal {
        /// Names this failure in the log.
        reference: String,
        /// What failed, without any of the person's data.
        detail: String,
    },
}

/// Which rule was not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ForbiddenReason {
    /// No grant reaches the record.
    NoAccess,
    /// A grant reaches it, for reading only.
    ReadOnly,
    /// Only its author may.
    NotAuthor,
    /// Only who manages the scope may.
    NotManager,
    /// Only an admin may.
    NotAdmin,
}

impl From<Denied> for ForbiddenReason {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NoAccess => Self::NoAccess,
            Denied::ReadOnly => Self::ReadOnly,
            Denied::NotAuthor => Self::NotAuthor,
            Denied::NotManager => Self::NotManager,
            Denied::NotAdmin => Self::NotAdmin,
        }
    }
}

impl SatchelError {
    /// What was given under this name is not valid.
    pub(crate) fn invalid(name: &str, code: ViolationCode) -> Self {
        Self::Invalid {
            violations: vec![Violation::new(name, code)],
        }
    }

    /// A fault of this library, noted in the log.
    pub(crate) fn internal(detail: impl std::fmt::Display) -> Self {
        let reference = format!("{:08x}", u32::from_be_bytes(random(&SystemEntropy)));
        let detail = detail.to_string();
        tracing::error!(reference, detail, "internal error");
        Self::Internal { reference, detail }
    }
}

impl From<store::Error> for SatchelError {
    fn from(error: store::Error) -> Self {
        use store::Error;
        match error {
            Error::DatabaseTooNew { .. } => Self::UpdateNeeded,
            Error::DatabaseDamaged => Self::DatabaseDamaged,
            Error::StorageFull => Self::StorageFull,
            Error::Unavailable | Error::Suspended | Error::Closed => Self::Unavailable,
            Error::UnknownColumn => Self::invalid("column", ViolationCode::UnknownField),
            Error::BadCursor => Self::invalid("after", ViolationCode::Malformed),
            Error::UnknownKind => Self::invalid("kind", ViolationCode::UnknownChoice),
            Error::NotFound => Self::NotFound,
            Error::Document(_) | Error::Internal(_) => Self::internal(error),
        }
    }
}

impl From<engine::Error> for SatchelError {
    fn from(error: engine::Error) -> Self {
        use engine::Error;
        match error {
            Error::NotFound | Error::ParentMissing => Self::NotFound,
            Error::Exists => Self::invalid("id", ViolationCode::NotAllowed),
            Error::Invalid(violations) => Self::Invalid { violations },
            Error::Denied(denied) => Self::Forbidden { reason: denied.into() },
            Error::UnknownVersion => Self::invalid("version", ViolationCode::UnknownChoice),
            Error::UnknownKind => Self::invalid("kind", ViolationCode::UnknownChoice),
            Error::NotEnrolled | Error::Wiped => Self::SignedOut,
            Error::RowOnly => Self::Offline { retry_after_s: None },
            Error::Store(error) => error.into(),
            error @ (Error::BadMessage | Error::BadPack | Error::Document(_)) => Self::internal(error),
        }
    }
}

impl From<NetError> for SatchelError {
    fn from(error: NetError) -> Self {
        match error {
            NetError::Offline(_) | NetError::Relay { status: 500.. } => Self::Offline { retry_after_s: None },
            NetError::RetryAfter(seconds) => Self::Offline {
                retry_after_s: Some(seconds.into()),
            },
            NetError::SignedOut => Self::SignedOut,
            NetError::InvalidInvite => Self::invalid("invite", ViolationCode::NotAllowed),
            NetError::Address => Self::invalid("relay", ViolationCode::Malformed),
            NetError::Version => Self::UpdateNeeded,
            NetError::Engine(error) => error.into(),
            error @ (NetError::Relay { .. } | NetError::Cancelled) => Self::internal(error),
        }
    }
}
