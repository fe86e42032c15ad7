//! What to list and what to search.

use satchel_core::query;
use satchel_core::schema::Kind;
use satchel_core::store;

use crate::{Entry, SatchelError, Value};

/// What to list.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Query {
    /// The kind, by its name.
    pub kind: String,
    /// Conditions that all hold.
    #[uniffi(default)]
    pub filter: Vec<Condition>,
    /// The order; the last changed first where absent.
    #[uniffi(default)]
    pub order: Option<Order>,
    /// Whether records that were put away are listed; they are not where absent.
    #[uniffi(default)]
    pub archived: Option<ArchivedFilter>,
    /// The page after this place; the first where absent.
    #[uniffi(default)]
    pub after: Option<String>,
    /// Records of one page, 1 to 500.
    #[uniffi(default = 50)]
    pub limit: i32,
}

/// A condition on one column: an indexed or derived field, or `_updated_ms`, the time of the last change.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Condition {
    /// The column.
    pub column: String,
    /// What must hold for it.
    pub test: Test,
}

/// What must hold for a value. A column without a value meets none but [`Test::Absent`].
#[derive(Debug, Clone, PartialEq, uniffi::Enum)]
pub enum Test {
    /// Equal.
    Equals {
        /// To this.
        value: Value,
    },
    /// Less.
    Less {
        /// Than this.
        value: Value,
    },
    /// Greater.
    Greater {
        /// Than this.
        value: Value,
    },
    /// Within a range.
    Between {
        /// From this, with it.
        from: Value,
        /// To this, without it.
        until: Value,
    },
    /// One of these.
    OneOf {
        /// The values.
        values: Vec<Value>,
    },
    /// No value.
    Absent,
    /// Any value.
    Present,
}

/// An order; equal values are ordered by id.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Order {
    /// The column.
    pub column: String,
    /// Largest first.
    #[uniffi(default)]
    pub descending: bool,
}

/// Whether records that were put away are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ArchivedFilter {
    /// They are not.
    Without,
    /// Only they.
    Only,
    /// Both.
    Both,
}

/// What to search.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SearchQuery {
    /// What was typed; every word of it must be found.
    pub text: String,
    /// Only records of these kinds; all where empty.
    #[uniffi(default)]
    pub kinds: Vec<String>,
    /// The order; newest first where absent.
    #[uniffi(default)]
    pub order: Option<SearchOrder>,
    /// Whether records that were put away are found; they are not where absent.
    #[uniffi(default)]
    pub archived: Option<ArchivedFilter>,
    /// Newest first: after this place. Ranked: not used.
    #[uniffi(default)]
    pub after: Option<i64>,
    /// Records at most.
    #[uniffi(default = 50)]
    pub limit: i32,
}

/// The order of found records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum SearchOrder {
    /// The last changed first. Can be paged.
    Newest,
    /// The best of the newest 500 first.
    Rank,
}

/// What a day holds.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Agenda {
    /// What is planned to begin on the day, earliest first.
    pub visits: Vec<Entry>,
    /// What is due on the day and not done, earliest first.
    pub due: Vec<Entry>,
    /// What was due before the day and is not done, earliest first.
    pub overdue: Vec<Entry>,
}

/// A number of records as the store takes it; what makes no sense is one.
fn limit(limit: i32) -> u32 {
    u32::try_from(limit).unwrap_or(1).max(1)
}

impl From<ArchivedFilter> for store::Archived {
    fn from(archived: ArchivedFilter) -> Self {
        match archived {
            ArchivedFilter::Without => Self::Without,
            ArchivedFilter::Only => Self::Only,
            ArchivedFilter::Both => Self::Both,
        }
    }
}

impl Query {
    /// As the store takes it.
    pub(crate) fn plain(self) -> Result<store::ListQuery, SatchelError> {
        let mut query = store::ListQuery::new(&self.kind);
        for condition in self.filter {
            query = query.filter(&condition.column, condition.test.plain()?);
        }
        if let Some(order) = self.order {
            let direction = if order.descending {
                store::Direction::Descending
            } else {
                store::Direction::Ascending
            };
            query = query.order(&order.column, direction);
        }
        Ok(store::ListQuery {
            archived: self.archived.map(Into::into).unwrap_or_default(),
            after: self.after,
            limit: limit(self.limit),
            ..query
        })
    }

    /// As the app takes it.
    pub(crate) fn of(query: store::ListQuery) -> Self {
        let conditions = query.filter.into_iter().map(|condition| Condition {
            column: condition.column,
            test: Test::of(condition.test),
        });
        Self {
            filter: conditions.collect(),
            order: Some(Order {
                column: query.order.column,
                descending: query.order.direction == store::Direction::Descending,
            }),
            archived: Some(match query.archived {
                store::Archived::Without => ArchivedFilter::Without,
                store::Archived::Only => ArchivedFilter::Only,
                store::Archived::Both => ArchivedFilter::Both,
            }),
            after: query.after,
            limit: i32::try_from(query.limit).unwrap_or(i32::MAX),
            kind: query.kind,
        }
    }
}

impl Test {
    fn plain(self) -> Result<store::Test, SatchelError> {
        Ok(match self {
            Self::Equals { value } => store::Test::Eq(value.cell()?),
            Self::Less { value } => store::Test::Lt(value.cell()?),
            Self::Greater { value } => store::Test::Gt(value.cell()?),
            Self::Between { from, until } => store::Test::Between(from.cell()?, until.cell()?),
            Self::OneOf { values } => store::Test::In(
                values
                    .into_iter()
                    .map(Value::cell)
                    .collect::<Result<_, SatchelError>>()?,
            ),
            Self::Absent => store::Test::IsNull,
            Self::Present => store::Test::NotNull,
        })
    }

    fn of(test: store::Test) -> Self {
        match test {
            store::Test::Eq(cell) => Self::Equals { value: cell.into() },
            store::Test::Lt(cell) => Self::Less { value: cell.into() },
            store::Test::Gt(cell) => Self::Greater { value: cell.into() },
            store::Test::Between(from, until) => Self::Between {
                from: from.into(),
                until: until.into(),
            },
            store::Test::In(cells) => Self::OneOf {
                values: cells.into_iter().map(Into::into).collect(),
            },
            store::Test::IsNull => Self::Absent,
            store::Test::NotNull => Self::Present,
        }
    }
}

impl SearchQuery {
    /// As the store takes it.
    pub(crate) fn plain(self) -> store::SearchQuery {
        store::SearchQuery {
            text: self.text,
            kinds: self.kinds,
            order: match self.order {
                None | Some(SearchOrder::Newest) => store::SearchOrder::Newest,
                Some(SearchOrder::Rank) => store::SearchOrder::Rank,
            },
            archived: self.archived.map(Into::into).unwrap_or_default(),
            after: self.after,
            limit: limit(self.limit),
        }
    }
}

impl Agenda {
    pub(crate) fn of(agenda: query::Agenda, kinds: &[&'static Kind]) -> Self {
        Self {
            visits: Entry::all(agenda.visits, kinds),
            due: Entry::all(agenda.due, kinds),
            overdue: Entry::all(agenda.overdue, kinds),
        }
    }
}
