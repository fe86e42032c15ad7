//! What follows from tree and permissions: who is in which scope since when, and who was.

use satchel_core::ids::{MemberId, ScopeId};
use satchel_core::policy::Access;

use crate::store::StoreError;

/// Whether the member may read the scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccessState {
    /// He may; his devices hold it.
    In,
    /// He could once and may no more; his devices drop it.
    Out,
}

/// One member and one scope. Never deleted, so that a device away for a year still learns that it lost the scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessRow {
    /// Who.
    pub member: MemberId,
    /// Where.
    pub scope: ScopeId,
    /// When this row changed last. An "in" row newer than a device's cursor means that whole documents are loaded.
    pub seq: u64,
    /// In or out.
    pub state: AccessState,
    /// What he may; for "out", what he could before.
    pub access: Access,
    /// The seq at which he came in last.
    pub in_since_seq: u64,
    /// Where he could write once and may not now: the seq of that change.
    pub write_until_seq: Option<u64>,
    /// The time of that change, in milliseconds since 1970 (UTC).
    pub write_until_ms: Option<i64>,
}

/// A span of seqs in which a member could write a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tenure {
    /// The first seq of the span.
    pub from_seq: u64,
    /// The seq of the change that ended it, itself outside the span; `None` while it lasts.
    pub until_seq: Option<u64>,
    /// The time of that change, in milliseconds since 1970 (UTC).
    pub until_ms: Option<i64>,
}

/// Access rows and tenures. Every method fails only where the database does.
#[expect(clippy::missing_errors_doc, reason = "said once above for all of them")]
pub trait AccessStore {
    /// One row.
    fn access(&self, member: MemberId, scope: ScopeId) -> Result<Option<AccessRow>, StoreError>;
    /// All rows of one scope, in and out.
    fn access_on(&self, scope: ScopeId) -> Result<Vec<AccessRow>, StoreError>;
    /// The "in" rows of one member, by scope.
    fn readable(&self, member: MemberId) -> Result<Vec<AccessRow>, StoreError>;
    /// Up to `limit` rows of one member that changed after `after`, by seq.
    fn access_after(&self, member: MemberId, after: u64, limit: usize) -> Result<Vec<AccessRow>, StoreError>;
    /// Writes a row. One that says "out" takes away every pack that holds the scope: what moved out is never served again.
    fn put_access(&mut self, row: &AccessRow) -> Result<(), StoreError>;
    /// Begins a span of writing, unless one lasts already.
    fn open_tenure(&mut self, member: MemberId, scope: ScopeId, from_seq: u64) -> Result<(), StoreError>;
    /// Ends the span that lasts, if any.
    fn close_tenure(&mut self, member: MemberId, scope: ScopeId, seq: u64, at_ms: i64) -> Result<(), StoreError>;
    /// Notes that what this member pushed into the scope, and waits for nothing but permission, may be tried again.
    fn mark_to_retry(&mut self, member: MemberId, scope: ScopeId) -> Result<(), StoreError>;
    /// All spans, oldest first.
    fn tenures(&self, member: MemberId, scope: ScopeId) -> Result<Vec<Tenure>, StoreError>;
}
