//! How values of ours stand in columns: ids as sixteen bytes, seqs as signed integers, words as text.

use crate::store::StoreError;

/// A seq as SQLite keeps it. SQLite's integers are signed: the counter would need 9 x 10^18 writes to leave them.
pub(super) fn from_seq(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// A seq as read; a negative one is damage.
pub(super) fn to_seq(value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| StoreError::Damaged("a negative seq"))
}

/// Sixteen bytes as read.
pub(super) fn to_id<T>(bytes: &[u8], make: impl FnOnce([u8; 16]) -> T) -> Result<T, StoreError> {
    <[u8; 16]>::try_from(bytes)
        .map(make)
        .map_err(|_| StoreError::Damaged("an id that is not sixteen bytes"))
}
