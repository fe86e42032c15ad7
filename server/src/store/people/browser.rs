//! Links that sign a browser in once, and the sessions of browsers. Secrets are kept as hashes only.

use satchel_core::ids::MemberId;

use super::Hash;
use crate::store::StoreError;

/// A link that signs its member in, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInLink {
    /// Of the link's secret.
    pub hash: Hash,
    /// Whom it signs in.
    pub member: MemberId,
    /// From this time on it is worth nothing, in milliseconds since 1970 (UTC).
    pub expires_at_ms: i64,
}

/// The session of a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserSession {
    /// Of what the browser's cookie holds.
    pub hash: Hash,
    /// Whose it is.
    pub member: MemberId,
    /// Milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
    /// From this time on it is worth nothing.
    pub expires_at_ms: i64,
}

/// Links and sessions of browsers. Every method fails only where the database does.
#[expect(clippy::missing_errors_doc, reason = "said once above for all of them")]
pub trait Browsers {
    /// Keeps a link.
    fn put_sign_in_link(&mut self, link: &SignInLink) -> Result<(), StoreError>;
    /// Takes the link with this hash away: whoever gets it is the only one.
    fn take_sign_in_link(&mut self, hash: &Hash) -> Result<Option<SignInLink>, StoreError>;
    /// The session with this hash.
    fn browser_session(&self, hash: &Hash) -> Result<Option<BrowserSession>, StoreError>;
    /// Keeps a session.
    fn put_browser_session(&mut self, session: &BrowserSession) -> Result<(), StoreError>;
    /// Forgets one session.
    fn remove_browser_session(&mut self, hash: &Hash) -> Result<(), StoreError>;
    /// Forgets all sessions of a member, and the links that wait for him. Returns how many sessions there were.
    fn remove_browser_sessions_of(&mut self, member: MemberId) -> Result<usize, StoreError>;
    /// Forgets links and sessions that expired before `ms`.
    fn prune_browsers(&mut self, ms: i64) -> Result<(), StoreError>;
}
