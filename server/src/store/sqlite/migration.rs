//! Own migrations on `PRAGMA user_version`: step n takes a database of version n-1 to version n, in one transaction.

use rusqlite::{Connection, TransactionBehavior};

use crate::store::StoreError;

/// Marks the file as a relay's ("Stch"), so that a device's database or any other file is not migrated by mistake.
const APPLICATION_ID: i32 = 0x5374_6368;

/// The steps, oldest first. A released step is never edited: a new one is added.
const STEPS: &[&str] = &[
    include_str!("../../../migrations/sqlite/0001_create_people.sql"),
    include_str!("../../../migrations/sqlite/0002_create_log.sql"),
    include_str!("../../../migrations/sqlite/0003_create_packs.sql"),
    include_str!("../../../migrations/sqlite/0004_keep_decisions.sql"),
    include_str!("../../../migrations/sqlite/0005_note_loading_scopes.sql"),
    include_str!("../../../migrations/sqlite/0006_create_restores.sql"),
    include_str!("../../../migrations/sqlite/0007_create_differences.sql"),
    include_str!("../../../migrations/sqlite/0008_create_wipes.sql"),
    include_str!("../../../migrations/sqlite/0009_create_web_sessions.sql"),
    include_str!("../../../migrations/sqlite/0010_create_figures.sql"),
    include_str!("../../../migrations/sqlite/0011_pack_rows.sql"),
];

/// The newest version that this program knows.
pub(super) fn known() -> u32 {
    u32::try_from(STEPS.len()).unwrap_or(u32::MAX)
}

/// Brings a database to the newest version; refuses one that is newer or is not ours.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    loop {
        // Immediate: two processes that open the same old file take their turns.
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: u32 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let owner: i32 = tx.pragma_query_value(None, "application_id", |row| row.get(0))?;
        if found == 0 && owner == 0 {
            let tables: i64 = tx.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
            if tables != 0 {
                return Err(StoreError::NotADatabase);
            }
            tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        } else if owner != APPLICATION_ID {
            return Err(StoreError::NotADatabase);
        }
        if found > known() {
            return Err(StoreError::DatabaseTooNew { found, known: known() });
        }
        let Some(step) = STEPS.get(found as usize) else {
            return Ok(());
        };
        tx.execute_batch(step)?;
        tx.pragma_update(None, "user_version", found + 1)?;
        tx.commit()?;
    }
}
