//! Lists as SQL.

use rusqlite::params_from_iter;
use rusqlite::types::{Value as SqlValue, ValueRef};

use super::cursor::Cursor;
use super::{Archived, Condition, Direction, ListQuery, MOST, Page, Test, UPDATED};
use crate::projection::Cell;
use crate::schema::Type;
use crate::store::kind_table::{KindTable, quoted};
use crate::store::record::{RECORD, RawRecord, read_record};
use crate::store::{Error, Reader};

/// Records that are sorted rather than looked for along the order's index.
const FEW: i64 = 1_000;

impl Test {
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

fn sql_value(cell: &Cell) -> SqlValue {
    match cell {
        Cell::Null => SqlValue::Null,
        Cell::Integer(number) => SqlValue::Integer(*number),
        Cell::Text(text) => SqlValue::Text(text.clone()),
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

    /// The statement for up to `limit` records after `cursor` that have a value in the column of the order (or have
    /// none); `None` where the page begins beyond them.
    fn select(
        &self,
        query: &ListQuery,
        cursor: Option<&Cursor>,
        filled: bool,
        narrow: bool,
        limit: usize,
    ) -> Result<Option<(String, Vec<SqlValue>)>, Error> {
        let column = self.column(&query.order.column)?;
        let descending = query.order.direction == Direction::Descending;
        let (way, beyond) = if descending { ("DESC", "<") } else { ("ASC", ">") };
        let mut values = Vec::new();
        let mut conditions = self.conditions(query, !narrow, &mut values)?;
        // Where a condition leaves few records, those are found first and then sorted. Else the order's own index is walked
        // until the page is full.
        let ordered = if narrow { format!("+{column}") } else { column.clone() };
        match cursor.map(|cursor| (cursor.cell(), cursor.id)) {
            Some((Cell::Null, _)) if filled && descending => return Ok(None),
            Some((Cell::Null, id)) if !filled => {
                values.push(SqlValue::Blob(id.as_bytes().to_vec()));
                conditions.push(format!("{ordered} IS NULL AND k._id {beyond} ?{}", values.len()));
            }
            Some((cell, _)) if !filled && !descending && cell != Cell::Null => return Ok(None),
            Some((cell, id)) if filled && cell != Cell::Null => {
                values.push(sql_value(&cell));
                values.push(SqlValue::Blob(id.as_bytes().to_vec()));
                let (cell, id) = (values.len() - 1, values.len());
                conditions.push(format!("({ordered}, k._id) {beyond} (?{cell}, ?{id})"));
            }
            _ if filled => conditions.push(format!("{ordered} IS NOT NULL")),
            _ => conditions.push(format!("{ordered} IS NULL")),
        }
        values.push(SqlValue::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
        let sql = format!(
            "SELECT {column}, {RECORD} FROM {} k JOIN document d ON d.number = k._document WHERE {} \
             ORDER BY {ordered} {way}, k._id {way} LIMIT ?{}",
            self.name,
            conditions.join(" AND "),
            values.len()
        );
        Ok(Some((sql, values)))
    }

    /// Whether a condition leaves few records by itself: few share a text or a reference.
    fn is_narrow(&self, query: &ListQuery) -> bool {
        query
            .filter
            .iter()
            .any(|one| self.picks(one, |ty| matches!(ty, Type::Text | Type::Reference(_) | Type::Member)))
    }

    /// Whether a condition asks for given values of a column of such a type.
    fn picks(&self, condition: &Condition, of: impl Fn(Type) -> bool) -> bool {
        let column = self.columns.iter().find(|(column, _)| *column == condition.column);
        matches!(condition.test, Test::Eq(_) | Test::In(_)) && column.is_some_and(|(_, ty)| of(*ty))
    }

    /// The conditions of a list; where the order's index is not to be walked, none that would ask for it.
    fn conditions(&self, query: &ListQuery, walked: bool, values: &mut Vec<SqlValue>) -> Result<Vec<String>, Error> {
        let mut conditions = Vec::new();
        match query.archived {
            Archived::Without => conditions.push("k._archived = 0".to_owned()),
            Archived::Only => conditions.push("k._archived = 1".to_owned()),
            Archived::Both => {}
        }
        for condition in &query.filter {
            let mut column = self.column(&condition.column)?;
            let picked = matches!(condition.test, Test::Eq(_) | Test::In(_));
            if !walked && !picked && condition.column == query.order.column {
                column.insert(0, '+');
            }
            conditions.push(condition.test.sql(&column, values));
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
        let cursor = Cursor::read(query)?;
        let limit = query.limit.clamp(1, MOST) as usize;
        let narrow = table.is_narrow(query) || self.chooses_few(table, query)?;
        let mut found = Vec::new();
        let descending = query.order.direction == Direction::Descending;
        // Records with and without a value are two ranges of the index, each read in order from where the page begins:
        // one condition for both would be sorted as a whole.
        for filled in if descending { [true, false] } else { [false, true] } {
            let left = limit + 1 - found.len();
            let Some((sql, values)) = table.select(query, cursor.as_ref(), filled, narrow, left)? else {
                continue;
            };
            let mut statement = self.conn.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(values), |row| {
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

    /// Whether a condition on a choice leaves few records. Of tasks few are open, of deals most are: the index is asked,
    /// no further than it takes to tell.
    fn chooses_few(&self, table: &KindTable, query: &ListQuery) -> Result<bool, Error> {
        for condition in &query.filter {
            if !table.picks(condition, |ty| matches!(ty, Type::Choice(_))) {
                continue;
            }
            let mut values = Vec::new();
            let alone = ListQuery {
                filter: vec![condition.clone()],
                ..query.clone()
            };
            let conditions = table.conditions(&alone, true, &mut values)?;
            let sql = format!(
                "SELECT count(*) FROM (SELECT 1 FROM {} k WHERE {} LIMIT {})",
                table.name,
                conditions.join(" AND "),
                FEW + 1
            );
            let mut statement = self.conn.prepare_cached(&sql)?;
            let count: i64 = statement.query_row(params_from_iter(values), |row| row.get(0))?;
            if count <= FEW {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How many records a list has; its page and order do not matter.
    ///
    /// # Errors
    /// [`Error::UnknownKind`], [`Error::UnknownColumn`], and as every reading.
    pub fn count(&self, query: &ListQuery) -> Result<u64, Error> {
        let table = self.table(&query.kind)?;
        let mut values = Vec::new();
        let conditions = table.conditions(query, true, &mut values)?;
        let wanted = if conditions.is_empty() {
            "1".to_owned()
        } else {
            conditions.join(" AND ")
        };
        let sql = format!("SELECT count(*) FROM {} k WHERE {wanted}", table.name);
        let mut statement = self.conn.prepare_cached(&sql)?;
        let count: i64 = statement.query_row(params_from_iter(values), |row| row.get(0))?;
        Ok(crate::store::codec::unsigned(count))
    }

    /// Checks that a live query can be answered: its kind and columns are known.
    ///
    /// # Errors
    /// [`Error::UnknownKind`], [`Error::UnknownColumn`].
    pub fn check(&self, query: &ListQuery) -> Result<(), Error> {
        let table = self.table(&query.kind)?;
        table.column(&query.order.column)?;
        table.conditions(query, true, &mut Vec::new()).map(|_| ())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Options, Store};

    fn plan(query: &ListQuery, filled: bool) -> String {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("device.db"), Options::new(crate::domain::KINDS)).unwrap();
        let plan = store.read(|reader| {
            let (sql, values) = {
                let table = reader.table(&query.kind)?;
                let narrow = table.is_narrow(query) || reader.chooses_few(table, query)?;
                table.select(query, None, filled, narrow, 10)?.unwrap()
            };
            let mut statement = reader.conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            let steps = statement.query_map(params_from_iter(values), |row| row.get::<_, String>(3))?;
            Ok::<_, Error>(steps.collect::<Result<Vec<_>, _>>()?.join("; "))
        });
        plan.unwrap()
    }

    #[test]
    fn lists_are_walked_by_the_index_that_leaves_least() {
        let by_start = ListQuery::new("visit").order("planned_start", Direction::Ascending);
        for filled in [true, false] {
            let plan = plan(&by_start, filled);
            assert!(
                plan.contains("visits_by_planned_start") && !plan.contains("TEMP B-TREE"),
                "{plan}"
            );
        }
        let late = ListQuery::new("task")
            .filter("due_at", Test::Lt(Cell::Integer(1)))
            .filter("state", Test::Eq(Cell::Text("open".to_owned())))
            .order("due_at", Direction::Ascending);
        let late = plan(&late, true);
        assert!(late.contains("tasks_by_state (_archived=? AND state=?)"), "{late}");
        let of_one = by_start.filter("customer_id", Test::Eq(Cell::Text("x".to_owned())));
        let plan = plan(&of_one, true);
        assert!(
            plan.contains("visits_by_customer_id (_archived=? AND customer_id=?)"),
            "{plan}"
        );
    }
}
