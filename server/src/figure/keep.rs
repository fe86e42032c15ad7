//! Keeping cells up to date, in the transaction that writes a row or moves a scope.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use satchel_core::domain::{FiscalCalendar, SalesOrder, Visit};
use satchel_core::ids::{DocumentId, ScopeId};
use satchel_core::projection::Row;
use satchel_core::schema::{Entity, Kind};

use super::cell::{Cells, Topic};
use super::count::{GIVING, given, is_kept, read, rebuild, zone};
use super::give;
use super::place::{Place, place};
use crate::store::figure::{Book, CellAt, Place as Kept};
use crate::store::{People, StoreError};

/// A row that was written.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    /// Its kind.
    pub kind: &'static Kind,
    /// The record.
    pub id: DocumentId,
    /// Its scope.
    pub scope: ScopeId,
    /// The row of before; `None` of a new record, or where it cannot be read.
    pub before: Option<&'a Row>,
    /// The row.
    pub after: &'a Row,
}

/// Brings what is kept up to date with a row that was just written. Where nothing is kept yet (before the first count
/// after an upgrade) it does nothing.
///
/// # Errors
/// Where the store fails.
pub fn written(tx: &mut dyn People, row: &Written<'_>) -> Result<(), StoreError> {
    let kind = row.kind.name;
    if kind == FiscalCalendar::KIND.name {
        // Every day may be another one now.
        let kept = tx.figure_state()?;
        return match kept {
            Some((kept, _)) if is_kept(tx)? && kept != zone(tx)? => rebuild(tx),
            _ => Ok(()),
        };
    }
    if !GIVING.contains(&kind) || !is_kept(tx)? {
        return Ok(());
    }
    let Some(place) = settled(tx, row.scope)? else {
        return Ok(());
    };
    let zone = tx.figure_state()?.map_or_else(String::new, |(zone, _)| zone);
    let mut change = Change::default();
    if kind == SalesOrder::KIND.name {
        taken(tx, row, &zone, &mut change)?;
    }
    let lines = tx.taken(Book::Kept, row.id)?;
    let before = row
        .before
        .map(|before| given(kind, &place, row.id, before, &zone, lines));
    let after = given(kind, &place, row.id, row.after, &zone, lines);
    change.of(kind, row.id, &before.unwrap_or_default(), &after);
    change.keep(tx)
}

/// Brings what is kept up to date with where a scope hangs, and who holds it, now.
///
/// # Errors
/// Where the store fails.
pub fn moved(tx: &mut dyn People, scope: ScopeId) -> Result<(), StoreError> {
    let Some(kept) = tx.figure_place(scope)? else {
        return Ok(());
    };
    let kept = as_place(kept);
    let Some(now) = place(tx, scope)?.filter(|now| *now != kept) else {
        return Ok(());
    };
    let zone = tx.figure_state()?.map_or_else(String::new, |(zone, _)| zone);
    let mut change = Change::default();
    for found in tx.scope_rows(scope)? {
        let giving = GIVING.into_iter().find(|giving| *giving == found.kind);
        let Some((kind, row)) = giving.zip(read(&found.row)) else {
            continue;
        };
        let lines = tx.taken(Book::Kept, found.id)?;
        let before = given(kind, &kept, found.id, &row, &zone, lines);
        let after = given(kind, &now, found.id, &row, &zone, lines);
        change.of(kind, found.id, &before, &after);
    }
    tx.put_place(Book::Kept, scope, now.home, &now.holders)?;
    change.keep(tx)
}

/// Where the records of a scope count, after what was kept of it follows.
fn settled(tx: &mut dyn People, scope: ScopeId) -> Result<Option<Place>, StoreError> {
    if let Some(kept) = tx.figure_place(scope)? {
        return Ok(Some(as_place(kept)));
    }
    let now = place(tx, scope)?;
    if let Some(now) = &now {
        tx.put_place(Book::Kept, scope, now.home, &now.holders)?;
    }
    Ok(now)
}

fn as_place(kept: Kept) -> Place {
    Place {
        home: kept.home,
        holders: kept.holders,
    }
}

/// What an order changes of the visits on which it was, and is, taken: they are productive by it.
fn taken(tx: &mut dyn People, row: &Written<'_>, zone: &str, change: &mut Change) -> Result<(), StoreError> {
    let live = |row: &Row| give::taken_on(row).filter(|_| !row.archived);
    let (before, after) = (row.before.and_then(live), live(row.after));
    if before == after {
        return Ok(());
    }
    let visits: BTreeSet<DocumentId> = before.iter().chain(&after).map(|(visit, _)| *visit).collect();
    for visit in visits {
        let lines_before = tx.taken(Book::Kept, visit)?;
        let lines = after.filter(|(taken, _)| *taken == visit).map(|(_, lines)| lines);
        tx.put_taken(Book::Kept, visit, row.id, lines)?;
        let lines_after = tx.taken(Book::Kept, visit)?;
        let Some(found) = tx.figure_row(visit)?.filter(|found| found.kind == Visit::KIND.name) else {
            continue;
        };
        if let (Some(read), Some(place)) = (read(&found.row), settled(tx, found.scope)?) {
            let kind = Visit::KIND.name;
            let before = given(kind, &place, visit, &read, zone, lines_before);
            let after = given(kind, &place, visit, &read, zone, lines_after);
            change.of(kind, visit, &before, &after);
        }
    }
    Ok(())
}

/// What changes of what is kept.
#[derive(Default)]
struct Change {
    cells: Cells,
    marks: Vec<(&'static str, [u8; 16], NaiveDate, DocumentId, bool)>,
}

impl Change {
    fn of(&mut self, kind: &'static str, id: DocumentId, before: &Cells, after: &Cells) {
        let (old, new) = (marks(before), marks(after));
        let gone = old.difference(&new).map(|(unit, day)| (kind, *unit, *day, id, false));
        self.marks.extend(gone);
        let come = new.difference(&old).map(|(unit, day)| (kind, *unit, *day, id, true));
        self.marks.extend(come);
        self.cells.apply(before, -1);
        self.cells.apply(after, 1);
    }

    fn keep(self, tx: &mut dyn People) -> Result<(), StoreError> {
        for (kind, unit, day, id, is_there) in self.marks {
            tx.put_mark(Book::Kept, kind, unit, day.num_days_from_ce(), id, is_there)?;
        }
        put(tx, Book::Kept, &self.cells)
    }
}

/// The units and days for which a record counts, so that it is found behind a figure.
#[must_use]
pub fn marks(cells: &Cells) -> BTreeSet<([u8; 16], NaiveDate)> {
    let found = cells
        .0
        .keys()
        .filter(|key| !matches!(key.topic, Topic::Due | Topic::Alias | Topic::Target));
    found.map(|key| (key.unit, key.day)).collect()
}

/// Adds cells to those that are kept.
pub(super) fn put(tx: &mut dyn People, book: Book, cells: &Cells) -> Result<(), StoreError> {
    for (key, count) in &cells.0 {
        let at = CellAt {
            topic: key.topic as u8,
            unit: &key.unit,
            day: key.day.num_days_from_ce(),
            home: key.home,
            currency: &key.currency,
            label: &key.label,
        };
        tx.add_cell(book, at, count.n, count.sum)?;
    }
    Ok(())
}
