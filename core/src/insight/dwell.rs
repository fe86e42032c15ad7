//! Figure 6, dwell 停留时长.
//!
//! Formula: the hours that a deal spends in a stage, all its stays together; median and ninetieth percentile over the
//! deals. Unit: whole hours.
//!
//! Edge cases: a deal that is still in the stage has been there at least so long (a right-censored interval): it counts
//! among those that were there until then, and not after. The estimate is that of Kaplan and Meier, which without open
//! deals is the nearest-rank quantile. Where too few have left the stage the quantile is not reached: n/a. Disputed and
//! invalid deals are left out.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::fact::{DealFact, StageKey};
use super::tally::{Grouped, Tally};
use super::{Accumulator, Figure, NotApplicable};

/// How long deals stayed in each stage of one process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dwell {
    /// Hours of the deals that left the stage.
    left: Grouped<StageKey, Tally<i64>>,
    /// Of the deals that are in it: hours of earlier stays, and the hour since 1970 at which this one began.
    inside: Grouped<StageKey, Tally<(i64, i64)>>,
}

/// The figure of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DwellFigure {
    /// The stage.
    pub stage: StageKey,
    /// Deals that left it.
    pub left: i64,
    /// Deals that are in it.
    pub inside: i64,
    /// Hours within which half of the deals leave it.
    pub median_hours: Figure<i64>,
    /// Hours within which nine in ten leave it.
    pub p90_hours: Figure<i64>,
}

impl Dwell {
    /// The figure of each stage in order.
    #[must_use]
    pub fn finish(&self, as_of: DateTime<Utc>) -> Vec<DwellFigure> {
        let now = as_of.timestamp().div_euclid(3600);
        let mut stages: Vec<&StageKey> = self.left.iter().map(|(stage, _)| stage).collect();
        stages.extend(self.inside.iter().map(|(stage, _)| stage));
        stages.sort_unstable();
        stages.dedup();
        let figure = |stage: &StageKey| {
            let (left, inside) = (self.left.get(stage), self.inside.get(stage));
            // For each length how many left after it, and how many are still there after it.
            let mut lengths: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
            for (hours, count) in left.into_iter().flat_map(Tally::iter) {
                lengths.entry(*hours).or_default().0 += count;
            }
            for ((before, since), count) in inside.into_iter().flat_map(Tally::iter) {
                lengths.entry(before + (now - since).max(0)).or_default().1 += count;
            }
            DwellFigure {
                stage: stage.clone(),
                left: left.map_or(0, Tally::total),
                inside: inside.map_or(0, Tally::total),
                median_hours: quantile(&lengths, 1, 2),
                p90_hours: quantile(&lengths, 9, 10),
            }
        };
        stages.into_iter().map(figure).collect()
    }

    /// The hours within which nine in ten deals leave a stage, where that is known.
    pub fn p90_hours(&self, as_of: DateTime<Utc>) -> BTreeMap<StageKey, i64> {
        let known = self
            .finish(as_of)
            .into_iter()
            .filter_map(|one| Some((one.stage, one.p90_hours.ok()?)));
        known.collect()
    }
}

/// The smallest length at which at most `1 - part/of` are still there, by Kaplan and Meier.
fn quantile(lengths: &BTreeMap<i64, (i64, i64)>, part: u128, of: u128) -> Figure<i64> {
    let mut there: i64 = lengths.values().map(|(left, inside)| left + inside).sum();
    if there <= 0 {
        return Err(NotApplicable::TooFew);
    }
    // The part that is still there, as an exact fraction while it fits.
    let (mut up, mut down) = (1_u128, 1_u128);
    for (length, (left, inside)) in lengths {
        if *left > 0 && there > 0 {
            up *= u128::from((there - left).max(0).unsigned_abs());
            down *= u128::from(there.unsigned_abs());
            let common = greatest_common_divisor(up, down);
            (up, down) = (up / common, down / common);
            // Beyond 2^60 the lowest bits no longer tell; the same ones are dropped on every device.
            let excess = 128 - down.leading_zeros();
            let drop = excess.saturating_sub(60);
            (up, down) = (up >> drop, down >> drop);
            if up * of <= down * (of - part) {
                return Ok(*length);
            }
        }
        there -= left + inside;
    }
    Err(NotApplicable::NotReached)
}

fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

/// What a deal puts into the figure, a stage each: the hours of its stays that are over, and, where it is there still,
/// the hour since 1970 at which this stay began.
pub(super) fn spans(fact: &DealFact) -> Vec<(StageKey, i64, Option<i64>)> {
    if !fact.is_sound() {
        return Vec::new();
    }
    let hour = |at: DateTime<Utc>| at.timestamp().div_euclid(3600);
    let mut spent: BTreeMap<&StageKey, (i64, Option<i64>)> = BTreeMap::new();
    for stay in &fact.stays {
        let of_stage = spent.entry(&stay.stage).or_default();
        match stay.to {
            Some(to) => of_stage.0 += (to - stay.from).num_seconds(),
            None => of_stage.1 = Some(hour(stay.from)),
        }
    }
    let spans = spent.into_iter();
    spans
        .map(|(stage, (seconds, since))| (stage.clone(), seconds / 3600, since))
        .collect()
}

impl Dwell {
    /// Counts a span `times` times more.
    pub(super) fn put(&mut self, stage: &StageKey, hours: i64, since: Option<i64>, times: i64) {
        match since {
            Some(since) => self
                .inside
                .change(stage.clone(), |inside| inside.apply((hours, since), times)),
            None => self.left.change(stage.clone(), |left| left.apply(hours, times)),
        }
    }
}

impl Accumulator for Dwell {
    type Fact = DealFact;

    fn apply(&mut self, fact: &DealFact, times: i64) {
        for (stage, hours, since) in spans(fact) {
            self.put(&stage, hours, since, times);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.left.merge(&other.left, Tally::merge);
        self.inside.merge(&other.inside, Tally::merge);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantiles(left: &[i64], inside: &[i64]) -> (Figure<i64>, Figure<i64>) {
        let mut lengths: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
        for hours in left {
            lengths.entry(*hours).or_default().0 += 1;
        }
        for hours in inside {
            lengths.entry(*hours).or_default().1 += 1;
        }
        (quantile(&lengths, 1, 2), quantile(&lengths, 9, 10))
    }

    #[test]
    fn without_open_deals_it_is_the_nearest_rank() {
        assert_eq!(quantiles(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 100], &[]), (Ok(5), Ok(9)));
        assert_eq!(quantiles(&[4, 4, 4], &[]), (Ok(4), Ok(4)));
    }

    #[test]
    fn open_deals_lengthen_the_figure_and_too_many_hide_it() {
        // Kaplan-Meier by hand: at 2 h 4/5, at 4 h 4/5 × 2/3 = 8/15, at 6 h 0.
        assert_eq!(quantiles(&[2, 4, 6], &[3, 5]), (Ok(6), Ok(6)));
        assert_eq!(quantiles(&[2, 4, 6], &[]), (Ok(4), Ok(6)));
        assert_eq!(
            quantiles(&[1], &[5, 5, 5]),
            (Err(NotApplicable::NotReached), Err(NotApplicable::NotReached))
        );
        assert_eq!(
            quantiles(&[], &[]),
            (Err(NotApplicable::TooFew), Err(NotApplicable::TooFew))
        );
    }

    #[test]
    fn many_deals_do_not_overflow() {
        let left: Vec<i64> = (0..4_000).map(|n| n * 7 % 1_009).collect();
        let inside: Vec<i64> = (0..4_000).map(|n| n * 11 % 1_013).collect();
        let (median, p90) = quantiles(&left, &inside);
        assert!(median.unwrap() > 500 && p90.unwrap() > median.unwrap());
    }
}
