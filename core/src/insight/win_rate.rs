//! Figure 3, win rate 赢单率.
//!
//! Formula: won ÷ (won + lost), by the day of closing. The strict one: won ÷ (won + lost + overdue + stale); overdue are
//! open deals of the period whose expected day is over, stale those that are not overdue and have not moved for so many
//! days. Unit: basis points. Source of the strict one: Zoho's Motivator.
//!
//! Edge cases: invalid deals, those lost as duplicates, and disputed ones are left out. Both are shown; below ten deals
//! their number stands beside.

use chrono::NaiveDate;

use super::calendar::Period;
use super::fact::DealFact;
use super::tally::Tally;
use super::{Accumulator, Figure, ratio_bp};
use crate::domain::process_template::StageType;

/// Deals of which fewer tell little.
const FEW: i64 = 10;

/// Deals that were closed in a period, and open ones that were expected to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WinRate {
    period: Period,
    won: i64,
    lost: i64,
    /// Open deals by the day on which they are expected to close and that of their last move.
    open: Tally<(NaiveDate, NaiveDate)>,
}

/// Where a deal stands in the win rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Won in the period.
    Won,
    /// Lost in the period.
    Lost,
    /// Open, and its expected day is over.
    Overdue,
    /// Open, and not moved for too long.
    Stale,
    /// Open, and under way.
    UnderWay,
}

/// The figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WinRateFigure {
    /// Deals won.
    pub won: i64,
    /// Deals lost.
    pub lost: i64,
    /// Open deals whose expected day is over.
    pub overdue: i64,
    /// Open deals that have not moved for too long.
    pub stale: i64,
    /// Won of won and lost, in basis points.
    pub rate_bp: Figure<i64>,
    /// Won of won, lost, overdue and stale, in basis points.
    pub strict_bp: Figure<i64>,
    /// Whether fewer than ten deals were closed: their number is to be shown.
    pub few: bool,
}

impl WinRate {
    /// Of a period.
    #[must_use]
    pub fn over(period: Period) -> Self {
        Self {
            period,
            won: 0,
            lost: 0,
            open: Tally::default(),
        }
    }

    /// Where a deal stands on a day; `None` where it is not in the figure. An open deal that never moved counts from the
    /// day on which it was made.
    #[must_use]
    pub fn standing(&self, fact: &DealFact, as_of: NaiveDate, stale_after_days: i64) -> Option<Standing> {
        if !fact.is_sound() {
            return None;
        }
        if fact.is_open() {
            let open = self.open_key(fact)?;
            return Some(open_standing(open, as_of, stale_after_days));
        }
        fact.closed_on.filter(|day| self.period.contains(*day))?;
        match fact.stage_type {
            StageType::Won => Some(Standing::Won),
            StageType::Lost => Some(Standing::Lost),
            _ => None,
        }
    }

    /// Takes in how many deals were won, or lost, in the period.
    pub fn put_closed(&mut self, won: bool, deals: i64) {
        let count = if won { &mut self.won } else { &mut self.lost };
        *count = count.wrapping_add(deals);
    }

    /// Takes in how many open deals are expected to close on a day of the period and moved last, or were made, on another.
    pub fn put_open(&mut self, expected: NaiveDate, moved: NaiveDate, deals: i64) {
        self.open.apply((expected, moved), deals);
    }

    fn open_key(&self, fact: &DealFact) -> Option<(NaiveDate, NaiveDate)> {
        let expected = Some(fact.expected_close).filter(|day| self.period.contains(*day))?;
        Some((expected, fact.moved_on.unwrap_or(fact.created_on)))
    }

    /// The figure on a day.
    #[must_use]
    pub fn finish(&self, as_of: NaiveDate, stale_after_days: i64) -> WinRateFigure {
        let count = |standing| -> i64 {
            let open = self
                .open
                .iter()
                .filter(|(key, _)| open_standing(**key, as_of, stale_after_days) == standing);
            open.map(|(_, count)| count).sum()
        };
        let (overdue, stale) = (count(Standing::Overdue), count(Standing::Stale));
        let closed = i128::from(self.won) + i128::from(self.lost);
        let strict = closed + i128::from(overdue) + i128::from(stale);
        WinRateFigure {
            won: self.won,
            lost: self.lost,
            overdue,
            stale,
            rate_bp: ratio_bp(self.won.into(), closed),
            strict_bp: ratio_bp(self.won.into(), strict),
            few: closed < i128::from(FEW),
        }
    }
}

fn open_standing((expected, moved): (NaiveDate, NaiveDate), as_of: NaiveDate, stale_after_days: i64) -> Standing {
    if expected < as_of {
        Standing::Overdue
    } else if (as_of - moved).num_days() > stale_after_days {
        Standing::Stale
    } else {
        Standing::UnderWay
    }
}

impl Accumulator for WinRate {
    type Fact = DealFact;

    fn apply(&mut self, fact: &DealFact, times: i64) {
        // Neither overdue nor stale is known before the figure is asked for.
        match self.standing(fact, NaiveDate::MIN, i64::MAX) {
            Some(Standing::Won) => self.won = self.won.wrapping_add(times),
            Some(Standing::Lost) => self.lost = self.lost.wrapping_add(times),
            Some(_) => {
                if let Some(key) = self.open_key(fact) {
                    self.open.apply(key, times);
                }
            }
            None => {}
        }
    }

    fn merge(&mut self, other: &Self) {
        self.won = self.won.wrapping_add(other.won);
        self.lost = self.lost.wrapping_add(other.lost);
        self.open.merge(&other.open);
    }
}
