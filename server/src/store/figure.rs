//! What figures are computed from: rows of a kind, and where devices stand.

use satchel_core::ids::{DocumentId, MemberId, ScopeId};

use super::StoreError;

/// A record as figures read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureRow {
    /// The record.
    pub id: DocumentId,
    /// Its scope.
    pub scope: ScopeId,
    /// Its projection, as JSON.
    pub row: String,
}

/// Where a device stands that was not revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contact {
    /// Whose it is.
    pub member: MemberId,
    /// Last contact, in milliseconds since 1970; `None` where there was none.
    pub contact_ms: Option<i64>,
    /// Records that it then had not handed in.
    pub pending: u64,
    /// Last contact with nothing pending and nothing loading.
    pub complete_ms: Option<i64>,
}

/// What figures read. Every method fails only where the database does.
#[expect(clippy::missing_errors_doc, reason = "said once above for all of them")]
pub trait Figures {
    /// Up to `limit` records of a kind whose id is greater than `after`, by id.
    fn kind_rows(&self, kind: &str, after: Option<DocumentId>, limit: usize) -> Result<Vec<FigureRow>, StoreError>;
    /// One record, of whatever kind.
    fn figure_row(&self, id: DocumentId) -> Result<Option<FigureRow>, StoreError>;
    /// Every device of a member who is still here, without those that were revoked, by member.
    fn contacts(&self) -> Result<Vec<Contact>, StoreError>;
}
