//! [`Figures`] on SQLite.

use rusqlite::{OptionalExtension, Row, ToSql, params};
use satchel_core::ids::{DocumentId, MemberId, ScopeId};

use super::Transaction;
use super::column::{all, first, from_limit, id, ids, to_seq};
use crate::store::StoreError;
use crate::store::figure::{
    Book, CellAt, CellQuery, CellRow, Contact, DayGrain, Difference, FigureRow, Figures, Place,
};

/// The tables of figures, with their columns.
const TABLES: [(&str, &str); 4] = [
    ("figure_cell", "topic, unit, day, home, currency, label, n, hi, lo"),
    ("figure_mark", "kind, unit, day, document"),
    ("figure_taken", "visit, document, lines"),
    ("figure_place", "scope, home, holders"),
];

/// A table of a book. What is counted again stands in temporary tables.
fn table(book: Book, name: &str) -> String {
    match book {
        Book::Kept => format!("main.{name}"),
        Book::Again => format!("temp.{name}_again"),
    }
}

fn figure_row(row: &Row<'_>) -> Result<FigureRow, StoreError> {
    Ok(FigureRow {
        id: id(row, 0, DocumentId::from_bytes)?,
        kind: row.get(1)?,
        scope: id(row, 2, ScopeId::from_bytes)?,
        row: row.get(3)?,
    })
}

const ROW: &str = "SELECT id, kind, scope, row FROM document";

/// The two columns of a sum. Sums wrap at 2^79, far beyond all money, so that no column ever overflows and what was added
/// can be taken back.
fn split(sum: i128) -> (i64, i64) {
    let hi = ((sum >> 32) << 81) >> 81;
    let lo = sum & 0xffff_ffff;
    (i64::try_from(hi).unwrap_or(0), i64::try_from(lo).unwrap_or(0))
}

fn joined(hi: i64, lo: i64) -> i128 {
    (i128::from(hi) << 32) + i128::from(lo)
}

/// Ids as a JSON list of hexadecimal digits: `unhex(value)` of `json_each` gives them back.
fn listed<'a>(ids: impl Iterator<Item = &'a [u8; 16]>) -> String {
    let quoted: Vec<String> = ids
        .map(|id| format!("\"{}\"", data_encoding::HEXLOWER.encode(id)))
        .collect();
    format!("[{}]", quoted.join(","))
}

impl Figures for Transaction<'_> {
    fn kind_rows(&self, kind: &str, after: Option<DocumentId>, limit: usize) -> Result<Vec<FigureRow>, StoreError> {
        let after = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
        let sql = self.sql(&format!("{ROW} WHERE kind = ?1 AND id > ?2 ORDER BY id LIMIT ?3"))?;
        all(sql, params![kind, after, from_limit(limit)], figure_row)
    }

    fn scope_rows(&self, scope: ScopeId) -> Result<Vec<FigureRow>, StoreError> {
        let sql = self.sql(&format!("{ROW} WHERE scope = ?1 ORDER BY seq"))?;
        all(sql, [scope.as_bytes()], figure_row)
    }

    fn figure_row(&self, record: DocumentId) -> Result<Option<FigureRow>, StoreError> {
        first(
            self.sql(&format!("{ROW} WHERE id = ?1"))?,
            [record.as_bytes()],
            figure_row,
        )
    }

    fn contacts(&self) -> Result<Vec<Contact>, StoreError> {
        let sql = self.sql(
            "SELECT d.member, s.contact_at, coalesce(s.pending, 0), s.complete_at FROM device d
             JOIN member m ON m.id = d.member AND m.active = 1
             LEFT JOIN device_state s ON s.device = d.id
             WHERE d.revoked_at IS NULL ORDER BY d.member, d.id",
        )?;
        all(sql, [], |row| {
            Ok(Contact {
                member: id(row, 0, MemberId::from_bytes)?,
                contact_ms: row.get(1)?,
                pending: to_seq(row.get(2)?)?,
                complete_ms: row.get(3)?,
            })
        })
    }

    fn figure_state(&self) -> Result<Option<(String, u32)>, StoreError> {
        let sql = self.sql("SELECT zone, version FROM figure_state")?;
        first(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    fn put_figure_state(&mut self, zone: &str, version: u32) -> Result<(), StoreError> {
        self.sql("INSERT OR REPLACE INTO figure_state (one, zone, version) VALUES (1, ?1, ?2)")?
            .execute(params![zone, version])?;
        Ok(())
    }

    fn clear_figures(&mut self, book: Book) -> Result<(), StoreError> {
        for (name, columns) in TABLES {
            let table = table(book, name);
            match book {
                Book::Kept => self.sql(&format!("DELETE FROM {table}"))?.execute([])?,
                Book::Again => {
                    self.sql(&format!(
                        "CREATE TEMP TABLE IF NOT EXISTS {name}_again AS SELECT {columns} FROM {name} LIMIT 0"
                    ))?
                    .execute([])?;
                    let keys = match name {
                        "figure_cell" => "topic, unit, day, home, currency, label",
                        "figure_mark" => "kind, unit, day, document",
                        "figure_taken" => "visit, document",
                        _ => "scope",
                    };
                    let index = format!("CREATE UNIQUE INDEX IF NOT EXISTS temp.{name}_key ON {name}_again ({keys})");
                    self.sql(&index)?.execute([])?;
                    self.sql(&format!("DELETE FROM {table}"))?.execute([])?
                }
            };
        }
        Ok(())
    }

    fn compare_figures(&self) -> Result<Difference, StoreError> {
        let count = |sql: String| -> Result<u64, StoreError> {
            let found: i64 = self.sql(&sql)?.query_row([], |row| row.get(0))?;
            to_seq(found)
        };
        let mut differing = 0;
        for (name, columns) in TABLES {
            let (kept, again) = (table(Book::Kept, name), table(Book::Again, name));
            for (one, other) in [(&kept, &again), (&again, &kept)] {
                differing += count(format!(
                    "SELECT count(*) FROM (SELECT {columns} FROM {one} EXCEPT SELECT {columns} FROM {other})"
                ))?;
            }
        }
        Ok(Difference {
            cells: count("SELECT count(*) FROM figure_cell".to_owned())?,
            differing,
        })
    }

    fn figure_place(&self, scope: ScopeId) -> Result<Option<Place>, StoreError> {
        let sql = self.sql("SELECT home, holders FROM figure_place WHERE scope = ?1")?;
        first(sql, [scope.as_bytes()], |row| {
            Ok(Place {
                home: id(row, 0, ScopeId::from_bytes)?,
                holders: ids(row, 1, MemberId::from_bytes)?,
            })
        })
    }

    fn put_place(&mut self, book: Book, scope: ScopeId, home: ScopeId, holders: &[MemberId]) -> Result<(), StoreError> {
        let holders = holders
            .iter()
            .map(MemberId::as_bytes)
            .copied()
            .collect::<Vec<_>>()
            .concat();
        let table = table(book, "figure_place");
        self.sql(&format!(
            "INSERT OR REPLACE INTO {table} (scope, home, holders) VALUES (?1, ?2, ?3)"
        ))?
        .execute(params![scope.as_bytes(), home.as_bytes(), holders])?;
        Ok(())
    }

    fn taken(&self, book: Book, visit: DocumentId) -> Result<Option<i64>, StoreError> {
        let table = table(book, "figure_taken");
        let sum = self
            .sql(&format!("SELECT sum(lines) FROM {table} WHERE visit = ?1"))?
            .query_row([visit.as_bytes()], |row| row.get(0))?;
        Ok(sum)
    }

    fn put_taken(
        &mut self,
        book: Book,
        visit: DocumentId,
        order: DocumentId,
        lines: Option<i64>,
    ) -> Result<(), StoreError> {
        let table = table(book, "figure_taken");
        match lines {
            Some(lines) => self
                .sql(&format!(
                    "INSERT OR REPLACE INTO {table} (visit, document, lines) VALUES (?1, ?2, ?3)"
                ))?
                .execute(params![visit.as_bytes(), order.as_bytes(), lines])?,
            None => self
                .sql(&format!("DELETE FROM {table} WHERE visit = ?1 AND document = ?2"))?
                .execute(params![visit.as_bytes(), order.as_bytes()])?,
        };
        Ok(())
    }

    fn put_mark(
        &mut self,
        book: Book,
        kind: &str,
        unit: [u8; 16],
        day: i32,
        id: DocumentId,
        is_there: bool,
    ) -> Result<(), StoreError> {
        let table = table(book, "figure_mark");
        let sql = if is_there {
            format!("INSERT OR IGNORE INTO {table} (kind, unit, day, document) VALUES (?1, ?2, ?3, ?4)")
        } else {
            format!("DELETE FROM {table} WHERE kind = ?1 AND unit = ?2 AND day = ?3 AND document = ?4")
        };
        self.sql(&sql)?.execute(params![kind, unit, day, id.as_bytes()])?;
        Ok(())
    }

    fn marked(
        &self,
        kind: &str,
        unit: [u8; 16],
        (from, until): (i32, i32),
        after: Option<(i32, DocumentId)>,
        limit: usize,
    ) -> Result<Vec<(i32, DocumentId)>, StoreError> {
        let (day, last) = after.map_or((from, Vec::new()), |(day, id)| (day, id.as_bytes().to_vec()));
        let sql = self.sql(
            "SELECT day, document FROM figure_mark WHERE kind = ?1 AND unit = ?2 AND (day, document) > (?3, ?4)
             AND day < ?5 ORDER BY day, document LIMIT ?6",
        )?;
        all(sql, params![kind, unit, day, last, until, from_limit(limit)], |row| {
            Ok((row.get(0)?, id(row, 1, DocumentId::from_bytes)?))
        })
    }

    fn marked_first(
        &self,
        kind: &str,
        unit: [u8; 16],
        (from, _): (i32, i32),
        id: DocumentId,
        day: i32,
    ) -> Result<bool, StoreError> {
        let earlier: bool = self
            .sql(
                "SELECT EXISTS (SELECT 1 FROM figure_mark WHERE document = ?1 AND unit = ?2 AND day >= ?3 AND day < ?4
                 AND kind = ?5)",
            )?
            .query_row(params![id.as_bytes(), unit, from, day, kind], |row| row.get(0))?;
        Ok(!earlier)
    }

    fn add_cell(&mut self, book: Book, at: CellAt<'_>, n: i64, sum: i128) -> Result<(), StoreError> {
        const KEY: &str = "topic = ?1 AND unit = ?2 AND day = ?3 AND home = ?4 AND currency = ?5 AND label = ?6";
        let table = table(book, "figure_cell");
        let home = at.home.as_bytes();
        let key: [&dyn ToSql; 6] = [&at.topic, at.unit, &at.day, home, &at.currency, &at.label];
        let known: Option<(i64, i64, i64)> = self
            .sql(&format!("SELECT n, hi, lo FROM {table} WHERE {KEY}"))?
            .query_row(&key[..], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let (before, hi, lo) = known.unwrap_or_default();
        let n = before.wrapping_add(n);
        let (hi, lo) = split(joined(hi, lo).wrapping_add(sum));
        if (n, hi, lo) == (0, 0, 0) {
            self.sql(&format!("DELETE FROM {table} WHERE {KEY}"))?
                .execute(&key[..])?;
            return Ok(());
        }
        let mut values = key.to_vec();
        let rest: [&dyn ToSql; 3] = [&n, &hi, &lo];
        values.extend(rest);
        let sql = if known.is_some() {
            format!("UPDATE {table} SET n = ?7, hi = ?8, lo = ?9 WHERE {KEY}")
        } else {
            format!(
                "INSERT INTO {table} (topic, unit, day, home, currency, label, n, hi, lo)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
            )
        };
        self.sql(&sql)?.execute(&values[..])?;
        Ok(())
    }

    fn cells(&self, query: &CellQuery<'_>) -> Result<Vec<CellRow>, StoreError> {
        let unit = if query.by_unit { "unit" } else { "zeroblob(16)" };
        let label = if query.by_label { "label" } else { "''" };
        let own = match query.by_day {
            DayGrain::Foreign(currency) => currency,
            _ => "",
        };
        let (shown, day) = match query.by_day {
            DayGrain::Each => ("day", Some("day")),
            DayGrain::Foreign(_) => (
                "CASE WHEN currency = ?5 THEN 0 ELSE day END",
                Some("CASE WHEN currency = ?5 THEN 0 ELSE day END"),
            ),
            DayGrain::None => ("0", None),
            DayGrain::Last => ("max(day)", None),
        };
        let groups = [
            query.by_unit.then_some("unit"),
            day,
            Some("currency"),
            query.by_label.then_some("label"),
        ];
        let groups: Vec<&str> = groups.into_iter().flatten().collect();
        let homes = if query.homes.is_some() {
            "AND home IN (SELECT unhex(value) FROM json_each(?6))"
        } else {
            "AND ?6 IS NULL"
        };
        let sql = format!(
            "SELECT {unit}, {shown}, currency, {label}, sum(n), sum(hi), sum(lo) FROM figure_cell
             WHERE topic = ?1 AND unit IN (SELECT unhex(value) FROM json_each(?2)) AND day >= ?3 AND day < ?4
             AND ?5 IS NOT NULL {homes} GROUP BY {}",
            groups.join(", ")
        );
        let units = listed(query.units.iter());
        let homes = query.homes.map(|homes| listed(homes.iter().map(ScopeId::as_bytes)));
        let params = params![query.topic, units, query.from, query.until, own, homes];
        all(self.sql(&sql)?, params, |row| {
            Ok(CellRow {
                unit: row.get(0)?,
                day: row.get(1)?,
                currency: row.get(2)?,
                label: row.get(3)?,
                n: row.get(4)?,
                sum: joined(row.get(5)?, row.get(6)?),
            })
        })
    }

    fn days_with(&self, query: &CellQuery<'_>) -> Result<Vec<([u8; 16], i64)>, StoreError> {
        let homes = if query.homes.is_some() {
            "AND home IN (SELECT unhex(value) FROM json_each(?5))"
        } else {
            "AND ?5 IS NULL"
        };
        let sql = self.sql(&format!(
            "SELECT unit, count(DISTINCT day) FROM figure_cell
             WHERE topic = ?1 AND unit IN (SELECT unhex(value) FROM json_each(?2)) AND day >= ?3 AND day < ?4 {homes}
             GROUP BY unit"
        ))?;
        let units = listed(query.units.iter());
        let homes = query.homes.map(|homes| listed(homes.iter().map(ScopeId::as_bytes)));
        all(
            sql,
            params![query.topic, units, query.from, query.until, homes],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }
}
