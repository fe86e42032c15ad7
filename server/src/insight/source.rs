//! Where cells come from.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::NaiveDate;
use data_encoding::BASE64URL_NOPAD;
use satchel_core::domain::{Customer, Deal, SalesCredit, SalesOrder, SalesTarget, SurveyResponse, Visit};
use satchel_core::duplicates::AliasTable;
use satchel_core::ids::{DocumentId, ScopeId};
use satchel_core::insight::calendar::Period;
use satchel_core::projection::Row;
use satchel_core::schema::{Entity, Kind};

use super::cell::{AliasLabel, Cell, Cells, EVERYWHERE, Topic};
use super::place::Places;
use super::{InsightError, Reach, give};
use crate::store::People;
use crate::store::figure::FigureRow;

/// Rows read at a time.
const PAGE: usize = 500;

/// The kinds that give cells.
pub const GIVING: [&str; 7] = [
    Customer::KIND.name,
    SalesCredit::KIND.name,
    SalesTarget::KIND.name,
    Deal::KIND.name,
    Visit::KIND.name,
    SalesOrder::KIND.name,
    SurveyResponse::KIND.name,
];

/// The cells of a database.
pub struct Sums<'a> {
    cells: Cells,
    tx: std::marker::PhantomData<&'a dyn People>,
}

impl<'a> Sums<'a> {
    /// The cells as of this transaction.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn read(tx: &'a dyn People, zone: &str) -> Result<Self, InsightError> {
        Ok(Self {
            cells: recount(tx, zone)?,
            tx: std::marker::PhantomData,
        })
    }

    /// The cells of the whole of a reach, on the days of a period.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn whole(&self, reach: &Reach, topic: Topic, period: Period) -> Result<Vec<Cell>, InsightError> {
        Ok(self.select(topic, &reach.units(), None, period))
    }

    /// The cells of each member of a reach, on the days of a period.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn members(&self, reach: &Reach, topic: Topic, period: Period) -> Result<Vec<Cell>, InsightError> {
        let units: Vec<[u8; 16]> = reach.members.iter().map(|member| *member.id.as_bytes()).collect();
        Ok(self.select(topic, &units, reach.homes(), period))
    }

    /// Which customers were merged.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn aliases(&self) -> Result<AliasTable, InsightError> {
        let mut merged = Vec::new();
        for cell in self.select(Topic::Alias, &[EVERYWHERE], None, ALWAYS) {
            let (customer, survivors): AliasLabel = cell.label()?;
            merged.push((customer, survivors));
        }
        Ok(AliasTable::from_survivors(merged))
    }

    fn select(&self, topic: Topic, units: &[[u8; 16]], homes: Option<&BTreeSet<ScopeId>>, period: Period) -> Vec<Cell> {
        let mut found = Vec::new();
        let of_topic = self.cells.0.iter().filter(|(key, _)| key.topic == topic);
        for (key, count) in of_topic {
            let home = homes.is_none_or(|homes| homes.contains(&key.home));
            if home && units.contains(&key.unit) && period.contains(key.day) {
                found.push(Cell {
                    unit: key.unit,
                    day: key.day,
                    label: key.label.clone(),
                    count: *count,
                });
            }
        }
        found
    }
}

/// All days.
pub const ALWAYS: Period = Period {
    start: NaiveDate::MIN,
    end: NaiveDate::MAX,
};

/// The lines of the orders that were taken on each visit.
///
/// # Errors
/// Where the store fails.
pub fn lines_by_visit(tx: &dyn People) -> Result<BTreeMap<DocumentId, i64>, InsightError> {
    let mut lines = BTreeMap::new();
    rows(tx, SalesOrder::KIND.name, |_, row| {
        if let Some((visit, many)) = give::taken_on(row).filter(|_| !row.archived) {
            *lines.entry(visit).or_default() += many;
        }
        Ok(())
    })?;
    Ok(lines)
}

/// The cells of every record, from the rows.
///
/// # Errors
/// Where the store fails.
pub fn recount(tx: &dyn People, zone: &str) -> Result<Cells, InsightError> {
    let mut cells = Cells::default();
    let mut places = Places::default();
    let lines = lines_by_visit(tx)?;
    for kind in GIVING {
        rows(tx, kind, |found, row| {
            if let Some(place) = places.of(tx, found.scope)? {
                let given = given(kind, &place, found.id, row, zone, lines.get(&found.id).copied());
                cells.apply(&given, 1);
            }
            Ok(())
        })?;
    }
    Ok(cells)
}

/// The cells that a record gives; none of one that is put away. `lines` are those of the orders taken on it.
#[must_use]
pub fn given(
    kind: &str,
    place: &super::place::Place,
    id: DocumentId,
    row: &Row,
    zone: &str,
    lines: Option<i64>,
) -> Cells {
    if row.archived {
        return Cells::default();
    }
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

/// Takes every row of a kind, by id.
///
/// # Errors
/// Where the store fails, and what `take` says.
pub fn rows(
    tx: &dyn People,
    kind: &str,
    mut take: impl FnMut(&FigureRow, &Row) -> Result<(), InsightError>,
) -> Result<(), InsightError> {
    let mut after = None;
    loop {
        let page = tx.kind_rows(kind, after, PAGE)?;
        for found in &page {
            take(found, &serde_json::from_str(&found.row)?)?;
        }
        match page.last() {
            Some(last) if page.len() == PAGE => after = Some(last.id),
            _ => return Ok(()),
        }
    }
}

/// The lines of the orders taken on a visit; `None` where none was.
///
/// # Errors
/// Where the store fails.
pub fn lines_of(tx: &dyn People, visit: DocumentId) -> Result<Option<i64>, InsightError> {
    Ok(lines_by_visit(tx)?.get(&visit).copied())
}

/// Records of a kind that may count in a period, one after another from a cursor on.
pub struct Candidates {
    kind: &'static Kind,
    after: Option<Vec<u8>>,
    looked: usize,
    ready: VecDeque<FigureRow>,
}

/// Most records looked at for one page.
const LOOK_AT: usize = 2_000;

impl Candidates {
    /// After a cursor of before.
    #[must_use]
    pub fn of(kind: &'static Kind, _days: Period, after: Option<Vec<u8>>) -> Self {
        Self {
            kind,
            after,
            looked: 0,
            ready: VecDeque::new(),
        }
    }

    /// The next one; none after the last, or where enough was looked at.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn next(&mut self, tx: &dyn People) -> Result<Option<FigureRow>, InsightError> {
        if self.looked == LOOK_AT {
            return Ok(None);
        }
        if self.ready.is_empty() {
            self.ready = tx.kind_rows(self.kind.name, self.key()?, PAGE)?.into();
        }
        let found = self.ready.pop_front();
        if let Some(found) = &found {
            self.looked += 1;
            self.after = Some(found.id.as_bytes().to_vec());
        }
        Ok(found)
    }

    /// Where the next page begins; none where nothing follows.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn cursor(&self, tx: &dyn People) -> Result<Option<String>, InsightError> {
        let follows = !self.ready.is_empty() || !tx.kind_rows(self.kind.name, self.key()?, 1)?.is_empty();
        Ok(self
            .after
            .as_ref()
            .filter(|_| follows)
            .map(|after| BASE64URL_NOPAD.encode(after)))
    }

    fn key(&self) -> Result<Option<DocumentId>, InsightError> {
        let key = self.after.as_deref().map(DocumentId::from_slice).transpose();
        key.map_err(|_| InsightError::BadCursor)
    }
}
