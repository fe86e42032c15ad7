//! Decisions about what waited, as rows of the log, and what they leave behind.

use satchel_core::ids::{ChangeHash, DocumentId, Heads, MemberId};
use satchel_core::wire::Decision;

use super::{Sequence, StoreError};

/// A decision, as a row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Its seq; drawn when it is written.
    pub seq: u64,
    /// The author it is addressed to.
    pub member: MemberId,
    /// The document.
    pub document: DocumentId,
    /// What was decided.
    pub decision: Decision,
    /// The heads as pushed.
    pub heads: Heads,
    /// The code under which it had waited.
    pub code: String,
    /// Changes that leave the author's copy by it: dropped, or taken in under other hashes.
    pub changes: Vec<ChangeHash>,
}

/// A change that never enters as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Its hash.
    pub hash: ChangeHash,
    /// The document.
    pub document: DocumentId,
    /// Its actor as written.
    pub actor: Vec<u8>,
    /// Its sequence number.
    pub number: u64,
    /// The heads of the push that was decided.
    pub heads: Heads,
    /// The code under which that had waited.
    pub code: String,
}

/// Something that a member should hear of a record, as a row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// Its seq; drawn when it is written.
    pub seq: u64,
    /// Whom it is addressed to.
    pub member: MemberId,
    /// The record.
    pub document: DocumentId,
    /// What happened: a stable code.
    pub code: String,
    /// The version that it led to.
    pub heads: Heads,
    /// Who did it.
    pub author: MemberId,
}

/// Decisions, within one transaction. Every method fails only where the database does.
#[expect(clippy::missing_errors_doc, reason = "said once above for all of them")]
pub trait Decisions: Sequence {
    /// Writes a verdict as a row of the log; its seq is drawn here.
    fn put_verdict(&mut self, verdict: &Verdict) -> Result<(), StoreError>;
    /// Verdicts addressed to a member with a seq above `after` and at most `upto`.
    fn verdicts(&self, member: MemberId, after: u64, upto: u64) -> Result<Vec<Verdict>, StoreError>;
    /// Notes changes that never enter as they are.
    fn put_dropped(&mut self, dropped: &[Dropped]) -> Result<(), StoreError>;
    /// Those of a document.
    fn dropped(&self, document: DocumentId) -> Result<Vec<Dropped>, StoreError>;
    /// Writes a flag as a row of the log; its seq is drawn here.
    fn put_flag(&mut self, flag: &Flag) -> Result<(), StoreError>;
    /// Flags addressed to a member with a seq above `after` and at most `upto`.
    fn flags(&self, member: MemberId, after: u64, upto: u64) -> Result<Vec<Flag>, StoreError>;
}
