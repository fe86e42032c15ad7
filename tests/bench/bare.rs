//! Bare SQLite: the product's rows, written again without the product.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::library;

/// Rows of one table, all columns, as they are.
pub(crate) struct Rows {
    table: String,
    columns: Vec<String>,
    values: Vec<Vec<Value>>,
}

/// Reads the rows of a table that meet a condition.
pub(crate) fn rows(conn: &Connection, table: &str, condition: &str) -> Result<Rows> {
    let mut statement = conn.prepare(&format!("SELECT * FROM \"{table}\" WHERE {condition}"))?;
    let columns: Vec<String> = statement.column_names().map(|name| format!("\"{name}\"")).collect();
    let count = columns.len();
    let found = statement.query_map([], |row| (0..count).map(|at| row.get(at)).collect())?;
    Ok(Rows {
        table: table.to_owned(),
        columns,
        values: found.collect::<Result<_, _>>()?,
    })
}

/// Opens a database with the settings that device and relay share.
pub(crate) fn open(path: &Path) -> Result<Connection> {
    let conn = Connection::open(path)?;
    for (name, value) in [
        ("journal_mode", "wal"),
        ("synchronous", "full"),
        ("secure_delete", "on"),
    ] {
        conn.pragma_update(None, name, value)?;
    }
    conn.set_prepared_statement_cache_capacity(64);
    Ok(conn)
}

/// A copy of a database for bare SQLite to write to.
pub(crate) struct Copied {
    pub(crate) conn: Connection,
    _folder: tempfile::TempDir,
}

impl Copied {
    pub(crate) fn of(looking: &Connection) -> Result<Self> {
        let folder = library::empty()?;
        let path = folder.path().join("bare.sqlite");
        looking.execute("VACUUM INTO ?1", [path.to_string_lossy()])?;
        Ok(Self {
            conn: open(&path)?,
            _folder: folder,
        })
    }
}

/// Writes rows into the same tables as one transaction, in place of those with the same key; returns how long it took.
pub(crate) fn write(conn: &mut Connection, tables: &[Rows]) -> Result<Duration> {
    conn.pragma_update(None, "foreign_keys", "off")?;
    let begun = Instant::now();
    let tx = conn.transaction()?;
    for Rows { table, columns, values } in tables {
        let places: Vec<String> = (1..=columns.len()).map(|at| format!("?{at}")).collect();
        let sql = format!(
            "INSERT OR REPLACE INTO \"{table}\" ({}) VALUES ({})",
            columns.join(", "),
            places.join(", ")
        );
        let mut statement = tx.prepare_cached(&sql)?;
        for row in values {
            statement.execute(params_from_iter(row))?;
        }
    }
    tx.commit()?;
    Ok(begun.elapsed())
}

/// The tables that hold the device's records, search left out.
pub(crate) fn device_tables(conn: &Connection) -> Result<Vec<String>> {
    let mut statement = conn.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'search%' AND name NOT LIKE 'sqlite%' \
         ORDER BY name = 'document' DESC, name",
    )?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}
