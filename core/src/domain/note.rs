//! Note 跟进记录.

use satchel_derive::entity;

use crate::ids::DocumentId;

/// A note on a record; a private one is held by its author's devices and the relay only.
#[entity("note", private = private)]
pub struct Note {
    /// The record it is about, of whatever kind.
    #[field(parent, index)]
    pub parent: Option<DocumentId>,
    /// Whether only the author's devices hold it; fixed when it is made.
    pub private: Option<bool>,
    /// Text; two people may write at once.
    #[field(merge = text, required, search, max_len = 100_000)]
    pub body: String,
    /// Attached files, each by the SHA-256 of its bytes in hex.
    #[field(merge = set, max_len = 100)]
    pub attachments: Vec<String>,
    /// Whether it stands on top.
    pub pinned: Option<bool>,
}
