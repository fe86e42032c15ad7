//! Who is who, and who may see and do what: rules over [`crate::store`], without SQL and without HTTP.
//!
//! Every function takes the transaction it works in, and the time: what belongs together is committed together.

pub mod access;
pub mod actor;
pub mod assignment;
mod audit;
pub mod browser;
pub mod device;
pub mod grant;
pub mod invite;
pub mod key;
pub mod member;
pub mod org;
pub mod scope;
pub mod secret;
pub mod session;
pub mod team;
pub mod throttle;
pub mod token;

#[cfg(test)]
mod tests;

pub use actor::Actor;
pub use session::Session;

use crate::store::StoreError;

/// Why something about people was refused.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// There is no such team, member, scope, device, invite or key.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The actor may not do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// A value cannot be accepted.
    #[error("{}", .0.first().map_or("invalid", |violation| violation.detail))]
    Invalid(Vec<Violation>),
    /// The present state does not allow it; the word is stable.
    #[error("{1}")]
    Conflict(&'static str, &'static str),
    /// A code, challenge or signature proves nothing.
    #[error("{0}")]
    Unproven(&'static str),
    /// Too many failures from one place; try again in so many seconds.
    #[error("too many failures: try again in {0} s")]
    Throttled(u32),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One value that cannot be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Violation {
    /// The field.
    pub field: &'static str,
    /// A stable word.
    pub code: &'static str,
    /// What is wrong, in English, without the value.
    pub detail: &'static str,
}

impl IdentityError {
    /// One field that cannot be accepted.
    pub fn invalid(field: &'static str, code: &'static str, detail: &'static str) -> Self {
        Self::Invalid(vec![Violation { field, code, detail }])
    }
}

/// Characters that a name may have.
const LONGEST_NAME: usize = 120;

/// A name without the blanks around it.
///
/// # Errors
/// [`IdentityError::Invalid`] for none, one too long, or one with control characters.
fn checked_name(field: &'static str, name: &str) -> Result<String, IdentityError> {
    let name = name.trim();
    if name.is_empty() {
        return Err(IdentityError::invalid(field, "required", "must not be empty"));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(IdentityError::invalid(
            field,
            "too-long",
            "has more than 120 characters",
        ));
    }
    if name.chars().any(char::is_control) {
        return Err(IdentityError::invalid(field, "malformed", "has control characters"));
    }
    Ok(name.to_owned())
}
