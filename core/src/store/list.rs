//! Lists: conditions on indexed columns, a total order, and pages that stay stable while others write.

mod cursor;
mod select;

use super::Record;
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
