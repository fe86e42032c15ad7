//! One field of a kind, as data.

use super::shape::Type;

/// What happens when two devices write the field apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merge {
    /// One winner everywhere; values written apart stay visible beside it until a later write has seen them.
    Register,
    /// Text that two people may write at once: both edits survive inside it.
    Text,
    /// A sum of increments.
    Counter,
    /// A set of distinct elements; an addition beats a removal that had not seen it.
    Set,
    /// A map whose values are registers, key by key.
    Map,
    /// An append-only set of immutable events, each naming the events that its author had seen.
    Log,
}

impl Merge {
    /// Whether the field is a container (or counter) that must be born in the document's seed.
    #[must_use]
    pub const fn is_seeded(self) -> bool {
        !matches!(self, Self::Register)
    }
}

/// One field of a kind. Name, type and merge rule are frozen once released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word that stands or does not in #[field(…)]"
)]
pub struct Field {
    /// Its name in documents, JSON, SQL and REST.
    pub name: &'static str,
    /// What it is, with its unit.
    pub doc: &'static str,
    /// Type of the value; of one element for sets, maps (the value) and logs (the event).
    pub ty: Type,
    /// How it merges.
    pub merge: Merge,
    /// Whether a local edit must leave it filled.
    pub required: bool,
    /// Whether its value is copied into an indexed column.
    pub index: bool,
    /// Whether its text is found by search.
    pub search: bool,
    /// Whether it links to the record that this one hangs on: decides the scope, and never changes.
    pub parent: bool,
    /// Whether it is fixed when the record is made.
    pub fixed: bool,
    /// Longest text in characters, or most elements.
    pub max_len: Option<u32>,
    /// Smallest integer (for money: minor units).
    pub min: Option<i64>,
    /// Largest integer (for money: minor units).
    pub max: Option<i64>,
    /// The schema step that brought the field; its container is born in that step's seed.
    pub since: u32,
}
