//! Counting again from all records: to begin, after an upgrade, and to check what was kept.

use chrono::Datelike;
use satchel_core::document;
use satchel_core::domain::{
    Customer, Deal, FiscalCalendar, SalesCredit, SalesOrder, SalesTarget, SurveyResponse, Visit,
};
use satchel_core::ids::DocumentId;
use satchel_core::projection::Row;
use satchel_core::schema::Entity;

use super::cell::Cells;
use super::give;
use super::keep::marks;
use super::place::{Place, Places};
use crate::store::figure::{Book, Difference, FigureRow};
use crate::store::{People, StoreError};

/// Raised when a record gives other cells than before: what was kept is counted again then.
pub const VERSION: u32 = 1;

/// Rows read at a time.
const PAGE: usize = 500;

/// The kinds that give cells. Orders come first: visits count what was ordered on them.
pub const GIVING: [&str; 7] = [
    SalesOrder::KIND.name,
    Customer::KIND.name,
    SalesCredit::KIND.name,
    SalesTarget::KIND.name,
    Deal::KIND.name,
    Visit::KIND.name,
    SurveyResponse::KIND.name,
];

/// A row as it was kept; one that cannot be read gives nothing.
#[must_use]
pub fn read(row: &str) -> Option<Row> {
    serde_json::from_str(row).ok()
}

/// The cells that a record gives; none of one that is put away. `lines` are those of the orders taken on it.
///
/// A record may hold anything. Whatever it is, a panic over it concerns its own figures alone: this runs within the
/// transaction that lets its changes in, and again in each count.
#[must_use]
pub fn given(kind: &str, place: &Place, id: DocumentId, row: &Row, zone: &str, lines: Option<i64>) -> Cells {
    if row.archived {
        return Cells::default();
    }
    document::contain(|| Ok(told(kind, place, id, row, zone, lines))).unwrap_or_else(|_| {
        tracing::error!(document = %id, "a record gives no figures: they cannot be told");
        Cells::default()
    })
}

fn told(kind: &str, place: &Place, id: DocumentId, row: &Row, zone: &str, lines: Option<i64>) -> Cells {
    match kind {
        kind if kind == Customer::KIND.name => give::customer(place, id, row),
        kind if kind == SalesCredit::KIND.name => give::credit(place, row),
        kind if kind == SalesTarget::KIND.name => give::target(place, id, row),
        kind if kind == Deal::KIND.name => give::deal(place, id, row, zone),
        kind if kind == Visit::KIND.name => give::visit(place, id, row, zone, lines),
        kind if kind == SalesOrder::KIND.name => give::order(place, id, row),
        kind if kind == SurveyResponse::KIND.name => give::answer(place, id, row),
        _ => Cells::default(),
    }
}

/// The zone in which days are counted where a record names none: that of the fiscal calendar with the smallest id, else
/// UTC.
///
/// # Errors
/// Where the store fails.
pub fn zone(tx: &dyn People) -> Result<String, StoreError> {
    let mut found: Option<String> = None;
    rows::<StoreError>(tx, FiscalCalendar::KIND.name, &mut |_, row| {
        if found.is_none() && !row.archived {
            let calendar: FiscalCalendar = row.typed();
            found = Some(calendar.zone.unwrap_or_else(|| UTC.to_owned()));
        }
        Ok(())
    })?;
    Ok(found.unwrap_or_else(|| UTC.to_owned()))
}

/// The zone where nothing else is said.
pub const UTC: &str = "UTC";

/// Takes every row of a kind that can be read, by id.
///
/// # Errors
/// Where the store fails, and what `take` says.
pub fn rows<E: From<StoreError>>(
    tx: &dyn People,
    kind: &str,
    take: &mut dyn FnMut(&FigureRow, Row) -> Result<(), E>,
) -> Result<(), E> {
    let mut after = None;
    loop {
        let page = tx.kind_rows(kind, after, PAGE)?;
        for found in &page {
            if let Some(row) = read(&found.row) {
                take(found, row)?;
            }
        }
        match page.last() {
            Some(last) if page.len() == PAGE => after = Some(last.id),
            _ => return Ok(()),
        }
    }
}

/// Counts everything again and keeps that.
///
/// # Errors
/// Where the store fails.
pub fn rebuild(tx: &mut dyn People) -> Result<(), StoreError> {
    let zone = zone(tx)?;
    tx.clear_figures(Book::Kept)?;
    recount(tx, Book::Kept, &zone)?;
    tx.put_figure_state(&zone, VERSION)
}

/// Whether what is kept can be used: counted by this version.
///
/// # Errors
/// Where the store fails.
pub fn is_kept(tx: &dyn People) -> Result<bool, StoreError> {
    Ok(tx.figure_state()?.is_some_and(|(_, version)| version == VERSION))
}

/// Counts everything again and says in what the kept figures differ. Nothing that is kept is changed.
///
/// # Errors
/// Where the store fails.
pub fn check(tx: &mut dyn People) -> Result<Difference, StoreError> {
    let zone = zone(tx)?;
    tx.clear_figures(Book::Again)?;
    recount(tx, Book::Again, &zone)?;
    let mut found = tx.compare_figures()?;
    if tx.figure_state()? != Some((zone, VERSION)) {
        found.differing += 1;
    }
    tx.clear_figures(Book::Again)?;
    Ok(found)
}

fn recount(tx: &mut dyn People, book: Book, zone: &str) -> Result<(), StoreError> {
    let mut places = Places::default();
    for kind in GIVING {
        let mut after = None;
        loop {
            let page = tx.kind_rows(kind, after, PAGE)?;
            let mut cells = Cells::default();
            for found in &page {
                let (Some(row), Some(place)) = (read(&found.row), places.of(tx, found.scope)?) else {
                    continue;
                };
                if kind == SalesOrder::KIND.name
                    && !row.archived
                    && let Some((visit, lines)) = give::taken_on(&row)
                {
                    tx.put_taken(book, visit, found.id, Some(lines))?;
                }
                let lines = tx.taken(book, found.id)?;
                let given = given(kind, &place, found.id, &row, zone, lines);
                for (unit, day) in marks(&given) {
                    tx.put_mark(book, kind, unit, day.num_days_from_ce(), found.id, true)?;
                }
                tx.put_place(book, found.scope, place.home, &place.holders)?;
                cells.apply(&given, 1);
            }
            super::keep::put(tx, book, &cells)?;
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(last.id),
                _ => break,
            }
        }
    }
    Ok(())
}
