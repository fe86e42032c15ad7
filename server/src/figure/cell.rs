//! Cells: how often, and how much of, something falls on a unit and a day. A sum, whatever the order.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chrono::NaiveDate;
use satchel_core::domain::process_template::ForecastCategory;
use satchel_core::domain::{CustomerId, KpiId, ProcessTemplateId};
use satchel_core::ids::{DocumentId, ScopeId};
use satchel_core::insight::bottleneck::StagePart;
use serde::{Deserialize, Serialize};

/// What a cell counts. The numbers are kept in databases: they are never given to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Credits by the day of award or adjustment ([`CreditPart`]); the sum is minor units.
    Credit = 1,
    /// Visits made, by their day ([`VisitLabel`]).
    Visit = 2,
    /// Planned stops by the day of the plan (whether kept: a [`bool`]).
    Plan = 3,
    /// Deals won or lost by the day of closing ([`ClosedLabel`]); the sum is minor units.
    Closed = 4,
    /// Days from making to winning, by the day of closing; no label, the sum is days.
    Cycle = 5,
    /// Open deals by the day they are expected to close ([`OpenLabel`]); the sum is minor units.
    Open = 6,
    /// Open deals times their probability ([`WeightLabel`]); the sum is ten-thousandths of a minor unit.
    Weighted = 7,
    /// What deals did in their stages, by the day of their making ([`StageLabel`]).
    Stage = 8,
    /// Answers of customers by their day ([`AnswerLabel`]).
    Answer = 9,
    /// Orders by their day ([`OrderLabel`]); the sum is minor units.
    Order = 10,
    /// Customers visited, by the day ([`CustomerId`]); the sum is the verified visits.
    Seen = 11,
    /// Targets by the first day of their period ([`TargetLabel`]); the sum is their value.
    Target = 12,
    /// Customers that are to be visited, on no particular day ([`CustomerId`]); the sum is how often a month.
    Due = 13,
    /// Customers that were merged, for [`EVERYWHERE`], on no particular day ([`AliasLabel`]).
    Alias = 14,
    /// Visits at a distance, by their day; no label.
    Remote = 15,
}

/// The unit of what holds for the whole organisation, whoever asks.
pub const EVERYWHERE: [u8; 16] = [0; 16];

/// Where a cell stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// What it counts.
    pub topic: Topic,
    /// For whom: a home (team, organisation), or a member.
    pub unit: [u8; 16],
    /// On which day.
    pub day: NaiveDate,
    /// Where the records hang that it counts.
    pub home: ScopeId,
    /// The currency of the sum; empty where it is none of money.
    pub currency: String,
    /// Which of them, as JSON of the topic's label.
    pub label: String,
}

/// How often, and how much.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// How often.
    pub n: i64,
    /// How much.
    pub sum: i128,
}

/// Cells that are not zero.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cells(pub BTreeMap<Key, Count>);

impl Cells {
    /// Adds to a cell; what becomes zero is not kept.
    pub fn add(&mut self, key: Key, n: i64, sum: i128) {
        let mut entry = match self.0.entry(key) {
            Entry::Occupied(entry) => entry,
            Entry::Vacant(place) => place.insert_entry(Count::default()),
        };
        let count = entry.get_mut();
        count.n = count.n.wrapping_add(n);
        count.sum = count.sum.wrapping_add(sum);
        if *count == Count::default() {
            entry.remove();
        }
    }

    /// Adds all of others `times` times; a negative number takes them out.
    pub fn apply(&mut self, other: &Self, times: i64) {
        for (key, count) in &other.0 {
            let sum = count.sum.wrapping_mul(times.into());
            self.add(key.clone(), count.n.wrapping_mul(times), sum);
        }
    }
}

/// Label of [`Topic::Credit`]: what of the credit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditPart {
    /// The award or an adjustment, whole.
    Whole,
    /// The part of a product, by its code.
    Product(String),
    /// An adjustment of an award of these products alone.
    Adjusted(Vec<String>),
}

/// Label of [`Topic::Visit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitLabel {
    /// Its place is verified (1), invalid (-1) or neither (0).
    #[serde(rename = "v")]
    pub verified: i8,
    /// It came to something.
    #[serde(rename = "p")]
    pub productive: bool,
    /// Lines ordered on it.
    #[serde(rename = "l")]
    pub lines: i64,
}

/// Label of [`Topic::Closed`]: whether it was won.
pub type ClosedLabel = bool;

/// Label of [`Topic::Open`]: the forecast category, the day of the last move or of its making.
pub type OpenLabel = (Option<ForecastCategory>, NaiveDate);

/// Label of [`Topic::Weighted`]: whether the stage's own probability was taken.
pub type WeightLabel = bool;

/// Label of [`Topic::Stage`]: the process, and what happened.
pub type StageLabel = (Option<ProcessTemplateId>, StagePart);

/// Label of [`Topic::Answer`]: the score of recommendation, that of satisfaction, and whether whom it is about asked.
pub type AnswerLabel = (Option<i64>, Option<i64>, bool);

/// Label of [`Topic::Order`]: the customer, and the day whose rate the amount takes.
pub type OrderLabel = (CustomerId, NaiveDate);

/// Label of [`Topic::Alias`]: the customer that goes, and those it was merged into.
pub type AliasLabel = (CustomerId, Vec<CustomerId>);

/// Label of [`Topic::Target`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetLabel {
    /// The target.
    pub id: DocumentId,
    /// The last day of its period.
    pub last_day: NaiveDate,
    /// What it measures.
    pub kpi: KpiId,
    /// Its currency, where it names one.
    pub currency: Option<String>,
    /// From when on it holds, where not from its first day.
    pub effective_from: Option<NaiveDate>,
}
