//! What figures are made of: cells, where records were counted, and the rows they follow from.

use satchel_core::ids::{DocumentId, MemberId, ScopeId};

use super::StoreError;

/// A record as figures read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureRow {
    /// The record.
    pub id: DocumentId,
    /// Its kind.
    pub kind: String,
    /// Its scope.
    pub scope: ScopeId,
    /// Its projection, as JSON.
    pub row: String,
}

/// Where a device stands that was not revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contact {
    /// Whose it is.
    pub member: MemberId,
    /// Last contact, in milliseconds since 1970; `None` where there was none.
    pub contact_ms: Option<i64>,
    /// Records that it then had not handed in.
    pub pending: u64,
    /// Last contact with nothing pending and nothing loading.
    pub complete_ms: Option<i64>,
}

/// Which figures: those that are kept, or those that are counted again beside them, for this transaction alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Book {
    /// Kept.
    Kept,
    /// Counted again.
    Again,
}

/// Where the records of a scope were counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The node under which it hung.
    pub home: ScopeId,
    /// Who held it, by id.
    pub holders: Vec<MemberId>,
}

/// Where a cell stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellAt<'a> {
    /// What it counts.
    pub topic: u8,
    /// For whom.
    pub unit: &'a [u8; 16],
    /// On which day, from 0001-01-01 on.
    pub day: i32,
    /// Where the records hang.
    pub home: ScopeId,
    /// The currency of the sum; empty for none.
    pub currency: &'a str,
    /// Which of them.
    pub label: &'a str,
}

/// How days are told apart when cells are read together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayGrain<'a> {
    /// Each by itself.
    Each,
    /// Only where the currency is another one: what is in this currency needs no rate of a day.
    Foreign(&'a str),
    /// Not at all.
    None,
    /// Not at all; the last of them is told.
    Last,
}

/// Which cells are read, and which of them together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellQuery<'a> {
    /// What they count.
    pub topic: u8,
    /// For whom.
    pub units: &'a [[u8; 16]],
    /// Where the records hang; anywhere where absent.
    pub homes: Option<&'a [ScopeId]>,
    /// From this day on.
    pub from: i32,
    /// Up to this day, without it.
    pub until: i32,
    /// Each unit by itself.
    pub by_unit: bool,
    /// Each day by itself.
    pub by_day: DayGrain<'a>,
    /// Each label by itself.
    pub by_label: bool,
}

/// Cells that were read together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellRow {
    /// For whom; zero where units were not told apart.
    pub unit: [u8; 16],
    /// On which day; 0 where days were not told apart.
    pub day: i32,
    /// The currency of the sum; empty for none.
    pub currency: String,
    /// Which of them; empty where labels were not told apart.
    pub label: String,
    /// How often.
    pub n: i64,
    /// How much.
    pub sum: i128,
}

/// In what kept figures differ from those counted again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Cells that are kept.
    pub cells: u64,
    /// Rows of all that is kept which are not as they should be, or missing, or too many.
    pub differing: u64,
}

/// What figures read and keep. Every method fails only where the database does.
#[expect(clippy::missing_errors_doc, reason = "said once above for all of them")]
pub trait Figures {
    /// Up to `limit` records of a kind whose id is greater than `after`, by id.
    fn kind_rows(&self, kind: &str, after: Option<DocumentId>, limit: usize) -> Result<Vec<FigureRow>, StoreError>;
    /// Every record of a scope.
    fn scope_rows(&self, scope: ScopeId) -> Result<Vec<FigureRow>, StoreError>;
    /// One record, of whatever kind.
    fn figure_row(&self, id: DocumentId) -> Result<Option<FigureRow>, StoreError>;
    /// Every device of a member who is still here, without those that were revoked, by member.
    fn contacts(&self) -> Result<Vec<Contact>, StoreError>;
    /// The zone in which kept figures count days, and the version that counted them.
    fn figure_state(&self) -> Result<Option<(String, u32)>, StoreError>;
    /// Notes these.
    fn put_figure_state(&mut self, zone: &str, version: u32) -> Result<(), StoreError>;
    /// Forgets all figures of a book.
    fn clear_figures(&mut self, book: Book) -> Result<(), StoreError>;
    /// Compares what is kept with what was counted again.
    fn compare_figures(&self) -> Result<Difference, StoreError>;
    /// Where the records of a scope were counted.
    fn figure_place(&self, scope: ScopeId) -> Result<Option<Place>, StoreError>;
    /// Notes where the records of a scope are counted.
    fn put_place(&mut self, book: Book, scope: ScopeId, home: ScopeId, holders: &[MemberId]) -> Result<(), StoreError>;
    /// The lines of all orders taken on a visit; `None` where none was.
    fn taken(&self, book: Book, visit: DocumentId) -> Result<Option<i64>, StoreError>;
    /// Notes that an order with so many lines was taken on a visit, or was not.
    fn put_taken(
        &mut self,
        book: Book,
        visit: DocumentId,
        order: DocumentId,
        lines: Option<i64>,
    ) -> Result<(), StoreError>;
    /// Notes that a record counts for a unit on a day, or does not.
    fn put_mark(
        &mut self,
        book: Book,
        kind: &str,
        unit: [u8; 16],
        day: i32,
        id: DocumentId,
        is_there: bool,
    ) -> Result<(), StoreError>;
    /// Up to `limit` records of a kind that count for a unit on days from one on and before another, after a day and
    /// record, by day and id.
    fn marked(
        &self,
        kind: &str,
        unit: [u8; 16],
        days: (i32, i32),
        after: Option<(i32, DocumentId)>,
        limit: usize,
    ) -> Result<Vec<(i32, DocumentId)>, StoreError>;
    /// Whether a record counts for a unit on no day of these before this one.
    fn marked_first(
        &self,
        kind: &str,
        unit: [u8; 16],
        days: (i32, i32),
        id: DocumentId,
        day: i32,
    ) -> Result<bool, StoreError>;
    /// Adds to a cell; one that becomes zero is not kept.
    fn add_cell(&mut self, book: Book, at: CellAt<'_>, n: i64, sum: i128) -> Result<(), StoreError>;
    /// Reads cells, those together that the query does not tell apart.
    fn cells(&self, query: &CellQuery<'_>) -> Result<Vec<CellRow>, StoreError>;
    /// On how many different days each unit has a cell.
    fn days_with(&self, query: &CellQuery<'_>) -> Result<Vec<([u8; 16], i64)>, StoreError>;
}
