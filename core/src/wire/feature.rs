//! What may be understood beyond the protocol's version: bits of `Hello` and `Welcome`. A bit is never given a second
//! meaning. Nothing is sent that needs a bit which the other has not named; bits that nobody here knows are ignored.

/// The device takes packs: what they bring may be left out of the answer.
pub const PACKS: u64 = 1;

/// The device takes a [`Delta`](super::Delta) in place of a `Doc`.
pub const DELTAS: u64 = 2;

/// The device wants the records of scopes that it only reads from above ([`crate::policy::Holder`]) as rows alone: a
/// [`DocRow`](super::DocRow) or a [`RowDelta`](super::RowDelta) in place of a `Doc` or a `Delta`.
pub const ROWS: u64 = 4;

/// Everything that this version understands.
pub const ALL: u64 = PACKS | DELTAS | ROWS;
