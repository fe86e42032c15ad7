//! Lists: conditions on indexed columns, a total order, and pages that stay stable while others write.

use data_encoding::BASE64URL_NOPAD;
use rusqlite::types::{Value as SqlValue, ValueRef};
use serde::{Deserialize, Serialize};

use super::kind_table::{KindTable, quoted};
use super::record::{RECORD, RawRecord, read_record};
use super::{Error, Reader, Record};
use crate::ids::DocumentId;
use crate::projection::{Cell, Row, cell};
use crate::schema::Kind;

/// The column of the time of the last change (milliseconds since 1970), which every kind has beside its own.
pub const UPDATED: &str = "_updated_ms";

/// The most records of one page.
const MOST: u32 = 500;

/// What to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    /// The kind, by its name.
    pub kind: String,
    /// Conditions that all hold.
    pub filter: Vec<Condition>,
    /// The order. Records without a value in its column come first, or last where descending.
    pub order: Order,
    /// Whether records that were put away are listed.
    pub archived: Archived,
    /// The page after this cursor; `None` for the first.
    pub after: Option<String>,
    /// Records of one page, at most 500.
    pub limit: u32,
}

/// An order that is total, the same on every device: by the column, then by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// An indexed column, or [`UPDATED`].
    pub column: String,
    /// Which way.
    pub direction: Direction,
}

/// Which way an order runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// Whether records that were put away are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Archived {
    /// They are not.
    #[default]
    Without,
    /// Only they.
    Only,
    /// Both.
    Both,
}

/// A condition on one column. A column without a value meets none but [`Test::IsNull`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// An indexed column, or [`UPDATED`].
    pub column: String,
    /// What must hold for it.
    pub test: Test,
}

/// What must hold for a value. Texts compare by their code points; money by its minor units, instants by their
/// milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Equal.
    Eq(Cell),
    /// Less.
    Lt(Cell),
    /// Greater.
    Gt(Cell),
    /// From the first (with it) to the second (without it).
    Between(Cell, Cell),
    /// One of these.
    In(Vec<Cell>),
    /// No value.
    IsNull,
    /// Any value.
    NotNull,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The records, in order.
    pub records: Vec<Record>,
    /// Where the next page begins; `None` where this was the last.
    pub next: Option<String>,
}

impl ListQuery {
    /// All records of a kind, the last changed first, a hundred a page.
    #[must_use]
    pub fn new(kind: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            filter: Vec::new(),
            order: Order {
                column: UPDATED.to_owned(),
                direction: Direction::Descending,
            },
            archived: Archived::Without,
            after: None,
            limit: 100,
        }
    }

    /// With one more condition.
    #[must_use]
    pub fn filter(mut self, column: &str, test: Test) -> Self {
        self.filter.push(Condition {
            column: column.to_owned(),
            test,
        });
        self
    }

    /// In this order.
    #[must_use]
    pub fn order(mut self, column: &str, direction: Direction) -> Self {
        self.order = Order {
            column: column.to_owned(),
            direction,
        };
        self
    }

    /// Whether a row belongs to the list, as SQL would decide. For live queries.
    #[must_use]
    pub fn matches(&self, kind: &Kind, row: &Row) -> bool {
        let kept = match self.archived {
            Archived::Without => !row.archived,
            Archived::Only => row.archived,
            Archived::Both => true,
        };
        kept && self
            .filter
            .iter()
            .all(|condition| condition.test.holds(&value(kind, row, &condition.column)))
    }
}

/// The value of a row in a column.
fn value(kind: &Kind, row: &Row, column: &str) -> Cell {
    if column == UPDATED {
        return Cell::Integer(row.updated.at_ms);
    }
    let ty = kind.columns().find(|(name, _)| *name == column).map(|(_, ty)| ty);
    ty.zip(row.value(column))
        .map_or(Cell::Null, |(ty, value)| cell(ty, value))
}

impl Test {
    fn holds(&self, cell: &Cell) -> bool {
        use std::cmp::Ordering::{Greater, Less};
        match self {
            Self::Eq(other) => compare(cell, other) == Some(std::cmp::Ordering::Equal),
            Self::Lt(other) => compare(cell, other) == Some(Less),
            Self::Gt(other) => compare(cell, other) == Some(Greater),
            Self::Between(from, to) => {
                compare(cell, from).is_some_and(|order| order != Less) && compare(cell, to) == Some(Less)
            }
            Self::In(cells) => cells.iter().any(|other| Self::Eq(other.clone()).holds(cell)),
            Self::IsNull => *cell == Cell::Null,
            Self::NotNull => *cell != Cell::Null,
        }
    }

    /// The condition as SQL on `column`; its values go to `values`.
    fn sql(&self, column: &str, values: &mut Vec<SqlValue>) -> String {
        let mut bind = |cell: &Cell| {
            values.push(sql_value(cell));
            format!("?{}", values.len())
        };
        match self {
            Self::Eq(cell) => format!("{column} = {}", bind(cell)),
            Self::Lt(cell) => format!("{column} < {}", bind(cell)),
            Self::Gt(cell) => format!("{column} > {}", bind(cell)),
            Self::Between(from, to) => format!("{column} >= {} AND {column} < {}", bind(from), bind(to)),
            Self::In(cells) => format!(
                "{column} IN ({})",
                cells.iter().map(bind).collect::<Vec<_>>().join(", ")
            ),
            Self::IsNull => format!("{column} IS NULL"),
            Self::NotNull => format!("{column} IS NOT NULL"),
        }
    }
}

/// As SQLite compares: nothing with null, numbers before texts.
fn compare(one: &Cell, other: &Cell) -> Option<std::cmp::Ordering> {
    use std::cmp::Ordering::{Greater, Less};
    match (one, other) {
        (Cell::Null, _) | (_, Cell::Null) => None,
        (Cell::Integer(one), Cell::Integer(other)) => Some(one.cmp(other)),
        (Cell::Text(one), Cell::Text(other)) => Some(one.as_bytes().cmp(other.as_bytes())),
        (Cell::Integer(_), Cell::Text(_)) => Some(Less),
        (Cell::Text(_), Cell::Integer(_)) => Some(Greater),
    }
}

fn sql_value(cell: &Cell) -> SqlValue {
    match cell {
        Cell::Null => SqlValue::Null,
        Cell::Integer(number) => SqlValue::Integer(*number),
        Cell::Text(text) => SqlValue::Text(text.clone()),
    }
}

/// Where a page ended. Opaque outside; it names its query, so that it cannot be used with another.
#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    kind: String,
    column: String,
    descending: bool,
    number: Option<i64>,
    text: Option<String>,
    id: DocumentId,
}

impl Cursor {
    fn new(query: &ListQuery, cell: Cell, id: DocumentId) -> Self {
        let (number, text) = match cell {
            Cell::Null => (None, None),
            Cell::Integer(number) => (Some(number), None),
            Cell::Text(text) => (None, Some(text)),
        };
        Self {
            kind: query.kind.clone(),
            column: query.order.column.clone(),
            descending: query.order.direction == Direction::Descending,
            number,
            text,
            id,
        }
    }

    fn write(&self) -> Result<String, Error> {
        Ok(BASE64URL_NOPAD.encode(&serde_json::to_vec(self)?))
    }

    fn read(query: &ListQuery) -> Result<Option<Self>, Error> {
        let Some(text) = &query.after else { return Ok(None) };
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| Error::BadCursor)?;
        let cursor: Self = serde_json::from_slice(&bytes).map_err(|_| Error::BadCursor)?;
        let same = cursor.kind == query.kind
            && cursor.column == query.order.column
            && cursor.descending == (query.order.direction == Direction::Descending);
        if same { Ok(Some(cursor)) } else { Err(Error::BadCursor) }
    }

    fn cell(&self) -> Cell {
        match (&self.number, &self.text) {
            (Some(number), _) => Cell::Integer(*number),
            (None, Some(text)) => Cell::Text(text.clone()),
            (None, None) => Cell::Null,
        }
    }
}

impl KindTable {
    /// A column of the table, quoted, of its alias `k`.
    fn column(&self, name: &str) -> Result<String, Error> {
        let known = name == UPDATED || self.columns.iter().any(|(column, _)| *column == name);
        if known {
            Ok(format!("k.{}", quoted(name)))
        } else {
            Err(Error::UnknownColumn)
        }
    }

    fn conditions(&self, query: &ListQuery, values: &mut Vec<SqlValue>) -> Result<Vec<String>, Error> {
        let mut conditions = Vec::new();
        match query.archived {
            Archived::Without => conditions.push("k._archived = 0".to_owned()),
            Archived::Only => conditions.push("k._archived = 1".to_owned()),
            Archived::Both => {}
        }
        for condition in &query.filter {
            conditions.push(condition.test.sql(&self.column(&condition.column)?, values));
        }
        Ok(conditions)
    }
}

impl Reader<'_> {
    /// One page of a list. Where the kind's columns are still being filled after an upgrade
    /// ([`Reader::is_filled`]), records may be missing or out of order.
    ///
    /// # Errors
    /// [`Error::UnknownKind`], [`Error::UnknownColumn`], [`Error::BadCursor`], and as every reading.
    pub fn list(&self, query: &ListQuery) -> Result<Page, Error> {
        let table = self.table(&query.kind)?;
        let column = table.column(&query.order.column)?;
        let cursor = Cursor::read(query)?;
        let limit = query.limit.clamp(1, MOST) as usize;
        let descending = query.order.direction == Direction::Descending;
        let (way, beyond) = if descending { ("DESC", "<") } else { ("ASC", ">") };
        let mut found = Vec::new();
        // Records with and without a value are two ranges of the index, each read in order from where the page begins:
        // one condition for both would be sorted as a whole.
        for without in if descending { [false, true] } else { [true, false] } {
            let mut values = Vec::new();
            let mut conditions = table.conditions(query, &mut values)?;
            match cursor.as_ref().map(|cursor| (cursor.cell(), cursor.id)) {
                Some((Cell::Null, id)) if without => {
                    values.push(SqlValue::Blob(id.as_bytes().to_vec()));
                    conditions.push(format!("{column} IS NULL AND k._id {beyond} ?{}", values.len()));
                }
                // The page before this range was left behind.
                Some((Cell::Null, _)) if descending => continue,
                Some((cell, _)) if without && !descending && cell != Cell::Null => continue,
                Some((cell, id)) if !without && cell != Cell::Null => {
                    values.push(sql_value(&cell));
                    values.push(SqlValue::Blob(id.as_bytes().to_vec()));
                    let (cell, id) = (values.len() - 1, values.len());
                    conditions.push(format!("({column}, k._id) {beyond} (?{cell}, ?{id})"));
                }
                _ if without => conditions.push(format!("{column} IS NULL")),
                _ => conditions.push(format!("{column} IS NOT NULL")),
            }
            values.push(SqlValue::Integer(i64::try_from(limit + 1 - found.len()).unwrap_or(0)));
            let sql = format!(
                "SELECT {column}, {RECORD} FROM {} k JOIN document d ON d.number = k._document WHERE {} \
                 ORDER BY {column} {way}, k._id {way} LIMIT ?{}",
                table.name,
                conditions.join(" AND "),
                values.len()
            );
            let mut statement = self.conn.prepare_cached(&sql)?;
            let rows = statement.query_map(rusqlite::params_from_iter(values), |row| {
                Ok((read_cell(row.get_ref(0)?), read_record(row, 1)?))
            })?;
            for row in rows {
                found.push(row?);
            }
            if found.len() > limit {
                break;
            }
        }
        page(query, found, limit)
    }

    /// How many records a list has; its page and order do not matter.
    ///
    /// # Errors
    /// [`Error::UnknownKind`], [`Error::UnknownColumn`], and as every reading.
    pub fn count(&self, query: &ListQuery) -> Result<u64, Error> {
        let table = self.table(&query.kind)?;
        let mut values = Vec::new();
        let conditions = table.conditions(query, &mut values)?;
        let wanted = if conditions.is_empty() {
            "1".to_owned()
        } else {
            conditions.join(" AND ")
        };
        let sql = format!("SELECT count(*) FROM {} k WHERE {wanted}", table.name);
        let mut statement = self.conn.prepare_cached(&sql)?;
        let count: i64 = statement.query_row(rusqlite::params_from_iter(values), |row| row.get(0))?;
        Ok(super::codec::unsigned(count))
    }

    /// Checks that a live query can be answered: its kind and columns are known.
    ///
    /// # Errors
    /// [`Error::UnknownKind`], [`Error::UnknownColumn`].
    pub fn check(&self, query: &ListQuery) -> Result<(), Error> {
        let table = self.table(&query.kind)?;
        table.column(&query.order.column)?;
        table.conditions(query, &mut Vec::new()).map(|_| ())
    }
}

fn page(query: &ListQuery, mut found: Vec<(Cell, RawRecord)>, limit: usize) -> Result<Page, Error> {
    let more = found.len() > limit;
    found.truncate(limit);
    let mut records = Vec::with_capacity(found.len());
    let mut last = None;
    for (cell, raw) in found {
        let record = raw.parse()?;
        last = Some((cell, record.id));
        records.push(record);
    }
    let next = match last.filter(|_| more) {
        Some((cell, id)) => Some(Cursor::new(query, cell, id).write()?),
        None => None,
    };
    Ok(Page { records, next })
}

fn read_cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
        _ => Cell::Null,
    }
}
