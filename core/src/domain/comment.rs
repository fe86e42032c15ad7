//! Comment 评论.

use satchel_derive::entity;

use crate::ids::{DocumentId, MemberId};

/// A comment in the thread of a record. Only its author edits it.
#[entity("comment", writers = author)]
pub struct Comment {
    /// The record it is about, of whatever kind.
    #[field(parent, required, index)]
    pub parent: DocumentId,
    /// Text.
    #[field(required, search, max_len = 10_000)]
    pub body: String,
    /// Members mentioned.
    #[field(merge = set, max_len = 50)]
    pub mentions: Vec<MemberId>,
    /// Whether its author took it back; the record stays as the trace of it.
    pub redacted: Option<bool>,
}
