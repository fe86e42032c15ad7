//! How values of ours stand in columns: ids as sixteen bytes, seqs as signed integers, words as text.

use rusqlite::{CachedStatement, Params, Row};
use satchel_core::ids::Heads;
use satchel_core::policy::{Access, Role};

use crate::store::StoreError;
use crate::store::people::{AccessState, Origin, Reach, ScopeKind};

/// A seq as SQLite keeps it. SQLite's integers are signed: the counter would need 9 x 10^18 writes to leave them.
pub(super) fn from_seq(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// A seq as read; a negative one is damage.
pub(super) fn to_seq(value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| StoreError::Damaged("a negative seq"))
}

/// A limit as SQLite takes it.
pub(super) fn from_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// An id in a column.
pub(super) fn id<T>(row: &Row<'_>, column: usize, make: impl FnOnce([u8; 16]) -> T) -> Result<T, StoreError> {
    Ok(make(row.get(column)?))
}

/// An id in a column that may be empty.
pub(super) fn optional_id<T>(
    row: &Row<'_>,
    column: usize,
    make: impl FnOnce([u8; 16]) -> T,
) -> Result<Option<T>, StoreError> {
    Ok(row.get::<_, Option<[u8; 16]>>(column)?.map(make))
}

/// Ids in a column, one after another.
pub(super) fn ids<T>(row: &Row<'_>, column: usize, make: impl Fn([u8; 16]) -> T) -> Result<Vec<T>, StoreError> {
    let bytes: Vec<u8> = row.get(column)?;
    let (each, rest) = bytes.as_chunks();
    if rest.is_empty() {
        Ok(each.iter().copied().map(make).collect())
    } else {
        Err(StoreError::Damaged("a column of ids"))
    }
}

/// A seq in a column.
pub(super) fn seq(row: &Row<'_>, column: usize) -> Result<u64, StoreError> {
    to_seq(row.get(column)?)
}

/// A seq in a column that may be empty.
pub(super) fn optional_seq(row: &Row<'_>, column: usize) -> Result<Option<u64>, StoreError> {
    row.get::<_, Option<i64>>(column)?.map(to_seq).transpose()
}

/// Heads in a column.
pub(super) fn heads(row: &Row<'_>, column: usize) -> Result<Heads, StoreError> {
    Heads::from_bytes(&row.get::<_, Vec<u8>>(column)?).map_err(|_| StoreError::Damaged("heads"))
}

/// All rows of a query.
pub(super) fn all<T>(
    mut statement: CachedStatement<'_>,
    params: impl Params,
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// The first row of a query, if any.
pub(super) fn first<T>(
    mut statement: CachedStatement<'_>,
    params: impl Params,
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut rows = statement.query(params)?;
    rows.next()?.map(read).transpose()
}

/// A value of ours that stands in a column as a word.
pub(super) trait Word: Copy + PartialEq + 'static {
    /// Each value and its word.
    const WORDS: &'static [(Self, &'static str)];

    /// The word of a value.
    fn word(self) -> &'static str {
        Self::WORDS
            .iter()
            .find(|(value, _)| *value == self)
            .map_or("", |(_, word)| word)
    }

    /// The value in a column; an unknown word is damage.
    fn read(row: &Row<'_>, column: usize) -> Result<Self, StoreError> {
        let text = row
            .get_ref(column)?
            .as_str()
            .map_err(|_| StoreError::Damaged("a word that is no text"))?;
        let found = Self::WORDS.iter().find(|(_, word)| *word == text);
        found
            .map(|(value, _)| *value)
            .ok_or(StoreError::Damaged("an unknown word"))
    }
}

impl Word for Role {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Rep, "rep"), (Self::Manager, "manager"), (Self::Admin, "admin")];
}

impl Word for ScopeKind {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Org, "org"),
        (Self::Team, "team"),
        (Self::Member, "member"),
        (Self::Record, "record"),
        (Self::Private, "private"),
    ];
}

impl Word for Reach {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::Node, "node"), (Self::Subtree, "subtree")];
}

impl Word for Origin {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::Standard, "standard"), (Self::Assigned, "assigned")];
}

impl Word for AccessState {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::In, "in"), (Self::Out, "out")];
}

/// Access as a number, so that SQL can take the greatest.
pub(super) fn from_access(access: Access) -> i64 {
    match access {
        Access::Read => 1,
        Access::Write => 2,
        Access::Manage => 3,
    }
}

/// Access in a column.
pub(super) fn access(row: &Row<'_>, column: usize) -> Result<Access, StoreError> {
    match row.get::<_, i64>(column)? {
        1 => Ok(Access::Read),
        2 => Ok(Access::Write),
        3 => Ok(Access::Manage),
        _ => Err(StoreError::Damaged("an unknown access")),
    }
}
