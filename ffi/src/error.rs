//! What can go wrong, each variant a different thing for the app to do.

use satchel_core::schema::Violation;

/// What went wrong, by what the app can do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[non_exhaustive]
pub enum SatchelError {
    /// The input is not valid: show the violations at their fields.
    #[error("not valid, in {} places", violations.len())]
    Invalid {
        /// Everything that is wrong.
        violations: Vec<Violation>,
    },
}
