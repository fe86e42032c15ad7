//! What is kept, as figures read it: cells of a whole or of members, and the records of a period.

use std::collections::{BTreeMap, VecDeque};

use chrono::{Datelike, NaiveDate};
use data_encoding::BASE64URL_NOPAD;
use satchel_core::duplicates::AliasTable;
use satchel_core::ids::{DocumentId, MemberId, ScopeId};
use satchel_core::insight::calendar::Period;
use satchel_core::schema::Kind;
use serde::de::DeserializeOwned;

use super::{InsightError, Reach};
use crate::figure::cell::{AliasLabel, EVERYWHERE, Topic};
use crate::figure::count::is_kept;
use crate::store::People;
use crate::store::figure::{Book, CellQuery, CellRow, DayGrain, FigureRow};

/// Records read at a time.
const PAGE: usize = 200;

/// All days.
pub const ALWAYS: Period = Period {
    start: NaiveDate::MIN,
    end: NaiveDate::MAX,
};

/// Cells that were read together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// For whom: a member, or the top of the whole.
    pub unit: [u8; 16],
    /// On which day, where days are told apart.
    pub day: NaiveDate,
    /// The currency of the sum; empty for none.
    pub currency: String,
    /// Which, as JSON of the topic's label.
    pub label: String,
    /// How often.
    pub n: i64,
    /// How much.
    pub sum: i128,
}

impl Cell {
    fn of(row: CellRow, unit: Option<[u8; 16]>) -> Self {
        Self {
            unit: unit.unwrap_or(row.unit),
            day: NaiveDate::from_num_days_from_ce_opt(row.day).unwrap_or_default(),
            currency: row.currency,
            label: row.label,
            n: row.n,
            sum: row.sum,
        }
    }

    /// The label.
    ///
    /// # Errors
    /// Where it is not one of this topic.
    pub fn label<T: DeserializeOwned>(&self) -> Result<T, InsightError> {
        Ok(serde_json::from_str(&self.label)?)
    }
}

/// How far cells are told apart: the less, the fewer there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grain<'a> {
    /// By day.
    pub day: DayGrain<'a>,
    /// By label.
    pub label: bool,
}

impl<'a> Grain<'a> {
    /// Everything by itself.
    pub const EACH: Self = Self {
        day: DayGrain::Each,
        label: true,
    };
    /// Days together.
    pub const LABEL: Self = Self {
        day: DayGrain::None,
        label: true,
    };
    /// Everything together.
    pub const ONE: Self = Self {
        day: DayGrain::None,
        label: false,
    };

    /// Days together where the amount needs no rate.
    #[must_use]
    pub const fn money(currency: &'a str, label: bool) -> Self {
        Self {
            day: DayGrain::Foreign(currency),
            label,
        }
    }
}

/// The cells of a database.
#[derive(Clone, Copy)]
pub struct Sums<'a> {
    tx: &'a dyn People,
}

impl<'a> Sums<'a> {
    /// The cells as of this transaction.
    ///
    /// # Errors
    /// [`InsightError::NotCounted`], or where the store fails.
    pub fn read(tx: &'a dyn People) -> Result<Self, InsightError> {
        if is_kept(tx)? {
            Ok(Self { tx })
        } else {
            Err(InsightError::NotCounted)
        }
    }

    /// The cells of the whole of a reach, on the days of a period, under the unit at its top.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn whole(
        &self,
        reach: &Reach,
        topic: Topic,
        days: Period,
        grain: Grain<'_>,
    ) -> Result<Vec<Cell>, InsightError> {
        let found = self.select(&reach.units(), (topic, days), None, false, grain)?;
        Ok(found.into_iter().map(|row| Cell::of(row, Some(reach.top))).collect())
    }

    /// The cells of each member of a reach, on the days of a period.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn members(
        &self,
        reach: &Reach,
        topic: Topic,
        days: Period,
        grain: Grain<'_>,
    ) -> Result<Vec<Cell>, InsightError> {
        let homes: Option<Vec<ScopeId>> = reach.homes().map(|homes| homes.iter().copied().collect());
        let found = self.select(&member_units(reach), (topic, days), homes.as_deref(), true, grain)?;
        Ok(found.into_iter().map(|row| Cell::of(row, None)).collect())
    }

    /// The cells of the unit at the top of a reach alone.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn top(&self, reach: &Reach, topic: Topic, days: Period) -> Result<Vec<Cell>, InsightError> {
        let found = self.select(&[reach.top], (topic, days), None, true, Grain::EACH)?;
        Ok(found.into_iter().map(|row| Cell::of(row, None)).collect())
    }

    /// On how many days each member has a cell.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn member_days(
        &self,
        reach: &Reach,
        topic: Topic,
        days: Period,
    ) -> Result<BTreeMap<[u8; 16], i64>, InsightError> {
        let homes: Option<Vec<ScopeId>> = reach.homes().map(|homes| homes.iter().copied().collect());
        let units = member_units(reach);
        let query = query(&units, (topic, days), homes.as_deref(), true, Grain::ONE);
        Ok(self.tx.days_with(&query)?.into_iter().collect())
    }

    /// Which customers were merged.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn aliases(&self) -> Result<AliasTable, InsightError> {
        let mut merged = Vec::new();
        for row in self.select(&[EVERYWHERE], (Topic::Alias, ALWAYS), None, false, Grain::LABEL)? {
            let (customer, survivors): AliasLabel = serde_json::from_str(&row.label)?;
            merged.push((customer, survivors));
        }
        Ok(AliasTable::from_survivors(merged))
    }

    fn select(
        &self,
        units: &[[u8; 16]],
        what: (Topic, Period),
        homes: Option<&[ScopeId]>,
        by_unit: bool,
        grain: Grain<'_>,
    ) -> Result<Vec<CellRow>, InsightError> {
        Ok(self.tx.cells(&query(units, what, homes, by_unit, grain))?)
    }
}

fn member_units(reach: &Reach) -> Vec<[u8; 16]> {
    reach.members.iter().map(|member| *member.id.as_bytes()).collect()
}

fn query<'a>(
    units: &'a [[u8; 16]],
    (topic, days): (Topic, Period),
    homes: Option<&'a [ScopeId]>,
    by_unit: bool,
    grain: Grain<'a>,
) -> CellQuery<'a> {
    CellQuery {
        topic: topic as u8,
        units,
        homes,
        from: days.start.num_days_from_ce(),
        until: days.end.num_days_from_ce(),
        by_unit,
        by_day: grain.day,
        by_label: grain.label,
    }
}

/// The lines of the orders taken on a visit; `None` where none was.
///
/// # Errors
/// Where the store fails.
pub fn lines_of(tx: &dyn People, visit: DocumentId) -> Result<Option<i64>, InsightError> {
    Ok(tx.taken(Book::Kept, visit)?)
}

/// Records of a kind that count in a period, one after another from a cursor on, unit by unit and day by day.
pub struct Candidates {
    kind: &'static Kind,
    units: Vec<[u8; 16]>,
    days: (i32, i32),
    /// The unit, day and record that was taken last.
    after: Option<([u8; 16], i32, DocumentId)>,
    looked: usize,
    ready: VecDeque<(i32, DocumentId)>,
}

/// Most records looked at for one page.
const LOOK_AT: usize = 2_000;

impl Candidates {
    /// Of a reach or of one member, after a cursor of before.
    ///
    /// # Errors
    /// [`InsightError::BadCursor`].
    pub fn of(
        kind: &'static Kind,
        reach: &Reach,
        member: Option<MemberId>,
        days: Period,
        after: Option<&[u8]>,
    ) -> Result<Self, InsightError> {
        let mut units = match member {
            Some(member) => vec![*member.as_bytes()],
            None => reach.units(),
        };
        units.sort_unstable();
        let after = after.map(cursor).transpose()?;
        if let Some((unit, ..)) = after {
            units.retain(|one| *one >= unit);
        }
        Ok(Self {
            kind,
            units,
            days: (days.start.num_days_from_ce(), days.end.num_days_from_ce()),
            after,
            looked: 0,
            ready: VecDeque::new(),
        })
    }

    /// The next one; none after the last, or where enough was looked at.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn next(&mut self, tx: &dyn People) -> Result<Option<FigureRow>, InsightError> {
        while self.looked < LOOK_AT && self.fill(tx)? {
            let (Some((day, id)), Some(unit)) = (self.ready.pop_front(), self.units.first()) else {
                break;
            };
            self.after = Some((*unit, day, id));
            self.looked += 1;
            // A record that counts on several days is shown once, on the first of them within the period.
            let first = tx.marked_first(self.kind.name, *unit, self.days, id, day)?;
            if first && let Some(found) = tx.figure_row(id)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Where the next page begins; none where nothing follows.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn cursor(&mut self, tx: &dyn People) -> Result<Option<String>, InsightError> {
        let follows = self.fill(tx)?;
        let write = |(unit, day, id): ([u8; 16], i32, DocumentId)| {
            let bytes = [&unit[..], &day.to_be_bytes(), id.as_bytes()].concat();
            BASE64URL_NOPAD.encode(&bytes)
        };
        Ok(self.after.filter(|_| follows).map(write))
    }

    /// Whether another one is ready, of this unit or of a later one.
    fn fill(&mut self, tx: &dyn People) -> Result<bool, InsightError> {
        while self.ready.is_empty() {
            let Some(unit) = self.units.first().copied() else {
                return Ok(false);
            };
            let after = self
                .after
                .filter(|(last, ..)| *last == unit)
                .map(|(_, day, id)| (day, id));
            self.ready = tx.marked(self.kind.name, unit, self.days, after, PAGE)?.into();
            if self.ready.is_empty() {
                self.units.remove(0);
            }
        }
        Ok(true)
    }
}

fn cursor(bytes: &[u8]) -> Result<([u8; 16], i32, DocumentId), InsightError> {
    let bytes: [u8; 36] = bytes.try_into().map_err(|_| InsightError::BadCursor)?;
    let (unit, rest) = bytes.split_at(16);
    let (day, id) = rest.split_at(4);
    let part = |bytes: &[u8]| <[u8; 16]>::try_from(bytes).map_err(|_| InsightError::BadCursor);
    let day = <[u8; 4]>::try_from(day).map_err(|_| InsightError::BadCursor)?;
    Ok((part(unit)?, i32::from_be_bytes(day), DocumentId::from_bytes(part(id)?)))
}
