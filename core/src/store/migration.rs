//! The steps of the tables that are the same for every table of kinds. A released step is never edited: the next one
//! changes what it made.

use rusqlite::{Connection, TransactionBehavior};

use super::Error;

/// Every step in order; the database's `user_version` counts those it has.
const STEPS: &[&str] = &[
    include_str!("migration/0001_create_tables.sql"),
    include_str!("migration/0002_create_packs.sql"),
    include_str!("migration/0003_keep_rows_alone.sql"),
];

/// The newest step that this version knows.
pub(super) const KNOWN: i64 = STEPS.len().cast_signed() as i64;

/// The step of the database.
///
/// # Errors
/// [`Error::DatabaseTooNew`] where a newer version wrote it.
pub(super) fn refuse_newer(conn: &Connection) -> Result<i64, Error> {
    let found: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > KNOWN {
        return Err(Error::DatabaseTooNew { found, known: KNOWN });
    }
    Ok(found)
}

/// Brings the database to [`KNOWN`], each step in its own transaction together with its number. Two processes that open it
/// at once wait for each other: whoever comes second finds the step made.
pub(super) fn migrate(conn: &mut Connection) -> Result<(), Error> {
    let done = refuse_newer(conn)?;
    for (number, step) in (1_i64..).zip(STEPS).filter(|(number, _)| *number > done) {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if refuse_newer(&tx)? >= number {
            continue;
        }
        tx.execute_batch(step)?;
        tx.pragma_update(None, "user_version", number)?;
        tx.commit()?;
    }
    Ok(())
}
