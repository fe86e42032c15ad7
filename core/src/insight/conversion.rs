//! Figure 4, stage conversion 阶段转化率, by cohort.
//!
//! Formula: distinct deals that entered a stage and later any stage after it (or were won) ÷ distinct deals that entered
//! it. Unit: basis points.
//!
//! Edge cases: of the deals that are still open only those count that entered the stage longer ago than nine in ten need
//! to leave it (the stage's p90 dwell): younger ones have had no chance yet, whether they passed or not. A stage that is
//! left out on the way forward was passed by, not entered. Going back and forth counts once. Deals that are lost stay in
//! the figure (figure 5: Frappe's funnel drops them and counts rows of a log instead of deals). Invalid deals, those lost
//! as duplicates, and disputed ones are left out.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::fact::{DealFact, StageKey};
use super::tally::{Grouped, Tally};
use super::{Accumulator, Figure, ratio_bp};

/// How a deal fared that entered a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entry {
    /// Hours since 1970 at which it was first entered; 0 of a closed deal, whose age does not matter.
    pub at_hour: i64,
    /// Whether it went on from it.
    pub passed: bool,
    /// Whether it is closed.
    pub closed: bool,
}

/// The deals that entered each stage of one process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conversion(Grouped<StageKey, Tally<Entry>>);

/// The figure of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversionFigure {
    /// The stage.
    pub stage: StageKey,
    /// Deals whose fate is known, or that are old enough.
    pub entered: i64,
    /// Those of them that went on.
    pub passed: i64,
    /// Passed of entered, in basis points.
    pub rate_bp: Figure<i64>,
    /// Open deals that are too young to count.
    pub waiting: i64,
}

impl Conversion {
    /// The figure of each stage in order. `p90_hours` says how many hours nine in ten deals need to leave a stage; of a
    /// stage of which nobody knows yet, open deals do not count.
    #[must_use]
    pub fn finish(&self, as_of: DateTime<Utc>, p90_hours: impl Fn(&StageKey) -> Option<i64>) -> Vec<ConversionFigure> {
        let now = as_of.timestamp().div_euclid(3600);
        let figure = |(stage, entries): (&StageKey, &Tally<Entry>)| {
            let p90 = p90_hours(stage);
            let ripe = |entry: &Entry| entry.closed || p90.is_some_and(|p90| now - entry.at_hour > p90);
            let count = |keep: &dyn Fn(&Entry) -> bool| -> i64 {
                entries
                    .iter()
                    .filter(|(entry, _)| keep(entry))
                    .map(|(_, count)| count)
                    .sum()
            };
            let entered = count(&|entry| ripe(entry));
            let passed = count(&|entry| ripe(entry) && entry.passed);
            ConversionFigure {
                stage: stage.clone(),
                entered,
                passed,
                rate_bp: ratio_bp(passed.into(), entered.into()),
                waiting: count(&|entry| !ripe(entry)),
            }
        };
        self.0.iter().map(figure).collect()
    }
}

/// What a deal puts into the figure, a stage each.
pub(super) fn entries(fact: &DealFact) -> impl Iterator<Item = (StageKey, Entry)> {
    let journey = fact.is_sound().then(|| fact.journey()).into_iter().flatten();
    journey.map(|entered| {
        let closed = !fact.is_open();
        let at_hour = if closed {
            0
        } else {
            entered.at.timestamp().div_euclid(3600)
        };
        let entry = Entry {
            at_hour,
            passed: entered.passed,
            closed,
        };
        (entered.stage.clone(), entry)
    })
}

impl Conversion {
    /// Counts an entry `times` times more.
    pub(super) fn put(&mut self, stage: &StageKey, entry: Entry, times: i64) {
        self.0.change(stage.clone(), |entries| entries.apply(entry, times));
    }
}

impl Accumulator for Conversion {
    type Fact = DealFact;

    fn apply(&mut self, fact: &DealFact, times: i64) {
        for (stage, entry) in entries(fact) {
            self.put(&stage, entry, times);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0, Tally::merge);
    }
}
