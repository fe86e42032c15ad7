//! One table per kind of record: the row as it is, and its indexed columns beside it. Made from the table of kinds, so a
//! new kind or a newly indexed field needs no migration.
//!
//! Fixed columns begin with an underscore, which no field does. Columns are filled from the rows, never from documents.

use std::collections::HashMap;
use std::fmt::Write as _;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::{BlockingKeys, Error, Options, Transaction};
use crate::projection::{Cell, Row, cells};
use crate::schema::{Kind, Type};

/// The tables of the kinds that this version knows, with the statements that are built once.
#[derive(Debug)]
pub(super) struct Tables {
    by_kind: HashMap<&'static str, KindTable>,
    pub(super) kinds: &'static [&'static Kind],
    pub(super) keys: BlockingKeys,
}

/// The table of one kind.
#[derive(Debug)]
pub(super) struct KindTable {
    pub(super) kind: &'static Kind,
    /// Its name, quoted.
    pub(super) name: String,
    pub(super) columns: Vec<(&'static str, Type)>,
    /// Parameters: document, id, archived, updated, conflicts, row, then the columns.
    pub(super) upsert: String,
    /// Parameters: document, row, then the columns.
    refill: String,
}

/// A name as SQL takes it literally.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// How a table stands to what a version expects.
struct Standing {
    is_right: bool,
    /// The signature with which it was made; absent where it is to be filled from the beginning.
    stored: Option<String>,
}

impl KindTable {
    fn new(kind: &'static Kind) -> Self {
        let name = quoted(kind.plural);
        let columns: Vec<(&'static str, Type)> = kind.columns().collect();
        let (mut named, mut values, mut updates, mut sets) =
            (String::new(), String::new(), String::new(), String::new());
        for (at, (column, _)) in columns.iter().enumerate() {
            let column = quoted(column);
            let _ = write!(named, ", {column}");
            let _ = write!(values, ", ?{}", at + 7);
            let _ = write!(updates, ", {column} = excluded.{column}");
            let _ = write!(sets, ", {column} = ?{}", at + 3);
        }
        let upsert = format!(
            "INSERT INTO {name} (_document, _id, _archived, _updated_ms, _conflicts, _row{named}) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6{values}) \
             ON CONFLICT (_document) DO UPDATE SET _archived = excluded._archived, \
             _updated_ms = excluded._updated_ms, _conflicts = excluded._conflicts, _row = excluded._row{updates}"
        );
        let refill = format!("UPDATE {name} SET _row = ?2{sets} WHERE _document = ?1");
        Self {
            kind,
            name,
            columns,
            upsert,
            refill,
        }
    }

    /// What its rows are filled with; where it changes they are filled again.
    fn signature(&self, keys: BlockingKeys) -> String {
        let searched: Vec<&str> = searched(self.kind).collect();
        let columns: Vec<String> = self.columns.iter().map(|(name, ty)| format!("{name}:{ty:?}")).collect();
        format!(
            "{}.{}|{}|{}",
            self.kind.schema,
            keys.version,
            columns.join(","),
            searched.join(",")
        )
    }

    /// Creates what is missing of the table, its columns and their indexes.
    fn create(&self, conn: &Connection) -> Result<(), Error> {
        let (name, plural) = (&self.name, self.kind.plural);
        conn.execute_batch(&format!(
            "CREATE TABLE IF NOT EXISTS {name} (
                _document INTEGER PRIMARY KEY REFERENCES document (number) ON DELETE CASCADE,
                _id BLOB NOT NULL, _archived INTEGER NOT NULL, _updated_ms INTEGER NOT NULL,
                _conflicts INTEGER NOT NULL, _row TEXT NOT NULL
            ) STRICT;
            CREATE INDEX IF NOT EXISTS {} ON {name} (_document) WHERE _conflicts > 0",
            quoted(&format!("{plural}_in_conflict"))
        ))?;
        let present: Vec<String> = conn
            .prepare("SELECT name FROM pragma_table_info(?1)")?
            .query_map([plural], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let fixed = "_updated_ms";
        for column in self.columns.iter().map(|(column, _)| *column).chain([fixed]) {
            let quoted_column = quoted(column);
            if !present.iter().any(|one| one == column) {
                conn.execute_batch(&format!("ALTER TABLE {name} ADD COLUMN {quoted_column} ANY"))?;
            }
            // The id makes the order total, the same on every device.
            conn.execute_batch(&format!(
                "CREATE INDEX IF NOT EXISTS {} ON {name} (_archived, {quoted_column}, _id)",
                quoted(&format!("{plural}_by_{column}"))
            ))?;
        }
        Ok(())
    }
}

fn searched(kind: &Kind) -> impl Iterator<Item = &'static str> + '_ {
    kind.fields.iter().filter(|field| field.search).map(|field| field.name)
}

impl Tables {
    /// Makes the tables of these kinds what this version needs. Rows of kinds that an older version did not know move
    /// in. Where rows must be filled again, that is only noted: opening never reads them.
    pub(super) fn prepare(conn: &mut Connection, options: &Options) -> Result<Self, Error> {
        let mut by_kind = HashMap::new();
        for kind in options.kinds {
            let table = KindTable::new(kind);
            let signature = table.signature(options.keys);
            if !table.standing(conn, &signature)?.is_right {
                table.adopt(conn, &signature)?;
            }
            by_kind.insert(kind.name, table);
        }
        Ok(Self {
            by_kind,
            kinds: options.kinds,
            keys: options.keys,
        })
    }

    pub(super) fn get(&self, kind: &str) -> Option<&KindTable> {
        self.by_kind.get(kind)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &KindTable> {
        self.by_kind.values()
    }
}

impl KindTable {
    /// How the table of the database stands to what this version expects.
    fn standing(&self, conn: &Connection, signature: &str) -> Result<Standing, Error> {
        let stored: Option<String> = conn
            .prepare_cached("SELECT signature FROM kind_table WHERE kind = ?1")?
            .query_row([self.kind.name], |row| row.get(0))
            .optional()?;
        // Rows that came while an older app, which did not know the kind, was installed for a while.
        let strangers: bool = conn
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM unknown_row u CROSS JOIN document d ON d.number = u.document
                 WHERE d.kind = ?1)",
            )?
            .query_row([self.kind.name], |row| row.get(0))?;
        Ok(Standing {
            is_right: stored.as_deref() == Some(signature) && !strangers,
            stored: stored.filter(|_| !strangers),
        })
    }

    fn adopt(&self, conn: &mut Connection, signature: &str) -> Result<(), Error> {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have done it while we waited for our turn.
        let standing = self.standing(&tx, signature)?;
        if standing.is_right {
            return Ok(());
        }
        let stored = standing.stored.as_deref();
        self.create(&tx)?;
        let (name, kind) = (&self.name, self.kind.name);
        tx.execute(
            &format!(
                "INSERT OR IGNORE INTO {name} (_document, _id, _archived, _updated_ms, _conflicts, _row)
                 SELECT u.document, d.id, coalesce(json_extract(u.row, '$.archived'), 0), u.updated_ms,
                 coalesce(json_array_length(u.row, '$.conflicts'), 0), u.row
                 FROM unknown_row u CROSS JOIN document d ON d.number = u.document WHERE d.kind = ?1"
            ),
            [kind],
        )?;
        tx.execute(
            "DELETE FROM unknown_row \
             WHERE EXISTS (SELECT 1 FROM document d WHERE d.number = unknown_row.document AND d.kind = ?1)",
            [kind],
        )?;
        let words = |signature: &str| signature.rsplit('|').next().map(str::to_owned);
        let reindex = stored.and_then(words) != words(signature);
        let filled: bool = tx.query_row(&format!("SELECT NOT EXISTS (SELECT 1 FROM {name})"), [], |row| {
            row.get(0)
        })?;
        tx.execute(
            "INSERT INTO kind_table (kind, signature, filled_to, reindex) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (kind) DO UPDATE SET signature = excluded.signature, filled_to = excluded.filled_to,
             reindex = excluded.reindex OR (kind_table.reindex AND kind_table.filled_to IS NOT NULL)",
            params![kind, signature, if filled { None } else { Some(0) }, reindex],
        )?;
        tx.commit()?;
        Ok(())
    }
}

impl super::Reader<'_> {
    /// Whether every row of the kind has its columns filled; until then a list of it may miss some. See
    /// [`Transaction::refill`].
    ///
    /// # Errors
    /// As every reading.
    pub fn is_filled(&self, kind: &str) -> Result<bool, Error> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT filled_to IS NULL FROM kind_table WHERE kind = ?1")?;
        Ok(statement
            .query_row([kind], |row| row.get(0))
            .optional()?
            .unwrap_or(true))
    }

    /// The kinds whose rows are still to be filled after an upgrade.
    ///
    /// # Errors
    /// As every reading.
    pub fn unfilled(&self) -> Result<Vec<&'static str>, Error> {
        let mut found = Vec::new();
        for table in self.tables.iter() {
            if !self.is_filled(table.kind.name)? {
                found.push(table.kind.name);
            }
        }
        Ok(found)
    }
}

impl Transaction<'_> {
    /// Fills the columns of up to `limit` more rows of a kind after an upgrade, and computes again what is derived where
    /// the row is of an older schema. Returns whether all are filled.
    ///
    /// # Errors
    /// As every write; [`Error::UnknownKind`].
    pub fn refill(&self, kind: &str, limit: u32) -> Result<bool, Error> {
        let table = self.table(kind)?;
        let mut statement = self
            .conn
            .prepare_cached("SELECT filled_to, reindex FROM kind_table WHERE kind = ?1")?;
        let (filled_to, reindex): (Option<i64>, bool) =
            statement.query_row([kind], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let Some(filled_to) = filled_to else { return Ok(true) };
        let sql = format!(
            "SELECT _document, _row FROM {} WHERE _document > ?1 ORDER BY _document LIMIT ?2",
            table.name
        );
        let rows: Vec<(i64, String)> = self
            .conn
            .prepare_cached(&sql)?
            .query_map(params![filled_to, limit], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (document, json) in &rows {
            // A row that this version cannot read stays as it is; it is found by its id still.
            let Ok(mut row) = serde_json::from_str::<Row>(json) else {
                continue;
            };
            if row.schema < table.kind.schema {
                row.derived = (table.kind.derive)(&row.fields);
                row.schema = table.kind.schema;
            }
            let json = serde_json::to_string(&row)?;
            let mut statement = self.conn.prepare_cached(&table.refill)?;
            statement.raw_bind_parameter(1, document)?;
            statement.raw_bind_parameter(2, &json)?;
            bind_cells(&mut statement, 3, table.kind, &row)?;
            statement.raw_execute()?;
            self.refresh_keys(*document, table.kind, &row)?;
            if reindex {
                self.index_later(*document, &row)?;
            }
        }
        let next = if rows.len() < limit as usize {
            None
        } else {
            rows.last().map(|(document, _)| *document)
        };
        self.conn
            .prepare_cached("UPDATE kind_table SET filled_to = ?2 WHERE kind = ?1")?
            .execute(params![kind, next])?;
        Ok(next.is_none())
    }
}

/// Binds the columns of a row from parameter `first` on.
pub(super) fn bind_cells(
    statement: &mut rusqlite::CachedStatement<'_>,
    first: usize,
    kind: &Kind,
    row: &Row,
) -> Result<(), Error> {
    for (at, (_, cell)) in cells(kind, row).enumerate() {
        match cell {
            Cell::Null => statement.raw_bind_parameter(first + at, rusqlite::types::Null)?,
            Cell::Integer(number) => statement.raw_bind_parameter(first + at, number)?,
            Cell::Text(text) => statement.raw_bind_parameter(first + at, text)?,
        }
    }
    Ok(())
}
